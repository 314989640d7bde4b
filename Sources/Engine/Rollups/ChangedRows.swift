import Catalog
import Columnar
import Execution
import Storage
import Synchronization

/// Rows that came or went, read once for all rollups of their table.
///
/// A locator never comes to mean another row, so rows are known by theirs; what is kept is a copy and holds no file.
final class ChangedRows: Sendable {
  private struct Known {
    var table: TableID
    var locators: [UInt64]
    /// A column may have got another type.
    var types: [ColumnID: LogicalType]
    var rows: HeldRows
  }
  private let known = Mutex<[Known]>([])
  /// So many sets of rows are kept: two tables' comings and goings, some rounds of them.
  private static let setsMax = 12

  /// Some sources' wanted rows in memory.
  ///
  /// - Parameters:
  ///   - sources: With wanted rows.
  ///   - table: Their table.
  ///   - columns: Columns that are needed.
  ///   - all: Columns that others will ask for, too: the rows are kept for them; nil: nobody will.
  /// - Returns: nil: the rows are too many.
  /// - Throws: What reading them raises.
  func rows(
    of sources: [SourceSnapshot],
    _ table: TableDefinition,
    _ columns: Set<ColumnID>,
    sharedAs all: Set<ColumnID>?
  ) throws(EngineError) -> HeldRows? {
    guard let gather = RowGather(RollupWorker.snapshot(table, sources)),
      gather.rowCount <= HeldRows.rowsMax
    else { return nil }
    let isShared = !sources.contains(where: \.isOwn)
    let types = table.types(of: columns)
    if isShared, let rows = find(gather.locators, table.id, types) { return rows }
    let rows = try Self.read(gather, table, all ?? columns)
    if isShared, let all {
      let one = Known(
        table: table.id,
        locators: gather.locators,
        types: table.types(of: all),
        rows: rows
      )
      known.withLock { known in
        if known.count >= Self.setsMax { known.removeFirst() }
        known.append(one)
      }
    }
    return rows
  }

  private func find(
    _ locators: [UInt64],
    _ table: TableID,
    _ types: [ColumnID: LogicalType]
  ) -> HeldRows? {
    known.withLock { known in
      known.last { one in
        one.table == table && one.locators == locators
          && types.allSatisfy { one.types[$0.key] == $0.value }
      }?.rows
    }
  }

  /// Reads rows into memory of their own.
  static func read(
    _ gather: RowGather,
    _ table: TableDefinition,
    _ columns: Set<ColumnID>
  ) throws(EngineError) -> HeldRows {
    let part = table.columns.filter { columns.contains($0.id) }
    let kinds = part.map(\.type.laneKind)
    let capacity = max(1, gather.rowCount)
    let batch = Batch(kinds: kinds, capacity: capacity)
    _ = try stored { () throws(StorageError) in
      try gather.read(0..<gather.rowCount, columns: part.map(\.id), into: batch.columns)
    }
    batch.rowCount = gather.rowCount
    // Strings lie in blocks, which are not to be kept.
    let own = Batch(kinds: kinds, capacity: capacity)
    own.append(from: batch, rows: (0..<Int32(batch.rowCount)).map { $0 })
    return HeldRows(part.map(\.id), own)
  }
}

extension TableDefinition {
  /// The types of some columns.
  fileprivate func types(of columns: Set<ColumnID>) -> [ColumnID: LogicalType] {
    var types: [ColumnID: LogicalType] = [:]
    for column in self.columns where columns.contains(column.id) { types[column.id] = column.type }
    return types
  }
}
