import PostgresProtocol
import Testing

@Suite struct FrontendDecoderTests {
  /// One of every message.
  private static func recording() -> [UInt8] {
    var client = ClientBytes()
    client.query("SELECT 'ж'; SELECT 2")
    client.parse("s", "SELECT $1::int4, $2", types: [23, 0])
    client.bind("p", "s", formats: [1, 0], values: [[0, 0, 0, 7], nil], resultFormats: [1])
    client.describe("P", "p")
    client.describe("S", "s")
    client.execute("p", maxRows: 5)
    client.message("C", [UInt8(ascii: "P")] + ClientBytes.text("p"))
    client.message("H")
    client.message("S")
    client.message("d", [1, 2, 3])
    client.message("d")
    client.message("c")
    client.message("f", ClientBytes.text("no more"))
    client.message("X")
    return client.bytes
  }

  private static func decode(_ pieces: [ArraySlice<UInt8>]) throws -> [FrontendMessage] {
    var decoder = FrontendDecoder(initialBytes: 64)
    var messages: [FrontendMessage] = []
    for piece in pieces {
      decoder.receive(piece)
      while let message = try decoder.nextMessage() { messages.append(message) }
    }
    return messages
  }

  @Test func `every message is read with its fields`() throws {
    let messages = try Self.decode([Self.recording()[...]])
    #expect(messages.count == 14)
    #expect(messages[0] == .query(Array("SELECT 'ж'; SELECT 2".utf8)))
    guard case .parse(let parse) = messages[1], case .bind(let bind) = messages[2] else {
      Issue.record("\(messages)")
      return
    }
    #expect(parse.name == "s" && parse.parameterTypeIDs == [23, 0])
    #expect(bind.portal == "p" && bind.statement == "s")
    #expect(bind.parameterFormats == [.binary, .text] && bind.resultFormats == [.binary])
    #expect(bind.valueRanges.count == 2 && bind.valueRanges[1] == nil)
    #expect(bind.valueRanges[0].map { Array(bind.valueBytes[$0]) } == [0, 0, 0, 7])
    #expect(
      messages[3...] == [
        .describe(.portal("p")), .describe(.statement("s")), .execute(portal: "p", maxRows: 5),
        .close(.portal("p")), .flush, .sync, .copyData([1, 2, 3]), .copyData([]), .copyDone,
        .copyFail("no more"), .terminate,
      ]
    )
  }

  @Test func `messages are the same however the bytes are cut`() throws {
    let bytes = Self.recording()
    let whole = try Self.decode([bytes[...]])
    for cut in 0...bytes.count {
      #expect(try Self.decode([bytes[..<cut], bytes[cut...]]) == whole)
    }
    #expect(try Self.decode(bytes.indices.map { bytes[$0...$0] }) == whole)
  }

  @Test func `a promised length takes no memory and a hostile one ends the connection`() throws {
    for (kind, length) in [("Q", -1), ("Q", 3), ("Q", 1 << 30), ("S", 20_000), ("X", 0x7fff_ffff)] {
      var decoder = FrontendDecoder()
      decoder.receive(Array(kind.utf8) + ClientBytes.int32(length))
      let error = #expect(throws: ProtocolError.self) { try decoder.nextMessage() }
      #expect(error?.sqlState == "08P01" && error?.isFatal == true)
    }
    var decoder = FrontendDecoder(messageBytesMax: 1 << 20)
    decoder.receive(Array("Q".utf8) + ClientBytes.int32(1 << 20))
    #expect(try decoder.nextMessage() == nil)
    #expect(decoder.pendingByteCount == 5)
  }

  @Test func `an unknown kind is refused before its length comes`() {
    var decoder = FrontendDecoder()
    decoder.receive([0x16])  // a TLS hello
    #expect(throws: ProtocolError.self) { try decoder.nextMessage() }
  }

  @Test func `a malformed inside costs one message and no more`() throws {
    var client = ClientBytes()
    client.message("Q", Array("no zero".utf8))
    client.message("S", [1])
    client.message("B", ClientBytes.text("") + ClientBytes.text("") + ClientBytes.int16(0xffff))
    client.message("D", [UInt8(ascii: "x"), 0])
    client.message("P", [0xff, 0, 0, 0, 0])
    client.message("S")
    let messages = try Self.decode([client.bytes[...]])
    #expect(messages.count == 6)
    for message in messages.dropLast() {
      guard case .malformed(_, let error) = message else {
        Issue.record("\(message)")
        continue
      }
      #expect(!error.isFatal)
    }
    #expect(messages.last == .sync)
  }

  @Test func `a long message does not keep its memory`() throws {
    var decoder = FrontendDecoder()
    var client = ClientBytes()
    client.message("d", [UInt8](repeating: 7, count: 3_000_000))
    client.message("S")
    decoder.receive(client.bytes)
    #expect(try decoder.nextMessage() == .copyData([UInt8](repeating: 7, count: 3_000_000)))
    #expect(try decoder.nextMessage() == .sync)
    #expect(decoder.pendingByteCount == 0)
  }

  @Test func `random bytes never trap`() {
    let seed = UInt64.random(in: 0 ... .max)
    print("seed \(seed)")
    var random = SeededBytes(seed: seed)
    let recording = Self.recording()
    for _ in 0..<3_000 {
      var bytes = recording
      for _ in 0..<random.below(8) { bytes[random.below(bytes.count)] = random.byte() }
      var decoder = FrontendDecoder(initialBytes: 64)
      decoder.receive(bytes)
      while let message = try? decoder.nextMessage() { _ = message }
      var startup = FrontendDecoder(initialBytes: 64)
      startup.receive((0..<random.below(100)).map { _ in random.byte() })
      while let packet = try? startup.nextStartupPacket() { _ = packet }
    }
  }
}

/// Reproducible bytes.
struct SeededBytes {
  private var state: UInt64
  init(seed: UInt64) { state = seed | 1 }

  mutating func byte() -> UInt8 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return UInt8(truncatingIfNeeded: state >> 56)
  }

  mutating func below(_ limit: Int) -> Int { (Int(byte()) << 8 | Int(byte())) % limit }
}
