/// What a slot is created for.
package enum SnapshotUse: Sendable {
  case none
  /// Others import the snapshot; it lives until the connection's next command.
  case export
}

/// A slot that was made, and what is consistent with it.
package struct CreatedSlot: Sendable, Equatable {
  package var name: String
  /// Transactions whose commit record begins here or later come through the slot; all others are in the snapshot.
  package var consistentPoint: LSN
  package var snapshotName: String?
}

extension SourceConnection {
  /// Makes a logical slot of pgoutput, on a replication connection.
  ///
  /// It waits for all transactions that run now; ``cancel()`` of another thread ends the wait.
  ///
  /// - Parameters:
  ///   - name: Lower-case letters, digits and underscores.
  ///   - isTemporary: Whether it goes with the connection.
  ///   - snapshot: What to do with the snapshot.
  ///   - isFailover: Whether it is kept on standbys too (PostgreSQL 17).
  /// - Returns: The slot.
  /// - Throws: The server's refusal; 42710: the slot exists.
  package func createSlot(
    _ name: String,
    isTemporary: Bool,
    snapshot: SnapshotUse,
    isFailover: Bool = false
  ) throws(ReplicationError) -> CreatedSlot {
    var sql = "CREATE_REPLICATION_SLOT \(name.sqlIdentifier) "
    if isTemporary { sql += "TEMPORARY " }
    sql += "LOGICAL pgoutput "
    let isExported = snapshot == .export
    if serverVersion >= 150_000 {
      var options = ["SNAPSHOT '\(isExported ? "export" : "nothing")'"]
      if isFailover && serverVersion >= 170_000 { options.append("FAILOVER") }
      sql += "(\(options.joined(separator: ", ")))"
    } else {
      sql += isExported ? "EXPORT_SNAPSHOT" : "NOEXPORT_SNAPSHOT"
    }
    let result = try query(sql, mayTakeLong: true)
    guard let row = result.rows.first, row.count >= 3, let point = row[1].flatMap({ LSN($0) })
    else {
      throw .violation("CREATE_REPLICATION_SLOT answered \(result.rows)")
    }
    return CreatedSlot(name: name, consistentPoint: point, snapshotName: row[2])
  }

  /// Drops a slot; waits while it is in use.
  ///
  /// - Throws: 42704 when there is none.
  package func dropSlot(_ name: String) throws(ReplicationError) {
    try run("SELECT pg_catalog.pg_drop_replication_slot(\(name.sqlLiteral))")
  }
}

/// A transaction that a new slot waits for.
package struct SlotBlocker: Sendable, Hashable {
  /// The process, or who prepared it.
  package var owner: String
  package var begun: String
  package var state: String
  /// What it runs or ran last; a prepared one's name.
  package var query: String
}
