import Catalog
import ColumnEncoding
import Columnar
import Storage
import TestSupport
import Testing

/// Tables reduced to the rows of some keys.
@Suite struct HeldRowsTests {
  /// The rows that a reduced table names.
  private func found(_ table: TableSnapshot?) throws -> [TestRow] {
    var reduced = try #require(table)
    for (place, partition) in reduced.partitions.enumerated() {
      for source in partition.sources {
        let rows = try #require(source.wantedRows)
        #expect(!rows.isEmpty && rows == rows.sorted())
        #expect(rows.allSatisfy { $0 < source.source.rowCount })
      }
      #expect(!partition.sources.isEmpty)
      if place > 0 { #expect(reduced.partitions[place - 1].key < partition.key) }
    }
    let places = reduced.partitions.flatMap { $0.sources }
    reduced.liveRowCount = 0
    return try scan(reduced).filter { _, locator in
      places.contains { source in
        let row = locator &- source.locatorBase
        guard row < UInt64(source.source.rowCount) else { return false }
        return source.wantedRows?.contains(Int(row)) == true
      }
    }.map(\.row).sorted()
  }

  /// Ids far apart make hashed key runs, ids side by side dense ones.
  @Test(arguments: [1, 1_000_003]) func `the rows of keys are those that are told`(
    step: Int64
  ) throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("held rows: seed \(seed)")
    var random = SegmentDice(state: seed)
    let disk = SimulatedFileSystem()
    let store = try openStore(disk)
    try store.createTable()
    var model: [Int64: TestRow] = [:]
    for round in 0..<60 {
      let transaction = store.begin()
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        // An update of some rows and an insert of new ones, by key.
        let ids = Set((0..<40).map { _ in Int64.random(in: 0..<400, using: &random) * step })
        let old = try transaction.locate(TableID(1), keys: keys(Array(ids)))
        try transaction.delete(TableID(1), locators: old.compactMap { $0 })
        let rows = ids.map { id in
          TestRow(id: id, time: id % 3 * monthMicroseconds, name: "round \(round)")
        }
        try transaction.insert(TableID(1), batch(rows))
        for row in rows { model[row.id] = row }
        let asked = Set((0..<20).map { _ in Int64.random(in: -5..<450, using: &random) * step })
        let table = try transaction.table(
          TableID(1),
          scope: .unrestricted,
          holding: keys(Array(asked))
        )
        let expected = asked.compactMap { model[$0] }.sorted()
        #expect(try found(table) == expected, "own rows, round \(round), seed \(seed)")
      }
      try transaction.commit()
      if round % 5 == 4 { _ = try store.seal(TableID(1), PartitionKey(Int32(round % 3))) }
      let asked = Set((0..<50).map { _ in Int64.random(in: 0..<400, using: &random) * step })
      let table = try store.published.table(
        TableID(1),
        scope: .unrestricted,
        holding: keys(Array(asked))
      )
      #expect(try found(table) == asked.compactMap { model[$0] }.sorted(), "seed \(seed)")
    }
    #expect(try store.rows() == model.values.sorted())
    store.abandon()
  }
}
