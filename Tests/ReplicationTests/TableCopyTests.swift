import Columnar
import Replication
import SystemIO
import TestSupport
import Testing

@Suite struct TableCopyTests {
  /// The copy and the stream together are the table: rows written before the slot come by the copy alone, rows
  /// after it by the stream alone.
  @Test(arguments: [1, 3])
  func `a copy in chunks holds what the slot's snapshot holds`(workerCount: Int) throws {
    let source = try SourceDatabase()
    try source.sql.execute(
      """
      CREATE TABLE t (id integer, at date, body text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
      CREATE TABLE t1 PARTITION OF t FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
      CREATE TABLE t2 (body text, id integer NOT NULL, at date NOT NULL);
      ALTER TABLE t ATTACH PARTITION t2 FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
      INSERT INTO t SELECT i, '2026-01-01'::date + i % 59, repeat('x', 100) FROM generate_series(1, 50000) i;
      DELETE FROM t WHERE id % 7 = 0;
      """
    )
    let (connection, slot) = try source.publish(.export)
    try source.sql.execute(
      "INSERT INTO t VALUES (-1, '2026-01-05', 'later'); DELETE FROM t WHERE id = 1"
    )
    let copy = try SnapshotCopy(
      source.connectionString,
      snapshot: try #require(slot.snapshotName),
      workerCount: workerCount
    )
    // Importing is enough: the exporter may go on.
    _ = try connection.query("SELECT 1")
    let catalog = try source.connect()
    let table = try #require(try catalog.table(schema: "public", name: "t"))
    let layout = RelationLayout(table.relation(), TypeDirectory())
    let plan = CopyPlan(
      table,
      relation: table.relation(),
      layout: layout,
      types: TypeDirectory(),
      chunkBytes: 256 << 10
    )
    #expect(plan.chunks.count > 10)
    let rows = Collected()
    let count = try copy.copy(plan) { _, batch in
      rows.add(batch.texts([.integer, .date, .text]))
      return true
    }
    let expected = Set((1...50_000).filter { $0 % 7 != 0 })
    #expect(count == expected.count)
    let ids = rows.all.compactMap { $0[0].flatMap { Int($0) } }
    #expect(ids.count == expected.count && Set(ids) == expected)
    #expect(rows.all.allSatisfy { $0[2]?.utf8.count == 100 })

    // Another table under the same snapshot.
    let again = try copy.copy(plan) { _, _ in true }
    #expect(again == expected.count)
  }

  @Test func `columns in another order, missing ones, filters`() throws {
    let source = try SourceDatabase()
    try source.sql.execute(
      """
      CREATE TABLE t (a integer PRIMARY KEY, b text, c integer[]);
      INSERT INTO t SELECT i, 'b' || i, ARRAY[i, NULL] FROM generate_series(1, 10) i;
      """
    )
    let (connection, slot) = try source.publish(.export)
    let copy = try SnapshotCopy(
      source.connectionString,
      snapshot: try #require(slot.snapshotName),
      workerCount: 2
    )
    let table = try #require(try connection.table(schema: "public", name: "t"))
    let layout = RelationLayout(
      columns: [
        RelationLayout.Column(source: 2, typeID: 1007, type: .text),
        RelationLayout.Column(source: nil, typeID: 0, type: .double),
        RelationLayout.Column(source: 0, typeID: 23, type: .integer),
      ],
      key: [2]
    )
    let plan = CopyPlan(
      table,
      relation: table.relation(),
      layout: layout,
      types: TypeDirectory(),
      rowFilter: "a > 8"
    )
    let rows = Collected()
    #expect(
      try copy.copy(plan) { _, batch in
        rows.add(batch.texts([.text, .double, .integer]))
        return true
      } == 2
    )
    #expect(rows.all == [["{9,NULL}", nil, "9"], ["{10,NULL}", nil, "10"]])
  }

  @Test func `a bad value, a refusal and an unwilling receiver end a copy`() throws {
    let source = try SourceDatabase()
    try source.sql.execute(
      "CREATE TABLE t (a numeric(5,2) PRIMARY KEY); INSERT INTO t VALUES (1), ('NaN')"
    )
    let (connection, slot) = try source.publish(.export)
    let snapshot = try #require(slot.snapshotName)
    func makeCopy() throws -> SnapshotCopy {
      try SnapshotCopy(source.connectionString, snapshot: snapshot, workerCount: 1)
    }
    let copies = try (0..<3).map { _ in try makeCopy() }
    let table = try #require(try source.connect().table(schema: "public", name: "t"))
    withExtendedLifetime(connection) {}
    let layout = RelationLayout(table.relation(), TypeDirectory())
    func plan(_ filter: String) -> CopyPlan {
      CopyPlan(
        table,
        relation: table.relation(),
        layout: layout,
        types: TypeDirectory(),
        rowFilter: filter
      )
    }
    do throws(ReplicationError) {
      _ = try copies[0].copy(plan("true")) { _, _ in true }
      Issue.record("NaN was taken")
    } catch {
      guard case .value(let failure) = error else { throw error }
      #expect(failure.row == 1 && failure.column == "a" && failure.error.sqlState == "22003")
    }
    do throws(ReplicationError) {
      _ = try copies[1].copy(plan("1 / (a - a) > 0")) { _, _ in true }
      Issue.record("a division by zero was copied")
    } catch {
      guard case .server(let failure) = error else { throw error }
      #expect(failure.sqlState == "22012")
    }
    #expect(throws: ReplicationError.stopped) {
      try copies[2].copy(plan("a = 1")) { _, _ in false }
    }
  }
}
