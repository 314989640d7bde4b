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
    switch source {
    case .snapshot(let snapshot): snapshot.table(id, scope: .unrestricted)
    case .transaction(let transaction): try? transaction.table(id, scope: .unrestricted)
    }
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
