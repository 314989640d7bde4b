import SystemIO
import TestSupport

/// A client that sends exactly the bytes it is told to.
final class RawClient {
  /// A message of the server.
  struct Reply: Equatable {
    var kind: Character
    var inside: [UInt8]

    /// The inside as text, zeroes shown as blanks.
    var text: String {
      String(decoding: inside.map { $0 == 0 ? 32 : $0 }, as: UTF8.self)
    }
  }

  let socket: Socket
  private(set) var processID = 0
  private(set) var secret: [UInt8] = []
  private var pending: [UInt8] = []
  private let milliseconds = 20_000

  init(port: UInt16) throws {
    socket = try Socket.connect(host: "127.0.0.1", port: port, timeoutMilliseconds: 5_000)
  }

  static func int16(_ value: Int) -> [UInt8] {
    [UInt8(truncatingIfNeeded: value >> 8), UInt8(truncatingIfNeeded: value)]
  }
  static func int32(_ value: Int) -> [UInt8] { int16(value >> 16) + int16(value) }
  static func text(_ text: String) -> [UInt8] { Array(text.utf8) + [0] }
  static func message(_ kind: Character, _ inside: [UInt8] = []) -> [UInt8] {
    [kind.asciiValue ?? 0] + int32(inside.count + 4) + inside
  }
  static func query(_ text: String) -> [UInt8] { message("Q", Self.text(text)) }
  static func parse(_ name: String, _ text: String) -> [UInt8] {
    message("P", Self.text(name) + Self.text(text) + int16(0))
  }
  static func bind(_ portal: String, _ statement: String) -> [UInt8] {
    message("B", text(portal) + text(statement) + int16(0) + int16(0) + int16(0))
  }
  static func execute(_ portal: String, maxRows: Int = 0) -> [UInt8] {
    message("E", text(portal) + int32(maxRows))
  }
  static func describe(_ kind: Character, _ name: String) -> [UInt8] {
    message("D", [kind.asciiValue ?? 0] + text(name))
  }
  static let sync = message("S")

  func send(_ bytes: [UInt8]) throws {
    try unsafe bytes.withUnsafeBytes {
      try unsafe socket.write($0, timeoutMilliseconds: milliseconds)
    }
  }

  func startUp(user: String = "almanac", minorVersion: Int = 0) throws {
    let inside = Self.text("user") + Self.text(user) + Self.text("database")
    let packet = Self.int32(3 << 16 | minorVersion) + inside + Self.text("almanac") + [0]
    try send(Self.int32(packet.count + 4) + packet)
    for reply in try cycle() where reply.kind == "K" {
      processID = reply.inside[..<4].reduce(0) { $0 << 8 | Int($1) }
      secret = Array(reply.inside[4...])
    }
  }

  /// Replies up to ReadyForQuery, or to the end of the connection.
  func cycle() throws -> [Reply] {
    var replies: [Reply] = []
    while let reply = try next() {
      replies.append(reply)
      if reply.kind == "Z" { break }
    }
    return replies
  }

  /// The kinds of the replies of a cycle, as one word.
  func kinds(_ bytes: [UInt8]) throws -> String {
    try send(bytes)
    return String(try cycle().map(\.kind))
  }

  /// The next message; nil when the server has closed the connection.
  func next() throws -> Reply? {
    while true {
      if pending.count >= 5 {
        let length = pending[1..<5].reduce(0) { $0 << 8 | Int($1) }
        if pending.count > length {
          defer { pending.removeFirst(length + 1) }
          return Reply(
            kind: Character(Unicode.Scalar(pending[0])),
            inside: Array(pending[5..<length + 1])
          )
        }
      }
      var buffer = [UInt8](repeating: 0, count: 65_536)
      let count = try unsafe buffer.withUnsafeMutableBytes {
        try unsafe socket.read(into: $0, timeoutMilliseconds: milliseconds)
      }
      guard count > 0 else { return nil }
      pending += buffer[..<count]
    }
  }
}
