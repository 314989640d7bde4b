// Turning a write set into a record, under the commit lock, against the head state: rows may have moved
// into segments since the snapshot, and others may have changed them first.

internal import Catalog
internal import Columnar
internal import SystemIO

/// Own rows of one partition, encoded before the lock is taken.
private struct PreparedRows {
  var rows: NewRows
  var keys: Batch
  /// Rows in place of others with their keys need no look: the commit fails unless it deletes those.
  var hasNewKeys: Bool
}

extension Transaction {
  /// Makes all changes durable and visible, together.
  ///
  /// - Parameter mode: When to return.
  /// - Throws: ``StorageError/serialization(table:)`` when another transaction changed the same rows
  ///   or definitions first, ``StorageError/uniqueViolation(table:columns:key:)`` when it inserted the
  ///   same key, or why the log could not be written. Nothing is changed then.
  package func commit(mode: CommitMode = .durable) throws(StorageError) {
    precondition(!isFinished, "a transaction ends once")
    isFinished = true
    guard !isReadOnly else {
      dropFiles()
      return
    }
    do throws(StorageError) {
      try commitChanges(mode)
      dropFiles(except: Set(published.map(\.segment.reference.number)))
    } catch {
      // After a failed sync nobody knows whether the record is in the log, which needs its files then.
      if case .failed = error { ownFiles = [] }
      dropFiles()
      throw error
    }
  }

  private func commitChanges(_ mode: CommitMode) throws(StorageError) {
    let prepared = try prepareRows()
    let time = store.options.clock.unixMicroseconds
    try store.pipeline.commit(mode) { (head) throws(StorageError) in
      CommitRecord(timeMicroseconds: time, parts: try makeParts(prepared, head))
    }
    releaseEncoders()
    store.noteCommit(of: prepared.map { ($0.rows.table, $0.rows.partition) })
  }

  private func prepareRows() throws(StorageError) -> [PreparedRows] {
    var prepared: [PreparedRows] = []
    for id in tables.keys.sorted() {
      guard let own = tables[id], let definition = working.tables[id]?.definition else { continue }
      for key in own.rows.keys.sorted() {
        guard
          let (batch, keyHashes, keyBatch) = try own.rows[key]?.committed(
            key: definition.primaryKey,
            blockRowCount: store.options.blockRowCount,
            encoders
          )
        else { continue }
        let rows = NewRows(
          table: id,
          partition: key,
          firstRow: 0,
          batch: batch,
          keyHashes: keyHashes
        )
        prepared.append(
          PreparedRows(
            rows: rows,
            keys: keyBatch,
            hasNewKeys: own.rows[key]?.hasNewKeys ?? true
          )
        )
      }
    }
    return prepared
  }

  private func makeParts(
    _ prepared: [PreparedRows],
    _ head: StoreState
  ) throws(StorageError) -> [CommitPart] {
    if head.catalog.version != snapshot.catalog.version { try checkChanges(head) }
    var deletes: [TableID: ResolvedDeletes] = [:]
    for id in tables.keys.sorted() {
      guard let own = tables[id], !own.isEmpty else { continue }
      try checkDefinition(id, head)
      guard !own.deleted.isEmpty else { continue }
      deletes[id] = try resolve(own.deleted, of: id, in: head)
    }
    try checkPublishedKeys(head, deletes)
    var parts: [CommitPart] = changes.map { .catalog($0) }
    parts += published.map { .publish($0.table, $0.partition, [$0.segment]) }
    for id in deletes.keys.sorted() { parts.append(.delete(id, deletes[id]?.sorted ?? [])) }
    for item in prepared {
      try checkKeys(item, head, deletes[item.rows.table]?.all ?? [])
      var rows = item.rows
      rows.firstRow = nextDeltaRow(rows, head)
      parts.append(.rows(rows))
    }
    for name in positions.keys.sorted() { parts.append(.position(name, positions[name] ?? 0)) }
    return parts
  }

  /// Definitions changed since the snapshot: own changes of them cannot be laid over that.
  ///
  /// A file noted as loaded needs only its table, and that nobody noted it first.
  private func checkChanges(_ head: StoreState) throws(StorageError) {
    for change in changes {
      guard case .recordLoadedFile(let id, let hash, _) = change, !isNew(id) else {
        throw .serialization(table: "")
      }
      try checkDefinition(id, head)
      let before = snapshot.loadedFile(id, contentHash: hash)
      guard before != nil || Snapshot(head).loadedFile(id, contentHash: hash) == nil else {
        throw .serialization(table: working.tables[id]?.definition.name ?? "")
      }
    }
  }

  /// Looks for keys of published segments among the rows that others committed since the snapshot, those aside that
  /// this transaction deletes: maintenance may have moved them.
  private func checkPublishedKeys(
    _ head: StoreState,
    _ deletes: [TableID: ResolvedDeletes]
  ) throws(StorageError) {
    guard !published.isEmpty, head.sequence != snapshot.sequence else { return }
    for id in Set(published.map(\.table)).sorted() where !isNew(id) {
      try checkDefinition(id, head)
      guard let table = head.tables[id], let seen = snapshot.state.tables[id],
        !table.definition.primaryKey.isEmpty
      else { continue }
      let files = published.filter { $0.table == id }.compactMap(\.segment.handle?.file)
      let deleted = deletes[id]?.all ?? []
      for source in table.sources(since: seen) {
        try checkKeys(of: source, against: files, table, ignoring: deleted)
      }
    }
  }

  private func checkKeys(
    of source: SourceSnapshot,
    against files: [SegmentFile],
    _ table: TableState,
    ignoring deleted: Set<UInt64>
  ) throws(StorageError) {
    var columns: [Vector] = []
    for id in table.definition.primaryKey { columns.append(try source.source.decodeColumn(id)) }
    let keys = Batch(columns: columns, rowCount: source.source.rowCount)
    let hashes = KeyHashes(of: keys)
    for file in files {
      var rows = [Int32](repeating: -1, count: keys.rowCount)
      try file.locate(keys: hashes, of: keys, into: &rows)
      for row in rows.indices where rows[row] >= 0 && source.deletions?.isDeleted(row) != true {
        if deleted.contains(source.locatorBase &+ UInt64(row)) { continue }
        throw table.uniqueViolation(keys, row)
      }
    }
  }

  /// Whether the head's table is not the one this transaction read, because it made or emptied it.
  private func isNew(_ id: TableID) -> Bool {
    guard let before = snapshot.state.tables[id], let now = working.tables[id] else { return true }
    return before.definition.generation != now.definition.generation
  }

  private func checkDefinition(_ id: TableID, _ head: StoreState) throws(StorageError) {
    guard let before = snapshot.state.tables[id] else { return }
    guard let now = head.tables[id], now.definition.generation == before.definition.generation,
      now.definition.columns.map(\.id) == before.definition.columns.map(\.id),
      now.definition.primaryKey == before.definition.primaryKey
    else { throw .serialization(table: before.definition.name) }
  }

  /// Own rows go behind the rows of the partition as it will be when the record is applied.
  private func nextDeltaRow(_ rows: NewRows, _ head: StoreState) -> UInt64 {
    let isEmptied = changes.contains { change in
      if case .dropPartition(rows.table, rows.partition) = change { return true }
      return false
    }
    guard !isNew(rows.table), !isEmptied else { return 0 }
    return head.tables[rows.table]?.partitions[rows.partition]?.nextDeltaRow ?? 0
  }

  /// Where the rows to delete are in the head state.
  private func resolve(
    _ locators: Set<UInt64>,
    of id: TableID,
    in head: StoreState
  ) throws(StorageError) -> ResolvedDeletes {
    guard let table = head.tables[id], let seen = snapshot.state.tables[id] else {
      // Rows of segments that this transaction published into a table of its own.
      return ResolvedDeletes(sorted: locators.sorted(), all: locators)
    }
    let ownSegments = Set(published.map(\.segment.reference.number))
    let sorted = locators.sorted()
    var moved: [UInt64] = []
    var place = 0
    while place < sorted.count {
      // Rows of one source stand side by side.
      let first = sorted[place]
      let isOwn = Locator.isSegment(first) && ownSegments.contains(Locator.segment(of: first))
      let source = isOwn ? nil : table.source(of: first)
      let end = source.map { $0.base + UInt64($0.rowCount) } ?? first + 1
      repeat {
        let locator = sorted[place]
        let isHere =
          isOwn
          || source.map { locator < end && $0.deletions?.isDeleted(Int(locator - $0.base)) != true }
            ?? false
        if !isHere { moved.append(locator) }
        place += 1
      } while place < sorted.count && sorted[place] < end
    }
    guard !moved.isEmpty else { return ResolvedDeletes(sorted: sorted, all: locators) }
    var resolved = Set(sorted).subtracting(moved)
    for locator in moved {
      guard let now = seen.follow(locator, to: table) else {
        throw .serialization(table: table.definition.name)
      }
      resolved.insert(now)
    }
    return ResolvedDeletes(sorted: resolved.sorted(), all: resolved)
  }

  /// Looks for the keys of own rows among what others committed since the snapshot.
  private func checkKeys(
    _ item: PreparedRows,
    _ head: StoreState,
    _ deleted: Set<UInt64>
  ) throws(StorageError) {
    guard item.hasNewKeys, !item.rows.keyHashes.isEmpty, head.sequence != snapshot.sequence,
      !isNew(item.rows.table),
      let table = head.tables[item.rows.table], let seen = snapshot.state.tables[item.rows.table]
    else { return }
    let dropped = changes.compactMap { change -> PartitionKey? in
      if case .dropPartition(item.rows.table, let key) = change { key } else { nil }
    }
    let found = try table.locate(
      keys: item.keys,
      hashes: KeyHashes(values: item.rows.keyHashes),
      isNewSegment: { seen.partitionOfSegment[$0] == nil },
      ignoring: { locator in
        deleted.contains(locator)
          || (!dropped.isEmpty && table.partition(of: locator).map(dropped.contains) == true)
      }
    )
    if let row = found.firstIndex(where: { $0 != nil }) {
      throw table.uniqueViolation(item.keys, row)
    }
  }
}

/// The committed rows of a table that a transaction deletes, where they are in the head state.
private struct ResolvedDeletes {
  /// Ascending.
  var sorted: [UInt64]
  /// The same ones: made once a commit, as every partition's rows ask for them.
  var all: Set<UInt64>
}

extension TableState {
  /// The sources that hold rows which the older state `seen` did not have.
  fileprivate func sources(since seen: TableState) -> [SourceSnapshot] {
    var sources: [SourceSnapshot] = []
    for (key, partition) in partitions {
      let old = seen.partitions[key]
      let firstNew = old?.slot == partition.slot ? old?.nextDeltaRow ?? 0 : 0
      for entry in partition.delta where entry.rows.upperBound > firstNew {
        let base = Locator.base(slot: partition.slot) + entry.firstRow
        sources.append(
          SourceSnapshot(source: entry.source, locatorBase: base, deletions: entry.deletions)
        )
      }
      for entry in partition.segments
      where seen.partitionOfSegment[entry.reference.number] == nil {
        guard let source = entry.source else { continue }
        sources.append(
          SourceSnapshot(
            source: source,
            locatorBase: entry.locatorBase,
            deletions: entry.deletions
          )
        )
      }
    }
    return sources
  }

  /// Follows a row that this (older) state had to where it is in `head`; nil when it is gone.
  func follow(_ locator: UInt64, to head: TableState) -> UInt64? {
    var map: RowMap?
    var row: UInt64
    if Locator.isDelta(locator) {
      row = Locator.deltaRow(of: locator)
      map = deltaEntry(of: locator)?.batch.sealedMap
    } else {
      row = UInt64(Locator.segmentRow(of: locator))
      map = segment(Locator.segment(of: locator))?.handle?.movedTo
    }
    while let current = map, let next = current.locator(ofRow: row) {
      if head.isLive(next) { return next }
      row = UInt64(Locator.segmentRow(of: next))
      let number = Locator.segment(of: next)
      map = current.targets.first { $0.reference.number == number }?.movedTo
    }
    return nil
  }
}

extension DeltaBatch {
  /// Where the rows are that this batch, or the one it was merged into, was sealed to.
  fileprivate var sealedMap: RowMap? {
    var next = movedTo
    while case .merged(let batch)? = next { next = batch.movedTo }
    if case .sealed(let map)? = next { return map }
    return nil
  }
}
