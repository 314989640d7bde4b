/// `CREATE [OR REPLACE] ROLLUP [IF NOT EXISTS] r ON t [LEFT JOIN u ON condition] KEY (expression [AS name], …)
/// [STORE (aggregate, …)] [WHERE condition] [RETAIN n MONTHS]`.
package struct CreateRollup: Sendable {
  package struct Key: Sendable {
    package let value: Expression
    package let alias: Identifier?
  }
  /// `LEFT JOIN table ON condition`.
  package struct Lookup: Sendable {
    package let table: QualifiedName
    package let condition: Expression
  }
  package let name: QualifiedName
  package let ifNotExists: Bool
  package let orReplace: Bool
  package let table: QualifiedName
  package let lookup: Lookup?
  package let keys: [Key]
  package let aggregates: [Expression]
  package let filter: Expression?
  /// `RETAIN n MONTHS`: of how many of the table's months it keeps groups; nil: of all.
  package let retainMonths: Int32?

  /// The same rollup of another's rows: of its table, where its condition holds too.
  package func moved(onto base: CreateRollup) -> CreateRollup {
    let parts = [base.filter, filter].compactMap { $0 }.flatMap { part -> [Expression] in
      if case .and(let parts) = part.kind { parts } else { [part] }
    }
    let height = (parts.map(\.height).max() ?? 0) + 1
    return CreateRollup(
      name: name,
      ifNotExists: ifNotExists,
      orReplace: orReplace,
      table: base.table,
      lookup: nil,
      keys: keys,
      aggregates: aggregates,
      filter: parts.count > 1
        ? Expression(.and(parts), range: parts[1].range, height: height) : parts.first,
      retainMonths: retainMonths
    )
  }
}

/// `CHECK ROLLUP r`: compares it with the rows of its table.
package struct CheckRollup: Sendable {
  package let name: QualifiedName
}

extension Parser {
  mutating func parseCreateRollup(_ orReplace: Bool) throws(SyntaxError) -> CreateRollup {
    try expect(.rollup)
    let ifNotExists = try parseIfNotExists()
    let name = try parseQualifiedName()
    try expect(.on)
    let table = try parseQualifiedName()
    var lookup: CreateRollup.Lookup?
    if accept(.left) {
      _ = accept(.outer)
      try expect(.join)
      let other = try parseQualifiedName()
      try expect(.on)
      lookup = CreateRollup.Lookup(table: other, condition: try parseExpression())
    }
    try expectKey()
    let keys = try parenthesised { (parser: inout Parser) throws(SyntaxError) in
      let value = try parser.parseExpression()
      let alias = parser.accept(.as) ? try parser.parseColumnName() : nil
      return CreateRollup.Key(value: value, alias: alias)
    }
    var aggregates: [Expression] = []
    if accept(word: "store") {
      aggregates = try parenthesised { (parser: inout Parser) throws(SyntaxError) in
        try parser.parseExpression()
      }
    }
    let filter = accept(.where) ? try parseExpression() : nil
    let retainMonths = at(word: "retain") ? try parseRetain() : nil
    return CreateRollup(
      name: name,
      ifNotExists: ifNotExists,
      orReplace: orReplace,
      table: table,
      lookup: lookup,
      keys: keys,
      aggregates: aggregates,
      filter: filter,
      retainMonths: retainMonths
    )
  }

  private mutating func expectKey() throws(SyntaxError) {
    guard text.lowercased() == "key" else { throw unexpected() }
    advance()
  }

  mutating func parseCheckRollup() throws(SyntaxError) -> CheckRollup {
    try expect(.check)
    try expect(.rollup)
    return CheckRollup(name: try parseQualifiedName())
  }

  mutating func parseSuggestRollups() throws(SyntaxError) {
    try expect(word: "suggest")
    try expect(word: "rollups")
  }
}

extension Printer {
  mutating func write(_ rollup: CreateRollup) {
    writeCreate(
      "ROLLUP",
      rollup.name,
      ifNotExists: rollup.ifNotExists,
      orReplace: rollup.orReplace
    )
    write(" ON ")
    write(rollup.table)
    if let lookup = rollup.lookup {
      write(" LEFT JOIN ")
      write(lookup.table)
      write(" ON ")
      write(lookup.condition)
    }
    write(" KEY (")
    writeList(rollup.keys) { printer, key in
      printer.write(key.value)
      if let alias = key.alias {
        printer.write(" AS ")
        printer.write(alias)
      }
    }
    write(")")
    if !rollup.aggregates.isEmpty {
      write(" STORE (")
      writeExpressions(rollup.aggregates)
      write(")")
    }
    writeClause(" WHERE ", rollup.filter)
    if let months = rollup.retainMonths { write(" RETAIN \(months) MONTHS") }
  }

  mutating func write(_ check: CheckRollup) {
    write("CHECK ROLLUP ")
    write(check.name)
  }
}
