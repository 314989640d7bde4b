import Columnar
import Engine
import Planning
import TestSupport
import Testing

@Suite struct SessionTests {
  /// Queries of 60,000 rows, with the number of their steps that spill.
  static let largeQueries = [
    // Numerics between other columns, both short and beyond 38 digits.
    (
      "SELECT i, i::numeric / 7, repeat(i::text, 9)::numeric, md5(i::text) FROM s ORDER BY 4, 1", 1
    ),
    (
      "SELECT md5(i::text) AS k, count(*), sum(i), max(i::numeric / 7) FROM s GROUP BY 1 ORDER BY 1",
      2
    ),
    ("SELECT DISTINCT md5(i::text) FROM s ORDER BY 1", 2),
    (
      "SELECT a.i, md5(b.i::text) FROM s a LEFT JOIN s b ON md5(a.i::text) = md5((b.i + 7)::text) ORDER BY 1",
      2
    ),
  ]

  @Test(arguments: largeQueries) func `what does not fit work_mem goes through files`(
    query: String,
    spills: Int
  ) throws {
    let session = try TestDatabase().session()
    try session.run("CREATE VIEW s AS SELECT i FROM generate_series(1, 60000) AS g(i)")
    let expected = try session.run(query)
    #expect(expected.count == 60_000)
    try session.run("SET work_mem = '1MB'")
    #expect(try session.run(query) == expected)
    let plan = try session.run("EXPLAIN ANALYZE " + query)
    #expect(plan.count { $0.contains("(spilled bytes=") } == spills, "\(plan)")
  }

  @Test func `a prepared statement takes its values typed and survives changed definitions`() throws
  {
    let session = try TestDatabase().session()
    try session.run("CREATE TABLE t (id bigint PRIMARY KEY, s text)")
    try session.run("INSERT INTO t VALUES (1, 'a'), (2, 'b''; DROP TABLE t; --')")
    let statement = try session.prepare(Array("SELECT * FROM t WHERE s = $1 OR id = $2".utf8))
    #expect(statement.parameterTypes == [.text, .bigint])
    #expect(statement.columns?.map(\.name) == ["id", "s"])
    let values: [Datum] = [.bytes(Array("b'; DROP TABLE t; --".utf8)), .int64(9)]
    let run = try session.start(statement, parameters: values)
    #expect(try Session.rows(of: run, .utc) == ["2|b'; DROP TABLE t; --"])
    try session.run("ALTER TABLE t ADD COLUMN n integer DEFAULT 7")
    let again = try session.start(statement, parameters: [.bytes(Array("a".utf8)), .null])
    #expect(try Session.rows(of: again, .utc) == ["1|a|7"])
  }

  @Test func `an unknown database or role is refused`() throws {
    let database = try TestDatabase().database
    var startup = SessionStartup()
    startup.database = "other"
    #expect(throws: EngineError.self) { _ = try database.makeSession(startup) }
    startup.database = "almanac"
    startup.user = "root"
    #expect(throws: EngineError.self) { _ = try database.makeSession(startup) }
  }

  @Test func `a time limit ends a statement with 57014`() throws {
    let session = try TestDatabase().session()
    try session.run("SET statement_timeout = 30")
    let text = "SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b"
    #expect(session.failure(text) == "57014")
    try session.run("RESET statement_timeout")
    #expect(try session.run("SELECT 1") == ["1"])
  }

  @Test func `reports bind their parameters and name what is wrong with them`() throws {
    let session = try TestDatabase().session()
    try session.run("CREATE TABLE t (id bigint, s text); INSERT INTO t VALUES (1, 'x'), (2, 'y')")
    try session.run(
      "CREATE REPORT r(wanted text DEFAULT NULL, ids bigint[] DEFAULT NULL) AS "
        + "SELECT id FROM t WHERE (:wanted IS NULL OR s = :wanted) AND (:ids IS NULL OR id = ANY(:ids)) "
        + "ORDER BY id"
    )
    #expect(try session.run("SELECT * FROM report.r()") == ["1", "2"])
    #expect(try session.run("SELECT * FROM report.r") == ["1", "2"])
    #expect(try session.run("SELECT * FROM report.r(wanted => 'y')") == ["2"])
    #expect(try session.run("SELECT * FROM report.r(ids => ARRAY[1, 5])") == ["1"])
    #expect(try session.run("SELECT * FROM report.r('x'' OR true --')") == [])
    #expect(session.failure("SELECT * FROM report.r(nix => 1)") == "42883")
    #expect(session.failure("CREATE REPORT bad() AS SELECT nix FROM t") == "42703")
  }

  @Test func `an error tells its place in characters`() throws {
    let session = try TestDatabase().session()
    do throws(EngineError) {
      try session.run("SELECT 'привет', nix")
      Issue.record("the statement succeeded")
    } catch {
      #expect(error.position == 18)
      #expect(error.sqlState == "42703")
    }
  }

  @Test func `EXPLAIN ANALYZE tells rows and blocks`() throws {
    let session = try TestDatabase().session()
    try session.run("CREATE TABLE t (id bigint PRIMARY KEY)")
    try session.run("INSERT INTO t SELECT generate_series FROM generate_series(1, 1000)")
    let lines = try session.run("EXPLAIN ANALYZE SELECT count(*) FROM t WHERE id > 500")
    #expect(lines.first?.contains("cost=") == true)
    #expect(lines.contains { $0.contains("Scan") && $0.contains("blocks read=") })
    #expect(lines.contains { $0.hasPrefix("Execution Time:") })
  }

  @Test func `an aggregate over a relation that is always empty has a row, or an error`() throws {
    let test = try TestDatabase()
    defer { try? test.database.close() }
    let session = try test.session()
    #expect(try session.run("SELECT count(*)::int FROM pg_policy") == ["0"])
    // Not supported, and there is nothing to compute it of.
    let condition = "polname = nothing_of_this_name(polrelid)"
    #expect(try session.run("SELECT polname FROM pg_policy WHERE \(condition)") == [])
    for items in ["count(*)", "count(*)::int", "1 + coalesce(max(oid::int8), 0)"] {
      let error = #expect(throws: EngineError.self) {
        try session.run("SELECT \(items) FROM pg_policy WHERE \(condition)")
      }
      #expect(error?.sqlState == "42883", "\(items)")
    }
  }

  @Test func `a view that reads a table in any part of an expression keeps it`() throws {
    let test = try TestDatabase()
    defer { try? test.database.close() }
    let session = try test.session()
    try session.run("CREATE TABLE u (a integer)")
    try session.run("CREATE VIEW v AS SELECT 1 AS x WHERE 2 BETWEEN 1 AND (SELECT max(a) FROM u)")
    let error = #expect(throws: EngineError.self) { try session.run("DROP TABLE u") }
    #expect(error?.sqlState == "2BP01")
  }
}
