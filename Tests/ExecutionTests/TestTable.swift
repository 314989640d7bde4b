import Catalog
import Columnar
import Execution
import Foundation
import Planning
import Storage
import SystemIO

/// A table in memory with its live rows beside it, as the model to compare with.
struct TestTable {
  var definition: TableDefinition
  var snapshot: TableSnapshot
  /// The rows that are not deleted, in order.
  var rows: [Row]

  /// A table with columns a, b, c, … of `types`; `deleted` says which rows of which source are gone.
  init(
    id: UInt32 = 1,
    types: [LogicalType],
    sources: [[Row]],
    blockRowCount: Int = 64,
    tellsTexts: Bool = false,
    deleted: (Int, Int) -> Bool = { _, _ in false }
  ) throws {
    let columns = types.enumerated().map { place, type in
      ColumnDefinition(
        id: ColumnID(UInt32(place)),
        name: String(UnicodeScalar(UInt8(97 + place))),
        type: type
      )
    }
    definition = TableDefinition(id: TableID(id), name: "t\(id)", columns: columns)
    var snapshots: [SourceSnapshot] = []
    var live: [Row] = []
    for (place, rows) in sources.enumerated() {
      let gone = rows.indices.filter { deleted(place, $0) }
      let source = try MemorySource(
        rows,
        columns,
        blockRowCount: blockRowCount,
        tellsTexts: tellsTexts
      )
      snapshots.append(
        SourceSnapshot(
          source: source,
          locatorBase: UInt64(place) << 32,
          deletions: gone.isEmpty ? nil : DeleteVector(rowCount: rows.count).deleting(gone)
        )
      )
      let missing = Set(gone)
      for row in rows.indices where !missing.contains(row) { live.append(rows[row]) }
    }
    rows = live
    snapshot = TableSnapshot(
      definition: definition,
      partitions: [PartitionSnapshot(key: .whole, sources: snapshots)],
      liveRowCount: live.count
    )
  }

  /// A scan of all columns.
  func scan(_ filters: [BoundExpression] = [], locator: Bool = false) -> Plan {
    let scan = TableScan(
      table: definition,
      columns: definition.columns.map(\.id),
      filters: filters,
      emitsLocator: locator
    )
    var output = definition.columns.map { OutputColumn(name: $0.name, type: $0.type) }
    if locator { output.append(OutputColumn(name: "locator", type: .bigint)) }
    return Plan(.scan(scan), output: output)
  }

  /// Column `place` as an expression.
  func column(_ place: Int) -> BoundExpression {
    BoundExpression(.column(place), definition.columns[place].type)
  }
}

/// Some tables as a statement sees them.
struct TestTables: TableProvider {
  var tables: [TableID: TableSnapshot]

  init(_ tables: TestTable...) {
    self.tables = Dictionary(uniqueKeysWithValues: tables.map { ($0.definition.id, $0.snapshot) })
  }

  func table(_ id: TableID) -> TableSnapshot? { tables[id] }
  func systemTable(_ name: RelationName) throws(ExecutionError) -> [Batch] { [] }
}

/// Workers for all tests; never closed.
let testPool = try? WorkerPool(threads: 2)

/// Where temporary files of all tests of this run go.
let spillFolder = NSTemporaryDirectory() + "almanac-spill-\(getpid())"

/// Runs a plan; `threads` 0: on this thread.
func run(
  _ plan: Plan,
  _ tables: TestTables,
  threads: Int = 0,
  memoryBudgetBytes: Int = 1 << 30,
  adjust: (inout ExecutionOptions) -> Void = { _ in }
) throws(ExecutionError) -> [Row] {
  try run(
    plan,
    tables,
    threads: threads,
    memoryBudgetBytes: memoryBudgetBytes,
    inspect: { _ in },
    adjust: adjust
  )
}

/// Runs a plan; `inspect` sees the statement when it is over.
func run(
  _ plan: Plan,
  _ tables: TestTables,
  threads: Int = 0,
  memoryBudgetBytes: Int = 1 << 30,
  inspect: (QueryExecution) -> Void,
  adjust: (inout ExecutionOptions) -> Void = { _ in }
) throws(ExecutionError) -> [Row] {
  var options = ExecutionOptions(memoryBudgetBytes: memoryBudgetBytes, threads: max(1, threads))
  if threads > 0 { options.morselRows = 128 }
  adjust(&options)
  let execution = try QueryExecution(
    plan: plan,
    tables: tables,
    context: EvaluationContext(),
    options: options,
    pool: threads == 0 ? nil : testPool
  )
  let rows = try collect(execution)
  inspect(execution)
  return rows
}

/// Bytes that a statement has written to temporary files.
func spilledBytes(_ execution: QueryExecution) -> Int {
  execution.statistics.reduce(0) { $0 + $1.bytesSpilled }
}

/// All rows of a statement.
func collect(_ execution: QueryExecution) throws(ExecutionError) -> [Row] {
  var rows: [Row] = []
  while let batch = try execution.next() {
    for row in 0..<batch.rowCount { rows.append(batch.columns.map { datum($0, row) }) }
  }
  return rows
}

/// A text of a row that is equal where the values are.
func describe(_ row: Row) -> String {
  row.map { value in
    switch value {
    case .null: "∅"
    case .bytes(let bytes): "'" + String(decoding: bytes, as: UTF8.self) + "'"
    case .double(let value): "\(value)"
    case .int64(let value): "\(value)"
    case .int128(let value): "\(value)"
    case .boolean(let value): "\(value)"
    case .decimal(let value): "\(value.coefficient)e-\(value.scale)"
    case .wide(let value):
      String(decoding: value.magnitude.decimalText, as: UTF8.self) + "e-\(value.scale)"
    default: "\(value)"
    }
  }.joined(separator: "|")
}

/// The rows as sorted texts: equal for the same rows in any order.
func bag(_ rows: [Row]) -> [String] { rows.map(describe).sorted() }

// MARK: Expressions

func constant(_ value: Int64, _ type: LogicalType = .bigint) -> BoundExpression {
  BoundExpression(.constant(.int64(value)), type)
}

func constant(_ text: String) -> BoundExpression {
  BoundExpression(.constant(.bytes(Array(text.utf8))), .text)
}
