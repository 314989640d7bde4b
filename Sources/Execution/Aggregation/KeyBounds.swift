internal import Columnar
internal import Planning

/// What statistics and their own form say of the values of a grouping's integer expressions.
struct KeyBounds {
  let input: Producer
  let context: EvaluationContext

  /// Bounds of an expression over all rows of the input; nil: not known, or too far apart for a table over them.
  func range(of expression: BoundExpression) throws(ExecutionError) -> KeyRange? {
    let range = try anyRange(of: expression)
    return range?.valueCount == nil ? nil : range
  }

  /// Bounds of an expression over all rows of the input, however far apart; nil: not known.
  ///
  /// They are those of a column that comes from a scan unchanged, or follow from them: of moments cut to a bucket, and of a
  /// year. Other fields of a moment have bounds of their own.
  func anyRange(of expression: BoundExpression) throws(ExecutionError) -> KeyRange? {
    guard expression.type.laneKind == .int64 else { return nil }
    let step = KeyStep(of: expression, context)
    if let field = Self.field(of: expression), !field.isMonotone {
      return Self.bounds(of: field).map { KeyRange(bounds: $0, step: .one) }
    }
    guard let column = Self.column(below: expression, step),
      let target = input.dynamicTarget(column),
      let bounds = target.scan.range(ofColumn: target.column)
    else { return nil }
    var range = KeyRange(bounds: bounds, step: step)
    if expression.columnIndex == nil {
      guard let ends = try ends(of: expression, column, bounds) else { return nil }
      range.bounds = ends
    }
    return range
  }

  /// The column that a key is, truncates, or takes the year of.
  private static func column(below key: BoundExpression, _ step: KeyStep) -> Int? {
    if let place = key.columnIndex { return place }
    guard case .call(_, let arguments) = key.node else { return nil }
    if step.unit > 1 || field(of: key)?.isMonotone == true { return arguments[1].columnIndex }
    return nil
  }

  /// The field that a key takes of a moment, as a whole number.
  private static func field(of key: BoundExpression) -> TimeField? {
    guard case .call(.extract, let arguments) = key.node, arguments.count == 2,
      case .constant(.bytes(let word)) = arguments[0].node,
      let field = TimeField(named: String(decoding: word, as: UTF8.self)), field.scale == 0
    else { return nil }
    switch arguments[1].type {
    case .date, .timestamp, .timestamptz: return field
    default: return nil
    }
  }

  /// All that a field can be.
  private static func bounds(of field: TimeField) -> ClosedRange<Int64>? {
    switch field {
    case .minute: 0...59
    case .hour: 0...23
    case .day: 1...31
    case .week: 1...53
    case .month: 1...12
    case .quarter: 1...4
    case .dow: 0...6
    case .isodow: 1...7
    case .doy: 1...366
    default: nil
    }
  }

  /// What an expression that keeps the order makes of the bounds of its column.
  ///
  /// In UTC a truncation never turns the order around. In other zones clocks are set back by less than a day now and then, which
  /// a year more at either end covers.
  private func ends(
    of expression: BoundExpression,
    _ column: Int,
    _ bounds: ClosedRange<Int64>
  ) throws(ExecutionError) -> ClosedRange<Int64>? {
    let ends = Vector(kind: .int64, capacity: 64)
    setDatum(.int64(bounds.lowerBound), in: ends, at: 0)
    setDatum(.int64(bounds.upperBound), in: ends, at: 1)
    let unread = Vector(kind: .bool, capacity: 64)
    var columns = Array(repeating: unread, count: input.types.count)
    columns[column] = ends
    let evaluator = try Evaluator(expression, context: context)
    let result = try evaluator.evaluate(Batch(columns: columns, rowCount: 2))
    guard case .int64(let low) = datum(result, 0), case .int64(let high) = datum(result, 1),
      !Civil.isInfinite(timestamp: low), !Civil.isInfinite(timestamp: high)
    else { return nil }
    let slack: Int64 = Self.field(of: expression) == nil ? 0 : 1
    return low - slack...high + slack
  }
}
