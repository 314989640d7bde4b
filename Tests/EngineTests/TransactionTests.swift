import Engine
import TestSupport
import Testing

@Suite struct TransactionTests {
  private func prepared() throws -> (TestDatabase, Session, Session) {
    let database = try TestDatabase()
    let first = try database.session()
    try first.run("CREATE TABLE t (id bigint PRIMARY KEY, n integer)")
    try first.run("INSERT INTO t VALUES (1, 10), (2, 20), (3, 30)")
    return (database, first, try database.session())
  }

  @Test func `a transaction sees its own changes and nobody else does before COMMIT`() throws {
    let (_, a, b) = try prepared()
    try a.run("BEGIN")
    try a.run("UPDATE t SET n = 11 WHERE id = 1")
    try a.run("INSERT INTO t VALUES (4, 40)")
    try a.run("DELETE FROM t WHERE id = 2")
    #expect(try a.run("SELECT id, n FROM t ORDER BY id") == ["1|11", "3|30", "4|40"])
    #expect(try b.run("SELECT id, n FROM t ORDER BY id") == ["1|10", "2|20", "3|30"])
    try a.run("COMMIT")
    #expect(try b.run("SELECT id, n FROM t ORDER BY id") == ["1|11", "3|30", "4|40"])
  }

  @Test func `ROLLBACK leaves nothing behind`() throws {
    let (_, a, b) = try prepared()
    let memory = try a.run("SHOW work_mem")
    try a.run(
      "BEGIN; DELETE FROM t; CREATE TABLE other (x integer); SET work_mem = '2MB'; ROLLBACK"
    )
    #expect(try b.run("SELECT count(*) FROM t") == ["3"])
    #expect(b.failure("SELECT * FROM other") == "42P01")
    #expect(memory != ["2MB"])
    #expect(try a.run("SHOW work_mem") == memory)
  }

  @Test func `a snapshot stays as it was for the whole transaction`() throws {
    let (_, a, b) = try prepared()
    try a.run("BEGIN")
    #expect(try a.run("SELECT sum(n) FROM t") == ["60"])
    try b.run("UPDATE t SET n = n + 100")
    #expect(try a.run("SELECT sum(n) FROM t") == ["60"])
    try a.run("COMMIT")
    #expect(try a.run("SELECT sum(n) FROM t") == ["360"])
  }

  @Test func `the second of two writers of one row gets 40001`() throws {
    let (_, a, b) = try prepared()
    try a.run("BEGIN; UPDATE t SET n = 1 WHERE id = 1")
    try b.run("UPDATE t SET n = 2 WHERE id = 1")
    #expect(a.failure("COMMIT") == "40001")
    #expect(a.transactionStatus == .idle)
    #expect(try a.run("SELECT n FROM t WHERE id = 1") == ["2"])
  }

  @Test func `two inserts of one key: the later commit gets 23505`() throws {
    let (_, a, b) = try prepared()
    try a.run("BEGIN; INSERT INTO t VALUES (9, 1)")
    try b.run("INSERT INTO t VALUES (9, 2)")
    #expect(a.failure("COMMIT") == "23505")
    #expect(try b.run("SELECT n FROM t WHERE id = 9") == ["2"])
  }

  @Test func `after an error a block takes only ROLLBACK`() throws {
    let (_, a, _) = try prepared()
    try a.run("BEGIN; UPDATE t SET n = 0")
    #expect(a.failure("SELECT 1 / 0") == "22012")
    #expect(a.transactionStatus == .failed)
    #expect(a.failure("SELECT 1") == "25P02")
    #expect(try a.run("COMMIT") == ["ROLLBACK"])
    #expect(try a.run("SELECT sum(n) FROM t") == ["60"])
  }

  @Test func `a savepoint takes back what came after it`() throws {
    let (_, a, _) = try prepared()
    try a.run("BEGIN; DELETE FROM t WHERE id = 1; SAVEPOINT s; DELETE FROM t WHERE id = 2")
    #expect(a.failure("SELECT nothing") == "42703")
    try a.run("ROLLBACK TO s")
    #expect(try a.run("SELECT id FROM t ORDER BY id") == ["2", "3"])
    try a.run("COMMIT")
    #expect(try a.run("SELECT id FROM t ORDER BY id") == ["2", "3"])
  }

  @Test func `several statements of one text are one transaction`() throws {
    let (_, a, _) = try prepared()
    #expect(a.failure("INSERT INTO t VALUES (5, 50); INSERT INTO t VALUES (1, 1)") == "23505")
    #expect(try a.run("SELECT count(*) FROM t") == ["3"])
  }

  @Test func `a failed statement of a block undoes itself only after ROLLBACK TO`() throws {
    let (_, a, _) = try prepared()
    try a.run("BEGIN; SAVEPOINT s")
    #expect(
      a.failure(
        "INSERT INTO t SELECT i, 100 / (i - 3) FROM generate_series(10, 20) i, generate_series(3, 3) j WHERE i / (20 - i) >= 0"
      ) == "22012"
    )
    try a.run("ROLLBACK TO s")
    #expect(try a.run("SELECT count(*) FROM t") == ["3"])
    try a.run("COMMIT")
  }

  @Test func `a read-only transaction refuses changes`() throws {
    let (_, a, _) = try prepared()
    try a.run("BEGIN READ ONLY")
    #expect(a.failure("DELETE FROM t") == "25006")
    try a.run("ROLLBACK")
  }
}
