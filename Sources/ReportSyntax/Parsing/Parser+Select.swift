// SELECT list, GROUP BY, HAVING, WINDOW.
extension Parser {
  mutating func parseSelect() throws(SyntaxError) -> Select {
    let first = try expect(.select).range
    let distinct = try parseDistinct()
    var items: [SelectItem] = []
    var needsItems = false
    if case .no = distinct {} else { needsItems = true }
    if needsItems || !endsSelectList { items = try parseSelectItems() }
    if at(.into) { throw .unsupported("SELECT INTO", at: current.range, hint: Self.intoHint) }
    var from: [FromItem] = []
    if accept(.from) {
      from = try commaList { (parser: inout Parser) throws(SyntaxError) in
        try parser.parseFromItem()
      }
    }
    let filter = accept(.where) ? try parseExpression() : nil
    let groupBy = try parseGroupBy()
    let having = accept(.having) ? try parseExpression() : nil
    let windows = try parseNamedWindows()
    return Select(
      distinct: distinct,
      items: items,
      from: from,
      filter: filter,
      groupBy: groupBy,
      having: having,
      windows: windows,
      range: range(from: first)
    )
  }

  private static let intoHint = "Use CREATE TABLE … AS."

  private mutating func parseDistinct() throws(SyntaxError) -> Select.Distinct {
    guard accept(.distinct) else {
      _ = accept(.all)
      return .no
    }
    guard accept(.on) else { return .rows }
    return .on(
      try parenthesised { (parser: inout Parser) throws(SyntaxError) in
        try parser.parseExpression()
      }
    )
  }

  /// Whether the select list is empty, which PostgreSQL allows.
  private var endsSelectList: Bool {
    switch current.kind {
    case .endOfInput, .semicolon, .rightParenthesis: return true
    default: break
    }
    switch current.keyword {
    case .from, .where, .group, .having, .window, .union, .intersect, .except, .order, .limit,
      .offset, .fetch, .for, .into:
      return true
    default: return false
    }
  }

  mutating func parseSelectItems() throws(SyntaxError) -> [SelectItem] {
    try commaList { (parser: inout Parser) throws(SyntaxError) in
      try parser.parseSelectItem()
    }
  }

  private mutating func parseSelectItem() throws(SyntaxError) -> SelectItem {
    if at(.star) {
      let token = advance()
      return SelectItem(value: try node(.wildcard([]), token.range))
    }
    let value = try parseExpression()
    if accept(.as) { return SelectItem(value: value, alias: try parseLabel()) }
    if isBareLabel { return SelectItem(value: value, alias: takeIdentifier()) }
    return SelectItem(value: value)
  }

  private var isBareLabel: Bool {
    switch current.kind {
    case .identifier, .quotedIdentifier: true
    case .keyword: current.keyword?.isBareLabel ?? false
    default: false
    }
  }

  // MARK: GROUP BY

  private mutating func parseGroupBy() throws(SyntaxError) -> GroupBy? {
    guard at(.group) else { return nil }
    let first = advance().range
    try expect(.by)
    let isDistinct = accept(.distinct)
    let isAll = !isDistinct && accept(.all)
    if isAll, endsGroupBy {
      return GroupBy(
        isDistinct: false,
        isByAllItems: true,
        elements: [],
        range: range(from: first)
      )
    }
    let elements = try commaList { (parser: inout Parser) throws(SyntaxError) in
      try parser.parseGroupElement()
    }
    return GroupBy(
      isDistinct: isDistinct,
      isByAllItems: false,
      elements: elements,
      range: range(from: first)
    )
  }

  private var endsGroupBy: Bool {
    switch current.kind {
    case .endOfInput, .semicolon, .rightParenthesis: return true
    default: break
    }
    switch current.keyword {
    case .having, .window, .union, .intersect, .except, .order, .limit, .offset, .fetch, .for:
      return true
    default: return false
    }
  }

  private mutating func parseGroupElement() throws(SyntaxError) -> GroupBy.Element {
    let first = current.range
    if at(.leftParenthesis), peek().kind == .rightParenthesis {
      advance()
      advance()
      return .empty(range(from: first))
    }
    let isCall = peek().kind == .leftParenthesis
    if at(.rollup), isCall {
      advance()
      return .rollup(try parseGroupExpressions(), range(from: first))
    }
    if at(.cube), isCall {
      advance()
      return .cube(try parseGroupExpressions(), range(from: first))
    }
    if accept(.grouping, .sets) {
      try enter()
      let elements = try parenthesised { (parser: inout Parser) throws(SyntaxError) in
        try parser.parseGroupElement()
      }
      leave()
      return .sets(elements, range(from: first))
    }
    return .expression(try parseExpression())
  }

  private mutating func parseGroupExpressions() throws(SyntaxError) -> [GroupBy.Element] {
    try parenthesised { (parser: inout Parser) throws(SyntaxError) in
      .expression(try parser.parseExpression())
    }
  }

  // MARK: WINDOW

  private mutating func parseNamedWindows() throws(SyntaxError) -> [Select.NamedWindow] {
    guard accept(.window) else { return [] }
    return try commaList { (parser: inout Parser) throws(SyntaxError) in
      let name = try parser.parseColumnName()
      try parser.expect(.as)
      return Select.NamedWindow(name: name, definition: try parser.parseWindowDefinition())
    }
  }
}
