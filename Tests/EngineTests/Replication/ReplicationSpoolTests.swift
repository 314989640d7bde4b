import TestSupport
import Testing

/// What comes while a table is copied.
///
/// Each test has a server of its own: a transaction that holds a slot up holds up those of other tests too.
@Suite(.serialized) struct ReplicationSpoolTests {
  private static let schema = """
    CREATE TABLE a (id bigint PRIMARY KEY, v text);
    CREATE TABLE b (id bigint PRIMARY KEY, v text, n numeric(12,2));
    CREATE TABLE c (id bigint PRIMARY KEY, v text);
    INSERT INTO a SELECT i, 'a' || i FROM generate_series(1, 100) i;
    INSERT INTO b SELECT i, repeat(md5(i::text), 10), i FROM generate_series(1, 2000) i;
    INSERT INTO c SELECT i, 'c' || i FROM generate_series(1, 100) i
    """

  @Test
  func
    `other tables go on while a copy waits for its slot, and what came meanwhile is put over it`()
    throws
  {
    let fixture = try ReplicaFixture(PostgresServer.logical(), Self.schema)
    defer { fixture.remove() }
    try fixture.follow("a, b, c")
    try fixture.waitUntilReady()
    // The copy's slot waits for the end of every transaction that has an id.
    let holder = try LibpqConnection(fixture.connection)
    try holder.execute("BEGIN; SELECT txid_current()")
    let tables = "almanac.replication_tables"
    for table in ["b", "c"] { try fixture.run("RESYNC TABLE \(table)") }
    try fixture.wait("SELECT count(*) FROM \(tables) WHERE state = 'copying'", for: "2")
    try fixture.source.execute(
      """
      INSERT INTO b SELECT i, repeat(md5(i::text), 10), i FROM generate_series(2001, 4000) i;
      UPDATE b SET n = n + 0.5, v = v || 'x' WHERE id % 3 = 0;
      DELETE FROM b WHERE id % 7 = 0;
      UPDATE b SET id = id + 10000 WHERE id % 11 = 0;
      TRUNCATE c;
      INSERT INTO c VALUES (1, 'one');
      INSERT INTO a SELECT i, 'a' || i FROM generate_series(101, 200) i
      """
    )
    try fixture.wait("SELECT count(*) FROM a", for: "200")
    #expect(try fixture.row("SELECT count(*), sum(n) FROM b") == "2000|2001000.00")
    try fixture.wait("SELECT spooled_bytes > 0 FROM \(tables) WHERE source = 'public.b'", for: "t")
    let pid = try holder.execute("SELECT pg_backend_pid()").last?.texts[0][0] ?? ""
    let told = "%slot waits for%process \(pid),%pg_backend_pid%"
    try fixture.wait("SELECT detail LIKE '\(told)' FROM almanac.replication", for: "t")
    try holder.execute("COMMIT")
    try fixture.waitUntilReady()
    #expect(try fixture.row("SELECT detail IS NULL FROM almanac.replication") == "t")
    // Behind the copies' moment too.
    try fixture.source.execute(
      "UPDATE b SET v = 'after' WHERE id % 5 = 0; DELETE FROM a WHERE id < 9"
    )
    try fixture.catchUp()
    try fixture.compare(["a": "id", "b": "id", "c": "id"])
    let counters = "sum(missing_keys), sum(duplicate_keys), sum(resyncs), sum(spooled_bytes)"
    #expect(try fixture.row("SELECT \(counters) FROM \(tables)") == "0|0|2|0")
  }

  @Test func `columns that change while a copy waits are in the next one`() throws {
    let fixture = try ReplicaFixture(PostgresServer.logical(), Self.schema)
    defer { fixture.remove() }
    try fixture.follow("a, b")
    try fixture.waitUntilReady()
    let holder = try LibpqConnection(fixture.connection)
    try holder.execute("BEGIN; SELECT txid_current()")
    try fixture.run("RESYNC TABLE b")
    try fixture.wait(
      "SELECT count(*) FROM almanac.replication_tables WHERE state = 'copying'",
      for: "1"
    )
    try fixture.source.execute(
      """
      INSERT INTO b VALUES (5000, 'old columns', 1);
      ALTER TABLE b ADD COLUMN w integer DEFAULT 7;
      INSERT INTO b VALUES (5001, 'new columns', 1, 2);
      ALTER TABLE b DROP COLUMN n;
      UPDATE b SET w = w + 1 WHERE id % 10 = 0
      """
    )
    try holder.execute("COMMIT")
    try fixture.source.execute("INSERT INTO b VALUES (5002, 'later', 3)")
    try fixture.waitUntilReady()
    try fixture.catchUp()
    try fixture.compare(["a": "id", "b": "id"])
  }
}
