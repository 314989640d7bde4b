/// `UPDATE t SET … FROM … WHERE … RETURNING …`.
package struct Update: Sendable {
  package let with: WithClause?
  package let table: QualifiedName
  package let alias: Identifier?
  package let assignments: [Assignment]
  package let from: [FromItem]
  package let filter: Expression?
  package let returning: [SelectItem]
}

/// `DELETE FROM t USING … WHERE … RETURNING …`.
package struct Delete: Sendable {
  package let with: WithClause?
  package let table: QualifiedName
  package let alias: Identifier?
  package let using: [FromItem]
  package let filter: Expression?
  package let returning: [SelectItem]
}

/// `TRUNCATE [TABLE] a, b`.
package struct Truncate: Sendable {
  package let tables: [QualifiedName]
  package let isCascading: Bool
}

extension Parser {
  mutating func parseUpdate(with: WithClause?) throws(SyntaxError) -> Update {
    try expect(.update)
    let (table, alias) = try parseTarget()
    try expect(.set)
    let assignments = try parseAssignments()
    let from = accept(.from) ? try parseSources() : []
    return Update(
      with: with,
      table: table,
      alias: alias,
      assignments: assignments,
      from: from,
      filter: try parseFilterOfRows(),
      returning: try parseReturning()
    )
  }

  mutating func parseDelete(with: WithClause?) throws(SyntaxError) -> Delete {
    try expect(.delete)
    try expect(.from)
    let (table, alias) = try parseTarget()
    let using = accept(.using) ? try parseSources() : []
    return Delete(
      with: with,
      table: table,
      alias: alias,
      using: using,
      filter: try parseFilterOfRows(),
      returning: try parseReturning()
    )
  }

  /// `t`, `t AS x`, `t x`; SET is never an alias.
  private mutating func parseTarget() throws(SyntaxError) -> (QualifiedName, Identifier?) {
    _ = accept(.only)
    let table = try parseQualifiedName()
    _ = accept(.star)
    if accept(.as) { return (table, try parseColumnName()) }
    guard isColumnName, !at(.set) else { return (table, nil) }
    return (table, takeIdentifier())
  }

  private mutating func parseSources() throws(SyntaxError) -> [FromItem] {
    try commaList { (parser: inout Parser) throws(SyntaxError) in
      try parser.parseFromItem()
    }
  }

  private mutating func parseFilterOfRows() throws(SyntaxError) -> Expression? {
    guard accept(.where) else { return nil }
    if at(.current, .of) { throw .unsupported("WHERE CURRENT OF", at: current.range) }
    return try parseExpression()
  }

  mutating func parseTruncate() throws(SyntaxError) -> Truncate {
    try expect(.truncate)
    _ = accept(.table)
    let tables = try commaList { (parser: inout Parser) throws(SyntaxError) in
      _ = parser.accept(.only)
      let name = try parser.parseQualifiedName()
      _ = parser.accept(.star)
      return name
    }
    if at(.restart) || at(.continue) {
      let isRestart = advance().keyword == .restart
      let place = previousRange
      try expect(.identity)
      if isRestart { throw .unsupported("RESTART IDENTITY", at: place) }
    }
    return Truncate(tables: tables, isCascading: parseDropBehaviour())
  }

  /// `CASCADE` is true; `RESTRICT` or nothing false.
  mutating func parseDropBehaviour() -> Bool {
    if accept(.cascade) { return true }
    _ = accept(.restrict)
    return false
  }
}

extension Printer {
  mutating func write(_ update: Update) {
    if let with = update.with { write(with) }
    write("UPDATE ")
    writeTarget(update.table, update.alias)
    write(" SET ")
    write(update.assignments)
    writeSources(" FROM ", update.from)
    writeClause(" WHERE ", update.filter)
    writeReturning(update.returning)
  }

  mutating func write(_ delete: Delete) {
    if let with = delete.with { write(with) }
    write("DELETE FROM ")
    writeTarget(delete.table, delete.alias)
    writeSources(" USING ", delete.using)
    writeClause(" WHERE ", delete.filter)
    writeReturning(delete.returning)
  }

  private mutating func writeTarget(_ table: QualifiedName, _ alias: Identifier?) {
    write(table)
    guard let alias else { return }
    write(" AS ")
    write(alias)
  }

  private mutating func writeSources(_ words: String, _ items: [FromItem]) {
    if items.isEmpty { return }
    write(words)
    writeList(items) { $0.write($1) }
  }

  mutating func write(_ truncate: Truncate) {
    write("TRUNCATE TABLE ")
    writeList(truncate.tables) { $0.write($1) }
    if truncate.isCascading { write(" CASCADE") }
  }
}
