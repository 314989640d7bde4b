/// Rows on their way between two operators: one vector a column, rows 0..<`rowCount` of each.
///
/// A batch is dense: a filter hands on vectors that hold only the rows that passed. The vectors belong to
/// whoever made the batch and are filled again for the next one; a receiver that keeps rows copies them.
package final class Batch {
  package var columns: [Vector]
  package var rowCount: Int

  package init(columns: [Vector], rowCount: Int = 0) {
    self.columns = columns
    self.rowCount = rowCount
  }

  /// A batch with fresh vectors of `kinds`.
  package convenience init(kinds: [LaneKind], capacity: Int = vectorRowsMax) {
    self.init(columns: kinds.map { Vector(kind: $0, capacity: capacity) })
  }
}
