// IS …, [NOT] BETWEEN, IN, LIKE, ILIKE, SIMILAR TO.
extension Parser {
  mutating func parseTest(
    _ left: Expression,
    _ restricted: Bool
  ) throws(SyntaxError) -> Expression {
    let token = advance()
    if token.keyword != .is {
      let isNegated = token.keyword == .notnull
      return try test(left, .null, isNegated)
    }
    let isNegated = accept(.not)
    switch current.keyword {
    case .distinct:
      advance()
      try expect(.from)
      let right = try parseExpression(Precedence.test + 1, restricted: restricted)
      try rejectRepeated(Precedence.test, restricted)
      return try node(
        .distinct(left, right, isNegated: isNegated, location: token.range),
        left.range.union(right.range),
        above: max(left.height, right.height)
      )
    case .null, .true, .false, .unknown:
      guard let kind = Test(rawValue: text) else { throw unexpected() }
      advance()
      return try test(left, kind, isNegated)
    case .nfc, .nfd, .nfkc, .nfkd, .normalized:
      throw .unsupported("IS NORMALIZED", at: current.range)
    case .document:
      throw .unsupported("IS DOCUMENT", at: current.range)
    default:
      throw unexpected()
    }
  }

  private mutating func test(
    _ left: Expression,
    _ test: Test,
    _ isNegated: Bool
  ) throws(SyntaxError) -> Expression {
    try node(
      .test(left, test, isNegated: isNegated),
      range(from: left.range),
      above: left.height
    )
  }

  mutating func parseMembership(_ left: Expression) throws(SyntaxError) -> Expression {
    let location = current.range
    let isNegated = accept(.not)
    switch current.keyword {
    case .between: return try parseBetween(left, isNegated, location)
    case .in: return try parseIn(left, isNegated, location)
    default: return try parseLike(left, isNegated, location)
    }
  }

  private mutating func parseBetween(
    _ value: Expression,
    _ isNegated: Bool,
    _ location: SourceRange
  ) throws(SyntaxError) -> Expression {
    try expect(.between)
    let isSymmetric = accept(.symmetric)
    if !isSymmetric { _ = accept(.asymmetric) }
    let lower = try parseRestrictedExpression()
    try expect(.and)
    let upper = try parseExpression(Precedence.like + 1, restricted: false)
    try rejectRepeated(Precedence.like, false)
    let between = Between(
      value: value,
      lower: lower,
      upper: upper,
      isSymmetric: isSymmetric,
      isNegated: isNegated,
      location: location
    )
    let height = max(value.height, lower.height, upper.height)
    return try node(.between(between), value.range.union(upper.range), above: height)
  }

  private mutating func parseIn(
    _ value: Expression,
    _ isNegated: Bool,
    _ location: SourceRange
  ) throws(SyntaxError) -> Expression {
    try expect(.in)
    guard at(.leftParenthesis) else { throw unexpected() }
    switch try parseParenthesised() {
    case .query(let query):
      return try node(
        .inQuery(value, query, isNegated: isNegated, location: location),
        range(from: value.range),
        above: max(value.height, query.height)
      )
    case .list(let items):
      let height = items.reduce(value.height) { max($0, $1.height) }
      return try node(
        .inList(value, items, isNegated: isNegated, location: location),
        range(from: value.range),
        above: height
      )
    }
  }

  private mutating func parseLike(
    _ value: Expression,
    _ isNegated: Bool,
    _ location: SourceRange
  ) throws(SyntaxError) -> Expression {
    let style: Like.Style
    switch current.keyword {
    case .like: style = .like
    case .ilike: style = .ilike
    default: style = .similar
    }
    let word = advance().range
    if style == .similar {
      try expect(.to)
    } else if at(.any) || at(.some) || at(.all) {
      let symbol = (isNegated ? "!~~" : "~~") + (style == .ilike ? "*" : "")
      return try parseQuantified(value, Operator(symbol, range: location.union(word)))
    }
    let pattern = try parseExpression(Precedence.like + 1, restricted: false)
    var escape: Expression?
    if accept(.escape) {
      escape = try parseExpression(Precedence.like + 1, restricted: false)
    }
    try rejectRepeated(Precedence.like, false)
    let like = Like(
      value: value,
      pattern: pattern,
      escape: escape,
      style: style,
      isNegated: isNegated,
      location: location
    )
    let height = max(value.height, pattern.height, escape?.height ?? 0)
    return try node(.like(like), range(from: value.range), above: height)
  }
}
