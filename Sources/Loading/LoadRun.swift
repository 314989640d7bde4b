internal import Catalog
internal import Columnar
internal import Storage
internal import Synchronization
internal import SystemIO

/// One file on its way into segments: workers that take chunks in turns, parse them, deal the rows out
/// to partitions, and write a partition when it is full or nothing more comes.
final class LoadRun: Sendable {
  private struct State {
    var progress = LoadProgress()
    /// The error of the earliest chunk; later chunks are of no interest then.
    var failure: (chunk: Int, error: LoadError)?
    var segments: [LoadedSegment] = []
    var parsingCount = 0
    /// Rejects of chunks whose turn has not come.
    var rejects: [Int: [RejectedRow]] = [:]
    var nextChunk = 0
  }

  private let target: LoadTarget
  private let options: LoadOptions
  private let chunks: ChunkSource
  private let turn = Mutex(())
  private let counting: HashingSource
  private let buckets: PartitionBuckets
  private let syncer: SegmentSyncer
  private let state: Monitor<State>
  private let reject: @Sendable (RejectedRow) -> Void
  private let report: @Sendable (LoadProgress) -> Bool

  init(
    _ target: LoadTarget,
    _ options: LoadOptions,
    _ source: any ByteSource,
    counting: HashingSource,
    rejects: @escaping @Sendable (RejectedRow) -> Void,
    progress: @escaping @Sendable (LoadProgress) -> Bool
  ) {
    self.target = target
    self.options = options
    chunks = ChunkSource(source, options.layout, chunkBytes: options.chunkBytes)
    self.counting = counting
    buckets = PartitionBuckets(
      target.definition,
      byteCountMax: options.memoryBytes,
      segmentRows: options.segmentRows,
      settledRows: options.settledRows,
      workerCount: max(1, options.threadCount)
    )
    syncer = SegmentSyncer(target.store)
    state = Monitor(State())
    reject = rejects
    report = progress
  }

  var progress: LoadProgress { state.withLock { $0.progress } }

  /// Runs all workers to their end.
  ///
  /// - Returns: The segments, written and durable.
  /// - Throws: The error of the earliest chunk; no segment is left then.
  func run() throws(LoadError) -> [LoadedSegment] {
    let count = max(1, options.threadCount)
    state.withLock { $0.parsingCount = count }
    var threads: [Thread] = []
    for number in 1..<count {
      do throws(IOError) {
        threads.append(try Thread.start(name: "load-\(number)") { self.work(number) })
      } catch {
        state.withLock { $0.parsingCount -= 1 }
        buckets.noteDealt(.max, worker: number)
      }
    }
    work(0)
    for thread in threads { thread.join() }
    do throws(LoadError) { try syncer.finish() } catch { fail(.max, error) }
    let (failure, segments) = state.withLock { ($0.failure, $0.segments) }
    guard let failure else { return segments }
    for segment in segments { target.store.discard(segment.built) }
    throw failure.error
  }

  private func work(_ worker: Int) {
    var scatter = RowScatter(buckets, keepsOrdinals: target.keepsOrdinals)
    let chunk = TextChunk(byteCount: options.chunkBytes + (64 << 10))
    var parser: ChunkParser?
    var number = 0
    do throws(LoadError) {
      while !isStopped(before: number) {
        if let (key, bucket) = buckets.takeFull() {
          try write(key, bucket)
          continue
        }
        guard try nextChunk(chunk) else { break }
        number = chunk.number
        if parser == nil { parser = try ChunkParser(target, options, header: chunks.headerNames) }
        try parser?.parse(chunk)
        if let parser { try take(parser, chunk, &scatter) }
        buckets.noteDealt(number, worker: worker)
      }
      // Wrong columns are an error of a file without rows, too.
      if parser == nil { _ = try ChunkParser(target, options, header: chunks.headerNames) }
      scatter.finish()
      buckets.noteDealt(.max, worker: worker)
      finishParsing()
      while !isStopped(before: 0), let (key, bucket) = buckets.takeAny() { try write(key, bucket) }
    } catch {
      fail(number, error)
      finishParsing()
    }
  }

  private func nextChunk(_ chunk: TextChunk) throws(LoadError) -> Bool {
    try turn.withLock { _ throws(LoadError) in
      let isThere = try chunks.next(chunk)
      chunk.sourceBytes = counting.byteCount
      return isThere
    }
  }

  private func take(
    _ parser: ChunkParser,
    _ chunk: TextChunk,
    _ scatter: inout RowScatter
  ) throws(LoadError) {
    let rejects = parser.rejects(of: chunk)
    if let first = rejects.first, !options.skipsBadRows { throw .row(first.reason) }
    parser.scatter(chunk.number, into: &scatter)
    if parser.isEnded { turn.withLock { _ in chunks.end() } }
    let rowCount = parser.rowCount
    let progress = state.withLock { state in
      state.progress.rowCount += rowCount
      state.progress.rejectedCount += rejects.count
      state.progress.byteCount = chunk.sourceBytes
      state.rejects[chunk.number] = rejects
      // In the order of the file, whichever worker is faster.
      while let next = state.rejects.removeValue(forKey: state.nextChunk) {
        for row in next { reject(row) }
        state.nextChunk += 1
      }
      return state.progress
    }
    if !report(progress) { throw .cancelled }
  }

  private func write(
    _ key: PartitionKey,
    _ bucket: PartitionBuckets.Bucket
  ) throws(LoadError) {
    let segment = try writeSegment(bucket, key, target, syncer)
    buckets.release(bucket)
    state.withLock { $0.segments.append(segment) }
  }

  /// Whether an error makes further work useless.
  ///
  /// Chunks before the failed one are still parsed: an earlier error counts more.
  private func isStopped(before chunk: Int) -> Bool {
    state.withLock { state in state.failure.map { $0.chunk <= chunk } ?? false }
  }

  private func fail(_ chunk: Int, _ error: LoadError) {
    state.withLock { state in
      if let known = state.failure, known.chunk <= chunk { return }
      state.failure = (chunk, error)
    }
  }

  /// Waits until no worker parses any more: only then all rows are in their buckets.
  private func finishParsing() {
    state.update { $0.parsingCount -= 1 }
    _ = state.wait { $0.parsingCount <= 0 ? true : nil }
  }
}
