package import Catalog
package import Columnar
package import Planning
package import Storage

/// The tables of a statement: those of its snapshot or transaction, and the engine's own.
package protocol TableProvider: Sendable {
  /// A stored table; nil: not there (any more).
  func table(_ id: TableID) -> TableSnapshot?

  /// A stored table reduced to the rows of some primary keys; nil: not there.
  ///
  /// - Parameters:
  ///   - id: A table with a primary key.
  ///   - keys: The key columns in key order.
  /// - Returns: At least these rows.
  /// - Throws: What reading the key index gives.
  func table(_ id: TableID, holding keys: Batch) throws(ExecutionError) -> TableSnapshot?

  /// The rows of a relation that the engine fills from its own state.
  func systemTable(_ name: RelationName) throws(ExecutionError) -> [Batch]
}

extension TableProvider {
  package func table(_ id: TableID, holding keys: Batch) throws(ExecutionError) -> TableSnapshot? {
    table(id)
  }
}

/// One running statement: a plan over the tables of one snapshot.
///
/// `next()` is called by the session's thread. Hash tables, sorts and large scans are worked on by the pool
/// and by this thread; what is left, and small statements altogether, run on it alone. Between two calls
/// no thread is held: a full result queue parks the pipeline.
package final class QueryExecution {
  private let shared: ExecutionShared
  private let pool: WorkerPool?
  private let stages: [Stage]
  private let root: Producer
  private let counters: [OperatorCounters]
  private var isStarted = false
  private var isOver = false
  private var stream: BatchStream?
  private var queue: ResultQueue?

  /// Makes a plan ready to run; reads nothing yet.
  ///
  /// - Parameters:
  ///   - plan: What to compute.
  ///   - tables: The snapshot's tables; kept until the statement is over.
  ///   - context: Parameters, clock, session, cancellation flag.
  ///   - options: Limits.
  ///   - pool: The workers; nil: everything runs on the caller's thread.
  /// - Throws: An error of a constant part, or an unknown table.
  package init(
    plan: Plan,
    tables: any TableProvider,
    context: EvaluationContext,
    options: ExecutionOptions,
    pool: WorkerPool?
  ) throws(ExecutionError) {
    shared = ExecutionShared(context: context, options: options)
    self.pool = pool
    let compiler = PlanCompiler(tables, shared)
    root = try compiler.compile(plan)
    stages = compiler.stages
    counters = compiler.counters
  }

  deinit { queue?.close() }

  /// The next rows; nil: there are no more.
  ///
  /// The batch belongs to the execution until the next call.
  ///
  /// - Throws: The first error of any thread, once; afterwards there are no more rows.
  package func next() throws(ExecutionError) -> Batch? {
    guard !isOver else { return nil }
    do throws(ExecutionError) {
      try shared.check()
      if !isStarted {
        isStarted = true
        try start()
      }
      while let batch = try pull() {
        if batch.rowCount > 0 { return batch }
        try shared.check()
      }
      end()
      return nil
    } catch {
      end()
      throw error
    }
  }

  /// Asks the statement to stop; may be called from any thread.
  package func cancel() { shared.context.cancellation.cancel() }

  /// What the operators did so far, parents before their inputs.
  package var statistics: [OperatorStatistics] { counters.map(\.statistics) }

  /// The most bytes that the statement's buffers held.
  package var peakMemoryBytes: Int { shared.budget.peakBytes }

  // MARK: Running

  private var slotLimit: Int {
    guard let pool else { return 1 }
    return max(1, min(pool.threadCount, shared.options.threads))
  }

  private func start() throws(ExecutionError) {
    for stage in stages { try run(stage) }
    let streams = try root.prepare(maximumStreams: slotLimit)
    if let pool, !root.isSmall {
      let queue = ResultQueue(root, slots: streams, shared)
      self.queue = queue
      queue.start(pool)
    } else {
      stream = try SerialStream(root, slots: streams)
    }
  }

  private func run(_ stage: Stage) throws(ExecutionError) {
    let slots = try stage.prepare(maximumSlots: slotLimit)
    guard slots > 0 else { return try stage.finish() }
    if let pool, !stage.isSmall {
      return try StageRun(stage, slots: slots, pool: pool).complete()
    }
    for slot in 0..<slots {
      while try stage.step(slot: slot) != .done { try shared.check() }
    }
    try stage.finish()
  }

  private func pull() throws(ExecutionError) -> Batch? {
    if let stream { return try stream.next() }
    return try queue?.next()
  }

  private func end() {
    isOver = true
    queue?.close()
    queue = nil
    stream = nil
  }
}

/// All streams of a producer, one after the other.
final class SerialStream: BatchStream {
  private let producer: Producer
  private let slots: Int
  private var slot = 0
  private var current: BatchStream

  init(_ producer: Producer, slots: Int) throws(ExecutionError) {
    self.producer = producer
    self.slots = slots
    current = try producer.makeStream(slot: 0)
  }

  override func next() throws(ExecutionError) -> Batch? {
    while true {
      if let batch = try current.next() { return batch }
      slot += 1
      guard slot < slots else { return nil }
      current = try producer.makeStream(slot: slot)
    }
  }
}
