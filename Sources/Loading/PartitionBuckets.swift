internal import Catalog
internal import Columnar
internal import Synchronization

/// Rows that were read and wait to be written, by partition; shared by the workers.
///
/// Rows are copied out of their chunks, so the memory bound holds for files in any order: when it is
/// exceeded, the fullest partition is written. A file in order of time leaves its months one after the
/// other: a month that got no row for some time is written early, while the rest is still read.
final class PartitionBuckets: Sendable {
  struct Bucket {
    var parts: [RowPart] = []
    var rowCount = 0
    var byteCount = 0
    /// The newest chunk that rows came from.
    var chunk = 0
  }

  private struct State {
    var buckets: [PartitionKey: Bucket] = [:]
    var byteCount = 0
    var spare: [RowPart] = []
    /// The chunk that each worker dealt out last.
    var dealt: [Int]
  }

  /// A part of the memory that may be taken beyond its bound while buckets are written.
  private static let smallestShare = 6
  /// Chunks without a row after which the file has left a partition.
  static let settledChunks = 32

  private let state: Mutex<State>
  private let definition: TableDefinition
  private let byteCountMax: Int
  private let segmentRows: Int
  private let settledRows: Int
  private let partRows: Int

  ///
  /// - Parameters:
  ///   - definition: The table.
  ///   - byteCountMax: Bytes of waiting rows at which a bucket is written.
  ///   - segmentRows: Rows at which a bucket is written in any case.
  ///   - settledRows: Rows at which a bucket is written that the file has left.
  ///   - workerCount: Workers, each with an open part of every partition: with 36 months these may take a
  ///     quarter of the memory.
  init(
    _ definition: TableDefinition,
    byteCountMax: Int,
    segmentRows: Int,
    settledRows: Int,
    workerCount: Int
  ) {
    let openRows = byteCountMax / 4 / (36 * workerCount * RowPart.rowBytes(definition))
    partRows = min(4096, max(64, openRows))
    state = Mutex(State(dealt: Array(repeating: -1, count: workerCount)))
    self.definition = definition
    self.byteCountMax = byteCountMax
    self.segmentRows = segmentRows
    self.settledRows = settledRows
  }

  /// An empty part, used before if possible: fresh memory is slow at first touch.
  func emptyPart() -> RowPart {
    if let part = state.withLock({ $0.spare.popLast() }) { return part }
    return RowPart(definition, rowCountMax: partRows)
  }

  /// Adds a part that will not change any more; its rows came up to `chunk`.
  func add(_ part: RowPart, to key: PartitionKey, chunk: Int) {
    state.withLock { state in
      var bucket = state.buckets.removeValue(forKey: key) ?? Bucket()
      bucket.parts.append(part)
      bucket.rowCount += part.batch.rowCount
      bucket.byteCount += part.byteCount
      bucket.chunk = max(bucket.chunk, chunk)
      state.buckets[key] = bucket
      state.byteCount += part.byteCount
    }
  }

  /// Notes that a worker has dealt out the rows of a chunk; `.max` when it takes no more.
  func noteDealt(_ chunk: Int, worker: Int) { state.withLock { $0.dealt[worker] = chunk } }

  /// A bucket that should be written now; it is the caller's then.
  func takeFull() -> (key: PartitionKey, bucket: Bucket)? {
    state.withLock { state in
      // The slowest worker may still hold rows of older chunks.
      let chunk = state.dealt.min() ?? -1
      let isDue = { (bucket: Bucket) in
        bucket.rowCount >= self.segmentRows
          || (bucket.rowCount >= self.settledRows && bucket.chunk + Self.settledChunks < chunk)
      }
      if let key = state.buckets.first(where: { isDue($0.value) })?.key {
        return Self.take(key, &state)
      }
      // While a large bucket is written its bytes still count: what came since is not worth a segment of its own.
      let waiting = state.buckets.values.reduce(0) { $0 + $1.byteCount }
      guard state.byteCount > byteCountMax, waiting > byteCountMax / Self.smallestShare else {
        return nil
      }
      let fullest = state.buckets.max { $0.value.byteCount < $1.value.byteCount }
      return fullest.flatMap { Self.take($0.key, &state) }
    }
  }

  /// How many partitions have rows that wait.
  var count: Int { state.withLock { $0.buckets.count } }

  /// Any bucket, when no more rows come; the largest first, so that the workers end together.
  func takeAny() -> (key: PartitionKey, bucket: Bucket)? {
    state.withLock { state in
      let largest = state.buckets.max { $0.value.rowCount < $1.value.rowCount }
      return largest.flatMap { Self.take($0.key, &state) }
    }
  }

  private static func take(
    _ key: PartitionKey,
    _ state: inout State
  ) -> (key: PartitionKey, bucket: Bucket)? {
    guard let bucket = state.buckets.removeValue(forKey: key) else { return nil }
    return (key, bucket)
  }

  /// Gives back the parts of a bucket that was written.
  func release(_ bucket: Bucket) {
    for part in bucket.parts { part.reset() }
    state.withLock { state in
      state.byteCount -= bucket.byteCount
      state.spare += bucket.parts
    }
  }
}

/// Deals the rows of one worker's batches out to partitions.
struct RowScatter {
  private struct Open {
    var part: RowPart
    /// The newest chunk with rows of it.
    var chunk: Int
  }

  private let buckets: PartitionBuckets
  private let keepsOrdinals: Bool
  private var open: [PartitionKey: Open] = [:]
  private var rows = PartitionRows()
  private var lastSettled = 0

  init(_ buckets: PartitionBuckets, keepsOrdinals: Bool) {
    self.buckets = buckets
    self.keepsOrdinals = keepsOrdinals
  }

  /// Copies rows in the table's column order.
  ///
  /// - Parameters:
  ///   - source: The rows.
  ///   - keys: The partition of each.
  ///   - chunk: The number of their chunk.
  ///   - isTaken: Whether a row is to be taken; nil: all.
  mutating func add(
    _ source: ParsedRows,
    keys: [PartitionKey],
    chunk: Int,
    isTaken: ((Int) -> Bool)?
  ) {
    rows.deal(keys, isTaken: isTaken)
    for (place, key) in rows.keys.enumerated() { append(source, rows.lists[place], to: key, chunk) }
    if chunk >= lastSettled + PartitionBuckets.settledChunks / 4 { settle(chunk) }
  }

  private mutating func append(
    _ source: ParsedRows,
    _ rows: [Int32],
    to key: PartitionKey,
    _ chunk: Int
  ) {
    var first = 0
    while first < rows.count {
      var part = open[key]?.part ?? buckets.emptyPart()
      if !part.takes(source) {
        buckets.add(part, to: key, chunk: chunk)
        part = buckets.emptyPart()
      }
      let end = min(rows.count, first + part.room)
      let ordinal = keepsOrdinals ? UInt64(chunk) << 32 : nil
      part.append(source, rows: rows.span.extracting(first..<end), firstOrdinal: ordinal)
      first = end
      if part.room == 0 {
        buckets.add(part, to: key, chunk: chunk)
        open[key] = nil
      } else {
        open[key] = Open(part: part, chunk: chunk)
      }
    }
  }

  /// Hands on parts that got no row for some time.
  private mutating func settle(_ chunk: Int) {
    lastSettled = chunk
    for (key, entry) in open where entry.chunk + PartitionBuckets.settledChunks / 2 < chunk {
      buckets.add(entry.part, to: key, chunk: entry.chunk)
      open[key] = nil
    }
  }

  /// Hands on all rows that are still open.
  mutating func finish() {
    for (key, entry) in open { buckets.add(entry.part, to: key, chunk: entry.chunk) }
    open = [:]
  }
}

/// The rows of a batch by partition, ascending; filled again and again.
private struct PartitionRows {
  private(set) var keys: [PartitionKey] = []
  /// As many as keys, and spare ones.
  private(set) var lists: [[Int32]] = []
  /// The place of each month from 2000 on among the keys, -1: none.
  private var places = [Int32](repeating: -1, count: 4096)

  mutating func deal(_ rowKeys: [PartitionKey], isTaken: ((Int) -> Bool)?) {
    for key in keys where places.indices.contains(Int(key.rawValue)) {
      places[Int(key.rawValue)] = -1
    }
    keys.removeAll(keepingCapacity: true)
    var row = 0
    while row < rowKeys.count {
      let key = rowKeys[row]
      var end = row + 1
      while end < rowKeys.count && rowKeys[end] == key { end += 1 }
      let place = place(of: key)
      if let isTaken {
        for row in row..<end where isTaken(row) { lists[place].append(Int32(row)) }
      } else {
        for row in row..<end { lists[place].append(Int32(row)) }
      }
      row = end
    }
  }

  private mutating func place(of key: PartitionKey) -> Int {
    let month = Int(key.rawValue)
    let isOrdinary = places.indices.contains(month)
    if isOrdinary {
      if places[month] >= 0 { return Int(places[month]) }
    } else if let known = keys.firstIndex(of: key) {
      return known
    }
    if isOrdinary { places[month] = Int32(keys.count) }
    keys.append(key)
    if lists.count < keys.count { lists.append([]) }
    lists[keys.count - 1].removeAll(keepingCapacity: true)
    return keys.count - 1
  }
}
