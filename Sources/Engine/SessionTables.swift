import Catalog
import Columnar
import Execution
import Planning
import Storage

/// The tables of one statement: those of a snapshot or of a transaction with its own changes, and the system tables.
final class SessionTables: TableProvider, @unchecked Sendable {
  private enum Source {
    case snapshot(Snapshot)
    case transaction(Transaction)
  }
  // A transaction is changed by its session's thread only, and never while a statement reads it: the tables that the
  // statement reads are taken when it is made ready, on that thread.
  private let source: Source
  private unowned let session: Session
  let catalog: CatalogSnapshot
  /// The tables of the rollups that the statement is answered from.
  private var rollupTables: [TableID: TableSnapshot] = [:]
  /// The states of those rollups, by each of their tables.
  private var rollupStates: [TableID: (table: TableDefinition, state: RollupState)] = [:]
  /// The first months that rollups held when they were offered.
  private var firstMonths: [TableID: PartitionKey] = [:]
  /// The rollups that the statement may be answered from; nil: there are none.
  private(set) lazy var rollupChoice: RollupChoice? = makeRollupChoice()
  /// Whether EXPLAIN asks, which wants reasons.
  var isExplained = false

  init(_ session: Session, snapshot: Snapshot) {
    self.session = session
    source = .snapshot(snapshot)
    catalog = snapshot.catalog
  }

  init(_ session: Session, transaction: Transaction) {
    self.session = session
    source = .transaction(transaction)
    catalog = transaction.catalog
  }

  func table(_ id: TableID) -> TableSnapshot? {
    if let known = rollupTables[id] { return known }
    if let rollup = rollupStates[id] {
      let snapshot = rollup.state.snapshot(rollup.table)
      rollupTables[id] = snapshot
      return snapshot
    }
    switch source {
    case .snapshot(let snapshot): return snapshot.table(id, scope: .unrestricted)
    case .transaction(let transaction): return try? transaction.table(id, scope: .unrestricted)
    }
  }

  // MARK: Rollups

  private func makeRollupChoice() -> RollupChoice? {
    guard !catalog.rollups.isEmpty else { return nil }
    return RollupChoice(
      givesReasons: isExplained,
      offers: { [unowned self] table in offers(of: table) },
      take: { [unowned self] rollup in take(rollup) }
    )
  }

  private func offers(of table: TableID) -> [RollupChoice.Offer] {
    var isCommitted = false
    if case .snapshot = source { isCommitted = true }
    let rollups = session.database.rollups.bound(of: table, catalog, isCommitted: isCommitted)
    return rollups.map { one in
      let offer = one.entry.offer(one.plans)
      firstMonths[offer.rollup.id] = offer.firstMonth
      return RollupChoice.Offer(
        rollup: offer.rollup,
        rowCounts: offer.rowCounts,
        keptFrom: offer.firstMonth?.firstMicrosecond,
        refusal: offer.isReady
          ? nil : "it is being built (\(Int(one.entry.progress * 100)) %)"
      )
    }
  }

  /// Makes a rollup's tables readable as of the statement's moment.
  private func take(_ rollup: BoundRollup) -> Bool {
    if rollupStates[rollup.id] != nil { return true }
    guard let entry = session.database.rollups.entry(rollup.id) else { return false }
    // The fit holds for the months that were there when the rollup was offered.
    guard let state = state(of: entry, rollup), state.firstMonth == firstMonths[rollup.id] else {
      return false
    }
    entry.noteUse()
    for table in rollup.tables { rollupStates[table.id] = (table, state) }
    return true
  }

  /// A rollup at the statement's moment; nil: it would take too long to get there.
  private func state(of entry: RollupEntry, _ rollup: BoundRollup) -> RollupState? {
    var sequence: UInt64?
    if case .snapshot(let snapshot) = source {
      sequence = snapshot.sequence
      if let state = entry.state(atCommit: snapshot.sequence) { return state }
    }
    guard let moment = RollupMoment(rollup.definition, self) else { return nil }
    return try? entry.state(at: moment, sequence: sequence)
  }

  func table(_ id: TableID, holding keys: Batch) throws(ExecutionError) -> TableSnapshot? {
    do throws(StorageError) {
      switch source {
      case .snapshot(let snapshot):
        return try snapshot.table(id, scope: .unrestricted, holding: keys)
      case .transaction(let transaction):
        return try transaction.table(id, scope: .unrestricted, holding: keys)
      }
    } catch {
      throw ExecutionError(error)
    }
  }

  func systemTable(_ name: RelationName) throws(ExecutionError) -> [Batch] {
    guard let table = SystemTables.table(name) else { return [] }
    return table.batches(
      SystemTableContext(database: session.database, session: session, tables: self)
    )
  }
}

/// The sizes by which joins are ordered.
extension SessionTables: TableStatistics {
  func rowCount(of table: TableID) -> Int? { self.table(table)?.liveRowCount }
}
