import Catalog
import Storage
import Synchronization

/// One look of the background thread at all rollups: the commit that they are brought to, and what lies between it and others.
///
/// Rollups that stand at the same commit and go to the same one share what lies between.
final class RollupRound {
  private(set) var published: Snapshot
  /// When it began, on the monotonic clock.
  private(set) var start: UInt64
  private let changes: TableChanges
  private var known:
    [(from: [PartitionSnapshot], to: [PartitionSnapshot], difference: SourceDifference)] = []

  init(_ published: Snapshot, at start: UInt64, _ changes: TableChanges) {
    self.published = published
    self.start = start
    self.changes = changes
  }

  /// Goes on from a newer commit.
  func move(to published: Snapshot, at start: UInt64) {
    self.published = published
    self.start = start
    known = []
  }

  /// What lies between two moments of a table.
  func difference(
    from old: [PartitionSnapshot],
    to new: [PartitionSnapshot]
  ) -> SourceDifference {
    let same = known.first { $0.from.isIdentical(to: old) && $0.to.isIdentical(to: new) }
    if let same { return same.difference }
    let difference = SourceDifference(from: old, to: new)
    known.append((old, new, difference))
    return difference
  }

  /// How many rows of a rollup's tables came and went up to this round, since some time.
  func changedRows(_ definition: RollupDefinition) -> Int {
    changes.rows(of: definition.table) + (definition.lookup.map { changes.rows(of: $0.table) } ?? 0)
  }
}

/// How many rows of tables came and went, as the background thread saw them from round to round: whether rollups should go on is
/// asked of each at each round, so it must show without a look at what lies between.
final class TableChanges: Sendable {
  private struct Known {
    var partitions: [PartitionSnapshot]
    var rows = 0
  }
  private let tables = Mutex<[TableID: Known]>([:])

  func rows(of table: TableID) -> Int { tables.withLock { $0[table]?.rows ?? 0 } }

  /// Counts what came and went up to a commit.
  ///
  /// - Parameters:
  ///   - published: The commit.
  ///   - wanted: Tables that are counted; others are forgotten.
  func follow(_ published: Snapshot, _ wanted: Set<TableID>) {
    tables.withLock { tables in
      var next: [TableID: Known] = [:]
      for id in wanted {
        guard let table = published.table(id, scope: .unrestricted) else { continue }
        var known = tables[id] ?? Known(partitions: table.partitions)
        known.rows += SourceDifference(from: known.partitions, to: table.partitions).rowCount
        known.partitions = table.partitions
        next[id] = known
      }
      tables = next
    }
  }
}
