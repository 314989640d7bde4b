package import Columnar

/// What is known of a block's or a chunk's rows without reading them.
package struct BlockStatistics: Sendable {
  package var rowCount: Int
  package var nullCount: Int
  /// Smallest of the rows that are not NULL, in lane units; `.null` when there is none or the kind
  /// has no order here (interval, decimals of several scales).
  ///
  /// NaN counts as the largest double. Bytes: the first 32 bytes of the smallest.
  package var minimum: Datum
  /// Largest of the rows that are not NULL; bytes: the first 32 bytes of it.
  package var maximum: Datum
  /// Bytes only: the true maximum is longer than ``maximum``, so it lies above it.
  package var isMaximumTruncated = false
  /// The exact sum of int64 and int128 lanes; nil where it means nothing or would overflow.
  package var sum: Int128?
  /// Rows ascend and none is NULL.
  package var isSorted: Bool

  package init(
    rowCount: Int,
    nullCount: Int,
    minimum: Datum,
    maximum: Datum,
    isMaximumTruncated: Bool = false,
    sum: Int128?,
    isSorted: Bool
  ) {
    self.rowCount = rowCount
    self.nullCount = nullCount
    self.minimum = minimum
    self.maximum = maximum
    self.isMaximumTruncated = isMaximumTruncated
    self.sum = sum
    self.isSorted = isSorted
  }

  /// Longest prefix of a string kept as a bound.
  package static let boundBytesMax = 32

  /// Adds the rows of `next`, which follow those of this one.
  package mutating func append(_ next: BlockStatistics) {
    let hadValues = nullCount < rowCount
    let hasValues = next.nullCount < next.rowCount
    let joinsInOrder =
      isSorted && next.isSorted && maximum.isBefore(next.minimum, orEqual: true) == true
      && !isMaximumTruncated
    rowCount += next.rowCount
    nullCount += next.nullCount
    isSorted = joinsInOrder
    if let a = sum, let b = next.sum {
      let (total, overflow) = a.addingReportingOverflow(b)
      sum = overflow ? nil : total
    } else {
      sum = nil
    }
    guard hasValues else { return }
    guard hadValues else {
      (minimum, maximum) = (next.minimum, next.maximum)
      isMaximumTruncated = next.isMaximumTruncated
      return
    }
    appendBounds(of: next)
  }

  private mutating func appendBounds(of next: BlockStatistics) {
    guard let nextIsLower = next.minimum.isBefore(minimum, orEqual: false),
      let nextIsHigher = maximum.isBefore(next.maximum, orEqual: false)
    else {
      (minimum, maximum, isMaximumTruncated) = (.null, .null, false)
      return
    }
    if nextIsLower { minimum = next.minimum }
    if nextIsHigher {
      maximum = next.maximum
      isMaximumTruncated = next.isMaximumTruncated
    } else if maximum.isBefore(next.maximum, orEqual: true) == true {
      isMaximumTruncated = isMaximumTruncated || next.isMaximumTruncated
    }
  }
}

extension Datum {
  /// Whether this is before `other` in the order of statistics; nil when the two have none.
  package func isBefore(_ other: Datum, orEqual: Bool) -> Bool? {
    switch (self, other) {
    case (.int64(let a), .int64(let b)): orEqual ? a <= b : a < b
    case (.boolean(let a), .boolean(let b)): orEqual ? !a || b : !a && b
    case (.int128(let a), .int128(let b)): orEqual ? a <= b : a < b
    case (.uuid(let a), .uuid(let b)): orEqual ? a <= b : a < b
    case (.double(let a), .double(let b)):
      orEqual ? b.isNaN || a <= b : (b.isNaN ? !a.isNaN : a < b)
    case (.bytes(let a), .bytes(let b)):
      orEqual ? !b.lexicographicallyPrecedes(a) : a.lexicographicallyPrecedes(b)
    case (.decimal(let a), .decimal(let b))
    where a.scale == b.scale && a.kind == .finite && b.kind == .finite:
      orEqual ? a.coefficient <= b.coefficient : a.coefficient < b.coefficient
    default: nil
    }
  }
}
