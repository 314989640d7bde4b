import Columnar
import Foundation
import Replication
import SystemIO
import TestSupport

/// A server that a test plays: the other side of a connection, before which no PostgreSQL stands.
final class ScriptedSource: @unchecked Sendable {
  // SAFETY: made in init; the test's thread alone writes and reads the server's side.
  let source: WireSource
  private let server: Socket
  private var received: [UInt8] = []

  init() throws {
    let listener = try Listener(host: "127.0.0.1", port: 0)
    let client = try Socket.connect(
      host: "127.0.0.1",
      port: listener.port ?? 0,
      timeoutMilliseconds: 1000
    )
    server = try listener.accept()
    source = WireSource(client)
  }

  /// A stream whose COPY has begun.
  func stream(_ options: StreamOptions, start: LSN = .zero) throws -> SourceStream {
    send([UInt8(ascii: "W"), 0, 0, 0, 7, 0, 0, 0])
    return try SourceStream(
      source,
      slot: "s",
      publications: ["p"],
      start: start,
      options: options
    ) { RelationLayout($0, TypeDirectory()) }
  }

  func send(_ bytes: [UInt8]) {
    // SAFETY: the bytes outlive the call.
    unsafe bytes.withUnsafeBytes { unsafe try? server.write($0, timeoutMilliseconds: 5000) }
  }

  func close() { server.shutdownBoth() }

  /// The statuses that have come until now: flushed position and whether an answer is wanted.
  func statuses() -> [(flushed: LSN, wantsAnswer: Bool)] {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    // SAFETY: the buffer outlives the call.
    while let count = try? unsafe buffer.withUnsafeMutableBytes({
      try unsafe server.readAvailable(into: $0)
    }),
      count > 0
    { received += buffer[0..<count] }
    var statuses: [(LSN, Bool)] = []
    var place = 0
    func number(_ place: Int, _ count: Int) -> UInt64 {
      received[place..<place + count].reduce(0) { $0 << 8 | UInt64($1) }
    }
    while place + 5 <= received.count {
      let size = Int(number(place + 1, 4)) + 1
      guard place + size <= received.count else { break }
      if received[place] == UInt8(ascii: "d"), received[place + 5] == UInt8(ascii: "r") {
        statuses.append((LSN(number(place + 14, 8)), received[place + 38] != 0))
      }
      place += size
    }
    return statuses
  }

  /// Waits for a status that fits.
  func waitForStatus(_ fits: ((flushed: LSN, wantsAnswer: Bool)) -> Bool) -> Bool {
    for _ in 0..<400 {
      if statuses().contains(where: fits) { return true }
      sleep(nanoseconds: 5_000_000)
    }
    return false
  }
}
