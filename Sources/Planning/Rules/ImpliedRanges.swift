import Columnar

/// Ranges that conditions on parts of a moment imply, so that partitions and blocks can be skipped.
///
/// `date_trunc('month', c) = m`, `extract(year FROM c) = n` and `c::date = d` say nothing to a zone map; the range
/// of c that they imply does. The range may be wider than the condition, which stays.
enum ImpliedRanges {
  static func apply(_ plan: Plan) -> Plan {
    let plan = plan.mapInputs(apply)
    guard case .scan(var scan) = plan.node else { return plan }
    for condition in scan.filters {
      for range in ranges(of: condition) where !scan.filters.contains(range) {
        scan.filters.append(range)
      }
    }
    return Plan(.scan(scan), output: plan.output)
  }

  private static let day = Civil.microsecondsPerDay

  private static func ranges(of condition: BoundExpression) -> [BoundExpression] {
    guard case .call(.compare(let comparison), let sides) = condition.node, sides.count == 2 else {
      return []
    }
    if case .constant(let datum) = sides[1].node {
      return ranges(of: sides[0], comparison, datum, sides[1].type)
    }
    if case .constant(let datum) = sides[0].node {
      return ranges(of: sides[1], comparison.mirrored, datum, sides[0].type)
    }
    return []
  }

  private static func ranges(
    of value: BoundExpression,
    _ comparison: ComparisonOperator,
    _ constant: Datum,
    _ type: LogicalType
  ) -> [BoundExpression] {
    switch value.node {
    case .call(.dateTruncate, let arguments) where arguments.count >= 2:
      guard let unit = text(arguments[0]), let longest = longestDays[unit],
        let moment = Moment(arguments[1]), case .int64(let start) = constant
      else { return [] }
      return moment.bounds(comparison, from: start, spanning: longest * day)
    case .cast(let operand) where value.type == .date:
      guard operand.type != .date, let moment = Moment(operand), case .int64(let date) = constant,
        (-2_000_000..<100_000_000).contains(date)
      else { return [] }
      var wide = moment
      wide.slack = day
      return wide.bounds(comparison, from: date * day, spanning: day)
    case .call(.extract, let arguments), .call(.datePart, let arguments):
      guard comparison == .equal, arguments.count == 2, text(arguments[0]) == "year",
        let moment = Moment(arguments[1]), let year = whole(constant, type),
        (1900...9999).contains(year)
      else { return [] }
      let first = Civil.days(year: year, month: 1, day: 1)
      let next = Civil.days(year: year + 1, month: 1, day: 1)
      var wide = moment
      wide.slack = day
      return wide.bounds(.equal, from: first * day, spanning: (next - first) * day)
    default: return []
    }
  }

  /// The most days that a unit can last, with a day for changes of the clock.
  private static let longestDays: [String: Int64] = [
    "hour": 1, "day": 2, "week": 8, "month": 32, "quarter": 93, "year": 367,
  ]

  private static func text(_ expression: BoundExpression) -> String? {
    guard case .constant(.bytes(let bytes)) = expression.node else { return nil }
    return String(decoding: bytes, as: UTF8.self).lowercased()
  }

  /// The whole number that a constant is.
  private static func whole(_ datum: Datum, _ type: LogicalType) -> Int? {
    switch datum {
    case .int64(let value) where type.scale == 0: Int(value)
    case .decimal(let value) where value.kind == .finite && value.scale == 0:
      Int(exactly: value.coefficient)
    case .double(let value): Int(exactly: value)
    default: nil
    }
  }

  /// A column of moments inside an expression, which may have moved them by no more than `slack`.
  private struct Moment {
    let column: BoundExpression
    var slack: Int64

    init?(_ expression: BoundExpression) {
      switch expression.node {
      case .column where expression.type == .timestamp || expression.type == .timestamptz:
        column = expression
        slack = 0
      case .column where expression.type == .date:
        column = expression
        slack = 0
      case .cast(let operand):
        guard let inner = Moment(operand) else { return nil }
        column = inner.column
        slack = ImpliedRanges.day
      case .call(.atTimeZone, let arguments):
        guard let inner = arguments.compactMap({ Moment($0) }).first,
          arguments.allSatisfy({ $0.columnIndexes.isSubset(of: inner.column.columnIndexes) })
        else { return nil }
        column = inner.column
        slack = ImpliedRanges.day
      default: return nil
      }
    }

    /// The range of the column when a unit that begins at `start` compares so.
    func bounds(
      _ comparison: ComparisonOperator,
      from start: Int64,
      spanning length: Int64
    ) -> [BoundExpression] {
      guard Civil.isInRange(timestamp: start) else { return [] }
      var result: [BoundExpression] = []
      switch comparison {
      case .equal, .greater, .greaterOrEqual: result.append(bound(.greaterOrEqual, start - slack))
      default: break
      }
      switch comparison {
      case .equal, .less, .lessOrEqual: result.append(bound(.less, start + length + slack))
      default: break
      }
      return result
    }

    private func bound(_ comparison: ComparisonOperator, _ moment: Int64) -> BoundExpression {
      var value = moment
      if column.type == .date {
        value = Civil.split(moment).days + (comparison == .less ? 1 : 0)
      }
      let constant = BoundExpression(.constant(.int64(value)), column.type)
      return BoundExpression(.call(.compare(comparison), [column, constant]), .boolean)
    }
  }
}
