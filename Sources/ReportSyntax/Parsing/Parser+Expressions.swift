/// Binding strength of operators, as in PostgreSQL's grammar, weakest first.
enum Precedence {
  static let or = 1
  static let and = 2
  static let not = 3
  static let test = 4
  static let comparison = 5
  static let like = 6
  static let other = 8
  static let additive = 9
  static let multiplicative = 10
  static let power = 11
  static let timeZone = 12
  static let collate = 13
  static let unary = 14
  static let cast = 16
}

// Operators are read by precedence climbing: `parseExpression(minimum)` reads a prefix, then every
// infix operator that binds at least as strong. `restricted` is PostgreSQL's `b_expr`, an expression
// without AND, OR, NOT, IN, LIKE, BETWEEN, IS NULL: what may stand before the AND of BETWEEN.
extension Parser {
  mutating func parseExpression() throws(SyntaxError) -> Expression {
    try parseExpression(0, restricted: false)
  }

  mutating func parseRestrictedExpression() throws(SyntaxError) -> Expression {
    try parseExpression(0, restricted: true)
  }

  mutating func parseExpression(
    _ minimum: Int,
    restricted: Bool
  ) throws(SyntaxError) -> Expression {
    try enter()
    let prefix = try parsePrefix(restricted)
    let result = try parseInfix(prefix, minimum, restricted)
    leave()
    return result
  }

  private mutating func parsePrefix(_ restricted: Bool) throws(SyntaxError) -> Expression {
    switch current.kind {
    case .plus, .minus: return try parseSign(restricted)
    case .operatorSymbol: return try parsePrefixOperator(restricted)
    case .keyword where at(.not) && !restricted:
      let first = advance().range
      let operand = try parseExpression(Precedence.not, restricted: false)
      return try node(.not(operand), first.union(operand.range), above: operand.height)
    case .keyword where at(.operator) && peek().kind == .leftParenthesis:
      return try parsePrefixOperator(restricted)
    default: return try parsePrimary()
    }
  }

  /// `-x`; the sign of a number belongs to the number, so that -9223372036854775808 is one.
  private mutating func parseSign(_ restricted: Bool) throws(SyntaxError) -> Expression {
    let token = advance()
    let operand = try parseExpression(Precedence.unary, restricted: restricted)
    let range = token.range.union(operand.range)
    if token.kind == .minus, case .literal(let literal) = operand.kind {
      switch literal {
      case .integer(let digits): return try node(.literal(.integer(negated(digits))), range)
      case .number(let digits): return try node(.literal(.number(negated(digits))), range)
      default: break
      }
    }
    let symbol = Operator(token.kind == .minus ? "-" : "+", range: token.range)
    return try node(.unary(symbol, operand), range, above: operand.height)
  }

  private func negated(_ digits: String) -> String {
    digits.utf8.first == UInt8(ascii: "-") ? String(digits.dropFirst()) : "-" + digits
  }

  private mutating func parsePrefixOperator(_ restricted: Bool) throws(SyntaxError) -> Expression {
    guard at(.keyword) || isOperatorText else { throw unexpected() }
    let symbol = try parseOperator()
    let operand = try parseExpression(Precedence.other + 1, restricted: restricted)
    return try node(
      .unary(symbol, operand),
      symbol.range.union(operand.range),
      above: operand.height
    )
  }

  /// Whether an operator token is one, and no stray character.
  private var isOperatorText: Bool {
    text.utf8.first.map(\.isOperator) ?? false
  }

  // MARK: Infix

  /// Reads the operators after `left` that bind at least as strong as `minimum`.
  mutating func parseInfix(
    _ left: Expression,
    _ minimum: Int,
    _ restricted: Bool
  ) throws(SyntaxError) -> Expression {
    var left = left
    while let level = infixLevel(restricted), level >= minimum {
      left = try parseOperation(left, level, restricted)
    }
    return left
  }

  /// How strong the operator at the current token binds; nil when it is none.
  private func infixLevel(_ restricted: Bool) -> Int? {
    switch current.kind {
    case .less, .greater, .equal, .lessEqual, .greaterEqual, .notEqual: Precedence.comparison
    case .plus, .minus: Precedence.additive
    case .star, .slash, .percent: Precedence.multiplicative
    case .caret: Precedence.power
    case .operatorSymbol: isOperatorText ? Precedence.other : nil
    case .doubleColon: Precedence.cast
    case .keyword: keywordLevel(restricted)
    default: nil
    }
  }

  private func keywordLevel(_ restricted: Bool) -> Int? {
    switch current.keyword {
    case .operator: return peek().kind == .leftParenthesis ? Precedence.other : nil
    case .is:
      guard restricted else { return Precedence.test }
      let next = peek().keyword == .not ? peek(2) : peek()
      return next.keyword == .distinct ? Precedence.test : nil
    default: break
    }
    if restricted { return nil }
    switch current.keyword {
    case .or: return Precedence.or
    case .and: return Precedence.and
    case .isnull, .notnull: return Precedence.test
    case .between, .in, .like, .ilike: return Precedence.like
    case .similar: return peek().keyword == .to ? Precedence.like : nil
    case .not:
      switch peek().keyword {
      case .between, .in, .like, .ilike, .similar: return Precedence.like
      default: return nil
      }
    case .at: return peek().keyword == .time ? Precedence.timeZone : nil
    case .collate: return Precedence.collate
    default: return nil
    }
  }

  private mutating func parseOperation(
    _ left: Expression,
    _ level: Int,
    _ restricted: Bool
  ) throws(SyntaxError) -> Expression {
    switch level {
    case Precedence.or, Precedence.and: return try parseChain(left, level)
    case Precedence.test: return try parseTest(left, restricted)
    case Precedence.like: return try parseMembership(left)
    case Precedence.timeZone: return try parseAtTimeZone(left)
    case Precedence.collate: return try parseCollate(left)
    case Precedence.cast: return try parseCast(left)
    default: return try parseBinary(left, level, restricted)
    }
  }

  /// Two operators of one level that do not associate: `a = b = c`.
  func rejectRepeated(_ level: Int, _ restricted: Bool) throws(SyntaxError) {
    if infixLevel(restricted) == level { throw unexpected() }
  }

  private mutating func parseBinary(
    _ left: Expression,
    _ level: Int,
    _ restricted: Bool
  ) throws(SyntaxError) -> Expression {
    let symbol = try parseOperator()
    if at(.any) || at(.some) || at(.all) {
      return try parseQuantified(left, symbol)
    }
    let right = try parseExpression(level + 1, restricted: restricted)
    if level == Precedence.comparison { try rejectRepeated(level, restricted) }
    return try node(
      .binary(symbol, left, right),
      left.range.union(right.range),
      above: max(left.height, right.height)
    )
  }

  /// A chain of AND or OR becomes one flat node, however long it is.
  private mutating func parseChain(
    _ left: Expression,
    _ level: Int
  ) throws(SyntaxError) -> Expression {
    let isOr = level == Precedence.or
    let keyword: Keyword = isOr ? .or : .and
    var operands = chainOperands(left, isOr: isOr)
    while accept(keyword) {
      let operand = try parseExpression(level + 1, restricted: false)
      operands += chainOperands(operand, isOr: isOr)
    }
    let height = operands.reduce(0) { max($0, $1.height) }
    let range = left.range.union(operands[operands.count - 1].range)
    return try node(isOr ? .or(operands) : .and(operands), range, above: height)
  }

  private func chainOperands(_ expression: Expression, isOr: Bool) -> [Expression] {
    switch expression.kind {
    case .or(let operands) where isOr: operands
    case .and(let operands) where !isOr: operands
    default: [expression]
    }
  }

  /// An operator token, or `OPERATOR(schema.symbol)`.
  mutating func parseOperator() throws(SyntaxError) -> Operator {
    let first = current.range
    guard at(.operator) else {
      let token = advance()
      return Operator(list.text(of: token), range: token.range)
    }
    advance()
    try expect(.leftParenthesis)
    var schema: [Identifier] = []
    while isColumnName {
      schema.append(takeIdentifier())
      try expect(.dot)
    }
    guard isOperatorToken else { throw unexpected() }
    let symbol = list.text(of: advance())
    try expect(.rightParenthesis)
    return Operator(symbol, schema: schema, range: range(from: first))
  }

  private var isOperatorToken: Bool {
    switch current.kind {
    case .plus, .minus, .star, .slash, .percent, .caret, .less, .greater, .equal, .lessEqual,
      .greaterEqual, .notEqual:
      true
    case .operatorSymbol: isOperatorText
    default: false
    }
  }

  /// `ANY (…)`, `SOME (…)`, `ALL (…)` after an operator.
  mutating func parseQuantified(
    _ left: Expression,
    _ symbol: Operator
  ) throws(SyntaxError) -> Expression {
    let quantifier: Quantifier = at(.all) ? .all : .any
    advance()
    guard at(.leftParenthesis) else { throw unexpected() }
    let range = left.range
    let opening = position
    switch try parseParenthesised() {
    case .query(let query):
      return try node(
        .quantifiedQuery(left, symbol, quantifier, query),
        self.range(from: range),
        above: max(left.height, query.height)
      )
    case .list(let items):
      guard items.count == 1, let array = items.first else {
        throw unexpected(list.tokens[opening...].first { $0.kind == .comma } ?? current)
      }
      return try node(
        .quantified(left, symbol, quantifier, array),
        self.range(from: range),
        above: max(left.height, array.height)
      )
    }
  }

  private mutating func parseAtTimeZone(_ left: Expression) throws(SyntaxError) -> Expression {
    try expect(.at)
    try expect(.time)
    try expect(.zone)
    let zone = try parseExpression(Precedence.timeZone + 1, restricted: false)
    return try node(
      .atTimeZone(left, zone: zone),
      left.range.union(zone.range),
      above: max(left.height, zone.height)
    )
  }

  private mutating func parseCollate(_ left: Expression) throws(SyntaxError) -> Expression {
    try expect(.collate)
    var parts = [try parseColumnName()]
    while accept(.dot) { parts.append(try parseLabel()) }
    return try node(
      .collate(left, QualifiedName(parts)),
      range(from: left.range),
      above: left.height
    )
  }

  private mutating func parseCast(_ left: Expression) throws(SyntaxError) -> Expression {
    let location = try expect(.doubleColon).range
    let type = try parseTypeName()
    return try node(
      .cast(left, type, Cast(style: .colons, location: location)),
      range(from: left.range),
      above: left.height
    )
  }
}
