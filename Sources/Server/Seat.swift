import Engine
import Synchronization
import SystemIO

/// A connection as other threads see it: they can end it, nothing else.
final class Seat: Sendable {
  let socket: Socket
  private let ending = Atomic<Bool>(false)
  private let state = Mutex(State())

  private struct State {
    var isOpen = true
    var processID: Int32 = 0
    var secret: [UInt8] = []
  }

  init(_ socket: Socket) { self.socket = socket }

  /// Whether the connection is to end as soon as its statement has ended.
  var isEnding: Bool { ending.load(ordering: .acquiring) }

  /// Says which session sits here, so that ``cancel(_:)`` can cancel it.
  func take(processID: Int32, secret: [UInt8]) {
    state.withLock { state in
      state.processID = processID
      state.secret = secret
    }
  }

  /// Ends the connection when its statement has ended, and at once when it waits for its client.
  func end() {
    ending.store(true, ordering: .releasing)
    // The lock keeps the descriptor ours: closed, its number may be another connection's.
    state.withLock { if $0.isOpen { socket.shutdownReading() } }
  }

  /// Cancels the statement that runs.
  func cancel(_ database: Database) {
    let (processID, secret) = state.withLock { ($0.processID, $0.secret) }
    database.cancel(processID: processID, secret: secret)
  }

  /// Ends the connection without a word.
  func abort() {
    ending.store(true, ordering: .releasing)
    state.withLock { if $0.isOpen { socket.shutdownBoth() } }
  }

  /// Closes the socket; only the connection's own thread calls this, as its last act.
  func close() {
    state.withLock { state in
      guard state.isOpen else { return }
      state.isOpen = false
      socket.close()
    }
  }
}
