// Merging small delta batches, so that a trickle of commits leaves a scan a handful of sources. Row
// numbers stay, no record is written: after a restart the log gives the small batches again, and they
// are merged again.

internal import Catalog
internal import Columnar
internal import SystemIO

extension PartitionState {
  /// Batches at the end that are to be merged.
  ///
  /// So many batches of one size class, and the smaller ones behind them, become one of the next class:
  /// a row is copied once a class, and fewer batches of each class stay.
  func mergeRange(rowsMax: Int, fanIn: Int) -> Range<Int>? {
    var first = delta.count
    var total = 0
    var found: Range<Int>?
    for tier in 0..<5 {
      let (lower, upper) = (1 << (4 * tier), 1 << (4 * (tier + 1)))
      var countOfClass = 0
      while first > 0 {
        let rows = delta[first - 1].rowCount
        guard rows < upper, total + rows <= rowsMax else { break }
        if rows >= lower { countOfClass += 1 }
        total += rows
        first -= 1
      }
      if countOfClass >= fanIn { found = first..<delta.count }
    }
    return found
  }
}

extension Store {
  /// Called after a commit: keeps the batches of the partitions few.
  func noteCommit(of places: [(TableID, PartitionKey)]) {
    let places = places.map { PartitionPlace(table: $0.0, key: $0.1) }
    var (toMerge, overdue) = pipeline.withQueue { look(at: places, queue: $0) }
    if !options.runsInBackground { overdue = toMerge }
    let now = options.clock.monotonicNanoseconds
    maintenance.withLock { state in
      for place in places { state.changeTimes[place] = now }
      state.placesToMerge.formUnion(toMerge)
      state.placesToMerge.subtract(overdue)
    }
    if toMerge.count > overdue.count { maintenance.wakeAll() }
    for place in overdue { mergeQuietly(place) }
  }

  /// What the batches of partitions want.
  ///
  /// - Returns: Those with batches to be merged; of them those that whoever commits has to merge, since the worker
  ///   is busy with something else.
  private func look(
    at places: [PartitionPlace],
    queue: CommitPipeline.Queue
  ) -> (toMerge: [PartitionPlace], overdue: [PartitionPlace]) {
    var toMerge: [PartitionPlace] = []
    var overdue: [PartitionPlace] = []
    for place in places {
      guard let partition = queue.head.tables[place.table]?.partitions[place.key] else { continue }
      let fanIn = options.mergeBatchCount
      guard partition.mergeRange(rowsMax: mergeRowsMax, fanIn: fanIn) != nil else { continue }
      toMerge.append(place)
      if partition.mergeRange(rowsMax: mergeRowsMax, fanIn: fanIn * 4) != nil {
        overdue.append(place)
      }
    }
    return (toMerge, overdue)
  }

  private var mergeRowsMax: Int { min(options.sealRowCount, 65_536) }

  /// Merges the small batches of a partition; what fails is tried again after the next commit.
  func mergeQuietly(_ place: PartitionPlace) {
    do throws(StorageError) { try mergeDelta(place.table, place.key) } catch {}
  }

  private func mergeDelta(_ id: TableID, _ key: PartitionKey) throws(StorageError) {
    let input = pipeline.withQueue { queue -> (TableDefinition, [DeltaEntry])? in
      guard let table = queue.head.tables[id], let partition = table.partitions[key],
        !queue.sealingSlots.contains(partition.slot),
        let range = partition.mergeRange(rowsMax: mergeRowsMax, fanIn: options.mergeBatchCount)
      else { return nil }
      return (table.definition, Array(partition.delta[range]))
    }
    guard let (definition, entries) = input else { return }
    let merged = try merge(entries, definition)
    let isDone = pipeline.withQueue { queue in
      queue.head.tables[id]?.replace(entries, with: merged, in: key, queue.sealingSlots) ?? false
    }
    guard isDone else { return }
    for entry in entries { entry.batch.movedTo = .merged(merged) }
    maintenance.withLock { $0.counters.merges += 1 }
  }

  private func merge(
    _ entries: [DeltaEntry],
    _ definition: TableDefinition
  ) throws(StorageError) -> DeltaBatch {
    let rowCount = entries.reduce(0) { $0 + $1.rowCount }
    var columns: [(id: ColumnID, vector: Vector)] = []
    var groups: [LaneKind: Vector] = [:]
    for column in definition.columns {
      let whole = Vector(kind: column.type.laneKind, capacity: rowCount)
      let group =
        groups[column.type.laneKind]
        ?? Vector(kind: column.type.laneKind, capacity: groupRowCount)
      groups[column.type.laneKind] = group
      var start = 0
      for entry in entries {
        try entry.source.decodeColumn(column.id, to: whole, at: start, group)
        start += entry.rowCount
      }
      columns.append((column.id, whole))
    }
    return try DeltaBatch(
      encoding: columns,
      rowCount: rowCount,
      blockRowCount: options.blockRowCount,
      DeltaEncoders()
    )
  }
}

extension TableState {
  /// Puts a merged batch in the place of its parts, if they are all still there.
  fileprivate mutating func replace(
    _ entries: [DeltaEntry],
    with merged: DeltaBatch,
    in key: PartitionKey,
    _ sealing: Set<UInt32>
  ) -> Bool {
    guard var partition = partitions[key], !sealing.contains(partition.slot),
      let first = partition.delta.firstIndex(where: { $0.batch === entries.first?.batch }),
      first + entries.count <= partition.delta.count
    else { return false }
    let range = first..<(first + entries.count)
    guard zip(partition.delta[range], entries).allSatisfy({ $0.batch === $1.batch }) else {
      return false
    }
    let deletions = DeleteVector.joining(
      partition.delta[range].map { ($0.deletions, $0.rowCount) }
    )
    let entry = DeltaEntry(
      firstRow: partition.delta[first].firstRow,
      batch: merged,
      widened: widened(merged),
      deletions: deletions
    )
    partition.delta.replaceSubrange(range, with: [entry])
    partitions[key] = partition
    return true
  }
}
