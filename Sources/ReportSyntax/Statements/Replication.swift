/// Following a PostgreSQL database.
///
/// ```
/// CREATE REPLICATION [IF NOT EXISTS] name CONNECTION 'conninfo' TABLES (table [options], …) [WITH (k = v, …)]
/// ALTER REPLICATION name ADD TABLE table [options], … | DROP TABLE table, … | CONNECTION 'conninfo' | SET (k = v, …)
/// DROP REPLICATION [IF EXISTS] name
/// PAUSE REPLICATION name [AT 'X/Y']
/// RESUME REPLICATION name
/// RESYNC TABLE table | RESYNC REPLICATION name
/// ```
package enum ReplicationCommand: Sendable {
  /// A table of the source, with how its rows are to be cut and ordered here.
  package struct Table: Sendable {
    package let name: QualifiedName
    package let options: TableOptions
  }
  package enum Change: Sendable {
    case addTables([Table])
    case dropTables([QualifiedName])
    case connection(String)
    case set([TableOptions.Setting])
  }

  case create(
    Identifier,
    ifNotExists: Bool,
    connection: String,
    tables: [Table],
    settings: [TableOptions.Setting]
  )
  case alter(Identifier, Change)
  case drop(Identifier, ifExists: Bool)
  /// At once, or as soon as everything before a position of the source is applied.
  case pause(Identifier, at: String?)
  case resume(Identifier)
  case resyncTable(QualifiedName)
  /// All tables, from a new slot.
  case resync(Identifier)
}

extension Parser {
  /// Whether CREATE, ALTER, DROP, PAUSE, RESUME or RESYNC here is about a replication.
  var isReplicationCommand: Bool {
    if at(word: "pause") || at(word: "resume") || at(word: "resync") { return true }
    guard at(.create) || at(.alter) || at(.drop) else { return false }
    return peek().kind == .identifier && list.text(of: peek()) == "replication"
  }

  mutating func parseReplicationCommand() throws(SyntaxError) -> ReplicationCommand {
    if accept(.create) { return try parseCreateReplication() }
    if accept(.alter) { return try parseAlterReplication() }
    if accept(.drop) {
      try expect(word: "replication")
      let ifExists = accept(.if, .exists)
      return .drop(try parseColumnName(), ifExists: ifExists)
    }
    if accept(word: "pause") {
      try expect(word: "replication")
      let name = try parseColumnName()
      return .pause(name, at: accept(.at) ? try parseString() : nil)
    }
    if accept(word: "resume") {
      try expect(word: "replication")
      return .resume(try parseColumnName())
    }
    try expect(word: "resync")
    if accept(word: "replication") { return .resync(try parseColumnName()) }
    try expect(.table)
    return .resyncTable(try parseQualifiedName())
  }

  private mutating func parseCreateReplication() throws(SyntaxError) -> ReplicationCommand {
    try expect(word: "replication")
    let ifNotExists = try parseIfNotExists()
    let name = try parseColumnName()
    try expect(.connection)
    let connection = try parseString()
    try expect(.tables)
    let tables = try parenthesised { (parser: inout Parser) throws(SyntaxError) in
      try parser.parseReplicatedTable()
    }
    let settings = accept(.with) ? try parseSettings() : []
    return .create(
      name,
      ifNotExists: ifNotExists,
      connection: connection,
      tables: tables,
      settings: settings
    )
  }

  private mutating func parseAlterReplication() throws(SyntaxError) -> ReplicationCommand {
    try expect(word: "replication")
    let name = try parseColumnName()
    if accept(.connection) { return .alter(name, .connection(try parseString())) }
    if accept(.set) { return .alter(name, .set(try parseSettings())) }
    if accept(.add) {
      try expect(.table)
      let tables = try commaList { (parser: inout Parser) throws(SyntaxError) in
        try parser.parseReplicatedTable()
      }
      return .alter(name, .addTables(tables))
    }
    try expect(.drop)
    try expect(.table)
    let names = try commaList { (parser: inout Parser) throws(SyntaxError) in
      try parser.parseQualifiedName()
    }
    return .alter(name, .dropTables(names))
  }

  private mutating func parseReplicatedTable() throws(SyntaxError) -> ReplicationCommand.Table {
    let name = try parseQualifiedName()
    return ReplicationCommand.Table(name: name, options: try parseTableOptions())
  }
}

extension Printer {
  mutating func write(_ command: ReplicationCommand) {
    switch command {
    case .create(let name, let ifNotExists, let connection, let tables, let settings):
      write("CREATE REPLICATION " + (ifNotExists ? "IF NOT EXISTS " : ""))
      write(name)
      write(" CONNECTION " + Self.literal(connection) + " TABLES (")
      writeTables(tables)
      write(")")
      if !settings.isEmpty {
        write(" WITH ")
        write(settings)
      }
    case .alter(let name, let change):
      write("ALTER REPLICATION ")
      write(name)
      write(change)
    case .drop(let name, let ifExists):
      write("DROP REPLICATION " + (ifExists ? "IF EXISTS " : ""))
      write(name)
    case .pause(let name, let place):
      write("PAUSE REPLICATION ")
      write(name)
      if let place { write(" AT " + Self.literal(place)) }
    case .resume(let name):
      write("RESUME REPLICATION ")
      write(name)
    case .resyncTable(let name):
      write("RESYNC TABLE ")
      write(name)
    case .resync(let name):
      write("RESYNC REPLICATION ")
      write(name)
    }
  }

  private mutating func write(_ change: ReplicationCommand.Change) {
    switch change {
    case .addTables(let tables):
      write(" ADD TABLE ")
      writeTables(tables)
    case .dropTables(let names):
      write(" DROP TABLE ")
      writeList(names) { $0.write($1) }
    case .connection(let text): write(" CONNECTION " + Self.literal(text))
    case .set(let settings):
      write(" SET ")
      write(settings)
    }
  }

  private mutating func writeTables(_ tables: [ReplicationCommand.Table]) {
    writeList(tables) { printer, table in
      printer.write(table.name)
      printer.write(table.options)
    }
  }
}
