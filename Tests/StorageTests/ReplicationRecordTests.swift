import Catalog
import Columnar
import Storage
import SystemIO
import TestSupport
import Testing

private func sampleReplication() -> ReplicationDefinition {
  var table = ReplicatedTable(
    source: RelationName(schema: "public", name: "deals"),
    target: RelationName(schema: "public", name: "t1")
  )
  table.table = TableID(1)
  table.state = .ready
  var replication = ReplicationDefinition(
    name: "crm",
    connection: "host=source",
    publication: "p",
    slot: "s",
    tables: [table]
  )
  replication.identity = ClusterIdentity(systemIdentifier: 7, timeline: 2)
  return replication
}

@Suite struct ReplicationRecordTests {
  /// Rows, their position and the definition, in one commit.
  private func write(_ store: Store, _ rows: ClosedRange<Int64>, at position: UInt64) throws {
    let transaction = store.begin()
    try transaction.insert(TableID(1), batch(rows.map { TestRow(id: $0, time: 0, name: "a") }))
    transaction.setPosition(sampleReplication().positionName, position)
    try transaction.commit()
  }

  private func expect(_ store: Store, rows: Int, position: UInt64?) throws {
    #expect(try store.rows().count == rows)
    #expect(store.published.positions["replication.crm"] == position)
    let found = store.published.catalog.replications["crm"]
    #expect(found == (position == nil ? nil : sampleReplication()))
  }

  @Test func `a replication and its position come back from log and manifest`() throws {
    let disk = SimulatedFileSystem()
    var store = try openStore(disk)
    try store.createTable()
    let transaction = store.begin()
    try transaction.change(.putReplication(sampleReplication()))
    transaction.setPosition(sampleReplication().positionName, 1)
    try transaction.commit()
    try write(store, 1...10, at: 100)
    store.abandon()
    store = try openStore(disk)
    try expect(store, rows: 10, position: 100)
    try store.checkpoint()
    try write(store, 11...20, at: 200)
    store.abandon()
    store = try openStore(disk)
    try expect(store, rows: 20, position: 200)
    try store.close()
    store = try openStore(disk)
    try expect(store, rows: 20, position: 200)
    let last = store.begin()
    try last.change(.dropReplication("crm"))
    try last.commit()
    try expect(store, rows: 20, position: nil)
    try store.close()
    try expect(try openStore(disk), rows: 20, position: nil)
  }

  @Test func `a crash at any write leaves rows and position of the same commit`() throws {
    for seed in 0..<60 as Range<UInt64> {
      let disk = SimulatedFileSystem(seed: seed)
      let store = try openStore(disk)
      try store.createTable()
      let transaction = store.begin()
      try transaction.change(.putReplication(sampleReplication()))
      try transaction.commit()
      var random = SeededRandom(seed: seed)
      let count = 1 + random.below(8)
      for step in 1...Int64(count) {
        try write(store, (step * 10 - 9)...(step * 10), at: UInt64(step * 10))
        if random.oneIn(3) { try store.checkpoint() }
      }
      store.abandon()
      let again = try openStore(disk.crashClone(seed: seed))
      let position = again.published.positions["replication.crm"] ?? 0
      #expect(try again.rows().count == Int(position), "seed \(seed)")
      #expect(position == UInt64(count * 10), "seed \(seed)")
    }
  }
}
