internal import Columnar

/// Four tables of few groups, taken in turn by a batch's rows.
///
/// A table of few cells is added to at the same place again and again, and each addition waits for the one before it to reach memory: ten
/// cycles. With four tables they wait a quarter as long. The four cells of a group lie side by side.
enum InterleavedTables {
  static let groupsMax = 128
  static let cellCount = groupsMax * 4

  /// Whether the rows are so many and their groups so few that the tables are worth their sum at the end.
  static func suit(_ rows: GroupRows) -> Bool {
    rows.selection == nil && rows.groupCount <= groupsMax && rows.groupCount * 4 <= rows.count
  }

  /// The cell for a row; within ``cellCount`` whatever the group.
  @inline(__always)
  static func place(_ group: UInt32, _ row: Int) -> Int {
    (Int(truncatingIfNeeded: group) &<< 2 | row & 3) & (cellCount - 1)
  }
}
