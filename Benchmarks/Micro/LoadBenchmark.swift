// Loads a file of deals, as `almanac generate` writes it, into a fresh store.

import Catalog
import Columnar
import Loading
import Storage
import SystemIO

/// Rows a second of the bulk loader, everything included.
struct LoadBenchmark {
  let path: String

  private static let columns: [(String, LogicalType)] = [
    ("id", .bigint), ("tenant_id", .integer), ("created_at", .timestamptz),
    ("closed_at", .timestamptz), ("customer_id", .bigint), ("manager_id", .integer),
    ("department_id", .integer), ("pipeline_id", .integer), ("stage", .text), ("source", .text),
    ("currency", .text), ("amount", .numeric(NumericShape(precision: 15, scale: 2))),
    ("title", .text), ("status", .text),
  ]

  private func definition(hasKey: Bool) -> TableDefinition {
    TableDefinition(
      id: TableID(1),
      name: "deals",
      columns: Self.columns.enumerated().map { place, column in
        ColumnDefinition(
          id: ColumnID(UInt32(place)),
          name: column.0,
          type: column.1,
          isNullable: column.0 == "closed_at"
        )
      },
      primaryKey: hasKey ? [ColumnID(0)] : [],
      partitionColumn: ColumnID(2),
      sortKey: [ColumnID(1), ColumnID(2)],
      tenantColumn: ColumnID(1)
    )
  }

  func run() throws {
    let fileSystem = PosixFileSystem()
    for (threads, hasKey) in [(1, true), (2, true)] {
      let directory = path + ".db"
      try remove(directory, fileSystem)
      var storeOptions = StoreOptions()
      storeOptions.runsInBackground = false
      let store = try Store.open(fileSystem, at: directory, options: storeOptions)
      let transaction = store.begin()
      try transaction.change(.createTable(definition(hasKey: hasKey)))
      try transaction.commit(mode: .durable)
      var options = LoadOptions()
      options.threadCount = threads
      options.layout.header = .skip
      let loader = BulkLoader(store, table: TableID(1), options: options)
      let file = try fileSystem.open(path, .read)
      let clock = ContinuousClock()
      let start = clock.now
      let report = try loader.load(FileSource(file), name: path)
      let seconds = (clock.now - start) / .seconds(1)
      let bytes = try fileSystem.list(directory).reduce(0) { sum, entry in
        sum + (try fileSystem.information("\(directory)/\(entry.name)")?.sizeBytes ?? 0)
      }
      print(
        "load, \(threads) threads, key \(hasKey): \(seconds.shown(3)) s,",
        "\((Double(report.rowCount) / seconds / 1e6).shown(2)) M rows/s,",
        "\((Double(bytes) / Double(report.rowCount)).shown(1)) bytes a row,",
        "\(report.segmentCount) segments"
      )
      try store.close()
      try remove(directory, fileSystem)
    }
  }

  private func remove(_ directory: String, _ fileSystem: PosixFileSystem) throws {
    guard try fileSystem.exists(directory) else { return }
    for entry in try fileSystem.list(directory) {
      try fileSystem.remove("\(directory)/\(entry.name)")
    }
    try fileSystem.removeDirectory(directory)
  }
}
