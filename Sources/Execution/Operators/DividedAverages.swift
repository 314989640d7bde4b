internal import Columnar
internal import Planning

/// Averages of integers and scaled numerics as sums over counts, which is how they are defined.
///
/// Sums and counts can be put together from parts; averages cannot.
struct DividedAverages {
  /// The calls with a sum and a count in place of each average, each once.
  private(set) var calls: [BoundAggregate] = []
  /// Over the results of ``calls``: the results of the calls that were given.
  private(set) var results: [BoundExpression] = []

  init(_ given: [BoundAggregate]) {
    for call in given {
      guard call.function == .average, !call.isDistinct, let argument = call.arguments.first,
        let sumType = Self.sumType(argument.type), call.type == .numeric(nil)
      else {
        results.append(column(call))
        continue
      }
      var sum = call
      sum.function = .sum
      sum.type = sumType
      var count = call
      count.function = .count
      count.type = .bigint
      let parts = [column(sum), column(count)].map {
        $0.type == .numeric(nil) ? $0 : BoundExpression(.cast($0), .numeric(nil))
      }
      results.append(BoundExpression(.call(.divide, parts), .numeric(nil)))
    }
  }

  /// The result of a call, which is added where it is not there yet.
  private mutating func column(_ call: BoundAggregate) -> BoundExpression {
    let known = calls.firstIndex {
      $0.function == call.function && $0.arguments == call.arguments && $0.filter == call.filter
        && $0.isDistinct == call.isDistinct && $0.type == call.type && $0.order.isEmpty
        && call.order.isEmpty
    }
    if known == nil { calls.append(call) }
    return BoundExpression(.column(known ?? calls.count - 1), call.type)
  }

  private static func sumType(_ type: LogicalType) -> LogicalType? {
    switch type {
    case .smallint, .integer: .bigint
    case .bigint: .numeric(NumericShape(precision: 38, scale: 0))
    case .numeric(let shape?): .numeric(NumericShape(precision: 38, scale: shape.scale))
    default: nil
    }
  }
}
