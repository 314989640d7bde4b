// A table reduced to some rows: what a statement about a few keys reads of it.

package import Catalog
package import Columnar

/// Sources that hold some rows, by partition.
struct RowPlaces {
  private var partitions: [PartitionKey: [SourceSnapshot]] = [:]
  private(set) var rowCount = 0

  /// Adds a source and the rows of it that are wanted.
  mutating func add(
    _ source: any RowSource,
    base: UInt64,
    deletions: DeleteVector?,
    rows: [Int],
    in key: PartitionKey
  ) {
    rowCount += rows.count
    partitions[key, default: []].append(
      SourceSnapshot(source: source, locatorBase: base, deletions: deletions, wantedRows: rows)
    )
  }

  /// The table as far as the rows need it.
  func snapshot(of definition: TableDefinition) -> TableSnapshot {
    TableSnapshot(
      definition: definition,
      partitions: partitions.keys.sorted().map { key in
        PartitionSnapshot(key: key, sources: partitions[key] ?? [])
      },
      liveRowCount: rowCount
    )
  }
}

extension TableState {
  /// Adds the sources of committed rows.
  ///
  /// - Parameters:
  ///   - locators: Ascending; what is not in this state is passed over.
  ///   - own: The delete vectors of a transaction, by locator of a source's row 0.
  ///   - places: Where the sources go.
  func addPlaces(
    of locators: [UInt64],
    deletions own: [UInt64: DeleteVector] = [:],
    to places: inout RowPlaces
  ) {
    var start = 0
    while start < locators.count {
      guard let key = partition(of: locators[start]),
        let (base, rowCount, deletions) = source(of: locators[start]),
        let source = rowSource(of: locators[start])
      else {
        start += 1
        continue
      }
      var end = start
      while end < locators.count, locators[end] - base < UInt64(rowCount) { end += 1 }
      places.add(
        source,
        base: base,
        deletions: own[base] ?? deletions,
        rows: locators[start..<end].map { Int($0 - base) },
        in: key
      )
      start = max(end, start + 1)
    }
  }

  private func rowSource(of locator: UInt64) -> (any RowSource)? {
    Locator.isDelta(locator)
      ? deltaEntry(of: locator)?.source : segment(Locator.segment(of: locator))?.source
  }
}

extension Snapshot {
  /// A table reduced to the rows of some primary keys; nil when there is no such table.
  ///
  /// - Parameters:
  ///   - id: A table with a primary key.
  ///   - scope: Whose rows may be read.
  ///   - keys: The key columns in key order.
  /// - Returns: Only the sources that hold the rows, with their numbers.
  /// - Throws: ``StorageError`` when a segment cannot be read.
  package func table(
    _ id: TableID,
    scope: AccessScope,
    holding keys: Batch
  ) throws(StorageError) -> TableSnapshot? {
    guard let table = state.tables[id] else { return nil }
    let found = try locate(id, keys: keys).compactMap { $0 }
    var places = RowPlaces()
    table.addPlaces(of: found.sorted(), to: &places)
    return places.snapshot(of: table.definition)
  }
}

extension Transaction {
  /// A table reduced to the rows of some primary keys, own changes included; nil when there is no such table.
  ///
  /// - Parameters:
  ///   - id: A table with a primary key.
  ///   - scope: Whose rows may be read.
  ///   - keys: The key columns in key order.
  /// - Returns: Only the sources that hold the rows, with their numbers.
  /// - Throws: ``StorageError`` when a segment cannot be read, or own rows cannot be made readable.
  package func table(
    _ id: TableID,
    scope: AccessScope,
    holding keys: Batch
  ) throws(StorageError) -> TableSnapshot? {
    try table(id, scope: scope, at: try locate(id, keys: keys).compactMap { $0 })
  }

  /// A table reduced to some rows; nil when there is no such table.
  ///
  /// - Parameters:
  ///   - id: The table.
  ///   - scope: Whose rows may be read.
  ///   - locators: Rows that this transaction sees, in any order.
  /// - Returns: Only the sources that hold the rows, with their numbers.
  /// - Throws: ``StorageError`` when own rows cannot be made readable.
  package func table(
    _ id: TableID,
    scope: AccessScope,
    at locators: [UInt64]
  ) throws(StorageError) -> TableSnapshot? {
    guard let table = working.tables[id] else { return nil }
    let found = locators.sorted()
    var places = RowPlaces()
    let committed = found.filter { !Locator.isOwn($0) }
    guard var own = tables[id], !own.isEmpty else {
      table.addPlaces(of: committed, to: &places)
      return places.snapshot(of: table.definition)
    }
    tables[id] = nil
    defer { tables[id] = own }
    own.noteDeletes(in: table)
    table.addPlaces(of: committed, deletions: own.deletions, to: &places)
    for (ordinal, key) in own.partitionOfOrdinal.enumerated() {
      let base = Locator.base(ordinal: ordinal)
      let rows = found.filter {
        Locator.isOwn($0) && Int(Locator.slot(of: $0)) == ordinal
      }
      guard !rows.isEmpty else { continue }
      try own.rows[key]?.makeReadable(
        table.definition,
        blockRowCount: store.options.blockRowCount,
        encoders
      )
      for chunk in own.rows[key]?.chunks ?? [] {
        let mine = rows.map { Int($0 - base) }.filter { chunk.rows.contains($0) }
        guard !mine.isEmpty else { continue }
        places.add(
          chunk.source,
          base: base + UInt64(chunk.firstRow),
          deletions: chunk.deletions,
          rows: mine.map { $0 - chunk.firstRow },
          in: key
        )
      }
    }
    return places.snapshot(of: table.definition)
  }
}
