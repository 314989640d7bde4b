import Columnar
import PostgresProtocol
import Testing

@Suite struct StartupTests {
  private func packets(_ bytes: [UInt8]) throws -> [StartupPacket] {
    var decoder = FrontendDecoder()
    var packets: [StartupPacket] = []
    for byte in bytes {
      decoder.receive([byte])
      while let packet = try decoder.nextStartupPacket() { packets.append(packet) }
    }
    return packets
  }

  @Test func `encryption is refused once for each kind and then the session starts`() throws {
    var client = ClientBytes()
    client.packet(80_877_103)
    client.packet(80_877_104)
    client.startup([("user", "almanac"), ("database", "almanac"), ("TimeZone", "UTC")])
    let packets = try packets(client.bytes)
    var machine = StartupMachine()
    #expect(machine.receive(packets[0]) == .refuseEncryption)
    #expect(machine.receive(packets[1]) == .refuseEncryption)
    guard case .start(let request) = machine.receive(packets[2]) else {
      Issue.record("no start")
      return
    }
    #expect(request["user"] == "almanac" && request["TimeZone"] == "UTC")
    #expect(!request.needsNegotiation && request.secretByteCount == 4)
  }

  @Test func `a client that asks for encryption for ever is sent away`() throws {
    var client = ClientBytes()
    client.packet(80_877_103)
    client.packet(80_877_103)
    var machine = StartupMachine()
    let packets = try packets(client.bytes)
    _ = machine.receive(packets[0])
    guard case .fail = machine.receive(packets[1]) else {
      Issue.record("not refused")
      return
    }
  }

  @Test func `protocol 3·2 has a secret of 32 bytes and newer ones are negotiated down`() throws {
    var client = ClientBytes()
    client.startup([("user", "a")], code: 3 << 16 | 2)
    client.startup([("user", "a"), ("_pq_.test", "1")], code: 3 << 16 | 9999)
    client.startup([("user", "a"), ("_pq_.more", "1")])
    let requests = try packets(client.bytes).compactMap { packet -> StartupRequest? in
      guard case .startup(let request) = packet else { return nil }
      return request
    }
    #expect(requests.map(\.secretByteCount) == [32, 32, 4])
    #expect(requests.map(\.needsNegotiation) == [false, true, true])
    var output = OutputBuffer()
    output.negotiateProtocolVersion(requests[1])
    let options = Array("_pq_.test".utf8) + [0]
    #expect(
      output.array == [UInt8(ascii: "v")] + ClientBytes.int32(12 + options.count)
        + ClientBytes.int32(3 << 16 | 2) + ClientBytes.int32(1) + options
    )
  }

  @Test func `a cancel request is read by its length`() throws {
    var client = ClientBytes()
    client.packet(80_877_102, ClientBytes.int32(42) + [1, 2, 3, 4])
    client.packet(80_877_102, ClientBytes.int32(42) + [UInt8](repeating: 9, count: 32))
    #expect(
      try packets(client.bytes) == [
        .cancel(processID: 42, secret: [1, 2, 3, 4]),
        .cancel(processID: 42, secret: [UInt8](repeating: 9, count: 32)),
      ]
    )
  }

  @Test func `other protocols and broken packets are fatal`() {
    var old = ClientBytes()
    old.packet(2 << 16, [0])
    var unended = ClientBytes()
    unended.packet(3 << 16, ClientBytes.text("user"))
    var trailing = ClientBytes()
    trailing.packet(3 << 16, ClientBytes.text("user") + ClientBytes.text("a") + [0, 0])
    let http = Array("GET / HTTP/1.1\r\n\r\n".utf8)
    let tiny = ClientBytes.int32(4) + [0, 0, 0, 0]
    for bytes in [old.bytes, unended.bytes, trailing.bytes, http, tiny] {
      let error = #expect(throws: ProtocolError.self) { try packets(bytes) }
      #expect(error?.isFatal == true)
    }
  }

  @Test func `a start-up without a user is refused`() throws {
    var client = ClientBytes()
    client.startup([("database", "almanac")])
    var machine = StartupMachine()
    guard case .fail(let error) = machine.receive(try packets(client.bytes)[0]) else {
      Issue.record("not refused")
      return
    }
    #expect(error.sqlState == "28000")
  }

  @Test func `options are taken apart`() throws {
    let settings = try StartupRequest.settings(
      inOptions: #"-c search_path=a\ b  -cwork_mem=4MB --statement-timeout=10s"#
    )
    #expect(
      settings == [
        .init("search_path", "a b"), .init("work_mem", "4MB"), .init("statement_timeout", "10s"),
      ]
    )
    #expect(throws: ProtocolError.self) { try StartupRequest.settings(inOptions: "-x") }
    #expect(throws: ProtocolError.self) { try StartupRequest.settings(inOptions: "-c") }
    #expect(throws: ProtocolError.self) { try StartupRequest.settings(inOptions: "-c novalue") }
  }
}
