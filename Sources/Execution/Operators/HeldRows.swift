package import Catalog
package import Columnar
internal import Storage

/// A few rows of a table in memory, which plans over them share.
package final class HeldRows: @unchecked Sendable {
  private let columns: [ColumnID]
  // SAFETY: nobody writes to the vectors any more: pipelines read what they scan.
  private let rows: Batch
  /// More rows are read batch by batch.
  package static let rowsMax = groupRowCount

  /// - Parameters:
  ///   - columns: Columns of the table.
  ///   - rows: A vector a column, given away.
  package init(_ columns: [ColumnID], _ rows: Batch) {
    precondition(columns.count == rows.columns.count && rows.rowCount <= Self.rowsMax)
    self.columns = columns
    self.rows = rows
  }

  package var rowCount: Int { rows.rowCount }

  /// Whether it has some columns.
  package func has(_ wanted: [ColumnID]) -> Bool { wanted.allSatisfy(columns.contains) }

  /// Some of the rows.
  package func picking(_ numbers: [Int32]) -> HeldRows {
    let picked = Batch(kinds: rows.columns.map(\.kind), capacity: max(1, numbers.count))
    picked.append(from: rows, rows: numbers)
    return HeldRows(columns, picked)
  }

  /// Vectors of columns that are there.
  func vectors(_ wanted: [ColumnID]) -> [Vector] {
    wanted.map { id in
      guard let place = columns.firstIndex(of: id) else { preconditionFailure("a column is held") }
      return rows.columns[place]
    }
  }
}
