import Catalog
import ColumnEncoding
import Columnar
import Planning
import Storage

extension SystemTables {
  /// Every table with its rows and bytes.
  static let tables = SystemTable(
    "almanac", "tables",
    [
      "schema": .text, "name": .text, "rows": .bigint, "deleted_rows": .bigint,
      "partitions": .bigint, "segments": .bigint, "delta_rows": .bigint, "bytes": .bigint,
      "key_index_bytes": .bigint, "primary_key": .text, "partition_column": .text,
      "sort_key": .text, "tenant_column": .text, "retain_months": .integer,
    ]
  ) { context in
    definitions(context).map { table in
      let sources = context.tables.table(table.id)?.partitions.flatMap(\.sources) ?? []
      let segments = sources.compactMap { $0.source as? SegmentFile }
      func names(_ ids: [ColumnID]) -> Datum {
        ids.isEmpty ? .null : .text(ids.compactMap { name(of: $0, in: table) }.joined(separator: ", "))
      }
      return [
        .text(table.schema), .text(table.name),
        .count(context.tables.table(table.id)?.liveRowCount ?? 0),
        .count(sources.reduce(0) { $0 + ($1.deletions?.deletedCount ?? 0) }),
        .count(context.tables.table(table.id)?.partitions.count ?? 0), .count(segments.count),
        .count(sources.filter { !($0.source is SegmentFile) }.reduce(0) { $0 + $1.source.rowCount }),
        .count(segments.reduce(0) { $0 + $1.sizeBytes }),
        .count(segments.reduce(0) { $0 + $1.residentKeyBytes }),
        names(table.primaryKey), names(table.partitionColumn.map { [$0] } ?? []),
        names(table.sortKey), names(table.tenantColumn.map { [$0] } ?? []),
        table.retainMonths.map { .count($0) } ?? .null,
      ]
    }
  }

  /// Every partition of every table.
  static let partitions = SystemTable(
    "almanac", "partitions",
    [
      "schema": .text, "table": .text, "partition": .text, "rows": .bigint,
      "deleted_rows": .bigint, "segments": .bigint, "delta_rows": .bigint, "bytes": .bigint,
    ]
  ) { context in
    definitions(context).flatMap { table in
      (context.tables.table(table.id)?.partitions ?? []).map { partition in
        let segments = partition.sources.compactMap { $0.source as? SegmentFile }
        let deleted = partition.sources.reduce(0) { $0 + ($1.deletions?.deletedCount ?? 0) }
        let rows = partition.sources.reduce(0) { $0 + $1.source.rowCount }
        let sealed = segments.reduce(0) { $0 + $1.rowCount }
        return [
          .text(table.schema), .text(table.name), .text(partition.key.name), .count(rows - deleted),
          .count(deleted), .count(segments.count), .count(rows - sealed),
          .count(segments.reduce(0) { $0 + $1.sizeBytes }),
        ]
      }
    }
  }

  /// Every segment file.
  static let segments = SystemTable(
    "almanac", "segments",
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
            .text(table.schema), .text(table.name), .text(partition.key.name), .text(segment.name),
            .count(segment.rowCount), .count(source.deletions?.deletedCount ?? 0), .count(blocks),
            .count(segment.sizeBytes),
          ]
        }
      }
    }
  }

  /// Every column of every table, with the bytes and encodings of its sealed rows.
  static let columns = SystemTable(
    "almanac", "columns",
    [
      "schema": .text, "table": .text, "column": .text, "type": .text, "nullable": .boolean,
      "default": .text, "bytes": .bigint, "encodings": .text, "nulls": .bigint,
      "distinct_estimate": .bigint,
    ]
  ) { context in
    definitions(context).flatMap { table in
      let segments = (context.tables.table(table.id)?.partitions ?? []).flatMap(\.sources)
        .compactMap { $0.source as? SegmentFile }
      return table.columns.map { column in
        var bytes = 0
        var nulls = 0
        var encodings: Set<String> = []
        var sketch: DistinctSketch?
        for segment in segments {
          bytes += segment.storedBytes(of: column.id)
          encodings.formUnion(segment.encodings(of: column.id).map { "\($0)" })
          nulls += segment.statistics(column.id, block: nil)?.nullCount ?? 0
          guard let own = segment.distinctSketch(of: column.id) else { continue }
          if sketch == nil { sketch = own } else { sketch?.merge(own) }
        }
        return [
          .text(table.schema), .text(table.name), .text(column.name), .text(column.type.fullName),
          .boolean(column.isNullable), .text(column.defaultText), .count(bytes),
          .text(encodings.sorted().joined(separator: ", ")), .count(nulls),
          sketch.map { .count($0.estimate) } ?? .null,
        ]
      }
    }
  }

  private static func definitions(_ context: SystemTableContext) -> [TableDefinition] {
    context.tables.catalog.tables.values.sorted { ($0.schema, $0.name) < ($1.schema, $1.name) }
  }

  private static func name(of id: ColumnID, in table: TableDefinition) -> String? {
    table.index(of: id).map { table.columns[$0].name }
  }
}
