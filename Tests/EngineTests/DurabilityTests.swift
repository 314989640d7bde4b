import Engine
import TestSupport
import Testing

@Suite struct DurabilityTests {
  @Test func `what was committed is there after a restart, and nothing else`() throws {
    let disk = SimulatedFileSystem()
    let before = try TestDatabase(on: disk)
    let session = try before.session()
    try session.run(
      """
      CREATE TABLE t (id bigint PRIMARY KEY, at timestamptz, s text) PARTITION BY MONTH (at);
      INSERT INTO t SELECT i, timestamptz '2024-01-01' + i * interval '1 day', 'row ' || i
        FROM generate_series(1, 500) i;
      CREATE VIEW v AS SELECT count(*) AS n FROM t;
      CREATE REPORT r(lowest bigint DEFAULT 0) AS SELECT count(*) AS n FROM t WHERE id >= :lowest
      """
    )
    try session.run("DELETE FROM t WHERE id % 10 = 0; UPDATE t SET s = 'new' WHERE id < 5")
    try session.run("BEGIN; DELETE FROM t")
    session.close()
    try before.database.close()
    let after = try TestDatabase(on: disk).session()
    #expect(try after.run("SELECT count(*), count(DISTINCT id), min(id) FROM t") == ["450|450|1"])
    #expect(try after.run("SELECT count(*) FROM t WHERE s = 'new'") == ["4"])
    #expect(try after.run("SELECT n FROM v") == ["450"])
    #expect(try after.run("SELECT n FROM report.r(lowest => 401)") == ["90"])
  }

  @Test func `a full disk fails the statement and not the server`() throws {
    let disk = SimulatedFileSystem()
    let database = try TestDatabase(on: disk)
    let session = try database.session()
    try session.run("CREATE TABLE t (id bigint PRIMARY KEY, s text)")
    try session.run("INSERT INTO t VALUES (1, 'one')")
    var full = FaultPlan()
    full.capacityBytes = disk.usedBytes
    disk.setFaults(full)
    #expect(session.failure("INSERT INTO t VALUES (2, 'two')") == "53100")
    #expect(try session.run("SELECT id, s FROM t") == ["1|one"])
    disk.setFaults(FaultPlan())
    try session.run("INSERT INTO t VALUES (3, 'three')")
    #expect(try session.run("SELECT id FROM t ORDER BY id") == ["1", "3"])
  }

  @Test func `a second process is refused by name`() throws {
    let disk = SimulatedFileSystem()
    let first = try TestDatabase(on: disk)
    #expect(throws: EngineError.self) { _ = try TestDatabase(on: disk) }
    try first.database.close()
    _ = try TestDatabase(on: disk)
  }
}
