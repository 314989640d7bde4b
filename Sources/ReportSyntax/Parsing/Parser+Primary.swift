/// What stood in parentheses.
enum Parenthesised {
  case query(Query)
  case list([Expression])
}

extension Parser {
  /// An operand: PostgreSQL's `c_expr`, and typed literals.
  mutating func parsePrimary() throws(SyntaxError) -> Expression {
    let token = current
    switch token.kind {
    case .wholeNumber: return try literal(.integer(text))
    case .number: return try literal(.number(text))
    case .string: return try literal(.string(text))
    case .bitString, .hexString: return try parseBits()
    case .numberedParameter: return try parseParameter()
    case .namedParameter:
      let name = takeIdentifier()
      return try parseIndirection(try node(.namedParameter(name), token.range))
    case .leftParenthesis: return try parseParenthesisedOperand()
    case .identifier, .quotedIdentifier: return try parseNamed()
    case .keyword: return try parseKeywordOperand()
    default: throw unexpected()
    }
  }

  private mutating func literal(_ value: Literal) throws(SyntaxError) -> Expression {
    let token = advance()
    return try node(.literal(value), token.range)
  }

  private mutating func parseBits() throws(SyntaxError) -> Expression {
    let isBits = at(.bitString)
    let digits = text
    for byte in digits.utf8 {
      let isValid = isBits ? byte == 0x30 || byte == 0x31 : byte.hexValue != nil
      if isValid { continue }
      let digit = String(decoding: [byte], as: UTF8.self)
      throw SyntaxError(
        sqlState: "22P02",
        message: "\"\(digit)\" is not a valid \(isBits ? "binary" : "hexadecimal") digit",
        range: current.range
      )
    }
    return try literal(isBits ? .bits(digits) : .hexadecimal(digits))
  }

  private mutating func parseParameter() throws(SyntaxError) -> Expression {
    guard let number = Int(text), number >= 0, number <= 65_535 else {
      throw SyntaxError(
        sqlState: "42P02",
        message: "there is no parameter $\(text)",
        range: current.range
      )
    }
    let token = advance()
    return try parseIndirection(try node(.parameter(number), token.range))
  }

  // MARK: Parentheses

  private mutating func parseParenthesisedOperand() throws(SyntaxError) -> Expression {
    let first = current.range
    let operand = try operand(of: try parseParenthesised(), from: first)
    return try parseRowOperators(try parseIndirection(operand))
  }

  private mutating func operand(
    of content: Parenthesised,
    from first: SourceRange
  ) throws(SyntaxError) -> Expression {
    switch content {
    case .query(let query):
      return try node(.scalarQuery(query), range(from: first), above: query.height)
    case .list(let items):
      if items.count == 1, let item = items.first { return item }
      let height = items.reduce(0) { max($0, $1.height) }
      return try node(.row(items, isExplicit: false), range(from: first), above: height)
    }
  }

  /// Reads `(…)`: a query, in any number of parentheses, or expressions.
  ///
  /// What `((SELECT 1) …` begins is known only after the inner parenthesis, so the content is
  /// read once and continued as what it turns out to be: no backtracking.
  mutating func parseParenthesised() throws(SyntaxError) -> Parenthesised {
    try enter()
    let result = try parseParenthesisedContent()
    leave()
    return result
  }

  private mutating func parseParenthesisedContent() throws(SyntaxError) -> Parenthesised {
    try expect(.leftParenthesis)
    if startsQuery {
      let query = try parseQuery()
      try expect(.rightParenthesis)
      return .query(query)
    }
    var items: [Expression]
    if at(.leftParenthesis) {
      let first = current.range
      let content = try parseParenthesised()
      if case .query(let query) = content, at(.rightParenthesis) || continuesQuery {
        let whole = continuesQuery ? try parseQuery(continuing: query, from: first) : query
        try expect(.rightParenthesis)
        return .query(whole)
      }
      let operand = try parseIndirection(try operand(of: content, from: first))
      items = [try parseInfix(try parseRowOperators(operand), 0, false)]
    } else {
      items = [try parseExpression()]
    }
    while accept(.comma) { items.append(try parseExpression()) }
    try expect(.rightParenthesis)
    return .list(items)
  }

  /// `(a, b) OVERLAPS (c, d)`.
  mutating func parseRowOperators(_ left: Expression) throws(SyntaxError) -> Expression {
    guard case .row(let first, _) = left.kind, at(.overlaps) else { return left }
    let location = advance().range
    guard at(.leftParenthesis) || at(.row) else { throw unexpected() }
    let right = try parsePrimary()
    guard case .row(let second, _) = right.kind else { throw unexpected() }
    for (side, items) in [("left", first), ("right", second)] where items.count != 2 {
      throw .syntax(
        "wrong number of parameters on \(side) side of OVERLAPS expression",
        at: side == "left" ? left.range : right.range
      )
    }
    let call = FunctionCall(
      name: QualifiedName([Identifier("overlaps", range: location)]),
      arguments: (first + second).map { FunctionCall.Argument(value: $0) },
      form: .overlaps
    )
    return try node(
      .function(call),
      left.range.union(right.range),
      above: max(left.height, right.height)
    )
  }

  // MARK: Names

  /// A column, a function call or a typed literal.
  mutating func parseNamed() throws(SyntaxError) -> Expression {
    let first = current
    var parts = [takeIdentifier()]
    while at(.dot), isLabel(peek()) {
      advance()
      parts.append(takeIdentifier())
    }
    if at(.dot), peek().kind == .star {
      advance()
      advance()
      return try node(.wildcard(parts), range(from: first.range))
    }
    let isFunction = parts.count > 1 ? isColumnName(first) : isFunctionName(first)
    if at(.leftParenthesis), isFunction {
      return try parseCall(QualifiedName(parts))
    }
    if at(.string), isFunction {
      let type = TypeName(name: QualifiedName(parts), range: range(from: first.range))
      return try typedLiteral(type)
    }
    guard isColumnName(first) else { throw unexpected() }
    return try column(parts, from: first.range)
  }

  private mutating func column(
    _ parts: [Identifier],
    from first: SourceRange
  ) throws(SyntaxError) -> Expression {
    let range = range(from: first)
    guard parts.count <= 4 else {
      let name = parts.map(\.text).joined(separator: ".")
      throw .syntax("improper qualified name (too many dotted names): \(name)", at: range)
    }
    return try parseIndirection(try node(.column(parts), range))
  }

  /// `'text'` after the name of a type.
  mutating func typedLiteral(_ type: TypeName) throws(SyntaxError) -> Expression {
    let value = try literal(.string(text))
    let cast = Cast(style: .literal, location: type.range)
    return try node(.cast(value, type, cast), type.range.union(value.range), above: 1)
  }

  // MARK: Subscripts and fields

  mutating func parseIndirection(_ base: Expression) throws(SyntaxError) -> Expression {
    var base = base
    while true {
      if at(.leftBracket) {
        base = try parseSubscript(base)
      } else if at(.dot) {
        advance()
        if accept(.star) {
          return try node(.allFields(base), range(from: base.range), above: base.height)
        }
        let name = try parseLabel()
        base = try node(.field(base, name), range(from: base.range), above: base.height)
      } else {
        return base
      }
    }
  }

  private mutating func parseSubscript(_ base: Expression) throws(SyntaxError) -> Expression {
    try expect(.leftBracket)
    var lower: Expression?
    if !at(.colon) { lower = try parseExpression() }
    if accept(.colon) {
      var upper: Expression?
      if !at(.rightBracket) { upper = try parseExpression() }
      try expect(.rightBracket)
      let height = max(base.height, lower?.height ?? 0, upper?.height ?? 0)
      return try node(
        .slice(base, lower: lower, upper: upper),
        range(from: base.range),
        above: height
      )
    }
    try expect(.rightBracket)
    guard let index = lower else { throw unexpected() }
    return try node(
      .element(base, index),
      range(from: base.range),
      above: max(base.height, index.height)
    )
  }
}
