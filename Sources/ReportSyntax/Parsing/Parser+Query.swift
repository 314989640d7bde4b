// WITH, SELECT, VALUES, TABLE, set operations, ORDER BY, LIMIT.
extension Parser {
  /// Whether the current token begins a query (without parentheses).
  var startsQuery: Bool {
    switch current.keyword {
    case .select, .with, .table: true
    case .values: peek().kind == .leftParenthesis
    default: false
    }
  }

  /// Whether the current token goes on a query in parentheses.
  var continuesQuery: Bool {
    switch current.keyword {
    case .union, .intersect, .except, .order, .limit, .offset, .fetch, .for: true
    default: false
    }
  }

  /// A query, which may stand in parentheses.
  mutating func parseQuery() throws(SyntaxError) -> Query {
    try enter()
    let first = current.range
    let ((with, body, tail), height) = try measured {
      (parser: inout Parser) throws(SyntaxError) in
      let with = try parser.parseWith()
      let body = try parser.parseBody(1)
      return (with, body, try parser.parseTail())
    }
    leave()
    return try query(with: with, body: body, tail: tail, from: first, above: height)
  }

  /// Goes on after `(query)`: set operations, ORDER BY, LIMIT.
  mutating func parseQuery(
    continuing query: Query,
    from first: SourceRange
  ) throws(SyntaxError) -> Query {
    let ((body, tail), height) = try measured { (parser: inout Parser) throws(SyntaxError) in
      let body = try parser.parseSetOperations(.nested(query), 1, first)
      return (body, try parser.parseTail())
    }
    let above = max(height, query.height)
    return try self.query(with: nil, body: body, tail: tail, from: first, above: above)
  }

  private mutating func query(
    with: WithClause?,
    body: Query.Body,
    tail: Tail,
    from first: SourceRange,
    above height: Int
  ) throws(SyntaxError) -> Query {
    if case .nested(let inner) = body, with == nil, tail.isEmpty { return inner }
    let range = range(from: first)
    guard height + 1 < NestingLimit.height else { throw .tooDeep(at: first) }
    tallest = max(tallest, height + 1)
    return Query(
      with: with,
      body: body,
      orderBy: tail.orderBy,
      limit: tail.limit,
      offset: tail.offset,
      locking: tail.locking,
      range: range,
      height: height + 1
    )
  }

  // MARK: WITH

  mutating func parseWith() throws(SyntaxError) -> WithClause? {
    guard at(.with) else { return nil }
    let first = advance().range
    let isRecursive = accept(.recursive)
    let members = try commaList { (parser: inout Parser) throws(SyntaxError) in
      try parser.parseWithMember()
    }
    var names: Set<String> = []
    for member in members where !names.insert(member.name.text).inserted {
      throw SyntaxError(
        sqlState: "42712",
        message: "WITH query name \"\(member.name.text)\" specified more than once",
        range: member.name.range
      )
    }
    return WithClause(isRecursive: isRecursive, members: members, range: range(from: first))
  }

  private mutating func parseWithMember() throws(SyntaxError) -> WithClause.Member {
    let name = try parseColumnName()
    let columns = at(.leftParenthesis) ? try parseColumnList() : []
    try expect(.as)
    var isMaterialized: Bool?
    if accept(.materialized) {
      isMaterialized = true
    } else if accept(.not, .materialized) {
      isMaterialized = false
    }
    try expect(.leftParenthesis)
    if at(.insert) || at(.update) || at(.delete) {
      throw .unsupported("a data-modifying statement in WITH", at: current.range)
    }
    let query = try parseQuery()
    try expect(.rightParenthesis)
    if at(.search) || at(.cycle) {
      throw .unsupported(text.uppercased(), at: current.range)
    }
    return WithClause.Member(
      name: name,
      columns: columns,
      isMaterialized: isMaterialized,
      query: query
    )
  }

  // MARK: Set operations

  /// UNION and EXCEPT have strength 1, INTERSECT 2.
  private mutating func parseBody(_ minimum: Int) throws(SyntaxError) -> Query.Body {
    let first = current.range
    return try parseSetOperations(try parseSimpleBody(), minimum, first)
  }

  private mutating func parseSetOperations(
    _ left: Query.Body,
    _ minimum: Int,
    _ first: SourceRange
  ) throws(SyntaxError) -> Query.Body {
    var left = left
    while let kind = current.keyword.flatMap({ SetOperation.Kind(rawValue: $0.rawValue) }) {
      let strength = kind == .intersect ? 2 : 1
      guard strength >= minimum else { break }
      advance()
      let isAll = accept(.all)
      if !isAll { _ = accept(.distinct) }
      let right = try parseBody(strength + 1)
      // A chain of set operations leans to the left: each one is a level.
      guard tallest + 1 < NestingLimit.height else { throw .tooDeep(at: first) }
      tallest += 1
      left = .setOperation(
        SetOperation(
          kind: kind,
          isAll: isAll,
          left: left,
          right: right,
          range: range(from: first)
        )
      )
    }
    return left
  }

  private mutating func parseSimpleBody() throws(SyntaxError) -> Query.Body {
    switch current.keyword {
    case .select: return .select(try parseSelect())
    case .values: return .values(try parseValues())
    case .table:
      let first = advance().range
      let item = try parseRelation()
      let star = try node(.wildcard([]), item.range)
      let items = [SelectItem(value: star)]
      return .select(Select(items: items, from: [item], range: range(from: first)))
    default: break
    }
    guard at(.leftParenthesis) else { throw unexpected() }
    try enter()
    advance()
    let query = try parseQuery()
    try expect(.rightParenthesis)
    leave()
    return .nested(query)
  }

  mutating func parseValues() throws(SyntaxError) -> Values {
    let first = try expect(.values).range
    let rows = try commaList { (parser: inout Parser) throws(SyntaxError) in
      try parser.parenthesised { (parser: inout Parser) throws(SyntaxError) in
        try parser.parseExpression()
      }
    }
    return Values(rows: rows, range: range(from: first))
  }

  // MARK: ORDER BY, LIMIT, FOR UPDATE

  private struct Tail {
    var orderBy: [SortItem] = []
    var limit: Query.Limit?
    var offset: Expression?
    var locking: [Query.Locking] = []

    var isEmpty: Bool {
      orderBy.isEmpty && limit == nil && offset == nil && locking.isEmpty
    }
  }

  private mutating func parseTail() throws(SyntaxError) -> Tail {
    var tail = Tail()
    tail.orderBy = try parseOrderBy()
    while true {
      switch current.keyword {
      case .limit where tail.limit == nil: tail.limit = try parseLimit()
      case .fetch where tail.limit == nil: tail.limit = try parseFetch(tail)
      case .offset where tail.offset == nil:
        advance()
        tail.offset = try parseExpression()
        if !accept(.row) { _ = accept(.rows) }
      case .for:
        guard let locking = try parseLocking() else { continue }
        tail.locking.append(locking)
      default:
        return tail
      }
    }
  }

  private mutating func parseLimit() throws(SyntaxError) -> Query.Limit {
    let first = try expect(.limit).range
    if accept(.all) { return .all }
    let count = try parseExpression()
    if at(.comma) {
      throw .syntax(
        "LIMIT #,# syntax is not supported",
        at: range(from: first),
        hint: "Use separate LIMIT and OFFSET clauses."
      )
    }
    return .count(count)
  }

  private mutating func parseFetch(_ tail: Tail) throws(SyntaxError) -> Query.Limit {
    let first = try expect(.fetch).range
    guard accept(.first) || accept(.next) else { throw unexpected() }
    var count: Expression
    if at(.row) || at(.rows) {
      count = try node(.literal(.integer("1")), first)
    } else {
      // PostgreSQL takes an operand or a signed number here.
      count = try parseExpression(Precedence.unary, restricted: true)
    }
    guard accept(.row) || accept(.rows) else { throw unexpected() }
    if accept(.only) { return .count(count) }
    try expect(.with)
    try expect(.ties)
    guard !tail.orderBy.isEmpty else {
      throw .syntax(
        "WITH TIES cannot be specified without ORDER BY clause",
        at: range(from: first)
      )
    }
    return .countWithTies(count)
  }

  /// `FOR UPDATE OF t NOWAIT`; nil for `FOR READ ONLY`.
  private mutating func parseLocking() throws(SyntaxError) -> Query.Locking? {
    let first = try expect(.for).range
    if accept(.read) {
      try expect(.only)
      return nil
    }
    var strength = "FOR "
    if accept(.no) {
      try expect(.key)
      guard at(.update) else { throw unexpected() }
      strength += "NO KEY "
    } else if accept(.key) {
      guard at(.share) else { throw unexpected() }
      strength += "KEY "
    }
    guard at(.update) || at(.share) else { throw unexpected() }
    strength += advance().keyword == .update ? "UPDATE" : "SHARE"
    if accept(.of) {
      _ = try commaList { (parser: inout Parser) throws(SyntaxError) in
        try parser.parseQualifiedName()
      }
    }
    if !accept(.nowait), accept(.skip) { try expect(.locked) }
    return Query.Locking(strength: strength, range: range(from: first))
  }
}
