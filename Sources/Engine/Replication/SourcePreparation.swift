import Catalog
import Replication
import Storage
import SystemIO

/// A source that may be streamed from, and the definition as it is now.
struct PreparedSource {
  var replication: ReplicationDefinition
  /// For questions to its catalog.
  var session: SourceConnection
  var types: TypeDirectory
}

/// What comes before the stream: is it the source that our position belongs to, are slot, publication and tables there.
struct SourcePreparation {
  private let runner: ReplicationRunner
  private var replication: ReplicationDefinition

  init(_ runner: ReplicationRunner, _ replication: ReplicationDefinition) {
    self.runner = runner
    self.replication = replication
  }

  /// Prepares the source.
  ///
  /// - Throws: ``FollowEnd``.
  mutating func run() throws(FollowEnd) -> PreparedSource {
    let session = try open(.ordinary)
    let control = try open(.replication)
    let isNew = replication.identity == nil
    if !isNew { try check(control) }
    var types = TypeDirectory()
    let found = try findTables(session, &types)
    try asked { () throws(ReplicationError) in try publish(found, session) }
    try refuseUnpublished(found, session)
    if isNew {
      // It waits for transactions of the source, however long these take.
      runner.setInterrupt { control.cancel() }
      let wait = SlotWait(replication.connection) { [runner] text in runner.tell(text) }
      defer {
        wait.end()
        runner.setInterrupt(nil)
      }
      try makeSlot(control)
    }
    try store(found, types)
    return PreparedSource(replication: replication, session: session, types: types)
  }

  private func open(_ role: SourceConnection.Role) throws(FollowEnd) -> SourceConnection {
    try asked { () throws(ReplicationError) in
      try SourceConnection(
        replication.connection,
        role: role,
        applicationName: "almanac \(replication.name)"
      )
    }
  }

  private func asked<Result>(
    _ body: () throws(ReplicationError) -> Result
  ) throws(FollowEnd) -> Result {
    do throws(ReplicationError) {
      return try body()
    } catch {
      throw .passing("\(error)", hasProgress: false)
    }
  }

  private func failure(_ name: String, _ text: String) -> FollowEnd {
    .failure(ReplicationDefinition.Failure(name: name, text: text))
  }

  // MARK: Positions

  /// Compares the cluster and the slot with what our position belongs to.
  private mutating func check(_ control: SourceConnection) throws(FollowEnd) {
    let again = "RESYNC REPLICATION \(replication.name) copies all tables anew from there."
    let cluster = try asked { () throws(ReplicationError) in try control.identify() }
    guard let known = replication.identity else { return }
    let position = runner.position
    guard UInt64(cluster.systemID) == known.systemIdentifier else {
      throw failure(
        "WrongCluster",
        "the source is another database cluster (\(cluster.systemID)) than the one that was followed "
          + "(\(known.systemIdentifier)). \(again)"
      )
    }
    let timeline = UInt32(clamping: cluster.timeline)
    if timeline != known.timeline {
      let history = try asked { () throws(ReplicationError) in
        try control.timelineHistory(cluster.timeline)
      }
      let left = history.first { $0.timeline == Int(known.timeline) }
      guard let left, left.lsn >= position else {
        throw failure(
          "Rewound",
          "the source went on from a moment before \(position), up to which it was applied here: timeline "
            + "\(timeline) does not hold what timeline \(known.timeline) did. \(again)"
        )
      }
    }
    guard cluster.flushedLSN >= position else {
      throw failure(
        "Rewound",
        "the source's log ends at \(cluster.flushedLSN), before \(position), up to which it was applied here. \(again)"
      )
    }
    try checkSlot(control, position, database: cluster.database, again)
    if timeline != known.timeline {
      replication.identity?.timeline = timeline
      try changed(runner.changeDefinition { $0.identity?.timeline = timeline })
    }
  }

  private func checkSlot(
    _ control: SourceConnection,
    _ position: LSN,
    database: String,
    _ again: String
  ) throws(FollowEnd) {
    let name = replication.slot
    let slot = try asked { () throws(ReplicationError) in try control.slot(name) }
    guard let slot, slot.walStatus != "lost" else {
      let why =
        slot == nil
        ? "slot \"\(name)\" does not exist any more"
        : "slot \"\(name)\" has lost log that was not read yet (max_slot_wal_keep_size)"
      guard replication.healsLostSlot else { throw failure("SlotLost", "\(why). \(again)") }
      try changed(runner.changeDefinition { $0.beginAgain(because: why) })
      throw .restart
    }
    guard slot.plugin == "pgoutput", slot.database == database else {
      throw failure(
        "WrongSlot",
        "slot \"\(name)\" is of plugin \"\(slot.plugin)\" and database \"\(slot.database)\". \(again)"
      )
    }
    if let confirmed = slot.confirmedLSN, confirmed > position {
      throw failure(
        "Overcompacted",
        "slot \"\(name)\" gives nothing before \(confirmed), and only what came before \(position) is applied here: it was "
          + "moved on or made anew. \(again)"
      )
    }
  }

  /// Makes the slot, or takes the given one; our position is where it begins.
  private mutating func makeSlot(_ control: SourceConnection) throws(FollowEnd) {
    runner.update { $0.phase = .preparing }
    let name = replication.slot
    let cluster = try asked { () throws(ReplicationError) in try control.identify() }
    let old = try asked { () throws(ReplicationError) in try control.slot(name) }
    let start: LSN
    if replication.ownsSlot {
      start = try asked { () throws(ReplicationError) in
        // Of an attempt that ended before it was noted, or of the life before RESYNC REPLICATION.
        if old != nil { try control.dropSlot(name) }
        return try control.createSlot(name, isTemporary: false, snapshot: .none).consistentPoint
      }
      KillPoint.slotMade.pass()
    } else {
      guard let old, old.plugin == "pgoutput", old.database == cluster.database,
        let confirmed = old.confirmedLSN
      else {
        throw failure(
          "WrongSlot",
          "there is no slot \"\(name)\" of plugin pgoutput in database \"\(cluster.database)\""
        )
      }
      start = confirmed
    }
    let identity = ClusterIdentity(
      systemIdentifier: UInt64(cluster.systemID) ?? 0,
      timeline: UInt32(clamping: cluster.timeline)
    )
    replication.identity = identity
    try changed(runner.changeDefinition(position: start) { $0.identity = identity })
    runner.update { status in
      status.durable = start
      status.visible = start
      // Of another cluster, maybe.
      status.sourceEnd = start
    }
  }

  private func changed(_ error: StorageError?) throws(FollowEnd) {
    if let error { throw FollowEnd(error) }
  }

  // MARK: Tables

  /// The source tables by place among ours; changes what is known of them in `replication`.
  private mutating func findTables(
    _ session: SourceConnection,
    _ types: inout TypeDirectory
  ) throws(FollowEnd) -> [Int: SourceTable] {
    var found: [Int: SourceTable] = [:]
    for index in replication.tables.indices where replication.tables[index].state != .stopped {
      let entry = replication.tables[index]
      let source = try asked { () throws(ReplicationError) -> SourceTable? in
        if entry.sourceOID != 0, let known = try session.table(entry.sourceOID, sizes: false) {
          return known
        }
        let (schema, name) = (entry.source.schema, entry.source.name)
        return try session.table(schema: schema, name: name, sizes: false)
      }
      guard let source else {
        stopTable(index, "the source has no such table")
        continue
      }
      if entry.sourceOID != 0, entry.sourceOID != source.id {
        replication.tables[index].requestCopy(because: "it was dropped and made again")
      }
      replication.tables[index].sourceOID = source.id
      replication.tables[index].source = RelationName(schema: source.schema, name: source.name)
      found[index] = source
      let fresh = try asked { () throws(ReplicationError) in try session.types(of: source) }
      types.types.merge(fresh.types) { $1 }
    }
    return found
  }

  private mutating func stopTable(_ index: Int, _ reason: String) {
    replication.tables[index].state = .stopped
    replication.tables[index].reason = reason
  }

  /// Makes or completes our publication.
  private func publish(
    _ found: [Int: SourceTable],
    _ session: SourceConnection
  ) throws(ReplicationError) {
    guard replication.ownsPublication else { return }
    let name = replication.publication
    let wanted = found.values.map { (schema: $0.schema, name: $0.name) }
      .sorted { ($0.schema, $0.name) < ($1.schema, $1.name) }
    guard let known = try session.publication(name, isOwn: true) else {
      return try session.createPublication(name, tables: wanted)
    }
    let published = known.tables.map { (schema: $0.schema, name: $0.name) }
    let missing = wanted.filter { table in !published.contains { $0 == table } }
    if !missing.isEmpty { try session.addTables(missing, toPublication: name) }
    let left = published.filter { table in !wanted.contains { $0 == table } }
    if !left.isEmpty { try session.dropTables(left, fromPublication: name) }
  }

  /// Stops tables that the publication, which may be given, does not bring.
  private mutating func refuseUnpublished(
    _ found: [Int: SourceTable],
    _ session: SourceConnection
  ) throws(FollowEnd) {
    let name = replication.publication
    let isOwn = replication.ownsPublication
    let publication = try asked { () throws(ReplicationError) in
      try session.publication(name, isOwn: isOwn)
    }
    guard let publication else {
      throw failure("PublicationMissing", "the source has no publication \"\(name)\"")
    }
    guard publication.publishesEverything else {
      throw failure(
        "PublicationIncomplete",
        "publication \"\(name)\" leaves out inserts, updates, deletes or truncates"
      )
    }
    for (index, source) in found {
      let isIn = publication.tables.contains {
        $0.schema == source.schema && $0.name == source.name
      }
      if !isIn {
        let reason =
          source.isPartitioned && !publication.isViaRoot
          ? "publication \"\(name)\" lacks publish_via_partition_root"
          : "publication \"\(name)\" does not hold it"
        stopTable(index, reason)
      }
    }
  }

  /// Makes the tables that are not here yet, and keeps what was found out.
  private mutating func store(
    _ found: [Int: SourceTable],
    _ types: TypeDirectory
  ) throws(FollowEnd) {
    let name = replication.name
    let wanted = replication.tables
    for attempt in 0... {
      let transaction = runner.store.begin()
      defer { transaction.rollback() }
      guard var current = transaction.catalog.replications[name],
        current.revision == replication.revision, current.tables.count == wanted.count
      else { throw .restart }
      let before = current
      current.tables = wanted
      current.identity = replication.identity
      for index in current.tables.indices {
        guard let source = found[index] else { continue }
        create(&current.tables[index], source, types, transaction)
      }
      guard current != before else {
        replication = current
        return
      }
      do throws(StorageError) {
        try transaction.change(.putReplication(current))
        try transaction.commit(mode: .durable)
        replication = current
        return
      } catch {
        guard case .serialization = error, attempt < 1_000 else {
          throw FollowEnd(error)
        }
        do throws(StorageError) { try runner.store.flush() } catch { try changed(error) }
      }
    }
  }

  /// Makes a table here, as empty as it is.
  private func create(
    _ entry: inout ReplicatedTable,
    _ source: SourceTable,
    _ types: TypeDirectory,
    _ transaction: Transaction
  ) {
    guard entry.state != .stopped, entry.table.flatMap({ transaction.catalog.tables[$0] }) == nil
    else { return }
    guard transaction.catalog.table(entry.target) == nil,
      transaction.catalog.views[entry.target] == nil
    else {
      entry.state = .stopped
      entry.reason = "there is another relation of its name here"
      return
    }
    do throws(MappingProblem) {
      let mapping = try TableMapping(
        source,
        entry,
        types,
        publishing: nil,
        replacing: nil,
        newID: TableID(transaction.catalog.nextTableID)
      )
      do throws(StorageError) {
        try transaction.change(.createTable(mapping.definition))
      } catch {
        throw MappingProblem(text: EngineError(error).message)
      }
      entry.table = mapping.definition.id
      entry.columns = mapping.columns
      entry.state = .waiting
    } catch {
      entry.state = .stopped
      entry.reason = error.text
    }
  }

  // MARK: The end

  /// Drops slot and publication of a replication that is gone.
  ///
  /// - Throws: ``ReplicationError`` when the source cannot be asked.
  static func removeTraces(of replication: ReplicationDefinition) throws(ReplicationError) {
    let session = try SourceConnection(replication.connection, applicationName: "almanac")
    if replication.ownsSlot, try session.slot(replication.slot) != nil {
      try session.dropSlot(replication.slot)
    }
    if replication.ownsPublication { try session.dropPublication(replication.publication) }
  }
}
