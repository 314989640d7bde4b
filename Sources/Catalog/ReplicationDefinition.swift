/// A column of a source table and where its values go.
package struct ReplicatedColumn: Sendable, Hashable {
  /// `pg_attribute.attnum`: a source column keeps it through renames.
  package var attribute: Int16
  package var column: ColumnID
  /// The source's type: `pg_type.oid` and typmod, as Relation messages tell them.
  package var typeOID: UInt32
  package var modifier: Int32

  /// The modifier of a numeric(p, s) that is kept as numeric without digits here.
  ///
  /// It holds NaN, which numeric(p, s) does not here. No type of the source has this modifier.
  package static let wideModifier: Int32 = -2
  package var isWide: Bool { modifier == Self.wideModifier }

  package init(attribute: Int16, column: ColumnID, typeOID: UInt32, modifier: Int32) {
    self.attribute = attribute
    self.column = column
    self.typeOID = typeOID
    self.modifier = modifier
  }
}

/// A source table that is followed.
package struct ReplicatedTable: Sendable, Hashable {
  package enum State: UInt8, Sendable {
    /// Not copied yet: there is no table, or an empty one.
    case waiting = 0
    /// Holds exactly what the source held at the replication's position.
    case ready = 1
    /// To be copied again; the rows of before stay readable and stand still.
    case resyncing = 2
    /// Not followed any more because of ``ReplicatedTable/reason``; RESYNC TABLE begins again.
    case stopped = 3
  }

  package var source: RelationName
  /// `pg_class.oid`; 0 until the source was asked.
  package var sourceOID: UInt32 = 0
  package var target: RelationName
  /// The table that holds the rows; nil until the source's definition is known.
  package var table: TableID?
  package var state = State.waiting
  /// Why it is resynced or stopped.
  package var reason: String?
  /// The source position whose snapshot the rows began with.
  package var copiedAt: UInt64 = 0
  /// Copies after the first.
  package var resyncCount: UInt32 = 0
  /// What the source's storage looked like when it was last known to fit: its leaf tables and their files.
  package var fingerprint = ""
  package var columns: [ReplicatedColumn] = []
  /// PARTITION BY MONTH, ORDER BY and TENANT KEY as given; nil and empty: chosen by rule.
  package var partitionColumn: String?
  package var sortKey: [String] = []
  package var tenantColumn: String?

  package init(source: RelationName, target: RelationName) {
    self.source = source
    self.target = target
  }
}

/// Which database cluster positions belong to.
package struct ClusterIdentity: Sendable, Hashable {
  package var systemIdentifier: UInt64
  package var timeline: UInt32

  package init(systemIdentifier: UInt64, timeline: UInt32) {
    self.systemIdentifier = systemIdentifier
    self.timeline = timeline
  }
}

/// A PostgreSQL database that is followed: what CREATE REPLICATION said and what has been settled since.
///
/// How far it is applied is no part of it: ``positionName`` is the name of that position, which a commit stores with the rows.
package struct ReplicationDefinition: Sendable, Hashable {
  package enum State: UInt8, Sendable {
    case running = 0
    case paused = 1
    /// Cannot go on because of ``ReplicationDefinition/failure``.
    case stopped = 2
  }

  /// Why a replication cannot go on: a word for programs and a sentence for people.
  package struct Failure: Sendable, Hashable {
    package var name: String
    package var text: String

    package init(name: String, text: String) {
      self.name = name
      self.text = text
    }
  }

  package var name: String
  /// libpq's connection string; may hold a password.
  package var connection: String
  package var publication: String
  package var slot: String
  /// Whether the publication is ours to make, change and drop.
  package var ownsPublication = true
  /// Whether the slot is ours to make and drop.
  package var ownsSlot = true
  /// Whether a lost slot is healed by copying all tables again, without being asked.
  package var healsLostSlot = true
  /// Raised by every statement that changes more than ``pauseAt``.
  package var revision: UInt32 = 0
  package var state = State.running
  /// Pause as soon as everything before this source position is applied.
  package var pauseAt: UInt64?
  package var failure: Failure?
  /// The cluster that slot and position belong to; nil until the slot was made.
  package var identity: ClusterIdentity?
  package var tables: [ReplicatedTable]

  package init(
    name: String,
    connection: String,
    publication: String,
    slot: String,
    tables: [ReplicatedTable]
  ) {
    self.name = name
    self.connection = connection
    self.publication = publication
    self.slot = slot
    self.tables = tables
  }

  /// The name of the position up to which the source is applied.
  package var positionName: String { Self.positionName(of: name) }

  package static func positionName(of name: String) -> String { "replication.\(name)" }

  /// The place of the table with a source oid.
  package func index(ofSource oid: UInt32) -> Int? { tables.firstIndex { $0.sourceOID == oid } }

  /// The place of the table whose rows are in `id`.
  package func index(of id: TableID) -> Int? { tables.firstIndex { $0.table == id } }
}

extension CatalogSnapshot {
  /// The replication that writes a table.
  package func replication(of table: TableID) -> ReplicationDefinition? {
    replications.values.first { $0.index(of: table) != nil }
  }
}
