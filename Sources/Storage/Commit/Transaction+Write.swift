package import Catalog
package import Columnar

extension Transaction {
  /// Inserts rows.
  ///
  /// - Parameters:
  ///   - id: The table.
  ///   - rows: Columns in definition order. The rows are copied.
  /// - Throws: ``StorageError/notNullViolation(table:column:)`` or
  ///   ``StorageError/uniqueViolation(table:columns:key:)``, and nothing is inserted then.
  package func insert(_ id: TableID, _ rows: Batch) throws(StorageError) {
    guard let table = working.tables[id] else { throw .unknownTable(id) }
    precondition(rows.columns.count == table.definition.columns.count, "columns of the batch")
    guard rows.rowCount > 0 else { return }
    try checkNulls(rows, table.definition)
    let keys = rows.selecting(table.keyColumns.map(\.index))
    let hashes = KeyHashes(of: keys)
    if !table.definition.primaryKey.isEmpty { try checkKeys(keys, hashes, table) }
    append(rows, hashes, to: table.definition, areNew: true)
  }

  /// Replaces rows by others with the same keys, as an UPDATE does that leaves the key alone.
  ///
  /// - Parameters:
  ///   - id: The table.
  ///   - locators: Rows that this transaction can see, each once.
  ///   - rows: For each of them the new row, columns in definition order. The rows are copied.
  ///   - keepsKeys: False: keys may have changed; they are looked up at the commit.
  /// - Throws: ``StorageError/notNullViolation(table:column:)``, and nothing is replaced then; or why own
  ///   rows cannot be made readable.
  package func replace(
    _ id: TableID,
    locators: [UInt64],
    by rows: Batch,
    keepsKeys: Bool = true
  ) throws(StorageError) {
    guard let table = working.tables[id] else { throw .unknownTable(id) }
    precondition(rows.columns.count == table.definition.columns.count, "columns of the batch")
    precondition(rows.rowCount == locators.count, "one row for each locator")
    try checkNulls(rows, table.definition)
    let count = try delete(id, locators: locators)
    precondition(count == locators.count, "a row is replaced once")
    let keys = rows.selecting(table.keyColumns.map(\.index))
    // An own row may have been inserted by this transaction.
    let areNew = !keepsKeys || locators.contains(where: Locator.isOwn)
    append(rows, KeyHashes(of: keys), to: table.definition, areNew: areNew)
  }

  private func checkNulls(_ rows: Batch, _ definition: TableDefinition) throws(StorageError) {
    for (column, vector) in zip(definition.columns, rows.columns) where vector.hasNulls {
      guard !column.isNullable || definition.primaryKey.contains(column.id) else { continue }
      for row in 0..<rows.rowCount where !vector.isValid(row) {
        throw .notNullViolation(table: definition.name, column: column.name)
      }
    }
  }

  private func checkKeys(
    _ keys: Batch,
    _ hashes: KeyHashes,
    _ table: TableState
  ) throws(StorageError) {
    let order = (0..<keys.rowCount).sorted { hashes.values[$0] < hashes.values[$1] }
    // Equal keys have equal hashes, and rows of one hash stand side by side.
    for (place, row) in order.enumerated() {
      for other in order[(place + 1)...] {
        guard hashes.values[other] == hashes.values[row] else { break }
        if keys.isSameRow(row, other) { throw table.uniqueViolation(keys, row) }
      }
    }
    let found = try locate(table, keys: keys, hashes: hashes)
    if let row = found.firstIndex(where: { $0 != nil }) { throw table.uniqueViolation(keys, row) }
  }

  /// Copies rows to their partitions, with the hashes of their keys.
  private func append(
    _ rows: Batch,
    _ hashes: KeyHashes,
    to definition: TableDefinition,
    areNew: Bool
  ) {
    guard rows.rowCount > 0 else { return }
    var own = tables[definition.id] ?? OwnChanges()
    // One owner of the rows while they grow.
    tables[definition.id] = nil
    var places: [PartitionKey: [Int32]] = [:]
    for (row, key) in Partitioner(definition).keys(of: rows).enumerated() {
      places[key, default: []].append(Int32(row))
    }
    for key in places.keys.sorted() {
      guard let list = places[key] else { continue }
      var part = own.own(key, definition, capacity: list.count, encoders)
      own.rows[key] = nil
      part.append(rows, rows: list, hashes, areNew: areNew)
      own.rows[key] = part
    }
    tables[definition.id] = own
  }

  /// Deletes rows.
  ///
  /// - Parameters:
  ///   - id: The table.
  ///   - locators: Rows that this transaction can see; those it has deleted already are passed over.
  /// - Returns: How many rows this call deleted.
  /// - Throws: ``StorageError`` when own rows cannot be made readable.
  @discardableResult
  package func delete(_ id: TableID, locators: [UInt64]) throws(StorageError) -> Int {
    guard let table = working.tables[id] else { throw .unknownTable(id) }
    var own = tables[id] ?? OwnChanges()
    tables[id] = nil
    defer { tables[id] = own }
    var count = 0
    var committed: [UInt64] = []
    var ownRows: [Int: [Int]] = [:]
    committed.reserveCapacity(locators.count)
    own.deleted.reserveCapacity(own.deleted.count + locators.count)
    for locator in locators {
      if Locator.isOwn(locator) {
        ownRows[Int(Locator.slot(of: locator)), default: []].append(
          Int(Locator.deltaRow(of: locator))
        )
      } else if own.deleted.insert(locator).inserted {
        committed.append(locator)
      }
    }
    for (ordinal, rows) in ownRows where ordinal < own.partitionOfOrdinal.count {
      let key = own.partitionOfOrdinal[ordinal]
      try own.rows[key]?.makeReadable(
        table.definition,
        blockRowCount: store.options.blockRowCount,
        encoders
      )
      count += own.rows[key]?.delete(rows) ?? 0
    }
    own.unnoted += committed
    return count + committed.count
  }

  /// Changes definitions, or all rows of a table or partition.
  ///
  /// - Throws: ``StorageError/unknownTable(_:)``.
  package func change(_ change: CatalogChange) throws(StorageError) {
    switch change {
    case .truncate(let id), .dropTable(let id):
      guard working.tables[id] != nil else { throw .unknownTable(id) }
      tables[id] = nil
      published.removeAll { $0.table == id }
    case .dropPartition(let id, let key):
      guard let table = working.tables[id] else { throw .unknownTable(id) }
      tables[id]?.rows[key] = nil
      let gone = (tables[id]?.deleted ?? []).filter { table.partition(of: $0) == key }
      tables[id]?.deleted.subtract(gone)
      tables[id]?.unnoted.removeAll { gone.contains($0) }
      // What came in the place of rows that are gone anyhow is not found by their deletes any more.
      if !gone.isEmpty {
        for other in (tables[id]?.rows ?? [:]).keys { tables[id]?.rows[other]?.noteNewKeys() }
      }
      published.removeAll { $0.table == id && $0.partition == key }
    case .alterTable(let definition):
      guard working.tables[definition.id] != nil else { throw .unknownTable(definition.id) }
      for key in (tables[definition.id]?.rows ?? [:]).keys {
        tables[definition.id]?.rows[key]?.alter(to: definition)
      }
    default: break
    }
    var effects = ApplyEffects()
    do throws(ApplyError) {
      try working.apply(change, &effects)
    } catch {
      throw .serialization(table: error.what)
    }
    changes.append(change)
  }

  /// Notes how far a change stream is applied, with the rows of this transaction.
  package func setPosition(_ name: String, _ position: UInt64) { positions[name] = position }

  /// Publishes bulk-loaded segments, which are durable already; the files go when the transaction fails.
  ///
  /// - Parameters:
  ///   - files: From ``Store/beginSegment(of:partition:)``.
  ///   - id: The table. Keys are the loader's matter: it knows what to do with a duplicate.
  /// - Throws: ``StorageError`` when a file cannot be opened.
  package func publish(_ files: [BuiltSegment], of id: TableID) throws(StorageError) {
    guard let table = working.tables[id] else { throw .unknownTable(id) }
    var effects = ApplyEffects()
    var handles: [SegmentHandle] = []
    do throws(StorageError) {
      for file in files { handles.append(try store.openHandle(file, of: table.definition)) }
    } catch {
      for file in files { store.discard(file) }
      throw error
    }
    ownFiles += handles
    for (file, handle) in zip(files, handles) {
      let segment = NewSegment(reference: handle.reference, handle: handle)
      do throws(ApplyError) {
        try working.apply(.publish(id, file.partition, [segment]), &effects)
      } catch {
        throw .corrupt(file: handle.path, offset: 0, what: error.what)
      }
      published.append(OwnSegment(table: id, partition: file.partition, segment: segment))
    }
  }
}

extension OwnChanges {
  /// Lays the deletes that wait over the delete vectors of their sources.
  mutating func noteDeletes(in table: TableState) {
    let locators = unnoted.sorted()
    unnoted = []
    var start = 0
    while start < locators.count {
      guard let (base, rowCount, deletions) = table.source(of: locators[start]) else {
        start += 1
        continue
      }
      var last = start
      while last < locators.count, locators[last] - base < UInt64(rowCount) { last += 1 }
      let old = self.deletions[base] ?? deletions ?? DeleteVector(rowCount: rowCount)
      self.deletions[base] = old.deleting(locators[start..<last].lazy.map { Int($0 - base) })
      start = max(last, start + 1)
    }
  }
}

extension TableState {
  /// The source that holds a committed row: locator of its row 0, its rows, its deletes.
  func source(of locator: UInt64) -> (base: UInt64, rowCount: Int, deletions: DeleteVector?)? {
    if Locator.isDelta(locator) {
      guard let entry = deltaEntry(of: locator) else { return nil }
      let base = locator - (Locator.deltaRow(of: locator) - entry.firstRow)
      return (base, entry.rowCount, entry.deletions)
    }
    guard let entry = segment(Locator.segment(of: locator)) else { return nil }
    return (entry.locatorBase, entry.reference.rowCount, entry.deletions)
  }

  /// The partition of a committed row.
  func partition(of locator: UInt64) -> PartitionKey? {
    Locator.isDelta(locator)
      ? partitionOfSlot[Locator.slot(of: locator)]
      : partitionOfSegment[Locator.segment(of: locator)]
  }

  /// The error of a key that exists already.
  func uniqueViolation(_ keys: Batch, _ row: Int) -> StorageError {
    .uniqueViolation(
      table: definition.name,
      columns: keyColumns.map { definition.columns[$0.index].name },
      key: keys.columns.map { $0.datum(at: row) }
    )
  }
}

extension Batch {
  /// Some of the columns, shared.
  func selecting(_ indexes: [Int]) -> Batch {
    Batch(columns: indexes.map { columns[$0] }, rowCount: rowCount)
  }

  /// Whether two rows hold the same key.
  func isSameRow(_ row: Int, _ other: Int) -> Bool {
    columns.allSatisfy { $0.isSameKey(row, as: $0, other) }
  }
}
