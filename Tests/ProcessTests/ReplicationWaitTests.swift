import Foundation
import SystemIO
import TestSupport
import Testing

/// `replicated_lsn()` and `wait_for_lsn()` as an application has them: over the wire.
@Suite(.serialized) struct ReplicationWaitTests {
  @Test func `an application reads what it has written once it has waited for it`() throws {
    let source = try PostgresServer.logical()
    let writer = try LibpqConnection(source.connectionString())
    try writer.execute("CREATE TABLE t (id integer PRIMARY KEY, v text)")
    let served = ServedDatabase()
    try served.start()
    let engine = try served.connect()
    for call in ["replicated_lsn()", "wait_for_lsn('0/1')"] {
      try expectFailure(engine, "SELECT \(call)", "55000", "there is no replication")
    }
    let creation = "CONNECTION '\(source.connectionString())' TABLES (t)"
    try engine.execute("CREATE REPLICATION crm \(creation)")
    let isReady = try ReplicationOracle.waitForState(
      engine,
      "SELECT state FROM almanac.replication_tables",
      "ready",
      "wait"
    )
    #expect(isReady)
    for number in 1...50 {
      try writer.execute("INSERT INTO t VALUES (\(number), 'v')")
      let position = try #require(try lsn(writer, "SELECT pg_current_wal_lsn()"))
      // By both protocols, as text parameters too.
      let isThere =
        number % 2 == 0
        ? try engine.execute("SELECT wait_for_lsn('\(position)', 10000)").last
        : try engine.execute(
          "SELECT wait_for_lsn($1, $2)",
          parameters: [.text(position), .text("10000")]
        )
      #expect(isThere?.texts == [["t"]])
      #expect(try engine.execute("SELECT count(*) FROM t").last?.texts == [["\(number)"]])
      let reached = try #require(try lsn(engine, "SELECT replicated_lsn()"))
      let order = try writer.execute("SELECT '\(reached)'::pg_lsn >= '\(position)'::pg_lsn")
      #expect(order.last?.texts == [["t"]])
    }
    try expectTimes(engine)
    try expectCancel(served)
    for (call, state, message) in [
      ("wait_for_lsn('x')", "22P02", "invalid input syntax for type pg_lsn: \"x\""),
      ("wait_for_lsn('')", "22P02", "invalid input syntax for type pg_lsn: \"\""),
      ("wait_for_lsn('0/1', 10, 'none')", "42704", "replication \"none\" does not exist"),
      ("replicated_lsn('none')", "42704", "replication \"none\" does not exist"),
    ] {
      try expectFailure(engine, "SELECT \(call)", state, message)
    }
    #expect(
      try engine.execute("SELECT wait_for_lsn(NULL), replicated_lsn(NULL)").last?.texts == [
        [nil, nil]
      ]
    )
    try engine.execute("DROP TABLE IF EXISTS other")
    try engine.execute(
      "CREATE REPLICATION second CONNECTION 'host=127.0.0.1 port=1' TABLES (other)"
    )
    try expectFailure(engine, "SELECT replicated_lsn()", "55000", "there are several replications")
    #expect(try engine.execute("SELECT wait_for_lsn('0/1', 10, 'crm')").last?.texts == [["t"]])
    // A pause ends no wait, and what was applied stays told.
    try engine.execute("PAUSE REPLICATION crm")
    #expect(try lsn(engine, "SELECT replicated_lsn('crm')") != "0/0")
    #expect(try served.terminate() == .exited(0))
  }

  /// What does not come is waited for as long as was said.
  private func expectTimes(_ engine: LibpqConnection) throws {
    for (milliseconds, range) in [(0, 0.0..<2.0), (400, 0.4..<5.0)] {
      let start = Date()
      let answer = try engine.execute("SELECT wait_for_lsn('FFFFFFFF/0', \(milliseconds))")
      #expect(answer.last?.texts == [["f"]])
      #expect(range.contains(Date().timeIntervalSince(start)))
    }
  }

  /// A wait without end can be cancelled.
  private func expectCancel(_ served: ServedDatabase) throws {
    let waiter = try served.connect()
    let failure = Monitor<String?>(nil)
    let thread = try SystemIO.Thread.start(name: "waiter") {
      var state = "none"
      do throws(PostgresFailure) {
        _ = try waiter.execute("SELECT wait_for_lsn('FFFFFFFF/0', -1)")
      } catch { state = error.sqlState }
      failure.update { $0 = state }
    }
    SystemIO.sleep(nanoseconds: 300_000_000)
    #expect(failure.withLock { $0 } == nil)
    waiter.cancel()
    thread.join()
    #expect(failure.withLock { $0 } == "57014")
  }

  private func lsn(_ connection: LibpqConnection, _ query: String) throws -> String? {
    try connection.execute(query).last?.texts.first?.first ?? nil
  }

  private func expectFailure(
    _ engine: LibpqConnection,
    _ sql: String,
    _ state: String,
    _ message: String
  ) throws {
    do throws(PostgresFailure) {
      _ = try engine.execute(sql)
      Issue.record("\(sql) was answered")
    } catch {
      #expect(error.sqlState == state && error.message == message, "\(sql): \(error)")
    }
  }
}
