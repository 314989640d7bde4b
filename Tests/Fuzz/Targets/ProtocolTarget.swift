import Columnar
import PostgresProtocol

/// What a client sends: start-up packets, messages, and the values of Bind.
enum ProtocolTarget: FuzzTarget {
  static let name = "protocol"

  /// The types that parameters are read as.
  private static let types: [LogicalType] = [
    .integer, .text, .boolean, .bigint, .numeric(nil), .double, .date, .timestamptz, .uuid, .bytea,
    .interval, .jsonb, .time, .real, .smallint, .timestamp,
  ]

  private static func int16(_ value: Int) -> [UInt8] {
    [UInt8(truncatingIfNeeded: value >> 8), UInt8(truncatingIfNeeded: value)]
  }
  private static func int32(_ value: Int) -> [UInt8] { int16(value >> 16) + int16(value) }
  private static func text(_ text: String) -> [UInt8] { Array(text.utf8) + [0] }
  private static func message(_ kind: Unicode.Scalar, _ inside: [UInt8] = []) -> [UInt8] {
    [UInt8(truncatingIfNeeded: kind.value)] + int32(inside.count + 4) + inside
  }

  /// The first byte says how: odd for start-up packets, the rest where the bytes are cut.
  static func seeds() -> [[UInt8]] {
    func packet(_ code: Int, _ inside: [UInt8]) -> [UInt8] {
      int32(inside.count + 8) + int32(code) + inside
    }
    let parameters =
      text("user") + text("almanac") + text("options") + text("-c TimeZone=UTC -d\\ 5")
    let startups = [
      packet(3 << 16, parameters + [0]), packet(3 << 16 | 2, parameters + [0]),
      packet(80_877_103, []) + packet(80_877_104, []), packet(80_877_102, int32(7) + int32(9)),
    ]
    var bind = text("p") + text("s") + int16(2) + int16(1) + int16(0) + int16(types.count)
    for (index, _) in types.enumerated() {
      let value: [UInt8] = index % 2 == 0 ? int32(7) : Array("12.5".utf8)
      bind += index == 5 ? int32(-1) : int32(value.count) + value
    }
    let messages =
      message("Q", text("SELECT 1; SELECT 'ж'"))
      + message("P", text("s") + text("SELECT $1") + int16(2) + int32(23) + int32(0))
      + message("B", bind + int16(1) + int16(1)) + message("D", [0x53] + text("s"))
      + message("E", text("p") + int32(5)) + message("C", [0x50] + text("p")) + message("H")
      + message("S") + message("d", [1, 2, 3]) + message("c") + message("f", text("no"))
      + message("X")
    return startups.map { [1] + $0 } + [[0] + messages, [62] + messages]
  }

  static func run(_ bytes: [UInt8]) {
    guard let first = bytes.first else { return }
    let rest = bytes.dropFirst()
    if first & 1 == 1 {
      runStartup(Array(rest))
    } else {
      let whole = decode(Array(rest), step: max(1, rest.count))
      let pieces = decode(Array(rest), step: 1 + Int(first >> 1))
      guard whole == pieces else { broken("the messages depend on where the bytes are cut") }
    }
  }

  private static func runStartup(_ bytes: [UInt8]) {
    var decoder = FrontendDecoder(initialBytes: 64)
    var machine = StartupMachine()
    decoder.receive(bytes)
    while let packet = try? decoder.nextStartupPacket() { _ = machine.receive(packet) }
  }

  private static func decode(_ bytes: [UInt8], step: Int) -> [FrontendMessage] {
    var decoder = FrontendDecoder(messageBytesMax: 1 << 20, initialBytes: 64)
    var machine = SessionMachine()
    var messages: [FrontendMessage] = []
    var start = 0
    while start < bytes.count {
      let end = min(bytes.count, start + step)
      decoder.receive(bytes[start..<end])
      start = end
      do {
        while let message = try decoder.nextMessage() {
          messages.append(message)
          if case .bind(let request) = machine.receive(message) { readValues(request) }
        }
      } catch {
        return messages
      }
    }
    return messages
  }

  private static func readValues(_ request: BindRequest) {
    let chosen = (0..<request.valueRanges.count).map { types[$0 % types.count] }
    _ = try? request.values(of: chosen, typeIDs: chosen.map(\.id), DateTimeContext())
  }
}
