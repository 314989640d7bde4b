import Engine
import Storage
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
