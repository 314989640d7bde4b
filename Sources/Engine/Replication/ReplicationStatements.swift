import Catalog
import ReportSyntax
import Replication
import Storage
import SystemIO

extension Session {
  /// CREATE, ALTER, DROP, PAUSE, RESUME REPLICATION and RESYNC.
  func run(_ command: ReplicationCommand) throws(EngineError) -> String {
    guard block.open == nil else {
      throw EngineError("25001", "\(command.tag) cannot run inside a transaction block")
    }
    switch command {
    case .create(let name, let ifNotExists, let connection, let tables, let settings):
      try createReplication(name, ifNotExists, connection, tables, settings)
    case .alter(let name, let change):
      try changeReplication(name, command.tag) { replication, transaction throws(EngineError) in
        try apply(change, to: &replication, transaction)
      }
    case .drop(let name, let ifExists): try dropReplication(name, ifExists)
    case .pause(let name, let place):
      let position = try place.map { (text: String) throws(EngineError) in try Self.position(text) }
      try changeReplication(name, command.tag, isLasting: position == nil) {
        replication,
        _ throws(EngineError) in
        guard replication.state != .stopped else { throw Self.isStopped(replication) }
        // Up to a position it runs, also from a pause on.
        replication.pauseAt = position?.rawValue
        replication.state = position == nil ? .paused : .running
      }
      database.replications.waitUntilSeen(name.text, isPaused: position == nil)
    case .resume(let name):
      try changeReplication(name, command.tag) { replication, _ throws(EngineError) in
        replication.state = .running
        replication.pauseAt = nil
        replication.failure = nil
      }
    case .resyncTable(let name): try resync(name)
    case .resync(let name):
      try changeReplication(name, command.tag) { replication, _ throws(EngineError) in
        replication.beginAgain(because: "RESYNC REPLICATION")
      }
    }
    return command.tag
  }

  /// Reads `X/Y`.
  private static func position(_ text: String) throws(EngineError) -> LSN {
    guard let position = LSN(text) else {
      throw EngineError("22P02", "invalid input syntax for type pg_lsn: \"\(text)\"")
    }
    return position
  }

  /// Refuses what can never be connected to.
  private static func check(_ connection: String) throws(EngineError) {
    guard let problem = SourceConnection.problem(of: connection) else { return }
    throw EngineError("42601", "invalid connection string syntax: \(problem)")
  }

  private static func isStopped(_ replication: ReplicationDefinition) -> EngineError {
    EngineError(
      "55000",
      "replication \"\(replication.name)\" has stopped: \(replication.failure?.text ?? "")",
      hint: "RESUME REPLICATION tries again; RESYNC REPLICATION copies all tables anew."
    )
  }

  private static func unknown(_ name: Identifier) -> EngineError {
    EngineError("42704", "replication \"\(name.text)\" does not exist")
  }

  // MARK: CREATE and DROP

  private func createReplication(
    _ name: Identifier,
    _ ifNotExists: Bool,
    _ connection: String,
    _ tables: [ReplicationCommand.Table],
    _ settings: [TableOptions.Setting]
  ) throws(EngineError) {
    try Self.check(connection)
    try write(as: "CREATE REPLICATION") { transaction throws(EngineError) in
      guard transaction.catalog.replications[name.text] == nil else {
        if ifNotExists {
          note("replication \"\(name.text)\" already exists, skipping", sqlState: "42710")
          return
        }
        throw EngineError("42710", "replication \"\(name.text)\" already exists")
      }
      let word = try Self.freshName(name.text)
      var replication = ReplicationDefinition(
        name: name.text,
        connection: connection,
        publication: word,
        slot: word,
        tables: []
      )
      try set(settings, of: &replication, isNew: true)
      for table in tables { try add(table, to: &replication, transaction) }
      try transaction.record(.putReplication(replication))
    }
    database.replications.definitionChanged(name.text)
    guard database.options.followsSources else {
      return note(
        "the replication runs while \"almanac serve\" or \"almanac replicate\" has the data"
      )
    }
  }

  /// A name for slot and publication that no other database of ours took.
  private static func freshName(_ name: String) throws(EngineError) -> String {
    let letters = name.lowercased().unicodeScalars.map { scalar in
      ("a"..."z").contains(scalar) || ("0"..."9").contains(scalar) ? Character(scalar) : "_"
    }
    let bytes = try stored { () throws(StorageError) in
      try world { () throws(IOError) in try SystemIO.entropy(byteCount: 4) }
    }
    let number = bytes.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    return "almanac_" + String(letters.prefix(40)) + "_" + String(number, radix: 16)
  }

  private func dropReplication(_ name: Identifier, _ ifExists: Bool) throws(EngineError) {
    guard let replication = database.store.published.catalog.replications[name.text] else {
      guard ifExists else { throw Self.unknown(name) }
      return note("replication \"\(name.text)\" does not exist, skipping")
    }
    database.replications.stop(name.text)
    do throws(EngineError) {
      try write(as: "DROP REPLICATION") { transaction throws(EngineError) in
        guard transaction.catalog.replications[name.text] != nil else { throw Self.unknown(name) }
        try transaction.record(.dropReplication(name.text))
      }
    } catch {
      database.replications.definitionChanged(name.text)
      throw error
    }
    database.replications.definitionChanged(name.text)
    if let failure = database.replications.cleanSource(of: replication) {
      note(
        "the source still has slot \"\(replication.slot)\" or publication "
          + "\"\(replication.publication)\": \(failure)",
        severity: "WARNING",
        sqlState: "01000"
      )
    }
  }

  // MARK: ALTER

  /// Changes a replication; its runner is told, and begins anew where `isLasting`.
  private func changeReplication(
    _ name: Identifier,
    _ word: String,
    isLasting: Bool = true,
    _ body: (inout ReplicationDefinition, Transaction) throws(EngineError) -> Void
  ) throws(EngineError) {
    try write(as: word) { transaction throws(EngineError) in
      guard var replication = transaction.catalog.replications[name.text] else {
        throw Self.unknown(name)
      }
      try body(&replication, transaction)
      if isLasting { replication.revision &+= 1 }
      try transaction.record(.putReplication(replication))
    }
    database.replications.definitionChanged(name.text)
  }

  private func apply(
    _ change: ReplicationCommand.Change,
    to replication: inout ReplicationDefinition,
    _ transaction: Transaction
  ) throws(EngineError) {
    switch change {
    case .connection(let text):
      try Self.check(text)
      replication.connection = text
    case .set(let settings): try set(settings, of: &replication, isNew: false)
    case .addTables(let tables):
      for table in tables { try add(table, to: &replication, transaction) }
    case .dropTables(let names):
      for name in names {
        let source = Self.sourceName(name)
        guard let index = replication.tables.firstIndex(where: { $0.source == source }) else {
          throw EngineError(
            "42P01",
            "replication \"\(replication.name)\" has no table \"\(name.description)\""
          )
        }
        guard replication.tables.count > 1 else {
          throw EngineError(
            "55000",
            "\"\(name.description)\" is the last table of replication \"\(replication.name)\"",
            hint: "Use DROP REPLICATION."
          )
        }
        replication.tables.remove(at: index)
      }
    }
  }

  private static func sourceName(_ name: QualifiedName) -> RelationName {
    RelationName(schema: name.schema?.text ?? "public", name: name.name.text)
  }

  private func add(
    _ table: ReplicationCommand.Table,
    to replication: inout ReplicationDefinition,
    _ transaction: Transaction
  ) throws(EngineError) {
    let name = Self.sourceName(table.name)
    guard table.options.retainMonths == nil, table.options.settings.isEmpty else {
      throw .unsupported("RETAIN and WITH of a replicated table")
    }
    guard !replication.tables.contains(where: { $0.source == name }) else {
      throw EngineError(
        "42710",
        "table \"\(table.name.description)\" is already in replication \"\(replication.name)\""
      )
    }
    let catalog = transaction.catalog
    let isTaken = catalog.replications.values.contains { other in
      other.name != replication.name && other.tables.contains { $0.target == name }
    }
    guard catalog.table(name) == nil, catalog.views[name] == nil, !isTaken else {
      throw EngineError("42P07", "relation \"\(name.name)\" already exists")
    }
    if !catalog.schemas.contains(name.schema) {
      guard !SystemTables.schemas.contains(name.schema), !name.schema.hasPrefix("pg_") else {
        throw EngineError("42939", "unacceptable schema name \"\(name.schema)\"")
      }
      try transaction.record(.createSchema(name.schema))
    }
    var entry = ReplicatedTable(source: name, target: name)
    entry.partitionColumn = table.options.partitionMonth?.text
    entry.sortKey = table.options.orderBy.map(\.text)
    entry.tenantColumn = table.options.tenantKey?.text
    replication.tables.append(entry)
  }

  /// WITH (slot = …, publication = …, on_gap = resync | stop).
  private func set(
    _ settings: [TableOptions.Setting],
    of replication: inout ReplicationDefinition,
    isNew: Bool
  ) throws(EngineError) {
    for setting in settings {
      switch setting.name.text {
      case "slot" where isNew:
        replication.slot = setting.value
        replication.ownsSlot = false
      case "publication" where isNew:
        replication.publication = setting.value
        replication.ownsPublication = false
      case "on_gap":
        guard ["resync", "stop"].contains(setting.value.lowercased()) else {
          throw EngineError(
            "22023",
            "invalid value for parameter \"on_gap\": \"\(setting.value)\"",
            hint: "Available values: resync, stop."
          )
        }
        replication.healsLostSlot = setting.value.lowercased() == "resync"
      case "slot", "publication":
        throw EngineError("55000", "parameter \"\(setting.name.text)\" cannot be changed")
      default:
        throw EngineError("22023", "unrecognized parameter \"\(setting.name.text)\"")
      }
    }
  }

  private func resync(_ name: QualifiedName) throws(EngineError) {
    let table = try existingTable(name, in: catalog)
    guard let replication = catalog.replication(of: table.id) else {
      throw EngineError("55000", "table \"\(table.name)\" is not replicated")
    }
    try changeReplication(Identifier(replication.name), "RESYNC TABLE") {
      replication,
      _ throws(EngineError) in
      guard let index = replication.index(of: table.id) else { return }
      replication.tables[index].requestCopy(because: "RESYNC TABLE")
    }
  }
}

extension ReplicatedTable {
  /// Asks for another copy; what is there stays readable until it is exchanged.
  mutating func requestCopy(because reason: String) {
    if state != .waiting { state = .resyncing }
    self.reason = reason
  }
}

extension ReplicationDefinition {
  /// Gives slot and position up: a new slot is made, and all tables are copied.
  mutating func beginAgain(because reason: String) {
    identity = nil
    failure = nil
    pauseAt = nil
    state = .running
    for index in tables.indices { tables[index].requestCopy(because: reason) }
  }
}

extension ReplicationCommand {
  /// The command tag.
  var tag: String {
    switch self {
    case .create: "CREATE REPLICATION"
    case .alter: "ALTER REPLICATION"
    case .drop: "DROP REPLICATION"
    case .pause: "PAUSE REPLICATION"
    case .resume: "RESUME REPLICATION"
    case .resyncTable: "RESYNC TABLE"
    case .resync: "RESYNC REPLICATION"
    }
  }
}

extension Transaction {
  /// Refuses changes of what a replication writes.
  func refuseReplicated(_ id: TableID) throws(EngineError) {
    guard !catalog.replications.isEmpty, let replication = catalog.replication(of: id) else {
      return
    }
    throw EngineError(
      "55000",
      "cannot change table \"\(catalog.tables[id]?.name ?? "")\": it follows its source through "
        + "replication \"\(replication.name)\"",
      hint: "ALTER REPLICATION … DROP TABLE or DROP REPLICATION makes it an ordinary table."
    )
  }
}
