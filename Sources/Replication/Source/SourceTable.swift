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
  /// Whether it has a default that is no such value: rows that are older than the column were written anew with it, or it got
  /// the default later.
  package var hasOwnDefault: Bool
}

/// A table, or a partition at the end of a partitioned table, that holds rows.
package struct SourceLeaf: Sendable, Hashable {
  package var id: UInt32
  package var schema: String
  package var name: String
  /// Another one after every rewrite and TRUNCATE.
  package var fileNode: UInt32
  package var byteCount: Int
  package var estimatedRows: Int

  var mark: String { "\(id):\(fileNode)" }
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

  /// Changes whenever rows may have changed without events: rewrites, partitions that came or went, labels of enums.
  package var fingerprint: String {
    (leaves.map(\.mark) + labels.map { "e\($0.key):\($0.value)" }).sorted().joined(separator: ",")
  }

  /// Whether the rows are those of a fingerprint seen before, and of the events since: all files it had are there, no label
  /// has another name, and partitions that came have never held a row, so that theirs come in the stream.
  package func holdsRows(of fingerprint: String) -> Bool {
    guard holdsLabels(of: fingerprint) else { return false }
    let marks = fingerprint.split(separator: ",")
    var files = Set(marks.filter { $0.first != "e" })
    for leaf in leaves {
      let isKnown = files.remove(Substring(leaf.mark)) != nil
      guard isKnown || (leaf.byteCount == 0 && !fingerprint.isEmpty) else { return false }
    }
    return files.isEmpty
  }

  /// Whether no label of a fingerprint seen before has another name.
  private func holdsLabels(of fingerprint: String) -> Bool {
    fingerprint.split(separator: ",").filter { $0.first == "e" }.allSatisfy { mark in
      let parts = mark.dropFirst().split(separator: ":")
      guard parts.count == 2, let id = UInt32(parts[0]), let label = labels[id] else { return true }
      return label == parts[1]
    }
  }

  /// Stands for files that are not known.
  private static let otherFiles = "*"

  /// The fingerprint once a TRUNCATE has changed the files: labels stay, as rows that come have them.
  package static func truncated(_ fingerprint: String) -> String {
    let labels = fingerprint.split(separator: ",").filter { $0.first == "e" }.map { String($0) }
    return (labels + [otherFiles]).joined(separator: ",")
  }

  /// Whether a TRUNCATE explains the difference to a fingerprint seen before.
  package func followsTruncate(of fingerprint: String) -> Bool {
    fingerprint.isEmpty
      || fingerprint.split(separator: ",").contains { $0 == Self.otherFiles }
        && holdsLabels(of: fingerprint)
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
