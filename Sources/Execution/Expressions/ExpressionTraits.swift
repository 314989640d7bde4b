import Columnar
import Planning

/// What can be said about an expression without running it.
struct ExpressionTraits {
  /// The input columns it reads.
  var columns: Set<Int> = []
  /// Whether all of them are strings, which may come as dictionary codes.
  var readsOnlyBytes = true
  /// Whether evaluating it on a row may raise an error; such an expression must not see rows that an
  /// earlier condition ruled out.
  var canRaise = false
  /// Whether two evaluations on one row may differ: random(), clock_timestamp().
  var isVolatile = false
  /// A rough number of steps a row, to order conditions by.
  var cost = 0

  init(_ expression: BoundExpression) {
    visit(expression)
  }

  private mutating func visit(_ expression: BoundExpression) {
    cost += 1
    switch expression.node {
    case .column(let index):
      columns.insert(index)
      if expression.type.laneKind == .bytes { cost += 4 } else { readsOnlyBytes = false }
    case .constant, .parameter: break
    case .call(let function, let arguments):
      for argument in arguments { visit(argument) }
      visit(function, resultType: expression.type)
    case .cast(let operand):
      visit(operand)
      if operand.type.mayFailToCast(to: expression.type) { canRaise = true }
      cost += 8
    case .and(let parts), .or(let parts), .coalesce(let parts):
      for part in parts { visit(part) }
    case .not(let operand), .isNull(let operand, _), .isTruth(let operand, _, _):
      visit(operand)
    case .caseWhen(let branches, let otherwise):
      for branch in branches {
        visit(branch.when)
        visit(branch.then)
      }
      visit(otherwise)
    case .inList(let operand, _, _):
      visit(operand)
      cost += 2
    case .quantified(let operand, _, let array, _):
      visit(operand)
      visit(array)
      canRaise = true
      cost += 20
    }
  }

  private mutating func visit(_ function: ScalarFunction, resultType: LogicalType) {
    switch function {
    case .compare, .isDistinctFrom: cost += 1
    case .greatest, .least, .nullIf: cost += 2
    case .like, .lower, .upper, .length, .octetLength, .startsWith, .concatenate, .concat,
      .trimBoth, .trimLeading, .trimTrailing, .left, .right, .reverse, .position:
      cost += 40
    case .random, .generateUUID, .clockTimestamp:
      isVolatile = true
    case .catalog:
      cost += 100
      canRaise = true
    case .setConfig, .cancelBackend, .terminateBackend, .replicatedPosition, .waitForPosition:
      isVolatile = true
      canRaise = true
    case .add, .subtract, .multiply, .negate, .abs:
      cost += 1
      // Sums and products of numerics with a shape fit it; everything else may overflow.
      if resultType.numericShape == nil || resultType.isInteger { canRaise = true }
    case .dateTruncate, .extract, .datePart, .round, .truncate, .ceiling, .floor:
      canRaise = true
      cost += 4
    default:
      canRaise = true
      cost += 20
    }
  }
}
