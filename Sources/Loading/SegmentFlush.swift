// Sorts the rows of a bucket and writes them as one segment.

internal import Catalog
internal import Columnar
internal import Storage

/// Gathers rows of many parts into batches, in a given order.
struct PartGather {
  private let parts: [RowPart]
  private let batch: Batch

  init(_ parts: [RowPart], _ definition: TableDefinition) {
    self.parts = parts
    batch = Batch(kinds: definition.columns.map(\.type.laneKind))
  }

  /// The rows of some references, at most ``vectorRowsMax``; valid until the next call.
  ///
  /// Strings are views into the parts.
  func rows(_ references: Span<RowReference>) -> Batch {
    batch.rowCount = references.count
    for place in batch.columns.indices {
      let target = batch.columns[place]
      target.reset()
      gather(place, references, into: target)
      gatherValidity(place, references, into: target)
    }
    return batch
  }

  private func gatherValidity(
    _ place: Int,
    _ references: Span<RowReference>,
    into target: Vector
  ) {
    guard parts.contains(where: { $0.batch.columns[place].hasNulls }) else { return }
    target.beginNulls()
    var words = target.mutableValidity
    for index in references.indices {
      let reference = references[index]
      if parts[Int(reference.part)].batch.columns[place].isValid(Int(reference.row)) { continue }
      words[index >> 6] &= ~(1 &<< UInt64(index & 63))
    }
  }

  private func gather(_ place: Int, _ references: Span<RowReference>, into target: Vector) {
    let sources = parts.map { $0.batch.columns[place] }
    switch target.kind {
    case .int64:
      let lanes = unsafe sources.map { unsafe $0.int64.withUnsafeBufferPointer { unsafe $0 } }
      var output = target.mutableInt64
      unsafe copy(lanes, references, &output)
    case .float64:
      let lanes = unsafe sources.map { unsafe $0.float64.withUnsafeBufferPointer { unsafe $0 } }
      var output = target.mutableFloat64
      unsafe copy(lanes, references, &output)
    case .bool:
      let lanes = unsafe sources.map { unsafe $0.bool.withUnsafeBufferPointer { unsafe $0 } }
      var output = target.mutableBool
      unsafe copy(lanes, references, &output)
    case .int128:
      let lanes = unsafe sources.map { unsafe $0.int128.withUnsafeBufferPointer { unsafe $0 } }
      var output = target.mutableInt128
      unsafe copy(lanes, references, &output)
    case .decimal:
      let lanes = unsafe sources.map { unsafe $0.decimal.withUnsafeBufferPointer { unsafe $0 } }
      var output = target.mutableDecimal
      unsafe copy(lanes, references, &output)
    case .uuid:
      let lanes = unsafe sources.map { unsafe $0.uuid.withUnsafeBufferPointer { unsafe $0 } }
      var output = target.mutableUUID
      unsafe copy(lanes, references, &output)
    case .interval:
      let lanes = unsafe sources.map { unsafe $0.interval.withUnsafeBufferPointer { unsafe $0 } }
      var output = target.mutableInterval
      unsafe copy(lanes, references, &output)
    case .bytes:
      let lanes = unsafe sources.map { unsafe $0.views.withUnsafeBufferPointer { unsafe $0 } }
      var output = target.mutableViews
      unsafe copy(lanes, references, &output)
    }
  }

  @inline(__always)
  private func copy<T: BitwiseCopyable>(
    _ lanes: [UnsafeBufferPointer<T>],
    _ references: Span<RowReference>,
    _ output: inout MutableSpan<T>
  ) {
    precondition(references.count <= output.count)
    // SAFETY: `parts` keeps the vectors alive and nobody writes to them any more; references are rows
    // of the parts, as the sorting of these very parts gave them.
    unsafe lanes.withUnsafeBufferPointer { lanes in
      for index in references.indices {
        let reference = unsafe references[unchecked: index]
        unsafe output[unchecked: index] =
          unsafe lanes[Int(reference.part)][Int(reference.row)]
      }
    }
  }
}

/// A segment that was written, with the keys of its rows in row order.
struct LoadedSegment {
  var built: BuiltSegment
  /// Single int64 keys as they are, else hashes; empty without a primary key.
  var keyWords: [UInt64] = []
  /// File places of the rows; empty unless duplicates are resolved.
  var ordinals: [UInt64] = []
  /// Rows whose key is in the table already, and the locators of those rows.
  var known: [(row: Int, locator: UInt64)] = []
}

/// Sorts a bucket and writes it.
///
/// - Parameters:
///   - bucket: Rows of one partition.
///   - key: The partition.
///   - target: Where they go.
/// - Returns: The segment, durable but not published.
/// - Throws: ``LoadError``; the file is gone then.
func writeSegment(
  _ bucket: PartitionBuckets.Bucket,
  _ key: PartitionKey,
  _ target: LoadTarget
) throws(LoadError) -> LoadedSegment {
  let definition = target.definition
  let order: [RowReference] = sortRows(bucket.parts.map(\.batch), by: definition)
  let gather = PartGather(bucket.parts, definition)
  let build = try stored { () throws(StorageError) in
    try target.store.beginSegment(of: definition, partition: key)
  }
  var segment = KeyCollector(target)
  do throws(LoadError) {
    var first = 0
    while first < order.count {
      let end = min(order.count, first + vectorRowsMax)
      let rows = gather.rows(order.span.extracting(first..<end))
      try segment.add(rows, firstRow: first)
      try stored { () throws(StorageError) in try build.append(rows) }
      first = end
    }
    let built = try stored { () throws(StorageError) in try build.finish() }
    var result = segment.finish(built)
    if target.keepsOrdinals {
      result.ordinals = order.map { bucket.parts[Int($0.part)].ordinals[Int($0.row)] }
    }
    return result
  } catch {
    build.abandon()
    throw error
  }
}
