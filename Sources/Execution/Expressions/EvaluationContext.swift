package import Columnar
package import Planning
import Synchronization

/// What expressions need to know besides their rows; one for a statement, shared by its threads.
package struct EvaluationContext: Sendable {
  /// Values of the statement's parameters, in the lane units of their types.
  package var parameters: [Datum]
  /// now(): microseconds since 2000-01-01 UTC.
  package var statementStart: Int64
  /// The session's zone.
  package var timeZone: TimeZone
  /// All zones, for AT TIME ZONE.
  package var timeZones: TimeZoneDatabase
  package var session: SessionValues {
    get { sessionBox.values }
    set { sessionBox = SessionBox(newValue) }
  }
  /// Every compiled expression takes a copy of the context: its closures are counted as one.
  private var sessionBox: SessionBox
  /// clock_timestamp(); the statement's start unless somebody gives a clock.
  package var clock: @Sendable () -> Int64
  package var cancellation: CancellationFlag

  package init(
    parameters: [Datum] = [],
    statementStart: Int64 = 0,
    timeZone: TimeZone = .utc,
    timeZones: TimeZoneDatabase = .empty,
    session: SessionValues = SessionValues(),
    cancellation: CancellationFlag = CancellationFlag()
  ) {
    self.parameters = parameters
    self.statementStart = statementStart
    self.timeZone = timeZone
    self.timeZones = timeZones
    sessionBox = SessionBox(session)
    clock = { statementStart }
    self.cancellation = cancellation
  }

  /// What date and time input depends on.
  package var dateTime: DateTimeContext {
    DateTimeContext(zone: timeZone, zones: timeZones, now: statementStart)
  }

  /// Throws when somebody asked the statement to stop; called once a batch.
  package func checkCancellation() throws(ExecutionError) { try cancellation.check() }
}

private final class SessionBox: Sendable {
  let values: SessionValues

  init(_ values: SessionValues) { self.values = values }
}

/// What a session knows about itself.
package struct SessionValues: Sendable {
  package var user = ""
  package var database = ""
  package var schema: String? = "public"
  package var backendPID: Int64 = 0
  package var version = ""
  /// The value of a setting, for current_setting.
  package var setting: @Sendable (_ name: String) -> String? = { _ in nil }
  /// Changes a setting, until the transaction's end where `isLocal`; gives the new value.
  package var setSetting:
    @Sendable (_ name: String, _ value: String, _ isLocal: Bool) throws(ExecutionError) -> String =
      { name, _, _ throws(ExecutionError) in
        throw .sql("42704", "unrecognized configuration parameter \"\(name)\"")
      }
  /// Cancels what another session runs, or ends it; whether there is such a session.
  package var signalBackend: @Sendable (_ pid: Int64, _ terminates: Bool) -> Bool = { _, _ in false
  }
  /// Up to where a replication's source is visible; of the only one without a name.
  package var replicatedPosition: @Sendable (_ name: String?) throws(ExecutionError) -> String =
    { _ throws(ExecutionError) in throw .sql("55000", "there is no replication") }
  /// Waits until a position of a replication's source is visible; false when the time is over.
  package var waitForPosition:
    @Sendable (_ position: String, _ milliseconds: Int64, _ name: String?) throws(ExecutionError) ->
      Bool = { _, _, _ throws(ExecutionError) in throw .sql("55000", "there is no replication") }
  /// Answers about the definitions; NULL for what there is not.
  package var catalog:
    @Sendable (_ function: CatalogFunction, _ arguments: [Datum]) throws(ExecutionError) -> Datum =
      { _, _ throws(ExecutionError) in .null }

  package init() {}
}

/// Set from any thread, read by the statement's threads at every batch.
package final class CancellationFlag: Sendable {
  package enum Reason: UInt8, Sendable, AtomicRepresentable { case none, user, timeout }

  private let state = Atomic<Reason>(.none)

  package init() {}

  /// Why the statement has to stop, or `none`.
  package var reason: Reason { state.load(ordering: .relaxed) }

  /// Throws when somebody asked the statement to stop.
  func check() throws(ExecutionError) {
    switch reason {
    case .none: return
    case .user: throw .cancelled
    case .timeout: throw .timeout
    }
  }

  /// Asks the statement to stop.
  package func cancel(_ reason: Reason = .user) { state.store(reason, ordering: .relaxed) }
}
