package import Catalog
package import Columnar
internal import Synchronization

/// One consistent state, pinned: nothing in it changes, and its files stay until the last reference
/// goes.
package final class Snapshot: Sendable {
  let state: StoreState
  /// Tables as scans see them, made when they are asked for first: many statements read one snapshot.
  private let scanned = Mutex<[TableID: TableSnapshot]>([:])

  init(_ state: StoreState) { self.state = state }

  /// The commit that made this state.
  package var sequence: UInt64 { state.sequence }
  /// All definitions.
  package var catalog: CatalogSnapshot { state.catalog }
  /// Positions of change streams, as committed with their rows.
  package var positions: [String: UInt64] { state.positions }

  /// A table's rows; nil when there is no such table.
  package func table(_ id: TableID, scope: AccessScope) -> TableSnapshot? {
    if let known = scanned.withLock({ $0[id] }) { return known }
    guard let made = state.tables[id]?.snapshot() else { return nil }
    scanned.withLock { $0[id] = made }
    return made
  }

  /// Finds rows by primary key.
  ///
  /// - Parameters:
  ///   - id: A table with a primary key.
  ///   - keys: The key columns in key order.
  /// - Returns: For each key the locator of its live row, or nil.
  /// - Throws: ``StorageError/unknownTable(_:)``, or what reading a segment gives.
  package func locate(_ id: TableID, keys: Batch) throws(StorageError) -> [UInt64?] {
    guard let table = state.tables[id] else { throw .unknownTable(id) }
    return try table.locate(keys: keys, hashes: KeyHashes(of: keys))
  }

  /// Whether a file of this content was loaded into the table; nil or the name it had then.
  package func loadedFile(_ id: TableID, contentHash: [UInt8]) -> String? {
    state.loadedFiles.first { $0.table == id && $0.contentHash == contentHash }?.name
  }
}
