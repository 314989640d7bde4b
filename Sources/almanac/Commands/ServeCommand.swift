import Engine
import Server
import Storage
import SystemIO

/// `almanac serve`: the database as a PostgreSQL server, until SIGTERM or Ctrl-C.
struct ServeCommand: Command {
  static let specification = CommandSpecification(
    name: "serve",
    summary: "Serves a database to PostgreSQL clients (user almanac, database almanac).",
    arguments: "",
    options: [
      Option(name: "data", value: "DIR", help: "The data directory; made when it is not there."),
      Option(name: "listen", value: "HOST:PORT", help: "Where to listen (127.0.0.1:5433)."),
      Option(name: "memory", value: "SIZE", help: "Memory of all statements together (8GiB)."),
      Option(
        name: "cache",
        value: "SIZE",
        help: "Memory for stored blocks (a quarter of the machine's)."
      ),
      Option(name: "threads", value: "N", help: "Worker threads (one a core)."),
      Option(name: "connections", value: "N", help: "Sessions at a time (1000)."),
      Option(
        name: "drain",
        value: "SECONDS",
        help: "How long statements may go on at the end (10)."
      ),
      Option(name: "block-rows", value: "N", help: "Rows of a block in new segments (8192)."),
      Option(name: "seal-rows", value: "N", help: "Rows that become a segment (131072)."),
      Option(name: "compact-segments", value: "N", help: "Segments that are merged into one (8)."),
      Option(name: "checkpoint-log", value: "SIZE", help: "Log between checkpoints (64MiB)."),
    ],
    notes: """
      There are no passwords and no TLS yet, so only loopback addresses are served.
      SIGTERM and Ctrl-C let running statements end (--drain), write a checkpoint and exit.
      Exit codes: 0 ended in order, 1 failed, 2 wrong use, 3 cannot open or listen.
      """
  )

  private let database: DatabaseOptions
  private let server: ServerOptions

  init(_ arguments: Arguments) throws(UsageError) {
    guard arguments.positional.isEmpty else {
      throw UsageError(message: "unknown argument \(arguments.positional[0])")
    }
    var database = DatabaseOptions(directory: try arguments.required("data"))
    database.followsSources = true
    database.threads = try arguments.number("threads", in: 1...1024) ?? 0
    if let bytes = try arguments.byteCount("memory") { database.memoryBytes = bytes }
    if let bytes = try arguments.byteCount("cache") { database.store.cacheBytes = bytes }
    try Self.apply(arguments, to: &database.store)
    var server = ServerOptions()
    server.connectionsMax = try arguments.number("connections", in: 1...100_000) ?? 1_000
    server.drainSeconds = try arguments.number("drain", in: 0...3_600) ?? server.drainSeconds
    if let listen = arguments["listen"] {
      guard let colon = listen.lastIndex(of: ":"),
        let port = UInt16(listen[listen.index(after: colon)...])
      else { throw UsageError(message: "--listen takes HOST:PORT, such as 127.0.0.1:5433") }
      let host = listen[..<colon].drop { $0 == "[" }
      server.host = String(host.hasSuffix("]") ? host.dropLast() : host)
      server.port = port
    }
    self.database = database
    self.server = server
  }

  /// The sizes at which the store seals, merges and writes checkpoints; tests make all small.
  private static func apply(
    _ arguments: Arguments,
    to store: inout StoreOptions
  ) throws(UsageError) {
    if let rows = try arguments.number("block-rows", in: 64...8_192) {
      guard rows.nonzeroBitCount == 1 else {
        throw UsageError(message: "--block-rows takes a power of two from 64 to 8192")
      }
      store.blockRowCount = rows
    }
    if let rows = try arguments.number("seal-rows", in: 1...4_194_304) { store.sealRowCount = rows }
    if let count = try arguments.number("compact-segments", in: 2...1_000) {
      store.compactSegmentCount = count
    }
    if let bytes = try arguments.byteCount("checkpoint-log") { store.checkpointLogBytes = bytes }
  }

  func run(_ output: StandardOutput) throws(CommandFailure) -> Int32 {
    // Before any thread starts, so that all of them leave these signals to us.
    let signals: SignalSource
    do throws(IOError) {
      signals = try SignalSource([.terminate, .interrupt])
    } catch {
      throw CommandFailure("\(error)")
    }
    let database = try opened { [database] () throws(EngineError) in
      try Database.open(database)
    }
    let server: Server
    do throws(ServerError) {
      server = try Server(database, self.server)
    } catch {
      try? database.close()
      throw CommandFailure("\(error)", exitCode: ExitCode.unavailable)
    }
    output.write("almanac \(Database.version) ready on \(server.address)\n")
    output.flush()
    while true {
      do throws(IOError) {
        if try signals.next() != nil { break }
      } catch {
        break
      }
    }
    server.stop()
    do throws(EngineError) {
      try database.close()
    } catch {
      throw CommandFailure("the last checkpoint failed: \(error.message)")
    }
    return ExitCode.success
  }
}
