// Calls: arguments, DISTINCT, ORDER BY, WITHIN GROUP, FILTER, OVER.
extension Parser {
  /// What stands between the parentheses of a call.
  private struct Content {
    var arguments: [FunctionCall.Argument] = []
    var isStar = false
    var isDistinct = false
    var orderBy: [SortItem] = []
  }

  /// Everything of a call but its name.
  private struct Parts {
    var content = Content()
    var withinGroup: [SortItem] = []
    var filter: Expression?
    var window: Window?
  }

  /// Reads a call after its name; the current token is the parenthesis.
  mutating func parseCall(_ name: QualifiedName) throws(SyntaxError) -> Expression {
    let (parts, height) = try measured { (parser: inout Parser) throws(SyntaxError) in
      try parser.parseCallParts()
    }
    if at(.string), let literal = try parseModifiedLiteral(name, parts.content) {
      return literal
    }
    let call = FunctionCall(
      name: name,
      arguments: parts.content.arguments,
      isStar: parts.content.isStar,
      isDistinct: parts.content.isDistinct,
      orderBy: parts.content.orderBy,
      withinGroup: parts.withinGroup,
      filter: parts.filter,
      window: parts.window
    )
    return try node(.function(call), range(from: name.range), above: height)
  }

  private mutating func parseCallParts() throws(SyntaxError) -> Parts {
    var parts = Parts()
    parts.content = try parseCallContent()
    if at(.within) { parts.withinGroup = try parseWithinGroup(parts.content) }
    parts.filter = try parseFilter()
    parts.window = try parseOver()
    return parts
  }

  /// `numeric(5, 2) '1.5'` of a type that is no key word.
  private mutating func parseModifiedLiteral(
    _ name: QualifiedName,
    _ content: Content
  ) throws(SyntaxError) -> Expression? {
    var modifiers: [Int32] = []
    for argument in content.arguments {
      guard case .literal(.integer(let digits)) = argument.value.kind, let value = Int32(digits)
      else { return nil }
      modifiers.append(value)
    }
    return try typedLiteral(
      TypeName(name: name, modifiers: modifiers, range: range(from: name.range))
    )
  }

  private mutating func parseCallContent() throws(SyntaxError) -> Content {
    var content = Content()
    try expect(.leftParenthesis)
    if accept(.rightParenthesis) { return content }
    if at(.star), peek().kind == .rightParenthesis {
      advance()
      advance()
      content.isStar = true
      return content
    }
    content.isDistinct = accept(.distinct)
    if !content.isDistinct { _ = accept(.all) }
    content.arguments = try parseArguments()
    content.orderBy = try parseOrderBy()
    try expect(.rightParenthesis)
    return content
  }

  private mutating func parseArguments() throws(SyntaxError) -> [FunctionCall.Argument] {
    var arguments: [FunctionCall.Argument] = []
    repeat {
      let argument = try parseArgument()
      if let name = argument.name {
        guard !arguments.contains(where: { $0.name?.text == name.text }) else {
          throw .syntax("argument name \"\(name.text)\" used more than once", at: name.range)
        }
      } else if arguments.contains(where: { $0.name != nil }) {
        throw .syntax(
          "positional argument cannot follow named argument",
          at: argument.value.range
        )
      }
      arguments.append(argument)
      if argument.isVariadic { break }
    } while accept(.comma)
    return arguments
  }

  private mutating func parseArgument() throws(SyntaxError) -> FunctionCall.Argument {
    let isVariadic = accept(.variadic)
    guard isFunctionName(current), peek().kind == .arrow || peek().kind == .colonEqual else {
      return FunctionCall.Argument(value: try parseExpression(), isVariadic: isVariadic)
    }
    let name = takeIdentifier()
    advance()
    let value = try parseExpression()
    return FunctionCall.Argument(name: name, value: value, isVariadic: isVariadic)
  }

  private mutating func parseWithinGroup(_ content: Content) throws(SyntaxError) -> [SortItem] {
    let place = try expect(.within).range
    try expect(.group)
    try expect(.leftParenthesis)
    guard at(.order) else { throw unexpected() }
    let items = try parseOrderBy()
    try expect(.rightParenthesis)
    if !content.orderBy.isEmpty {
      throw .syntax("cannot use multiple ORDER BY clauses with WITHIN GROUP", at: place)
    }
    if content.isDistinct { throw .syntax("cannot use DISTINCT with WITHIN GROUP", at: place) }
    if content.arguments.contains(where: \.isVariadic) {
      throw .syntax("cannot use VARIADIC with WITHIN GROUP", at: place)
    }
    return items
  }

  private mutating func parseFilter() throws(SyntaxError) -> Expression? {
    guard at(.filter), peek().kind == .leftParenthesis else { return nil }
    advance()
    advance()
    try expect(.where)
    let filter = try parseExpression()
    try expect(.rightParenthesis)
    return filter
  }

  private mutating func parseOver() throws(SyntaxError) -> Window? {
    guard accept(.over) else { return nil }
    if at(.leftParenthesis) { return .inline(try parseWindowDefinition()) }
    return .named(try parseColumnName())
  }

  // MARK: Windows

  /// `(base PARTITION BY … ORDER BY … ROWS …)`.
  mutating func parseWindowDefinition() throws(SyntaxError) -> WindowDefinition {
    let first = try expect(.leftParenthesis).range
    var base: Identifier?
    if isColumnName, !at(.partition), !at(.range), !at(.rows), !at(.groups) {
      base = takeIdentifier()
    }
    var partition: [Expression] = []
    if accept(.partition) {
      try expect(.by)
      partition = try commaList { (parser: inout Parser) throws(SyntaxError) in
        try parser.parseExpression()
      }
    }
    let order = try parseOrderBy()
    let frame = try parseFrame()
    try expect(.rightParenthesis)
    return WindowDefinition(
      base: base,
      partitionBy: partition,
      orderBy: order,
      frame: frame,
      range: range(from: first)
    )
  }

  private mutating func parseFrame() throws(SyntaxError) -> WindowFrame? {
    guard let keyword = current.keyword, let unit = WindowFrame.Unit(rawValue: keyword.rawValue)
    else { return nil }
    let first = advance().range
    var end: WindowFrame.Bound?
    let isBetween = accept(.between)
    var place = current.range
    let start = try parseBound()
    if isBetween {
      try expect(.and)
      if case .unboundedFollowing = start {} else { place = current.range }
      end = try parseBound()
    }
    try checkFrame(start, end, at: place)
    let exclusion = try parseExclusion()
    return WindowFrame(
      unit: unit,
      start: start,
      end: end,
      exclusion: exclusion,
      range: range(from: first)
    )
  }

  private func checkFrame(
    _ start: WindowFrame.Bound,
    _ end: WindowFrame.Bound?,
    at place: SourceRange
  ) throws(SyntaxError) {
    func fail(_ message: String) -> SyntaxError {
      SyntaxError(sqlState: "42P20", message: message, range: place)
    }
    switch (start, end) {
    case (.unboundedFollowing, _): throw fail("frame start cannot be UNBOUNDED FOLLOWING")
    case (_, .some(.unboundedPreceding)): throw fail("frame end cannot be UNBOUNDED PRECEDING")
    case (.following, nil):
      throw fail("frame starting from following row cannot end with current row")
    case (.currentRow, .some(.preceding)):
      throw fail("frame starting from current row cannot have preceding rows")
    case (.following, .some(.preceding)), (.following, .some(.currentRow)):
      throw fail("frame starting from following row cannot have preceding rows")
    default: return
    }
  }

  private mutating func parseBound() throws(SyntaxError) -> WindowFrame.Bound {
    if accept(.unbounded) {
      if accept(.preceding) { return .unboundedPreceding }
      try expect(.following)
      return .unboundedFollowing
    }
    if accept(.current, .row) { return .currentRow }
    let value = try parseExpression()
    if accept(.preceding) { return .preceding(value) }
    try expect(.following)
    return .following(value)
  }

  private mutating func parseExclusion() throws(SyntaxError) -> WindowFrame.Exclusion? {
    guard accept(.exclude) else { return nil }
    if accept(.current, .row) { return .currentRow }
    if accept(.group) { return .group }
    if accept(.ties) { return .ties }
    guard accept(.no, .others) else { throw unexpected() }
    return .noOthers
  }

  // MARK: ORDER BY

  /// `ORDER BY …`, or nothing.
  mutating func parseOrderBy() throws(SyntaxError) -> [SortItem] {
    guard accept(.order) else { return [] }
    try expect(.by)
    return try commaList { (parser: inout Parser) throws(SyntaxError) in
      try parser.parseSortItem()
    }
  }

  private mutating func parseSortItem() throws(SyntaxError) -> SortItem {
    let value = try parseExpression()
    var isDescending = false
    var using: Operator?
    if accept(.desc) {
      isDescending = true
    } else if accept(.using) {
      using = try parseOperator()
    } else {
      _ = accept(.asc)
    }
    var nullsFirst: Bool?
    if at(.nulls), peek().keyword == .first || peek().keyword == .last {
      advance()
      nullsFirst = advance().keyword == .first
    }
    return SortItem(
      value: value,
      isDescending: isDescending,
      nullsFirst: nullsFirst,
      usingOperator: using
    )
  }
}
