internal import Catalog
internal import Columnar
internal import Synchronization

/// Rows that were read and wait to be written, by partition; shared by the workers.
///
/// Rows are copied out of their chunks, so the memory bound holds for files in any order: when it is
/// exceeded, the fullest partition is written.
final class PartitionBuckets: Sendable {
  struct Bucket {
    var parts: [RowPart] = []
    var rowCount = 0
    var byteCount = 0
  }

  private struct State {
    var buckets: [PartitionKey: Bucket] = [:]
    var byteCount = 0
    var spare: [RowPart] = []
  }

  private let state = Mutex(State())
  private let definition: TableDefinition
  private let byteCountMax: Int
  private let segmentRows: Int
  private let partRows: Int

  ///
  /// - Parameters:
  ///   - definition: The table.
  ///   - byteCountMax: Bytes of waiting rows at which a bucket is written.
  ///   - segmentRows: Rows at which a bucket is written in any case.
  ///   - workerCount: Workers, each with an open part of every partition: with 36 months these may take a
  ///     quarter of the memory.
  init(_ definition: TableDefinition, byteCountMax: Int, segmentRows: Int, workerCount: Int) {
    let openRows = byteCountMax / 4 / (36 * workerCount * RowPart.rowBytes(definition))
    partRows = min(4096, max(64, openRows))
    self.definition = definition
    self.byteCountMax = byteCountMax
    self.segmentRows = segmentRows
  }

  /// An empty part, used before if possible: fresh memory is slow at first touch.
  func emptyPart() -> RowPart {
    if let part = state.withLock({ $0.spare.popLast() }) { return part }
    return RowPart(definition, rowCountMax: partRows)
  }

  /// Adds a part that will not change any more.
  func add(_ part: RowPart, to key: PartitionKey) {
    state.withLock { state in
      state.buckets[key, default: Bucket()].parts.append(part)
      state.buckets[key]?.rowCount += part.batch.rowCount
      state.buckets[key]?.byteCount += part.byteCount
      state.byteCount += part.byteCount
    }
  }

  /// A bucket that should be written now; it is the caller's then.
  func takeFull() -> (key: PartitionKey, bucket: Bucket)? {
    state.withLock { state in
      if let key = state.buckets.first(where: { $0.value.rowCount >= segmentRows })?.key {
        return Self.take(key, &state)
      }
      guard state.byteCount > byteCountMax else { return nil }
      let fullest = state.buckets.max { $0.value.byteCount < $1.value.byteCount }
      return fullest.flatMap { Self.take($0.key, &state) }
    }
  }

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
  private let buckets: PartitionBuckets
  private let keepsOrdinals: Bool
  private var open: [PartitionKey: RowPart] = [:]

  init(_ buckets: PartitionBuckets, keepsOrdinals: Bool) {
    self.buckets = buckets
    self.keepsOrdinals = keepsOrdinals
  }

  /// Copies rows of a batch in the table's column order.
  ///
  /// - Parameters:
  ///   - batch: The rows.
  ///   - keys: The partition of each.
  ///   - chunk: The number of their chunk.
  ///   - isTaken: Whether a row is to be taken; nil: all.
  mutating func add(
    _ batch: Batch,
    keys: [PartitionKey],
    chunk: Int,
    isTaken: ((Int) -> Bool)?
  ) {
    guard let first = keys.first else { return }
    if isTaken == nil && keys.allSatisfy({ $0 == first }) {
      append(batch, (0..<Int32(batch.rowCount)).map { $0 }, to: first, chunk)
      return
    }
    var rows: [PartitionKey: [Int32]] = [:]
    for row in 0..<batch.rowCount where isTaken?(row) ?? true {
      rows[keys[row], default: []].append(Int32(row))
    }
    for (key, rows) in rows { append(batch, rows, to: key, chunk) }
  }

  private mutating func append(_ batch: Batch, _ rows: [Int32], to key: PartitionKey, _ chunk: Int)
  {
    var first = 0
    while first < rows.count {
      let part = open[key] ?? buckets.emptyPart()
      let end = min(rows.count, first + part.room)
      let ordinal = keepsOrdinals ? UInt64(chunk) << 32 : nil
      part.append(batch, rows: rows.span.extracting(first..<end), firstOrdinal: ordinal)
      first = end
      if part.room == 0 {
        buckets.add(part, to: key)
        open[key] = nil
      } else {
        open[key] = part
      }
    }
  }

  /// Hands on all rows that are still open.
  mutating func finish() {
    for (key, part) in open { buckets.add(part, to: key) }
    open = [:]
  }
}
