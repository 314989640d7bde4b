import Catalog
import Columnar
import Planning

/// What a system table may look at.
struct SystemTableContext {
  let database: Database
  let session: Session
  let tables: SessionTables
}

/// A relation that the engine fills when it is read.
struct SystemTable: Sendable {
  let name: RelationName
  let columns: [OutputColumn]
  let rows: @Sendable (SystemTableContext) -> [[Datum]]
  /// Whether it stands for what does not exist here.
  var isAlwaysEmpty = false

  init(
    schema: String,
    name: String,
    columns: [OutputColumn],
    rows: @escaping @Sendable (SystemTableContext) -> [[Datum]]
  ) {
    self.name = RelationName(schema: schema, name: name)
    self.columns = columns
    self.rows = rows
  }

  init(
    _ schema: String,
    _ name: String,
    _ columns: KeyValuePairs<String, LogicalType>,
    rows: @escaping @Sendable (SystemTableContext) -> [[Datum]]
  ) {
    self.name = RelationName(schema: schema, name: name)
    self.columns = columns.map { OutputColumn(name: $0.key, type: $0.value) }
    self.rows = rows
  }

  /// The rows in batches of at most ``vectorRowsMax``.
  func batches(_ context: SystemTableContext) -> [Batch] {
    Self.batches(of: rows(context), columns)
  }

  /// Rows in batches of at most ``vectorRowsMax``.
  static func batches(of rows: [[Datum]], _ columns: [OutputColumn]) -> [Batch] {
    var batches: [Batch] = []
    var start = 0
    while start < rows.count {
      let end = min(start + vectorRowsMax, rows.count)
      let batch = Batch(kinds: columns.map(\.type.laneKind), capacity: end - start)
      for row in start..<end {
        for (column, value) in rows[row].enumerated() {
          batch.columns[column].set(row - start, to: value)
        }
      }
      batch.rowCount = end - start
      batches.append(batch)
      start = end
    }
    return batches
  }
}

/// All system tables.
enum SystemTables {
  static let all: [SystemTable] =
    [
      tables, partitions, segments, columns, maintenance, queries, sessions, settings, reports,
      replication, replicationTables,
      rollups,
    ] + postgresActivity + postgresCatalog + emptyCatalog + informationSchema

  static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })

  /// The schemas that belong to the engine.
  static let schemas: Set<String> = ["almanac", "report", "pg_catalog", "information_schema"]

  static func table(_ name: RelationName) -> SystemTable? { byName[name] }

  static let catalog = Columns()

  struct Columns: SystemTableCatalog {
    func columns(of name: RelationName) -> [OutputColumn]? { byName[name]?.columns }
    func isAlwaysEmpty(_ name: RelationName) -> Bool { byName[name]?.isAlwaysEmpty ?? false }
  }
}

extension Datum {
  /// Text, NULL for `nil`.
  static func text(_ value: String?) -> Datum {
    value.map { .bytes(Array($0.utf8)) } ?? .null
  }

  static func count(_ value: Int) -> Datum { .int64(Int64(value)) }
}
