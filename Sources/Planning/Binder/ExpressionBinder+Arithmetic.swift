import Columnar
import ReportSyntax

extension ExpressionBinder {
  /// `+ - * / % ^` over numbers, dates, times and intervals.
  func bindArithmetic(
    _ symbol: Operator,
    _ given: Operands
  ) throws(PlanningError) -> BoundExpression {
    var operands = given
    try settleUnknown(symbol, &operands)
    let l = operands.left.type
    let r = operands.right.type
    if l.category == .numeric, r.category == .numeric { return try arithmetic(symbol, operands) }
    if let result = try temporal(symbol, operands) { return result }
    throw .noOperator(symbol.symbol, given.left.type, given.right.type, at: symbol.range)
  }

  /// An untyped operand takes the type for which the operator exists beside the other operand.
  private func settleUnknown(
    _ symbol: Operator,
    _ operands: inout Operands
  ) throws(PlanningError) {
    switch (operands.left.type, operands.right.type) {
    case (.unknown, .unknown):
      throw PlanningError(
        "42725",
        "operator is not unique: unknown \(symbol.symbol) unknown",
        at: symbol.range,
        hint:
          "Could not choose a best candidate operator. You might need to add explicit type casts."
      )
    case (.unknown, let known):
      operands.left = try context.coerceOperand(
        operands.left,
        to: partner(of: known, symbol.symbol, isLeft: true),
        range: operands.leftRange
      )
    case (let known, .unknown):
      operands.right = try context.coerceOperand(
        operands.right,
        to: partner(of: known, symbol.symbol, isLeft: false),
        range: operands.rightRange
      )
    default: break
    }
  }

  private func partner(of known: LogicalType, _ symbol: String, isLeft: Bool) -> LogicalType {
    switch (known.base, symbol) {
    case (.timestamp, "+"), (.timestamptz, "+"), (.time, "+"): .interval
    case (.date, "+"): isLeft ? .interval : .integer
    case (.interval, "*"), (.interval, "/"): .double
    default: known.base
    }
  }

  // MARK: Numbers

  private func arithmetic(
    _ symbol: Operator,
    _ operands: Operands
  ) throws(PlanningError) -> BoundExpression {
    let x = operands.left.type.numericRank ?? 0
    let y = operands.right.type.numericRank ?? 0
    let function = try self.function(of: symbol)
    if function == .power { return try power(operands) }
    if max(x, y) >= 4 {
      let type: LogicalType = x == 4 && y == 4 ? .real : .double
      guard function != .modulo else {
        throw .noOperator("%", operands.left.type, operands.right.type, at: symbol.range)
      }
      return call(function, try both(operands, as: type), type)
    }
    if max(x, y) <= 2 {
      let type: LogicalType = [.smallint, .integer, .bigint][max(x, y)]
      return call(function, try both(operands, as: type), type)
    }
    return try numericArithmetic(function, operands)
  }

  private func function(of symbol: Operator) throws(PlanningError) -> ScalarFunction {
    switch symbol.symbol {
    case "+": .add
    case "-": .subtract
    case "*": .multiply
    case "/": .divide
    case "%": .modulo
    default: .power
    }
  }

  private func power(_ operands: Operands) throws(PlanningError) -> BoundExpression {
    let isNumeric =
      operands.left.type.base == .numeric(nil) || operands.right.type.base == .numeric(nil)
    let hasDouble = [operands.left.type, operands.right.type].contains {
      ($0.numericRank ?? 0) >= 4
    }
    let type: LogicalType = isNumeric && !hasDouble ? .numeric(nil) : .double
    return call(.power, try both(operands, as: type), type)
  }

  /// Scaled integers as long as 38 digits suffice; see NumericShapes.
  func numericArithmetic(
    _ function: ScalarFunction,
    _ operands: Operands
  ) throws(PlanningError) -> BoundExpression {
    let left = operands.left.numericShape
    let right = operands.right.numericShape
    let unshaped = LogicalType.numeric(nil)
    guard let left, let right, function != .divide else {
      return call(function, try both(operands, as: unshaped), unshaped)
    }
    if function == .multiply {
      guard let product = left.product(right) else {
        return call(function, try both(operands, as: unshaped), unshaped)
      }
      // Both factors in the lanes of the product.
      let digits = product.precision > 18 ? 19 : 1
      let l = try context.coerce(
        operands.left,
        to: .numeric(left.widened(to: digits)),
        range: operands.leftRange
      )
      let r = try context.coerce(
        operands.right,
        to: .numeric(right.widened(to: digits)),
        range: operands.rightRange
      )
      return call(.multiply, [l, r], .numeric(product))
    }
    guard let common = left.union(right, spareDigits: function == .modulo ? 0 : 1) else {
      return call(function, try both(operands, as: unshaped), unshaped)
    }
    return call(function, try both(operands, as: .numeric(common)), .numeric(common))
  }

  private func both(
    _ operands: Operands,
    as type: LogicalType
  ) throws(PlanningError) -> [BoundExpression] {
    [
      try context.coerce(operands.left, to: type, range: operands.leftRange),
      try context.coerce(operands.right, to: type, range: operands.rightRange),
    ]
  }

  // MARK: Dates, times, intervals

  /// The operators of PostgreSQL's table 9.31; `nil` where there is none.
  private func temporal(
    _ symbol: Operator,
    _ operands: Operands
  ) throws(PlanningError) -> BoundExpression? {
    let l = operands.left
    let r = operands.right
    func left(as type: LogicalType) throws(PlanningError) -> BoundExpression {
      try context.coerce(l, to: type, range: operands.leftRange)
    }
    func right(as type: LogicalType) throws(PlanningError) -> BoundExpression {
      try context.coerce(r, to: type, range: operands.rightRange)
    }
    let isInteger = (
      left: l.type == .smallint || l.type == .integer,
      right: r.type == .smallint || r.type == .integer
    )
    switch (symbol.symbol, l.type, r.type) {
    case ("+", .date, _) where isInteger.right:
      return call(.add, [l, try right(as: .integer)], .date)
    case ("+", _, .date) where isInteger.left:
      return call(.add, [r, try left(as: .integer)], .date)
    case ("-", .date, _) where isInteger.right:
      return call(.subtract, [l, try right(as: .integer)], .date)
    case ("-", .date, .date): return call(.subtract, [l, r], .integer)
    case ("+", .date, .interval), ("-", .date, .interval), ("+", .date, .time):
      let span = r.type == .time ? try right(as: .interval) : r
      return call(
        symbol.symbol == "+" ? .add : .subtract,
        [try left(as: .timestamp), span],
        .timestamp
      )
    case ("+", .interval, .date), ("+", .time, .date):
      return call(.add, [try right(as: .timestamp), try left(as: .interval)], .timestamp)
    case ("+", .timestamp, .interval), ("+", .timestamptz, .interval), ("+", .time, .interval):
      return call(.add, [l, r], l.type)
    case ("-", .timestamp, .interval), ("-", .timestamptz, .interval), ("-", .time, .interval):
      return call(.subtract, [l, r], l.type)
    case ("+", .interval, .timestamp), ("+", .interval, .timestamptz), ("+", .interval, .time):
      return call(.add, [r, l], r.type)
    case ("+", .interval, .interval): return call(.add, [l, r], .interval)
    case ("-", .interval, .interval): return call(.subtract, [l, r], .interval)
    case ("-", .time, .time): return call(.subtract, [l, r], .interval)
    case ("-", _, _) where Self.isMoment(l.type) && Self.isMoment(r.type):
      let type: LogicalType =
        l.type == .timestamptz || r.type == .timestamptz ? .timestamptz : .timestamp
      return call(.subtract, [try left(as: type), try right(as: type)], .interval)
    case ("*", .interval, _) where r.type.category == .numeric:
      return call(.multiply, [l, try right(as: .double)], .interval)
    case ("*", _, .interval) where l.type.category == .numeric:
      return call(.multiply, [r, try left(as: .double)], .interval)
    case ("/", .interval, _) where r.type.category == .numeric:
      return call(.divide, [l, try right(as: .double)], .interval)
    default: return nil
    }
  }

  private static func isMoment(_ type: LogicalType) -> Bool {
    switch type {
    case .date, .timestamp, .timestamptz: true
    default: false
    }
  }
}
