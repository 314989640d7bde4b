/// `DROP TABLE | VIEW | SCHEMA | REPORT | ROLLUP [IF EXISTS] a, b [CASCADE]`.
package struct Drop: Sendable {
  package enum Kind: String, Hashable, Sendable {
    case table, view, schema, report, rollup
  }
  package let kind: Kind
  package let ifExists: Bool
  package let names: [QualifiedName]
  package let isCascading: Bool
}

/// `ALTER TABLE t …`, or `ALTER VIEW v RENAME TO …`.
package struct AlterTable: Sendable {
  package enum Action: Sendable {
    case addColumn(ColumnDefinition, ifNotExists: Bool)
    case dropColumn(Identifier, ifExists: Bool, isCascading: Bool)
    case renameColumn(Identifier, to: Identifier)
    case renameTable(to: Identifier)
    /// `SET RETAIN n MONTHS`; nil for `RESET RETAIN`, which keeps rows for ever.
    case setRetention(months: Int32?)
    /// `SET (k = v)`
    case set([TableOptions.Setting])
    /// `DROP PARTITION '2026-03'`
    case dropPartition(String, ifExists: Bool, range: SourceRange)
  }
  package let table: QualifiedName
  package let ifExists: Bool
  package let actions: [Action]
}

/// `COMPACT TABLE t`.
package struct CompactTable: Sendable {
  package let table: QualifiedName
}

extension Parser {
  mutating func parseDrop() throws(SyntaxError) -> Drop {
    try expect(.drop)
    let kind: Drop.Kind
    switch current.keyword {
    case .table: kind = .table
    case .view: kind = .view
    case .schema: kind = .schema
    case .rollup: kind = .rollup
    case nil where at(word: "report"): kind = .report
    case .index, .sequence, .function, .procedure, .trigger, .type, .extension, .role, .user,
      .database, .domain, .materialized, .policy, .publication, .subscription, .aggregate:
      throw .unsupported("DROP \(text.uppercased())", at: current.range)
    default: throw unexpected()
    }
    advance()
    let ifExists = try parseIfExists()
    let names = try commaList { (parser: inout Parser) throws(SyntaxError) in
      try parser.parseQualifiedName()
    }
    return Drop(kind: kind, ifExists: ifExists, names: names, isCascading: parseDropBehaviour())
  }

  private mutating func parseIfExists() throws(SyntaxError) -> Bool {
    guard accept(.if) else { return false }
    try expect(.exists)
    return true
  }

  mutating func parseAlterTable() throws(SyntaxError) -> AlterTable {
    try expect(.alter)
    guard at(.table) || at(.view) else {
      guard let keyword = current.keyword, keyword.category != .reserved else { throw unexpected() }
      throw .unsupported("ALTER \(keyword.rawValue.uppercased())", at: current.range)
    }
    advance()
    let ifExists = try parseIfExists()
    _ = accept(.only)
    let table = try parseQualifiedName()
    _ = accept(.star)
    let actions: [AlterTable.Action]
    if at(.rename) {
      actions = [try parseRename()]
    } else {
      actions = try commaList { (parser: inout Parser) throws(SyntaxError) in
        try parser.parseAlterAction(of: table)
      }
    }
    return AlterTable(table: table, ifExists: ifExists, actions: actions)
  }

  private mutating func parseRename() throws(SyntaxError) -> AlterTable.Action {
    try expect(.rename)
    if accept(.to) { return .renameTable(to: try parseColumnName()) }
    if at(.constraint) { throw .unsupported("RENAME CONSTRAINT", at: current.range) }
    _ = accept(.column)
    let old = try parseColumnName()
    try expect(.to)
    return .renameColumn(old, to: try parseColumnName())
  }

  private mutating func parseAlterAction(
    of table: QualifiedName
  ) throws(SyntaxError) -> AlterTable.Action {
    switch current.keyword {
    case .add: return try parseAddColumn(to: table)
    case .drop: return try parseDropAction()
    case .set:
      advance()
      if at(.leftParenthesis) { return .set(try parseSettings()) }
      guard at(word: "retain") else { break }
      return .setRetention(months: try parseRetain())
    case .reset:
      advance()
      try expect(word: "retain")
      return .setRetention(months: nil)
    case .alter, .owner, .enable, .disable, .attach, .detach, .cluster, .inherit, .validate:
      throw .unsupported("ALTER TABLE … \(text.uppercased())", at: current.range)
    case nil where at(word: "retain"): return .setRetention(months: try parseRetain())
    default: break
    }
    throw unexpected()
  }

  private mutating func parseAddColumn(
    to table: QualifiedName
  ) throws(SyntaxError) -> AlterTable.Action {
    try expect(.add)
    switch current.keyword {
    case .constraint, .primary, .unique, .check, .foreign, .exclude:
      throw .unsupported("ALTER TABLE … ADD \(text.uppercased())", at: current.range)
    default: break
    }
    _ = accept(.column)
    let ifNotExists = try parseIfNotExists()
    return .addColumn(try parseColumnDefinition(of: table), ifNotExists: ifNotExists)
  }

  private mutating func parseDropAction() throws(SyntaxError) -> AlterTable.Action {
    try expect(.drop)
    if at(.constraint) { throw .unsupported("ALTER TABLE … DROP CONSTRAINT", at: current.range) }
    if at(.partition), peek().kind == .string || peek().keyword == .if {
      advance()
      let ifExists = try parseIfExists()
      let place = current.range
      return .dropPartition(try parseString(), ifExists: ifExists, range: place)
    }
    _ = accept(.column)
    let ifExists = try parseIfExists()
    let name = try parseColumnName()
    return .dropColumn(name, ifExists: ifExists, isCascading: parseDropBehaviour())
  }

  mutating func parseCompactTable() throws(SyntaxError) -> CompactTable {
    try expect(word: "compact")
    try expect(.table)
    return CompactTable(table: try parseQualifiedName())
  }
}

extension Printer {
  mutating func write(_ drop: Drop) {
    write("DROP \(drop.kind.rawValue.uppercased()) ")
    if drop.ifExists { write("IF EXISTS ") }
    writeList(drop.names) { $0.write($1) }
    if drop.isCascading { write(" CASCADE") }
  }

  mutating func write(_ alter: AlterTable) {
    write(alter.ifExists ? "ALTER TABLE IF EXISTS " : "ALTER TABLE ")
    write(alter.table)
    write(" ")
    writeList(alter.actions) { $0.write($1) }
  }

  private mutating func write(_ action: AlterTable.Action) {
    switch action {
    case .addColumn(let column, let ifNotExists):
      write(ifNotExists ? "ADD COLUMN IF NOT EXISTS " : "ADD COLUMN ")
      write(column)
    case .dropColumn(let name, let ifExists, let isCascading):
      write(ifExists ? "DROP COLUMN IF EXISTS " : "DROP COLUMN ")
      write(name)
      if isCascading { write(" CASCADE") }
    case .renameColumn(let old, let new):
      write("RENAME COLUMN ")
      write(old)
      write(" TO ")
      write(new)
    case .renameTable(let name):
      write("RENAME TO ")
      write(name)
    case .setRetention(let months?): write("SET RETAIN \(months) MONTHS")
    case .setRetention(nil): write("RESET RETAIN")
    case .set(let settings):
      write("SET ")
      write(settings)
    case .dropPartition(let month, let ifExists, _):
      write(ifExists ? "DROP PARTITION IF EXISTS " : "DROP PARTITION ")
      write(Self.literal(month))
    }
  }

  mutating func write(_ compact: CompactTable) {
    write("COMPACT TABLE ")
    write(compact.table)
  }
}
