package import Columnar

// Rows picked from one vector into another. Strings are not copied: the target keeps the owners of
// their bytes alive. A dictionary stays a dictionary while all rows of the target come from the same.

/// Copies rows `rows` of `source` to rows `at` ..< `at` + rows.count of `target`, of the same kind.
///
/// `at` = 0 means that the target is empty: it is reset first, and takes over the source's dictionary.
///
/// - Complexity: O(rows), no allocation where the target has room and its owners are known.
package func gather(_ source: Vector, _ rows: Span<UInt16>, into target: Vector, at: Int) {
  precondition(source.kind == target.kind)
  if at == 0 { target.reset() }
  target.reserve(at + rows.count)
  var highest: UInt16 = 0
  for i in rows.indices { highest = max(highest, unsafe rows[unchecked: i]) }
  precondition(rows.isEmpty || Int(highest) < source.capacity)
  gatherValidity(source, rows, into: target, at: at)
  switch source.kind {
  case .bool:
    var out = target.mutableBool
    gatherLanes(source.bool, rows, &out, at)
  case .int64:
    var out = target.mutableInt64
    gatherLanes(source.int64, rows, &out, at)
  case .int128:
    var out = target.mutableInt128
    gatherLanes(source.int128, rows, &out, at)
  case .float64:
    var out = target.mutableFloat64
    gatherLanes(source.float64, rows, &out, at)
  case .decimal:
    var out = target.mutableDecimal
    gatherLanes(source.decimal, rows, &out, at)
    target.keepWides(of: source, at..<at + rows.count)
  case .uuid:
    var out = target.mutableUUID
    gatherLanes(source.uuid, rows, &out, at)
  case .interval:
    var out = target.mutableInterval
    gatherLanes(source.interval, rows, &out, at)
  case .bytes: gatherBytes(source, rows, into: target, at: at)
  }
}

/// out[at + i] = lanes[rows[i]]; every row number was checked to lie within the source.
@inline(__always)
private func gatherLanes<T: BitwiseCopyable>(
  _ lanes: Span<T>,
  _ rows: Span<UInt16>,
  _ out: inout MutableSpan<T>,
  _ at: Int
) {
  precondition(at >= 0 && at + rows.count <= out.count)
  for i in rows.indices {
    // SAFETY: `gather` checked the highest row number against the source's capacity, which is the
    // lanes' count; at + i < out.count.
    unsafe out[unchecked: at &+ i] = unsafe lanes[unchecked: Int(rows[unchecked: i])]
  }
}

private func gatherBytes(
  _ source: Vector,
  _ rows: Span<UInt16>,
  into target: Vector,
  at: Int
) {
  if let dictionary = source.dictionary {
    if at == 0 || target.dictionary === dictionary {
      target.dictionary = dictionary
      var out = target.mutableCodes
      gatherLanes(source.codes, rows, &out, at)
      return
    }
    spellOut(target, rows: at)
    target.retain(dictionary)
    let allEntries = dictionary.entries
    let entries = allEntries.span
    let codes = source.codes
    var out = target.mutableViews
    for i in rows.indices {
      // The code of a NULL row may be anything.
      let code = Int(codes[Int(rows[i])])
      if code < entries.count { out[at &+ i] = entries[code] } else { out[at &+ i] = .empty }
    }
    return
  }
  spellOut(target, rows: at)
  target.retainOwners(of: source)
  var out = target.mutableViews
  gatherLanes(source.views, rows, &out, at)
}

extension ByteView {
  /// No bytes.
  package static let empty = ByteBuffer.nothing.view(offset: 0, count: 0)
}

extension ByteBuffer {
  /// What empty views point into.
  fileprivate static let nothing = ByteBuffer(byteCount: 0)
}

/// Turns the first `rows` codes of a dictionary vector into views.
package func spellOut(_ vector: Vector, rows: Int) {
  guard vector.kind == .bytes, let dictionary = vector.dictionary else { return }
  let allEntries = dictionary.entries
  let entries = allEntries.span
  let codes = vector.codes
  vector.dictionary = nil
  vector.retain(dictionary)
  var views = vector.mutableViews
  // From the end, because a view takes four times the room of the code it is made of.
  for row in stride(from: rows - 1, through: 0, by: -1) {
    let code = Int(codes[row])
    views[row] = code < entries.count ? entries[code] : .empty
  }
}

private func gatherValidity(
  _ source: Vector,
  _ rows: Span<UInt16>,
  into target: Vector,
  at: Int
) {
  guard source.hasNulls else {
    if target.hasNulls { setValidity(target, from: at, count: rows.count, valid: true) }
    return
  }
  if !target.hasNulls { target.beginNulls() }
  let from = source.validity
  var to = target.mutableValidity
  for i in rows.indices {
    let row = Int(rows[i])
    let bit = from[row &>> 6] &>> UInt64(row & 63) & 1
    let place = at &+ i
    let shift = UInt64(place & 63)
    to[place &>> 6] = to[place &>> 6] & ~(1 &<< shift) | bit &<< shift
  }
}

/// Makes a run of rows valid or NULL; the vector has a bitmap.
package func setValidity(_ vector: Vector, from: Int, count: Int, valid: Bool) {
  var words = vector.mutableValidity
  var row = from
  let end = from + count
  while row < end {
    let bit = row & 63
    let width = min(64 - bit, end - row)
    let mask: UInt64 = (width == 64 ? ~0 : (1 &<< UInt64(width)) &- 1) &<< UInt64(bit)
    if valid { words[row >> 6] |= mask } else { words[row >> 6] &= ~mask }
    row += width
  }
}

/// Copies row i of `source` to row `rows[i]` of `target`, of the same kind; strings become views.
///
/// The target's other rows stay; it keeps the owners of the source's strings.
package func scatter(_ source: Vector, to rows: Span<UInt16>, of target: Vector) {
  precondition(source.kind == target.kind && rows.count <= source.capacity)
  if source.hasNulls || target.hasNulls {
    if !target.hasNulls { target.beginNulls() }
    var to = target.mutableValidity
    let sourceValid = ValidRows(source)
    for i in rows.indices {
      let row = Int(rows[i])
      let shift = UInt64(row & 63)
      let bit: UInt64 = sourceValid[i] ? 1 : 0
      to[row &>> 6] = to[row &>> 6] & ~(1 &<< shift) | bit &<< shift
    }
  }
  switch source.kind {
  case .bool:
    var out = target.mutableBool
    scatterLanes(source.bool, rows, &out)
  case .int64:
    var out = target.mutableInt64
    scatterLanes(source.int64, rows, &out)
  case .int128:
    var out = target.mutableInt128
    scatterLanes(source.int128, rows, &out)
  case .float64:
    var out = target.mutableFloat64
    scatterLanes(source.float64, rows, &out)
  case .decimal:
    var out = target.mutableDecimal
    scatterLanes(source.decimal, rows, &out)
    target.keepWides(of: source, 0..<target.capacity)
  case .uuid:
    var out = target.mutableUUID
    scatterLanes(source.uuid, rows, &out)
  case .interval:
    var out = target.mutableInterval
    scatterLanes(source.interval, rows, &out)
  case .bytes:
    target.retainOwners(of: source)
    var out = target.mutableViews
    if source.dictionary == nil {
      scatterLanes(source.views, rows, &out)
    } else {
      for i in rows.indices { out[Int(rows[i])] = source.bytes(at: i) }
    }
  }
}

/// out[rows[i]] = lanes[i].
@inline(__always)
private func scatterLanes<T: BitwiseCopyable>(
  _ lanes: Span<T>,
  _ rows: Span<UInt16>,
  _ out: inout MutableSpan<T>
) {
  for i in rows.indices { out[Int(rows[i])] = lanes[i] }
}

/// Copies rows `rows` of `source` to the same rows of `target`, of the same kind; the others stay.
///
/// Strings: codes where both have the same dictionary, else views.
package func scatterSame(_ source: Vector, rows: Span<UInt16>, to target: Vector) {
  precondition(source.kind == target.kind)
  if source.hasNulls || target.hasNulls {
    if !target.hasNulls { target.beginNulls() }
    var to = target.mutableValidity
    let sourceValid = ValidRows(source)
    for i in rows.indices {
      let row = Int(rows[i])
      let bit: UInt64 = 1 &<< UInt64(row & 63)
      if sourceValid[row] { to[row &>> 6] |= bit } else { to[row &>> 6] &= ~bit }
    }
  }
  switch source.kind {
  case .bool:
    var out = target.mutableBool
    copyPlaces(source.bool, rows, &out)
  case .int64:
    var out = target.mutableInt64
    copyPlaces(source.int64, rows, &out)
  case .int128:
    var out = target.mutableInt128
    copyPlaces(source.int128, rows, &out)
  case .float64:
    var out = target.mutableFloat64
    copyPlaces(source.float64, rows, &out)
  case .decimal:
    var out = target.mutableDecimal
    copyPlaces(source.decimal, rows, &out)
    target.keepWides(of: source, 0..<target.capacity)
  case .uuid:
    var out = target.mutableUUID
    copyPlaces(source.uuid, rows, &out)
  case .interval:
    var out = target.mutableInterval
    copyPlaces(source.interval, rows, &out)
  case .bytes:
    if let dictionary = source.dictionary, dictionary === target.dictionary {
      var out = target.mutableCodes
      copyPlaces(source.codes, rows, &out)
      return
    }
    target.retainOwners(of: source)
    var out = target.mutableViews
    for i in rows.indices { out[Int(rows[i])] = source.bytes(at: Int(rows[i])) }
  }
}

/// out[row] = lanes[row] for the rows given.
@inline(__always)
private func copyPlaces<T: BitwiseCopyable>(
  _ lanes: Span<T>,
  _ rows: Span<UInt16>,
  _ out: inout MutableSpan<T>
) {
  for i in rows.indices { out[Int(rows[i])] = lanes[Int(rows[i])] }
}
