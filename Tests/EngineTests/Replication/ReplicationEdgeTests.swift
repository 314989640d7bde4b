// Sources that are reached in other ways, or change where nothing is to be copied again.

import Engine
import Foundation
import SystemIO
import TestSupport
import Testing

@Suite(.serialized) struct ReplicationEdgeTests {
  /// A key and a certificate of its own, which PostgreSQL may read.
  private func certificate() throws -> (key: String, certificate: String, folder: String) {
    let folder = NSTemporaryDirectory() + "almanac-tls-\(UInt32.random(in: 0 ... .max))"
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = [
      "-c",
      """
      mkdir "$1" && cd "$1" && openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost \
        -keyout key -out certificate 2>/dev/null && chmod 600 key || exit 1
      [ "$(id -u)" != 0 ] || chown postgres . key certificate
      """, "certificate", folder,
    ]
    try process.run()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0)
    return (folder + "/key", folder + "/certificate", folder)
  }

  @Test func `a source is followed under TLS`() throws {
    let files = try certificate()
    defer { try? FileManager.default.removeItem(atPath: files.folder) }
    let server = try PostgresServer.logical([
      "ssl = on", "ssl_key_file = '\(files.key)'", "ssl_cert_file = '\(files.certificate)'",
    ])
    let fixture = try ReplicaFixture(
      server,
      """
      CREATE TABLE t (id integer PRIMARY KEY, v text);
      INSERT INTO t SELECT i, repeat(md5(i::text), 40) FROM generate_series(1, 5000) i
      """
    )
    defer { fixture.remove() }
    try fixture.follow(
      "t",
      route:
        "host=127.0.0.1 port=\(server.port) user=postgres dbname=\(fixture.name) sslmode=require"
    )
    try fixture.waitUntilReady()
    for step in [
      "INSERT INTO t SELECT i, repeat('x', 2000) FROM generate_series(5001, 20000) i",
      "UPDATE t SET v = md5(v) WHERE id % 2 = 0", "DELETE FROM t WHERE id % 3 = 0",
    ] {
      try fixture.source.execute(step)
      try fixture.catchUp()
      try fixture.compare(["t": "id"])
    }
    let plain =
      try fixture.source.execute(
        """
        SELECT count(*) FILTER (WHERE ssl), count(*) FILTER (WHERE NOT ssl) FROM pg_stat_ssl
        JOIN pg_stat_activity USING (pid) WHERE application_name LIKE 'almanac%'
        """
      ).last?.texts.first ?? []
    #expect(plain.last == "0" && plain.first != "0", "\(plain)")
    try fixture.expectExact()
  }

  @Test func `whoever waits for a position gets there, though an idle source has not written it`()
    throws
  {
    // A server of its own: others' commits would write it.
    let fixture = try ReplicaFixture(
      try PostgresServer.logical(["autovacuum = off"]),
      "CREATE TABLE t (id integer PRIMARY KEY); INSERT INTO t VALUES (1)"
    )
    defer { fixture.remove() }
    try fixture.follow("t")
    try fixture.waitUntilReady()
    try fixture.catchUp()
    // What does not exist is not made to exist.
    let next = "SELECT pg_snapshot_xmax(pg_current_snapshot())"
    let before = try fixture.source.execute(next).last?.texts
    #expect(try fixture.row("SELECT wait_for_lsn('FF/0', 1500)") == "f")
    #expect(try fixture.source.execute(next).last?.texts == before)
    for statement in ["SELECT wait_for_lsn('%', 20000)", "PAUSE REPLICATION crm AT '%'"] {
      // Longer than two pages of the log, and nobody waits for its end: so do pages that an aborted reader has cleaned.
      try fixture.source.execute(
        "BEGIN; SELECT pg_logical_emit_message(false, 'test', repeat('x', 20000)); ROLLBACK"
      )
      let position = try fixture.position()
      let answer = try fixture.row(statement.split(separator: "%").joined(separator: position))
      #expect(answer != "f", "\(position) was not reached: \(fixture.state())")
    }
    try fixture.wait("SELECT state FROM almanac.replication", for: "paused")
  }

  @Test func `a source without a free walsender is asked again, and copies wait for one`() throws {
    let fixture = try ReplicaFixture(
      try PostgresServer.logical(["max_wal_senders = 3"]),
      "CREATE TABLE t (id integer PRIMARY KEY); INSERT INTO t VALUES (1)"
    )
    defer { fixture.remove() }
    let tells = "SELECT detail LIKE '%max_wal_senders%' FROM almanac.replication"
    // All of them, then all but the stream's: its copy has none.
    for free in 0...1 {
      var others = try (free..<3).map { _ in
        try LibpqConnection(fixture.connection + " replication=database")
      }
      try withExtendedLifetime(others) {
        if free == 0 { try fixture.follow("t") } else { try fixture.run("RESUME REPLICATION crm") }
        try fixture.wait(tells, for: "t")
      }
      others = []
      try fixture.waitUntilReady()
      try fixture.source.execute("INSERT INTO t VALUES (\(free + 2))")
      try fixture.catchUp()
      try fixture.compare(["t": "id"])
      guard free == 0 else { break }
      try fixture.run("PAUSE REPLICATION crm")
      try fixture.run("RESYNC TABLE t")
    }
  }

  @Test func `partitions that come empty are no reason to copy`() throws {
    let fixture = try ReplicaFixture(
      try PostgresServer.sharedLogical(),
      """
      CREATE TABLE p (id integer, at date, v text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
      CREATE TABLE p1 PARTITION OF p FOR VALUES FROM ('2025-01-01') TO ('2025-02-01');
      INSERT INTO p SELECT i, '2025-01-05', 'v' FROM generate_series(1, 100) i
      """
    )
    defer { fixture.remove() }
    try fixture.follow("p")
    try fixture.waitUntilReady()
    try fixture.source.execute(
      "CREATE TABLE p2 PARTITION OF p FOR VALUES FROM ('2025-02-01') TO ('2025-03-01')"
    )
    try fixture.waitForLooks()
    try fixture.source.execute(
      "INSERT INTO p SELECT i, '2025-02-05', 'w' FROM generate_series(1, 100) i; UPDATE p SET v = 'x' WHERE id % 2 = 0"
    )
    try fixture.waitForLooks()
    try fixture.catchUp()
    try fixture.compare(["p": "id, at"])
    try fixture.expectExact()
    // One that comes with rows brings no event of them.
    try fixture.source.execute(
      """
      CREATE TABLE p3 (LIKE p INCLUDING ALL); INSERT INTO p3 VALUES (1, '2025-03-03', 'attached');
      ALTER TABLE p ATTACH PARTITION p3 FOR VALUES FROM ('2025-03-01') TO ('2025-04-01')
      """
    )
    // Nor do a partition's TRUNCATE and end.
    let steps = ["", "TRUNCATE p1", "ALTER TABLE p DETACH PARTITION p2"]
    for (number, step) in steps.enumerated() {
      if !step.isEmpty { try fixture.source.execute(step) }
      try fixture.wait(
        "SELECT resyncs, state FROM almanac.replication_tables",
        for: "\(number + 1)|ready"
      )
      try fixture.catchUp()
      try fixture.compare(["p": "id, at"])
    }
  }

  @Test func `columns that come with values of their own behind a TRUNCATE are copied`() throws {
    let fixture = try ReplicaFixture(
      try PostgresServer.sharedLogical(),
      "CREATE TABLE t (id integer PRIMARY KEY, v varchar(9)); INSERT INTO t SELECT i FROM generate_series(1, 50) i"
    )
    defer { fixture.remove() }
    try fixture.follow("t")
    try fixture.waitUntilReady()
    // Of one transaction, and of several, too fast for whoever looks at files.
    for (number, end) in ["", "COMMIT;"].enumerated() {
      try fixture.source.execute(
        """
        BEGIN; TRUNCATE t; INSERT INTO t SELECT i, 'Abc' FROM generate_series(1, 70) i; \(end)
        ALTER TABLE t ADD COLUMN x\(number) double precision DEFAULT random(),
          ALTER COLUMN v TYPE varchar(\(20 + number)) USING upper(v);
        INSERT INTO t SELECT i, 'last' FROM generate_series(71, 80) i; COMMIT
        """
      )
      try fixture.catchUp()
      try fixture.wait(
        "SELECT resyncs, state FROM almanac.replication_tables",
        for: "\(number + 1)|ready"
      )
      try fixture.catchUp()
      try fixture.compare(["t": "id"])
    }
  }

  private func isBinary(_ fixture: ReplicaFixture) throws -> [[String?]]? {
    try fixture.source.execute(
      """
      SELECT bool_or(query LIKE '%binary%') FROM pg_stat_activity
      WHERE application_name = 'almanac crm' AND datname = current_database() AND query LIKE 'START_REPL%'
      """
    ).last?.texts
  }

  /// While the stream is read, or not: the column is gone from the catalog by then.
  @Test(arguments: [false, true])
  func `values come in binary form as long as all columns' forms are known`(isPaused: Bool) throws {
    let fixture = try ReplicaFixture(
      try PostgresServer.sharedLogical(),
      """
      CREATE TABLE t (id integer PRIMARY KEY, n numeric(12,2), at timestamptz, v text);
      INSERT INTO t VALUES (1, 1.5, now(), 'one')
      """
    )
    defer { fixture.remove() }
    try fixture.follow("t")
    try fixture.waitUntilReady()
    try fixture.source.execute(
      """
      INSERT INTO t VALUES (2, -0.25, '2026-01-01', 'two'), (3, NULL, NULL, NULL);
      UPDATE t SET id = 30, n = n - 1 WHERE id = 3
      """
    )
    try fixture.catchUp()
    try fixture.compare(["t": "id"])
    #expect(try isBinary(fixture) == [["t"]])
    if isPaused { try fixture.run("PAUSE REPLICATION crm") }
    try fixture.source.execute(
      """
      ALTER TABLE t ADD COLUMN l integer[];
      INSERT INTO t VALUES (4, 4, 'infinity', 'four', '{1,2,NULL}');
      UPDATE t SET l = '{7}' WHERE id = 1
      """
    )
    if isPaused {
      try fixture.source.execute("ALTER TABLE t DROP COLUMN l; INSERT INTO t VALUES (6, 6)")
      try fixture.run("RESUME REPLICATION crm")
    }
    try fixture.catchUp()
    try fixture.waitUntilReady()
    try fixture.compare(["t": "id"])
    #expect(try isBinary(fixture) == [["f"]])
  }

  @Test func `NaN and large numbers of a numeric without digits are kept`() throws {
    let fixture = try ReplicaFixture(
      try PostgresServer.sharedLogical(),
      "CREATE TABLE n (id integer PRIMARY KEY, v numeric, w numeric(60,5)); INSERT INTO n VALUES (1, 'NaN', 'NaN')"
    )
    defer { fixture.remove() }
    try fixture.follow("n")
    try fixture.waitUntilReady()
    try fixture.source.execute(
      "INSERT INTO n VALUES (2, 'Infinity', 1e50), (3, '-1e-40', 'NaN'); UPDATE n SET v = 'NaN' WHERE id = 2"
    )
    try fixture.catchUp()
    try fixture.compare(["n": "id"])
    try fixture.expectExact()
  }

  @Test func `a numeric with digits that comes to hold NaN is kept without them`() throws {
    let fixture = try ReplicaFixture(
      try PostgresServer.logical(),
      """
      CREATE DOMAIN price AS numeric(8,3);
      CREATE TABLE n (id numeric(6,1) PRIMARY KEY, v numeric(12,2), w numeric(30,4), z price);
      INSERT INTO n SELECT i, i / 7.0, i * 1e20, i FROM generate_series(1, 700) i;
      CREATE TABLE m (id integer PRIMARY KEY, v numeric(5,2));
      INSERT INTO m VALUES (1, 1.5), (2, 'NaN')
      """
    )
    defer { fixture.remove() }
    let tables = "almanac.replication_tables"
    try fixture.follow("n, m")
    try fixture.waitUntilReady()
    try fixture.expectExact()
    for (number, column) in ["v", "w", "id"].enumerated() {
      try fixture.source.execute(
        "UPDATE n SET \(column) = 'NaN' WHERE id = \(number + 5); UPDATE m SET v = v + 1"
      )
      try fixture.catchUp()
      try fixture.waitUntilReady()
      try fixture.compare(["n": "id", "m": "id"])
      let told =
        "SELECT resyncs, reason LIKE '%\"\(column)\"%' FROM \(tables) WHERE source = 'public.n'"
      #expect(try fixture.row(told) == "\(number + 1)|t", "\(fixture.state())")
    }
    // Other changes of its columns are none of those.
    try fixture.source.execute(
      "ALTER TABLE n ADD COLUMN x integer DEFAULT 3; UPDATE n SET x = 4, v = 'NaN' WHERE id < 9"
    )
    try fixture.catchUp()
    try fixture.close()
    try fixture.open()
    try fixture.source.execute("UPDATE n SET v = 1.5, w = -w WHERE id > 3 AND id < 12")
    try fixture.catchUp()
    try fixture.compare(["n": "id", "m": "id"])
    #expect(
      try fixture.row("SELECT resyncs FROM \(tables) WHERE source = 'public.n'") == "3"
    )
    // What comes while a copy waits for its slot.
    let holder = try LibpqConnection(fixture.connection)
    try holder.execute("BEGIN; SELECT txid_current()")
    try fixture.run("RESYNC TABLE n")
    try fixture.wait("SELECT count(*) FROM \(tables) WHERE state = 'copying'", for: "1")
    try fixture.source.execute("UPDATE n SET z = 'NaN' WHERE id = 20")
    try holder.execute("COMMIT")
    try fixture.catchUp()
    try fixture.waitUntilReady()
    try fixture.source.execute("UPDATE n SET z = 2.25 WHERE id > 18 AND id < 30 AND id <> 20")
    try fixture.catchUp()
    try fixture.compare(["n": "id", "m": "id"])
    let counters = "SELECT sum(missing_keys), sum(duplicate_keys) FROM \(tables)"
    #expect(try fixture.row(counters) == "0|0")
  }

  @Test func `a label that is renamed behind a TRUNCATE reaches the rows between`() throws {
    let fixture = try ReplicaFixture(
      try PostgresServer.sharedLogical(),
      """
      CREATE TYPE mood AS ENUM ('sad', 'ok');
      CREATE TABLE m (id integer PRIMARY KEY, a mood);
      INSERT INTO m VALUES (1, 'sad')
      """
    )
    defer { fixture.remove() }
    try fixture.follow("m")
    try fixture.waitUntilReady()
    try fixture.source.execute("TRUNCATE m; INSERT INTO m VALUES (2, 'sad'), (3, 'ok')")
    try fixture.source.execute("ALTER TYPE mood RENAME VALUE 'sad' TO 'blue'")
    try fixture.source.execute("INSERT INTO m VALUES (4, 'blue')")
    try fixture.wait("SELECT resyncs, state FROM almanac.replication_tables", for: "1|ready")
    try fixture.catchUp()
    try fixture.compare(["m": "id"])
  }

  @Test func `a renamed label of an enum reaches old rows, a new one copies nothing`() throws {
    let fixture = try ReplicaFixture(
      try PostgresServer.sharedLogical(),
      """
      CREATE TYPE mood AS ENUM ('sad', 'ok');
      CREATE DOMAIN feeling AS mood;
      CREATE TABLE m (id integer PRIMARY KEY, a mood, b feeling, c mood[]);
      INSERT INTO m VALUES (1, 'sad', 'ok', '{sad,ok}')
      """
    )
    defer { fixture.remove() }
    try fixture.follow("m")
    try fixture.waitUntilReady()
    try fixture.source.execute("ALTER TYPE mood ADD VALUE 'happy'")
    try fixture.source.execute("INSERT INTO m VALUES (2, 'happy', NULL, '{happy}')")
    try fixture.waitForLooks()
    try fixture.catchUp()
    try fixture.compare(["m": "id"])
    try fixture.expectExact()
    try fixture.source.execute("ALTER TYPE mood RENAME VALUE 'sad' TO 'blue, \u{fc}'")
    try fixture.source.execute("INSERT INTO m VALUES (3, 'blue, \u{fc}', 'ok', NULL)")
    try fixture.wait("SELECT resyncs, state FROM almanac.replication_tables", for: "1|ready")
    try fixture.catchUp()
    try fixture.compare(["m": "id"])
    // A column that goes takes its labels along.
    try fixture.source.execute("ALTER TABLE m DROP a, DROP b, DROP c; INSERT INTO m VALUES (4)")
    try fixture.waitForLooks()
    try fixture.catchUp()
    try fixture.compare(["m": "id"])
    #expect(try fixture.row("SELECT resyncs FROM almanac.replication_tables") == "1")
  }
}
