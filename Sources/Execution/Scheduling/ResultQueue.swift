internal import Columnar
internal import SystemIO

/// Carries a statement's rows from the workers to the session's thread.
///
/// A few batches at most: when they are all full, the slots are parked and their workers do something else,
/// until the session has taken half of them.
final class ResultQueue {
  private final class Sink: Stage, @unchecked Sendable {
    // SAFETY: what is in a place of `places` is touched by one thread a slot, the array by none; everything else is in the monitor.
    struct State {
      var full: [Batch] = []
      var free: [Batch]
      var isClosed = false
    }

    /// A slot's stream, while it has rows.
    final class Place {
      var stream: BatchStream?
    }

    let producer: Producer
    let shared: ExecutionShared
    let state: Monitor<State>
    let places: [Place]
    let clock = SystemClock()

    init(_ producer: Producer, slots: Int, _ shared: ExecutionShared) {
      self.producer = producer
      self.shared = shared
      places = (0..<slots).map { _ in Place() }
      let kinds = producer.kinds
      state = Monitor(State(free: (0..<slots * 4).map { _ in Batch(kinds: kinds, capacity: 64) }))
    }

    override func step(slot: Int) throws(ExecutionError) -> StepOutcome {
      let stream = try stream(slot)
      let start = clock.monotonicNanoseconds
      while clock.monotonicNanoseconds &- start < turnNanoseconds {
        let free: Batch?? = state.withLock { state in
          state.isClosed ? .some(nil) : state.free.popLast().map { .some($0) } ?? nil
        }
        guard let taken = free else { return .blocked }
        guard let target = taken else { return .done }
        guard let batch = try stream.next() else {
          state.withLock { $0.free.append(target) }
          places[slot].stream = nil
          return .done
        }
        if batch.rowCount == 0 {
          state.withLock { $0.free.append(target) }
          continue
        }
        keep(batch, in: target)
        state.update { $0.full.append(target) }
      }
      return .more
    }

    private func stream(_ slot: Int) throws(ExecutionError) -> BatchStream {
      if let stream = places[slot].stream { return stream }
      let stream = try producer.makeStream(slot: slot)
      places[slot].stream = stream
      return stream
    }

    /// Copies a stream's batch, strings included: the stream fills its vectors again.
    private func keep(_ batch: Batch, in target: Batch) {
      for (source, vector) in zip(batch.columns, target.columns) {
        vector.reset()
        if let dictionary = source.dictionary {
          vector.dictionary = dictionary
          vector.reserve(batch.rowCount)
          let codes = source.codes
          var out = vector.mutableCodes
          for row in 0..<batch.rowCount { out[row] = codes[row] }
          if source.hasNulls {
            for row in 0..<batch.rowCount where !source.isValid(row) { vector.setNull(row) }
          }
        } else {
          copyRows(source, first: 0, count: batch.rowCount, to: vector, at: 0, bytes: .copy)
        }
      }
      target.rowCount = batch.rowCount
    }
  }

  private let sink: Sink
  private let slots: Int
  private var run: StageRun?
  private var taken: Batch?

  init(_ producer: Producer, slots: Int, _ shared: ExecutionShared) {
    sink = Sink(producer, slots: slots, shared)
    self.slots = slots
  }

  func start(_ pool: WorkerPool) {
    let run = StageRun(sink, slots: slots, pool: pool)
    self.run = run
    let state = sink.state
    run.onProgress = { state.wakeAll() }
    run.start()
  }

  /// The next batch; nil: all slots are done.
  func next() throws(ExecutionError) -> Batch? {
    guard let run else { return nil }
    giveBack()
    let batch: Batch?? = sink.state.wait { state in
      if !state.full.isEmpty { return .some(state.full.removeFirst()) }
      return run.outcome.isFinished ? .some(nil) : nil
    }
    if let batch = batch ?? nil {
      taken = batch
      return batch
    }
    if let error = run.outcome.error { throw error }
    return nil
  }

  /// Lets the pipeline fill the batch again that the caller has read.
  private func giveBack() {
    guard let batch = taken else { return }
    taken = nil
    let isHalfEmpty = sink.state.withLock { state in
      state.free.append(batch)
      return state.full.count <= slots
    }
    if isHalfEmpty { run?.unblock() }
  }

  /// Stops the workers; returns when none is inside.
  func close() {
    sink.state.withLock { $0.isClosed = true }
    run?.stopAndWait()
    run = nil
  }
}
