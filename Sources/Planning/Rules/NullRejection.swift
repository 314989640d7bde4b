import Columnar

/// Whether a condition can be true where some columns are all NULL: decides when an outer join is an inner one.
enum NullRejection {
  /// Whether `condition` is false or NULL on every row whose columns in `columns` are NULL.
  static func rejects(_ condition: BoundExpression, _ columns: Range<Int>) -> Bool {
    switch condition.node {
    case .and(let parts): parts.contains { rejects($0, columns) }
    case .or(let parts): parts.allSatisfy { rejects($0, columns) }
    case .isNull(let operand, negated: true): isNull(operand, columns)
    case .isTruth(let operand, .yes, negated: false): rejects(operand, columns)
    case .constant(let datum): datum == .boolean(false) || datum.isNull
    default: isNull(condition, columns)
    }
  }

  /// Whether the value is NULL on every such row.
  private static func isNull(_ expression: BoundExpression, _ columns: Range<Int>) -> Bool {
    switch expression.node {
    case .column(let index): return columns.contains(index)
    case .constant(let datum): return datum.isNull
    case .cast(let operand), .not(let operand), .inList(let operand, _, _):
      return isNull(operand, columns)
    case .quantified(let operand, _, _, _): return isNull(operand, columns)
    case .coalesce(let operands): return operands.allSatisfy { isNull($0, columns) }
    case .call(let function, let arguments):
      return isStrict(function) && arguments.contains { isNull($0, columns) }
    case .parameter, .and, .or, .isNull, .isTruth, .caseWhen: return false
    }
  }

  /// Whether a NULL argument makes the result NULL.
  private static func isStrict(_ function: ScalarFunction) -> Bool {
    switch function {
    case .compare, .add, .subtract, .multiply, .divide, .modulo, .negate, .power, .abs, .sign,
      .round, .truncate, .ceiling, .floor, .concatenate, .lower, .upper, .length, .substring,
      .position, .like, .regularExpressionMatch, .dateTruncate, .extract, .datePart, .atTimeZone,
      .startsWith, .trimLeading, .trimTrailing, .trimBoth, .left, .right:
      true
    default: false
    }
  }
}
