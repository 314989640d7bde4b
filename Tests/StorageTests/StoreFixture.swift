// A small table and plain rows, to write storage tests with.

import Catalog
import ColumnEncoding
import Columnar
import Storage
import SystemIO
import TestSupport

/// A row of the test table.
struct TestRow: Hashable, Comparable, CustomStringConvertible {
  var id: Int64
  /// Microseconds since 2000; nil: the NULL partition.
  var time: Int64?
  var name: String?

  static func < (a: TestRow, b: TestRow) -> Bool { a.id < b.id }
  var description: String { "(\(id), \(time ?? -1), \(name ?? "-"))" }
}

/// A month in microseconds, about.
let monthMicroseconds: Int64 = 31 * 86_400_000_000

/// The test table: id bigint primary key, time timestamptz, name text; partitioned by time, sorted by id.
func testDefinition(_ id: UInt32 = 1) -> TableDefinition {
  TableDefinition(
    id: TableID(id),
    name: "t\(id)",
    columns: [
      ColumnDefinition(id: ColumnID(1), name: "id", type: .bigint, isNullable: false),
      ColumnDefinition(id: ColumnID(2), name: "time", type: .timestamptz),
      ColumnDefinition(id: ColumnID(3), name: "name", type: .text),
    ],
    primaryKey: [ColumnID(1)],
    partitionColumn: ColumnID(2),
    sortKey: [ColumnID(1)]
  )
}

/// Small sizes, nothing by itself.
func testOptions() -> StoreOptions {
  var options = StoreOptions()
  options.blockRowCount = 64
  options.sealRowCount = 7
  options.compactSegmentCount = 3
  options.mergeBatchCount = 3
  options.segmentRowsMax = 1000
  options.cacheBytes = 1 << 20
  options.runsInBackground = false
  options.clock = ManualClock(unixMicroseconds: 1_700_000_000_000_000)
  return options
}

func batch(_ rows: [TestRow]) -> Batch {
  let batch = Batch(kinds: [.int64, .int64, .bytes], capacity: max(rows.count, 1))
  let (idColumn, timeColumn, nameColumn) = (batch.columns[0], batch.columns[1], batch.columns[2])
  for (place, row) in rows.enumerated() {
    var ids = idColumn.mutableInt64
    ids[place] = row.id
    if let time = row.time {
      var times = timeColumn.mutableInt64
      times[place] = time
      timeColumn.setValid(place)
    } else {
      timeColumn.setNull(place)
    }
    let view = nameColumn.store(Array((row.name ?? "").utf8).span)
    var names = nameColumn.mutableViews
    names[place] = view
    if row.name == nil { nameColumn.setNull(place) }
  }
  batch.rowCount = rows.count
  return batch
}

func keys(_ ids: [Int64]) -> Batch {
  let batch = Batch(kinds: [.int64], capacity: max(ids.count, 1))
  let column = batch.columns[0]
  for (place, id) in ids.enumerated() {
    var lanes = column.mutableInt64
    lanes[place] = id
  }
  batch.rowCount = ids.count
  return batch
}

/// All live rows with their locators.
func scan(_ table: TableSnapshot) throws -> [(row: TestRow, locator: UInt64)] {
  var result: [(TestRow, UInt64)] = []
  for partition in table.partitions {
    for source in partition.sources {
      for row in 0..<source.source.rowCount where source.deletions?.isDeleted(row) != true {
        let value = { (column: UInt32) throws -> Datum in
          let block = try source.source.block(
            ColumnID(column),
            at: row / source.source.blockRowCount
          )
          let value = try block.value(at: row % source.source.blockRowCount)
          return value
        }
        var found = TestRow(id: 0, time: nil, name: nil)
        if case .int64(let id) = try value(1) { found.id = id }
        if case .int64(let time) = try value(2) { found.time = time }
        if case .bytes(let name) = try value(3) {
          found.name = String(decoding: name, as: UTF8.self)
        }
        result.append((found, source.locatorBase + UInt64(row)))
      }
    }
  }
  return result
}

extension Store {
  /// All rows of the test table, by id.
  func rows(_ id: UInt32 = 1) throws -> [TestRow] {
    guard let table = published.table(TableID(id), scope: .unrestricted) else { return [] }
    let rows = try scan(table).map(\.row).sorted()
    guard rows.count == table.liveRowCount else { throw WrongCount(rows: rows.count) }
    return rows
  }

  func insert(_ rows: [TestRow], into id: UInt32 = 1) throws {
    let transaction = begin()
    try transaction.insert(TableID(id), batch(rows))
    try transaction.commit()
  }

  func delete(_ ids: [Int64], from id: UInt32 = 1) throws {
    let transaction = begin()
    let found = try transaction.locate(TableID(id), keys: keys(ids))
    try transaction.delete(TableID(id), locators: found.compactMap { $0 })
    try transaction.commit()
  }

  func change(_ change: CatalogChange) throws {
    let transaction = begin()
    try transaction.change(change)
    try transaction.commit()
  }

  func createTable(_ definition: TableDefinition = testDefinition()) throws {
    try change(.createTable(definition))
  }
}

struct WrongCount: Error { var rows: Int }

/// An open store on a simulated disk.
func openStore(
  _ disk: SimulatedFileSystem = SimulatedFileSystem(),
  options: StoreOptions = testOptions()
) throws -> Store {
  try Store.open(disk, at: "/data", options: options)
}
