import Columnar
import ReportSyntax

extension ExpressionBinder {
  func bindUnary(
    _ symbol: Operator,
    _ operand: Expression,
    _ range: SourceRange
  ) throws(PlanningError) -> BoundExpression {
    let value = try bind(operand)
    switch (symbol.symbol, value.type) {
    case ("+", .unknown), ("-", .unknown):
      let number = try context.coerce(value, to: .double, range: operand.range)
      return symbol.symbol == "+" ? number : call(.negate, [number], .double)
    case ("+", _) where value.type.category == .numeric: return value
    case ("-", _) where value.type.category == .numeric || value.type == .interval:
      return call(.negate, [value], value.type)
    case ("~", _) where value.type.isInteger:
      return call(.bits(.complement), [value], value.type)
    case ("@", _) where value.type.category == .numeric: return call(.abs, [value], value.type)
    default: throw .noOperator(symbol.symbol, nil, value.type, at: symbol.range)
    }
  }

  func bindBinary(
    _ symbol: Operator,
    _ left: Expression,
    _ right: Expression
  ) throws(PlanningError) -> BoundExpression {
    if case .row(let a, _) = left.kind, case .row(let b, _) = right.kind {
      return try bindRowComparison(symbol, a, b)
    }
    let l = try bind(left)
    let r = try bind(right)
    return try apply(symbol, l, left.range, r, right.range)
  }

  /// Applies a binary operator to bound operands.
  func apply(
    _ symbol: Operator,
    _ left: BoundExpression,
    _ leftRange: SourceRange,
    _ right: BoundExpression,
    _ rightRange: SourceRange
  ) throws(PlanningError) -> BoundExpression {
    if let comparison = ComparisonOperator(symbol: symbol.symbol) {
      return try compare(comparison, symbol, left, leftRange, right, rightRange)
    }
    let operands = Operands(left: left, leftRange: leftRange, right: right, rightRange: rightRange)
    switch symbol.symbol {
    case "+", "-", "*", "/", "%", "^": return try bindArithmetic(symbol, operands)
    case "&", "|", "#", "<<", ">>": return try bindBits(symbol, operands)
    case "||": return try bindConcatenation(symbol, operands)
    case "~~", "!~~", "~~*", "!~~*", "~", "!~", "~*", "!~*":
      return try bindPatternOperator(symbol, operands)
    case "->", "->>":
      guard left.type == .jsonb else {
        throw .noOperator(symbol.symbol, left.type, right.type, at: symbol.range)
      }
      let key = right.type.isInteger ? right : context.settle(right)
      return symbol.symbol == "->"
        ? call(.jsonField, [left, key], .jsonb) : call(.jsonFieldText, [left, key], .text)
    default: throw .noOperator(symbol.symbol, left.type, right.type, at: symbol.range)
    }
  }

  /// Two operands with their texts.
  struct Operands {
    var left: BoundExpression
    var leftRange: SourceRange
    var right: BoundExpression
    var rightRange: SourceRange
  }

  func call(
    _ function: ScalarFunction,
    _ arguments: [BoundExpression],
    _ type: LogicalType
  ) -> BoundExpression {
    context.folded(BoundExpression(.call(function, arguments), type))
  }

  // MARK: Comparison

  func compare(
    _ comparison: ComparisonOperator,
    _ symbol: Operator,
    _ left: BoundExpression,
    _ leftRange: SourceRange,
    _ right: BoundExpression,
    _ rightRange: SourceRange
  ) throws(PlanningError) -> BoundExpression {
    let (l, r) = try comparable(left, leftRange, right, rightRange, symbol)
    return call(.compare(comparison), [l, r], .boolean)
  }

  /// Brings two operands to types that compare: equal ones, except that integers of any width and strings of any
  /// kind compare as they are.
  func comparable(
    _ left: BoundExpression,
    _ leftRange: SourceRange,
    _ right: BoundExpression,
    _ rightRange: SourceRange,
    _ symbol: Operator
  ) throws(PlanningError) -> (BoundExpression, BoundExpression) {
    var l = left
    var r = right
    switch (l.type, r.type) {
    case (.unknown, .unknown):
      l = context.settle(l)
      r = context.settle(r)
    case (.char, .unknown): r = context.settle(Self.withoutTrailingBlanks(r))
    case (.unknown, .char): l = context.settle(Self.withoutTrailingBlanks(l))
    case (.unknown, _):
      l = try context.coerceOperand(l, to: r.type.base.comparisonPeer, range: leftRange)
    case (_, .unknown):
      r = try context.coerceOperand(r, to: l.type.base.comparisonPeer, range: rightRange)
    default: break
    }
    let a = l.type.base
    let b = r.type.base
    if let x = a.numericRank, let y = b.numericRank {
      return try comparableNumbers(l, x, leftRange, r, y, rightRange)
    }
    if a == b || (a.category == .string && b.category == .string) { return (l, r) }
    if canCoerce(a, to: b, for: .implicit), b.category == .dateTime || b == .interval {
      return (try context.coerce(l, to: b, range: leftRange), r)
    }
    if canCoerce(b, to: a, for: .implicit), a.category == .dateTime || a == .interval {
      return (l, try context.coerce(r, to: a, range: rightRange))
    }
    throw .noOperator(symbol.symbol, left.type, right.type, at: symbol.range)
  }

  /// Blanks at the end of a literal beside a char(n) do not count.
  private static func withoutTrailingBlanks(_ literal: BoundExpression) -> BoundExpression {
    guard case .constant(.bytes(let bytes)) = literal.node else { return literal }
    let end = bytes.lastIndex { $0 != UInt8(ascii: " ") }.map { $0 + 1 } ?? 0
    return BoundExpression(.constant(.bytes(Array(bytes[..<end]))), literal.type)
  }

  private func comparableNumbers(
    _ left: BoundExpression,
    _ x: Int,
    _ leftRange: SourceRange,
    _ right: BoundExpression,
    _ y: Int,
    _ rightRange: SourceRange
  ) throws(PlanningError) -> (BoundExpression, BoundExpression) {
    if max(x, y) <= 2 || (x == 4 && y == 4) { return (left, right) }
    if max(x, y) >= 4 {
      return (
        try context.coerce(left, to: .double, range: leftRange),
        try context.coerce(right, to: .double, range: rightRange)
      )
    }
    let shape = left.numericShape.flatMap { a in right.numericShape.flatMap { a.union($0) } }
    return (
      try context.coerce(left, to: .numeric(shape), range: leftRange),
      try context.coerce(right, to: .numeric(shape), range: rightRange)
    )
  }

  private func bindRowComparison(
    _ symbol: Operator,
    _ left: [Expression],
    _ right: [Expression]
  ) throws(PlanningError) -> BoundExpression {
    guard left.count == right.count else {
      throw PlanningError("42601", "unequal number of entries in row expressions", at: symbol.range)
    }
    guard symbol.symbol == "=" || symbol.symbol == "<>" else {
      throw .unsupported("comparing rows with \(symbol.symbol)", at: symbol.range)
    }
    var parts: [BoundExpression] = []
    for (a, b) in zip(left, right) { parts.append(try bindBinary(symbol, a, b)) }
    return symbol.symbol == "=" ? .conjunction(of: parts) : .disjunction(of: parts)
  }

  // MARK: Text

  private func bindConcatenation(
    _ symbol: Operator,
    _ operands: Operands
  ) throws(PlanningError) -> BoundExpression {
    let l = operands.left.type
    let r = operands.right.type
    if l == .bytea, r == .bytea || r == .unknown {
      let right = try context.coerce(operands.right, to: .bytea, range: operands.rightRange)
      return call(.concatenate, [operands.left, right], .bytea)
    }
    // One side must be a string; the other may be anything but an array.
    guard
      l.category == .string || r.category == .string || (l == .unknown && r == .unknown)
        || (l == .unknown && r.category != .array) || (r == .unknown && l.category != .array),
      l.category != .array, r.category != .array
    else { throw .noOperator(symbol.symbol, l, r, at: symbol.range) }
    if (l == .jsonb) != (r == .jsonb), l == .unknown || r == .unknown {
      throw .unsupported("jsonb concatenation", at: symbol.range)
    }
    return call(
      .concatenate,
      [
        try asText(operands.left, operands.leftRange),
        try asText(operands.right, operands.rightRange),
      ],
      .text
    )
  }

  /// Any value in its text form.
  func asText(
    _ expression: BoundExpression,
    _ range: SourceRange
  ) throws(PlanningError)
    -> BoundExpression
  {
    let settled = context.settle(expression)
    if settled.type.category == .string { return settled }
    return try context.coerce(settled, to: .text, purpose: .explicit, range: range)
  }

  private func bindPatternOperator(
    _ symbol: Operator,
    _ operands: Operands
  ) throws(PlanningError) -> BoundExpression {
    let value = context.settle(operands.left)
    let pattern = context.settle(operands.right)
    guard value.type.category == .string, pattern.type.category == .string else {
      throw .noOperator(symbol.symbol, operands.left.type, operands.right.type, at: symbol.range)
    }
    let name = symbol.symbol.drop { $0 == "!" }
    let ignoresCase = name.hasSuffix("*")
    let function: ScalarFunction =
      name.hasPrefix("~~")
      ? .like(caseInsensitive: ignoresCase) : .regularExpressionMatch(caseInsensitive: ignoresCase)
    let match = call(function, [value, pattern], .boolean)
    return symbol.symbol.hasPrefix("!")
      ? context.folded(BoundExpression(.not(match), .boolean)) : match
  }
}

extension LogicalType {
  /// What an untyped literal beside this type becomes in a comparison.
  fileprivate var comparisonPeer: LogicalType {
    switch self {
    case .varchar, .char: .text
    default: self
    }
  }
}

extension ComparisonOperator {
  package init?(symbol: String) {
    switch symbol {
    case "=": self = .equal
    case "<>", "!=": self = .notEqual
    case "<": self = .less
    case "<=": self = .lessOrEqual
    case ">": self = .greater
    case ">=": self = .greaterOrEqual
    default: return nil
    }
  }

  package var symbol: String {
    switch self {
    case .equal: "="
    case .notEqual: "<>"
    case .less: "<"
    case .lessOrEqual: "<="
    case .greater: ">"
    case .greaterOrEqual: ">="
    }
  }

  /// The same comparison with its sides exchanged.
  package var mirrored: ComparisonOperator {
    switch self {
    case .equal, .notEqual: self
    case .less: .greater
    case .lessOrEqual: .greaterOrEqual
    case .greater: .less
    case .greaterOrEqual: .lessOrEqual
    }
  }
}
