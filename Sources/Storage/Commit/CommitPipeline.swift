// How commits run: under the lock a commit takes its place in the order and makes the next head state;
// outside of it, whoever waits first becomes the leader, writes and syncs whatever has collected, and
// publishes the newest durable state. No thread of its own: one client pays no hand-over, many share a
// sync.
//
// A write that the disk refuses takes every commit down that is not durable yet: later ones were made
// from its state. A failed sync ends writing until the store is opened again: what the kernel dropped
// nobody knows.

internal import Catalog
internal import Synchronization
internal import SystemIO

/// A commit on its way to the disk.
final class PendingCommit: @unchecked Sendable {
  // SAFETY: `outcome` is read and written only under the pipeline's lock.
  let record: CommitRecord
  let state: StoreState
  let obsolete: [SegmentHandle]
  let mode: CommitMode
  fileprivate var outcome: Result<Void, StorageError>?

  init(record: CommitRecord, state: StoreState, obsolete: [SegmentHandle], mode: CommitMode) {
    self.record = record
    self.state = state
    self.obsolete = obsolete
    self.mode = mode
  }
}

/// The order of commits.
final class CommitPipeline: @unchecked Sendable {
  // SAFETY: `log` and `unsyncedObsolete` are used by the leader only; everything else is guarded by
  // the monitor or the mutex.
  struct Queue {
    /// The newest state, durable or not yet; commits are made from it.
    var head: StoreState
    /// Raised when states that were the head are taken back.
    var epoch: UInt64 = 0
    var pending: [PendingCommit] = []
    var isLeading = false
    /// Set when nothing can be written any more.
    var failure: StorageError?
    /// Partitions whose delta is being sealed: their batches must keep their borders.
    var sealingSlots: Set<UInt32> = []
  }

  private let queue: Monitor<Queue>
  private let newest: Mutex<Snapshot>
  private let log: LogWriter
  private let logBytes = Atomic<Int64>(0)
  private var unsyncedObsolete: [SegmentHandle] = []

  init(state: StoreState, log: LogWriter) {
    queue = Monitor(Queue(head: state))
    newest = Mutex(Snapshot(state))
    self.log = log
    logBytes.store(log.byteCount, ordering: .relaxed)
  }

  /// The newest published state.
  var published: Snapshot { newest.withLock { $0 } }

  /// Bytes in the newest log file.
  var logByteCount: Int64 { logBytes.load(ordering: .relaxed) }

  /// Runs `body` with the queue, alone; it must not do I/O.
  func withQueue<Result, Failure: Error>(
    _ body: (inout Queue) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try queue.withLock(body)
  }

  /// Refuses all further commits.
  func close() {
    queue.update { if $0.failure == nil { $0.failure = .closed } }
  }

  /// Commits.
  ///
  /// - Parameters:
  ///   - mode: When to return.
  ///   - build: Makes the record from the head state, under the lock; nil: there is nothing to do.
  /// - Throws: What `build` throws, or why the record could not be made durable.
  func commit(
    _ mode: CommitMode,
    build: (StoreState) throws(StorageError) -> CommitRecord?
  ) throws(StorageError) {
    let pending = try queue.withLock { (queue) throws(StorageError) -> PendingCommit? in
      if let failure = queue.failure { throw failure }
      guard let record = try build(queue.head) else { return nil }
      let bytes = record.estimatedBytes
      guard bytes < LogFormat.payloadBytesMax else { throw .transactionTooLarge(bytes: bytes) }
      var next = queue.head
      var effects = ApplyEffects()
      do throws(ApplyError) {
        try next.apply(record, sequence: next.sequence + 1, effects: &effects)
      } catch {
        throw .corrupt(file: "commit", offset: 0, what: error.what)
      }
      let commit = PendingCommit(
        record: record,
        state: next,
        obsolete: effects.obsolete,
        mode: mode
      )
      queue.head = next
      queue.pending.append(commit)
      return commit
    }
    if let pending { try wait(for: pending) }
  }

  private enum Turn {
    case done(Result<Void, StorageError>)
    case lead([PendingCommit])
  }

  private func wait(for commit: PendingCommit) throws(StorageError) {
    while true {
      let turn = queue.wait { queue -> Turn? in
        if let outcome = commit.outcome { return .done(outcome) }
        guard !queue.isLeading else { return nil }
        return .lead(Self.takeLead(&queue))
      }
      switch turn {
      case .done(let outcome): return try outcome.get()
      case .lead(let group): write(group)
      }
    }
  }

  private static func takeLead(_ queue: inout Queue) -> [PendingCommit] {
    queue.isLeading = true
    defer { queue.pending = [] }
    return queue.pending
  }

  /// The leader's work: one write and one sync for the group.
  private func write(_ group: [PendingCommit]) {
    do throws(StorageError) {
      try append(group)
      finish(group)
      if queue.withLock({ $0.pending.isEmpty }) { log.mark() }
      queue.update { $0.isLeading = false }
    } catch {
      fail(group, error)
    }
  }

  private func append(_ group: [PendingCommit]) throws(StorageError) {
    if let failure = queue.withLock({ $0.failure }), failure != .closed { throw failure }
    guard let first = group.first else { return }
    let syncs = group.contains { $0.mode == .durable }
    try log.append(
      group.map { $0.record.encoded() },
      firstSequence: first.state.sequence,
      syncs: syncs
    )
    logBytes.store(log.byteCount, ordering: .relaxed)
  }

  private func finish(_ group: [PendingCommit]) {
    if let last = group.last {
      newest.withLock { $0 = Snapshot(last.state) }
      for commit in group { unsyncedObsolete += commit.obsolete }
    }
    releaseObsolete()
    queue.update { _ in for commit in group { commit.outcome = .success(()) } }
  }

  /// Files that no durable state needs may go.
  private func releaseObsolete() {
    guard log.synced == log.end, !unsyncedObsolete.isEmpty else { return }
    for handle in unsyncedObsolete { handle.becomeObsolete() }
    unsyncedObsolete = []
  }

  private func fail(_ group: [PendingCommit], _ error: StorageError) {
    let durable = published.state
    queue.update { queue in
      for commit in group + queue.pending { commit.outcome = .failure(error) }
      queue.pending = []
      queue.head = durable
      queue.epoch += 1
      if case .failed = error { queue.failure = error }
      queue.isLeading = false
    }
  }

  /// Runs `body` as the leader, after everything that was committed before is durable.
  ///
  /// - Returns: The state that is durable then, which is also the head.
  /// - Throws: What writing or `body` gives.
  @discardableResult
  private func withDurableLog(
    _ body: (LogWriter) throws(StorageError) -> Void
  ) throws(StorageError) -> StoreState {
    while true {
      let group = queue.wait { queue -> [PendingCommit]? in
        queue.isLeading ? nil : Self.takeLead(&queue)
      }
      guard group.isEmpty else {
        write(group)
        continue
      }
      do throws(StorageError) {
        if let failure = queue.withLock({ $0.failure }), failure != .closed { throw failure }
        try log.sync()
        try body(log)
        logBytes.store(log.byteCount, ordering: .relaxed)
        releaseObsolete()
        let state = published.state
        queue.update { $0.isLeading = false }
        return state
      } catch {
        // Commits that wait can still be written, unless the log itself is lost.
        if case .failed = error {
          fail([], error)
        } else {
          queue.update { $0.isLeading = false }
        }
        throw error
      }
    }
  }

  /// Makes relaxed commits durable.
  func flush() throws(StorageError) { try withDurableLog { _ in } }

  /// Starts a new log file.
  ///
  /// - Returns: The state at the border: everything in the old files.
  func rotateLog() throws(StorageError) -> StoreState {
    try withDurableLog { (log) throws(StorageError) in try log.rotate() }
  }
}

extension CommitRecord {
  /// About how many bytes it takes in the log.
  fileprivate var estimatedBytes: Int {
    parts.reduce(64) { total, part in
      switch part {
      case .rows(let rows): total + rows.batch.byteCount + 256 * rows.batch.columns.count
      case .delete(_, let locators): total + locators.count * 5
      case .seal(_, _, _, _, let deleted), .compact(_, _, _, _, let deleted):
        total + 4096 + deleted.count * 5
      default: total + 4096
      }
    }
  }
}
