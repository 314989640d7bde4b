package import Columnar

/// target[i] = source[i] where mask[i] is 1; the target's other rows stay.
///
/// - Parameters:
///   - source: Of the target's kind. Strings: if source and target have the same dictionary, codes are
///     copied, else the target's rows are views and the source's become views.
///   - mask: Bytes 0 or 1, a multiple of 64 of them readable.
///   - rows: How many rows.
///   - target: Rows 0..<rows are filled.
package func blend(
  _ source: Vector,
  where mask: Span<UInt8>,
  _ rows: Int,
  into target: Vector
) {
  precondition(source.kind == target.kind)
  if source.hasNulls || target.hasNulls {
    if !target.hasNulls { target.beginNulls() }
    var to = target.mutableValidity
    for word in 0..<(rows + 63) / 64 {
      let bits = packLanes(mask, word)
      to[word] = to[word] & ~bits | validWord(source, word) & bits
    }
  }
  switch source.kind {
  case .bool:
    var out = target.mutableBool
    blendIntegers(source.bool, mask, rows, &out)
  case .int64:
    var out = target.mutableInt64
    blendIntegers(source.int64, mask, rows, &out)
  case .int128:
    var out = target.mutableInt128
    blendLanes(source.int128, mask, rows, &out)
  case .float64:
    var out = target.mutableFloat64
    blendLanes(source.float64, mask, rows, &out)
  case .decimal:
    var out = target.mutableDecimal
    blendLanes(source.decimal, mask, rows, &out)
    target.keepWides(of: source, 0..<rows)
  case .uuid:
    var out = target.mutableUUID
    blendLanes(source.uuid, mask, rows, &out)
  case .interval:
    var out = target.mutableInterval
    blendLanes(source.interval, mask, rows, &out)
  case .bytes: blendBytes(source, mask, rows, into: target)
  }
}

/// ``blendLanes(_:_:_:_:)`` of integers: by bits, which the compiler makes vectors of.
@inline(__always)
private func blendIntegers<T: FixedWidthInteger & BitwiseCopyable>(
  _ lanes: Span<T>,
  _ mask: Span<UInt8>,
  _ rows: Int,
  _ out: inout MutableSpan<T>
) {
  precondition(rows >= 0 && rows <= lanes.count && rows <= mask.count && rows <= out.count)
  for i in 0..<rows {
    // SAFETY: i < rows, which is within all three spans.
    let old = unsafe out[unchecked: i]
    let kept = unsafe 0 &- T(truncatingIfNeeded: mask[unchecked: i])
    unsafe out[unchecked: i] = unsafe old ^ ((old ^ lanes[unchecked: i]) & kept)
  }
}

/// out[i] = mask[i] != 0 ? lanes[i] : out[i].
@inline(__always)
private func blendLanes<T: BitwiseCopyable>(
  _ lanes: Span<T>,
  _ mask: Span<UInt8>,
  _ rows: Int,
  _ out: inout MutableSpan<T>
) {
  precondition(rows >= 0 && rows <= lanes.count && rows <= mask.count && rows <= out.count)
  for i in 0..<rows {
    // SAFETY: i < rows, which is within all three spans.
    let old = unsafe out[unchecked: i]
    unsafe out[unchecked: i] = unsafe mask[unchecked: i] != 0 ? lanes[unchecked: i] : old
  }
}

private func blendBytes(_ source: Vector, _ mask: Span<UInt8>, _ rows: Int, into target: Vector) {
  if let dictionary = source.dictionary, dictionary === target.dictionary {
    var out = target.mutableCodes
    blendIntegers(source.codes, mask, rows, &out)
    return
  }
  spellOut(target, rows: rows)
  target.retainOwners(of: source)
  var out = target.mutableViews
  guard source.dictionary != nil else {
    blendLanes(source.views, mask, rows, &out)
    return
  }
  for row in 0..<rows where mask[row] != 0 { out[row] = source.bytes(at: row) }
}

/// Fills rows 0..<rows of a dictionary vector, or of any other kind's lanes, from a table: row i gets
/// `table`'s row `indices[i]`, validity included.
///
/// - Parameters:
///   - table: Any vector; every index is below its capacity.
///   - indices: As many as rows, each within the table.
///   - rows: How many rows.
///   - mayBeNull: Whether some index leads to a NULL of the table.
///   - target: Of the table's kind; reset here. Takes over the table's dictionary.
package func lookUp(
  _ table: Vector,
  _ indices: Span<UInt32>,
  _ rows: Int,
  mayBeNull: Bool = true,
  into target: Vector
) {
  precondition(table.kind == target.kind && rows <= indices.count)
  target.reset()
  target.reserve(rows)
  var highest: UInt32 = 0
  for i in 0..<rows { highest = max(highest, unsafe indices[unchecked: i]) }
  precondition(rows == 0 || Int(highest) < table.capacity)
  if table.hasNulls, mayBeNull {
    target.beginNulls()
    let from = table.validity
    var to = target.mutableValidity
    for word in 0..<(rows + 63) / 64 {
      var bits: UInt64 = 0
      for i in word &* 64..<min(rows, word &* 64 &+ 64) {
        // SAFETY: every index was checked against the table's capacity.
        let index = unsafe Int(indices[unchecked: i])
        bits |=
          unsafe (from[unchecked: index &>> 6] &>> UInt64(index & 63) & 1)
          &<< UInt64(i & 63)
      }
      to[word] = bits
    }
  }
  switch table.kind {
  case .bool:
    var out = target.mutableBool
    lookUpLanes(table.bool, indices, rows, &out)
  case .int64:
    var out = target.mutableInt64
    lookUpLanes(table.int64, indices, rows, &out)
  case .int128:
    var out = target.mutableInt128
    lookUpLanes(table.int128, indices, rows, &out)
  case .float64:
    var out = target.mutableFloat64
    lookUpLanes(table.float64, indices, rows, &out)
  case .decimal:
    var out = target.mutableDecimal
    lookUpLanes(table.decimal, indices, rows, &out)
    target.keepWides(of: table, 0..<rows)
  case .uuid:
    var out = target.mutableUUID
    lookUpLanes(table.uuid, indices, rows, &out)
  case .interval:
    var out = target.mutableInterval
    lookUpLanes(table.interval, indices, rows, &out)
  case .bytes:
    if let dictionary = table.dictionary {
      target.dictionary = dictionary
      var out = target.mutableCodes
      lookUpLanes(table.codes, indices, rows, &out)
    } else {
      target.retainOwners(of: table)
      var out = target.mutableViews
      lookUpLanes(table.views, indices, rows, &out)
    }
  }
}

/// out[i] = table[indices[i]]; every index was checked.
@inline(__always)
private func lookUpLanes<T: BitwiseCopyable>(
  _ table: Span<T>,
  _ indices: Span<UInt32>,
  _ rows: Int,
  _ out: inout MutableSpan<T>
) {
  precondition(rows <= out.count && rows <= indices.count)
  for i in 0..<rows {
    // SAFETY: the caller checked the highest index against the table.
    unsafe out[unchecked: i] = unsafe table[unchecked: Int(indices[unchecked: i])]
  }
}

/// The indices of a dictionary vector's rows into a table of one place an entry and a last one for NULL.
package func entryIndices(
  _ vector: Vector,
  nullIndex: UInt32,
  _ rows: Int,
  into out: inout MutableSpan<UInt32>
) {
  let codes = vector.codes
  precondition(rows <= codes.count && rows <= out.count)
  guard vector.hasNulls else {
    // SAFETY: row < rows, which is within both spans.
    for row in 0..<rows {
      unsafe out[unchecked: row] = unsafe min(codes[unchecked: row], nullIndex)
    }
    return
  }
  let validity = vector.validity
  for row in 0..<rows {
    let isValid = validity[row &>> 6] &>> UInt64(row & 63) & 1 != 0
    out[row] = isValid ? min(codes[row], nullIndex) : nullIndex
  }
}
