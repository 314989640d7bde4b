/// `CREATE [OR REPLACE] REPORT name (param type [DEFAULT expression], …) AS query`.
///
/// The body may name its parameters as `:param`.
package struct CreateReport: Sendable {
  package struct Parameter: Sendable {
    package let name: Identifier
    package let type: TypeName
    package let defaultValue: Expression?
  }
  package let name: QualifiedName
  package let orReplace: Bool
  package let parameters: [Parameter]
  package let query: Query
  /// Where the query stands.
  package let queryRange: SourceRange
}

extension Parser {
  mutating func parseCreateReport(_ orReplace: Bool) throws(SyntaxError) -> CreateReport {
    try expect(word: "report")
    let name = try parseQualifiedName()
    let parameters = at(.leftParenthesis) ? try parseReportParameters() : []
    try expect(.as)
    let first = current.range
    let query = try parseReportBody()
    return CreateReport(
      name: name,
      orReplace: orReplace,
      parameters: parameters,
      query: query,
      queryRange: range(from: first)
    )
  }

  /// The body is read with `:name` allowed, whatever the text around it allows: the rest of the text
  /// is split into tokens again.
  private mutating func parseReportBody() throws(SyntaxError) -> Query {
    guard !options.allowsNamedParameters else { return try parseQuery() }
    var body = Parser(self, namedParametersFrom: current.range.lower)
    let query = try body.parseQuery()
    let end = body.previousRange.upper
    guard body.at(.endOfInput) else { throw body.unexpected() }
    while !at(.endOfInput), !at(.invalid), current.range.lower < end { advance() }
    return query
  }

  private mutating func parseReportParameters() throws(SyntaxError) -> [CreateReport.Parameter] {
    try expect(.leftParenthesis)
    var parameters: [CreateReport.Parameter] = []
    if accept(.rightParenthesis) { return [] }
    repeat {
      guard isFunctionName(current) else { throw unexpected() }
      let name = takeIdentifier()
      guard !parameters.contains(where: { $0.name.text == name.text }) else {
        throw SyntaxError(
          sqlState: "42P13",
          message: "parameter name \"\(name.text)\" used more than once",
          range: name.range
        )
      }
      let type = try parseTypeName()
      let hasDefault = accept(.default) || accept(.equal)
      let value = hasDefault ? try parseExpression() : nil
      parameters.append(CreateReport.Parameter(name: name, type: type, defaultValue: value))
    } while accept(.comma)
    try expect(.rightParenthesis)
    return parameters
  }
}

extension Printer {
  mutating func write(_ report: CreateReport) {
    writeCreate("REPORT", report.name, orReplace: report.orReplace)
    if !report.parameters.isEmpty {
      write(" (")
      writeList(report.parameters) { printer, parameter in
        printer.write(parameter.name)
        printer.write(" ")
        printer.write(parameter.type)
        printer.writeClause(" DEFAULT ", parameter.defaultValue)
      }
      write(")")
    }
    write(" AS ")
    write(report.query)
  }
}
