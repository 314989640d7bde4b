import Execution
import SystemIO

/// Cancels statements whose time is up: one thread, asleep while no statement has a limit.
final class DeadlineWatch: Sendable {
  private struct State {
    var entries: [ActivityEntry] = []
    var isClosed = false
  }
  /// How late a limit may be noticed.
  private static let stepNanoseconds: UInt64 = 5_000_000

  private let state: Monitor<State>
  private let thread: Thread

  init() throws(IOError) {
    let state = Monitor(State())
    self.state = state
    thread = try Thread.start(name: "deadlines", stackBytes: 256 << 10) { Self.watch(state) }
  }

  /// Watches a statement that has a time limit.
  func add(_ entry: ActivityEntry) {
    guard entry.deadlineNanoseconds > 0 else { return }
    state.update { $0.entries.append(entry) }
  }

  func close() {
    state.update { $0.isClosed = true }
    thread.join()
  }

  private static func watch(_ state: Monitor<State>) {
    let clock = SystemClock()
    while true {
      let isClosed = state.wait { state in
        state.isClosed ? true : state.entries.isEmpty ? nil : false
      }
      if isClosed { return }
      sleep(nanoseconds: stepNanoseconds)
      let now = clock.monotonicNanoseconds
      state.withLock { state in
        state.entries.removeAll { entry in
          if entry.isOver { return true }
          guard now >= entry.deadlineNanoseconds else { return false }
          entry.cancellation.cancel(.timeout)
          return true
        }
      }
    }
  }
}
