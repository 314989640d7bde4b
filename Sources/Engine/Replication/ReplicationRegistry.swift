import Catalog
import Replication
import Storage
import SystemIO

/// The replications of an open database: one runner for each that runs.
package final class ReplicationRegistry: Sendable {
  private struct State {
    var runners: [String: ReplicationRunner] = [:]
    var isClosed = false
  }

  private let state = Monitor(State())
  private let store: Store
  private let follows: Bool

  /// - Parameters:
  ///   - store: Where rows go.
  ///   - follows: Whether replications run at all.
  init(_ store: Store, follows: Bool) {
    self.store = store
    self.follows = follows
  }

  /// Starts all replications.
  func start() {
    for name in store.published.catalog.replications.keys.sorted() { definitionChanged(name) }
  }

  /// Starts, tells or stops the runner of a replication whose definition was changed.
  func definitionChanged(_ name: String) {
    guard follows else { return }
    let isThere = store.published.catalog.replications[name] != nil
    let old = state.withLock { state -> ReplicationRunner? in
      guard !state.isClosed else { return nil }
      if isThere {
        if let runner = state.runners[name] {
          runner.definitionChanged()
        } else {
          state.runners[name] = ReplicationRunner(name, store)
        }
        return nil
      }
      return state.runners.removeValue(forKey: name)
    }
    old?.stop()
  }

  /// Waits, not for long, until a runner goes by its changed definition.
  func waitUntilSeen(_ name: String, isPaused: Bool) {
    state.withLock { $0.runners[name] }?.waitUntilSeen(isPaused: isPaused)
  }

  /// Ends the runner of a replication, before its definition goes.
  func stop(_ name: String) {
    state.withLock { $0.runners.removeValue(forKey: name) }?.stop()
  }

  /// What a replication does; positions come from storage where it does not run.
  func status(of name: String) -> ReplicationStatus {
    if let runner = state.withLock({ $0.runners[name] }) { return runner.status }
    var status = ReplicationStatus()
    status.durable = Self.position(of: name, in: store)
    status.visible = status.durable
    return status
  }

  private static func position(of name: String, in store: Store) -> LSN {
    LSN(store.published.positions[ReplicationDefinition.positionName(of: name)] ?? 0)
  }

  /// The position up to which a replication's source is visible here; of the only one when `name` is nil.
  func position(of name: String?) throws(EngineError) -> LSN {
    status(of: try resolve(name)).visible
  }

  /// Waits until a position is visible.
  ///
  /// - Parameters:
  ///   - name: The replication; nil: the only one.
  ///   - target: A position of the source.
  ///   - milliseconds: How long; negative: without end.
  ///   - isCancelled: Asked every now and then.
  /// - Returns: Whether it is visible now.
  /// - Throws: 42704 or 55000 when it is not clear which replication is meant.
  func wait(
    for name: String?,
    target: LSN,
    milliseconds: Int64,
    isCancelled: () -> Bool
  ) throws(EngineError) -> Bool {
    let name = try resolve(name)
    let clock = SystemClock()
    let start = clock.monotonicNanoseconds
    while true {
      if status(of: name).visible >= target { return true }
      let elapsed = Int64((clock.monotonicNanoseconds - start) / 1_000_000)
      if milliseconds >= 0, elapsed >= milliseconds { return false }
      if isCancelled() { return false }
      let rest = milliseconds < 0 ? 50 : min(50, milliseconds - elapsed)
      let nanoseconds = UInt64(max(1, rest)) * 1_000_000
      if let runner = state.withLock({ $0.runners[name] }) {
        runner.waitForProgress(beyond: target, nanoseconds: nanoseconds)
      } else {
        SystemIO.sleep(nanoseconds: nanoseconds)
      }
    }
  }

  private func resolve(_ name: String?) throws(EngineError) -> String {
    let names = store.published.catalog.replications.keys
    if let name {
      guard names.contains(name) else {
        throw EngineError("42704", "replication \"\(name)\" does not exist")
      }
      return name
    }
    guard let only = names.first, names.count == 1 else {
      throw EngineError(
        "55000",
        names.isEmpty ? "there is no replication" : "there are several replications",
        hint: names.isEmpty ? nil : "Name the replication that is meant."
      )
    }
    return only
  }

  /// Drops what a replication made at its source.
  ///
  /// - Returns: Why that was not possible; nil when nothing is left there.
  func cleanSource(of replication: ReplicationDefinition) -> String? {
    guard follows, replication.ownsSlot || replication.ownsPublication else { return nil }
    do throws(ReplicationError) {
      try SourcePreparation.removeTraces(of: replication)
      return nil
    } catch {
      return "\(error)"
    }
  }

  /// Ends all runners.
  func close() {
    let runners = state.withLock { state -> [ReplicationRunner] in
      state.isClosed = true
      defer { state.runners = [:] }
      return Array(state.runners.values)
    }
    for runner in runners { runner.stop() }
  }
}
