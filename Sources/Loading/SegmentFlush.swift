// Sorts the rows of a bucket and writes them as one segment.

internal import Catalog
internal import Columnar
internal import Storage
internal import SystemIO

/// A segment that was written, with the keys of its rows in row order.
struct LoadedSegment {
  var built: BuiltSegment
  /// Single int64 keys as they are, else hashes; empty without a primary key.
  var keyWords: [UInt64] = []
  /// File places of the rows; empty unless duplicates are resolved.
  var ordinals: [UInt64] = []
  /// Rows whose key is in the table already, and the locators of those rows.
  var known: [(row: Int, locator: UInt64)] = []
  /// Rows of the bucket that lost against another one of it.
  var droppedCount = 0
}

/// Sorts a bucket and writes it.
///
/// - Parameters:
///   - bucket: Rows of one partition.
///   - key: The partition.
///   - target: Where they go.
///   - syncer: Makes the file durable.
/// - Returns: The segment, written but not published; durable when the syncer is done.
/// - Throws: ``LoadError``; the file is gone then.
func writeSegment(
  _ bucket: PartitionBuckets.Bucket,
  _ key: PartitionKey,
  _ target: LoadTarget,
  _ syncer: SegmentSyncer
) throws(LoadError) -> LoadedSegment {
  let definition = target.definition
  var order = sortRows(bucket.parts.map(\.batch), by: definition)
  let rowCount = order.count
  if target.keepsOrdinals { dropRepeatedKeys(&order, bucket, target) }
  let gather = PartGather(bucket.parts, order, target)
  let build = try stored { () throws(StorageError) in
    try target.store.beginSegment(of: definition, partition: key)
  }
  do throws(LoadError) {
    let known = try target.knownRows(rowCount: order.count) { gather.rows($0, $1) }
    try stored { () throws(StorageError) in
      try build.append(rowCount: order.count) { gather.rows($0, $1) }
    }
    let keyWords = build.keyWords
    let built = try stored { () throws(StorageError) in try build.finishWriting() }
    var result = LoadedSegment(built: built, keyWords: keyWords, known: known)
    result.droppedCount = rowCount - order.count
    if target.keepsOrdinals {
      let ordinals = bucket.parts.flatMap(\.ordinals)
      result.ordinals = order.map { ordinals[Int($0)] }
    }
    syncer.add(build, built)
    return result
  } catch {
    build.abandon()
    throw error
  }
}

/// Waits for the disk in the place of the workers: a thread that makes written segments durable.
final class SegmentSyncer: Sendable {
  private struct State {
    var waiting: [(build: SegmentBuild, built: BuiltSegment)] = []
    var isClosed = false
    var failure: StorageError?
  }
  private let store: Store
  private let state = Monitor(State())
  private let thread: Thread?

  init(_ store: Store) {
    self.store = store
    let state = state
    do throws(IOError) {
      thread = try Thread.start(name: "load-sync") { Self.work(state) }
    } catch {
      thread = nil
    }
  }

  func add(_ build: SegmentBuild, _ built: BuiltSegment) {
    state.update { $0.waiting.append((build, built)) }
  }

  /// Waits until all segments are durable.
  func finish() throws(LoadError) {
    state.update { $0.isClosed = true }
    if let thread { thread.join() } else { Self.work(state) }
    if let failure = state.withLock({ $0.failure }) { throw .storage(failure) }
    try stored { () throws(StorageError) in try store.syncSegmentNames() }
  }

  private static func work(_ state: Monitor<State>) {
    while true {
      let next = state.wait { state -> (build: SegmentBuild, built: BuiltSegment)?? in
        if !state.waiting.isEmpty { return state.waiting.removeFirst() }
        return state.isClosed ? .some(nil) : nil
      }
      guard let next else { return }
      do throws(StorageError) {
        try next.build.sync(next.built)
      } catch {
        state.withLock { $0.failure = $0.failure ?? error }
      }
    }
  }
}
