import Columnar
import Engine
import Foundation
import Storage
import SystemIO
import TestSupport
import Testing

/// A database of a real PostgreSQL and a database here that follows it.
final class ReplicaFixture {
  let server: PostgresServer
  let name: String
  private(set) var source: LibpqConnection
  let directory: String
  private(set) var database: Database?
  private(set) var session: Session?

  private var fileSystem: (any FileSystem)?

  init(
    _ server: PostgresServer,
    _ schema: String,
    on fileSystem: (any FileSystem)? = nil,
    encoding: String? = nil
  ) throws {
    self.server = server
    self.fileSystem = fileSystem
    name = "replica_\(UInt32.random(in: 0 ... .max))"
    let owner = try LibpqConnection(server.connectionString())
    let form = encoding.map { "ENCODING '\($0)' LOCALE 'C'" } ?? ""
    try owner.execute("CREATE DATABASE \"\(name)\" TEMPLATE template0 \(form)")
    source = try LibpqConnection(server.connectionString(database: name))
    directory = NSTemporaryDirectory() + "almanac-\(name)"
    try source.execute(schema)
    try open()
  }

  var connection: String { server.connectionString(database: name) }

  func open() throws {
    var options = DatabaseOptions(directory: fileSystem == nil ? directory : "data")
    if let fileSystem { options.fileSystem = fileSystem }
    options.threads = 2
    options.followsSources = true
    options.store.blockRowCount = 64
    options.store.sealRowCount = 500
    options.store.compactSegmentCount = 3
    let database = try Database.open(options)
    self.database = database
    session = try database.makeSession(SessionStartup())
  }

  /// Ends as a process does whose machine loses its power, and begins again on what the disk has kept.
  func crash(to disk: any FileSystem) throws {
    // The disk refuses everything since the power went; whether a store closes well then is not the question.
    try? close()
    fileSystem = disk
    try open()
  }

  /// Connects to the source anew, once its server was started again.
  func reconnect() throws { source = try LibpqConnection(connection) }

  func close() throws {
    session?.close()
    session = nil
    // Whatever it says: the next one opens the directory anew.
    defer { database = nil }
    try database?.close()
  }

  /// Ends everything and removes it.
  func remove() {
    _ = try? session?.run("DROP REPLICATION IF EXISTS crm")
    try? close()
    try? FileManager.default.removeItem(atPath: directory)
    guard let owner = try? LibpqConnection(server.connectionString()) else { return }
    _ = try? owner.execute(
      "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE active_pid IS NOT NULL AND database = '\(name)'"
    )
    for _ in 0..<50 {
      _ = try? owner.execute(
        "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = '\(name)' AND NOT active"
      )
      if (try? owner.execute("DROP DATABASE \"\(name)\" WITH (FORCE)")) != nil { return }
      SystemIO.sleep(nanoseconds: 20_000_000)
    }
  }

  /// Follows tables, over another way than the socket where `route` is given.
  func follow(_ tables: String, _ options: String = "", route: String? = nil) throws {
    let quoted = (route ?? connection).split(separator: "'").joined(separator: "''")
    try run("CREATE REPLICATION crm CONNECTION '\(quoted)' TABLES (\(tables)) \(options)")
  }

  @discardableResult
  func run(_ text: String) throws -> [String] { try #require(session).run(text) }

  /// The first row of a query here.
  func row(_ text: String) throws -> String { try run(text).first ?? "" }

  /// Waits until a query here answers a text.
  func wait(_ query: String, for expected: String, seconds: Double = 20) throws {
    let start = Date()
    var last = ""
    while Date().timeIntervalSince(start) < seconds {
      last = try row(query)
      if last == expected { return }
      SystemIO.sleep(nanoseconds: 5_000_000)
    }
    Issue.record("\(query) answered \(last), not \(expected): \(state())")
  }

  /// Everything that the system tables tell.
  func state() -> String {
    let tables = ["almanac.replication", "almanac.replication_tables"]
    return tables.flatMap { (try? run("SELECT * FROM \($0)")) ?? [] }.joined(separator: "\n")
  }

  /// Waits until the source's catalog was looked at, and what was seen there was taken in: the next look comes after that.
  ///
  /// The last of `count` looks comes after the others were taken in.
  func waitForLooks(_ count: Int = 2) throws {
    for _ in 0..<count {
      let now = try source.execute("SELECT clock_timestamp()").last?.texts[0][0] ?? ""
      let seen =
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'almanac watch crm' "
        + "AND datname = current_database() AND state = 'idle' AND query LIKE '%lsn%' AND query_start > '\(now)'"
      let start = Date()
      while try source.execute(seen).last?.texts[0][0] != "1" {
        guard Date().timeIntervalSince(start) < 30 else {
          Issue.record("nobody looked at the source's catalog: \(state())")
          return
        }
        SystemIO.sleep(nanoseconds: 20_000_000)
      }
    }
  }

  func waitUntilReady() throws {
    try wait(
      "SELECT count(*) FROM almanac.replication_tables WHERE state <> 'ready'",
      for: "0"
    )
  }

  /// Where the source's log ends: behind everything that was committed.
  func position() throws -> String {
    try source.execute("SELECT pg_current_wal_insert_lsn()").last?.texts[0][0] ?? ""
  }

  /// Waits until everything that the source has committed is visible here.
  func catchUp(seconds: Int = 20) throws {
    let position = try source.execute("SELECT pg_current_wal_lsn()").last?.texts[0][0] ?? ""
    let isThere = try row("SELECT wait_for_lsn('\(position)', \(seconds * 1000))")
    #expect(isThere == "t", "\(position) was not reached: \(state())")
  }

  /// Compares tables row by row, as texts.
  func compare(_ tables: [String: String], sourceLocation: SourceLocation = #_sourceLocation) throws
  {
    for (table, key) in tables {
      let query = "SELECT * FROM \(table) ORDER BY \(key)"
      let expected =
        try source.execute(query).last?.texts.map { row in
          row.map { $0 ?? "NULL" }.joined(separator: "|")
        } ?? []
      let found = try run(query)
      #expect(
        found.count == expected.count,
        "\(table): \(state())",
        sourceLocation: sourceLocation
      )
      guard let place = zip(found, expected).enumerated().first(where: { $1.0 != $1.1 })?.offset
      else { continue }
      SystemIO.sleep(nanoseconds: 500_000_000)
      let isLate = try run(query) == expected
      Issue.record(
        "\(table) has \(found[place].prefix(200)) for \(expected[place].prefix(200)), \(isLate ? "late" : "lost"): \(state())",
        sourceLocation: sourceLocation
      )
    }
  }

  /// Counters that are zero in an exact replication.
  func expectExact(sourceLocation: SourceLocation = #_sourceLocation) throws {
    let sums = try row(
      "SELECT sum(missing_keys), sum(duplicate_keys), sum(resyncs) FROM almanac.replication_tables"
    )
    #expect(sums == "0|0|0", "\(state())", sourceLocation: sourceLocation)
  }
}
