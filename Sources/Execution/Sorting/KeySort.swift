internal import Columnar

/// A key of a row as a machine word, so that most comparisons touch nothing else.
struct SortEntry: BitwiseCopyable {
  var word: UInt64
  var row: UInt32
  /// 0: NULL before the values, 1: a value, 2: NULL behind them.
  var rank: UInt32

  /// What sorting takes for each row: an entry, half of one while parts are merged, its number in the end.
  static let sortingBytes = 28

  /// Whether the entry comes first; equal ones stay in the order of their rows.
  @inline(__always)
  func isBefore(_ other: SortEntry) -> Bool {
    if rank != other.rank { return rank < other.rank }
    return word != other.word ? word < other.word : row < other.row
  }
}

/// Sorts the numbers of kept rows.
///
/// Rows that are equal in all keys keep their order.
func sortedRows(_ rows: RowStore, _ order: SortOrder) -> [UInt32] {
  var entries = (0..<rows.rowCount).map {
    SortEntry(word: 0, row: UInt32(truncatingIfNeeded: $0), rank: 0)
  }
  KeySort(columns: rows.columns, order: order).sort(&entries, 0..<entries.count, by: 0)
  return entries.map(\.row)
}

/// Sorts by one key after the other: rows that are equal in one are sorted by the next.
///
/// So the words of a key lie side by side while it is compared, and no comparison looks into the columns.
private struct KeySort {
  private let columns: [Vector]
  private let order: SortOrder
  /// Of the keys from each place on.
  private let comparators: [RowComparator]

  init(columns: [Vector], order: SortOrder) {
    self.columns = columns
    self.order = order
    comparators = order.keys.indices.map {
      SortOrder(keys: Array(order.keys[$0...])).comparator(columns)
    }
  }

  /// Sorts entries that are equal in the keys before `place`.
  func sort(_ entries: inout [SortEntry], _ range: Range<Int>, by place: Int) {
    guard place < order.keys.count, range.count > 1 else { return }
    let key = order.keys[place]
    let column = columns[key.column]
    for index in range { entries[index].look(column, key) }
    Self.sortWords(&entries, range)
    let isExact = isExact(column.kind)
    if isExact, place + 1 == order.keys.count { return }
    var first = range.lowerBound
    while first < range.upperBound {
      let one = entries[first]
      var end = first + 1
      while end < range.upperBound, entries[end].word == one.word, entries[end].rank == one.rank {
        end += 1
      }
      if end - first > 1 {
        if isExact || one.rank != 1 {
          sort(&entries, first..<end, by: place + 1)
        } else {
          compare(&entries, first..<end, from: place)
        }
      }
      first = end
    }
  }

  /// Fewer entries than these are sorted by insertion.
  private static let few = 24

  private static func sortWords(_ entries: inout [SortEntry], _ range: Range<Int>) {
    if range.count == entries.count { return entries.sort { $0.isBefore($1) } }
    guard range.count < few else { return entries[range].sort { $0.isBefore($1) } }
    for index in range.dropFirst() {
      let one = entries[index]
      var place = index
      while place > range.lowerBound, one.isBefore(entries[place - 1]) {
        entries[place] = entries[place - 1]
        place -= 1
      }
      entries[place] = one
    }
  }

  /// Sorts entries whose words say too little, by the key at `place` and those behind it.
  private func compare(_ entries: inout [SortEntry], _ range: Range<Int>, from place: Int) {
    let comparator = comparators[place]
    entries[range].sort { a, b in
      let order = comparator.order(Int(a.row), Int(b.row))
      return order != 0 ? order < 0 : a.row < b.row
    }
  }
}

extension SortEntry {
  /// Takes the row's value of a key.
  @inline(__always)
  fileprivate mutating func look(_ column: Vector, _ key: SortOrder.Key) {
    guard column.isValid(Int(row)) else {
      (word, rank) = (0, key.nullsFirst ? 0 : 2)
      return
    }
    let value = sortWord(column, Int(row))
    (word, rank) = (key.isDescending ? ~value : value, 1)
  }
}
