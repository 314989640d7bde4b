import Catalog
import ColumnEncoding
import Columnar
import Planning
import Storage

extension SystemTables {
  /// Every table with its rows and bytes.
  static let tables = SystemTable(
    "almanac",
    "tables",
    [
      "schema": .text, "name": .text, "rows": .bigint, "deleted_rows": .bigint,
      "partitions": .bigint, "segments": .bigint, "delta_rows": .bigint, "bytes": .bigint,
      "index_resident_bytes": .bigint, "primary_key": .text, "partition_column": .text,
      "sort_key": .text, "tenant_column": .text, "retain_months": .integer,
    ]
  ) { context in
    definitions(context).map { (table: TableDefinition) -> [Datum] in
      let sources = context.tables.table(table.id)?.partitions.flatMap { $0.sources } ?? []
      let segments = sources.compactMap { $0.source as? SegmentFile }
      func names(_ ids: [ColumnID]) -> Datum {
        ids.isEmpty
          ? .null : .text(ids.compactMap { name(of: $0, in: table) }.joined(separator: ", "))
      }
      let rows = context.tables.table(table.id)
      let deltaRows = sources.filter { !($0.source is SegmentFile) }.reduce(0) {
        $0 + $1.source.rowCount
      }
      var row: [Datum] = [.text(table.schema), .text(table.name)]
      row += [
        rows?.liveRowCount ?? 0,
        sources.reduce(0) { $0 + ($1.deletions?.deletedCount ?? 0) },
        rows?.partitions.count ?? 0, segments.count, deltaRows, bytes(of: segments),
        context.database.store.published.residentKeyBytes(of: table.id),
      ].map { Datum.count($0) }
      row += [
        names(table.primaryKey), names(table.partitionColumn.map { [$0] } ?? []),
        names(table.sortKey), names(table.tenantColumn.map { [$0] } ?? []),
        table.retainMonths.map { .count($0) } ?? .null,
      ]
      return row
    }
  }

  /// Every partition of every table.
  static let partitions = SystemTable(
    "almanac",
    "partitions",
    [
      "schema": .text, "table": .text, "partition": .text, "rows": .bigint,
      "deleted_rows": .bigint, "segments": .bigint, "delta_rows": .bigint, "bytes": .bigint,
    ]
  ) { context in
    definitions(context).flatMap { table in
      (context.tables.table(table.id)?.partitions ?? []).map {
        (partition: PartitionSnapshot) -> [Datum] in
        let segments: [SegmentFile] = partition.sources.compactMap { $0.source as? SegmentFile }
        let deleted: Int = partition.sources.reduce(0) { $0 + ($1.deletions?.deletedCount ?? 0) }
        let rows: Int = partition.sources.reduce(0) { $0 + $1.source.rowCount }
        let sealed: Int = segments.reduce(0) { $0 + $1.rowCount }
        return [
          .text(table.schema), .text(table.name), .text(partition.key.name), .count(rows - deleted),
          .count(deleted), .count(segments.count), .count(rows - sealed),
          .count(bytes(of: segments)),
        ]
      }
    }
  }

  /// Every segment file.
  static let segments = SystemTable(
    "almanac",
    "segments",
    [
      "schema": .text, "table": .text, "partition": .text, "file": .text, "rows": .bigint,
      "deleted_rows": .bigint, "blocks": .bigint, "bytes": .bigint,
    ]
  ) { context in
    definitions(context).flatMap { table in
      (context.tables.table(table.id)?.partitions ?? []).flatMap { partition in
        partition.sources.compactMap { source -> [Datum]? in
          guard let segment = source.source as? SegmentFile else { return nil }
          let blocks = (segment.rowCount + segment.blockRowCount - 1) / segment.blockRowCount
          return [
            .text(table.schema), .text(table.name), .text(partition.key.name), .text(segment.path),
            .count(segment.rowCount), .count(source.deletions?.deletedCount ?? 0), .count(blocks),
            .count(Int(segment.summary.sizeBytes)),
          ]
        }
      }
    }
  }

  /// Every column of every table, with the bytes and encodings of its sealed rows.
  static let columns = SystemTable(
    "almanac",
    "columns",
    [
      "schema": .text, "table": .text, "column": .text, "type": .text, "nullable": .boolean,
      "default": .text, "bytes": .bigint, "encodings": .text, "nulls": .bigint,
      "distinct_estimate": .bigint,
    ]
  ) { context in
    definitions(context).flatMap { table in
      let sources = context.tables.table(table.id)?.partitions.flatMap { $0.sources } ?? []
      let segments = sources.compactMap { $0.source as? SegmentFile }
      return table.columns.map { column in
        var bytes = 0
        var nulls = 0
        var encodings: Set<String> = []
        var sketch: DistinctSketch?
        for segment in segments {
          bytes += segment.storedBytes(column.id)
          encodings.formUnion(SystemTables.encodings(of: column.id, in: segment))
          nulls += segment.statistics(column.id, block: nil)?.nullCount ?? 0
          guard let own = segment.sketch(column.id) else { continue }
          if sketch == nil { sketch = own } else { sketch?.merge(own) }
        }
        let encodingNames = encodings.sorted().joined(separator: ", ")
        var row: [Datum] = [
          .text(table.schema), .text(table.name), .text(column.name), .text(column.type.fullName),
        ]
        row += [.boolean(column.isNullable), .text(column.defaultText), .count(bytes)]
        row += [.text(encodingNames), .count(nulls)]
        row.append(sketch.map { .count(Int($0.estimate.rounded())) } ?? .null)
        return row
      }
    }
  }

  /// What sealing, compaction and checkpoints did since the database was opened; one row.
  static let maintenance = SystemTable(
    "almanac",
    "maintenance",
    [
      "seals": .bigint, "compactions": .bigint, "merges": .bigint, "checkpoints": .bigint,
      "dropped_partitions": .bigint, "failure": .text,
    ]
  ) { context in
    let counters = context.database.store.maintenanceCounters
    let failure = context.database.store.maintenanceFailure.map { EngineError($0).message }
    return [
      [
        .count(counters.seals), .count(counters.compactions), .count(counters.merges),
        .count(counters.checkpoints), .count(counters.droppedPartitions), .text(failure),
      ]
    ]
  }

  private static func bytes(of segments: [SegmentFile]) -> Int {
    segments.reduce(0) { $0 + Int($1.summary.sizeBytes) }
  }

  /// The encodings of a chunk's blocks; those that cannot be read are left to `almanac check`.
  private static func encodings(of column: ColumnID, in segment: SegmentFile) -> Set<String> {
    var names: Set<String> = []
    let blocks = (segment.rowCount + segment.blockRowCount - 1) / segment.blockRowCount
    for index in 0..<blocks {
      if let block = try? segment.block(column, at: index) { names.insert("\(block.encoding)") }
    }
    return names
  }

  private static func definitions(_ context: SystemTableContext) -> [TableDefinition] {
    context.tables.catalog.tables.values.sorted { ($0.schema, $0.name) < ($1.schema, $1.name) }
  }

  private static func name(of id: ColumnID, in table: TableDefinition) -> String? {
    table.index(of: id).map { table.columns[$0].name }
  }
}
