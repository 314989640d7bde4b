import Replication
import SystemIO
import TestSupport
import Testing

@Suite struct SourceCatalogTests {
  /// Found by tools/soak cdc --seed 11.
  @Test func `a slot waits for transactions as long as the source is there, and no longer`() throws
  {
    let server = try PostgresServer.logical()
    let proxy = try FaultyProxy(to: server.port)
    let connection = try SourceConnection(
      "host=127.0.0.1 port=\(proxy.port) user=postgres dbname=postgres tcp_user_timeout=1000 connect_timeout=2",
      role: .replication
    )
    let holder = try LibpqConnection(server.connectionString())
    try holder.execute("BEGIN; SELECT txid_current()")
    let outcome = Monitor<ReplicationError?>(nil)
    let waiter = try Thread.start(name: "slot") {
      do throws(ReplicationError) {
        _ = try connection.createSlot("forsaken", isTemporary: true, snapshot: .none)
      } catch { outcome.update { $0 = error } }
    }
    // Longer than the silence that is borne elsewhere: twice the timeout.
    #expect(outcome.wait(nanoseconds: 5_000_000_000) { $0 } == nil)
    proxy.setSilent(true)
    let error = outcome.wait(nanoseconds: 20_000_000_000) { $0 }
    #expect(error == .silent(seconds: 2))
    try holder.execute("COMMIT")
    proxy.setSilent(false)
    connection.disconnect()
    waiter.join()
  }

  @Test func `tables, keys, partitions and missing values are read`() throws {
    let source = try SourceDatabase()
    try source.sql.execute(
      """
      CREATE TABLE "Odd ""name" (b text NOT NULL, dropped integer, a integer, twice integer
        GENERATED ALWAYS AS (a * 2) STORED, PRIMARY KEY (b, a));
      INSERT INTO "Odd ""name" VALUES ('x', 0, 1);
      ALTER TABLE "Odd ""name" DROP dropped;
      ALTER TABLE "Odd ""name" ADD late numeric(9,2) DEFAULT 1.5, ADD many text[] DEFAULT '{a,"b c"}';
      CREATE TABLE parts (id integer, at date NOT NULL, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
      CREATE TABLE parts_a PARTITION OF parts FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
      CREATE TABLE parts_b PARTITION OF parts FOR VALUES FROM ('2026-02-01') TO ('2026-03-01')
        PARTITION BY HASH (id);
      CREATE TABLE parts_b0 PARTITION OF parts_b FOR VALUES WITH (MODULUS 1, REMAINDER 0);
      CREATE TABLE plain (a integer, b integer NOT NULL);
      CREATE UNIQUE INDEX plain_b ON plain (b) INCLUDE (a);
      ALTER TABLE plain REPLICA IDENTITY USING INDEX plain_b;
      CREATE UNLOGGED TABLE unseen (a integer);
      CREATE VIEW view AS SELECT 1;
      """
    )
    let connection = try source.connect()
    let tables = try connection.tables(ofSchema: "public")
    #expect(tables.map(\.name) == ["Odd \"name", "parts", "plain"])
    let odd = tables[0]
    #expect(odd.columns.map(\.name) == ["b", "a", "twice", "late", "many"])
    #expect(odd.columns.map(\.number) == [1, 3, 4, 5, 6])
    #expect(odd.columns.map(\.isNotNull) == [true, true, false, false, false])
    #expect(odd.columns.map(\.isGenerated) == [false, false, true, false, false])
    #expect(odd.columns.map(\.missingValue) == [nil, nil, nil, "1.50", "{a,\"b c\"}"])
    #expect(odd.primaryKey == [1, 3])
    #expect(odd.identity == .primaryKey)
    #expect(odd.leaves.map(\.name) == ["Odd \"name"])
    #expect(tables[1].isPartitioned)
    #expect(Set(tables[1].leaves.map(\.name)) == ["parts_a", "parts_b0"])
    #expect(tables[2].identity == .index)
    #expect(tables[2].key == [2])
    #expect(try connection.table(odd.id) == odd)
    #expect(try connection.table(schema: "public", name: "view") == nil)

    let before = SourceFingerprint(tables[1])
    try source.sql.execute("DROP TABLE parts_a")
    let after = try #require(try connection.table(tables[1].id))
    #expect(SourceFingerprint(after) != before)
    let plainBefore = SourceFingerprint(tables[2])
    try source.sql.execute("ALTER TABLE plain ALTER a TYPE bigint")
    #expect(try connection.table(tables[2].id).map { SourceFingerprint($0) } != plainBefore)
  }

  @Test func `the catalog's tables are those that the stream describes`() throws {
    let source = try SourceDatabase()
    try source.sql.execute(
      """
      CREATE TYPE mood AS ENUM ('a', 'b');
      CREATE DOMAIN cents AS numeric(12,2);
      CREATE TABLE t (id integer PRIMARY KEY, m mood, c cents, g integer GENERATED ALWAYS AS (1) STORED,
        v varchar(7));
      CREATE TABLE f (a integer, b text); ALTER TABLE f REPLICA IDENTITY FULL;
      CREATE TABLE i (a integer NOT NULL UNIQUE, b text);
      ALTER TABLE i REPLICA IDENTITY USING INDEX i_a_key;
      CREATE TABLE p (id integer, PRIMARY KEY (id)) PARTITION BY HASH (id);
      CREATE TABLE p0 PARTITION OF p FOR VALUES WITH (MODULUS 1, REMAINDER 0);
      """
    )
    let connection = try source.connect(.replication)
    let tables = try connection.tables(ofSchema: "public")
    try connection.createPublication("everything", tables: tables.map { ($0.schema, $0.name) })
    _ = try connection.createSlot(source.slot, isTemporary: false, snapshot: .none)
    try source.sql.execute(
      """
      INSERT INTO t (id, m, c) VALUES (1, 'b', 1); INSERT INTO f VALUES (1, 'x');
      INSERT INTO i VALUES (1, 'y'); INSERT INTO p VALUES (1);
      """
    )
    let stream = try source.stream()
    let described = try stream.groups(upTo: try source.currentLSN()).flatMap(\.steps).compactMap {
      if case .relation(let relation) = $0 { relation } else { nil }
    }
    for table in tables {
      #expect(described.contains(table.relation()), "\(table.name)")
    }
    // The stream describes a partition too; its changes come as the root's.
    #expect(stream.decoder.knownRelations.count >= tables.count)
  }

  @Test func `identity, slots, publications`() throws {
    let source = try SourceDatabase()
    try source.sql.execute(
      """
      CREATE TABLE t (id integer PRIMARY KEY, a integer, "ä, b" integer);
      CREATE PUBLICATION "some" FOR TABLE t (id, "ä, b") WHERE (id > 5) WITH (publish = 'insert');
      """
    )
    let connection = try source.connect(.replication)
    let identity = try connection.identify()
    #expect(identity.timeline == 1)
    #expect(identity.database == source.name)
    #expect(
      identity.systemID == (try source.value("SELECT system_identifier FROM pg_control_system()"))
    )
    #expect(try connection.timelineHistory(1).isEmpty)
    #expect(try connection.currentLSN() <= source.currentLSN())

    let some = try #require(try connection.publication("some"))
    #expect(some.tables.map(\.columns) == [["id", "ä, b"]])
    #expect(some.tables.map(\.rowFilter) == ["(id > 5)"])
    #expect(!some.publishesEverything && some.publishesInserts && !some.isViaRoot)
    #expect(try connection.publication("none") == nil)
    try connection.createPublication("all", tables: [("public", "t")])
    let all = try #require(try connection.publication("all"))
    #expect(all.publishesEverything && all.isViaRoot && all.tables.map(\.name) == ["t"])
    try connection.dropTables([("public", "t")], fromPublication: "all")
    #expect(try connection.publication("all")?.tables.isEmpty == true)
    try connection.addTables([("public", "t")], toPublication: "all")
    #expect(try connection.publication("all")?.tables.count == 1)

    #expect(try connection.slot(source.slot) == nil)
    let created = try connection.createSlot(source.slot, isTemporary: false, snapshot: .none)
    #expect(created.snapshotName == nil)
    let slot = try #require(try connection.slot(source.slot))
    #expect(slot.plugin == "pgoutput" && slot.database == source.name && !slot.isTemporary)
    #expect(slot.confirmedLSN == created.consistentPoint)
    #expect(slot.walStatus == "reserved" && slot.activeProcess == nil)
    try connection.dropSlot(source.slot)
    #expect(try connection.slot(source.slot) == nil)
    #expect(throws: ReplicationError.self) { try connection.dropSlot(source.slot) }
  }
}
