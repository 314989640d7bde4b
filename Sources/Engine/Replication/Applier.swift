import Catalog
import Columnar
import Loading
import Replication
import Storage
import SystemIO

/// Why the stream must be begun again from the last commit.
enum ApplierStop: Error {
  /// A table cannot go on as it is; the others can.
  case table(RelationName, ReplicatedTable.State, reason: String, problem: ChangeProblem.Kind?)
  /// A numeric(p, s) does not hold a value that numeric without digits may hold.
  case narrow(RelationName, ReplicatedColumn, reason: String)
  case storage(StorageError)
  /// The source did not answer.
  case source(ReplicationError)
  /// A column came whose binary form is not read here.
  case textNeeded
  /// The replication was dropped.
  case gone
}

/// The rows of a copied table, in segments that nobody sees yet.
struct FinishedCopy {
  var source: RelationName
  /// The table as it will be: the columns that the copy has.
  var definition: TableDefinition
  var columns: [ReplicatedColumn]
  var fingerprint: SourceFingerprint
  var segments: [BuiltSegment]
  var rowCount: Int
}

/// Puts changes of the source into the store, many source transactions in one commit, with the position they end at.
///
/// One thread's. After an error everything since the last commit is to be thrown away with the applier.
final class Applier {
  /// Rows and bytes at which what was netted goes into the transaction.
  private static let stageRows = 1 << 18
  private static let stageBytes = 64 << 20

  private let store: Store
  private let name: String
  private var nets: [UInt32: NetChanges] = [:]
  private var tables: [UInt32: ReplicatedTable] = [:]
  /// Relations that were truncated, and whose first row behind it may not have come.
  private var awaitingRows: Set<UInt32> = []
  private var transaction: Transaction?
  /// What becomes of the definition with the next commit.
  private var edits: [(inout ReplicationDefinition) -> Void] = []
  /// For each description of a relation that was decoded and not taken yet: what it changes.
  private var waitingAlters: [UInt32: [TableAlteration?]] = [:]
  private var counters: [RelationName: TableCounters] = [:]
  private var transactionCount = 0

  /// Everything before this is durable.
  private(set) var durable: LSN
  /// Everything before this was taken.
  private(set) var position: LSN
  /// Whether a source transaction was taken in part.
  private(set) var isOpen = false
  private(set) var pendingRows = 0
  private var lastCommitTime: Int64?

  /// A change of a table's columns, to be made when the stream comes to it.
  struct TableAlteration {
    var definition: TableDefinition
    var columns: [ReplicatedColumn]
    var fingerprint: SourceFingerprint
  }

  init(_ store: Store, _ replication: ReplicationDefinition, at position: LSN) {
    self.store = store
    name = replication.name
    durable = position
    self.position = position
    for table in replication.tables where table.sourceOID != 0 {
      tables[table.sourceOID] = table
      if SourceFingerprint(table.fingerprint).isTruncated { awaitingRows.insert(table.sourceOID) }
    }
  }

  /// Whether anything was taken that is not committed.
  var hasPending: Bool {
    pendingRows > 0 || transaction != nil || !edits.isEmpty || nets.values.contains { !$0.isEmpty }
  }

  /// Whether so much was taken that it should be committed, or leave the memory.
  var isFull: Bool {
    pendingRows >= Self.stageRows
      || nets.values.reduce(0) { $0 + $1.byteCount } >= Self.stageBytes
  }

  // MARK: Taking

  /// Takes what the decoder found.
  func take(_ group: ChangeGroup) throws(ApplierStop) {
    for step in group.steps {
      switch step {
      case .changes(let batch): try add(batch)
      case .truncate(let truncate):
        for id in truncate.relationIDs { self.take(truncate, of: id) }
      case .partition(let partition): take(partition)
      case .relation(let relation): try alter(relation.id)
      case .message: break
      }
    }
    isOpen = group.isOpen
    if let reached = group.position { position = max(position, reached) }
    transactionCount += group.transactionCount
    if group.transactionCount > 0 { lastCommitTime = group.lastCommit?.time ?? lastCommitTime }
    if isFull { try isOpen ? spill() : stage() }
  }

  /// What is known of a followed table, with what was taken since the last commit.
  func table(_ id: UInt32) -> ReplicatedTable? { tables[id] }

  private func take(_ truncate: SourceTruncate, of id: UInt32) {
    guard let net = net(of: id), let table = tables[id] else { return }
    net.truncate()
    // Its files are others now; the watch learns which.
    edit(table.source) { $0.changeFingerprint { $0.take(truncate) } }
    awaitingRows.insert(id)
  }

  private func take(_ partition: SourcePartition) {
    guard let table = tables[partition.root],
      SourceFingerprint(table.fingerprint).isNew(partition.id)
    else { return }
    edit(table.source) {
      $0.changeFingerprint { $0.takePartition(partition.id, commit: partition.commitLSN) }
    }
  }

  /// Notes which transaction brings the first rows behind a TRUNCATE.
  private func noteRows(_ batch: ChangeBatch) {
    guard awaitingRows.remove(batch.relation.id) != nil, let table = tables[batch.relation.id]
    else { return }
    let (transaction, commit) = (batch.firstTransactionID, batch.firstCommitLSN)
    edit(table.source) { $0.changeFingerprint { $0.takeRows(of: transaction, commit: commit) } }
  }

  /// Where changes of a relation are collected; nil: it is not followed.
  private func net(of id: UInt32) -> NetChanges? {
    if let net = nets[id] { return net }
    guard let table = tables[id], table.state == .ready, let definition = definition(of: table)
    else { return nil }
    let net = NetChanges(key: definition.keyPlaces)
    nets[id] = net
    return net
  }

  private func definition(of table: ReplicatedTable) -> TableDefinition? {
    guard let id = table.table else { return nil }
    return transaction?.catalog.tables[id] ?? store.published.catalog.tables[id]
  }

  private func add(_ batch: ChangeBatch) throws(ApplierStop) {
    guard let net = net(of: batch.relation.id) else { return }
    pendingRows += batch.rowCount
    if !awaitingRows.isEmpty { noteRows(batch) }
    do throws(ChangeProblem) {
      try net.add(batch)
    } catch {
      throw stop(batch.relation.id, error)
    }
  }

  private func stop(
    _ id: UInt32,
    _ problem: ChangeProblem,
    in mapping: TableMapping? = nil
  ) -> ApplierStop {
    guard let table = tables[id] else { return .gone }
    if let name = problem.column,
      let mapping = mapping ?? definition(of: table).flatMap({ TableMapping($0, table.columns) }),
      let column = mapping.narrow(name)
    {
      return .narrow(table.source, column, reason: problem.text)
    }
    let state: ReplicatedTable.State = problem.kind == .value ? .stopped : .resyncing
    return .table(table.source, state, reason: problem.text, problem: problem.kind)
  }

  // MARK: Definitions

  /// Notes how a table changes when the stream comes to the description that is just decoded; nil: not at all.
  func expect(_ alteration: TableAlteration?, of id: UInt32) {
    waitingAlters[id, default: []].append(alteration)
  }

  /// Changes the columns of a table, if they are to change here.
  private func alter(_ id: UInt32) throws(ApplierStop) {
    guard var waiting = waitingAlters[id], !waiting.isEmpty else { return }
    let next = waiting.removeFirst()
    waitingAlters[id] = waiting
    guard let alteration = next, let table = tables[id] else { return }
    try stage()
    let transaction = begun()
    var dropped: [String] = []
    do throws(StorageError) {
      dropped = try transaction.alter(to: alteration.definition)
    } catch {
      throw .storage(error)
    }
    nets[id] = nil
    edit(table.source) { table in
      table.columns = alteration.columns
      table.changeFingerprint { $0.takeDefinition(of: alteration.fingerprint) }
      table.noteDropped(dropped)
    }
  }

  /// Changes the entry of a table, here and with the next commit.
  func edit(_ source: RelationName, _ body: @escaping (inout ReplicatedTable) -> Void) {
    for (id, table) in tables where table.source == source {
      var table = table
      body(&table)
      tables[id] = table
    }
    edits.append { replication in
      guard let index = replication.tables.firstIndex(where: { $0.source == source }) else {
        return
      }
      body(&replication.tables[index])
    }
  }

  /// Changes the replication with the next commit.
  func edit(_ body: @escaping (inout ReplicationDefinition) -> Void) { edits.append(body) }

  // MARK: Committing

  private func begun() -> Transaction {
    if let transaction { return transaction }
    let fresh = store.begin()
    transaction = fresh
    return fresh
  }

  /// Puts what was netted into the transaction.
  private func stage() throws(ApplierStop) {
    for (id, net) in nets where !net.isEmpty {
      guard let table = tables[id], let target = table.table else { continue }
      try apply(net, of: id, to: target, table.source)
    }
    nets = [:]
    pendingRows = 0
  }

  /// Puts the largest part of an open source transaction into segments, so that half of the memory is free again.
  ///
  /// The files are durable and checked as all segments are; they are seen with the commit, and go without it.
  private func spill() throws(ApplierStop) {
    let largest = nets.sorted { $0.value.byteCount > $1.value.byteCount }
    var left = largest.reduce(0) { $0 + $1.value.byteCount }
    for (id, net) in largest {
      guard pendingRows > Self.stageRows / 2 || left > Self.stageBytes / 2 else { return }
      nets[id] = nil
      left -= net.byteCount
      pendingRows -= net.rowCount
      guard let table = tables[id], let target = table.table else { continue }
      try apply(net, of: id, to: target, table.source, segmentRows: 1)
      KillPoint.spilled.pass()
    }
  }

  /// Puts the net changes of a relation into the transaction, and counts them.
  private func apply(
    _ net: NetChanges,
    of id: UInt32,
    to target: TableID,
    _ source: RelationName,
    segmentRows: Int = 1 << 17
  ) throws(ApplierStop) {
    do throws(ApplyFailure) {
      try net.apply(to: begun(), target, in: store, segmentRows: segmentRows)
    } catch {
      switch error {
      case .problem(let problem): throw stop(id, problem)
      case .storage(let error): throw .storage(error)
      }
    }
    counters[source, default: TableCounters()].add(net.counters)
  }

  /// Makes everything taken durable and visible, with its position.
  ///
  /// - Parameter status: Is told what was committed.
  /// - Throws: ``ApplierStop``.
  func commit(_ status: (_ body: (inout ReplicationStatus) -> Void) -> Void) throws(ApplierStop) {
    precondition(!isOpen, "a source transaction is committed as a whole")
    try stage()
    let transaction = begun()
    KillPoint.beforeCommit.pass()
    try finish(transaction, status)
  }

  private func finish(
    _ transaction: Transaction,
    _ status: (_ body: (inout ReplicationStatus) -> Void) -> Void
  ) throws(ApplierStop) {
    if !edits.isEmpty {
      guard var replication = transaction.catalog.replications[name] else { throw .gone }
      for edit in edits { edit(&replication) }
      try changed { () throws(StorageError) in try transaction.change(.putReplication(replication))
      }
    }
    transaction.setPosition(ReplicationDefinition.positionName(of: name), position.rawValue)
    try changed { () throws(StorageError) in try transaction.commit(mode: .durable) }
    self.transaction = nil
    edits = []
    durable = position
    status { status in
      status.visible = position
      status.durable = position
      status.commits += 1
      status.transactions += transactionCount
      status.lastCommitTime = lastCommitTime ?? status.lastCommitTime
      for (table, counters) in counters { status.count(table) { $0.add(counters) } }
    }
    counters = [:]
    transactionCount = 0
  }

  private func changed(_ body: () throws(StorageError) -> Void) throws(ApplierStop) {
    do throws(StorageError) { try body() } catch { throw .storage(error) }
  }

  /// Throws everything since the last commit away.
  func abandon() {
    transaction?.rollback()
    transaction = nil
  }

  // MARK: Copies

  /// Puts a copy and the changes since it was taken in the place of a table's rows, in one commit.
  ///
  /// - Parameters:
  ///   - copy: Its segments belong to the store from here on, whatever happens.
  ///   - id: The relation.
  ///   - changes: Since the copy's snapshot; everything before it was taken.
  ///   - status: As for ``commit(_:)``.
  /// - Throws: ``ApplierStop``.
  func exchange(
    _ copy: FinishedCopy,
    _ id: UInt32,
    _ changes: SpooledChanges,
    _ status: (_ body: (inout ReplicationStatus) -> Void) -> Void
  ) throws(ApplierStop) {
    precondition(
      !isOpen && position >= changes.start,
      "the copy is of a later moment than the other tables"
    )
    if hasPending { try commit(status) }
    guard let table = tables[id], table.table != nil else { return discard(copy) }
    let target = copy.definition.id
    let transaction = begun()
    var dropped: [String] = []
    do throws(StorageError) {
      try transaction.change(.truncate(target))
      var definition = copy.definition
      definition.generation = transaction.catalog.tables[target]?.generation ?? 0
      dropped = try transaction.alter(to: definition)
      try transaction.publish(copy.segments, of: target)
    } catch {
      throw .storage(error)
    }
    var fingerprint = copy.fingerprint
    try replay(changes, id, target, table.source, &fingerprint)
    if fingerprint.isTruncated { awaitingRows.insert(id) }
    let seen = SourceFingerprint(tables[id]?.fingerprint ?? "")
    fingerprint.takePartitions(of: seen, since: changes.start)
    let text = fingerprint.text
    let isFirst = table.state == .waiting
    edit(table.source) { table in
      table.state = .ready
      // Why it was copied again stays to be read.
      if isFirst { table.reason = nil }
      table.copiedAt = changes.start.rawValue
      table.columns = copy.columns
      table.fingerprint = text
      if !isFirst { table.resyncCount += 1 }
      table.noteDropped(dropped)
    }
    KillPoint.beforeExchange.pass()
    try finish(transaction, status)
    KillPoint.afterExchange.pass()
  }

  /// Puts the changes since a copy over it, as much at once as the memory is for.
  ///
  /// `fingerprint` takes TRUNCATEs among them, and the rows behind.
  private func replay(
    _ changes: SpooledChanges,
    _ id: UInt32,
    _ target: TableID,
    _ source: RelationName,
    _ fingerprint: inout SourceFingerprint
  ) throws(ApplierStop) {
    let key = changes.mapping.definition.keyPlaces
    var net = NetChanges(key: key)
    try changes.replay(source) { step throws(ApplierStop) in
      do throws(ChangeProblem) {
        switch step {
        case .changes(let batch):
          fingerprint.takeRows(of: batch.firstTransactionID, commit: batch.firstCommitLSN)
          try net.add(batch)
        case .truncate(let truncate):
          fingerprint.take(truncate)
          net.truncate()
        case .relation, .partition, .message: break
        }
      } catch { throw stop(id, error, in: changes.mapping) }
      guard net.rowCount >= Self.stageRows || net.byteCount >= Self.stageBytes else { return }
      try apply(net, of: id, to: target, source, segmentRows: 1)
      net = NetChanges(key: key)
    }
    try apply(net, of: id, to: target, source)
  }

  private func discard(_ copy: FinishedCopy) {
    for segment in copy.segments { store.discard(segment) }
  }
}

extension TableDefinition {
  /// Places of the key's columns, in key order.
  var keyPlaces: [Int] { primaryKey.compactMap { index(of: $0) } }
}

extension Transaction {
  /// Changes a table's columns; rollups of columns that are gone go with them.
  ///
  /// - Returns: Their names.
  fileprivate func alter(to definition: TableDefinition) throws(StorageError) -> [String] {
    let left = Set(definition.columns.map(\.id))
    let known = catalog.tables[definition.id]?.columns.map(\.id) ?? []
    let gone = known.filter { !left.contains($0) }
    let useless = catalog.rollups(reading: definition.id).filter { rollup in
      gone.contains { rollup.uses($0, of: definition.id) }
    }
    for rollup in useless { try change(.dropRollup(rollup.name)) }
    try change(.alterTable(definition))
    return useless.map(\.name)
  }
}

extension ReplicatedTable {
  fileprivate mutating func changeFingerprint(_ body: (inout SourceFingerprint) -> Void) {
    var known = SourceFingerprint(fingerprint)
    body(&known)
    fingerprint = known.text
  }

  /// Tells of rollups that went with their columns.
  fileprivate mutating func noteDropped(_ rollups: [String]) {
    guard !rollups.isEmpty else { return }
    reason = "rollup \(rollups.joined(separator: ", ")) went with a column that it used"
  }
}

extension TableCounters {
  mutating func add(_ other: TableCounters) {
    inserts += other.inserts
    updates += other.updates
    deletes += other.deletes
    truncates += other.truncates
    copiedRows += other.copiedRows
    filledValues += other.filledValues
    missingKeys += other.missingKeys
    duplicateKeys += other.duplicateKeys
  }
}
