// Operands that begin with a key word: constants, CASE, sub-selects, ARRAY, ROW, session values,
// typed literals; the standard's own function syntax is in Parser+SpecialFunctions.
extension Parser {
  mutating func parseKeywordOperand() throws(SyntaxError) -> Expression {
    guard let keyword = current.keyword else { throw unexpected() }
    let first = current.range
    switch keyword {
    case .null: return try constant(.null)
    case .true: return try constant(.boolean(true))
    case .false: return try constant(.boolean(false))
    case .case: return try parseCase()
    case .exists: return try parseExists()
    case .array: return try parseArray()
    case .row where peek().kind == .leftParenthesis:
      advance()
      let row = try parseRow(from: first)
      return try parseRowOperators(row)
    case .cast where peek().kind == .leftParenthesis: return try parseCastFunction()
    case .default:
      advance()
      return try node(.defaultValue, first)
    case .select, .with, .any, .some, .all: throw unexpected()
    default: break
    }
    if let value = SessionValue(rawValue: keyword.rawValue), peek().kind != .dot {
      return try parseSessionValue(value)
    }
    if isTypeKeyword, let literal = try parseKeywordTypeLiteral() { return literal }
    if peek().kind == .leftParenthesis, let special = try parseSpecialFunction(keyword) {
      return special
    }
    if keyword == .collation, peek().keyword == .for { return try parseCollationFor() }
    if keyword.category == .reserved { throw unexpected() }
    return try parseNamed()
  }

  private mutating func constant(_ value: Literal) throws(SyntaxError) -> Expression {
    let token = advance()
    return try node(.literal(value), token.range)
  }

  private mutating func parseExists() throws(SyntaxError) -> Expression {
    let first = try expect(.exists).range
    let query = try parseSubquery()
    return try node(.exists(query), range(from: first), above: query.height)
  }

  private mutating func parseArray() throws(SyntaxError) -> Expression {
    let first = try expect(.array).range
    if at(.leftBracket) { return try parseArrayElements(from: first) }
    let query = try parseSubquery()
    return try node(.arrayQuery(query), range(from: first), above: query.height)
  }

  /// A query in parentheses, where nothing else may stand.
  private mutating func parseSubquery() throws(SyntaxError) -> Query {
    guard at(.leftParenthesis) else { throw unexpected() }
    let content = list.tokens[position...].first { $0.kind != .leftParenthesis } ?? current
    guard case .query(let query) = try parseParenthesised() else { throw unexpected(content) }
    return query
  }

  /// `[1, 2]` or `[[1, 2], [3, 4]]`.
  private mutating func parseArrayElements(
    from first: SourceRange
  ) throws(SyntaxError) -> Expression {
    try enter()
    try expect(.leftBracket)
    var elements: [Expression] = []
    let isNested = at(.leftBracket)
    while !at(.rightBracket) {
      if !elements.isEmpty { try expect(.comma) }
      if isNested {
        guard at(.leftBracket) else { throw unexpected() }
        elements.append(try parseArrayElements(from: current.range))
      } else {
        elements.append(try parseExpression())
      }
    }
    try expect(.rightBracket)
    leave()
    let height = elements.reduce(0) { max($0, $1.height) }
    return try node(.array(elements), range(from: first), above: height)
  }

  private mutating func parseRow(from first: SourceRange) throws(SyntaxError) -> Expression {
    try expect(.leftParenthesis)
    var items: [Expression] = []
    if !at(.rightParenthesis) {
      items = try commaList { (parser: inout Parser) throws(SyntaxError) in
        try parser.parseExpression()
      }
    }
    try expect(.rightParenthesis)
    let height = items.reduce(0) { max($0, $1.height) }
    return try node(.row(items, isExplicit: true), range(from: first), above: height)
  }

  private mutating func parseCase() throws(SyntaxError) -> Expression {
    let first = try expect(.case).range
    let (value, height) = try measured { (parser: inout Parser) throws(SyntaxError) in
      let operand = parser.at(.when) ? nil : try parser.parseExpression()
      var branches: [Case.Branch] = []
      repeat {
        try parser.expect(.when)
        let condition = try parser.parseExpression()
        try parser.expect(.then)
        let result = try parser.parseExpression()
        branches.append(Case.Branch(condition: condition, result: result))
      } while parser.at(.when)
      let otherwise = parser.accept(.else) ? try parser.parseExpression() : nil
      return Case(operand: operand, branches: branches, otherwise: otherwise)
    }
    try expect(.end)
    return try node(.conditional(value), range(from: first), above: height)
  }

  private mutating func parseCastFunction() throws(SyntaxError) -> Expression {
    let first = try expect(.cast).range
    try expect(.leftParenthesis)
    let value = try parseExpression()
    try expect(.as)
    let type = try parseTypeName()
    try expect(.rightParenthesis)
    return try node(
      .cast(value, type, Cast(style: .function, location: first)),
      range(from: first),
      above: value.height
    )
  }

  private mutating func parseSessionValue(
    _ value: SessionValue
  ) throws(SyntaxError) -> Expression {
    if value == .currentSchema, peek().kind == .leftParenthesis { return try parseNamed() }
    let first = advance().range
    var precision: Int32?
    switch value {
    case .currentTime, .currentTimestamp, .localTime, .localTimestamp:
      if accept(.leftParenthesis) {
        precision = try parseInteger()
        try expect(.rightParenthesis)
      }
    default: break
    }
    return try node(.sessionValue(value, precision: precision), range(from: first))
  }

  /// `timestamp with time zone '…'`, `interval '1' day`, `numeric(5, 2) '1.5'`; nil when the
  /// key word is used as a name.
  private mutating func parseKeywordTypeLiteral() throws(SyntaxError) -> Expression? {
    switch peek().kind {
    case .string, .leftParenthesis: break
    case .keyword:
      switch peek().keyword {
      case .with where peek(2).keyword == .time, .without where peek(2).keyword == .time,
        .varying, .precision, .character, .char:
        break
      default: return nil
      }
    default: return nil
    }
    let first = current.range
    let isInterval = at(.interval)
    var type = try parseSimpleType()
    guard at(.string) else { throw unexpected() }
    let value = try constant(.string(text))
    if isInterval, type.modifiers.isEmpty {
      let (fields, modifiers) = try parseIntervalFields()
      type = TypeName(
        name: type.name,
        modifiers: modifiers,
        intervalFields: fields,
        range: type.range
      )
    }
    return try node(
      .cast(value, type, Cast(style: .literal, location: type.range)),
      range(from: first),
      above: 1
    )
  }
}
