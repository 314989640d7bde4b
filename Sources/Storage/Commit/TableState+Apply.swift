internal import Catalog
internal import ColumnEncoding
internal import Columnar

extension TableState {
  /// Adds committed rows to a partition's delta.
  mutating func append(_ rows: NewRows) throws(ApplyError) {
    guard var partition = partitions.removeValue(forKey: rows.partition),
      partition.nextDeltaRow == rows.firstRow
    else { throw ApplyError(what: "first delta row \(rows.firstRow)") }
    partition.delta.append(
      DeltaEntry(firstRow: rows.firstRow, batch: rows.batch, widened: widened(rows.batch))
    )
    partition.nextDeltaRow += UInt64(rows.batch.rowCount)
    let base = Locator.base(slot: partition.slot) + rows.firstRow
    partitions[rows.partition] = partition
    guard !definition.primaryKey.isEmpty else { return }
    try noteKeys(of: rows.batch, hashes: rows.keyHashes, at: base)
  }

  /// Keeps the key hashes of rows for ``indexNewKeys()``.
  ///
  /// - Parameters:
  ///   - batch: The rows.
  ///   - hashes: Row by row; empty: found by decoding the key columns.
  ///   - base: The locator of row 0.
  /// - Throws: ``ApplyError`` when the key columns cannot be read.
  mutating func noteKeys(
    of batch: DeltaBatch,
    hashes: [UInt64] = [],
    at base: UInt64
  ) throws(ApplyError) {
    let hashes = hashes.isEmpty ? try batch.keyHashes(definition.primaryKey) : hashes
    for (row, hash) in hashes.enumerated() {
      newKeys.append(KeyHashEntry(hash: hash, locator: base + UInt64(row)))
    }
  }

  /// Indexes the rows that a commit added, of all partitions at once.
  mutating func indexNewKeys() {
    guard !newKeys.isEmpty else { return }
    let run = KeyHashRun(unsorted: newKeys)
    newKeys = []
    let current = self
    deltaKeys.append(run) { DeltaRows(current).isLive }
  }

  /// A batch with the columns that the table has and the batch has not; nil: it has them all.
  func widened(_ batch: DeltaBatch) -> WidenedSource? {
    let added = definition.columns.filter { batch.place(of: $0.id) == nil }
    return added.isEmpty ? nil : WidenedSource(batch, adding: added)
  }

  /// Deletes rows, all of which must be there.
  mutating func delete(_ locators: [UInt64]) throws(ApplyError) {
    var start = 0
    while start < locators.count {
      // One source a round: its locators stand side by side.
      if Locator.isDelta(locators[start]) {
        start = try deleteFromDelta(locators, from: start)
      } else {
        start = try deleteFromSegment(locators, from: start)
      }
    }
  }

  private mutating func deleteFromDelta(
    _ locators: [UInt64],
    from start: Int
  ) throws(ApplyError) -> Int {
    let first = locators[start]
    guard let key = partitionOfSlot[Locator.slot(of: first)],
      let partition = partitions[key],
      let index = partition.deltaIndex(ofRow: Locator.deltaRow(of: first))
    else { throw ApplyError(what: "locator \(first)") }
    let entry = partition.delta[index]
    let base = Locator.base(slot: partition.slot) + entry.firstRow
    let end = base + UInt64(entry.rowCount)
    var last = start
    while last < locators.count, locators[last] < end { last += 1 }
    let old = entry.deletions ?? DeleteVector(rowCount: entry.rowCount)
    let new = old.deleting(locators[start..<last].lazy.map { Int($0 - base) })
    guard new.deletedCount == old.deletedCount + (last - start) else {
      throw ApplyError(what: "row deleted twice, locator \(first)")
    }
    partitions[key]?.delta[index].deletions = new
    return last
  }

  private mutating func deleteFromSegment(
    _ locators: [UInt64],
    from start: Int
  ) throws(ApplyError) -> Int {
    let number = Locator.segment(of: locators[start])
    guard let key = partitionOfSegment[number],
      let index = partitions[key]?.segmentIndex(ofNumber: number),
      let entry = partitions[key]?.segments[index]
    else { throw ApplyError(what: "locator \(locators[start])") }
    let end = entry.locatorBase + UInt64(entry.reference.rowCount)
    var last = start
    while last < locators.count, locators[last] < end { last += 1 }
    guard last > start else { throw ApplyError(what: "locator \(locators[start])") }
    let old = entry.deletions ?? DeleteVector(rowCount: entry.reference.rowCount)
    let new = old.deleting(locators[start..<last].lazy.map { Locator.segmentRow(of: $0) })
    guard new.deletedCount == old.deletedCount + (last - start) else {
      throw ApplyError(what: "row deleted twice, locator \(locators[start])")
    }
    partitions[key]?.segments[index].deletions = new
    return last
  }

  /// Adds segments to a partition.
  mutating func add(_ segments: [NewSegment], to key: PartitionKey) throws(ApplyError) {
    guard var partition = partitions.removeValue(forKey: key) else {
      throw ApplyError(what: "no partition \(key.rawValue)")
    }
    for segment in segments {
      guard partitionOfSegment[segment.reference.number] == nil else {
        throw ApplyError(what: "segment \(segment.reference.number) twice")
      }
      partition.segments.append(
        SegmentEntry(
          reference: segment.reference,
          handle: segment.handle,
          source: segment.handle?.file
        )
      )
      partitionOfSegment[segment.reference.number] = key
    }
    partition.segments.sort { $0.reference.number < $1.reference.number }
    partitions[key] = partition
  }

  /// Removes the delta batches whose rows are all below `end`.
  mutating func dropDelta(of key: PartitionKey, before end: UInt64) throws(ApplyError) {
    guard var partition = partitions.removeValue(forKey: key) else {
      throw ApplyError(what: "no partition \(key.rawValue)")
    }
    let kept = partition.delta.filter { $0.firstRow >= end }
    guard partition.nextDeltaRow >= end, (kept.first?.firstRow ?? partition.nextDeltaRow) == end
    else { throw ApplyError(what: "sealed delta rows end at \(end)") }
    partition.delta = kept
    partitions[key] = partition
    deltaKeys.removeRows(of: partition.slot, before: end)
  }

  /// Takes a segment out of a partition.
  mutating func removeSegment(
    _ number: UInt32,
    of key: PartitionKey
  ) throws(ApplyError) -> SegmentHandle? {
    guard let index = partitions[key]?.segmentIndex(ofNumber: number) else {
      throw ApplyError(what: "no segment \(number)")
    }
    partitionOfSegment[number] = nil
    return partitions[key]?.segments.remove(at: index).handle
  }

  /// Forgets a partition and all its rows; none is fine.
  mutating func dropPartition(_ key: PartitionKey) -> [SegmentHandle] {
    guard let partition = partitions.removeValue(forKey: key) else { return [] }
    partitionOfSlot[partition.slot] = nil
    for entry in partition.segments { partitionOfSegment[entry.reference.number] = nil }
    deltaKeys.removeRows(of: partition.slot, before: partition.nextDeltaRow)
    return partition.segments.compactMap(\.handle)
  }

  /// Takes on a changed definition.
  mutating func alter(to definition: TableDefinition) {
    let known = Set(self.definition.columns.map(\.id))
    let added = definition.columns.filter { !known.contains($0.id) }
    self.definition = definition
    guard !added.isEmpty else { return }
    let altered = self
    for key in partitions.keys {
      partitions[key]?.widen(added, batches: { altered.widened($0) })
    }
  }
}

extension PartitionState {
  /// Gives the sources the columns that their table got.
  mutating func widen(_ added: [ColumnDefinition], batches: (DeltaBatch) -> WidenedSource?) {
    for index in segments.indices {
      segments[index].source = segments[index].source.map { WidenedSource($0, adding: added) }
    }
    for index in delta.indices { delta[index].widened = batches(delta[index].batch) }
  }
}

extension DeltaBatch {
  /// The key hashes of all rows, by decoding the key columns.
  func keyHashes(_ key: [ColumnID]) throws(ApplyError) -> [UInt64] {
    do throws(StorageError) {
      let columns = try key.map { (id) throws(StorageError) -> Vector in try decodeColumn(id) }
      return KeyHashes(of: columns, rowCount: rowCount).values
    } catch {
      throw ApplyError(what: "key columns: \(error)")
    }
  }
}

extension RowSource {
  /// All rows of a column as one vector.
  func decodeColumn(_ id: ColumnID) throws(StorageError) -> Vector {
    let kind = try block(id, at: 0).kind
    let whole = Vector(kind: kind, capacity: rowCount)
    try decodeColumn(id, to: whole, at: 0, Vector(kind: kind, capacity: groupRowCount))
    return whole
  }

  /// Appends all rows of a column to a vector behind row `start`; `group` is scratch of its kind.
  func decodeColumn(
    _ id: ColumnID,
    to whole: Vector,
    at start: Int,
    _ group: Vector
  ) throws(StorageError) {
    var start = start
    for index in 0..<blockCount {
      let block = try block(id, at: index)
      for number in 0..<block.groupCount {
        do throws(EncodingError) {
          let count = try block.decode(group: number, into: group)
          whole.append(from: group, rows: 0..<count, at: start)
          start += count
        } catch {
          throw .encoding(error, file: "source", base: 0)
        }
      }
    }
  }
}
