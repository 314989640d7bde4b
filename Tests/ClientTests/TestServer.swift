import Engine
import Foundation
import Server
import TestSupport

/// A server of this process on a free port, over a database in a temporary folder.
final class TestServer {
  let database: Database
  let server: Server
  private let folder: String

  init(_ change: (inout ServerOptions) -> Void = { _ in }) throws {
    folder = NSTemporaryDirectory() + "almanac-client-\(UInt64.random(in: 0 ... .max))"
    var databaseOptions = DatabaseOptions(directory: folder)
    databaseOptions.threads = 2
    database = try Database.open(databaseOptions)
    var options = ServerOptions()
    options.port = 0
    options.drainSeconds = 5
    change(&options)
    server = try Server(database, options)
  }

  /// Runs `body` against a server, then stops it.
  static func run(
    _ change: (inout ServerOptions) -> Void = { _ in },
    _ body: (TestServer) throws -> Void
  ) throws {
    let server = try TestServer(change)
    defer { server.stop() }
    try body(server)
  }

  var connectionString: String {
    "host=127.0.0.1 port=\(server.port) user=almanac dbname=almanac"
  }

  func connect() throws -> LibpqConnection { try LibpqConnection(connectionString) }

  /// A client that speaks bytes, past its start-up.
  func connectRaw() throws -> RawClient {
    let client = try RawClient(port: server.port)
    try client.startUp()
    return client
  }

  func stop() {
    server.stop()
    try? database.close()
    try? FileManager.default.removeItem(atPath: folder)
  }

  /// A table `wide` of `rows` texts of 50 KB: results that no socket buffer holds.
  func makeWideTable(rows: Int) throws {
    let connection = try connect()
    try connection.execute("CREATE TABLE wide (id int, words text)")
    let words = String(repeating: "wide ", count: 10_000)
    for id in 0..<rows { try connection.execute("INSERT INTO wide VALUES (\(id), '\(words)')") }
  }
}
