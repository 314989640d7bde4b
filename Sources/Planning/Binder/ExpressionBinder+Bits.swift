import Columnar
import ReportSyntax

extension ExpressionBinder {
  /// `&`, `|`, `#` and the shifts of integers.
  func bindBits(_ symbol: Operator, _ operands: Operands) throws(PlanningError) -> BoundExpression {
    let (left, right) = (operands.left, operands.right)
    func refusal() -> PlanningError {
      .noOperator(symbol.symbol, left.type, right.type, at: symbol.range)
    }
    if symbol.symbol == "<<" || symbol.symbol == ">>" {
      guard left.type.isInteger, right.type.isInteger || right.type == .unknown,
        right.type != .bigint
      else { throw refusal() }
      let count = try context.coerce(right, to: .integer, range: operands.rightRange)
      let shift: BitOperation = symbol.symbol == "<<" ? .shiftLeft : .shiftRight
      return call(.bits(shift), [left, count], left.type)
    }
    let known = [left.type, right.type].filter { $0 != .unknown }
    guard let first = known.first, known.allSatisfy(\.isInteger) else { throw refusal() }
    let type: LogicalType =
      known.contains(.bigint) ? .bigint : known.contains(.integer) ? .integer : first
    let operation: BitOperation =
      switch symbol.symbol {
      case "&": .and
      case "|": .or
      default: .exclusiveOr
      }
    return call(
      .bits(operation),
      [
        try context.coerce(left, to: type, range: operands.leftRange),
        try context.coerce(right, to: type, range: operands.rightRange),
      ],
      type
    )
  }
}
