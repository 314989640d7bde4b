package import Columnar
import Synchronization

/// What expressions need to know besides their rows; one for a statement, shared by its threads.
package struct EvaluationContext: Sendable {
  /// Values of the statement's parameters, in the lane units of their types.
  package var parameters: [Datum]
  /// now(): microseconds since 2000-01-01 UTC.
  package var statementStart: Int64
  package var session: SessionValues
  package var cancellation: CancellationFlag

  package init(
    parameters: [Datum] = [],
    statementStart: Int64 = 0,
    session: SessionValues = SessionValues(),
    cancellation: CancellationFlag = CancellationFlag()
  ) {
    self.parameters = parameters
    self.statementStart = statementStart
    self.session = session
    self.cancellation = cancellation
  }

  /// Throws when somebody asked the statement to stop; called once a batch.
  package func checkCancellation() throws(ExecutionError) {
    switch cancellation.reason {
    case .none: return
    case .user: throw .cancelled
    case .timeout: throw .timeout
    }
  }
}

/// What a session knows about itself.
package struct SessionValues: Sendable {
  package var user = ""
  package var database = ""
  package var schema: String? = "public"
  package var backendPID: Int64 = 0
  package var version = ""
  /// Settings by lower-case name, for current_setting.
  package var settings: [String: String] = [:]

  package init() {}
}

/// Set from any thread, read by the statement's threads at every batch.
package final class CancellationFlag: Sendable {
  package enum Reason: UInt8, Sendable, AtomicRepresentable { case none, user, timeout }

  private let state = Atomic<Reason>(.none)

  package init() {}

  /// Why the statement has to stop, or `none`.
  package var reason: Reason { state.load(ordering: .relaxed) }

  /// Asks the statement to stop.
  package func cancel(_ reason: Reason = .user) { state.store(reason, ordering: .relaxed) }
}
