import Engine
import Storage
import SystemIO
import TestSupport
import Testing

/// States that are more than sums and values, and where rollups come from and go to.
extension RollupTests {
  @Test func `different values over a range of time are added up`() throws {
    let (database, session) = try database()
    defer { try? database.close() }
    try session.run(
      "CREATE ROLLUP r ON t KEY (tenant, date_trunc('day', at), id % 4) STORE (count(*), count(DISTINCT id % 50))"
    )
    try wait(session)
    let range = "at >= '2024-02-10 00:00:00+00' AND at < '2024-04-03 00:00:00+00'"
    let month = "at >= '2024-03-01 00:00:00+00' AND at < '2024-04-01 00:00:00+00'"
    let count = "count(DISTINCT id % 50)"
    // The values are r.1, their arrivals r.2.
    let queries = [
      ("SELECT count(*), \(count) FROM t WHERE tenant = 1 AND \(range)", true),
      ("SELECT tenant, \(count) FROM t GROUP BY tenant", true),
      (
        "SELECT tenant, date_trunc('month', at), \(count) FROM t WHERE \(range) GROUP BY 1, 2", true
      ),
      ("SELECT \(count) FILTER (WHERE \(month)), \(count) FROM t WHERE tenant = 2", true),
      ("SELECT \(count) FROM t WHERE \(range)", false),
      ("SELECT tenant, \(count) FROM t WHERE id % 4 = 1 GROUP BY tenant", false),
      ("SELECT date_trunc('month', at), \(count) FROM t GROUP BY 1", false),
      ("SELECT tenant, extract(month FROM at), \(count) FROM t GROUP BY 1, 2", false),
    ]
    let changes = [
      "SELECT 1", "UPDATE t SET at = at + interval '40 days' WHERE id % 7 = 2",
      "DELETE FROM t WHERE id % 50 = 3 OR tenant = 2 AND id % 3 = 0", "COMPACT TABLE t",
      "UPDATE t SET tenant = 1 WHERE id BETWEEN 100 AND 400",
      "INSERT INTO t SELECT g, 1, timestamptz '2023-12-31 00:00:00+00' + g % 9 * interval '1 day' FROM generate_series(2000, 2500) g",
    ]
    for change in changes {
      try session.run(change)
      for (query, isAddedUp) in queries {
        let plan = try session.run("EXPLAIN \(query)")
        #expect(plan.contains { $0.contains("r.2") } == isAddedUp, "\(query)\n\(plan)")
        let answer = try session.run(query).sorted()
        try session.run("SET rollups = off")
        #expect(try session.run(query).sorted() == answer, "\(change)\n\(query)")
        try session.run("SET rollups = on")
      }
      #expect(try session.run("CHECK ROLLUP r").first?.hasSuffix("|0|NULL") == true)
    }
  }

  @Test func `values without a moment come before those of -infinity`() throws {
    let (database, session) = try database()
    defer { try? database.close() }
    try session.run(
      "CREATE TABLE seen (id bigint PRIMARY KEY, owner integer, value integer, at timestamptz)"
    )
    try session.run(
      "INSERT INTO seen VALUES (1, 1, 5, NULL), (2, 1, 5, '-infinity'), (3, 1, 6, '-infinity')"
    )
    try session.run(
      "CREATE ROLLUP s ON seen KEY (owner, date_trunc('day', at)) STORE (count(*), count(DISTINCT value))"
    )
    try wait(session)
    let changes = [
      "SELECT 1", "INSERT INTO seen VALUES (4, 1, 5, '2026-01-01'), (5, 1, 6, '2026-01-01')",
      "UPDATE seen SET at = '2026-02-01' WHERE id = 3", "DELETE FROM seen WHERE id = 2",
      "DELETE FROM seen WHERE id = 1", "UPDATE seen SET at = NULL WHERE id = 4",
    ]
    for change in changes {
      try session.run(change)
      for condition in ["at < '2027-01-01 00:00:00+00'", "at >= '2026-01-01 00:00:00+00'", "true"] {
        let query =
          "SELECT owner, count(DISTINCT value) FROM seen WHERE \(condition) GROUP BY owner"
        let answer = try session.run(query)
        try session.run("SET rollups = off")
        #expect(try session.run(query) == answer, "\(change)\n\(query)")
        try session.run("SET rollups = on")
      }
      #expect(try session.run("CHECK ROLLUP s").first?.hasSuffix("|0|NULL") == true, "\(change)")
    }
  }

  @Test func `squares of rows at the edges of a range have room beside a join`() throws {
    let (database, session) = try database()
    defer { try? database.close() }
    try session.run("CREATE TABLE names (id integer PRIMARY KEY, name text)")
    try session.run("INSERT INTO names VALUES (0, 'zero'), (1, 'one'), (2, 'one')")
    try session.run(
      "CREATE ROLLUP r ON t KEY (tenant, date_trunc('month', at)) STORE (count(*), variance(id))"
    )
    try session.run(
      "INSERT INTO t SELECT 9200000000000000000 + g, g % 3, timestamptz '2024-03-20 00:00:00+00' FROM generate_series(1, 40) g"
    )
    try wait(session)
    let query =
      "SELECT name, count(*), variance(t.id) FROM t JOIN names ON names.id = tenant "
      + "WHERE at >= '2024-03-15 12:00:00+00' GROUP BY name ORDER BY name"
    let plan = try session.run("EXPLAIN \(query)")
    #expect(plan.contains { $0.hasPrefix("Rollup: r ") }, "\(plan)")
    let answer = try session.run(query)
    try session.run("SET rollups = off")
    #expect(try session.run(query) == answer)
  }

  @Test func `a monthly rollup is made of a daily one's groups`() throws {
    let (database, session) = try database()
    defer { try? database.close() }
    try session.run(
      "CREATE ROLLUP daily ON t KEY (tenant, date_trunc('day', at) AS day, note, id % 100) "
        + "STORE (count(*), sum(amount), stddev(id), count(DISTINCT id % 50)) WHERE id > 10 AND tenant < 2"
    )
    try session.run(
      "CREATE ROLLUP few ON t KEY (tenant, date_trunc('day', at)) STORE (sum(amount))"
    )
    try wait(session)
    try session.run(
      "UPDATE t SET at = at + interval '50 days', amount = amount * 2 WHERE id % 9 = 2"
    )
    #expect(
      failure(session, "CREATE ROLLUP m ON daily KEY (date_trunc('hour', at))")
        == "42P17 the rollup does not follow from rollup \"daily\""
    )
    #expect(
      failure(session, "CREATE ROLLUP m ON daily KEY (tenant) STORE (min(id))")?.hasPrefix("42P17")
        == true
    )
    // Fewer groups than half the rows are worth it: those of "few" have not all that is wanted.
    try session.run(
      "INSERT INTO t SELECT g, g % 3, timestamptz '2024-01-01 00:00:00+00' + g % 100 * interval '1 day', 1, g, g, 'n' "
        + "FROM generate_series(2000, 20000) g"
    )
    try session.run(
      "CREATE ROLLUP monthly ON daily KEY (tenant, date_trunc('month', at) AS month) "
        + "STORE (sum(amount), var_pop(id), count(DISTINCT id % 50)) WHERE note = 'n'"
    )
    try wait(session)
    #expect(
      try session.run("SELECT name, built_from FROM almanac.rollups ORDER BY name")
        == ["daily|NULL", "few|NULL", "monthly|daily"]
    )
    #expect(
      try session.run("SELECT definition FROM almanac.rollups WHERE name = 'monthly'").first?
        .hasSuffix("WHERE id > 10 AND tenant < 2 AND note = 'n'") == true
    )
    #expect(try session.run("CHECK ROLLUP monthly").first?.hasSuffix("|0|NULL") == true)
    try session.run("DELETE FROM t WHERE id % 3 = 1")
    try session.run("DROP ROLLUP daily")
    #expect(try session.run("CHECK ROLLUP monthly").first?.hasSuffix("|0|NULL") == true)
  }

  @Test func `sums of doubles are exact whatever came and went`() throws {
    let (database, session) = try database()
    defer { try? database.close() }
    try session.run("CREATE ROLLUP r ON t KEY (tenant) STORE (sum(x))")
    try wait(session)
    try session.run("UPDATE t SET x = 0.1")
    let query = "SELECT sum(x), avg(x) FROM t WHERE tenant = 1"
    #expect(try session.rollups(for: query) == ["r"])
    // 334 times the double 0.1, rounded once.
    #expect(try session.run("SELECT sum(x) FROM t WHERE tenant = 1") == ["33.4"])
    try session.run(
      "INSERT INTO t VALUES (5001, 1, '2024-01-01', 1, 1e300), (5002, 1, '2024-01-01', 1, -1e300)"
    )
    try session.run(
      "INSERT INTO t VALUES (5003, 1, '2024-01-01', 1, 5e-324), (5004, 1, '2024-01-01', 1, NULL)"
    )
    #expect(try session.run("SELECT sum(x), count(x) FROM t WHERE tenant = 1") == ["33.4|337"])
    try session.run("UPDATE t SET x = 'Infinity' WHERE id IN (5001, 5002)")
    #expect(try session.run(query) == ["Infinity|Infinity"])
    try session.run("UPDATE t SET x = '-Infinity' WHERE id = 5001")
    #expect(try session.run(query) == ["NaN|NaN"])
    try session.run("DELETE FROM t WHERE id IN (5001, 5002)")
    #expect(try session.run("SELECT sum(x) FROM t WHERE tenant = 1") == ["33.4"])
    try session.run("UPDATE t SET x = 1.7e308 WHERE id IN (1, 4)")
    #expect(failure(session, query)?.hasPrefix("22003") == true)
    try session.run("DELETE FROM t WHERE id <> 5003 OR x IS NULL")
    #expect(try session.run("SELECT sum(x) FROM t WHERE tenant = 1") == ["5e-324"])
    #expect(try session.run("CHECK ROLLUP r").first?.hasSuffix("|0|NULL") == true)
  }

  @Test func `days that went are not counted beside different values`() throws {
    let (database, session) = try database()
    defer { try? database.close() }
    try session.run(
      "CREATE ROLLUP r ON t KEY (date_trunc('day', at)) STORE (count(DISTINCT amount))"
    )
    try wait(session)
    let query =
      "SELECT date_trunc('year', at), count(DISTINCT amount), count(DISTINCT at::date), max(at::date), "
      + "count(DISTINCT 1 / extract(day FROM at)) FROM t GROUP BY 1"
    try session.run("DELETE FROM t WHERE id > 10")
    #expect(try session.rollups(for: query) == ["r"])
    #expect(try session.run(query) == ["2024-01-01 00:00:00+00|10|3|2024-01-03|3"])
    try session.run("SET rollups = off")
    #expect(try session.run(query) == ["2024-01-01 00:00:00+00|10|3|2024-01-03|3"])
  }

  @Test func `conditions that may fail see only groups that are there`() throws {
    let (database, session) = try database()
    defer { try? database.close() }
    try session.run(
      "CREATE ROLLUP r ON t KEY (tenant, id % 5 AS k, date_trunc('day', at)) STORE (count(*), max(amount), count(DISTINCT note))"
    )
    try wait(session)
    try session.run("DELETE FROM t WHERE id % 5 = 0")
    let queries = [
      "SELECT count(*) FROM t WHERE 12 / (id % 5) > 3",
      "SELECT tenant, count(*), max(amount) FROM t WHERE 12 / (id % 5) > 3 AND tenant > 0 GROUP BY 1 ORDER BY 1",
      "SELECT count(*) FROM (SELECT id % 5 AS k, tenant FROM t) s WHERE tenant = 1 AND 12 / k > 3",
      "SELECT count(*) FILTER (WHERE 12 / (id % 5) > 3) FROM t",
      "SELECT count(*) FROM t JOIN (VALUES (4), (6)) v(q) ON 12 / (id % 5) = q",
      "SELECT tenant, count(DISTINCT note) FROM t WHERE 12 / (tenant + id % 5) > 1 GROUP BY 1 ORDER BY 1",
      "SELECT 12 / (id % 5), count(*) FROM t GROUP BY 1 HAVING 12 / min(id % 5) > 3 ORDER BY 1",
    ]
    for query in queries {
      #expect(try session.rollups(for: query) == ["r"], "\(query)")
      #expect(failure(session, query) == nil, "\(query)")
      let answer = try? session.run(query)
      try session.run("SET rollups = off")
      #expect(try session.run(query) == answer, "\(query)")
      try session.run("SET rollups = on")
    }
  }

  @Test func `a rollup that retains months serves only what lies in these`() throws {
    // 2024-02-15; the rows lie between January and July.
    let clock = ManualClock(unixMicroseconds: 1_707_998_400_000_000)
    let disk = SimulatedFileSystem()
    func open() throws -> (Database, Session) {
      var options = DatabaseOptions(directory: "data")
      options.fileSystem = disk
      options.threads = 2
      options.store.clock = clock
      let database = try Database.open(options)
      return (database, try RollupPair.session(of: database))
    }
    var (database, session) = try open()
    try session.run(Self.table)
    try session.run(
      "INSERT INTO t SELECT g, g % 3, timestamptz '2024-01-01 00:00:00+00' + g * interval '5 hours', g, g, g, 'n' "
        + "FROM generate_series(1, 1000) g"
    )
    let keys = "KEY (tenant, date_trunc('day', at)) STORE (count(*), count(DISTINCT id))"
    try session.run("CREATE ROLLUP r ON t \(keys) WHERE tenant < 3 RETAIN 2 MONTHS")
    try wait(session)
    func check(
      _ from: String,
      _ isUsed: Bool,
      _ place: Testing.SourceLocation = #_sourceLocation
    ) throws {
      let query =
        "SELECT tenant, count(*), count(DISTINCT id) FROM t WHERE tenant < 3 AND at >= '\(from) 00:00:00+00' "
        + "GROUP BY 1 ORDER BY 1"
      #expect(try session.rollups(for: query) == (isUsed ? ["r"] : []), sourceLocation: place)
      let answer = try session.run(query)
      try session.run("SET rollups = off")
      #expect(try session.run(query) == answer, sourceLocation: place)
      try session.run("SET rollups = on")
      #expect(
        try session.run("CHECK ROLLUP r").first?.hasSuffix("|0|NULL") == true,
        sourceLocation: place
      )
    }
    let kept = "SELECT kept_from, groups FROM almanac.rollups"
    let groups = try session.run(
      "SELECT count(*) FROM (SELECT tenant, at::date FROM t GROUP BY 1, 2) s"
    )
    #expect(try session.run(kept) == ["2023-12-01 00:00:00+00|\(groups[0])"])
    try check("2024-01-01", true)
    // Three months later: January and February go, on a running server and over a restart.
    clock.advance(microseconds: 90 * 86_400_000_000)
    let end = ContinuousClock.now + .seconds(60)
    while try session.run(kept).first?.hasPrefix("2024-03-01") != true, ContinuousClock.now < end {
      _ = Monitor(()).wait(nanoseconds: 2_000_000) { _ -> Bool? in nil }
    }
    #expect(try session.run(kept).first?.hasPrefix("2024-03-01 00:00:00+00|") == true)
    try check("2024-02-28", false)
    try check("2024-03-01", true)
    try session.run(
      "UPDATE t SET at = at - interval '30 days', tenant = (tenant + 1) % 3 WHERE id % 7 = 1"
    )
    try check("2024-03-01", true)
    let plan = try session.run("EXPLAIN SELECT count(*) FROM t WHERE tenant < 3")
    #expect(
      plan.contains("Rollup r is not used: it holds only rows with at from 2024-03-01 on"),
      "\(plan)"
    )
    session.close()
    try database.close()
    clock.advance(microseconds: 31 * 86_400_000_000)
    (database, session) = try open()
    defer { try? database.close() }
    try wait(session)
    #expect(try session.run(kept).first?.hasPrefix("2024-04-01 00:00:00+00|") == true)
    try check("2024-03-01", false)
    try check("2024-04-01", true)
    #expect(
      failure(session, "CREATE ROLLUP s ON t KEY (tenant) RETAIN 2 MONTHS")?.hasPrefix("42P17")
        == true
    )
    try session.run("CREATE TABLE whole (id integer, at timestamptz)")
    #expect(
      failure(session, "CREATE ROLLUP s ON whole KEY (date_trunc('day', at)) RETAIN 2 MONTHS")?
        .hasPrefix("42P16")
        == true
    )
  }

  @Test func `what retention drops leaves the rollup`() throws {
    let (database, session) = try database()
    defer { try? database.close() }
    try session.run(
      "CREATE TABLE young (id bigint PRIMARY KEY, at timestamptz NOT NULL) PARTITION BY MONTH (at) RETAIN 1 MONTHS"
    )
    try session.run(
      "CREATE ROLLUP y ON young KEY (date_trunc('month', at)) STORE (count(DISTINCT id))"
    )
    try wait(session)
    try session.run(
      "BEGIN; INSERT INTO young SELECT g, timestamptz '2019-05-05' FROM generate_series(1, 100) g; "
        + "INSERT INTO young SELECT g, now() FROM generate_series(200, 249) g; COMMIT"
    )
    let query = "SELECT count(*), count(DISTINCT id) FROM young"
    #expect(try session.run(query) == ["150|150"])
    try database.store.dropExpiredPartitions()
    #expect(try session.rollups(for: query) == ["y"])
    #expect(try session.run(query) == ["50|50"])
    #expect(try session.run("CHECK ROLLUP y").first?.hasSuffix("|0|NULL") == true)
  }
}
