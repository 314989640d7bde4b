import Columnar

// Copies of lanes between vectors: ranges, selections of one batch, and row numbers of kept rows. One switch on
// the lane kind a call; the loops are generic and specialised here.

/// How a copied string stays alive.
enum BytesOwnership {
  /// The bytes are copied into the target.
  case copy
  /// The target's owner sees to it; e.g. the target retains the source's owners.
  case share
}

/// The row number that stands for no row: the lane becomes NULL.
let absentRow = UInt32.max

/// Copies rows `first..<first + count` of `source` to rows `at...` of `target`, NULLs included.
func copyRows(
  _ source: Vector,
  first: Int,
  count: Int,
  to target: Vector,
  at: Int,
  bytes: BytesOwnership
) {
  precondition(source.kind == target.kind && first + count <= source.capacity)
  target.reserve(at + count)
  switch source.kind {
  case .bool:
    var out = target.mutableBool
    copySpan(source.bool, first, count, &out, at)
  case .int64:
    var out = target.mutableInt64
    copySpan(source.int64, first, count, &out, at)
  case .int128:
    var out = target.mutableInt128
    copySpan(source.int128, first, count, &out, at)
  case .float64:
    var out = target.mutableFloat64
    copySpan(source.float64, first, count, &out, at)
  case .decimal:
    var out = target.mutableDecimal
    copySpan(source.decimal, first, count, &out, at)
    target.keepWides(of: source, at..<at + count)
  case .uuid:
    var out = target.mutableUUID
    copySpan(source.uuid, first, count, &out, at)
  case .interval:
    var out = target.mutableInterval
    copySpan(source.interval, first, count, &out, at)
  case .bytes:
    copyBytes(source, count, to: target, at: at, bytes: bytes) { first &+ $0 }
  }
  copyValidity(source, count, to: target, at: at) { first &+ $0 }
}

/// Copies the rows numbered by `rows` of `source` to rows `at...` of `target`, NULLs included.
func copyRows(
  _ source: Vector,
  rows: Span<UInt16>,
  to target: Vector,
  at: Int,
  bytes: BytesOwnership
) {
  precondition(source.kind == target.kind)
  let count = rows.count
  target.reserve(at + count)
  switch source.kind {
  case .bool:
    var out = target.mutableBool
    gatherSpan(source.bool, rows, &out, at)
  case .int64:
    var out = target.mutableInt64
    gatherSpan(source.int64, rows, &out, at)
  case .int128:
    var out = target.mutableInt128
    gatherSpan(source.int128, rows, &out, at)
  case .float64:
    var out = target.mutableFloat64
    gatherSpan(source.float64, rows, &out, at)
  case .decimal:
    var out = target.mutableDecimal
    gatherSpan(source.decimal, rows, &out, at)
    target.keepWides(of: source, at..<at + count)
  case .uuid:
    var out = target.mutableUUID
    gatherSpan(source.uuid, rows, &out, at)
  case .interval:
    var out = target.mutableInterval
    gatherSpan(source.interval, rows, &out, at)
  case .bytes:
    copyBytes(source, count, to: target, at: at, bytes: bytes) { Int(rows[$0]) }
  }
  copyValidity(source, count, to: target, at: at) { Int(rows[$0]) }
}

/// Copies the rows numbered by `rows` of kept `source` to the first rows of `target`.
///
/// ``absentRow`` becomes NULL where `mayBeAbsent`.
func copyRows(
  _ source: Vector,
  rows: Span<UInt32>,
  to target: Vector,
  mayBeAbsent: Bool,
  bytes: BytesOwnership
) {
  precondition(source.kind == target.kind)
  let count = rows.count
  target.reserve(count)
  target.hasNulls = false
  switch source.kind {
  case .bool:
    var out = target.mutableBool
    gatherKept(source.bool, rows, &out)
  case .int64:
    var out = target.mutableInt64
    gatherKept(source.int64, rows, &out)
  case .int128:
    var out = target.mutableInt128
    gatherKept(source.int128, rows, &out)
  case .float64:
    var out = target.mutableFloat64
    gatherKept(source.float64, rows, &out)
  case .decimal:
    var out = target.mutableDecimal
    gatherKept(source.decimal, rows, &out)
    target.keepWides(of: source, 0..<count)
  case .uuid:
    var out = target.mutableUUID
    gatherKept(source.uuid, rows, &out)
  case .interval:
    var out = target.mutableInterval
    gatherKept(source.interval, rows, &out)
  case .bytes:
    if let dictionary = source.dictionary, bytes == .share {
      target.dictionary = dictionary
      var out = target.mutableCodes
      gatherKept(source.codes, rows, &out)
    } else {
      copyBytes(source, count, to: target, at: 0, bytes: bytes) { row in
        rows[row] == absentRow ? 0 : Int(rows[row])
      }
    }
  }
  if mayBeAbsent {
    for row in 0..<count where rows[row] == absentRow { target.setNull(row) }
  }
  if source.hasNulls {
    for row in 0..<count where rows[row] != absentRow && !source.isValid(Int(rows[row])) {
      target.setNull(row)
    }
  }
}

// MARK: Loops

@inline(__always)
private func copySpan<T: BitwiseCopyable>(
  _ source: Span<T>,
  _ first: Int,
  _ count: Int,
  _ target: inout MutableSpan<T>,
  _ at: Int
) {
  precondition(first >= 0 && at >= 0 && first + count <= source.count && at + count <= target.count)
  for row in 0..<count {
    // SAFETY: the precondition above.
    unsafe target[unchecked: at &+ row] = unsafe source[unchecked: first &+ row]
  }
}

@inline(__always)
private func gatherSpan<T: BitwiseCopyable>(
  _ source: Span<T>,
  _ rows: Span<UInt16>,
  _ target: inout MutableSpan<T>,
  _ at: Int
) {
  precondition(at >= 0 && at + rows.count <= target.count)
  precondition(rows.isEmpty || Int(rows[rows.count - 1]) < source.count)
  for row in rows.indices {
    // SAFETY: selections ascend, so the last row number, checked above, is the largest.
    unsafe target[unchecked: at &+ row] = unsafe source[unchecked: Int(rows[unchecked: row])]
  }
}

@inline(__always)
private func gatherKept<T: BitwiseCopyable>(
  _ source: Span<T>,
  _ rows: Span<UInt32>,
  _ target: inout MutableSpan<T>
) {
  precondition(rows.count <= target.count)
  let limit = UInt32(truncatingIfNeeded: source.count)
  guard limit > 0 else { return }
  for row in rows.indices {
    let from = rows[row]
    // SAFETY: the row number is below source.count or replaced by 0, which is there.
    unsafe target[unchecked: row] = unsafe source[unchecked: Int(from < limit ? from : 0)]
  }
}

@inline(__always)
private func copyBytes(
  _ source: Vector,
  _ count: Int,
  to target: Vector,
  at: Int,
  bytes: BytesOwnership,
  _ row: (Int) -> Int
) {
  if let dictionary = source.dictionary {
    if bytes == .copy { target.retain(dictionary) }
    let codes = source.codes
    let strings = dictionary.entries
    let entries = strings.span
    var out = target.mutableViews
    for place in 0..<count {
      let code = Int(codes[row(place)])
      // A NULL row's code may be anything.
      out[at &+ place] = code < entries.count ? entries[code] : emptyView
    }
    return
  }
  let views = source.views
  if bytes == .share {
    var out = target.mutableViews
    for place in 0..<count { out[at &+ place] = views[row(place)] }
    return
  }
  for place in 0..<count {
    let from = row(place)
    let kept = source.isValid(from) ? target.store(views[from].span) : emptyView
    var out = target.mutableViews
    out[at &+ place] = kept
  }
}

@inline(__always)
private func copyValidity(
  _ source: Vector,
  _ count: Int,
  to target: Vector,
  at: Int,
  _ row: (Int) -> Int
) {
  guard source.hasNulls else {
    // Bits behind the last row may be left from an earlier life of the vector.
    if target.hasNulls { for place in at..<at + count { target.setValid(place) } }
    return
  }
  if !target.hasNulls { target.beginNulls() }
  let from = source.validity
  var to = target.mutableValidity
  var place = 0
  while place < count {
    // The bits of one word of the target at a time.
    let first = at &+ place
    let shift = UInt64(first & 63)
    let rows = min(count &- place, 64 &- Int(shift))
    var bits: UInt64 = 0
    for bit in 0..<rows {
      let row = row(place &+ bit)
      bits |= (from[row &>> 6] &>> UInt64(row & 63) & 1) &<< UInt64(bit)
    }
    let kept: UInt64 = rows == 64 ? 0 : ~(((1 &<< UInt64(rows)) &- 1) &<< shift)
    to[first &>> 6] = to[first &>> 6] & kept | bits &<< shift
    place &+= rows
  }
}

private let noBytes = ByteBuffer(byteCount: 0)

/// A view of no bytes that is valid for ever.
let emptyView = noBytes.view(offset: 0, count: 0)
