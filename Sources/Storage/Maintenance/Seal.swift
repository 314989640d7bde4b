// Sealing: the delta rows of a partition become a sorted segment. The rows are written without any
// lock; what was deleted meanwhile is carried over when the segment takes their place.

package import Catalog
internal import Columnar
internal import SystemIO

/// The delta of a partition as sealing found it.
private struct SealInput {
  var definition: TableDefinition
  var slot: UInt32
  var entries: [DeltaEntry]

  var firstRow: UInt64 { entries.first?.firstRow ?? 0 }
  var end: UInt64 { entries.last?.rows.upperBound ?? 0 }
}

extension Store {
  /// Writes the delta rows of a partition to a segment.
  ///
  /// - Parameters:
  ///   - id: The table.
  ///   - key: The partition.
  /// - Returns: False when there was nothing to seal, or the partition went meanwhile.
  /// - Throws: ``StorageError``; the delta stands then.
  @discardableResult
  package func seal(_ id: TableID, _ key: PartitionKey) throws(StorageError) -> Bool {
    try exclusively { () throws(StorageError) in
      guard let input = beginSealing(id, key) else { return false }
      defer { pipeline.withQueue { _ = $0.sealingSlots.remove(input.slot) } }
      let isDone = try seal(input, id, key)
      if isDone { maintenance.withLock { $0.counters.seals += 1 } }
      return isDone
    }
  }

  private func beginSealing(_ id: TableID, _ key: PartitionKey) -> SealInput? {
    pipeline.withQueue { queue in
      guard let table = queue.head.tables[id], let partition = table.partitions[key],
        !partition.delta.isEmpty
      else { return nil }
      queue.sealingSlots.insert(partition.slot)
      return SealInput(
        definition: table.definition,
        slot: partition.slot,
        entries: partition.delta
      )
    }
  }

  private func seal(
    _ input: SealInput,
    _ id: TableID,
    _ key: PartitionKey
  ) throws(StorageError) -> Bool {
    let (rows, origins) = try liveRows(of: input)
    let order = sortRows(rows, by: input.definition)
    var segments: [NewSegment] = []
    if !order.isEmpty {
      let built = try write(rows, order, input.definition, key)
      segments.append(try open(built, of: input.definition))
    }
    let map = Self.map(order, origins, input, segments)
    var isDone = false
    do throws(StorageError) {
      try pipeline.commit(.durable) { (head) throws(StorageError) in
        guard let record = makeRecord(input, segments, map, id, key, head) else { return nil }
        isDone = true
        return record
      }
    } catch {
      for segment in segments { segment.handle?.becomeObsolete() }
      throw error
    }
    if !isDone { for segment in segments { segment.handle?.becomeObsolete() } }
    return isDone
  }

  /// The rows that are not deleted, in definition order, and the delta row each came from.
  private func liveRows(
    of input: SealInput
  ) throws(StorageError) -> (rows: Batch, origins: [UInt64]) {
    let rows = Batch(kinds: input.definition.columns.map(\.type.laneKind), capacity: 64)
    var origins: [UInt64] = []
    for entry in input.entries {
      let live = (0..<entry.rowCount).filter { entry.deletions?.isDeleted($0) != true }
      let numbers = live.map { Int32($0) }
      for (index, column) in input.definition.columns.enumerated() {
        let values = try entry.source.decodeColumn(column.id)
        rows.columns[index].append(from: values, rows: numbers, at: rows.rowCount)
      }
      rows.rowCount += live.count
      origins += live.map { entry.firstRow + UInt64($0) }
    }
    return (rows, origins)
  }

  private func write(
    _ rows: Batch,
    _ order: [Int32],
    _ definition: TableDefinition,
    _ key: PartitionKey
  ) throws(StorageError) -> BuiltSegment {
    let build = try SegmentBuild(self, definition, key, isCold: false)
    do throws(StorageError) {
      let part = Batch(kinds: definition.columns.map(\.type.laneKind), capacity: groupRowCount)
      for first in stride(from: 0, to: order.count, by: groupRowCount) {
        for column in part.columns { column.reset() }
        part.rowCount = 0
        part.append(from: rows, rows: Array(order[first..<min(order.count, first + groupRowCount)]))
        try build.append(part)
      }
      return try build.finish()
    } catch {
      build.abandon()
      throw error
    }
  }

  private static func map(
    _ order: [Int32],
    _ origins: [UInt64],
    _ input: SealInput,
    _ segments: [NewSegment]
  ) -> RowMap {
    var locators = [UInt64](repeating: 0, count: Int(input.end - input.firstRow))
    if let segment = segments.first {
      let base = Locator.base(segment: segment.reference.number)
      for (place, row) in order.enumerated() {
        locators[Int(origins[Int(row)] - input.firstRow)] = base + UInt64(place)
      }
    }
    return RowMap(
      firstRow: input.firstRow,
      locators: locators,
      targets: segments.compactMap(\.handle)
    )
  }

  /// The record, under the commit lock; nil when the rows are not there any more.
  private func makeRecord(
    _ input: SealInput,
    _ segments: [NewSegment],
    _ map: RowMap,
    _ id: TableID,
    _ key: PartitionKey,
    _ head: StoreState
  ) -> CommitRecord? {
    guard let table = head.tables[id], let partition = table.partitions[key],
      partition.slot == input.slot, partition.delta.count >= input.entries.count,
      table.definition.columns.map(\.id) == input.definition.columns.map(\.id)
    else { return nil }
    var deleted: [UInt64] = []
    for (then, now) in zip(input.entries, partition.delta) {
      guard then.batch === now.batch else { return nil }
      now.deletions?.forEachDeleted { row in
        guard then.deletions?.isDeleted(row) != true else { return }
        if let moved = map.locator(ofRow: then.firstRow + UInt64(row)) { deleted.append(moved) }
      }
    }
    for entry in input.entries { entry.batch.movedTo = .sealed(map) }
    return CommitRecord(
      timeMicroseconds: options.clock.unixMicroseconds,
      parts: [.seal(id, key, end: input.end, segments, deleted: deleted.sorted())]
    )
  }
}
