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
  /// The first months that rollups held when they were offered.
  private var firstMonths: [TableID: PartitionKey] = [:]
  /// The rollups that the statement may be answered from; nil: there are none.
  private(set) lazy var rollupChoice: RollupChoice? = makeRollupChoice()

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
    switch source {
    case .snapshot(let snapshot): return snapshot.table(id, scope: .unrestricted)
    case .transaction(let transaction): return try? transaction.table(id, scope: .unrestricted)
    }
  }

  // MARK: Rollups

  private func makeRollupChoice() -> RollupChoice? {
    guard !catalog.rollups.isEmpty else { return nil }
    return RollupChoice(
      offers: { [unowned self] table in offers(of: table) },
      take: { [unowned self] rollup in take(rollup) }
    )
  }

  private func offers(of table: TableID) -> [RollupChoice.Offer] {
    guard let definition = catalog.tables[table] else { return [] }
    return catalog.rollups(of: table).compactMap { rollup in
      let lookup = rollup.lookup.flatMap { catalog.tables[$0.table] }
      guard let entry = session.database.rollups.entry(rollup.id),
        let bound = try? entry.plans(definition, lookup: lookup).rollup
      else { return nil }
      let state = entry.state
      let counts = bound.tables.map { ($0.id, state?.rowCount($0.id) ?? 0) }
      let percent = Int(entry.progress * 100)
      firstMonths[rollup.id] = state?.firstMonth
      return RollupChoice.Offer(
        rollup: bound,
        rowCounts: Dictionary(uniqueKeysWithValues: counts),
        keptFrom: state?.firstMonth?.firstMicrosecond,
        refusal: state == nil ? "it is being built (\(percent) %)" : nil
      )
    }
  }

  /// Makes a rollup's tables readable as of the statement's moment.
  private func take(_ rollup: BoundRollup) -> Bool {
    if rollupTables[rollup.id] != nil { return true }
    guard let entry = session.database.rollups.entry(rollup.id),
      let moment = RollupMoment(rollup.definition, self)
    else { return false }
    var sequence: UInt64?
    if case .snapshot(let snapshot) = source { sequence = snapshot.sequence }
    // The fit holds for the months that were there when the rollup was offered.
    guard let state = try? entry.state(at: moment, sequence: sequence),
      state.firstMonth == firstMonths[rollup.id]
    else { return false }
    entry.noteUse()
    for table in rollup.tables { rollupTables[table.id] = state.snapshot(table) }
    return true
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
