import Columnar
import Execution
import Synchronization
import SystemIO

/// What every session is doing, for cancelling, time limits and `almanac.queries`.
final class ActivityRegistry: Sendable {
  /// How many finished statements are remembered.
  private static let historyMax = 1_000

  private struct State {
    var sessions: [Int32: SessionEntry] = [:]
    /// A ring once it is full, whose oldest entry is at ``oldest``.
    var history: [FinishedStatement] = []
    var oldest = 0
    var nextProcessID: Int32 = 1
  }
  private let state = Mutex(State())

  /// Gives a new session its number and enters it.
  func register(_ make: (Int32) -> SessionEntry) -> SessionEntry {
    state.withLock { state in
      let entry = make(state.nextProcessID)
      state.sessions[entry.processID] = entry
      state.nextProcessID = state.nextProcessID == .max ? 1 : state.nextProcessID + 1
      return entry
    }
  }

  func remove(_ processID: Int32) {
    state.withLock { _ = $0.sessions.removeValue(forKey: processID) }
  }

  func session(_ processID: Int32) -> SessionEntry? { state.withLock { $0.sessions[processID] } }

  /// Every session, by number.
  var sessions: [SessionEntry] {
    state.withLock { $0.sessions.values.sorted { $0.processID < $1.processID } }
  }

  /// The statements that ended last, oldest first.
  var history: [FinishedStatement] {
    state.withLock { Array($0.history[$0.oldest...] + $0.history[..<$0.oldest]) }
  }

  func record(_ statement: FinishedStatement) {
    // What it takes the place of is let go outside of the lock.
    var other = statement
    state.withLock { state in
      guard state.history.count >= Self.historyMax else {
        return state.history.append(statement)
      }
      swap(&state.history[state.oldest], &other)
      state.oldest = (state.oldest + 1) % Self.historyMax
    }
  }
}

/// A session as others see it.
final class SessionEntry: Sendable {
  let processID: Int32
  let secret: [UInt8]
  let user: String
  /// Microseconds since 2000-01-01 UTC.
  let startedAt: Int64
  /// Closes the connection from outside; the server sets it.
  private let terminate: Mutex<(@Sendable () -> Void)?> = Mutex(nil)
  private let current = Mutex<ActivityEntry?>(nil)
  private let name = Mutex("")

  init(processID: Int32, secret: [UInt8], user: String, startedAt: Int64) {
    self.processID = processID
    self.secret = secret
    self.user = user
    self.startedAt = startedAt
  }

  var applicationName: String {
    get { name.withLock { $0 } }
    set { name.withLock { $0 = newValue } }
  }

  /// The statement that runs now.
  var running: ActivityEntry? {
    get { current.withLock { $0 } }
    set { current.withLock { $0 = newValue } }
  }

  func onTerminate(_ action: @escaping @Sendable () -> Void) { terminate.withLock { $0 = action } }

  /// Cancels the running statement; false when there is none.
  @discardableResult
  func cancel(_ reason: CancellationFlag.Reason = .user) -> Bool {
    guard let running, !running.isOver else { return false }
    running.cancellation.cancel(reason)
    return true
  }

  /// Cancels the statement and ends the connection.
  func end() {
    cancel()
    terminate.withLock { $0 }?()
  }
}

/// One statement from its start to its end.
final class ActivityEntry: Sendable {
  let session: SessionEntry
  let text: String
  let startedAt: Int64
  let cancellation: CancellationFlag
  /// When the time limit is reached, on the monotonic clock; 0: never.
  let deadlineNanoseconds: UInt64
  private let startNanoseconds: UInt64
  private let registry: ActivityRegistry
  private let over = Atomic<Bool>(false)
  private let clock = SystemClock()

  init(
    session: SessionEntry,
    text: String,
    startedAt: Int64,
    timeoutMilliseconds: Int64,
    registry: ActivityRegistry
  ) {
    self.session = session
    self.text = text
    self.startedAt = startedAt
    self.registry = registry
    cancellation = CancellationFlag()
    startNanoseconds = clock.monotonicNanoseconds
    deadlineNanoseconds =
      timeoutMilliseconds > 0 ? startNanoseconds + UInt64(timeoutMilliseconds) * 1_000_000 : 0
    session.running = self
  }

  var isOver: Bool { over.load(ordering: .acquiring) }

  /// Nanoseconds since the statement started.
  var elapsedNanoseconds: UInt64 { clock.monotonicNanoseconds - startNanoseconds }

  /// Enters the statement into the history, once.
  func end(rows: Int, failure: String? = nil) {
    guard !over.exchange(true, ordering: .acquiringAndReleasing) else { return }
    registry.record(
      FinishedStatement(
        processID: session.processID,
        user: session.user,
        text: text,
        startedAt: startedAt,
        durationMicroseconds: Int64(elapsedNanoseconds / 1_000),
        rows: rows,
        sqlState: failure
      )
    )
  }
}

/// A statement that has ended.
struct FinishedStatement: Sendable {
  var processID: Int32
  var user: String
  var text: String
  var startedAt: Int64
  var durationMicroseconds: Int64
  var rows: Int
  /// `nil`: it succeeded.
  var sqlState: String?
}
