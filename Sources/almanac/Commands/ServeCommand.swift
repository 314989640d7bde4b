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
      Option(name: "cache", value: "SIZE", help: "Memory for stored blocks (256MiB)."),
      Option(name: "threads", value: "N", help: "Worker threads (one a core)."),
      Option(name: "connections", value: "N", help: "Sessions at a time (1000)."),
    ],
    notes: """
      There are no passwords and no TLS yet, so only loopback addresses are served.
      SIGTERM and Ctrl-C let running statements end (10 s), write a checkpoint and exit.
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
    database.threads = try arguments.number("threads", in: 1...1024) ?? 0
    if let bytes = try arguments.byteCount("memory") { database.memoryBytes = bytes }
    if let bytes = try arguments.byteCount("cache") { database.store.cacheBytes = bytes }
    var server = ServerOptions()
    server.connectionsMax = try arguments.number("connections", in: 1...100_000) ?? 1_000
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
