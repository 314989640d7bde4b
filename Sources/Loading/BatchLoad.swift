package import Catalog
package import Columnar
package import Storage
internal import Synchronization
internal import SystemIO

/// Rows that come as batches, from several threads, become segments of one table; nobody parses anything.
///
/// The rows are all that the table will hold: keys are compared among themselves only.
package final class BatchLoad: Sendable {
  private let target: LoadTarget
  private let buckets: PartitionBuckets
  private let syncer: SegmentSyncer
  private let workerCount: Int
  private let segments = Mutex<[LoadedSegment]>([])
  private let failure = Mutex<LoadError?>(nil)
  private let chunk = Atomic<Int>(0)

  /// - Parameters:
  ///   - store: Where segments are written.
  ///   - definition: The table; batches have its columns in its order.
  ///   - workerCount: Threads that bring rows.
  ///   - memoryBytes: Bytes of rows that wait to be written.
  package init(
    _ store: Store,
    _ definition: TableDefinition,
    workerCount: Int,
    memoryBytes: Int
  ) {
    self.workerCount = workerCount
    target = LoadTarget(store, filling: definition)
    let options = LoadOptions()
    buckets = PartitionBuckets(
      definition,
      byteCountMax: memoryBytes,
      segmentRows: options.segmentRows,
      settledRows: options.settledRows,
      workerCount: workerCount
    )
    syncer = SegmentSyncer(store)
  }

  /// Brings the rows of one thread.
  package final class Worker {
    private let load: BatchLoad
    private let number: Int
    private let partitioner: Partitioner
    private let coders: [ColumnCoder?]
    private var scatter: RowScatter

    fileprivate init(_ load: BatchLoad, _ number: Int) {
      self.load = load
      self.number = number
      partitioner = Partitioner(load.target.definition)
      coders = load.target.dictionaries.map { $0.map(ColumnCoder.init) }
      scatter = RowScatter(load.buckets, keepsOrdinals: false)
    }

    /// Copies rows; writes a segment when enough have come together.
    ///
    /// - Throws: ``LoadError`` for NULLs where none may be, and what writing gives.
    package func add(_ rows: Batch) throws(LoadError) {
      guard rows.rowCount > 0 else { return }
      try load.target.refuseNulls(rows)
      let chunk = load.chunk.add(1, ordering: .relaxed).newValue
      let coded = zip(coders, rows.columns).map { coder, column in
        coder.flatMap { $0.encode(column, rowCount: rows.rowCount) ? $0 : nil }
      }
      scatter.add(
        ParsedRows(batch: rows, codes: coded),
        keys: partitioner.keys(of: rows),
        chunk: chunk,
        isTaken: nil
      )
      load.buckets.noteDealt(chunk, worker: number)
      while let (key, bucket) = load.buckets.takeFull() { try load.write(key, bucket) }
    }

    /// No more rows come from this thread.
    package func finish() {
      scatter.finish()
      load.buckets.noteDealt(.max, worker: number)
    }
  }

  /// A worker, for one thread; each number below the count of workers once.
  package func worker(_ number: Int) -> Worker { Worker(self, number) }

  /// Writes what is left, on as many threads as there were workers; all of these have finished.
  ///
  /// - Returns: The segments, durable.
  /// - Throws: ``LoadError``; no segment is left then.
  package func finish() throws(LoadError) -> [BuiltSegment] {
    do throws(LoadError) {
      try writeRest()
    } catch {
      abandon()
      throw error
    }
    do throws(LoadError) {
      try syncer.finish()
      try refuseRepeated()
    } catch {
      discard()
      throw error
    }
    return segments.withLock { $0.map(\.built) }
  }

  /// Gives the load up; no worker may go on.
  package func abandon() {
    do throws(LoadError) { try syncer.finish() } catch { /* Its files go now. */  }
    discard()
  }

  private func discard() {
    for segment in segments.withLock({ $0 }) { target.store.discard(segment.built) }
    segments.withLock { $0 = [] }
  }

  private func writeRest() throws(LoadError) {
    var threads: [Thread] = []
    for number in 1..<max(1, min(workerCount, buckets.count)) {
      do throws(IOError) {
        threads.append(try Thread.start(name: "load-\(number)") { self.drain() })
      } catch { /* The others write more. */  }
    }
    drain()
    for thread in threads { thread.join() }
    if let failure = failure.withLock({ $0 }) { throw failure }
  }

  private func drain() {
    while failure.withLock({ $0 == nil }), let (key, bucket) = buckets.takeAny() {
      do throws(LoadError) {
        try write(key, bucket)
      } catch { failure.withLock { $0 = $0 ?? error } }
    }
  }

  private func write(
    _ key: PartitionKey,
    _ bucket: PartitionBuckets.Bucket
  ) throws(LoadError) {
    let segment = try writeSegment(bucket, key, target, syncer)
    buckets.release(bucket)
    segments.withLock { $0.append(segment) }
  }

  /// Integer keys are compared exactly; of others only hashes are at hand, which may be equal by chance.
  private func refuseRepeated() throws(LoadError) {
    guard target.keyPlaces.count == 1,
      target.definition.columns[target.keyPlaces[0]].type.laneKind == .int64,
      let repeated = repeatedWords(segments.withLock { $0.map(\.keyWords) }).first
    else { return }
    throw target.duplicate([.int64(Int64(bitPattern: repeated))])
  }
}

extension LoadTarget {
  /// NULLs that the table does not take.
  fileprivate func refuseNulls(_ rows: Batch) throws(LoadError) {
    for (column, vector) in zip(definition.columns, rows.columns) where vector.hasNulls {
      guard !column.isNullable || definition.primaryKey.contains(column.id) else { continue }
      for row in 0..<rows.rowCount where !vector.isValid(row) {
        throw .storage(.notNullViolation(table: definition.name, column: column.name))
      }
    }
  }
}
