// Compaction: segments of one partition are merged into one, without deleted rows. Memory: a group of
// each column of each segment, the blocks being written, and 8 bytes a row for the map that carries
// deletes over; no lock is held while rows are copied.

package import Catalog
internal import Columnar
internal import SystemIO

/// Segments as compaction found them.
private struct CompactionInput {
  var definition: TableDefinition
  var entries: [SegmentEntry]
}

extension Store {
  /// Merges segments of a partition when it has many, or writes anew those with many deleted rows.
  ///
  /// - Parameters:
  ///   - id: The table.
  ///   - key: The partition.
  ///   - reason: Which segments are worth it.
  /// - Returns: False when there was nothing to do, or the partition changed meanwhile.
  /// - Throws: ``StorageError``; the old segments stand then.
  @discardableResult
  package func compact(
    _ id: TableID,
    _ key: PartitionKey,
    _ reason: CompactionReason = .limits
  ) throws(StorageError) -> Bool {
    try exclusively { () throws(StorageError) in
      guard let input = chooseSegments(id, key, reason) else { return false }
      let isDone = try compact(input, id, key)
      if isDone { maintenance.withLock { $0.counters.compactions += 1 } }
      return isDone
    }
  }

  private func chooseSegments(
    _ id: TableID,
    _ key: PartitionKey,
    _ reason: CompactionReason
  ) -> CompactionInput? {
    pipeline.withQueue { queue in
      guard let table = queue.head.tables[id], let partition = table.partitions[key] else {
        return nil
      }
      let chosen = partition.segmentsToCompact(options, reason)
      guard !chosen.isEmpty else { return nil }
      return CompactionInput(definition: table.definition, entries: chosen)
    }
  }

  private func compact(
    _ input: CompactionInput,
    _ id: TableID,
    _ key: PartitionKey
  ) throws(StorageError) -> Bool {
    var maps = input.entries.map { [UInt64](repeating: 0, count: $0.reference.rowCount) }
    guard let segments = try merge(input, key, &maps) else { return false }
    let targets = segments.compactMap(\.handle)
    var isDone = false
    do throws(StorageError) {
      try pipeline.commit(.durable) { (head) throws(StorageError) in
        guard let deleted = deletedMeanwhile(input, maps, id, key, head) else { return nil }
        for (entry, locators) in zip(input.entries, maps) {
          entry.handle?.movedTo = RowMap(firstRow: 0, locators: locators, targets: targets)
        }
        isDone = true
        return CommitRecord(
          timeMicroseconds: options.clock.unixMicroseconds,
          parts: [
            .compact(
              id,
              key,
              removed: input.entries.map(\.reference.number),
              segments,
              deleted: deleted
            )
          ]
        )
      }
    } catch {
      for handle in targets { handle.becomeObsolete() }
      throw error
    }
    if !isDone { for handle in targets { handle.becomeObsolete() } }
    return isDone
  }

  /// Writes the merged rows, and each old row's new locator to `maps`; nil: the store is being closed.
  private func merge(
    _ input: CompactionInput,
    _ key: PartitionKey,
    _ maps: inout [[UInt64]]
  ) throws(StorageError) -> [NewSegment]? {
    var output = MergeOutput(self, input.definition, key)
    do throws(StorageError) {
      var heap = MergeHeap()
      for (number, entry) in input.entries.enumerated() {
        guard let source = entry.source else { continue }
        heap.add(try MergeCursor(source, entry.deletions, input.definition), number)
      }
      while let (cursor, number) = heap.first {
        let base = try output.nextLocator()
        var count: UInt64 = 0
        let second = heap.second
        try cursor.takeRun(
          into: output.batch,
          limit: groupRowCount,
          before: second?.cursor,
          winsTies: second.map { number < $0.number } ?? true
        ) { row in
          maps[number][row] = base + count
          count += 1
        }
        heap.firstHasMoved()
        if try output.flushIfFull(), maintenance.withLock({ $0.isClosing }) {
          output.abandon()
          return nil
        }
      }
      return try output.finish()
    } catch {
      output.abandon()
      throw error
    }
  }

  /// New locators of the rows that were deleted since the input was taken; nil when a segment of it
  /// is gone.
  private func deletedMeanwhile(
    _ input: CompactionInput,
    _ maps: [[UInt64]],
    _ id: TableID,
    _ key: PartitionKey,
    _ head: StoreState
  ) -> [UInt64]? {
    guard let table = head.tables[id], let partition = table.partitions[key],
      table.definition.columns.map(\.id) == input.definition.columns.map(\.id)
    else { return nil }
    var deleted: [UInt64] = []
    for (then, locators) in zip(input.entries, maps) {
      guard let index = partition.segmentIndex(ofNumber: then.reference.number),
        partition.segments[index].handle === then.handle
      else { return nil }
      partition.segments[index].deletions?.forEachDeleted { row in
        if then.deletions?.isDeleted(row) != true, locators[row] != 0 {
          deleted.append(locators[row])
        }
      }
    }
    return deleted.sorted()
  }
}

/// Segments that a merge writes, cut at the store's limit.
private struct MergeOutput {
  let store: Store
  let definition: TableDefinition
  let key: PartitionKey
  let batch: Batch
  private var build: SegmentBuild?
  private var built: [BuiltSegment] = []

  init(_ store: Store, _ definition: TableDefinition, _ key: PartitionKey) {
    self.store = store
    self.definition = definition
    self.key = key
    batch = Batch(kinds: definition.columns.map(\.type.laneKind), capacity: groupRowCount)
  }

  /// The locator that the next row put into ``batch`` will have.
  mutating func nextLocator() throws(StorageError) -> UInt64 {
    let current: SegmentBuild
    if let build {
      current = build
    } else {
      current = try SegmentBuild(store, definition, key, isCold: true)
      build = current
    }
    return Locator.base(segment: current.number) + UInt64(current.rowCount + batch.rowCount)
  }

  /// Writes the batch when it is full: whether it was.
  mutating func flushIfFull() throws(StorageError) -> Bool {
    let isFull = batch.rowCount >= groupRowCount
    if isFull { try flush() }
    if let build, build.rowCount + batch.rowCount >= store.options.segmentRowsMax {
      try flush()
      built.append(try build.finish())
      self.build = nil
    }
    return isFull
  }

  private func flush() throws(StorageError) {
    guard batch.rowCount > 0 else { return }
    try build?.append(batch)
    for column in batch.columns { column.reset() }
    batch.rowCount = 0
  }

  mutating func finish() throws(StorageError) -> [NewSegment] {
    try flush()
    if let build { built.append(try build.finish()) }
    build = nil
    var segments: [NewSegment] = []
    for segment in built { segments.append(try store.open(segment, of: definition)) }
    return segments
  }

  mutating func abandon() {
    build?.abandon()
    for segment in built { store.discard(segment) }
  }
}
