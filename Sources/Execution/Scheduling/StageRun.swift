internal import SystemIO

/// A stage while the pool works on it.
///
/// A turn takes any ready slot. The first error stops the rest.
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

  /// One turn of some ready slot, on a worker.
  func takeTurn() {
    let chosen = state.withLock { $0.isStopped ? nil : $0.slots.begin() }
    guard let slot = chosen else { return }
    do throws(ExecutionError) {
      let outcome = try stage.step(slot: slot)
      settle(slot, outcome)
    } catch {
      fail(slot, error)
    }
  }

  private func settle(_ slot: Int, _ outcome: StepOutcome) {
    let (again, isLast) = state.withLock { state -> (Bool, Bool) in
      let wantsTurn = state.slots.end(slot, outcome)
      if state.isStopped {
        if state.slots.running == 0 { state.isFinished = true }
        return (false, false)
      }
      return (wantsTurn, outcome == .done && state.slots.areDone)
    }
    if again { pool.submit(self, turns: 1) }
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
  func wait() throws(ExecutionError) {
    let error: ExecutionError?? = state.wait { $0.isFinished ? .some($0.error) : nil }
    if let error = error ?? nil { throw error }
  }
}
