import Engine
import Storage
import TestSupport
import Testing

/// Statements of rollups, and what EXPLAIN says of them.
@Suite struct RollupTests {
  static let table =
    "CREATE TABLE t (id bigint PRIMARY KEY, tenant integer NOT NULL, at timestamptz NOT NULL, "
    + "amount numeric(10,2), x double precision, free numeric, note text) PARTITION BY MONTH (at)"

  func database() throws -> (Database, Session) {
    var options = DatabaseOptions(directory: "data")
    options.fileSystem = SimulatedFileSystem()
    options.threads = 2
    let database = try Database.open(options)
    let session = try RollupPair.session(of: database)
    try session.run(Self.table)
    try session.run(
      "INSERT INTO t SELECT g, g % 3, timestamptz '2024-01-01 00:00:00+00' + g * interval '5 hours', g, g, g, 'n' "
        + "FROM generate_series(1, 1000) g"
    )
    return (database, session)
  }

  func wait(_ session: Session) throws {
    for _ in 0..<100_000 {
      if try session.run("SELECT count(*) FROM almanac.rollups WHERE state = 'building'") == ["0"] {
        return
      }
    }
  }

  func failure(_ session: Session, _ text: String) -> String? {
    do throws(EngineError) {
      try session.run(text)
      return nil
    } catch {
      return "\(error.sqlState) \(error.message)"
    }
  }

  @Test func `a rollup serves its query, with off it does not`() throws {
    let (database, session) = try database()
    defer { try? database.close() }
    try session.run(
      "CREATE ROLLUP r ON t KEY (tenant, date_trunc('month', at) AS m) STORE (sum(amount))"
    )
    try wait(session)
    let query =
      "SELECT date_trunc('quarter', at), sum(amount) FROM t WHERE tenant = 1 GROUP BY 1 ORDER BY 1"
    #expect(try session.rollups(for: query) == ["r"])
    let rows = try session.run(query)
    try session.run("SET rollups = off")
    #expect(try session.rollups(for: query) == [])
    #expect(try session.run(query) == rows)
    #expect(
      try session.run("SHOW ROLLUPS").first?.hasPrefix("r|t|CREATE ROLLUP r ON t KEY") == true
    )
    #expect(try session.run("SELECT hits > 0, rows_behind FROM almanac.rollups") == ["t|0"])
  }

  @Test(arguments: [
    ("SELECT note, count(*) FROM t GROUP BY note", "note is no key"),
    ("SELECT max(amount) FROM t", "amount is no key"),
    ("SELECT sum(id) FROM t", "id is not stored"),
    ("SELECT sum(amount) FROM t WHERE id > 5", "condition id > 5 does not follow"),
    ("SELECT count(*) FROM t WHERE at >= '2024-01-05' AND at < '2024-01-20'", "no whole bucket"),
  ]) func `explain says why a rollup is not used`(_ query: String, _ reason: String) throws {
    let (database, session) = try database()
    defer { try? database.close() }
    try session.run(
      "CREATE ROLLUP r ON t KEY (tenant, date_trunc('month', at)) STORE (sum(amount))"
    )
    try wait(session)
    let lines = try session.run("EXPLAIN \(query)")
    #expect(
      lines.contains { $0.hasPrefix("Rollup r is not used:") && $0.contains(reason) },
      "\(lines)"
    )
  }

  @Test func `what cannot be kept exactly is refused`() throws {
    let (database, session) = try database()
    defer { try? database.close() }
    func refused(_ rest: String) -> String? { failure(session, "CREATE ROLLUP r ON t \(rest)") }
    #expect(
      refused("KEY (tenant) STORE (stddev(x))")?.hasPrefix("0A000 stddev or variance of floating")
        == true
    )
    #expect(
      refused("KEY (tenant) STORE (sum(free))")?.hasPrefix("0A000 numeric without") == true
    )
    #expect(refused("KEY (tenant) STORE (string_agg(note, ','))")?.hasPrefix("0A000") == true)
    #expect(refused("KEY (nothing)") == "42703 column \"nothing\" does not exist")
    #expect(refused("KEY (now())")?.hasPrefix("42P17") == true)
    #expect(refused("KEY (tenant, tenant)")?.hasPrefix("42701") == true)
    #expect(refused("KEY (tenant) STORE (tenant)")?.hasPrefix("42P17") == true)
    #expect(
      refused("KEY (tenant) STORE (count(*) FILTER (WHERE id > 1))")?.hasPrefix("0A000") == true
    )
    #expect(failure(session, "CREATE ROLLUP r ON missing KEY (a)")?.hasPrefix("42P01") == true)
    #expect(failure(session, "DROP ROLLUP r")?.hasPrefix("42704") == true)
    #expect(failure(session, "CHECK ROLLUP r")?.hasPrefix("42704") == true)
    try session.run(
      "CREATE TABLE u (id integer, tenant integer NOT NULL, n integer) TENANT KEY (tenant)"
    )
    #expect(failure(session, "CREATE ROLLUP r ON u KEY (n)")?.hasPrefix("42P17") == true)
  }

  @Test func `a used column is dropped only with its rollups, and may be renamed`() throws {
    let (database, session) = try database()
    defer { try? database.close() }
    try session.run("CREATE ROLLUP r ON t KEY (tenant) STORE (sum(amount))")
    try session.run("CREATE ROLLUP s ON t KEY (note)")
    #expect(failure(session, "CREATE ROLLUP r ON t KEY (note)")?.hasPrefix("42710") == true)
    #expect(failure(session, "ALTER TABLE t DROP COLUMN amount")?.hasPrefix("2BP01") == true)
    try session.run("ALTER TABLE t RENAME COLUMN amount TO price")
    try session.run("ALTER TABLE t ADD COLUMN amount integer DEFAULT 3")
    try wait(session)
    let query = "SELECT tenant, sum(price) FROM t GROUP BY tenant ORDER BY 1"
    #expect(try session.rollups(for: query) == ["r"])
    #expect(try session.rollups(for: "SELECT tenant, sum(amount) FROM t GROUP BY tenant") == [])
    #expect(try session.run(query) == ["0|166833.00", "1|167167.00", "2|166500.00"])
    try session.run("ALTER TABLE t DROP COLUMN price CASCADE")
    #expect(try session.run("SELECT name FROM almanac.rollups") == ["s"])
    try session.run("DROP TABLE t")
    #expect(try session.run("SELECT name FROM almanac.rollups") == [])
  }

  @Test func `a suggestion serves the queries that led to it`() throws {
    let (database, session) = try database()
    defer { try? database.close() }
    let query =
      "SELECT date_trunc('month', at), count(*), sum(amount) FROM t WHERE tenant = 2 GROUP BY 1"
    try session.run(
      "INSERT INTO t SELECT 10000 + g, g % 3, timestamptz '2024-01-01 00:00:00+00' + g % 100 * interval '1 day', g "
        + "FROM generate_series(1, 9000) g"
    )
    try session.run("COMPACT TABLE t")
    for _ in 0..<3 { try session.run(query) }
    try session.run("SELECT id, count(*) FROM t GROUP BY id")
    let suggested = try session.run("SUGGEST ROLLUPS")
    try #require(suggested.count == 1)
    let statement = String(suggested[0].prefix { $0 != "|" })
    #expect(
      statement
        == "CREATE ROLLUP t_rollup_1 ON public.t KEY (tenant, date_trunc('day', at)) STORE (count(*), sum(amount))"
    )
    #expect(suggested[0].split(separator: "|")[1] == "3")
    try session.run(statement)
    try wait(session)
    #expect(try session.rollups(for: query) == ["t_rollup_1"])
  }

  @Test func `definitions and groups outlive a restart`() throws {
    let pair = try RollupPair("restart", seed: 1)
    try pair.session.run("CREATE TABLE t (id bigint PRIMARY KEY, k integer)")
    try pair.session.run("INSERT INTO t SELECT g, g % 10 FROM generate_series(1, 5000) g")
    try pair.session.run("COMPACT TABLE t")
    // Columns that came one after the other.
    try pair.session.run("ALTER TABLE t ADD COLUMN a integer")
    try pair.session.run("ALTER TABLE t ADD COLUMN b integer DEFAULT 1")
    try pair.session.run("CREATE ROLLUP r ON t KEY (k) STORE (sum(id), min(id))")
    try pair.waitForRollups()
    try pair.restart()
    try pair.waitForRollups()
    try pair.session.run("DELETE FROM t WHERE id <= 20")
    let query = "SELECT k, count(*), min(id) FROM t WHERE k = 7 GROUP BY k"
    #expect(try pair.session.rollups(for: query) == ["r"])
    #expect(try pair.session.run(query) == ["7|498|27"])
    #expect(try pair.session.run("CHECK ROLLUP r").first?.hasSuffix("|0|NULL") == true)
  }

  /// The builder shares the memory of the machine: groups that do not fit go through files.
  @Test func `a rollup is built in little memory`() throws {
    var options = DatabaseOptions(directory: "data")
    options.fileSystem = SimulatedFileSystem()
    options.threads = 2
    options.memoryBytes = 1 << 20
    let database = try Database.open(options)
    defer { try? database.close() }
    let session = try RollupPair.session(of: database)
    try session.run("CREATE TABLE t (id bigint NOT NULL, n integer NOT NULL)")
    try session.run("INSERT INTO t SELECT g::bigint * 1000003, g FROM generate_series(1, 60000) g")
    try session.run("CREATE ROLLUP r ON t KEY (id) STORE (sum(n))")
    try wait(session)
    #expect(try session.run("SELECT state FROM almanac.rollups") == ["ready"])
    #expect(try session.run("SELECT count(*), sum(n) FROM t") == ["60000|1800030000"])
    // Groups are counted as they are stored: those of parts that are not merged yet count once a part.
    let checked = try session.run("CHECK ROLLUP r")
    #expect(checked.first?.hasSuffix("|0|NULL") == true, "\(checked)")
  }
}
