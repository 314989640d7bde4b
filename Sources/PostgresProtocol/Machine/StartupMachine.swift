/// What a connection does until it is a session: a pure machine, packets in, actions out.
package struct StartupMachine {
  /// What the server is to do.
  package enum Action: Equatable, Sendable {
    /// Answer `N` and wait for the next packet.
    case refuseEncryption
    /// Pass the request on, say nothing, and close.
    case cancel(processID: Int32, secret: [UInt8])
    /// Make a session.
    case start(StartupRequest)
    /// Tell the error and close.
    case fail(ProtocolError)
  }

  private var hasRefusedTLS = false
  private var hasRefusedGSS = false

  package init() {}

  /// Takes the next packet.
  ///
  /// Each kind of encryption may be asked for once, so that nobody asks for ever.
  package mutating func receive(_ packet: StartupPacket) -> Action {
    switch packet {
    case .encryptionRequest(.tls):
      defer { hasRefusedTLS = true }
      return hasRefusedTLS ? .fail(Self.askedTwice) : .refuseEncryption
    case .encryptionRequest(.gss):
      defer { hasRefusedGSS = true }
      return hasRefusedGSS ? .fail(Self.askedTwice) : .refuseEncryption
    case .cancel(let processID, let secret):
      return .cancel(processID: processID, secret: secret)
    case .startup(let request):
      guard let user = request["user"], !user.isEmpty else {
        return .fail(
          ProtocolError(
            "28000",
            "no PostgreSQL user name specified in startup packet",
            isFatal: true
          )
        )
      }
      if let replication = request["replication"],
        !["false", "off", "no", "0"].contains(replication)
      {
        return .fail(
          ProtocolError("0A000", "replication connections are not supported", isFatal: true)
        )
      }
      return .start(request)
    }
  }

  private static let askedTwice = ProtocolError(
    "08P01",
    "encryption was asked for and refused before",
    isFatal: true
  )
}
