package import Catalog
package import Replication

/// What a replication does now; names are shown in `almanac.replication`.
package enum ReplicationPhase: String, Sendable {
  /// Not followed while this process has the database open.
  case idle
  case starting, streaming, paused
  /// The connection is lost or refused; tried again after a while.
  case reconnecting
  /// The disk here is full; tried again after a while.
  case diskFull = "disk_full"
  /// The disk here failed: what is in memory is readable, nothing is written until the database is opened anew.
  case diskFailed = "disk_failed"
  /// A slot is being made, which waits for transactions of the source.
  case preparing
  case stopped
}

/// Counters of one table since this process began to follow it.
package struct TableCounters: Sendable {
  package var inserts = 0
  package var updates = 0
  package var deletes = 0
  package var truncates = 0
  /// Rows of copies.
  package var copiedRows = 0
  /// Values left out by the source because they did not change, taken from our own row.
  package var filledValues = 0
  /// Updates and deletes of rows that are not here: a table that has one is copied again.
  package var missingKeys = 0
  /// Inserts of rows that are here already: likewise.
  package var duplicateKeys = 0
  /// Whether its rows are being copied.
  package var isCopying = false
  /// Bytes of changes on the disk that wait for its copy.
  package var spooledBytes = 0

  mutating func endCopy() {
    isCopying = false
    spooledBytes = 0
  }
}

/// What is known about a running replication.
package struct ReplicationStatus: Sendable {
  package var phase = ReplicationPhase.idle
  /// Why it is not streaming, when there is something to tell.
  package var detail: String?
  /// What should be changed at the source, though nothing is wrong with the replication.
  package var warning: String?
  /// Decoded up to here.
  package var received = LSN.zero
  /// Every transaction that ended before this is visible to queries.
  package var visible = LSN.zero
  /// Durable here; what a restart resumes from.
  package var durable = LSN.zero
  /// What the source was told.
  package var acknowledged = LSN.zero
  /// Where the source's log ended when it last told.
  package var sourceEnd = LSN.zero
  /// Source clock of the last applied commit, microseconds since 2000.
  package var lastCommitTime: Int64?
  package var transactions = 0
  package var commits = 0
  package var reconnects = 0
  package var tables: [RelationName: TableCounters] = [:]

  package init() {}

  /// Counts for one table.
  mutating func count(_ table: RelationName, _ body: (inout TableCounters) -> Void) {
    body(&tables[table, default: TableCounters()])
  }
}
