// Row-wise updates by key against a large table, and single-row commits: `microbench storage`.

import Catalog
import ColumnEncoding
import Columnar
import Glibc
import Storage
import SystemIO

/// A table of sorted deals in monthly partitions, updated at random in batches.
struct StorageBenchmark {
  let rowCount: Int
  let monthCount = 36

  private var definition: TableDefinition {
    let columns: [(String, LogicalType)] = [
      ("id", .bigint), ("created_at", .timestamptz), ("tenant", .integer), ("manager", .integer),
      ("stage", .text), ("source", .text),
      ("amount", .numeric(NumericShape(precision: 14, scale: 2))),
      ("customer_id", .bigint), ("title", .text), ("closed_at", .timestamptz),
    ]
    return TableDefinition(
      id: TableID(1),
      name: "deals",
      columns: columns.enumerated().map { index, column in
        ColumnDefinition(id: ColumnID(UInt32(index + 1)), name: column.0, type: column.1)
      },
      primaryKey: [ColumnID(1)],
      partitionColumn: ColumnID(2),
      sortKey: [ColumnID(3), ColumnID(2)],
      tenantColumn: ColumnID(3)
    )
  }

  func run() {
    do {
      try runInScratchDirectory()
    } catch {
      print("storage benchmark failed: \(error)")
    }
  }

  private func runInScratchDirectory() throws {
    let system = PosixFileSystem()
    let directory = "/tmp/almanac-storage-\(try entropy(byteCount: 6).map { String($0) }.joined())"
    defer { remove(directory, system) }
    var options = StoreOptions()
    options.runsInBackground = true
    let store = try Store.open(system, at: directory, options: options)
    let create = store.begin()
    try create.change(.createTable(definition))
    try create.commit()
    try measure("load segments", rowCount) { try load(store) }
    var random = SeededRandom(seed: 7)
    for batchRows in [1000, 100] {
      let batches = batchRows == 1000 ? 200 : 300
      // Making the rows is not part of it.
      let changes = (0..<batches).map { _ in change(batchRows, &random) }
      try measure("updates by key, \(batchRows) a commit", batchRows * batches) {
        for change in changes { try update(store, change) }
      }
    }
    try measure("single-row inserts, 1 client", 2000) {
      for id in 0..<2000 {
        let transaction = store.begin()
        try transaction.insert(TableID(1), rows([Int64(rowCount + id)], &random))
        try transaction.commit()
      }
    }
    try measureClients(store)
    print(
      "counters: \(store.maintenanceCounters), failure: \(String(describing: store.maintenanceFailure))"
    )
    try measure("close", 1) { try store.close() }
    try measure("open", 1) {
      let store = try Store.open(system, at: directory, options: options)
      store.abandon()
    }
  }

  private func measureClients(_ store: Store) throws {
    let base = Int64(rowCount) + 1_000_000
    try measure("single-row inserts, 16 clients", 16 * 500) {
      let threads = try (0..<16).map { client in
        try Thread.start(name: "client") {
          var random = SeededRandom(seed: UInt64(client))
          for number in 0..<500 {
            let transaction = store.begin()
            let id = base + Int64(client * 1000 + number)
            try? transaction.insert(TableID(1), rows([id], &random))
            try? transaction.commit()
          }
        }
      }
      for thread in threads { thread.join() }
    }
  }

  private func measure(_ name: String, _ count: Int, _ body: () throws -> Void) throws {
    let clock = SystemClock()
    let start = clock.monotonicNanoseconds
    let processor = Glibc.clock()
    try body()
    let processorSeconds = Double(Glibc.clock() - processor) / Double(CLOCKS_PER_SEC)
    let seconds = Double(clock.monotonicNanoseconds - start) / 1e9
    let rate = Int(Double(count) / seconds)
    let each = (processorSeconds / Double(count) * 1e6).shown(2)
    print("\(name): \(count) in \(Int(seconds * 1000)) ms, \(rate) a second; CPU \(each) µs each")
  }

  private func load(_ store: Store) throws {
    var random = SeededRandom(seed: 1)
    let transaction = store.begin()
    var built: [BuiltSegment] = []
    let perMonth = rowCount / monthCount
    for month in 0..<monthCount {
      let build = try store.beginSegment(of: definition, partition: partition(month))
      var next = month * perMonth
      let end = next + perMonth
      while next < end {
        let ids = (next..<min(end, next + 1024)).map { Int64($0) }
        try build.append(rows(ids, &random))
        next += ids.count
      }
      built.append(try build.finish())
    }
    try transaction.publish(built, of: TableID(1))
    try transaction.commit()
  }

  private func partition(_ month: Int) -> PartitionKey {
    PartitionKey(microseconds: time(Int64(month * (rowCount / monthCount))))
  }

  /// Rows ascend in time; a month of the table has 30.4 days.
  private func time(_ id: Int64) -> Int64 {
    let month = min(id / Int64(rowCount / monthCount), Int64(monthCount - 1))
    let place = id % Int64(rowCount / monthCount)
    return month * 2_629_800_000_000 + 86_400_000_000 + place * 200_000
  }

  private func change(_ count: Int, _ random: inout SeededRandom) -> (keys: Batch, rows: Batch) {
    var ids: Set<Int64> = []
    while ids.count < count { ids.insert(Int64(random.below(rowCount / monthCount * monthCount))) }
    let list = Array(ids)
    return (keyBatch(list), rows(list, &random))
  }

  private func update(_ store: Store, _ change: (keys: Batch, rows: Batch)) throws {
    let transaction = store.begin()
    let found = try transaction.locate(TableID(1), keys: change.keys)
    try transaction.delete(TableID(1), locators: found.compactMap { $0 })
    try transaction.insert(TableID(1), change.rows)
    try transaction.commit()
  }

  private func keyBatch(_ ids: [Int64]) -> Batch {
    let batch = Batch(kinds: [.int64], capacity: ids.count)
    let column = batch.columns[0]
    var lanes = column.mutableInt64
    for (row, id) in ids.enumerated() { lanes[row] = id }
    batch.rowCount = ids.count
    return batch
  }

  private func rows(_ ids: [Int64], _ random: inout SeededRandom) -> Batch {
    let batch = Batch(kinds: definition.columns.map(\.type.laneKind), capacity: ids.count)
    for (row, id) in ids.enumerated() {
      let values: [Datum] = [
        .int64(id), .int64(time(id)), .int64(Int64(random.below(20))),
        .int64(Int64(random.below(500))), .bytes(Array("stage \(random.below(7))".utf8)),
        .bytes(Array("source \(random.below(12))".utf8)), .int64(Int64(random.below(10_000_000))),
        .int64(Int64(random.below(4_000_000))),
        .bytes(Array("Deal \(random.below(100_000)) about things".utf8)), .null,
      ]
      for (column, value) in zip(batch.columns, values) { column.set(value, at: row) }
    }
    batch.rowCount = ids.count
    return batch
  }

  private func remove(_ directory: String, _ system: PosixFileSystem) {
    for entry in (try? system.list(directory)) ?? [] {
      try? system.remove("\(directory)/\(entry.name)")
    }
    try? system.removeDirectory(directory)
  }
}
