import Catalog
import Replication
import SystemIO

/// Asks the source every now and then what its stream does not tell: where its log ends, which files its tables have.
///
/// Where somebody waits for a position that an idle source has not written out, it asks for that too.
///
/// A thread of its own; while it cannot ask, nothing is known, and the stream finds out by itself whether the
/// connection is gone.
final class SourceWatch: Sendable {
  /// What the source said.
  struct Facts {
    /// Everything else was true when the log ended here.
    var walEnd: LSN
    /// By relation, those that are there.
    var tables: [UInt32: SourceTable]
  }

  private struct State {
    var facts: Facts?
    var isStopped = false
    var thread: Thread?
    var session: SourceConnection?
  }

  private static let intervalNanoseconds: UInt64 = 1_000_000_000

  private let connection: String
  private let name: String
  private let tables: [UInt32]
  /// The position that somebody has been waiting for.
  private let wanted: @Sendable () -> LSN?
  private let state = Monitor(State())

  init(_ replication: ReplicationDefinition, wanted: @escaping @Sendable () -> LSN?) {
    self.wanted = wanted
    connection = replication.connection
    name = replication.name
    tables = replication.tables.filter { $0.state != .stopped && $0.sourceOID != 0 }
      .map(\.sourceOID)
    do throws(IOError) {
      let thread = try Thread.start(name: "source-watch") { [weak self] in self?.run() }
      state.withLock { $0.thread = thread }
    } catch {
      // Without it changes of files are not noticed until the next start.
    }
  }

  /// What was learnt since the last call.
  func takeFacts() -> Facts? {
    state.withLock { state in
      defer { state.facts = nil }
      return state.facts
    }
  }

  func stop() {
    let (thread, session) = state.update { state in
      state.isStopped = true
      return (state.thread, state.session)
    }
    session?.disconnect()
    thread?.join()
  }

  private func run() {
    var session: SourceConnection?
    while true {
      do throws(ReplicationError) {
        let current: SourceConnection
        if let session {
          current = session
        } else {
          current = try SourceConnection(connection, applicationName: "almanac watch \(name)")
        }
        session = current
        let isStopped = state.withLock { state in
          state.session = current
          return state.isStopped
        }
        if isStopped { return }
        let found = try current.tables(tables)
        // Behind the other answers: what they show was written before this.
        let facts = Facts(
          walEnd: try current.currentLSN(),
          tables: Dictionary(found.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
        )
        state.withLock { $0.facts = facts }
        if let target = wanted() { try current.completeLog(to: target) }
      } catch {
        session = nil
      }
      let isStopped = state.wait(nanoseconds: Self.intervalNanoseconds) { state in
        state.isStopped ? true : nil
      }
      if isStopped == true { return }
    }
  }
}
