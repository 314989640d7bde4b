import Catalog
import Replication

/// Connections that see the source at one moment, whose position in the stream is known.
final class CopySession {
  /// Transactions that commit here or later are not in the copies.
  let position: LSN
  /// For questions to the catalog, at the same moment.
  let catalog: SourceConnection
  let copy: SnapshotCopy
  let published: [RelationName: PublishedTable]
  private(set) var types = TypeDirectory()
  /// The temporary slot's; its snapshot lives on in those that imported it.
  private var maker: SourceConnection?

  /// Makes a temporary slot and imports its snapshot.
  ///
  /// - Parameters:
  ///   - replication: Whose source.
  ///   - workerCount: Connections that copy.
  ///   - tell: Gets what the slot waits for, and nil at the end.
  ///   - interruptible: Is told, before each step that may take long, how it is ended from another thread.
  /// - Throws: ``ReplicationError``; the slot is gone then.
  init(
    _ replication: ReplicationDefinition,
    _ workerCount: Int,
    _ tell: @escaping @Sendable (String?) -> Void,
    _ interruptible: (@escaping @Sendable () -> Void) throws(ReplicationError) -> Void
  ) throws(ReplicationError) {
    let name = "almanac copy \(replication.name)"
    let maker = try SourceConnection(
      replication.connection,
      role: .replication,
      applicationName: name
    )
    self.maker = maker
    try interruptible { maker.cancel() }
    let wait = SlotWait(replication.connection, tell)
    let slot: CreatedSlot
    do {
      defer { wait.end() }
      slot = try maker.createSlot(
        "\(replication.slot.prefix(50))_copy",
        isTemporary: true,
        snapshot: .export
      )
    }
    guard let snapshot = slot.snapshotName else {
      throw .violation("the source exported no snapshot")
    }
    position = slot.consistentPoint
    copy = try SnapshotCopy(
      replication.connection,
      snapshot: snapshot,
      workerCount: workerCount,
      applicationName: name
    )
    let copy = copy
    try interruptible { copy.cancel() }
    catalog = try SourceConnection(replication.connection, applicationName: name)
    try catalog.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    try catalog.run("SET TRANSACTION SNAPSHOT \(snapshot.sqlLiteral)")
    let publication = try catalog.publication(replication.publication)
    var published: [RelationName: PublishedTable] = [:]
    for table in publication?.tables ?? [] {
      published[RelationName(schema: table.schema, name: table.name)] = table
    }
    self.published = published
    self.maker = nil
  }

  /// Asks about the types of a table's columns.
  func learnTypes(of table: SourceTable) throws(ReplicationError) -> TypeDirectory {
    types.types.merge(try catalog.types(of: table).types) { $1 }
    return types
  }

  /// Makes sure that a table's files now are those of the snapshot's moment: what ALTER TABLE or TRUNCATE has
  /// written anew shows other rows than the snapshot's, whoever looks.
  func checkFiles(_ table: SourceTable) throws(ReplicationError) {
    let leaves = table.leaves.map { String($0.id) }.joined(separator: ",")
    guard !leaves.isEmpty else { return }
    let result = try catalog.query(
      """
      SELECT count(*) FROM pg_catalog.pg_class c
      WHERE c.oid IN (\(leaves)) AND c.relfilenode = pg_catalog.pg_relation_filenode(c.oid)
      """
    )
    guard result.single.flatMap({ Int($0) }) == table.leaves.count else {
      throw .disconnected("table \"\(table.name)\" was rewritten while it was copied")
    }
  }
}

extension SourceConnection {
  /// What must be known of the types of a table's columns.
  func types(of table: SourceTable) throws(ReplicationError) -> TypeDirectory {
    try types(of: table.columns.map(\.typeID))
  }
}
