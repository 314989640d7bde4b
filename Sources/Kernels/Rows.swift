package import Columnar

// Single rows of two vectors against each other, and runs of rows from one vector to another; what
// hash tables, sorts and joins are made of.

/// Whether two rows are the same for GROUP BY and DISTINCT: NULL equals NULL.
package func rowsAreEqual(_ a: Vector, _ i: Int, _ b: Vector, _ j: Int) -> Bool {
  let (x, y) = (a.isValid(i), b.isValid(j))
  guard x, y else { return x == y }
  return switch a.kind {
  case .bool: a.bool[i] == b.bool[j]
  case .int64: a.int64[i] == b.int64[j]
  default: compareRows(a, i, b, j) == 0
  }
}

/// Below, at or above 0 as row `i` of `a` is before, equal to or after row `j` of `b`; neither is NULL.
package func compareRows(_ a: Vector, _ i: Int, _ b: Vector, _ j: Int) -> Int {
  precondition(a.kind == b.kind)
  switch a.kind {
  case .bool: return order(a.bool[i], b.bool[j])
  case .int64: return order(a.int64[i], b.int64[j])
  case .int128: return order(a.int128[i], b.int128[j])
  case .uuid: return order(a.uuid[i], b.uuid[j])
  case .interval: return order(a.interval[i].linear, b.interval[j].linear)
  case .float64: return order(a.float64[i], b.float64[j])
  case .decimal: return order(a.decimal[i], b.decimal[j])
  case .bytes:
    if let dictionary = a.dictionary, dictionary === b.dictionary, a.codes[i] == b.codes[j] {
      return 0
    }
    return a.bytes(at: i).order(b.bytes(at: j))
  }
}

@inline(__always)
private func order<T: Comparable>(_ x: T, _ y: T) -> Int { x < y ? -1 : (x == y ? 0 : 1) }

/// NaN is after everything else and equal to itself.
@inline(__always)
private func order(_ x: Double, _ y: Double) -> Int {
  if x < y { return -1 }
  if x == y { return 0 }
  if x > y { return 1 }
  return x != x ? (y != y ? 0 : 1) : -1
}

/// Numerics by value, whatever their scales: -infinity, numbers, infinity, NaN.
package func order(_ x: Decimal, _ y: Decimal) -> Int {
  guard x.isNarrow, y.isNarrow else { return x.compare(y) }
  if x.scale == y.scale { return order(x.coefficient, y.coefficient) }
  let powers = PowersOfTen.all
  if x.scale < y.scale {
    let (scaled, overflow) = x.coefficient.multipliedReportingOverflow(
      by: powers[Int(y.scale - x.scale)]
    )
    return overflow ? (x.coefficient < 0 ? -1 : 1) : order(scaled, y.coefficient)
  }
  return -order(y, x)
}

extension Vector {
  /// The bytes of a row of a bytes vector in either form; of a NULL row something harmless.
  @inline(__always)
  package func bytes(at row: Int) -> ByteView {
    guard let dictionary else { return views[row] }
    let code = Int(codes[row])
    return code < dictionary.count ? dictionary[code] : .empty
  }
}

/// Copies rows `from` ..< `from` + `count` of `source` to `target`, row `at` and on; as
/// ``gather(_:_:into:at:)`` for a run of rows, of any number.
package func copyRows(
  _ source: Vector,
  from: Int,
  count: Int,
  into target: Vector,
  at: Int
) {
  precondition(source.kind == target.kind && from >= 0 && from + count <= source.capacity)
  if at == 0 { target.reset() }
  target.reserve(at + count)
  if source.hasNulls {
    if !target.hasNulls { target.beginNulls() }
    copyBits(source.validity, from: from, count: count, into: target, at: at)
  } else if target.hasNulls {
    setValidity(target, from: at, count: count, valid: true)
  }
  switch source.kind {
  case .bool:
    var out = target.mutableBool
    copyLanes(source.bool, from, count, &out, at)
  case .int64:
    var out = target.mutableInt64
    copyLanes(source.int64, from, count, &out, at)
  case .int128:
    var out = target.mutableInt128
    copyLanes(source.int128, from, count, &out, at)
  case .float64:
    var out = target.mutableFloat64
    copyLanes(source.float64, from, count, &out, at)
  case .decimal:
    var out = target.mutableDecimal
    copyLanes(source.decimal, from, count, &out, at)
    target.keepWides(of: source, at..<at + count)
  case .uuid:
    var out = target.mutableUUID
    copyLanes(source.uuid, from, count, &out, at)
  case .interval:
    var out = target.mutableInterval
    copyLanes(source.interval, from, count, &out, at)
  case .bytes: copyStrings(source, from, count, into: target, at)
  }
}

@inline(__always)
private func copyLanes<T: BitwiseCopyable>(
  _ lanes: Span<T>,
  _ from: Int,
  _ count: Int,
  _ out: inout MutableSpan<T>,
  _ at: Int
) {
  precondition(from >= 0 && at >= 0 && count >= 0)
  precondition(from + count <= lanes.count && at + count <= out.count)
  // SAFETY: both runs are within their spans.
  for i in 0..<count { unsafe out[unchecked: at &+ i] = unsafe lanes[unchecked: from &+ i] }
}

private func copyStrings(
  _ source: Vector,
  _ from: Int,
  _ count: Int,
  into target: Vector,
  _ at: Int
) {
  if let dictionary = source.dictionary, at == 0 || target.dictionary === dictionary {
    target.dictionary = dictionary
    var out = target.mutableCodes
    copyLanes(source.codes, from, count, &out, at)
    return
  }
  spellOut(target, rows: at)
  target.retainOwners(of: source)
  var out = target.mutableViews
  guard source.dictionary != nil else {
    copyLanes(source.views, from, count, &out, at)
    return
  }
  for i in 0..<count { out[at + i] = source.bytes(at: from + i) }
}

/// Copies validity bits; both sides have bitmaps.
private func copyBits(
  _ from: Span<UInt64>,
  from first: Int,
  count: Int,
  into target: Vector,
  at: Int
) {
  var to = target.mutableValidity
  if first & 63 == 0, at & 63 == 0 {
    let words = count / 64
    for word in 0..<words { to[at / 64 + word] = from[first / 64 + word] }
    for i in words * 64..<count { copyBit(from, first + i, &to, at + i) }
  } else {
    for i in 0..<count { copyBit(from, first + i, &to, at + i) }
  }
}

@inline(__always)
private func copyBit(
  _ from: Span<UInt64>,
  _ row: Int,
  _ to: inout MutableSpan<UInt64>,
  _ place: Int
) {
  let bit = from[row &>> 6] &>> UInt64(row & 63) & 1
  let shift = UInt64(place & 63)
  to[place &>> 6] = to[place &>> 6] & ~(1 &<< shift) | bit &<< shift
}
