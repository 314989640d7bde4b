// What a replication does when the source is not what it was.

import Engine
import Foundation
import SystemIO
import TestSupport
import Testing

private let schema = """
  CREATE TABLE a (id integer PRIMARY KEY, n numeric(10,2), t text);
  CREATE TABLE b (id integer PRIMARY KEY, t text);
  INSERT INTO a SELECT i, i, 'a' FROM generate_series(1, 300) i;
  INSERT INTO b SELECT i, 'b' FROM generate_series(1, 300) i
  """
private let tables = ["a": "id", "b": "id"]

@Suite(.serialized) struct ReplicationStateTests {
  private func followed(
    _ server: PostgresServer? = nil,
    _ options: String = ""
  ) throws -> ReplicaFixture {
    let fixture = try ReplicaFixture(try server ?? PostgresServer.sharedLogical(), schema)
    try fixture.follow("a, b", options)
    try fixture.waitUntilReady()
    try fixture.catchUp()
    return fixture
  }

  /// Drops the slot as soon as nobody reads it.
  private func dropSlot(_ fixture: ReplicaFixture) throws {
    for _ in 0..<200 {
      let sql = """
        SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots
        WHERE database = current_database() AND NOT temporary
        """
      if (try? fixture.source.execute(sql)) != nil { return }
      SystemIO.sleep(nanoseconds: 10_000_000)
    }
    Issue.record("the slot stayed in use")
  }

  private func change(_ fixture: ReplicaFixture) throws {
    try fixture.source.execute(
      "UPDATE a SET t = t || 'x' WHERE id % 3 = 0; DELETE FROM b WHERE id % 7 = 0"
    )
  }

  private func expectState(_ fixture: ReplicaFixture, _ state: String) throws {
    try fixture.wait("SELECT state FROM almanac.replication", for: state)
  }

  @Test func `a slot that is gone is healed by copies, or stops, as was wished`() throws {
    let fixture = try followed()
    defer { fixture.remove() }
    try fixture.close()
    try change(fixture)
    try dropSlot(fixture)
    try change(fixture)
    try fixture.open()
    try fixture.wait(
      "SELECT min(resyncs), max(state) FROM almanac.replication_tables",
      for: "1|ready"
    )
    try change(fixture)
    try fixture.catchUp()
    try fixture.compare(tables)
    try fixture.run("ALTER REPLICATION crm SET (on_gap = stop)")
    try fixture.close()
    try dropSlot(fixture)
    try change(fixture)
    try fixture.open()
    try expectState(fixture, "SlotLost")
    // What was copied stays readable, and a restart tries nothing.
    #expect(try fixture.row("SELECT count(*) > 0 FROM a") == "t")
    try fixture.close()
    try fixture.open()
    try expectState(fixture, "SlotLost")
    try fixture.run("RESYNC REPLICATION crm")
    try fixture.wait(
      "SELECT min(resyncs), max(state) FROM almanac.replication_tables",
      for: "2|ready"
    )
    try fixture.catchUp()
    try fixture.compare(tables)
  }

  @Test func `a slot that was made anew has a gap, and nothing is applied behind it`() throws {
    let fixture = try followed()
    defer { fixture.remove() }
    let slot = try fixture.row("SELECT slot FROM almanac.replication")
    let before = try fixture.row("SELECT count(*), sum(length(t)) FROM a")
    try fixture.close()
    try dropSlot(fixture)
    try change(fixture)
    try fixture.source.execute("SELECT pg_create_logical_replication_slot('\(slot)', 'pgoutput')")
    try change(fixture)
    try fixture.open()
    try expectState(fixture, "Overcompacted")
    #expect(try fixture.row("SELECT count(*), sum(length(t)) FROM a") == before)
    try fixture.run("RESYNC REPLICATION crm")
    try fixture.wait(
      "SELECT min(resyncs), max(state) FROM almanac.replication_tables",
      for: "1|ready"
    )
    try fixture.catchUp()
    try fixture.compare(tables)
  }

  @Test func `log that the source threw away is healed by copies`() throws {
    let server = try PostgresServer.logical([
      "max_slot_wal_keep_size = 16MB", "min_wal_size = 32MB", "max_wal_size = 32MB",
    ])
    let fixture = try followed(server)
    defer { fixture.remove() }
    try fixture.close()
    for _ in 0..<6 {
      try fixture.source.execute(
        "INSERT INTO b SELECT i, repeat('w', 100) FROM generate_series(1000000, 1060000) i"
      )
      try fixture.source.execute("DELETE FROM b WHERE id >= 1000000")
      try fixture.source.execute("SELECT pg_switch_wal()")
      try fixture.source.execute("CHECKPOINT")
    }
    #expect(
      try fixture.source.execute("SELECT wal_status FROM pg_replication_slots").last?.texts == [
        ["lost"]
      ]
    )
    try change(fixture)
    try fixture.open()
    try fixture.wait(
      "SELECT min(resyncs), max(state) FROM almanac.replication_tables",
      for: "1|ready"
    )
    try change(fixture)
    try fixture.catchUp()
    try fixture.compare(tables)
  }

  @Test func `another cluster is refused`() throws {
    let fixture = try followed()
    defer { fixture.remove() }
    let other = try PostgresServer.logical()
    try LibpqConnection(other.connectionString()).execute(schema)
    try fixture.run("ALTER REPLICATION crm CONNECTION '\(other.connectionString())'")
    try expectState(fixture, "WrongCluster")
    try fixture.run("ALTER REPLICATION crm CONNECTION '\(fixture.connection)'")
    try fixture.run("RESUME REPLICATION crm")
    try change(fixture)
    try fixture.catchUp()
    try fixture.compare(tables)
    try fixture.expectExact()
  }

  @Test func `a new timeline is followed when it holds what is here, and refused when not`() throws
  {
    let server = try PostgresServer.logical()
    let fixture = try followed(server)
    defer { fixture.remove() }
    try change(fixture)
    try fixture.catchUp()
    let timeline = "SELECT timeline FROM almanac.replication"
    #expect(try fixture.row(timeline) == "1")
    try server.stop(mode: "fast")
    try server.saveData()
    try server.startNewTimeline()
    try fixture.reconnect()
    try change(fixture)
    try fixture.wait(timeline, for: "2")
    try fixture.catchUp()
    try fixture.compare(tables)
    try fixture.expectExact()
    // Back to before the changes, and on from there: they are here, and there they never were.
    try server.stop(mode: "fast")
    try server.restoreData()
    try server.startNewTimeline()
    try fixture.reconnect()
    try expectState(fixture, "Rewound")
    try fixture.source.execute("UPDATE a SET t = 'other' WHERE id < 10")
    try fixture.run("RESYNC REPLICATION crm")
    try fixture.waitUntilReady()
    try fixture.catchUp()
    try fixture.compare(tables)
  }

  @Test func `a value that is not taken stops its table, and no other`() throws {
    // A source that does not look at bytes may hold some that are no text.
    let fixture = try ReplicaFixture(
      PostgresServer.sharedLogical(),
      schema,
      encoding: "SQL_ASCII"
    )
    defer { fixture.remove() }
    // One whose first copy fails, before the larger ones come.
    try fixture.source.execute(
      "CREATE TABLE c (id integer PRIMARY KEY, t text); INSERT INTO c VALUES (1, E'\\xfe')"
    )
    try fixture.follow("a, b, c")
    let states = "SELECT string_agg(state, ' ' ORDER BY source) FROM almanac.replication_tables"
    try fixture.wait(states, for: "ready ready stopped")
    try fixture.run("ALTER REPLICATION crm DROP TABLE c")
    try fixture.source.execute(
      "UPDATE a SET n = 7, t = E'\\xff' WHERE id = 5; UPDATE b SET t = 'goes on'"
    )
    try fixture.wait(
      "SELECT state FROM almanac.replication_tables WHERE source = 'public.a'",
      for: "stopped"
    )
    #expect(
      try fixture.row(
        "SELECT reason LIKE '%\"t\"%' FROM almanac.replication_tables WHERE source = 'public.a'"
      ) == "t"
    )
    try fixture.catchUp()
    try fixture.compare(["b": "id"])
    // What is here is the state before the transaction that was not taken.
    #expect(try fixture.row("SELECT n FROM a WHERE id = 5") == "5.00")
    try fixture.source.execute("UPDATE a SET t = 'five' WHERE id = 5")
    try fixture.run("RESYNC TABLE a")
    try fixture.waitUntilReady()
    try fixture.catchUp()
    try fixture.compare(tables)
  }

  @Test func `tables that cannot be followed say why, the others go on`() throws {
    let fixture = try ReplicaFixture(try PostgresServer.sharedLogical(), schema)
    defer { fixture.remove() }
    try fixture.source.execute("CREATE TABLE keyless (x integer); CREATE VIEW v AS SELECT 1 AS x")
    try fixture.follow("a, keyless, nowhere, v, b PARTITION BY MONTH (t)")
    try fixture.wait(
      "SELECT state FROM almanac.replication_tables WHERE source = 'public.a'",
      for: "ready"
    )
    let reasons = try fixture.run(
      "SELECT source, reason FROM almanac.replication_tables WHERE state = 'stopped' ORDER BY source"
    )
    #expect(
      reasons == [
        "public.b|PARTITION BY MONTH needs a date or timestamp, which \"t\" is not",
        "public.keyless|the source table has no primary key",
        "public.nowhere|the source has no such table", "public.v|the source has no such table",
      ]
    )
    try fixture.source.execute("UPDATE a SET t = 'followed'")
    try fixture.catchUp()
    try fixture.compare(["a": "id"])
  }

  @Test func `a table that was dropped and made again is copied`() throws {
    let fixture = try followed()
    defer { fixture.remove() }
    try fixture.source.execute(
      "DROP TABLE b; CREATE TABLE b (id integer PRIMARY KEY, t text, more date); INSERT INTO b VALUES (1, 'new', '2025-05-05')"
    )
    try fixture.wait(
      "SELECT resyncs, state FROM almanac.replication_tables WHERE source = 'public.b'",
      for: "1|ready"
    )
    try fixture.source.execute("INSERT INTO b VALUES (2, 'newer', NULL)")
    try fixture.catchUp()
    try fixture.compare(tables)
  }

  @Test func `given slots and publications are used and left, own ones go with the replication`()
    throws
  {
    let fixture = try ReplicaFixture(try PostgresServer.sharedLogical(), schema)
    defer { fixture.remove() }
    try fixture.follow("a", "WITH (publication = 'mine')")
    try expectState(fixture, "PublicationMissing")
    try fixture.run("DROP REPLICATION crm")
    let slot = "given_\(UInt32.random(in: 0 ... .max))"
    try fixture.source.execute(
      "CREATE PUBLICATION mine FOR TABLE a (id, t) WHERE (id < 200), TABLE b"
    )
    try fixture.source.execute("SELECT pg_create_logical_replication_slot('\(slot)', 'pgoutput')")
    try fixture.follow("a, b", "WITH (publication = 'mine', slot = '\(slot)')")
    try fixture.waitUntilReady()
    try fixture.source.execute(
      "UPDATE a SET t = 'filtered', n = 7 WHERE id % 2 = 0; UPDATE a SET id = id + 500 WHERE id < 10; UPDATE a SET id = 1000 - id WHERE id > 800"
    )
    try fixture.catchUp()
    let expected =
      try fixture.source.execute("SELECT id, t FROM a WHERE id < 200 ORDER BY id").last?.texts ?? []
    #expect(
      try fixture.run("SELECT * FROM a ORDER BY id")
        == expected.map { $0.map { $0 ?? "NULL" }.joined(separator: "|") }
    )
    try fixture.run("DROP REPLICATION crm")
    #expect(
      try fixture.source.execute(
        "SELECT count(*) FROM pg_replication_slots WHERE slot_name = '\(slot)'"
      ).last?.texts == [["1"]]
    )
    try fixture.run("DROP TABLE a; DROP TABLE b")
    try fixture.follow("b")
    try fixture.waitUntilReady()
    let own = try fixture.row("SELECT slot FROM almanac.replication")
    try fixture.run("DROP REPLICATION crm")
    let left = try fixture.source.execute(
      "SELECT (SELECT count(*) FROM pg_replication_slots WHERE slot_name = '\(own)') + (SELECT count(*) FROM pg_publication WHERE pubname = '\(own)')"
    )
    #expect(left.last?.texts == [["0"]])
    // The rows stay, in an ordinary table.
    #expect(try fixture.row("SELECT count(*) FROM b") == "300")
    try fixture.run("DELETE FROM b")
  }

  @Test func `passwords are not shown`() throws {
    let fixture = try ReplicaFixture(try PostgresServer.sharedLogical(), schema)
    defer { fixture.remove() }
    try fixture.follow("a")
    for (text, shown) in [
      ("host=x password=geheim dbname=d", "host=x password=******** dbname=d"),
      ("password = 'a b\\' c' host=x", "password=******** host=x"),
      ("postgresql://u:geheim@x/d", "postgresql://u:********@x/d"), ("host=x", "host=x"),
    ] {
      let literal = text.split(separator: "'", omittingEmptySubsequences: false).joined(
        separator: "''"
      )
      try fixture.run("ALTER REPLICATION crm CONNECTION '\(literal)'")
      #expect(try fixture.row("SELECT source FROM almanac.replication") == shown)
    }
    try fixture.run("ALTER REPLICATION crm CONNECTION '\(fixture.connection)'")
  }
}
