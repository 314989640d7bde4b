// What the system tables and functions tell of a replication while it is behind, and columns that are not followed.

import Engine
import Foundation
import SystemIO
import TestSupport
import Testing

@Suite(.serialized) struct ReplicationLagTests {
  private func followed(_ server: PostgresServer) throws -> ReplicaFixture {
    let fixture = try ReplicaFixture(
      server,
      "CREATE TABLE t (id integer PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'one')"
    )
    try fixture.follow("t")
    try fixture.waitUntilReady()
    try fixture.source.execute("INSERT INTO t VALUES (2, 'two')")
    try fixture.catchUp()
    return fixture
  }

  @Test func `lag is told in bytes and seconds, also while it is paused`() throws {
    let fixture = try followed(try PostgresServer.logical())
    defer { fixture.remove() }
    let lag = "SELECT lag_bytes, lag_seconds FROM almanac.replication"
    try fixture.wait(lag, for: "0|0.000")
    try fixture.run("PAUSE REPLICATION crm")
    let start = try fixture.position()
    try fixture.source.execute(
      "INSERT INTO t SELECT i, repeat('x', 100) FROM generate_series(3, 2000) i"
    )
    let end = try fixture.position()
    let written = try #require(
      Int(
        try fixture.source.execute("SELECT pg_wal_lsn_diff('\(end)', '\(start)')").last?.texts[0][0]
          ?? ""
      )
    )
    // The source's own count of what was written since, give or take what it writes by itself.
    try fixture.wait(
      "SELECT lag_bytes BETWEEN \(written - 8192) AND \(written + 200000) FROM almanac.replication",
      for: "t"
    )
    let seconds = "SELECT lag_seconds FROM almanac.replication"
    let first = try #require(Double(try fixture.row(seconds)))
    SystemIO.sleep(nanoseconds: 1_200_000_000)
    let later = try #require(Double(try fixture.row(seconds)))
    #expect(first > 0 && later - first > 1 && later - first < 10)
    #expect(try fixture.row("SELECT wait_for_lsn('\(end)', 50)") == "f")
    try fixture.run("RESUME REPLICATION crm")
    try fixture.catchUp()
    try fixture.wait(lag, for: "0|0.000")
    try fixture.compare(["t": "id"])
    // What is not applied is behind, whoever began to follow when.
    #expect(try fixture.row("SELECT applied_lsn = durable_lsn FROM almanac.replication") == "t")
  }

  @Test func `a source whose commits wait for the replication is told of, and followed`() throws {
    let server = try PostgresServer.logical()
    let fixture = try followed(server)
    let set = { (names: String) in
      let owner = try LibpqConnection(server.connectionString())
      try owner.execute("ALTER SYSTEM SET synchronous_standby_names = '\(names)'")
      try owner.execute("SELECT pg_reload_conf()")
    }
    // Before it ends: else commits would wait for nobody.
    defer {
      try? set("")
      fixture.remove()
    }
    let warns = "SELECT detail LIKE '%synchronous_standby_names%' FROM almanac.replication"
    for names in ["*", "FIRST 1 (other, \"almanac crm\")"] {
      try set(names)
      try fixture.wait(warns, for: "t")
      let counts =
        "SELECT sync_state FROM pg_stat_replication WHERE application_name = 'almanac crm'"
      #expect(try fixture.source.execute(counts).last?.texts == [["sync"]])
      // They are committed once they are here; what changes columns is seen by nobody before that.
      for number in 1...5 {
        try fixture.source.execute("UPDATE t SET v = v || '\(number)'")
        #expect(try fixture.row("SELECT count(*) FROM t WHERE v LIKE '%\(number)'") == "2")
      }
      if names == "*" {
        try fixture.source.execute("ALTER TABLE t ADD x integer; UPDATE t SET v = 'new'")
      }
      try fixture.catchUp()
      try fixture.waitUntilReady()
      try fixture.catchUp()
      try fixture.compare(["t": "id"])
    }
    try set("other")
    try fixture.wait(warns, for: "NULL")
  }

  @Test func `generated columns are left out, filtered and listed ones as the publication says`()
    throws
  {
    let fixture = try ReplicaFixture(
      try PostgresServer.sharedLogical(),
      """
      CREATE TABLE g (
        id integer PRIMARY KEY, a integer, twice integer GENERATED ALWAYS AS (a * 2) STORED, b text,
        shout text GENERATED ALWAYS AS (upper(b)) STORED
      );
      INSERT INTO g (id, a, b) SELECT i, i, 'b' FROM generate_series(1, 100) i;
      CREATE TABLE f (LIKE g INCLUDING ALL);
      INSERT INTO f (id, a, b) SELECT i, i, 'b' FROM generate_series(1, 100) i;
      CREATE PUBLICATION mine FOR TABLE g, TABLE f (id, b) WHERE (id % 2 = 0)
      """
    )
    defer { fixture.remove() }
    try fixture.follow("g, f", "WITH (publication = 'mine')")
    try fixture.waitUntilReady()
    let expectEqual = { (columns: String) in
      try fixture.catchUp()
      for (query, here) in [
        ("SELECT \(columns) FROM g ORDER BY id", "SELECT * FROM g ORDER BY id"),
        ("SELECT id, b FROM f WHERE id % 2 = 0 ORDER BY id", "SELECT * FROM f ORDER BY id"),
      ] {
        let expected = try fixture.source.execute(query).last?.texts ?? []
        let found = try fixture.run(here)
        #expect(
          found == expected.map { $0.map { $0 ?? "NULL" }.joined(separator: "|") },
          "\(fixture.state())"
        )
      }
    }
    try expectEqual("id, a, b")
    for table in ["g", "f"] {
      try fixture.source.execute(
        """
        UPDATE \(table) SET a = a + 1, b = b || a WHERE id % 3 = 0; DELETE FROM \(table) WHERE id % 10 = 4;
        INSERT INTO \(table) (id, a, b) SELECT i, NULL, NULL FROM generate_series(101, 110) i;
        UPDATE \(table) SET id = id + 1001 WHERE id < 6
        """
      )
    }
    try expectEqual("id, a, b")
    try fixture.expectExact()
    // Its column before it goes, one behind it comes.
    try fixture.source.execute(
      "ALTER TABLE g DROP COLUMN twice, ADD COLUMN c integer DEFAULT 7; UPDATE g SET c = 8 WHERE id = 10"
    )
    try fixture.waitForLooks(3)
    try fixture.waitUntilReady()
    try expectEqual("id, a, b, c")
    try fixture.source.execute(
      "ALTER TABLE g ADD COLUMN late integer GENERATED ALWAYS AS (c + 1) STORED; UPDATE g SET c = 9 WHERE id = 20"
    )
    try fixture.waitForLooks(3)
    try fixture.waitUntilReady()
    try expectEqual("id, a, b, c")
  }

  @Test func `a connection string that libpq does not understand is refused`() throws {
    let fixture = try followed(try PostgresServer.sharedLogical())
    defer { fixture.remove() }
    for (text, reason) in [
      ("nonsense", "missing \"=\" after \"nonsense\" in connection info string"),
      ("host=x colour=red", "invalid connection option \"colour\""),
    ] {
      for statement in [
        "CREATE REPLICATION other CONNECTION '\(text)' TABLES (t)",
        "ALTER REPLICATION crm CONNECTION '\(text)'",
      ] {
        #expect {
          try fixture.run(statement)
        } throws: { error in
          let error = error as? EngineError
          return error?.sqlState == "42601"
            && error?.message == "invalid connection string syntax: \(reason)"
        }
      }
    }
    #expect(try fixture.row("SELECT count(*) FROM almanac.replication") == "1")
    try fixture.source.execute("INSERT INTO t VALUES (3, 'three')")
    try fixture.catchUp()
    try fixture.compare(["t": "id"])
  }
}
