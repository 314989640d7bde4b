import Catalog
import Replication
import Storage
import SystemIO

/// Follows one source on a thread of its own, through all its states.
///
/// ```
/// starting ─▶ preparing (slot, tables) ─▶ streaming ⇄ paused
///     ▲                                       │
///     └── reconnecting ◀── lost connection ───┤
///                        stopped: a name ◀────┘ what cannot pass by itself
/// ```
final class ReplicationRunner: Sendable {
  struct State {
    var status = ReplicationStatus()
    var isStopping = false
    /// The definition was changed by a statement.
    var hasNews = true
    var thread: Thread?
    /// The source is asked for values as texts: it described a column whose binary form is not read here, and may
    /// describe it again when the stream begins anew, though the catalog does not know it any more.
    var needsText = false
    /// What somebody waits for.
    var wanted: WantedPosition?
    /// What another thread must stop to end the runner soon.
    var interrupt: (@Sendable () -> Void)?
  }

  let name: String
  let store: Store
  let state = Monitor(State())
  private let clock = SystemClock()

  /// Starts following.
  init(_ name: String, _ store: Store) {
    self.name = name
    self.store = store
    let position = position
    state.withLock { state in
      state.status.phase = .starting
      state.status.durable = position
      state.status.visible = position
    }
    do throws(IOError) {
      let thread = try Thread.start(name: "replication") { self.run() }
      state.withLock { $0.thread = thread }
    } catch {
      state.withLock { $0.status.detail = "\(error)" }
    }
  }

  /// What it does now.
  var status: ReplicationStatus { state.withLock { $0.status } }

  /// The position that the store has.
  var position: LSN {
    LSN(store.published.positions[ReplicationDefinition.positionName(of: name)] ?? 0)
  }

  var definition: ReplicationDefinition? { store.published.catalog.replications[name] }

  /// Tells that a statement changed the definition.
  func definitionChanged() {
    let interrupt = state.update { state in
      state.hasNews = true
      return state.interrupt
    }
    interrupt?()
  }

  /// Waits, not for long, until a changed definition is gone by, and until nothing is applied any more.
  func waitUntilSeen(isPaused: Bool) {
    _ = state.wait(nanoseconds: 5_000_000_000) { state in
      !state.hasNews && (!isPaused || state.status.phase == .paused) ? true : nil
    }
  }

  /// Ends the runner; what is not committed is thrown away.
  func stop() {
    let (thread, interrupt) = state.update { state in
      state.isStopping = true
      return (state.thread, state.interrupt)
    }
    interrupt?()
    thread?.join()
  }

  /// Names what another thread must call to end a wait for the source; nil: there is none.
  func setInterrupt(_ interrupt: (@Sendable () -> Void)?) {
    let isStopping = state.withLock { state in
      state.interrupt = interrupt
      return state.isStopping
    }
    if isStopping { interrupt?() }
  }

  var needsText: Bool { state.withLock { $0.needsText } }

  /// Asks for no binary values from now on.
  func needText() { state.withLock { $0.needsText = true } }

  /// Waits until a position is visible or the time is over; not for long: who waits on calls again.
  func waitForProgress(beyond target: LSN, nanoseconds: UInt64) {
    let now = clock.monotonicNanoseconds
    _ = state.wait(nanoseconds: nanoseconds) { state in
      let known = state.wanted.flatMap { $0.target > state.status.visible ? $0 : nil }
      state.wanted = WantedPosition(target, at: now, after: known)
      return state.status.visible >= target || state.isStopping ? true : nil
    }
  }

  /// A position that somebody has been waiting for, longer than changes take; nil: nobody waits.
  var wantedPosition: LSN? {
    let now = clock.monotonicNanoseconds
    let pause = LSN(definition?.pauseAt ?? 0)
    return state.withLock { state in
      let waited = state.wanted.flatMap { $0.isOld(at: now) ? $0.target : nil } ?? .zero
      return [pause, waited].filter { $0 > state.status.visible }.min()
    }
  }

  var isStopping: Bool { state.withLock { $0.isStopping } }

  func update(_ body: (inout ReplicationStatus) -> Void) { state.update { body(&$0.status) } }

  /// Shows what is waited for.
  func tell(_ detail: String?) { update { $0.detail = detail } }

  /// Whether a statement changed the definition since the last call; the definition is to be read after it.
  func takeNews() -> Bool {
    state.update { state in
      defer { state.hasNews = false }
      return state.hasNews
    }
  }

  // MARK: The thread

  /// Before a round that follows at once: what ends every round must not take a processor.
  private static let restartNanoseconds: UInt64 = 10_000_000
  private static let retryNanoseconds: ClosedRange<UInt64> = 50_000_000...10_000_000_000

  private func run() {
    var delay = Self.retryNanoseconds.lowerBound
    while !isStopping {
      _ = takeNews()
      guard let definition else { return }
      guard definition.state == .running else {
        update { status in
          status.phase = definition.state == .paused ? .paused : .stopped
          status.detail = definition.failure?.text
        }
        rest(definition)
        continue
      }
      do throws(FollowEnd) {
        try SourceFollower.follow(self, definition)
        delay = Self.retryNanoseconds.lowerBound
      } catch {
        switch error {
        case .restart:
          delay = Self.retryNanoseconds.lowerBound
          waitForNews(Self.restartNanoseconds)
        case .passing(let text, let hasProgress, let phase):
          update { status in
            status.phase = phase
            status.detail = text
            status.reconnects += 1
          }
          if hasProgress { delay = Self.retryNanoseconds.lowerBound }
          waitForNews(delay)
          delay = min(delay * 2, Self.retryNanoseconds.upperBound)
        case .failure(let failure): persist(failure)
        }
      }
    }
  }

  /// Waits until a statement changes the definition; while it is paused, how far behind it is stays known.
  private func rest(_ definition: ReplicationDefinition) {
    guard definition.state == .paused else { return waitForNews(nil) }
    let probe = SourceProbe(definition.connection, name: "almanac watch \(name)") {
      source throws(ReplicationError) in
      let end = try source.currentLSN()
      self.update { $0.sourceEnd = max($0.sourceEnd, end) }
    }
    waitForNews(nil)
    probe.stop()
  }

  /// Waits a little, unless there is news.
  func rest(nanoseconds: UInt64) { waitForNews(nanoseconds) }

  /// Waits for a changed definition, the end, or the time.
  private func waitForNews(_ nanoseconds: UInt64?) {
    let isOver = { (state: inout State) -> Bool? in state.hasNews || state.isStopping ? true : nil }
    if let nanoseconds {
      _ = state.wait(nanoseconds: nanoseconds, until: isOver)
    } else {
      _ = state.wait(until: isOver)
    }
  }

  /// Notes durably why the replication cannot go on.
  private func persist(_ failure: ReplicationDefinition.Failure) {
    let error = changeDefinition { replication in
      replication.state = .stopped
      replication.failure = failure
    }
    update { status in
      status.phase = .stopped
      status.detail = error.map { "\(failure.text); \($0)" } ?? failure.text
    }
    if error != nil { waitForNews(Self.retryNanoseconds.upperBound) }
  }

  /// Changes the stored definition; again when other definitions changed meanwhile.
  ///
  /// - Returns: Why that was not possible.
  @discardableResult
  func changeDefinition(
    position: LSN? = nil,
    _ body: (inout ReplicationDefinition) -> Void
  ) -> StorageError? {
    for attempt in 0... {
      let transaction = store.begin()
      guard var replication = transaction.catalog.replications[name] else {
        transaction.rollback()
        return nil
      }
      body(&replication)
      do throws(StorageError) {
        try transaction.change(.putReplication(replication))
        if let position {
          transaction.setPosition(
            ReplicationDefinition.positionName(of: name),
            position.rawValue
          )
        }
        try transaction.commit(mode: .durable)
        return nil
      } catch {
        guard case .serialization = error, attempt < 1_000 else { return error }
        // The other commit may be on its way to the disk: a new snapshot does not have it before.
        do throws(StorageError) { try store.flush() } catch { return error }
      }
    }
    return nil
  }
}

/// A position that is waited for, and since when.
struct WantedPosition: Sendable {
  private static let patienceNanoseconds: UInt64 = 300_000_000
  /// Whoever waits says so more often.
  private static let memoryNanoseconds: UInt64 = 1_000_000_000

  let target: LSN
  private let since: UInt64
  private let last: UInt64

  /// - Parameters:
  ///   - target: What is waited for.
  ///   - now: By a clock that never goes back.
  ///   - other: What was waited for before and did not come: while somebody still does, the nearer one counts, as the other
  ///     may be one that the source never comes to.
  init(_ target: LSN, at now: UInt64, after other: WantedPosition?) {
    let known = other.flatMap { $0.isForgotten(at: now) ? nil : $0 }
    self.target = min(target, known?.target ?? target)
    since = known?.since ?? now
    last = max(now, known?.last ?? 0)
  }

  private func isForgotten(at now: UInt64) -> Bool { now > last + Self.memoryNanoseconds }

  /// Whether somebody has waited longer than changes take.
  func isOld(at now: UInt64) -> Bool {
    !isForgotten(at: now) && now > since + Self.patienceNanoseconds
  }
}

/// Why following ended.
enum FollowEnd: Error {
  /// Begin again at once: the definition changed, or a table was put aside.
  case restart
  /// The connection; it may come back. `hasProgress`: something was applied over it.
  case passing(String, hasProgress: Bool, phase: ReplicationPhase = .reconnecting)
  /// Somebody has to decide.
  case failure(ReplicationDefinition.Failure)
}

extension FollowEnd {
  /// What a refusal of the disk means.
  init(_ error: IOError, _ text: String) {
    let phase: ReplicationPhase =
      error.isDiskFull ? .diskFull : error.isDeviceFailure ? .diskFailed : .reconnecting
    self = .passing(text, hasProgress: false, phase: phase)
  }

  /// What an error of the store means.
  init(_ error: StorageError) {
    let text = EngineError(error).message
    switch error {
    case .io(let cause): self.init(cause, text)
    case .failed: self = .passing(text, hasProgress: false, phase: .diskFailed)
    default: self = .passing(text, hasProgress: false)
    }
  }
}
