import Engine
import Storage
import SystemIO
import TestSupport

/// Our database on a simulated disk, and PostgreSQL with the same rows.
final class RollupPair {
  private(set) var disk: SimulatedFileSystem
  private(set) var database: Database
  private(set) var session: Session
  private let oracle: LibpqConnection
  private let schema: String

  /// `name`: A schema of the shared PostgreSQL that only this pair uses.
  init(_ name: String, seed: UInt64) throws {
    disk = SimulatedFileSystem(seed: seed)
    database = try Self.open(disk)
    session = try Self.session(of: database)
    schema = name
    oracle = try LibpqConnection(PostgresServer.shared().connectionString())
    try oracle.execute(
      "DROP SCHEMA IF EXISTS \(name) CASCADE; CREATE SCHEMA \(name); SET search_path = \(name); SET TimeZone = 'UTC'"
    )
  }

  private static func open(_ disk: SimulatedFileSystem) throws -> Database {
    var options = DatabaseOptions(directory: "data")
    options.fileSystem = disk
    options.threads = 2
    options.store.blockRowCount = 64
    options.store.sealRowCount = 60
    options.store.compactSegmentCount = 3
    options.store.mergeBatchCount = 4
    options.store.checkpointLogBytes = 1 << 15
    return try Database.open(options)
  }

  static func session(of database: Database) throws -> Session {
    var startup = SessionStartup()
    startup.settings = [(name: "TimeZone", value: "UTC")]
    return try database.makeSession(startup)
  }

  /// The power goes, and comes back.
  func crash(seed: UInt64) throws {
    disk = disk.crashClone(seed: seed)
    let old = database
    database = try Self.open(disk)
    session = try Self.session(of: database)
    try? old.close()
  }

  /// The database is closed and opened again.
  func restart() throws {
    session.close()
    try database.close()
    database = try Self.open(disk)
    session = try Self.session(of: database)
  }

  /// Runs a text on both.
  func run(_ text: String) throws {
    do throws(EngineError) { try session.run(text) } catch {
      throw Refused(text: text, error: error)
    }
    try oracle.execute(text)
  }

  /// Our database raised an error where none is expected.
  struct Refused: Error {
    let text: String
    let error: EngineError
  }

  /// PostgreSQL's rows, sorted.
  func expected(_ query: String) throws -> [String] {
    let rows = try oracle.execute(query).last?.texts ?? []
    return rows.map { $0.map { $0 ?? "NULL" }.joined(separator: "|") }.sorted()
  }

  /// Waits until every rollup is built.
  func waitForRollups() throws {
    for _ in 0..<1_000 {
      let open = try session.run("SELECT count(*) FROM almanac.rollups WHERE state <> 'ready'")
      if open == ["0"] { return }
      _ = Monitor(()).wait(nanoseconds: 2_000_000) { _ -> Bool? in nil }
    }
  }
}

extension Session {
  /// The names of the rollups that a query is answered from.
  func rollups(for query: String) throws(EngineError) -> [String] {
    try run("EXPLAIN " + query).compactMap { line in
      guard line.hasPrefix("Rollup: ") else { return nil }
      return String(line.dropFirst(8).prefix { $0 != " " })
    }
  }
}
