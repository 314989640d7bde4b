package import Columnar

/// A stored column.
package struct ColumnDefinition: Sendable {
  package var id: ColumnID
  package var name: String
  package var type: LogicalType
  package var isNullable: Bool
  /// The DEFAULT expression as SQL text; bound when it is used.
  package var defaultText: String?
  /// What rows written before the column was added hold: the DEFAULT evaluated once by ALTER TABLE.
  package var missingValue: Datum

  package init(
    id: ColumnID,
    name: String,
    type: LogicalType,
    isNullable: Bool = true,
    defaultText: String? = nil,
    missingValue: Datum = .null
  ) {
    self.id = id
    self.name = name
    self.type = type
    self.isNullable = isNullable
    self.defaultText = defaultText
    self.missingValue = missingValue
  }
}

/// Compression over encoded blocks.
package enum BlockCompression: UInt8, Sendable { case none = 0, lz4 = 1, zstd = 2 }

/// A table as stored: columns and how its rows are cut and ordered.
package struct TableDefinition: Sendable {
  package var id: TableID
  package var schema: String
  package var name: String
  /// Raised by TRUNCATE and resync: segments of an older generation are gone.
  package var generation: UInt32 = 0
  /// Live columns in the order of `SELECT *`.
  package var columns: [ColumnDefinition]
  package var nextColumnID: UInt32
  /// Columns of the primary key, in key order; empty: no key.
  package var primaryKey: [ColumnID]
  /// The date, timestamp or timestamptz column whose UTC month is a row's partition.
  package var partitionColumn: ColumnID?
  /// The order of rows inside a segment; the tenant column leads it where there is one.
  package var sortKey: [ColumnID]
  package var tenantColumn: ColumnID?
  /// RETAIN n MONTHS.
  package var retainMonths: Int?
  /// Compression of cold blocks (old months, by compaction).
  package var coldCompression: BlockCompression = .none

  package init(
    id: TableID,
    schema: String = "public",
    name: String,
    columns: [ColumnDefinition],
    primaryKey: [ColumnID] = [],
    partitionColumn: ColumnID? = nil,
    sortKey: [ColumnID] = [],
    tenantColumn: ColumnID? = nil,
    retainMonths: Int? = nil
  ) {
    self.id = id
    self.schema = schema
    self.name = name
    self.columns = columns
    nextColumnID = (columns.map(\.id.rawValue).max() ?? 0) + 1
    self.primaryKey = primaryKey
    self.partitionColumn = partitionColumn
    self.sortKey = sortKey
    self.tenantColumn = tenantColumn
    self.retainMonths = retainMonths
  }

  /// The place of a column among ``columns``.
  package func index(of id: ColumnID) -> Int? { columns.firstIndex { $0.id == id } }

  /// The place of the column called `name`.
  package func index(named name: String) -> Int? { columns.firstIndex { $0.name == name } }
}

/// Where the rows of one month are; the extremes and NULL have partitions of their own.
package struct PartitionKey: Hashable, Sendable, Comparable {
  /// Months since 2000-01 (UTC), or one of the four constants below.
  package var rawValue: Int32
  package init(_ rawValue: Int32) { self.rawValue = rawValue }

  /// The one partition of a table that is not partitioned.
  package static let whole = PartitionKey(.min)
  package static let negativeInfinity = PartitionKey(.min + 1)
  package static let null = PartitionKey(.max)
  package static let infinity = PartitionKey(.max - 1)

  package static func < (a: PartitionKey, b: PartitionKey) -> Bool { a.rawValue < b.rawValue }
}
