/// `EXPLAIN [ANALYZE] [(options)] statement`.
package struct Explain: Sendable {
  package let isAnalyze: Bool
  package let isVerbose: Bool
  package let format: Format
  /// Every option as written, the ones above with them.
  package let options: [TableOptions.Setting]
  package let statement: Statement
  package let statementRange: SourceRange

  package enum Format: String, Hashable, Sendable {
    case text, json, xml, yaml
  }
}

extension Parser {
  mutating func parseExplain() throws(SyntaxError) -> Explain {
    try expect(.explain)
    var options: [TableOptions.Setting] = []
    if at(.leftParenthesis), isExplainOptionAhead {
      options = try parseExplainOptions()
    } else {
      for word in [Keyword.analyze, .analyse, .verbose] where at(word) {
        let name = Identifier(word == .verbose ? "verbose" : "analyze", range: advance().range)
        options.append(TableOptions.Setting(name: name, value: "true"))
      }
    }
    let first = current.range
    try enter()
    let statement = try parseExplained()
    leave()
    let isAnalyze = try flag("analyze", options)
    return Explain(
      isAnalyze: isAnalyze,
      isVerbose: try flag("verbose", options),
      format: try format(options),
      options: options,
      statement: statement,
      statementRange: range(from: first)
    )
  }

  /// Options, and not a query in parentheses.
  private var isExplainOptionAhead: Bool {
    let next = peek()
    if next.kind == .leftParenthesis { return false }
    switch next.keyword {
    case .select, .with, .values, .table: return false
    default: return true
    }
  }

  private mutating func parseExplainOptions() throws(SyntaxError) -> [TableOptions.Setting] {
    try parenthesised { (parser: inout Parser) throws(SyntaxError) in
      let name = try parser.parseLabel()
      let isBare = parser.at(.comma) || parser.at(.rightParenthesis)
      return TableOptions.Setting(
        name: name,
        value: isBare ? "true" : try parser.parseSettingValue()
      )
    }
  }

  private mutating func parseExplained() throws(SyntaxError) -> Statement {
    switch current.keyword {
    case .select, .values, .table, .with, .insert, .update, .delete, .create, .declare, .execute:
      return try parseStatement()
    default:
      guard at(.leftParenthesis) else { throw unexpected() }
      return try parseStatement()
    }
  }

  private func flag(
    _ name: String,
    _ options: [TableOptions.Setting]
  ) throws(SyntaxError) -> Bool {
    guard let option = options.last(where: { $0.name.text == name }) else { return false }
    switch option.value.lowercased() {
    case "true", "on", "1": return true
    case "false", "off", "0": return false
    default:
      throw SyntaxError(
        sqlState: "22023",
        message: "\(name) requires a Boolean value",
        range: option.name.range
      )
    }
  }

  private func format(_ options: [TableOptions.Setting]) throws(SyntaxError) -> Explain.Format {
    let known = [
      "analyze", "verbose", "costs", "buffers", "wal", "settings", "timing", "summary",
      "format",
    ]
    for option in options where !known.contains(option.name.text) {
      throw .syntax("unrecognized EXPLAIN option \"\(option.name.text)\"", at: option.name.range)
    }
    guard let option = options.last(where: { $0.name.text == "format" }) else { return .text }
    guard let format = Explain.Format(rawValue: option.value.lowercased()) else {
      throw SyntaxError(
        sqlState: "22023",
        message: "unrecognized value for EXPLAIN option \"format\": \"\(option.value)\"",
        range: option.name.range
      )
    }
    return format
  }
}

extension Printer {
  mutating func write(_ explain: Explain) {
    write("EXPLAIN ")
    if !explain.options.isEmpty {
      write("(")
      writeList(explain.options) { printer, option in
        printer.write(option.name)
        printer.write(" " + Self.literal(option.value))
      }
      write(") ")
    }
    write(explain.statement)
  }
}
