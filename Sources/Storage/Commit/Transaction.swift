// A private write set over a snapshot, committed as one record.
//
// Definitions change in `working`, a state of the transaction's own; rows and deletes are kept per
// table and laid over it when the transaction reads. A transaction is used by one thread at a time.

package import Catalog
package import Columnar
internal import Synchronization

/// A place to which a transaction can go back.
package struct Savepoint {
  fileprivate var working: StoreState
  fileprivate var changes: [CatalogChange]
  fileprivate var tables: [TableID: OwnChanges]
  fileprivate var published: [OwnSegment]
  fileprivate var positions: [String: UInt64]
}

/// A bulk-loaded segment in a transaction.
struct OwnSegment {
  var table: TableID
  var partition: PartitionKey
  var segment: NewSegment
}

/// Reads one snapshot and its own changes; writes become visible to others with ``commit(mode:)``.
package final class Transaction {
  /// What it reads, own changes aside.
  package let snapshot: Snapshot
  let store: Store
  var working: StoreState
  var changes: [CatalogChange] = []
  var tables: [TableID: OwnChanges] = [:]
  var published: [OwnSegment] = []
  /// All files that were published here, also those taken back: the transaction's, until it commits.
  var ownFiles: [SegmentHandle] = []
  var positions: [String: UInt64] = [:]
  var isFinished = false
  private var ownEncoders: DeltaEncoders?

  init(_ snapshot: Snapshot, store: Store) {
    self.snapshot = snapshot
    self.store = store
    working = snapshot.state
  }

  deinit { dropFiles() }

  /// For own rows; taken from the store when first asked for.
  var encoders: DeltaEncoders {
    if let ownEncoders { return ownEncoders }
    let encoders = store.spareEncoders.withLock { $0.popLast() } ?? DeltaEncoders()
    ownEncoders = encoders
    return encoders
  }

  /// Gives the encoders back, after the commit: they hold no rows then.
  func releaseEncoders() {
    guard let encoders = ownEncoders, encoders.areSmall else { return }
    ownEncoders = nil
    for id in tables.keys {
      guard var own = tables.removeValue(forKey: id) else { continue }
      for key in own.rows.keys { own.rows[key]?.releaseVectors(to: encoders) }
    }
    store.spareEncoders.withLock { spare in
      if spare.count < Store.spareEncodersMax { spare.append(encoders) }
    }
  }

  /// All definitions, own changes included.
  package var catalog: CatalogSnapshot { working.catalog }

  /// Whether it changed definitions.
  package var hasOwnDefinitions: Bool { !changes.isEmpty }

  /// Whether nothing was written so far.
  package var isReadOnly: Bool {
    changes.isEmpty && published.isEmpty && positions.isEmpty
      && tables.values.allSatisfy(\.isEmpty)
  }

  /// A table's rows, own inserts and deletes included; nil when there is no such table.
  ///
  /// - Throws: ``StorageError`` when own rows cannot be made readable.
  package func table(_ id: TableID, scope: AccessScope) throws(StorageError) -> TableSnapshot? {
    guard let state = working.tables[id] else { return nil }
    var table = state.snapshot()
    guard var own = tables[id], !own.isEmpty else { return table }
    own.noteDeletes(in: state)
    for index in table.partitions.indices {
      for place in table.partitions[index].sources.indices {
        let base = table.partitions[index].sources[place].locatorBase
        guard let deletions = own.deletions[base] else { continue }
        table.partitions[index].sources[place].deletions = deletions
      }
    }
    table.liveRowCount -= own.deleted.count
    for key in own.rows.keys.sorted() {
      try own.rows[key]?.makeReadable(
        state.definition,
        blockRowCount: store.options.blockRowCount,
        encoders
      )
      guard let rows = own.rows[key] else { continue }
      table.liveRowCount += rows.liveRowCount
      table.addSources(rows.sources, to: key)
    }
    tables[id] = own
    return table
  }

  /// Finds rows by primary key, own changes included.
  ///
  /// - Parameters:
  ///   - id: A table with a primary key.
  ///   - keys: The key columns in key order.
  /// - Returns: For each key the locator of its live row, or nil.
  /// - Throws: ``StorageError``.
  package func locate(_ id: TableID, keys: Batch) throws(StorageError) -> [UInt64?] {
    guard let table = working.tables[id] else { throw .unknownTable(id) }
    return try locate(table, keys: keys, hashes: KeyHashes(of: keys))
  }

  func locate(
    _ table: TableState,
    keys: Batch,
    hashes: KeyHashes
  ) throws(StorageError) -> [UInt64?] {
    let id = table.definition.id
    guard tables[id]?.isEmpty == false else {
      return try table.locate(keys: keys, hashes: hashes)
    }
    tables[id]?.indexKeys()
    guard let own = tables[id] else { return [] }
    var found = try table.locate(
      keys: keys,
      hashes: hashes,
      ignoring: { own.deleted.contains($0) }
    )
    for row in found.indices where found[row] == nil {
      found[row] = own.locate(
        keys,
        row,
        hash: hashes.values[row],
        key: table.definition.primaryKey
      )
    }
    return found
  }

  /// A place to go back to.
  package func savepoint() -> Savepoint {
    Savepoint(
      working: working,
      changes: changes,
      tables: tables,
      published: published,
      positions: positions
    )
  }

  /// Takes back everything since a savepoint of this transaction.
  package func roll(back savepoint: Savepoint) {
    working = savepoint.working
    changes = savepoint.changes
    tables = savepoint.tables
    published = savepoint.published
    positions = savepoint.positions
  }

  /// The name under which a file of some content was loaded into a table before; nil when it was not.
  package func loadedFile(_ id: TableID, contentHash: [UInt8]) -> String? {
    working.loadedFiles.first { $0.table == id && $0.contentHash == contentHash }?.name
  }

  /// Whether rows of a table were inserted, deleted or published here.
  package func hasChangedRows(of id: TableID) -> Bool {
    tables[id]?.isEmpty == false || published.contains { $0.table == id }
  }

  /// Removes the files that no commit took over.
  ///
  /// - Parameter kept: Numbers of those that one did.
  func dropFiles(except kept: Set<UInt32> = []) {
    for file in ownFiles where !kept.contains(file.reference.number) { file.becomeObsolete() }
    ownFiles = []
  }

  /// Forgets all changes.
  package func rollback() {
    isFinished = true
    dropFiles()
    changes = []
    tables = [:]
    published = []
    positions = [:]
    working = snapshot.state
  }
}

extension OwnRows {
  /// The readable rows as scans see them.
  var sources: [SourceSnapshot] {
    chunks.map { chunk in
      SourceSnapshot(
        source: chunk.source,
        locatorBase: locatorBase + UInt64(chunk.firstRow),
        deletions: chunk.deletions
      )
    }
  }
}

extension TableSnapshot {
  /// Adds sources behind those of a partition.
  mutating func addSources(_ sources: [SourceSnapshot], to key: PartitionKey) {
    if let index = partitions.firstIndex(where: { $0.key == key }) {
      partitions[index].sources += sources
    } else {
      partitions.append(PartitionSnapshot(key: key, sources: sources))
      partitions.sort { $0.key < $1.key }
    }
  }
}
