import Columnar

/// Rows that no aggregate asks for are not read.
///
/// Where there are no groups and every call has a FILTER with a bound of the same column, the rows inside the outermost bounds
/// are enough. So tiles that compare two months read two months.
enum FilteredAggregates {
  static func apply(_ plan: Plan) -> Plan {
    let plan = plan.mapInputs(apply)
    guard case .aggregate(let input, let keys, let calls) = plan.node, keys.isEmpty,
      let first = calls.first
    else { return plan }
    var conditions: [BoundExpression] = []
    for bound in bounds(first) {
      var all: [Bound] = [bound]
      for call in calls.dropFirst() {
        guard let other = bounds(call).first(where: { $0.isLike(bound) }) else { break }
        all.append(other)
      }
      if all.count == calls.count { conditions.append(Bound.outermost(all, input)) }
    }
    guard !conditions.isEmpty else { return plan }
    return Plan(
      .aggregate(input.filtered(by: conditions), keys: keys, aggregates: calls),
      output: plan.output
    )
  }

  /// `column < constant` and the like.
  private struct Bound {
    var column: Int
    var comparison: ComparisonOperator
    var constant: BoundExpression

    var isUpper: Bool { comparison == .less || comparison == .lessOrEqual }

    func isLike(_ other: Bound) -> Bool {
      column == other.column && isUpper == other.isUpper && constant.type == other.constant.type
    }

    /// What all of the bounds imply.
    static func outermost(_ bounds: [Bound], _ input: Plan) -> BoundExpression {
      let first = bounds[0]
      let constants = bounds.map(\.constant)
      let constant =
        Set(constants).count == 1
        ? first.constant
        : BoundExpression(
          .call(first.isUpper ? .greatest : .least, constants),
          first.constant.type
        )
      let isOpen = bounds.allSatisfy { $0.comparison == .less || $0.comparison == .greater }
      let comparison: ComparisonOperator =
        first.isUpper ? (isOpen ? .less : .lessOrEqual) : (isOpen ? .greater : .greaterOrEqual)
      return BoundExpression(
        .call(.compare(comparison), [input.column(first.column), constant]),
        .boolean
      )
    }
  }

  private static func bounds(_ call: BoundAggregate) -> [Bound] {
    (call.filter?.conjuncts ?? []).compactMap { part in
      guard case .call(.compare(let comparison), let sides) = part.node, sides.count == 2,
        comparison != .equal, comparison != .notEqual
      else { return nil }
      if let column = sides[0].columnIndex, isKnown(sides[1]) {
        return Bound(column: column, comparison: comparison, constant: sides[1])
      }
      if let column = sides[1].columnIndex, isKnown(sides[0]) {
        return Bound(column: column, comparison: comparison.mirrored, constant: sides[0])
      }
      return nil
    }
  }

  /// A constant that is not NULL, which least and greatest would pass over.
  private static func isKnown(_ expression: BoundExpression) -> Bool {
    expression.isConstantForStatement && expression.isNeverNull
  }
}

extension BoundExpression {
  /// Whether a constant is certainly not NULL.
  fileprivate var isNeverNull: Bool {
    switch node {
    case .constant(let value): !value.isNull
    case .cast(let operand): operand.isNeverNull
    case .call(.add, let sides), .call(.subtract, let sides):
      sides.allSatisfy(\.isNeverNull)
    default: false
    }
  }
}
