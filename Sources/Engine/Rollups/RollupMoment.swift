import Catalog
import Columnar
import Execution
import Planning
import Storage

/// The tables that a rollup is made of, at one moment.
struct RollupMoment: Sendable {
  private(set) var rows: TableSnapshot
  /// The table that rows are looked up in.
  let lookedUp: TableSnapshot?
  /// Finds rows of the moment by their keys.
  let tables: any TableProvider

  /// - Parameters:
  ///   - definition: The rollup.
  ///   - tables: The tables of the moment; nil is returned where one of the rollup's is not there.
  init?(_ definition: RollupDefinition, _ tables: any TableProvider) {
    guard let rows = tables.table(definition.table) else { return nil }
    self.rows = rows
    self.tables = tables
    guard let lookup = definition.lookup else {
      lookedUp = nil
      return
    }
    guard let other = tables.table(lookup.table) else { return nil }
    lookedUp = other
  }

  var sources: RollupSources {
    RollupSources(rows: rows.partitions, lookedUp: lookedUp?.partitions ?? [])
  }

  /// The moment without the months before one; nil: with all.
  func kept(from first: PartitionKey?) -> RollupMoment {
    guard let first else { return self }
    var kept = self
    kept.rows.partitions.removeAll { $0.key < first }
    kept.rows.liveRowCount = kept.rows.partitions.liveRowCount
    return kept
  }

  var liveRowCount: Int { rows.liveRowCount + (lookedUp?.liveRowCount ?? 0) }
}

/// The partitions of a rollup's tables at one moment.
struct RollupSources: Sendable {
  var rows: [PartitionSnapshot]
  var lookedUp: [PartitionSnapshot]
}

/// What lies between a state and another moment.
struct RollupDifference: Sendable {
  let rows: SourceDifference
  let lookedUp: SourceDifference

  init(rows: SourceDifference, lookedUp: SourceDifference) {
    self.rows = rows
    self.lookedUp = lookedUp
  }

  init(from state: RollupState, to sources: RollupSources) {
    rows = SourceDifference(from: state.covered, to: sources.rows)
    lookedUp = SourceDifference(from: state.lookedUp, to: sources.lookedUp)
  }

  var isEmpty: Bool { rows.isEmpty && lookedUp.isEmpty }
  var rowCount: Int { rows.rowCount + lookedUp.rowCount }
}

extension RollupState {
  var sources: RollupSources { RollupSources(rows: covered, lookedUp: lookedUp) }
}

/// The stored tables of a snapshot.
final class SnapshotTables: TableProvider, Sendable {
  private let snapshot: Snapshot

  init(_ snapshot: Snapshot) { self.snapshot = snapshot }

  func table(_ id: TableID) -> TableSnapshot? { snapshot.table(id, scope: .unrestricted) }

  func table(_ id: TableID, holding keys: Batch) throws(ExecutionError) -> TableSnapshot? {
    do throws(StorageError) {
      return try snapshot.table(id, scope: .unrestricted, holding: keys)
    } catch {
      throw ExecutionError(error)
    }
  }

  func systemTable(_ name: RelationName) throws(ExecutionError) -> [Batch] { [] }
}
