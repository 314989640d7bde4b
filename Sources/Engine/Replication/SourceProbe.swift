import Replication
import SystemIO

/// Asks a source something every second, on a thread and over a connection of its own.
///
/// While it cannot ask, it tries again.
final class SourceProbe: Sendable {
  private struct State {
    var isStopped = false
    var session: SourceConnection?
    var thread: Thread?
  }

  private static let intervalNanoseconds: UInt64 = 1_000_000_000

  private let connection: String
  private let name: String
  private let ask: @Sendable (SourceConnection) throws(ReplicationError) -> Void
  private let state = Monitor(State())

  /// - Parameters:
  ///   - connection: The source.
  ///   - name: Shown by the source.
  ///   - isLate: Whether the first question comes after a second, not at once.
  ///   - ask: Asks.
  init(
    _ connection: String,
    name: String,
    isLate: Bool = false,
    ask: @escaping @Sendable (SourceConnection) throws(ReplicationError) -> Void
  ) {
    self.connection = connection
    self.name = name
    self.ask = ask
    do throws(IOError) {
      let thread = try Thread.start(name: "source-probe") { self.run(isLate) }
      state.withLock { $0.thread = thread }
    } catch {
      // Nobody asks then, until the next connection.
    }
  }

  /// Ends it, also in the middle of a question.
  func stop() {
    let (thread, session) = state.update { state in
      state.isStopped = true
      return (state.thread, state.session)
    }
    session?.disconnect()
    thread?.join()
  }

  private func run(_ isLate: Bool) {
    if isLate, waits() { return }
    var session: SourceConnection?
    repeat {
      do throws(ReplicationError) {
        let current: SourceConnection
        if let session {
          current = session
        } else {
          current = try SourceConnection(connection, applicationName: name)
        }
        session = current
        let isStopped = state.withLock { state in
          state.session = current
          return state.isStopped
        }
        if isStopped { return }
        try ask(current)
      } catch {
        session = nil
      }
    } while !waits()
  }

  /// Waits for the next question; true: there is none.
  private func waits() -> Bool {
    state.wait(nanoseconds: Self.intervalNanoseconds) { $0.isStopped ? true : nil } ?? false
  }
}
