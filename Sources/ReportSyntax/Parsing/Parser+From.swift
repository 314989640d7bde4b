// FROM: tables, functions, sub-selects, joins.
extension Parser {
  /// What stood in parentheses in FROM.
  private enum FromContent {
    case query(Query)
    case item(FromItem)
  }

  /// A table reference with its joins.
  mutating func parseFromItem() throws(SyntaxError) -> FromItem {
    try enter()
    let item = try parseJoins(try parseFromPrimary())
    leave()
    return item
  }

  private mutating func fromItem(
    _ kind: FromItem.Kind,
    alias: FromItem.Alias?,
    from first: SourceRange,
    above height: Int
  ) throws(SyntaxError) -> FromItem {
    guard height < NestingLimit.height else { throw .tooDeep(at: first) }
    tallest = max(tallest, height + 1)
    return FromItem(kind, alias: alias, range: range(from: first), height: height + 1)
  }

  // MARK: Joins

  private mutating func parseJoins(_ left: FromItem) throws(SyntaxError) -> FromItem {
    var left = left
    while let next = try parseJoin(left) { left = next }
    return left
  }

  private mutating func parseJoin(_ left: FromItem) throws(SyntaxError) -> FromItem? {
    let isNatural = at(.natural)
    if isNatural { advance() }
    let kind: Join.Kind
    switch current.keyword {
    case .join:
      kind = .inner
    case .inner:
      advance()
      kind = .inner
    case .cross where !isNatural:
      advance()
      kind = .cross
    case .left, .right, .full:
      kind = Join.Kind(rawValue: advance().keyword?.rawValue ?? "") ?? .left
      _ = accept(.outer)
    default:
      if isNatural { throw unexpected() }
      return nil
    }
    try expect(.join)
    let isPlain = kind == .cross || isNatural
    let right = isPlain ? try parseFromPrimary() : try parseJoinOperand()
    var condition: Join.Condition = isNatural ? .natural : .none
    var height = max(left.height, right.height)
    if !isPlain {
      let (read, conditionHeight) = try measured { (parser: inout Parser) throws(SyntaxError) in
        try parser.parseJoinCondition()
      }
      condition = read
      height = max(height, conditionHeight)
    }
    let join = Join(kind: kind, left: left, right: right, condition: condition)
    return try fromItem(.join(join), alias: nil, from: left.range, above: height)
  }

  /// The right side of a join with a condition: `a JOIN b JOIN c ON … ON …` nests to the right.
  private mutating func parseJoinOperand() throws(SyntaxError) -> FromItem {
    try enter()
    var right = try parseFromPrimary()
    while !at(.on), !at(.using), let next = try parseJoin(right) { right = next }
    leave()
    return right
  }

  private mutating func parseJoinCondition() throws(SyntaxError) -> Join.Condition {
    if accept(.on) { return .on(try parseExpression()) }
    try expect(.using)
    let columns = try parseColumnList()
    let alias = accept(.as) ? try parseColumnName() : nil
    return .using(columns, alias: alias)
  }

  // MARK: Primaries

  private mutating func parseFromPrimary() throws(SyntaxError) -> FromItem {
    let first = current.range
    let isLateral = accept(.lateral)
    if at(.leftParenthesis) { return try parseFromParenthesis(isLateral, first) }
    if at(.rows), peek().keyword == .from { return try parseRowsFrom(isLateral, first) }
    if isFunctionAhead { return try parseTableFunction(isLateral, first) }
    if isLateral {
      _ = try parseQualifiedName()
      throw unexpected()
    }
    let relation = try parseRelation()
    try rejectAsof()
    let alias = try parseAlias()
    if at(.tablesample) { throw .unsupported("TABLESAMPLE", at: current.range) }
    return try fromItem(relation.kind, alias: alias, from: first, above: 0)
  }

  /// A table's name, `[ONLY] name [*]`, without an alias.
  ///
  /// No table inherits, so ONLY says nothing.
  mutating func parseRelation() throws(SyntaxError) -> FromItem {
    let first = current.range
    if accept(.only) {
      let isParenthesised = accept(.leftParenthesis)
      let name = try parseQualifiedName()
      if isParenthesised { try expect(.rightParenthesis) }
      return try fromItem(.table(name), alias: nil, from: first, above: 0)
    }
    let name = try parseQualifiedName()
    _ = accept(.star)
    return try fromItem(.table(name), alias: nil, from: first, above: 0)
  }

  /// `a ASOF JOIN b` would silently read as `a AS asof JOIN b`.
  private func rejectAsof() throws(SyntaxError) {
    guard at(word: "asof") else { return }
    switch peek().keyword {
    case .join, .left, .inner, .right, .full: break
    default: return
    }
    throw .unsupported(
      "ASOF JOIN",
      at: current.range,
      hint: "Use LEFT JOIN LATERAL asof_lookup(…) ON true."
    )
  }

  /// Whether `name(` or `schema.name(` stands here.
  private var isFunctionAhead: Bool {
    guard isLabel(current) else { return false }
    if current.keyword?.category == .reserved { return SessionValue(rawValue: text) != nil }
    var distance = 1
    while peek(distance).kind == .dot, isLabel(peek(distance + 1)) { distance += 2 }
    return peek(distance).kind == .leftParenthesis
  }

  private mutating func parseFromParenthesis(
    _ isLateral: Bool,
    _ first: SourceRange
  ) throws(SyntaxError) -> FromItem {
    switch try parseFromContent() {
    case .query(let query):
      return try parseSubquery(query, isLateral, first)
    case .item(let item):
      if isLateral { throw unexpected() }
      guard let alias = try parseAlias() else { return item }
      return try fromItem(item.kind, alias: alias, from: first, above: item.height)
    }
  }

  private mutating func parseSubquery(
    _ query: Query,
    _ isLateral: Bool,
    _ first: SourceRange
  ) throws(SyntaxError) -> FromItem {
    guard let alias = try parseAlias() else {
      let isValues = if case .values = query.body { true } else { false }
      let subject = isValues ? "VALUES in FROM" : "subquery in FROM"
      throw .syntax(
        "\(subject) must have an alias",
        at: first,
        hint: isValues
          ? "For example, FROM (VALUES ...) [AS] foo." : "For example, FROM (SELECT ...) [AS] foo."
      )
    }
    return try fromItem(
      .query(query, isLateral: isLateral),
      alias: alias,
      from: first,
      above: query.height
    )
  }

  /// Reads `(…)`: a query, in any number of parentheses, or a join; without backtracking.
  private mutating func parseFromContent() throws(SyntaxError) -> FromContent {
    try enter()
    try expect(.leftParenthesis)
    let content = try parseFromContentInside()
    try expect(.rightParenthesis)
    leave()
    return content
  }

  private mutating func parseFromContentInside() throws(SyntaxError) -> FromContent {
    if startsQuery { return .query(try parseQuery()) }
    guard at(.leftParenthesis) else { return .item(try parseJoinedTable()) }
    let first = current.range
    switch try parseFromContent() {
    case .query(let query):
      if at(.rightParenthesis) { return .query(query) }
      if continuesQuery { return .query(try parseQuery(continuing: query, from: first)) }
      return .item(try parseJoins(try parseSubquery(query, false, first)))
    case .item(let item):
      guard let alias = try parseAlias() else { return .item(try parseJoins(item)) }
      let named = try fromItem(item.kind, alias: alias, from: first, above: item.height)
      return .item(try parseJoins(named))
    }
  }

  /// Only a join may stand in parentheses, not a table alone.
  private mutating func parseJoinedTable() throws(SyntaxError) -> FromItem {
    let item = try parseFromItem()
    guard case .join = item.kind else { throw unexpected() }
    return item
  }

  // MARK: Functions

  private mutating func parseTableFunction(
    _ isLateral: Bool,
    _ first: SourceRange
  ) throws(SyntaxError) -> FromItem {
    let call = try parsePrimary()
    if at(.tablesample) { throw .unsupported("TABLESAMPLE", at: current.range) }
    return try parseFunctionAlias([call], false, isLateral, first)
  }

  private mutating func parseRowsFrom(
    _ isLateral: Bool,
    _ first: SourceRange
  ) throws(SyntaxError) -> FromItem {
    try expect(.rows)
    try expect(.from)
    let calls = try parenthesised { (parser: inout Parser) throws(SyntaxError) in
      let call = try parser.parsePrimary()
      if parser.at(.as) {
        throw .unsupported("a column list in ROWS FROM", at: parser.current.range)
      }
      return call
    }
    return try parseFunctionAlias(calls, true, isLateral, first)
  }

  private mutating func parseFunctionAlias(
    _ calls: [Expression],
    _ isRowsFrom: Bool,
    _ isLateral: Bool,
    _ first: SourceRange
  ) throws(SyntaxError) -> FromItem {
    let withOrdinality = accept(.with, .ordinality)
    var alias: FromItem.Alias?
    var types: [TableFunction.ColumnType] = []
    let hasAs = accept(.as)
    if hasAs, at(.leftParenthesis) {
      types = try parseColumnTypes()
    } else if hasAs || isColumnName {
      let name = try parseColumnName()
      if at(.leftParenthesis), isColumnName(peek()), isTypeAfterName {
        alias = FromItem.Alias(name: name)
        types = try parseColumnTypes()
      } else {
        let columns = at(.leftParenthesis) ? try parseColumnList() : []
        alias = FromItem.Alias(name: name, columns: columns)
      }
    }
    let function = TableFunction(
      calls: calls,
      isRowsFrom: isRowsFrom,
      withOrdinality: withOrdinality,
      isLateral: isLateral,
      columnDefinitions: types
    )
    let height = calls.reduce(0) { max($0, $1.height) }
    return try fromItem(.function(function), alias: alias, from: first, above: height)
  }

  /// After `alias (name`: a type follows, and neither comma nor parenthesis.
  private var isTypeAfterName: Bool {
    peek(2).kind != .comma && peek(2).kind != .rightParenthesis
  }

  private mutating func parseColumnTypes() throws(SyntaxError) -> [TableFunction.ColumnType] {
    try parenthesised { (parser: inout Parser) throws(SyntaxError) in
      let name = try parser.parseColumnName()
      return TableFunction.ColumnType(name: name, type: try parser.parseTypeName())
    }
  }

  /// `[AS] name [(column, …)]`, or nothing.
  mutating func parseAlias() throws(SyntaxError) -> FromItem.Alias? {
    guard accept(.as) || isColumnName else { return nil }
    let name = try parseColumnName()
    let columns = at(.leftParenthesis) ? try parseColumnList() : []
    return FromItem.Alias(name: name, columns: columns)
  }
}
