internal import Columnar

/// Groups of one integer key with known bounds: group 0 is NULL, group g the value low + g - 1.
final class DirectGroups {
  let low: Int64
  let groupCount: Int
  /// 1 for groups that have rows.
  let seen: GroupArray<UInt8>
  private(set) var isOutOfRange = false

  init(_ range: ClosedRange<Int64>) {
    low = range.lowerBound
    groupCount = Int(range.upperBound &- range.lowerBound) + 2
    seen = GroupArray(0, capacity: groupCount)
  }

  var byteCount: Int { seen.byteCount }

  /// Computes the groups of rows; returns the one group of them all, where it is one.
  func assign(_ vector: Vector, rows: Int, into numbers: GroupArray<UInt32>) -> UInt32? {
    if let range = extremes(of: vector, rows) {
      let span = Int64(groupCount - 1)
      let (above, overflow) = range.high.subtractingReportingOverflow(low)
      guard range.low >= low, !overflow, above < span else {
        isOutOfRange = true
        return 0
      }
      if range.low == range.high, !vector.hasNulls {
        let group = Int(above) + 1
        seen[group] = 1
        return UInt32(truncatingIfNeeded: group)
      }
    }
    let lanes = vector.int64
    var out = numbers.mutableSpan
    var marks = seen.mutableSpan
    precondition(rows <= lanes.count && rows <= out.count)
    for row in 0..<rows {
      // SAFETY: row < rows, checked above.
      unsafe out[unchecked: row] =
        unsafe UInt32(truncatingIfNeeded: lanes[unchecked: row] &- low) &+ 1
    }
    if vector.hasNulls {
      for row in 0..<rows where !vector.isValid(row) { out[row] = 0 }
    }
    for row in 0..<rows { marks[Int(out[row])] = 1 }
    return nil
  }

  /// Writes the keys of groups.
  func write(first: Int, rows: Int, into vector: Vector) {
    var out = vector.mutableInt64
    for row in 0..<rows { out[row] = low &+ Int64(first &+ row) &- 1 }
    if first == 0 { vector.setNull(0) }
  }

  /// Takes in which groups another index saw; false: it numbers them otherwise.
  func formUnion(_ other: DirectGroups) -> Bool {
    guard other.low == low, other.groupCount == groupCount else { return false }
    let theirs = other.seen.span
    var ours = seen.mutableSpan
    for group in 0..<groupCount { ours[group] |= theirs[group] }
    return true
  }
}
