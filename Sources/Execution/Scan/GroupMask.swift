internal import ColumnEncoding
internal import Columnar

/// Which rows of a group of at most 1,024 are still in: one bit a row, 0 behind the last.
struct GroupMask {
  var words = InlineArray<16, UInt64>(repeating: 0)

  /// The first `rowCount` rows.
  init(rowCount: Int) {
    precondition(rowCount >= 0 && rowCount <= groupRowCount)
    for word in 0..<16 {
      let rest = rowCount &- word &* 64
      words[word] = rest >= 64 ? ~0 : rest <= 0 ? 0 : (1 &<< UInt64(rest)) &- 1
    }
  }

  /// How many rows are in.
  var count: Int {
    var count = 0
    for word in 0..<16 { count &+= words[word].nonzeroBitCount }
    return count
  }

  mutating func formIntersection(_ other: GroupMask) {
    for word in 0..<16 { words[word] &= other.words[word] }
  }

  mutating func formUnion(_ other: GroupMask) {
    for word in 0..<16 { words[word] |= other.words[word] }
  }

  mutating func subtract(_ other: GroupMask) {
    for word in 0..<16 { words[word] &= ~other.words[word] }
  }

  /// Takes a row out.
  mutating func remove(_ row: Int) { words[row &>> 6] &= ~(1 &<< UInt64(row & 63)) }

  /// Keeps of the rows that are in those that `kept` numbers; both in the group's row numbers.
  mutating func keepOnly(_ kept: Span<UInt16>) {
    var fresh = InlineArray<16, UInt64>(repeating: 0)
    for place in kept.indices {
      let row = Int(kept[place])
      fresh[row &>> 6] |= 1 &<< UInt64(row & 63)
    }
    for word in 0..<16 { words[word] &= fresh[word] }
  }

  /// The row numbers that are in, ascending.
  ///
  /// - Parameter rows: Gets them.
  /// - Returns: How many.
  func rows(into rows: SelectionBuffer) -> Int {
    rows.reserve(groupRowCount)
    var places = rows.places
    return rowNumbers(of: words.span, into: &places)
  }
}
