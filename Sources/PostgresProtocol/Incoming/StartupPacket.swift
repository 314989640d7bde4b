/// The first packets of a connection, which have a length but no kind.
package enum StartupPacket: Equatable, Sendable {
  case encryptionRequest(Encryption)
  /// The secret's length tells the protocol: 4 bytes for 3.0, more for 3.2.
  case cancel(processID: Int32, secret: [UInt8])
  case startup(StartupRequest)

  package enum Encryption: Sendable { case tls, gss }
}

/// A StartupMessage.
package struct StartupRequest: Equatable, Sendable {
  /// The minor version of protocol 3 that the client asked for.
  package var minorVersion: Int
  /// Everything except `_pq_.` options, in the client's order.
  package var parameters: [Parameter]
  /// `_pq_.` options: requests for changes of the protocol, none of which is known here.
  package var protocolOptions: [String]

  package struct Parameter: Equatable, Sendable {
    package var name: String
    package var value: String

    package init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  /// The newest minor version spoken here.
  package static let newestMinorVersion = 2

  /// The minor version that both sides speak.
  package var agreedMinorVersion: Int { min(minorVersion, Self.newestMinorVersion) }

  /// Whether the client must be told which version and options it gets.
  package var needsNegotiation: Bool {
    minorVersion > Self.newestMinorVersion || !protocolOptions.isEmpty
  }

  /// Bytes of the secret that a CancelRequest must carry.
  package var secretByteCount: Int { agreedMinorVersion >= 2 ? 32 : 4 }

  /// The last value of a parameter.
  package subscript(name: String) -> String? { parameters.last { $0.name == name }?.value }
}

extension StartupPacket {
  /// Reads the inside of a packet: what follows the length.
  init(_ bytes: [UInt8], in range: Range<Int>) throws(ProtocolError) {
    var reader = MessageReader(bytes, in: range)
    let code = UInt32(bitPattern: try reader.int32())
    switch code {
    case 80_877_103:
      try reader.finish()
      self = .encryptionRequest(.tls)
    case 80_877_104:
      try reader.finish()
      self = .encryptionRequest(.gss)
    case 80_877_102:
      let processID = try reader.int32()
      let secret = reader.rest()
      guard (4...256).contains(secret.count) else {
        throw ProtocolError("08P01", "invalid length of query cancel packet", isFatal: true)
      }
      self = .cancel(processID: processID, secret: secret)
    default:
      guard code >> 16 == 3 else {
        throw ProtocolError(
          "0A000",
          "unsupported frontend protocol \(code >> 16).\(code & 0xffff): "
            + "server supports 3.0 to 3.\(StartupRequest.newestMinorVersion)",
          isFatal: true
        )
      }
      self = .startup(try StartupRequest(minorVersion: Int(code & 0xffff), &reader))
    }
  }
}

extension StartupRequest {
  fileprivate init(minorVersion: Int, _ reader: inout MessageReader) throws(ProtocolError) {
    self.minorVersion = minorVersion
    parameters = []
    protocolOptions = []
    while true {
      let name = try reader.name()
      if name.isEmpty { break }
      let value = try reader.name()
      if name.hasPrefix("_pq_.") {
        protocolOptions.append(name)
      } else {
        parameters.append(Parameter(name, value))
      }
    }
    guard reader.remaining == 0 else {
      throw ProtocolError(
        "08P01",
        "invalid startup packet layout: expected terminator as last byte",
        isFatal: true
      )
    }
  }
}
