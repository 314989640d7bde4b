/// How a server listens and what it grants its clients.
package struct ServerOptions: Sendable {
  /// A loopback address: there are no passwords yet.
  package var host = "127.0.0.1"
  /// 0 lets the system choose.
  package var port: UInt16 = 5433
  /// Sessions at a time; one more gets 53300.
  package var connectionsMax = 1_000
  /// How long a client may take to say who it is.
  package var startupSeconds = 60
  /// How long statements may go on after ``Server/stop()`` before they are cancelled.
  package var drainSeconds = 10
  /// The longest message of a client.
  package var messageBytesMax = 64 << 20

  package init() {}

  /// Whether only programs of this machine can reach the address.
  package var isLoopback: Bool {
    host == "localhost" || host == "::1" || host.hasPrefix("127.")
  }
}

/// Why a server could not start.
package enum ServerError: Error, Sendable, CustomStringConvertible {
  /// An address that other machines can reach.
  case notLoopback(String)
  /// The system refused; the text says what.
  case cannotListen(String)

  package var description: String {
    switch self {
    case .notLoopback(let host):
      "cannot listen on \(host): almanac has no passwords and no TLS yet, so it serves loopback "
        + "addresses only (127.0.0.1, ::1, localhost)"
    case .cannotListen(let reason): reason
    }
  }
}
