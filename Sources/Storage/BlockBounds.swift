package import ColumnEncoding
internal import Columnar

/// Bounds of the blocks of an integer column, side by side: what conditions ask of all blocks of a source.
///
/// Statistics hold values of any kind; of a thousand blocks that is a thousand values to copy and to take apart.
package final class BlockBounds: Sendable {
  /// What is known of a block.
  package enum Knowledge: UInt8, Sendable {
    /// Bounds; no row is NULL.
    case bounds
    /// Bounds of the rows that are not NULL; some are.
    case boundsBesideNulls
    /// All rows are NULL.
    case onlyNulls
    case nothing
  }

  package let lows: [Int64]
  package let highs: [Int64]
  package let knowledge: [Knowledge]

  /// - Parameter statistics: Of the blocks.
  package init(_ statistics: [BlockStatistics]) {
    var (lows, highs, knowledge): ([Int64], [Int64], [Knowledge]) = ([], [], [])
    for block in statistics {
      var (low, high): (Int64, Int64) = (.min, .max)
      var known = Knowledge.nothing
      if block.nullCount == block.rowCount {
        known = .onlyNulls
      } else if case .int64(let least) = block.minimum, case .int64(let largest) = block.maximum {
        (low, high) = (least, largest)
        known = block.nullCount == 0 ? .bounds : .boundsBesideNulls
      }
      lows.append(low)
      highs.append(high)
      knowledge.append(known)
    }
    self.lows = lows
    self.highs = highs
    self.knowledge = knowledge
  }
}
