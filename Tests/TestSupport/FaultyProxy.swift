package import SystemIO

/// A way to a server on 127.0.0.1 that can be cut, and can swallow bytes while connections stay open.
///
/// What was read before a silence is held, and goes on after it unless the connection was cut.
package final class FaultyProxy: Sendable {
  private struct State {
    var isSilent = false
    var isStopped = false
    var open: [Socket] = []
    var connections = 0
  }

  private let listener: Listener
  private let state = Monitor(State())
  private let wakeUp: WakeUp

  /// Listens on a port of its own, and forwards to `target`.
  package init(to target: UInt16) throws(IOError) {
    listener = try Listener(host: "127.0.0.1", port: 0)
    wakeUp = try WakeUp()
    _ = try Thread.start(name: "proxy") { [listener, state, wakeUp] in
      while !state.withLock({ $0.isStopped }) {
        do throws(IOError) {
          var entries = [
            PollEntry(wakeUp.pollDescriptor, .readable),
            PollEntry(listener.pollDescriptor, .readable),
          ]
          _ = try poll(&entries, timeoutMilliseconds: nil)
          guard !entries[1].happened.isEmpty else { continue }
          let client = try listener.accept()
          Self.join(client, target, state)
        } catch { continue }
      }
    }
  }

  deinit {
    state.update { state in
      state.isStopped = true
      for socket in state.open { socket.shutdownBoth() }
    }
    wakeUp.signal()
  }

  package var port: UInt16 { listener.port ?? 0 }

  /// Connections so far.
  package var connectionCount: Int { state.withLock { $0.connections } }

  /// Ends all connections; new ones are welcome.
  package func cut() {
    state.update { state in
      for socket in state.open { socket.shutdownBoth() }
      state.open = []
    }
  }

  /// Whether bytes go nowhere from now on; connections are accepted, and stay open.
  package func setSilent(_ isSilent: Bool) { state.update { $0.isSilent = isSilent } }

  private static func join(_ client: Socket, _ target: UInt16, _ state: Monitor<State>) {
    do throws(IOError) {
      let server = try Socket.connect(host: "127.0.0.1", port: target, timeoutMilliseconds: 2000)
      state.withLock { state in
        state.open += [client, server]
        state.connections += 1
      }
      try pump(client, server, state)
      try pump(server, client, state)
    } catch { client.shutdownBoth() }
  }

  /// Forwards one direction on a thread of its own, until either side ends.
  private static func pump(_ from: Socket, _ to: Socket, _ state: Monitor<State>) throws(IOError) {
    _ = try Thread.start(name: "proxy-pump") {
      var buffer = [UInt8](repeating: 0, count: 64 << 10)
      do {
        while true {
          let count = try unsafe buffer.withUnsafeMutableBytes { try unsafe from.read(into: $0) }
          guard count > 0 else { break }
          state.wait { $0.isSilent && !$0.isStopped ? nil : () }
          try unsafe buffer.withUnsafeBytes {
            try unsafe to.write(UnsafeRawBufferPointer(rebasing: $0[0..<count]))
          }
        }
      } catch {
        // Either side has ended; so does the other.
      }
      from.shutdownBoth()
      to.shutdownBoth()
    }
  }
}
