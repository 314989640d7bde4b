extension Parser {
  /// A name that may be a column or a table: PostgreSQL's `ColId`.
  var isColumnName: Bool { isColumnName(current) }

  func isColumnName(_ token: Token) -> Bool {
    switch token.kind {
    case .identifier, .quotedIdentifier: true
    case .keyword:
      token.keyword?.category == .unreserved || token.keyword?.category == .columnName
    default: false
    }
  }

  /// A name that may be a function or a type: `type_function_name`.
  func isFunctionName(_ token: Token) -> Bool {
    switch token.kind {
    case .identifier, .quotedIdentifier: true
    case .keyword:
      token.keyword?.category == .unreserved || token.keyword?.category == .typeOrFunctionName
    default: false
    }
  }

  /// Any word: `ColLabel`.
  func isLabel(_ token: Token) -> Bool {
    token.kind == .identifier || token.kind == .quotedIdentifier || token.kind == .keyword
  }

  /// Reads the current token as a name, whatever it is.
  mutating func takeIdentifier() -> Identifier {
    let token = advance()
    return Identifier(list.text(of: token), range: token.range)
  }

  mutating func parseColumnName() throws(SyntaxError) -> Identifier {
    guard isColumnName else { throw unexpected() }
    return takeIdentifier()
  }

  mutating func parseLabel() throws(SyntaxError) -> Identifier {
    guard isLabel(current) else { throw unexpected() }
    return takeIdentifier()
  }

  /// `name`, `schema.name`, `database.schema.name`.
  mutating func parseQualifiedName() throws(SyntaxError) -> QualifiedName {
    var parts = [try parseColumnName()]
    while accept(.dot) { parts.append(try parseLabel()) }
    let name = QualifiedName(parts)
    guard parts.count <= 3 else {
      throw .syntax(
        "improper qualified name (too many dotted names): \(name.description)",
        at: name.range
      )
    }
    return name
  }

  /// `(a, b, c)`.
  mutating func parseColumnList() throws(SyntaxError) -> [Identifier] {
    try parenthesised { (parser: inout Parser) throws(SyntaxError) in
      try parser.parseColumnName()
    }
  }

  mutating func parseString() throws(SyntaxError) -> String {
    guard at(.string) else { throw unexpected() }
    return list.text(of: advance())
  }

  /// A whole number of 32 bits without a sign.
  mutating func parseInteger() throws(SyntaxError) -> Int32 {
    guard at(.wholeNumber), let value = Int32(text) else { throw unexpected() }
    advance()
    return value
  }

  /// A whole number of 64 bits with an optional sign.
  mutating func parseSignedInteger() throws(SyntaxError) -> Int64 {
    let isNegative = accept(.minus)
    if !isNegative { _ = accept(.plus) }
    guard at(.wholeNumber), let value = Int64(text) else { throw unexpected() }
    advance()
    return isNegative ? -value : value
  }
}
