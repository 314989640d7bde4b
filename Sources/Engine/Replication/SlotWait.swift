import Replication
import SystemIO

/// Tells, while a slot is made, which transaction of the source it waits for.
///
/// A thread of its own, because whoever makes the slot waits for the source's answer.
final class SlotWait: Sendable {
  private struct State {
    var isOver = false
    var session: SourceConnection?
    var thread: Thread?
  }

  /// Most slots are made sooner.
  private static let intervalNanoseconds: UInt64 = 1_000_000_000

  private let connection: String
  private let tell: @Sendable (String?) -> Void
  private let state = Monitor(State())

  /// Begins to look, once a while has passed.
  ///
  /// - Parameters:
  ///   - connection: The source.
  ///   - tell: Gets what is waited for, and nil at the end.
  init(_ connection: String, _ tell: @escaping @Sendable (String?) -> Void) {
    self.connection = connection
    self.tell = tell
    do throws(IOError) {
      let thread = try Thread.start(name: "slot-wait") { self.run() }
      state.withLock { $0.thread = thread }
    } catch {
      // The slot is made without a word then.
    }
  }

  /// Ends it: the slot was made, or given up.
  func end() {
    let (thread, session) = state.update { state in
      state.isOver = true
      return (state.thread, state.session)
    }
    session?.disconnect()
    thread?.join()
    tell(nil)
  }

  private func run() {
    var session: SourceConnection?
    while state.wait(nanoseconds: Self.intervalNanoseconds, until: { $0.isOver ? true : nil })
      == nil
    {
      do throws(ReplicationError) {
        let current: SourceConnection
        if let session {
          current = session
        } else {
          current = try SourceConnection(connection, applicationName: "almanac slot wait")
        }
        session = current
        let isOver = state.withLock { state in
          state.session = current
          return state.isOver
        }
        if isOver { return }
        tell(try current.slotBlockers().first.map { "making a slot waits for \($0.text)" })
      } catch {
        session = nil
      }
    }
  }
}

extension SlotBlocker {
  fileprivate var text: String {
    let what = query.split(whereSeparator: \.isWhitespace).joined(separator: " ").prefix(100)
    return "the transaction of \(owner), begun at \(begun), \(state): \(what)"
  }
}
