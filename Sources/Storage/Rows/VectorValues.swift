// One value of a vector, and the order of two: for keys, error facts and merging, where rows are few
// or comparison dominates anyway.

internal import ColumnEncoding
package import Columnar

extension Vector {
  /// The value of a row.
  func datum(at row: Int) -> Datum {
    guard isValid(row) else { return .null }
    switch kind {
    case .bool: return .boolean(bool[row] != 0)
    case .int64: return .int64(int64[row])
    case .int128: return .int128(int128[row])
    case .float64: return .double(float64[row])
    case .decimal: return Datum(numeric: decimal[row])
    case .uuid: return .uuid(uuid[row])
    case .interval: return .interval(interval[row])
    case .bytes: return .bytes(view(at: row).bytes)
    }
  }

  /// Where the bytes of a row lie, with or without a dictionary.
  func view(at row: Int) -> ByteView {
    if let dictionary { return dictionary[Int(codes[row])] }
    return views[row]
  }

  /// Whether two rows hold the same key value; NULL equals nothing.
  package func isSameKey(_ row: Int, as other: Vector, _ otherRow: Int) -> Bool {
    precondition(kind == other.kind)
    guard isValid(row), other.isValid(otherRow) else { return false }
    return orderOfValues(row, other, otherRow) == 0
  }

  /// Below, at or above 0 as `row` comes before, with or after `otherRow` in ascending order, NULLs
  /// last.
  func order(_ row: Int, _ other: Vector, _ otherRow: Int) -> Int {
    precondition(kind == other.kind)
    switch (isValid(row), other.isValid(otherRow)) {
    case (true, true): return orderOfValues(row, other, otherRow)
    case (true, false): return -1
    case (false, true): return 1
    case (false, false): return 0
    }
  }

  private func orderOfValues(_ row: Int, _ other: Vector, _ otherRow: Int) -> Int {
    switch kind {
    case .bool: return threeWay(bool[row], other.bool[otherRow])
    case .int64: return threeWay(int64[row], other.int64[otherRow])
    case .int128: return threeWay(int128[row], other.int128[otherRow])
    case .uuid: return threeWay(uuid[row], other.uuid[otherRow])
    case .float64: return orderOfDoubles(float64[row], other.float64[otherRow])
    case .decimal: return decimal[row].compare(other.decimal[otherRow])
    case .bytes: return view(at: row).order(other.view(at: otherRow))
    case .interval: return orderOfIntervals(interval[row], other.interval[otherRow])
    }
  }
}

@inline(__always)
private func threeWay<T: Comparable>(_ a: T, _ b: T) -> Int { a < b ? -1 : (a == b ? 0 : 1) }

/// PostgreSQL's order: NaN equals NaN and is above everything.
private func orderOfDoubles(_ a: Double, _ b: Double) -> Int {
  if a.isNaN || b.isNaN { return a.isNaN ? (b.isNaN ? 0 : 1) : -1 }
  return threeWay(a, b)
}

/// PostgreSQL's order: a month counts 30 days, a day 24 hours.
private func orderOfIntervals(_ a: Interval, _ b: Interval) -> Int {
  func span(_ value: Interval) -> Int128 {
    (Int128(value.months) * 30 + Int128(value.days)) * 86_400_000_000 + Int128(value.microseconds)
  }
  return threeWay(span(a), span(b))
}

extension Vector {
  /// Sets rows 0..<`rowCount` to one value.
  func fill(with value: Datum, rowCount: Int) {
    reserve(rowCount)
    for row in 0..<rowCount { set(value, at: row) }
  }
}
