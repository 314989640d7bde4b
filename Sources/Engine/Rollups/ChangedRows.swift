import Catalog
import Columnar
import Storage
import Synchronization

/// Rows that came or went, read once for all rollups of their table.
///
/// A locator never comes to mean another row, so rows are known by theirs; what is kept is a copy and holds no file.
final class ChangedRows: Sendable {
  private struct Key: Equatable {
    var table: TableID
    var columns: [ColumnID]
    var types: [LogicalType]
    var locators: [UInt64]
  }
  private let known = Mutex<[(key: Key, rows: any RowSource)]>([])
  /// So many sets of rows are kept: two tables' comings and goings, some rounds of them.
  private static let setsMax = 12

  /// A copy of some sources' wanted rows in memory.
  ///
  /// - Parameters:
  ///   - sources: With wanted rows.
  ///   - table: Their table.
  ///   - columns: The columns that are copied.
  ///   - isMade: Whether a copy is made where there is none.
  ///   - blockRowCount: Rows of a block of the copy.
  /// - Returns: nil: there is none, the rows are too many, or not committed.
  /// - Throws: What reading them raises.
  func copy(
    of sources: [SourceSnapshot],
    _ table: TableDefinition,
    _ columns: Set<ColumnID>,
    isMade: Bool,
    blockRowCount: Int
  ) throws(EngineError) -> SourceSnapshot? {
    var locators: [UInt64] = []
    for source in sources {
      guard let wanted = source.wantedRows, !source.isOwn,
        locators.count + wanted.count <= groupRowCount
      else { return nil }
      locators += wanted.map { source.locatorBase + UInt64($0) }
    }
    var part = table
    part.columns = table.columns.filter { columns.contains($0.id) }
    let key = Key(
      table: table.id,
      columns: part.columns.map(\.id),
      types: part.columns.map(\.type),
      locators: locators
    )
    if let rows = known.withLock({ $0.last { $0.key == key }?.rows }) {
      return SourceSnapshot(source: rows, locatorBase: 0)
    }
    guard isMade, let rows = try read(sources, part, blockRowCount) else { return nil }
    known.withLock { known in
      if known.count >= Self.setsMax { known.removeFirst() }
      known.append((key, rows))
    }
    return SourceSnapshot(source: rows, locatorBase: 0)
  }

  private func read(
    _ sources: [SourceSnapshot],
    _ part: TableDefinition,
    _ blockRowCount: Int
  ) throws(EngineError) -> (any RowSource)? {
    let snapshot = RollupWorker.snapshot(part, sources)
    guard let gather = RowGather(snapshot), gather.rowCount > 0 else { return nil }
    let batch = Batch(kinds: part.columns.map(\.type.laneKind), capacity: gather.rowCount)
    let rows = MemoryRows(definition: part, blockRowCount: blockRowCount)
    return try stored { () throws(StorageError) in
      try gather.read(
        0..<gather.rowCount,
        columns: part.columns.map(\.id),
        into: batch.columns
      )
      batch.rowCount = gather.rowCount
      rows.append(batch)
      return try rows.finish()
    }
  }
}
