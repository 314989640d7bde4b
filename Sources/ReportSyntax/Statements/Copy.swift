/// `COPY t (…) FROM STDIN …`, `COPY (query) TO STDOUT …`.
package struct Copy: Sendable {
  package enum Source: Sendable {
    case table(QualifiedName, columns: [Identifier])
    case query(Query)
  }
  package enum Direction: String, Hashable, Sendable {
    case from, to
  }
  /// An option under its modern name: `format`, `delimiter`, `null`, `header`, ….
  package struct Option: Sendable {
    package let name: Identifier
    package let value: Value
  }
  package enum Value: Hashable, Sendable {
    /// The name alone, which means true.
    case none
    case text(String)
    /// `*`
    case all
    case columns([Identifier])
  }
  package let source: Source
  package let direction: Direction
  package let options: [Option]
  package let filter: Expression?
}

extension Parser {
  mutating func parseCopy() throws(SyntaxError) -> Copy {
    try expect(.copy)
    var options: [Copy.Option] = []
    if at(.binary) { options.append(option("format", .text("binary"))) }
    let source = try parseCopySource()
    let place = current.range
    guard at(.from) || at(.to) else { throw unexpected() }
    let direction: Copy.Direction = advance().keyword == .from ? .from : .to
    if direction == .from, case .query = source { throw .syntaxNear("from", at: place) }
    try parseCopyPeer()
    if at(.delimiters) || (at(.using) && peek().keyword == .delimiters) {
      _ = accept(.using)
      options.append(try delimiterOption())
    }
    _ = accept(.with)
    options += at(.leftParenthesis) ? try parseCopyOptions() : try parseOldCopyOptions()
    let filter = direction == .from && accept(.where) ? try parseExpression() : nil
    return Copy(source: source, direction: direction, options: options, filter: filter)
  }

  private mutating func parseCopySource() throws(SyntaxError) -> Copy.Source {
    _ = accept(.binary)
    guard at(.leftParenthesis) else {
      let table = try parseQualifiedName()
      return .table(table, columns: at(.leftParenthesis) ? try parseColumnList() : [])
    }
    advance()
    if at(.insert) || at(.update) || at(.delete) {
      throw .unsupported("COPY of a data-modifying statement", at: current.range)
    }
    let query = try parseQuery()
    try expect(.rightParenthesis)
    return .query(query)
  }

  /// Only the client's own input and output: the server's files are out of reach.
  private mutating func parseCopyPeer() throws(SyntaxError) {
    if accept(.stdin) || accept(.stdout) { return }
    if at(.program) { throw .unsupported("COPY PROGRAM", at: current.range) }
    guard at(.string) else { throw unexpected() }
    throw .unsupported(
      "COPY from or to a file of the server",
      at: current.range,
      hint: "Use STDIN or STDOUT, psql's \\copy, or almanac load."
    )
  }

  private func option(_ name: String, _ value: Copy.Value) -> Copy.Option {
    Copy.Option(name: Identifier(name, range: current.range), value: value)
  }

  private mutating func delimiterOption() throws(SyntaxError) -> Copy.Option {
    advance()
    return option("delimiter", .text(try parseString()))
  }

  // MARK: (FORMAT csv, …)

  private mutating func parseCopyOptions() throws(SyntaxError) -> [Copy.Option] {
    try parenthesised { (parser: inout Parser) throws(SyntaxError) in
      let name = try parser.parseLabel()
      return Copy.Option(name: name, value: try parser.parseCopyValue())
    }
  }

  private mutating func parseCopyValue() throws(SyntaxError) -> Copy.Value {
    if accept(.star) { return .all }
    if at(.leftParenthesis) { return .columns(try parseColumnList()) }
    if at(.comma) || at(.rightParenthesis) { return .none }
    return .text(try parseSettingValue())
  }

  /// A word, a string or a number as an option's value.
  mutating func parseSettingValue() throws(SyntaxError) -> String {
    let sign = accept(.minus) ? "-" : ""
    if sign.isEmpty { _ = accept(.plus) }
    if at(.wholeNumber) || at(.number) { return sign + list.text(of: advance()) }
    guard sign.isEmpty else { throw unexpected() }
    if at(.string) { return list.text(of: advance()) }
    switch current.keyword {
    case .true, .false, .on: return takeIdentifier().text
    case let keyword? where keyword.category == .reserved: throw unexpected()
    default: return try parseLabel().text
    }
  }

  // MARK: CSV HEADER …

  /// The syntax before PostgreSQL 9.0.
  private mutating func parseOldCopyOptions() throws(SyntaxError) -> [Copy.Option] {
    var options: [Copy.Option] = []
    while let keyword = current.keyword {
      switch keyword {
      case .binary, .csv:
        advance()
        options.append(option("format", .text(keyword.rawValue)))
      case .freeze, .header:
        advance()
        options.append(option(keyword.rawValue, .none))
      case .delimiter, .null, .quote, .escape, .encoding:
        advance()
        _ = accept(.as)
        options.append(option(keyword.rawValue, .text(try parseString())))
      case .force: options.append(try parseForce())
      default: return options
      }
    }
    return options
  }

  /// `FORCE QUOTE …`, `FORCE NOT NULL …`, `FORCE NULL …`.
  private mutating func parseForce() throws(SyntaxError) -> Copy.Option {
    try expect(.force)
    let name: String
    if accept(.quote) {
      name = "force_quote"
    } else if accept(.not, .null) {
      name = "force_not_null"
    } else {
      try expect(.null)
      name = "force_null"
    }
    if name == "force_quote", accept(.star) { return option(name, .all) }
    let columns = try commaList { (parser: inout Parser) throws(SyntaxError) in
      try parser.parseColumnName()
    }
    return option(name, .columns(columns))
  }
}

extension SyntaxError {
  static func syntaxNear(_ word: String, at range: SourceRange) -> SyntaxError {
    .syntax("syntax error at or near \"\(word)\"", at: range)
  }
}

extension Printer {
  mutating func write(_ copy: Copy) {
    write("COPY ")
    switch copy.source {
    case .table(let name, let columns):
      write(name)
      if !columns.isEmpty {
        write(" ")
        writeNames(columns)
      }
    case .query(let query):
      write("(")
      write(query)
      write(")")
    }
    write(copy.direction == .from ? " FROM STDIN" : " TO STDOUT")
    if !copy.options.isEmpty {
      write(" WITH (")
      writeList(copy.options) { $0.write($1) }
      write(")")
    }
    writeClause(" WHERE ", copy.filter)
  }

  private mutating func write(_ option: Copy.Option) {
    write(option.name)
    switch option.value {
    case .none: break
    case .text(let value): write(" " + Self.literal(value))
    case .all: write(" *")
    case .columns(let columns):
      write(" ")
      writeNames(columns)
    }
  }
}
