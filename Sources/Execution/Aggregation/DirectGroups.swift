internal import Columnar
internal import Kernels

/// The numbers of groups of integer keys with known bounds: found by arithmetic, alike in every slot.
///
/// Column c contributes (value's place + 1) × stride, or 0 for NULL. A window of the numbers can stand for itself: one partition
/// of a grouping has the groups `window`, numbered from 0.
final class DirectGroups {
  private struct Dimension {
    var range: KeyRange
    /// Values and one more for NULL.
    var places: Int
    var stride: Int
  }

  private let dimensions: [Dimension]
  /// The numbers of this object's groups.
  let window: Range<Int>
  /// 1 for groups that have rows.
  private let seen: GroupArray<UInt8>
  private(set) var isOutOfRange = false

  /// How many groups there are at most; nil: more than `limit`.
  static func groupCount(of ranges: [KeyRange], limit: Int) -> Int? {
    var product = 1
    for range in ranges {
      guard let count = range.valueCount else { return nil }
      let (next, overflow) = product.multipliedReportingOverflow(by: count + 1)
      guard !overflow, next <= limit else { return nil }
      product = next
    }
    return product
  }

  /// - Parameters:
  ///   - ranges: Of the keys; few enough for ``groupCount(of:limit:)``.
  ///   - window: The numbers to hold; nil: all.
  init(_ ranges: [KeyRange], window: Range<Int>? = nil) {
    var stride = 1
    var dimensions: [Dimension] = []
    // The first key varies slowest: neighbours by the first keys are neighbours here.
    for range in ranges.reversed() {
      let places = (range.valueCount ?? 0) + 1
      dimensions.append(Dimension(range: range, places: places, stride: stride))
      stride *= places
    }
    self.dimensions = dimensions.reversed()
    self.window = window ?? 0..<stride
    seen = GroupArray(0, capacity: self.window.count)
  }

  var groupCount: Int { window.count }
  var columnCount: Int { dimensions.count }
  var byteCount: Int { seen.byteCount }

  /// Whether any row belongs to a group.
  func isSeen(_ group: Int) -> Bool { seen[group] != 0 }

  /// Computes the groups of rows, whose numbers lie in the window; returns the one group of them all, where it is one.
  func assign(_ keys: [Vector], rows: Int, into numbers: GroupArray<UInt32>) -> UInt32? {
    let low = window.lowerBound
    if let uniform = locate(keys, rows: rows, into: numbers) {
      seen[Int(uniform) - low] = 1
      return uniform - UInt32(truncatingIfNeeded: low)
    }
    guard !isOutOfRange else { return 0 }
    var out = numbers.mutableSpan
    var marks = seen.mutableSpan
    if low == 0 {
      mark(numbers.span, rows)
      return nil
    }
    for row in 0..<rows {
      let group = Int(out[row]) &- low
      marks[group] = 1
      out[row] = UInt32(truncatingIfNeeded: group)
    }
    return nil
  }

  /// Notes that groups have rows: those that ``locate(_:rows:into:)`` found.
  private func mark(_ groups: Span<UInt32>, _ rows: Int) {
    var marks = seen.mutableSpan
    precondition(rows <= groups.count && window.count <= marks.count)
    for row in 0..<rows {
      // SAFETY: every key lies within its bounds, so the number is one of the window.
      unsafe marks[unchecked: Int(groups[unchecked: row])] = 1
    }
  }

  /// The numbers of rows, without noting that they were seen; returns the one of them all, where it is one.
  func locate(_ keys: [Vector], rows: Int, into numbers: GroupArray<UInt32>) -> UInt32? {
    numbers.reserve(rows)
    var isUniform = true
    var uniform = 0
    for (dimension, vector) in zip(dimensions, keys) {
      if vector.hasNulls { isUniform = false }
      guard let range = extremes(of: vector, rows) else { continue }
      let bounds = dimension.range.bounds
      guard bounds.contains(range.low), bounds.contains(range.high) else {
        isOutOfRange = true
        return nil
      }
      if range.low != range.high { isUniform = false }
      let place = Int(dimension.range.step.quotient(range.low &- bounds.lowerBound)) + 1
      uniform += place * dimension.stride
    }
    if isUniform { return UInt32(truncatingIfNeeded: uniform) }
    fill(keys, rows, numbers)
    return nil
  }

  private func fill(_ keys: [Vector], _ rows: Int, _ numbers: GroupArray<UInt32>) {
    var out = numbers.mutableSpan
    precondition(rows <= out.count)
    for (place, dimension) in dimensions.enumerated() {
      let vector = keys[place]
      let lanes = vector.int64
      let low = dimension.range.bounds.lowerBound
      let step = dimension.range.step
      let stride = UInt32(truncatingIfNeeded: dimension.stride)
      step.addPlaces(
        lanes,
        above: low,
        stride: stride,
        rows: rows,
        to: &out,
        isFirst: place == 0
      )
      guard vector.hasNulls else { continue }
      // What the lane of a NULL row added is taken back.
      vector.forEachNull(among: rows) { row in
        out[row] = out[row] &- (step.quotient(lanes[row] &- low) &+ 1) &* stride
      }
    }
  }

  /// Makes of numbers groups of the window.
  func assign(numbers lanes: Span<Int64>, rows: Int, into numbers: GroupArray<UInt32>) {
    numbers.reserve(rows)
    var out = numbers.mutableSpan
    var marks = seen.mutableSpan
    let low = window.lowerBound
    precondition(rows <= lanes.count && rows <= out.count)
    for row in 0..<rows {
      // SAFETY: row < rows, checked above; `marks` checks the group.
      let group = unsafe Int(truncatingIfNeeded: lanes[unchecked: row]) &- low
      marks[group] = 1
      unsafe out[unchecked: row] = UInt32(truncatingIfNeeded: group)
    }
  }

  /// Writes column `column` of the keys of groups `first..<first + rows`.
  func write(_ column: Int, first: Int, rows: Int, into vector: Vector) {
    let dimension = dimensions[column]
    let low = dimension.range.bounds.lowerBound
    let unit = dimension.range.step.unit
    var out = vector.mutableInt64
    for row in 0..<rows {
      let number = window.lowerBound &+ first &+ row
      let place = number / dimension.stride % dimension.places
      if place == 0 {
        vector.setNull(row)
      } else {
        out[row] = low &+ Int64(place &- 1) &* unit
      }
    }
  }

  /// Takes in which groups another object over the same bounds saw.
  func formUnion(_ other: DirectGroups) {
    precondition(window == other.window && dimensions.count == other.dimensions.count)
    let theirs = other.seen.span
    var ours = seen.mutableSpan
    for group in 0..<groupCount { ours[group] |= theirs[group] }
  }
}
