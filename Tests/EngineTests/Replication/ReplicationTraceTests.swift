// Changes that the stream does not tell of, beside others that it does.

import Engine
import Foundation
import SystemIO
import TestSupport
import Testing

private let schema = """
  CREATE TABLE p (id integer, at date, v text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
  CREATE TABLE p1 PARTITION OF p FOR VALUES FROM ('2025-01-01') TO ('2025-02-01');
  CREATE TABLE p2 PARTITION OF p FOR VALUES FROM ('2025-02-01') TO ('2025-03-01');
  CREATE TABLE t (id integer PRIMARY KEY, v varchar(9));
  INSERT INTO p SELECT i, '2025-01-20'::date + i, 'v' FROM generate_series(1, 30) i;
  INSERT INTO t SELECT i, 'Abc' FROM generate_series(1, 50) i
  """
private let tables = ["p": "id, at", "t": "id"]

@Suite struct ReplicationTraceTests {
  /// Rows of both partitions.
  private static let rows =
    "INSERT INTO p SELECT i, '2025-01-20'::date + i, 'again' FROM generate_series(31, 35) i;"
    + "INSERT INTO p SELECT i, '2025-01-01', 'again' FROM generate_series(41, 45) i"

  private func followed(_ name: String = "p, t") throws -> ReplicaFixture {
    let fixture = try ReplicaFixture(try PostgresServer.sharedLogical(), schema)
    try fixture.follow(name)
    try fixture.waitUntilReady()
    return fixture
  }

  private func resyncs(_ fixture: ReplicaFixture, _ table: String) throws -> Int {
    let text = try fixture.row(
      "SELECT resyncs FROM almanac.replication_tables WHERE source = 'public.\(table)'"
    )
    return try #require(Int(text))
  }

  /// Makes a change that must lead to a copy of a table, and to no other's.
  private func expectCopy(_ fixture: ReplicaFixture, of table: String, by step: String) throws {
    let before = try resyncs(fixture, table)
    try fixture.source.execute(step)
    try fixture.wait(
      "SELECT resyncs > \(before) AND state = 'ready' FROM almanac.replication_tables WHERE source = 'public.\(table)'",
      for: "t",
      seconds: 60
    )
    try fixture.catchUp()
    try fixture.compare(tables)
    #expect(try resyncs(fixture, table) == before + 1, "\(step): \(fixture.state())")
  }

  /// Makes a change that the stream tells.
  private func expectNoCopy(_ fixture: ReplicaFixture, by step: String) throws {
    let before = try resyncs(fixture, "p") + resyncs(fixture, "t")
    try fixture.source.execute(step)
    // It counts once it was seen twice.
    try fixture.waitForLooks(3)
    try fixture.catchUp()
    try fixture.compare(tables)
    #expect(
      try resyncs(fixture, "p") + resyncs(fixture, "t") == before,
      "\(step): \(fixture.state())"
    )
  }

  @Test func `a partition that is truncated right behind its table is noticed`() throws {
    let fixture = try followed()
    defer { fixture.remove() }
    let rows = Self.rows
    // Several transactions; one whose second TRUNCATE changes no file; one whose first is in a subtransaction.
    try expectCopy(fixture, of: "p", by: "TRUNCATE p; COMMIT; BEGIN; \(rows); COMMIT; TRUNCATE p1")
    try expectCopy(fixture, of: "p", by: "BEGIN; TRUNCATE p; \(rows); TRUNCATE p1; COMMIT")
    try expectCopy(
      fixture,
      of: "p",
      by: "BEGIN; SAVEPOINT a; TRUNCATE p; RELEASE a; \(rows); TRUNCATE p1; COMMIT"
    )
    // What came goes with the partition.
    try expectCopy(
      fixture,
      of: "p",
      by: "BEGIN; TRUNCATE p; COMMIT; BEGIN; \(rows); COMMIT; ALTER TABLE p DETACH PARTITION p2"
    )
  }

  @Test func `a TRUNCATE of a partitioned table is no reason to copy`() throws {
    let fixture = try followed()
    defer { fixture.remove() }
    try expectNoCopy(fixture, by: "TRUNCATE p")
    try fixture.source.execute(Self.rows)
    try expectNoCopy(fixture, by: "BEGIN; TRUNCATE p; COMMIT; BEGIN; \(Self.rows); COMMIT")
    try expectNoCopy(fixture, by: "BEGIN; TRUNCATE p, t; TRUNCATE p2; COMMIT")
    try fixture.expectExact()
  }

  @Test
  func `a partition that is emptied where it was made, or changed while it was none, is noticed`()
    throws
  {
    let fixture = try followed()
    defer { fixture.remove() }
    let new = "PARTITION OF p FOR VALUES FROM ('2025-03-01') TO ('2025-04-01')"
    try expectCopy(
      fixture,
      of: "p",
      by:
        "BEGIN; CREATE TABLE p3 \(new); INSERT INTO p VALUES (1, '2025-03-03', 'x'); TRUNCATE p3; COMMIT"
    )
    let again = "FOR VALUES FROM ('2025-01-01') TO ('2025-02-01')"
    try expectCopy(
      fixture,
      of: "p",
      by: """
        BEGIN; ALTER TABLE p DETACH PARTITION p1; UPDATE p1 SET v = 'alone';
        ALTER TABLE p ATTACH PARTITION p1 \(again); COMMIT
        """
    )
    // One that came and went with its rows, between two looks.
    try expectCopy(
      fixture,
      of: "p",
      by: """
        CREATE TABLE p4 PARTITION OF p FOR VALUES FROM ('2025-04-01') TO ('2025-05-01'); COMMIT; BEGIN;
        INSERT INTO p VALUES (1, '2025-04-03', 'x'); COMMIT; DROP TABLE p4
        """
    )
    // While nobody looks.
    try fixture.close()
    try fixture.source.execute(
      "BEGIN; ALTER TABLE p DETACH PARTITION p1; DELETE FROM p1; ALTER TABLE p ATTACH PARTITION p1 \(again); COMMIT"
    )
    try fixture.open()
    try expectCopy(fixture, of: "p", by: "INSERT INTO t VALUES (100)")
  }

  @Test func `values that are written anew are noticed, rows that only move are not copied`() throws
  {
    let fixture = try followed()
    defer { fixture.remove() }
    let anew = "ALTER TABLE t ALTER v TYPE varchar(9) USING"
    try expectCopy(fixture, of: "t", by: "\(anew) upper(v)")
    // Behind a TRUNCATE, in its transaction and in others; the description stays the same.
    try expectCopy(
      fixture,
      of: "t",
      by: "BEGIN; TRUNCATE t; INSERT INTO t VALUES (1, 'Abc'); \(anew) lower(v); COMMIT"
    )
    try expectCopy(
      fixture,
      of: "t",
      by: "TRUNCATE t; COMMIT; BEGIN; INSERT INTO t VALUES (2, 'Abc'); COMMIT; \(anew) v || '!'"
    )
    for step in ["VACUUM FULL t", "CLUSTER t USING t_pkey", "TRUNCATE t"] {
      try expectNoCopy(fixture, by: step)
      try fixture.source.execute(
        "INSERT INTO t VALUES (\(step.count), 'row'); UPDATE t SET v = 'u'"
      )
    }
    try expectNoCopy(fixture, by: "ALTER TABLE t ALTER v SET NOT NULL")
  }
}
