/// `PREPARE name [(types)] AS statement`.
package struct Prepare: Sendable {
  package let name: Identifier
  package let types: [TypeName]
  package let statement: Statement
  package let statementRange: SourceRange
}

/// `EXECUTE name (values)`.
package struct Execute: Sendable {
  package let name: Identifier
  package let arguments: [Expression]
}

/// `DEALLOCATE name`, `DEALLOCATE ALL`.
package struct Deallocate: Sendable {
  package let name: Identifier?
}

extension Parser {
  mutating func parsePrepare() throws(SyntaxError) -> Statement {
    try expect(.prepare)
    if at(.transaction) { throw .unsupported("PREPARE TRANSACTION", at: current.range) }
    let name = try parseColumnName()
    var types: [TypeName] = []
    if at(.leftParenthesis) {
      types = try parenthesised { (parser: inout Parser) throws(SyntaxError) in
        try parser.parseTypeName()
      }
    }
    try expect(.as)
    let first = current.range
    switch current.keyword {
    case .select, .values, .table, .with, .insert, .update, .delete: break
    default: guard at(.leftParenthesis) else { throw unexpected() }
    }
    let statement = try parseStatement()
    return .prepare(
      Prepare(
        name: name,
        types: types,
        statement: statement,
        statementRange: range(from: first)
      )
    )
  }

  mutating func parseExecute() throws(SyntaxError) -> Execute {
    try expect(.execute)
    let name = try parseColumnName()
    var arguments: [Expression] = []
    if at(.leftParenthesis) {
      arguments = try parenthesised { (parser: inout Parser) throws(SyntaxError) in
        try parser.parseExpression()
      }
    }
    return Execute(name: name, arguments: arguments)
  }

  mutating func parseDeallocate() throws(SyntaxError) -> Deallocate {
    try expect(.deallocate)
    _ = at(.prepare) && isLabel(peek()) ? accept(.prepare) : false
    if accept(.all) { return Deallocate(name: nil) }
    return Deallocate(name: try parseColumnName())
  }
}

extension Printer {
  mutating func write(_ prepare: Prepare) {
    write("PREPARE ")
    write(prepare.name)
    if !prepare.types.isEmpty {
      write(" (")
      writeList(prepare.types) { $0.write($1) }
      write(")")
    }
    write(" AS ")
    write(prepare.statement)
  }

  mutating func write(_ execute: Execute) {
    write("EXECUTE ")
    write(execute.name)
    if execute.arguments.isEmpty { return }
    write(" (")
    writeExpressions(execute.arguments)
    write(")")
  }

  mutating func write(_ deallocate: Deallocate) {
    write("DEALLOCATE ")
    if let name = deallocate.name { write(name) } else { write("ALL") }
  }
}
