internal import SystemIO

/// A stage while the pool works on it.
///
/// A turn takes any ready slot. The first error stops the rest. There are as many turns asked for as slots are ready, but for
/// the one that a thread in ``complete()`` takes next.
final class StageRun: @unchecked Sendable {
  // SAFETY: `stage` is touched by one thread a slot, as Stage demands; everything else is in the monitor.
  private struct State {
    var slots: StageSlots
    var error: ExecutionError?
    var isStopped = false
    var isFinished = false
  }

  private let stage: Stage
  private let pool: WorkerPool
  private let state: Monitor<State>
  /// Called after every turn; set before ``start()``.
  var onProgress: (@Sendable () -> Void)?

  init(_ stage: Stage, slots: Int, pool: WorkerPool) {
    self.stage = stage
    self.pool = pool
    state = Monitor(State(slots: StageSlots(count: slots)))
  }

  /// Hands the stage to the pool.
  func start() {
    let count = state.withLock { $0.slots.count }
    pool.submit(self, turns: count)
  }

  /// Works on the stage beside the pool until it is whole.
  ///
  /// The caller takes turns like a worker: where all processors are busy, a stage of a millisecond does not wait until a worker
  /// is woken. What the pool does in the background is left to it: the caller's thread has another priority.
  func complete() throws(ExecutionError) {
    if pool.isBackground {
      start()
    } else {
      let count = state.withLock { $0.slots.count }
      pool.submit(self, turns: count - 1)
      while takeTurn(asksForMore: false) {}
    }
    try wait()
  }

  /// One turn of some ready slot.
  ///
  /// - Parameter asksForMore: Whether the pool is asked to go on where the slot has more to do; else the caller does.
  /// - Returns: Whether a slot was ready.
  @discardableResult
  func takeTurn(asksForMore: Bool = true) -> Bool {
    let chosen = state.withLock { $0.isStopped ? nil : $0.slots.begin() }
    guard let slot = chosen else { return false }
    do throws(ExecutionError) {
      let outcome = try stage.step(slot: slot)
      settle(slot, outcome, asksForMore: asksForMore)
    } catch {
      fail(slot, error)
    }
    return true
  }

  private func settle(_ slot: Int, _ outcome: StepOutcome, asksForMore: Bool) {
    let (again, isLast) = state.withLock { state -> (Bool, Bool) in
      let wantsTurn = state.slots.end(slot, outcome)
      if state.isStopped {
        if state.slots.running == 0 { state.isFinished = true }
        return (false, false)
      }
      return (wantsTurn, outcome == .done && state.slots.areDone)
    }
    if again, asksForMore { pool.submit(self, turns: 1) }
    if isLast { finishStage() }
    state.wakeAll()
    onProgress?()
  }

  private func finishStage() {
    do throws(ExecutionError) {
      try stage.finish()
      state.update { $0.isFinished = true }
    } catch {
      state.update { state in
        state.error = error
        state.isFinished = true
      }
    }
  }

  private func fail(_ slot: Int, _ error: ExecutionError) {
    state.update { state in
      _ = state.slots.end(slot, .done)
      if state.error == nil { state.error = error }
      state.isStopped = true
      if state.slots.running == 0 { state.isFinished = true }
    }
    onProgress?()
  }

  /// Lets blocked slots go on, and those that are about to say that they are blocked.
  func unblock() {
    let turns = state.withLock { $0.isStopped ? 0 : $0.slots.unblock() }
    pool.submit(self, turns: turns)
  }

  /// Starts no more turns; returns when no worker is inside.
  func stopAndWait() {
    state.update { state in
      state.isStopped = true
      if state.slots.running == 0 { state.isFinished = true }
    }
    state.wait { $0.slots.running == 0 ? () : nil }
  }

  /// Whether the stage is over, and its error.
  var outcome: (isFinished: Bool, error: ExecutionError?) {
    state.withLock { ($0.isFinished, $0.error) }
  }

  /// Waits until the stage is whole.
  private func wait() throws(ExecutionError) {
    let error: ExecutionError?? = state.wait { $0.isFinished ? .some($0.error) : nil }
    if let error = error ?? nil { throw error }
  }
}
