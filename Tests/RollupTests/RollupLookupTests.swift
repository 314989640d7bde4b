import Engine
import Foundation
import TestSupport
import Testing

/// Rollups over a table and one that its rows are looked up in.
@Suite struct RollupLookupTests {
  static let tables = [
    "CREATE TABLE leads (id bigint PRIMARY KEY, tenant integer NOT NULL, at timestamptz NOT NULL, source integer, "
      + "score integer, deal bigint)",
    "CREATE TABLE deals (id bigint PRIMARY KEY, tenant integer NOT NULL, status text, amount numeric(12,2), small integer, note text)",
    "CREATE TABLE sources (id integer PRIMARY KEY, title text)",
  ]
  static let rollup =
    "CREATE ROLLUP conversion ON leads LEFT JOIN deals ON deals.id = leads.deal AND deals.tenant = leads.tenant "
    + "KEY (leads.tenant, source, date_trunc('day', at) AS day, status) "
    + "STORE (count(*), count(deals.id), sum(amount), sum(score), avg(small))"

  private func pair(_ name: String, seed: UInt64 = 1) throws -> RollupPair {
    let pair = try RollupPair(name, seed: seed)
    try pair.session.run(Self.tables[0] + " PARTITION BY MONTH (at) TENANT KEY (tenant)")
    _ = try pair.expected(Self.tables[0])
    for table in Self.tables.dropFirst() { try pair.run(table) }
    try pair.run("INSERT INTO sources VALUES (0, 'none'), (1, 'web'), (2, 'mail'), (3, 'fair')")
    return pair
  }

  private func failure(_ session: Session, _ text: String) -> String? {
    do throws(EngineError) {
      try session.run(text)
      return nil
    } catch {
      return "\(error.sqlState) \(error.message)"
    }
  }

  private static func report(_ rest: String) -> String {
    "SELECT s.id, s.title, count(*), count(d.id), count(d.id) FILTER (WHERE d.status = 'won'), sum(l.score), "
      + "sum(d.amount) FILTER (WHERE d.status = 'won'), round(avg(d.small), 4), round(100.0 * count(d.id) / count(*), 2) "
      + "FROM leads l JOIN sources s ON s.id = l.source LEFT JOIN deals d ON d.id = l.deal AND d.tenant = \(rest) "
      + "GROUP BY s.id, s.title ORDER BY 1"
  }

  @Test func `a join above others is answered from the rollup, edges of a range from rows`() throws
  {
    let pair = try pair("lookup_shapes")
    try pair.run(
      "INSERT INTO deals SELECT g, g % 3, CASE g % 4 WHEN 0 THEN 'won' WHEN 1 THEN 'lost' END, g, g % 7, 'n' FROM generate_series(1, 200) g"
    )
    try pair.run(
      "INSERT INTO leads SELECT g, g % 3, timestamptz '2024-01-01 00:00:00+00' + g * interval '3 hours', g % 5, g % 10, "
        + "CASE WHEN g % 2 = 0 THEN g + g % 3 END FROM generate_series(1, 300) g"
    )
    try pair.session.run(Self.rollup)
    try pair.waitForRollups()
    let queries = [
      Self.report("1 WHERE l.tenant = 1"), Self.report("l.tenant"),
      Self.report("l.tenant WHERE l.at >= '2024-01-10' AND l.at < '2024-01-20'"),
      Self.report(
        "2 WHERE l.tenant = 2 AND l.at >= '2024-01-05 07:00:00' AND l.at < '2024-01-28 12:00:00'"
      ),
      "SELECT d.status, count(*), sum(d.amount) FROM leads l LEFT JOIN deals d ON d.id = l.deal AND l.tenant = d.tenant "
        + "WHERE l.source IN (1, 2) GROUP BY 1 ORDER BY 1",
      "SELECT count(*) FROM leads l LEFT JOIN (SELECT id AS x, tenant AS y FROM deals) d ON d.x = l.deal AND d.y = l.tenant",
    ]
    for query in queries {
      #expect(try pair.session.rollups(for: query) == ["conversion"], "\(query)")
      #expect(try pair.session.run(query).sorted() == pair.expected(query), "\(query)")
    }
    let others = [
      "SELECT count(*), count(d.id) FROM leads l LEFT JOIN deals d ON d.id = l.deal",
      "SELECT count(*), count(d.id) FROM leads l JOIN deals d ON d.id = l.deal AND d.tenant = l.tenant",
      "SELECT count(*) FROM leads l LEFT JOIN deals d ON d.id = l.deal AND d.tenant = l.tenant AND d.status = 'won' WHERE l.at < '2024-01-09 01:00:00'",
      "SELECT count(d.small) FROM leads l LEFT JOIN deals d ON d.id = l.source AND d.tenant = l.tenant",
      "SELECT count(*), sum(d.amount) FROM deals d LEFT JOIN leads l ON d.id = l.deal AND d.tenant = l.tenant",
      "SELECT count(d.id) FROM leads l LEFT JOIN deals d ON d.id = l.deal AND d.tenant = 1 WHERE l.tenant = 2",
      "SELECT count(d.id) FROM leads l LEFT JOIN deals d ON d.id = l.deal AND d.tenant = 1",
    ]
    for query in others {
      #expect(try pair.session.rollups(for: query) == [], "\(query)")
      #expect(try pair.session.run(query) == pair.expected(query), "\(query)")
    }
    let lines = try pair.session.run("EXPLAIN \(others[0])")
    #expect(
      lines.contains("Rollup conversion is not used: the query does not look deals up as it does"),
      "\(lines)"
    )
  }

  @Test func `what cannot be kept exactly over two tables is refused`() throws {
    let session = try pair("lookup_refused").session
    func refused(_ rest: String) -> String? {
      failure(session, "CREATE ROLLUP r ON leads LEFT JOIN deals ON \(rest)")
    }
    let join = "deals.id = deal"
    let key = "KEY (leads.tenant)"
    #expect(refused("deals.small = deal \(key)")?.hasPrefix("0A000") == true)
    #expect(refused("deals.small = score \(key)")?.hasPrefix("0A000") == true)
    #expect(refused("\(join) AND status = 'won' \(key)")?.hasPrefix("0A000") == true)
    #expect(refused("\(join) \(key) STORE (max(amount))")?.hasPrefix("0A000") == true)
    #expect(refused("\(join) \(key) STORE (count(DISTINCT status))")?.hasPrefix("0A000") == true)
    #expect(refused("\(join) \(key) STORE (sum(small + score))")?.hasPrefix("0A000") == true)
    #expect(refused("\(join) \(key) STORE (stddev(small))")?.hasPrefix("0A000") == true)
    #expect(refused("\(join) \(key) WHERE status = 'won'")?.hasPrefix("0A000") == true)
    #expect(refused("\(join) KEY (status)")?.hasPrefix("42P17") == true)
    #expect(refused("\(join) KEY (leads.tenant, id)")?.hasPrefix("42702") == true)
    #expect(
      failure(session, "CREATE ROLLUP r ON leads LEFT JOIN nothing ON true \(key)")?
        .hasPrefix("42P01") == true
    )
    try session.run(Self.rollup)
    #expect(failure(session, "CREATE ROLLUP s ON conversion \(key)")?.hasPrefix("0A000") == true)
  }

  @Test func `it goes with what it reads, and outlives renaming`() throws {
    let pair = try pair("lookup_names")
    let session = pair.session
    try session.run(Self.rollup)
    try pair.waitForRollups()
    #expect(failure(session, "ALTER TABLE deals DROP COLUMN amount")?.hasPrefix("2BP01") == true)
    try session.run("ALTER TABLE deals DROP COLUMN note")
    try session.run("ALTER TABLE deals RENAME COLUMN status TO state")
    try session.run("ALTER TABLE deals ADD COLUMN status text DEFAULT 'x'")
    try session.run("ALTER TABLE deals RENAME TO trades")
    try session.run("ALTER TABLE leads RENAME TO contacts")
    try session.run("INSERT INTO trades VALUES (1, 1, 'won', 5, 1, 'y')")
    try session.run(
      "INSERT INTO contacts VALUES (7, 1, '2024-01-01', 1, 1, 1), (8, 1, '2024-01-01', 1, 1, 2)"
    )
    let query =
      "SELECT d.state, count(*), sum(d.amount) FROM contacts l LEFT JOIN trades d ON d.id = l.deal AND d.tenant = l.tenant GROUP BY 1 ORDER BY 1"
    try pair.restart()
    try pair.waitForRollups()
    #expect(try pair.session.rollups(for: query) == ["conversion"])
    #expect(try pair.session.run(query) == ["won|1|5.00", "NULL|1|NULL"])
    try pair.session.run("DROP TABLE trades")
    #expect(try pair.session.run("SELECT name FROM almanac.rollups") == [])
  }

  // MARK: Random changes of both tables

  @Test func `every answer equals the rows' and PostgreSQL's, whichever table changes`() throws {
    let environment = ProcessInfo.processInfo.environment
    let steps = Int(environment["ALMANAC_ROLLUP_STEPS"] ?? "") ?? 400
    let seed = UInt64(environment["ALMANAC_ROLLUP_SEED"] ?? "") ?? 20_261_129
    for life in 0..<max(1, steps / 200) {
      print("rollups: seed \(seed &+ UInt64(life))")
      var changes = LookupChanges(SeededGenerator(seed &+ UInt64(life)))
      let pair = try pair("lookup_model", seed: seed)
      for _ in 0..<5 { try pair.run(changes.next()) }
      try pair.session.run(Self.rollup)
      try pair.session.run(
        "CREATE ROLLUP plain ON leads LEFT JOIN deals ON deals.id = leads.deal "
          + "KEY (leads.tenant, date_trunc('month', at), status = 'won', small) STORE (sum(amount), count(score)) WHERE source > 0"
      )
      try pair.waitForRollups()
      var served = 0
      for step in 0..<min(200, steps) {
        switch changes.number(0..<40) {
        case 0: try pair.crash(seed: UInt64(step))
        case 1: try pair.restart()
        case 2: try pair.session.run("COMPACT TABLE \(changes.chance(2) ? "deals" : "leads")")
        case 3: try pair.session.run("CHECKPOINT")
        case 4 where changes.chance(3):
          try pair.run("TRUNCATE \(changes.chance(2) ? "deals" : "leads")")
        case 5...8:
          try pair.run("BEGIN")
          for _ in 0..<3 {
            try pair.run(changes.next())
            served += try compare(pair, &changes, "step \(step), seed \(seed) + \(life)")
          }
          try pair.run(changes.chance(2) ? "COMMIT" : "ROLLBACK")
        default: try pair.run(changes.next())
        }
        // Every third step does not wait for what is built.
        if !step.isMultiple(of: 3) { try pair.waitForRollups() }
        served += try compare(pair, &changes, "step \(step), seed \(seed) + \(life)")
      }
      #expect(served * 10 > min(200, steps) * 7)
      try pair.waitForRollups()
      for name in ["conversion", "plain"] {
        let checked = try pair.session.run("CHECK ROLLUP \(name)")
        #expect(
          checked.first?.split(separator: "|")[2] == "0",
          "\(checked), seed \(seed) + \(life)"
        )
      }
    }
  }

  /// Compares an answer; 1 where it came from a rollup.
  private func compare(
    _ pair: RollupPair,
    _ changes: inout LookupChanges,
    _ place: String
  ) throws -> Int {
    let tenant = changes.number(0..<3)
    let day = changes.number(1..<28)
    let query = [
      Self.report("\(tenant) WHERE l.tenant = \(tenant)"),
      Self.report("l.tenant WHERE l.at >= '2024-02-0\(day % 9 + 1)'"),
      Self.report("l.tenant WHERE l.at < '2024-01-\(day < 10 ? "0" : "")\(day) 05:00:00+00'"),
      "SELECT date_trunc('year', l.at), d.status = 'won', count(*), count(l.score), sum(d.amount) FROM leads l "
        + "LEFT JOIN deals d ON d.id = l.deal WHERE l.source > 0 AND (d.small > 2 OR d.small IS NULL) GROUP BY 1, 2",
    ][changes.number(0..<4)]
    let isServed = try !pair.session.rollups(for: query).isEmpty
    let answer = try pair.session.run(query).sorted()
    let oracle = try pair.expected(query)
    try #require(answer == oracle, "\(query)\n\(place)\nrollup \(answer)\noracle \(oracle)")
    return isServed ? 1 : 0
  }
}

/// Random statements that change leads, deals, and which deals leads have.
private struct LookupChanges {
  private var random: SeededGenerator

  init(_ random: SeededGenerator) { self.random = random }

  mutating func number(_ range: Range<Int>) -> Int { Int.random(in: range, using: &random) }
  mutating func chance(_ n: Int) -> Bool { number(0..<n) == 0 }

  private mutating func lead(_ id: Int) -> String {
    let deal = chance(3) ? "NULL" : "\(number(0..<120))"
    let score = chance(5) ? "NULL" : "\(number(-5..<50))"
    return
      "(\(id), \(number(0..<3)), timestamptz '2024-01-01 00:00:00+00' + \(number(0..<1800)) * interval '1 hour', \(number(0..<5)), \(score), \(deal))"
  }

  private mutating func deal(_ id: Int) -> String {
    let status = random.pick(["'won'", "'lost'", "'open'", "NULL"])
    let amount = chance(6) ? "NULL" : "\(number(-100..<100_000)).\(number(10..<99))"
    return
      "(\(id), \(number(0..<3)), \(status), \(amount), \(chance(6) ? "NULL" : "\(number(0..<5))"), 'n')"
  }

  /// One statement.
  mutating func next() -> String {
    let id = number(0..<200)
    switch number(0..<11) {
    case 0, 1:
      let rows = (0..<number(1..<15)).map { lead(id + $0) }.joined(separator: ", ")
      return "INSERT INTO leads VALUES \(rows) ON CONFLICT (id) DO NOTHING"
    case 2, 3:
      let rows = (0..<number(1..<15)).map { deal(id % 120 + $0) }.joined(separator: ", ")
      return
        "INSERT INTO deals VALUES \(rows) ON CONFLICT (id) DO UPDATE SET status = excluded.status, amount = excluded.amount"
    case 4: return "DELETE FROM deals WHERE id BETWEEN \(id % 120) AND \(id % 120 + number(0..<8))"
    case 5: return "DELETE FROM leads WHERE id BETWEEN \(id) AND \(id + number(0..<8))"
    case 6:
      return "UPDATE deals SET status = 'won', amount = amount + 1.25 WHERE id % 9 = \(id % 9)"
    case 7:
      return "UPDATE deals SET tenant = (tenant + 1) % 3, note = 'm' WHERE id % 17 = \(id % 17)"
    case 8:
      return
        "UPDATE leads SET deal = \(chance(3) ? "NULL" : "\(id % 120)"), at = at + interval '9 days' WHERE id % 23 = \(id % 23)"
    case 9: return "UPDATE deals SET note = 'changes nothing that is read' WHERE id % 5 = \(id % 5)"
    default:
      return
        "UPDATE leads SET score = -score, source = (source + 1) % 5, tenant = (tenant + 1) % 3 WHERE id % 13 = \(id % 13)"
    }
  }
}
