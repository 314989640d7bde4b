import Columnar
import Planning

/// Computes what needs no compiled expression: conditions over constants, of which a report with optional parameters has a dozen.
///
/// Each is what the compiled expression gives; what may raise an error is left to that.
enum ConstantShortcut {
  /// - Parameter expression: Any.
  /// - Returns: Its value; nil: it must be compiled.
  static func value(of expression: BoundExpression) -> Datum? {
    switch expression.node {
    case .constant(let value): return value
    case .isNull(let operand, let isNegated):
      return value(of: operand).map { .boolean($0.isNull != isNegated) }
    case .not(let operand):
      guard let value = value(of: operand) else { return nil }
      guard case .boolean(let isTrue) = value else { return .null }
      return .boolean(!isTrue)
    case .and(let parts): return connective(parts, isAnd: true)
    case .or(let parts): return connective(parts, isAnd: false)
    case .call(.compare(let comparison), let sides) where sides.count == 2:
      return compare(comparison, sides[0], sides[1])
    case .caseWhen(let branches, let otherwise):
      for branch in branches {
        guard let condition = value(of: branch.when) else { return nil }
        if condition == .boolean(true) { return chosen(branch.then, expression.type) }
      }
      return chosen(otherwise, expression.type)
    default: return nil
    }
  }

  /// The branch that CASE takes, where it is a constant of the result's type.
  private static func chosen(_ branch: BoundExpression, _ type: LogicalType) -> Datum? {
    guard case .constant(let value) = branch.node else { return nil }
    return value.isNull || branch.type == type ? value : nil
  }

  private static func connective(_ parts: [BoundExpression], isAnd: Bool) -> Datum? {
    var isUnknown = false
    var isSettled = false
    for part in parts {
      switch value(of: part) {
      case .boolean(let isTrue)?: if isTrue != isAnd { isSettled = true }
      case .null?: isUnknown = true
      default: return nil
      }
    }
    return isSettled ? .boolean(!isAnd) : isUnknown ? .null : .boolean(isAnd)
  }

  /// Integers, days and moments: their lanes compare as they are.
  private static func compare(
    _ comparison: ComparisonOperator,
    _ left: BoundExpression,
    _ right: BoundExpression
  ) -> Datum? {
    guard left.type.laneKind == .int64, right.type.laneKind == .int64,
      !left.type.isNumeric, !right.type.isNumeric,
      let a = value(of: left), let b = value(of: right)
    else { return nil }
    if a.isNull || b.isNull { return .null }
    guard case .int64(let x) = a, case .int64(let y) = b else { return nil }
    switch comparison {
    case .equal: return .boolean(x == y)
    case .notEqual: return .boolean(x != y)
    case .less: return .boolean(x < y)
    case .lessOrEqual: return .boolean(x <= y)
    case .greater: return .boolean(x > y)
    case .greaterOrEqual: return .boolean(x >= y)
    }
  }
}
