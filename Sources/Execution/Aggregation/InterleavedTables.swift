internal import Columnar

// Sums and counts of a batch into few groups. A table of few cells is added to at the same place again and again, and each addition waits
// for the one before it to reach memory; four tables, taken in turn, wait a quarter as long.

/// Counts of a batch's rows by group, in four tables.
struct InterleavedCounts {
  static let groupsMax = 16
  private var cells = InlineArray<64, UInt32>(repeating: 0)

  /// Counts all rows, whose groups are below ``groupsMax``.
  mutating func count(_ rows: GroupRows) {
    let numbers = rows.numbers.span
    precondition(rows.count <= numbers.count && rows.groupCount <= Self.groupsMax)
    for row in 0..<rows.count {
      // SAFETY: row < rows.count; the mask keeps the place inside.
      let group = unsafe Int(truncatingIfNeeded: numbers[unchecked: row])
      unsafe cells[unchecked: (group &<< 2 | row & 3) & 63] &+= 1
    }
  }

  /// What a group's four tables hold.
  func total(_ group: Int) -> Int64 {
    (0..<4).reduce(0) { $0 + Int64(cells[group * 4 + $1]) }
  }
}

/// Sums and counts of a batch's rows by group, in four tables.
struct InterleavedSums {
  static let groupsMax = 16
  private var sums = InlineArray<64, Int64>(repeating: 0)
  private var counts = InlineArray<64, UInt32>(repeating: 0)

  /// Adds the lanes of all rows, whose groups are below ``groupsMax``; sums wrap around, which the caller has ruled out.
  mutating func add(_ lanes: Span<Int64>, _ rows: GroupRows) {
    let numbers = rows.numbers.span
    precondition(
      rows.count <= numbers.count && rows.count <= lanes.count && rows.groupCount <= Self.groupsMax
    )
    for row in 0..<rows.count {
      // SAFETY: row < rows.count; the mask keeps the place inside.
      let group = unsafe Int(truncatingIfNeeded: numbers[unchecked: row])
      let place = (group &<< 2 | row & 3) & 63
      unsafe sums[unchecked: place] &+= unsafe lanes[unchecked: row]
      unsafe counts[unchecked: place] &+= 1
    }
  }

  func sum(_ group: Int) -> Int64 { (0..<4).reduce(0) { $0 &+ sums[group * 4 + $1] } }

  func count(_ group: Int) -> Int64 { (0..<4).reduce(0) { $0 + Int64(counts[group * 4 + $1]) } }
}
