import Foundation
import SystemIO
import TestSupport
import Testing

/// Ends in order: SIGTERM at the server, Ctrl-C at a query.
@Suite(.serialized) struct ShutdownTests {
  private static let slowQuery =
    "SELECT count(*) FROM generate_series(1, 3000000000) g WHERE g % 7 = 1"

  private func logBytes(_ directory: String) throws -> Int {
    let names = try FileManager.default.contentsOfDirectory(atPath: directory)
    return try names.filter { $0.hasSuffix(".wal") }.reduce(0) { sum, name in
      let attributes = try FileManager.default.attributesOfItem(atPath: "\(directory)/\(name)")
      return sum + (attributes[.size] as? Int ?? 0)
    }
  }

  @Test func `SIGTERM lets statements end, writes a checkpoint and exits with 0`() throws {
    let server = ServedDatabase()
    try server.start()
    try server.connect().execute("CREATE TABLE t (id bigint, words text)")
    let writer = try server.connect()
    for _ in 0..<50 {
      try writer.execute("INSERT INTO t SELECT g, 'words ' || g FROM generate_series(1, 1000) g")
    }
    let logBefore = try logBytes(server.directory)
    let reader = try server.connect()
    let answer = Monitor<Result<[[String?]], any Error>?>(nil)
    let thread = try SystemIO.Thread.start(name: "reader") {
      // About a second of work.
      let query = "SELECT count(*) FROM t a JOIN t b ON a.id = b.id WHERE a.words <> b.words || 'x'"
      let result = Result<[[String?]], any Error> { try reader.execute(query)[0].texts }
      answer.update { $0 = result }
    }
    // However busy the machine is, the query has begun (or is over) before the signal.
    for _ in 0..<30_000 where answer.withLock({ $0 == nil }) {
      // (A pattern that this query itself does not fit.)
      let query =
        "SELECT count(*) FROM almanac.queries WHERE state = 'running' AND query LIKE '%JO' || 'IN%'"
      if try writer.execute(query)[0].texts == [["1"]] { break }
      SystemIO.sleep(nanoseconds: 1_000_000)
    }
    #expect(try server.terminate() == .exited(0))
    thread.join()
    let rows = try answer.withLock { try $0?.get() }
    #expect(rows == [["2500000"]])
    #expect(throws: PostgresFailure.self) { try writer.execute("SELECT 1") }
    #expect(try logBytes(server.directory) < logBefore / 10)
    let start = Date()
    try server.start()
    #expect(Date().timeIntervalSince(start) < 5)
    #expect(try server.rows("SELECT count(*) FROM t") == [["50000"]])
  }

  @Test func `SIGTERM cancels what does not end in time`() throws {
    let server = ServedDatabase(options: ["--drain", "1"])
    try server.start()
    let connection = try server.connect()
    let failure = Monitor<PostgresFailure?>(nil)
    let thread = try SystemIO.Thread.start(name: "reader") {
      do throws(PostgresFailure) {
        try connection.execute(Self.slowQuery)
      } catch {
        failure.update { $0 = error }
      }
    }
    SystemIO.sleep(nanoseconds: 300_000_000)
    let start = Date()
    #expect(try server.terminate() == .exited(0))
    #expect(Date().timeIntervalSince(start) < 8)
    thread.join()
    #expect(["57P01", "57014"].contains(failure.withLock { $0?.sqlState }))
    #expect(try server.check().end == .exited(0))
  }

  /// Sends Ctrl-C to a running `almanac query` and tells how it ended.
  private func interrupt(
    _ arguments: [String],
    when isRunning: () throws -> Bool
  ) throws -> (AlmanacProcess.End, String) {
    let query = try AlmanacProcess(["query"] + arguments + [Self.slowQuery, "SELECT 'not run'"])
    for _ in 0..<500 {
      if try isRunning() { break }
      SystemIO.sleep(nanoseconds: 10_000_000)
    }
    #expect(query.isRunning)
    _ = query.signal(SIGINT)
    return (try query.wait(seconds: 10), query.log)
  }

  @Test func `Ctrl-C cancels a query in a directory and exits with 130`() throws {
    let database = ServedDatabase()
    let start = Date()
    let (end, log) = try interrupt(["--data", database.directory]) {
      Date().timeIntervalSince(start) > 1
    }
    #expect(end == .exited(130))
    #expect(log.contains("canceling statement due to user request"))
    #expect(!log.contains("not run"))
    #expect(try database.check().end == .exited(0))
  }

  @Test func `Ctrl-C cancels a query of a server, which goes on`() throws {
    let server = ServedDatabase()
    try server.start()
    let running =
      "SELECT count(*) FROM almanac.queries WHERE state = 'running' AND query LIKE '%generate_series%' "
      + "AND pid <> pg_backend_pid()"
    let watcher = try server.connect()
    let (end, log) = try interrupt(["--connect", "127.0.0.1:\(server.port)"]) {
      try watcher.execute(running)[0].texts == [["1"]]
    }
    #expect(end == .exited(130))
    #expect(log.contains("canceling statement due to user request"))
    #expect(!log.contains("not run"))
    #expect(try watcher.execute(running)[0].texts == [["0"]])
  }

  @Test func `a directory has one master`() throws {
    let server = ServedDatabase()
    try server.start()
    let second = try AlmanacProcess.run(["query", "--data", server.directory, "SELECT 1"])
    #expect(second.end == .exited(3))
    #expect(second.log.contains("another process"))
    #expect(try server.rows("SELECT 1") == [["1"]])
    server.kill()
    #expect(
      try AlmanacProcess.run(["query", "--data", server.directory, "SELECT 1"]).end == .exited(0)
    )
  }
}
