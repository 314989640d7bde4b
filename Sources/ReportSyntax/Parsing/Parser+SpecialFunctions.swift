// The standard's own syntax for some functions.
extension Parser {
  /// Reads the call that `keyword (` begins; nil when the word is an ordinary name.
  mutating func parseSpecialFunction(_ keyword: Keyword) throws(SyntaxError) -> Expression? {
    let first = current.range
    switch keyword {
    case .coalesce, .greatest, .least, .grouping:
      advance()
      let items = try parenthesised { (parser: inout Parser) throws(SyntaxError) in
        try parser.parseExpression()
      }
      return try variadic(keyword, items, from: first)
    case .nullif: return try parseNullif()
    case .extract: return try parseExtract()
    case .substring: return try parseSubstring()
    case .position: return try parsePosition()
    case .overlay: return try parseOverlay()
    case .trim: return try parseTrim()
    case .normalize: return try parseNormalize()
    case .treat: throw .unsupported("TREAT", at: first)
    case .xmlconcat, .xmlelement, .xmlexists, .xmlforest, .xmlparse, .xmlpi, .xmlroot,
      .xmlserialize, .xmltable:
      throw .unsupported(keyword.rawValue.uppercased(), at: first)
    default: return nil
    }
  }

  private mutating func variadic(
    _ keyword: Keyword,
    _ items: [Expression],
    from first: SourceRange
  ) throws(SyntaxError) -> Expression {
    let height = items.reduce(0) { max($0, $1.height) }
    let kind: Expression.Kind =
      switch keyword {
      case .coalesce: .coalesce(items)
      case .greatest: .greatest(items)
      case .least: .least(items)
      default: .grouping(items)
      }
    return try node(kind, range(from: first), above: height)
  }

  private mutating func parseNullif() throws(SyntaxError) -> Expression {
    let first = advance().range
    try expect(.leftParenthesis)
    let value = try parseExpression()
    try expect(.comma)
    let other = try parseExpression()
    try expect(.rightParenthesis)
    return try node(
      .nullif(value, other),
      range(from: first),
      above: max(value.height, other.height)
    )
  }

  /// Makes the call of a function that has its own syntax.
  private mutating func call(
    _ name: String,
    _ arguments: [Expression],
    _ form: FunctionCall.Form,
    from first: SourceRange
  ) throws(SyntaxError) -> Expression {
    let height = arguments.reduce(0) { max($0, $1.height) }
    let call = FunctionCall(
      name: QualifiedName([Identifier(name, range: first)]),
      arguments: arguments.map { FunctionCall.Argument(value: $0) },
      form: form
    )
    return try node(.function(call), range(from: first), above: height)
  }

  private mutating func parseExtract() throws(SyntaxError) -> Expression {
    let first = advance().range
    try expect(.leftParenthesis)
    let token = current
    switch token.keyword {
    case .year, .month, .day, .hour, .minute, .second: break
    default:
      guard at(.identifier) || at(.quotedIdentifier) || at(.string) else { throw unexpected() }
    }
    let name = list.text(of: advance())
    let field = try node(.literal(.string(name)), token.range)
    try expect(.from)
    let value = try parseExpression()
    try expect(.rightParenthesis)
    return try call("extract", [field, value], .extract, from: first)
  }

  private mutating func parseSubstring() throws(SyntaxError) -> Expression {
    let start = position
    let first = advance().range
    try expect(.leftParenthesis)
    if at(.rightParenthesis) { return try ordinaryCall(from: start) }
    let value = try parseExpression()
    var from: Expression?
    var count: Expression?
    switch current.keyword {
    case .from:
      advance()
      from = try parseExpression()
      if accept(.for) { count = try parseExpression() }
    case .for:
      advance()
      count = try parseExpression()
      if accept(.from) { from = try parseExpression() }
    case .similar:
      advance()
      let pattern = try parseExpression()
      try expect(.escape)
      let escape = try parseExpression()
      try expect(.rightParenthesis)
      return try call("substring", [value, pattern, escape], .substringSimilar, from: first)
    default:
      return try ordinaryCall(from: start)
    }
    try expect(.rightParenthesis)
    let one = try node(.literal(.integer("1")), first)
    let arguments = [value, from ?? one] + (count.map { [$0] } ?? [])
    return try call("substring", arguments, .substring, from: first)
  }

  /// Reads a call again from its name on, as one of an ordinary function.
  private mutating func ordinaryCall(from start: Int) throws(SyntaxError) -> Expression {
    position = start
    return try parseCall(QualifiedName([takeIdentifier()]))
  }

  private mutating func parsePosition() throws(SyntaxError) -> Expression {
    let first = advance().range
    try expect(.leftParenthesis)
    let part = try parseRestrictedExpression()
    try expect(.in)
    let whole = try parseRestrictedExpression()
    try expect(.rightParenthesis)
    return try call("position", [whole, part], .position, from: first)
  }

  private mutating func parseOverlay() throws(SyntaxError) -> Expression {
    let start = position
    let first = advance().range
    try expect(.leftParenthesis)
    if at(.rightParenthesis) { return try ordinaryCall(from: start) }
    var arguments = [try parseExpression()]
    guard accept(.placing) else { return try ordinaryCall(from: start) }
    arguments.append(try parseExpression())
    try expect(.from)
    arguments.append(try parseExpression())
    if accept(.for) { arguments.append(try parseExpression()) }
    try expect(.rightParenthesis)
    return try call("overlay", arguments, .overlay, from: first)
  }

  private mutating func parseTrim() throws(SyntaxError) -> Expression {
    let first = advance().range
    try expect(.leftParenthesis)
    var name = "btrim"
    if accept(.leading) {
      name = "ltrim"
    } else if accept(.trailing) {
      name = "rtrim"
    } else {
      _ = accept(.both)
    }
    var arguments: [Expression] = []
    if !at(.from) { arguments.append(try parseExpression()) }
    if accept(.from) {
      let values = try commaList { (parser: inout Parser) throws(SyntaxError) in
        try parser.parseExpression()
      }
      arguments = values + arguments
    } else {
      while accept(.comma) { arguments.append(try parseExpression()) }
    }
    try expect(.rightParenthesis)
    return try call(name, arguments, .trim, from: first)
  }

  private mutating func parseNormalize() throws(SyntaxError) -> Expression {
    let first = advance().range
    try expect(.leftParenthesis)
    var arguments = [try parseExpression()]
    if accept(.comma) {
      let token = current
      guard let form = token.keyword, [.nfc, .nfd, .nfkc, .nfkd].contains(form) else {
        throw unexpected()
      }
      advance()
      arguments.append(try node(.literal(.string(form.rawValue)), token.range))
    }
    try expect(.rightParenthesis)
    return try call("normalize", arguments, .normalize, from: first)
  }

  mutating func parseCollationFor() throws(SyntaxError) -> Expression {
    let first = advance().range
    try expect(.for)
    try expect(.leftParenthesis)
    let value = try parseExpression()
    try expect(.rightParenthesis)
    return try call("pg_collation_for", [value], .collationFor, from: first)
  }
}
