/// What of an old row the source sends with UPDATE and DELETE.
package enum ReplicaIdentity: UInt8, Sendable {
  /// The primary key's columns.
  case primaryKey = 0x64
  /// Nothing: UPDATE and DELETE fail at the source.
  case nothing = 0x6e
  /// The whole row.
  case full = 0x66
  /// The columns of a chosen unique index.
  case index = 0x69
}

/// A column as the stream describes it.
package struct SourceColumn: Sendable, Hashable {
  package var name: String
  /// pg_type.oid; of a domain its own, not its base type's.
  package var typeID: UInt32
  /// pg_attribute.atttypmod; -1: none.
  package var modifier: Int32
  /// Part of the replica identity.
  ///
  /// Under ``ReplicaIdentity/full`` every column is: the primary key is then
  /// known only from the catalog.
  package var isKey: Bool

  package init(name: String, typeID: UInt32, modifier: Int32 = -1, isKey: Bool = false) {
    self.name = name
    self.typeID = typeID
    self.modifier = modifier
    self.isKey = isKey
  }
}

/// A table as the stream describes it: sent before its first change on a connection and again after changes of
/// its definition.
package struct SourceRelation: Sendable, Hashable {
  /// pg_class.oid.
  package var id: UInt32
  package var schema: String
  package var name: String
  package var identity: ReplicaIdentity
  /// Published columns in the order of the tuples.
  package var columns: [SourceColumn]

  package init(
    id: UInt32,
    schema: String,
    name: String,
    identity: ReplicaIdentity,
    columns: [SourceColumn]
  ) {
    self.id = id
    self.schema = schema
    self.name = name
    self.identity = identity
    self.columns = columns
  }
}
