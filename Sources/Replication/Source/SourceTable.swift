/// A column as the catalog describes it.
package struct SourceTableColumn: Sendable, Hashable {
  /// pg_attribute.attnum: stays through renames.
  package var number: Int
  package var name: String
  package var typeID: UInt32
  package var modifier: Int32
  package var isNotNull: Bool
  /// Computed by the source; not in the stream before PostgreSQL 18.
  package var isGenerated: Bool
  /// What rows hold that are older than the column, as text; nil: NULL.
  package var missingValue: String?
  /// The transaction that changed its catalog row last: every change of its type or name does.
  package var changedBy: UInt32

  package init(
    number: Int,
    name: String,
    typeID: UInt32,
    modifier: Int32,
    isNotNull: Bool,
    isGenerated: Bool,
    missingValue: String?,
    changedBy: UInt32
  ) {
    self.number = number
    self.name = name
    self.typeID = typeID
    self.modifier = modifier
    self.isNotNull = isNotNull
    self.isGenerated = isGenerated
    self.missingValue = missingValue
    self.changedBy = changedBy
  }
}

/// A table, or a partition at the end of a partitioned table, that holds rows.
package struct SourceLeaf: Sendable, Hashable {
  package var id: UInt32
  package var schema: String
  package var name: String
  /// Another one after every rewrite and TRUNCATE.
  package var fileNode: UInt32
  /// Negative: not asked for.
  package var byteCount: Int
  package var estimatedRows: Int
  /// The transaction that changed its catalog row last; also the one that made its file, where nothing was changed since.
  package var madeBy: UInt32
  /// The transactions that made it, and what it is a partition of, partitions; empty: it is none.
  package var attachment: String

  package init(
    id: UInt32,
    schema: String,
    name: String,
    fileNode: UInt32,
    byteCount: Int,
    estimatedRows: Int,
    madeBy: UInt32,
    attachment: String
  ) {
    self.id = id
    self.schema = schema
    self.name = name
    self.fileNode = fileNode
    self.byteCount = byteCount
    self.estimatedRows = estimatedRows
    self.madeBy = madeBy
    self.attachment = attachment
  }
}

/// A table as the catalog describes it.
package struct SourceTable: Sendable, Hashable {
  package var id: UInt32
  package var schema: String
  package var name: String
  package var isPartitioned: Bool
  package var identity: ReplicaIdentity
  /// Without dropped ones, in the order of their numbers.
  package var columns: [SourceTableColumn]
  /// Column numbers in key order; empty: no primary key.
  package var primaryKey: [Int]
  /// Column numbers of the index of ``ReplicaIdentity/index``.
  package var identityIndex: [Int]
  /// Itself, or its partitions.
  package var leaves: [SourceLeaf]
  /// Labels of the enums that its columns are made of, by pg_enum's OID, which stays through renames; in hexadecimal.
  package var labels: [UInt32: String] = [:]

  package init(
    id: UInt32,
    schema: String,
    name: String,
    isPartitioned: Bool,
    identity: ReplicaIdentity,
    columns: [SourceTableColumn],
    primaryKey: [Int],
    identityIndex: [Int],
    leaves: [SourceLeaf],
    labels: [UInt32: String] = [:]
  ) {
    self.id = id
    self.schema = schema
    self.name = name
    self.isPartitioned = isPartitioned
    self.identity = identity
    self.columns = columns
    self.primaryKey = primaryKey
    self.identityIndex = identityIndex
    self.leaves = leaves
    self.labels = labels
  }

  package var estimatedRows: Int { leaves.reduce(0) { $0 + max(0, $1.estimatedRows) } }
  package var byteCount: Int { leaves.reduce(0) { $0 + $1.byteCount } }

  /// The columns that make rows unique in the stream: the primary key, else the identity's index.
  package var key: [Int] {
    !primaryKey.isEmpty || identity != .index ? primaryKey : identityIndex
  }

  /// The table as the stream will describe it.
  ///
  /// - Parameter names: The published columns; nil: all.
  /// - Returns: The relation.
  package func relation(publishing names: [String]? = nil) -> SourceRelation {
    let keys = identity == .index ? identityIndex : primaryKey
    return SourceRelation(
      id: id,
      schema: schema,
      name: name,
      identity: identity,
      columns: columns.filter { !$0.isGenerated && names?.contains($0.name) ?? true }.map {
        SourceColumn(
          name: $0.name,
          typeID: $0.typeID,
          modifier: $0.modifier,
          isKey: identity == .full || keys.contains($0.number)
        )
      }
    )
  }
}

/// A table's place in a publication.
package struct PublishedTable: Sendable, Hashable {
  package var schema: String
  package var name: String
  /// Published columns; nil: all (before PostgreSQL 15 always).
  package var columns: [String]?
  /// SQL of the row filter.
  package var rowFilter: String?
}

/// A publication.
package struct SourcePublication: Sendable, Hashable {
  package var name: String
  package var isForAllTables: Bool
  /// Whether changes of partitions come as changes of their root.
  package var isViaRoot: Bool
  package var publishesInserts: Bool
  package var publishesUpdates: Bool
  package var publishesDeletes: Bool
  package var publishesTruncates: Bool
  package var tables: [PublishedTable]

  /// Whether a copy of the source's tables can be kept with it.
  package var publishesEverything: Bool {
    publishesInserts && publishesUpdates && publishesDeletes && publishesTruncates
  }
}

/// A replication slot.
package struct SourceSlot: Sendable, Hashable {
  package var name: String
  package var plugin: String
  package var database: String
  package var isTemporary: Bool
  /// The process that reads it.
  package var activeProcess: Int?
  package var restartLSN: LSN?
  /// The source sends nothing that ended before this, whatever is asked for.
  package var confirmedLSN: LSN?
  /// `reserved`, `extended`, `unreserved` or `lost`; nil before PostgreSQL 13.
  package var walStatus: String?
  /// Bytes that can be written before WAL that it needs may go; nil: no limit.
  package var safeWALBytes: Int?
}

/// Which server it is.
package struct SourceIdentity: Sendable, Hashable {
  /// Decimal, as `IDENTIFY_SYSTEM` tells it.
  package var systemID: String
  package var timeline: Int
  package var flushedLSN: LSN
  package var database: String
}

/// Where one timeline gave way to the next.
package struct TimelineSwitch: Sendable, Hashable {
  package var timeline: Int
  package var lsn: LSN
}
