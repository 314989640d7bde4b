import Columnar
import Engine
import Storage
import SystemIO
import TestSupport
import Testing

/// Runs texts as the server does; counts those that were known.
private final class KnownRunner {
  let session: Session
  private(set) var knownCount = 0

  init(_ session: Session) { self.session = session }

  func run(_ text: String) -> String {
    do throws(EngineError) {
      guard let run = try session.startKnown(Array(text.utf8)) else {
        return try session.run(text).joined(separator: ";")
      }
      knownCount += 1
      let rows = try Session.rows(of: run, session.timeZone)
      try session.endMessage()
      return rows.joined(separator: ";")
    } catch {
      session.messageFailed()
      return "\(error.sqlState) \(error.message) \(error.position ?? 0)"
    }
  }
}

@Suite struct KeyStatementTests {
  private static let definitions = [
    """
    CREATE TABLE t (id bigint PRIMARY KEY, n integer NOT NULL, amount numeric(10,2), free numeric,
      word text, short varchar(4), small smallint, at timestamptz, day date, ratio double precision)
      PARTITION BY MONTH (day)
    """,
    "CREATE TABLE pairs (a integer, b text, n integer, PRIMARY KEY (a, b))",
  ]

  /// A statement of the forms that are known, with some that must fail.
  private static func statement(_ random: inout SeededGenerator) -> String {
    let id = Int.random(in: 0..<40, using: &random)
    let n = Int.random(in: -3...70_000, using: &random)
    let word = ["a", "b", "long word"].randomElement(using: &random) ?? ""
    let condition =
      ["", " AND n > 100", " AND 10 / (n - 7) > 0", " AND amount IS NOT NULL"]
      .randomElement(using: &random) ?? ""
    let month = Int.random(in: 1...3, using: &random)
    switch Int.random(in: 0..<16, using: &random) {
    case 0, 1, 2:
      return "INSERT INTO t VALUES (\(id), \(n), \(n), \(n).125, '\(word)', 'abc', \(n), "
        + "'2026-01-02 03:04:05+00', '2026-0\(month)-05', \(n))"
    case 3: return "INSERT INTO t (id, n, day) VALUES (\(id), NULL, '2026-01-01')"
    case 4: return "INSERT INTO t (id, n, day) VALUES (\(id), \(n), '2026-02-01') RETURNING *"
    case 5: return "UPDATE t SET n = n + \(n) WHERE id = \(id)\(condition)"
    case 6:
      return "UPDATE t SET amount = amount * \(n % 9), free = free / 3 WHERE id = \(id)\(condition)"
    case 7:
      return "UPDATE t SET small = \(n), at = date_trunc('year', now()) WHERE \(id) = id "
        + "RETURNING id, small, at, \(n % 3) + n;"
    case 8:
      return "UPDATE t SET day = '2026-0\(month)-11', word = upper(word), short = '\(word)' "
        + "WHERE id = \(id) RETURNING id, short, day"
    case 9:
      return "UPDATE t SET n = CASE \(n % 4) WHEN 0 THEN n WHEN 1 THEN -\(id) ELSE small END "
        + "WHERE id = \(id) RETURNING *"
    case 10: return "DELETE FROM t WHERE id = \(id)\(condition) RETURNING id, word"
    case 11: return "SELECT *, n + 1 AS next FROM t WHERE id = \(id)\(condition)"
    case 12: return "select word, amount * \(n % 5) from t where id=\(id) and word = '\(word)'"
    case 13: return "INSERT INTO pairs VALUES (\(id % 5), '\(word)', \(n))"
    case 14:
      return "UPDATE pairs SET n = n - \(n) WHERE b = '\(word)' AND a = \(id % 5) RETURNING a, n"
    default: return "UPDATE t SET id = id + 100 WHERE id = \(id)"
    }
  }

  @Test(arguments: 1...6)
  func `known statements do what the others do`(seed: UInt64) throws {
    var random = SeededGenerator(seed)
    let databases = [try TestDatabase(), try TestDatabase()]
    let known = KnownRunner(try databases[0].session([("TimeZone", "Europe/Paris")]))
    let usual = try databases[1].session([("TimeZone", "Europe/Paris")])
    func both(_ text: String) {
      let answer = known.run(text)
      var expected = ""
      do throws(EngineError) {
        expected = try usual.run(text).joined(separator: ";")
      } catch {
        expected = "\(error.sqlState) \(error.message) \(error.position ?? 0)"
      }
      #expect(answer == expected, "\(text)")
    }
    Self.definitions.forEach(both)
    var isOpen = false
    for step in 0..<600 {
      switch Int.random(in: 0..<40, using: &random) {
      case 0...3:
        both(isOpen ? ["COMMIT", "ROLLBACK"].randomElement(using: &random) ?? "" : "BEGIN")
        isOpen.toggle()
      case 4 where isOpen: both("SAVEPOINT s")
      case 5 where isOpen: both("ROLLBACK TO s")
      case 6 where !isOpen && step % 3 == 0:
        for database in databases { try database.database.store.maintainPartitions() }
      case 7 where step % 4 == 0: both("ALTER TABLE t ADD COLUMN c\(step) integer DEFAULT \(step)")
      default: both(Self.statement(&random))
      }
      if known.session.transactionStatus == .failed {
        both("ROLLBACK")
        isOpen = false
      }
      if step % 50 == 0 { both("SELECT * FROM t ORDER BY id") }
    }
    if isOpen { both("COMMIT") }
    both("SELECT * FROM t ORDER BY id")
    both("SELECT * FROM pairs ORDER BY a, b")
    #expect(known.knownCount > 150)
  }

  @Test func `a plan is not used under other definitions or settings`() throws {
    let database = try TestDatabase()
    let runner = KnownRunner(try database.session())
    func answers(_ text: String, _ expected: String) {
      for _ in 0..<3 { #expect(runner.run(text) == expected) }
    }
    for text in [
      "CREATE TABLE t (id integer PRIMARY KEY, at timestamptz)",
      "INSERT INTO t VALUES (1, '2026-01-01 12:00+00')",
      "CREATE SCHEMA other", "CREATE TABLE other.t (id integer PRIMARY KEY, at text)",
      "INSERT INTO other.t VALUES (1, 'there')",
    ] { #expect(!runner.run(text).hasPrefix("4")) }
    let text = "SELECT CAST(at AS text) FROM t WHERE id = 1"
    answers(text, "2026-01-01 12:00:00+00")
    #expect(runner.run("SET TimeZone = 'Europe/Paris'") == "SET")
    answers(text, "2026-01-01 13:00:00+01")
    #expect(runner.run("SET search_path = other") == "SET")
    answers(text, "there")
    #expect(runner.run("BEGIN; SET search_path = public") == "SET")
    answers(text, "2026-01-01 13:00:00+01")
    #expect(runner.run("DROP TABLE t") == "DROP TABLE")
    #expect(runner.run(text).hasPrefix("42P01"))
    #expect(runner.run("ROLLBACK") == "ROLLBACK")
    answers(text, "there")
    #expect(runner.run("ALTER TABLE other.t RENAME COLUMN at TO att") == "ALTER TABLE")
    for _ in 0..<3 { #expect(runner.run(text).hasPrefix("42703")) }
    #expect(runner.knownCount >= 6)
  }

  @Test func `words for moments are read anew, and texts with other numbers are no key's`() throws {
    let runner = KnownRunner(try TestDatabase().session())
    _ = runner.run("CREATE TABLE t (id integer PRIMARY KEY, day date, n numeric(8,2))")
    for id in 1...3 { _ = runner.run("INSERT INTO t VALUES (\(id), '2026-01-01', 5)") }
    let before = runner.knownCount
    for text in [
      "UPDATE t SET day = 'today' WHERE id = 1", "UPDATE t SET n = random() WHERE id = 2",
      "SELECT id FROM t WHERE id = 1 ORDER BY 1", "SELECT id FROM t WHERE id = 1 LIMIT 1",
      "SELECT count(*) FROM t WHERE id = 1", "SELECT id FROM t WHERE id > 1",
      "SELECT id FROM t WHERE id = 1.5", "SELECT id /* 1 */ FROM t WHERE id = 2",
    ] {
      for _ in 0..<3 { _ = runner.run(text) }
    }
    #expect(runner.knownCount == before)
    #expect(runner.run("SELECT id FROM t WHERE id = 1") == "1")
    #expect(runner.run("SELECT id FROM t WHERE id = 2") == "2")
    #expect(runner.run("SELECT id, 7 FROM t WHERE id = 3") == "3|7")
    #expect(runner.run("SELECT id, 8 FROM t WHERE id = 3") == "3|8")
    #expect(runner.run("SELECT id, 9 FROM t WHERE id = 2") == "2|9")
    #expect(runner.knownCount == before + 3)
  }

  @Test func `strings that are values of columns are read as these, others are part of the plan`()
    throws
  {
    let runner = KnownRunner(try TestDatabase().session())
    _ = runner.run(
      "CREATE TABLE t (code text PRIMARY KEY, day date, n numeric(8,2), short varchar(3), b boolean)"
    )
    for code in ["a", "it''s", "c"] {
      let text = "INSERT INTO t VALUES ('\(code)', '2026-01-0\(code.count)', '1.005', 'abc', 'yes')"
      #expect(runner.run(text) == "INSERT 0 1")
    }
    #expect(runner.knownCount == 2)
    let select = "SELECT *, short || 'x' FROM t WHERE code = "
    #expect(runner.run(select + "'a'") == "a|2026-01-01|1.01|abc|t|abcx")
    #expect(runner.run(select + "'it''s'") == "it's|2026-01-05|1.01|abc|t|abcx")
    #expect(runner.run(select + "'c' AND day = '2026-01-01'").hasPrefix("c|"))
    #expect(runner.run(select + "'c' AND day = '2026-01-02'") == "")
    #expect(runner.knownCount == 4)
    let update = "UPDATE t SET short = '%', day = '2026-02-03', b = 'no' WHERE code = 'a'"
    for (value, answer) in [
      ("x", "UPDATE 1"), ("y", "UPDATE 1"), ("abcd", "22001"), ("%", "UPDATE 1"),
    ] {
      #expect(runner.run(update.replacing("%", with: value)).hasPrefix(answer))
    }
    for day in ["today", "2026-13-01", "tomorrow"] {
      _ = runner.run("UPDATE t SET day = '\(day)' WHERE code = 'c'")
    }
    #expect(runner.run("SELECT day = current_date + 1, short FROM t WHERE code = 'c'") == "t|abc")
    #expect(runner.run("SELECT day, short, b FROM t WHERE code = 'a'") == "2026-02-03|%|f")
  }

  @Test func `a known statement that loses against another runs again`() throws {
    let database = try TestDatabase()
    let runner = KnownRunner(try database.session())
    let other = try database.session()
    _ = runner.run("CREATE TABLE t (id integer PRIMARY KEY, n integer)")
    _ = runner.run("INSERT INTO t VALUES (1, 0), (2, 0)")
    for _ in 0..<3 { _ = runner.run("UPDATE t SET n = n + 1 WHERE id = 1") }
    _ = runner.run("BEGIN")
    #expect(runner.run("UPDATE t SET n = n + 1 WHERE id = 1") == "UPDATE 1")
    try other.run("UPDATE t SET n = n + 10 WHERE id = 1")
    #expect(runner.run("COMMIT").hasPrefix("40001"))
    #expect(runner.run("UPDATE t SET n = n + 1 WHERE id = 1") == "UPDATE 1")
    #expect(try other.run("SELECT n FROM t ORDER BY id") == ["14", "0"])
    _ = runner.run("BEGIN READ ONLY")
    #expect(runner.run("UPDATE t SET n = n + 1 WHERE id = 1").hasPrefix("25006"))
  }

  /// A transaction begins behind the choice of the plan, and again after each conflict: the columns may be others by then.
  @Test func `a plan does not write into other definitions`() throws {
    let database = try TestDatabase()
    let runner = KnownRunner(try database.session())
    _ = runner.run("CREATE TABLE t (id integer PRIMARY KEY, n integer, a integer)")
    _ = runner.run("INSERT INTO t VALUES (1, 0, 5)")
    let engine = database.database
    let altering = try Thread.start(name: "altering") {
      guard let other = try? engine.makeSession(SessionStartup()) else { return }
      for _ in 0..<100 {
        _ = try? other.run("ALTER TABLE t DROP COLUMN a")
        _ = try? other.run("ALTER TABLE t ADD COLUMN a integer")
      }
    }
    var count = 0
    for _ in 0..<2_000 {
      count += runner.run("UPDATE t SET n = n + 1 WHERE id = 1") == "UPDATE 1" ? 1 : 0
    }
    altering.join()
    #expect(count > 0)
    #expect(runner.run("SELECT n, count(a) OVER () FROM t") == "\(count)|0")
  }

  @Test func `a row whose month is dropped is not there twice`() throws {
    let database = try TestDatabase()
    let (one, other) = (try database.session(), try database.session())
    try one.run("CREATE TABLE t (id integer PRIMARY KEY, d date) PARTITION BY MONTH (d)")
    try one.run("INSERT INTO t VALUES (1, '2026-01-05')")
    try one.run("BEGIN")
    try one.run("UPDATE t SET d = '2026-02-01' WHERE id = 1")
    try one.run("ALTER TABLE t DROP PARTITION '2026-01'")
    try other.run("UPDATE t SET d = '2026-03-01' WHERE id = 1")
    #expect(throws: EngineError.self) { try one.run("COMMIT") }
    #expect(try other.run("SELECT d FROM t") == ["2026-03-01"])
  }

  @Test func `prepared statements about a key keep their plans and take other values`() throws {
    let session = try TestDatabase().session()
    try session.run("CREATE TABLE t (id bigint PRIMARY KEY, n numeric(8,2), word text)")
    let insert = try session.prepare(Array("INSERT INTO t VALUES ($1, $2, $3)".utf8))
    let update = try session.prepare(
      Array("UPDATE t SET n = n * 2, word = word || $2 WHERE id = $1 RETURNING n, word".utf8)
    )
    for id in 1...5 as ClosedRange<Int64> {
      let run = try session.start(
        insert,
        parameters: [
          .int64(id), .decimal(try Decimal(parsing: Array("1.255".utf8).span)), .bytes([65]),
        ]
      )
      #expect(try run.finish() == "INSERT 0 1")
    }
    for id in 1...5 as ClosedRange<Int64> {
      let run = try session.start(update, parameters: [.int64(id), .bytes([66])])
      #expect(try Session.rows(of: run, session.timeZone) == ["2.52|AB"])
    }
    let run = try session.start(update, parameters: [.null, .bytes([66])])
    #expect(try Session.rows(of: run, session.timeZone) == [])
  }
}
