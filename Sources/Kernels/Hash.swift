package import Columnar

// Hashes of rows for grouping and joins. Equal values have equal hashes whatever their form: a code and
// a view of the same bytes, 1.0 and 1.00, 0.0 and -0.0, 24 hours and a day.
//
// Rollups store bits of them (approx_count_distinct): other hashes need another version of their files.

/// out[i] = hash of row i; NULL has a hash of its own.
///
/// - Complexity: O(rows); strings O(bytes), dictionaries of at most `rows` entries O(entries' bytes).
package func hashRows(_ vector: Vector, _ rows: Int, into out: inout MutableSpan<UInt64>) {
  precondition(rows >= 0 && rows <= out.count && rows <= vector.capacity)
  switch vector.kind {
  case .bool: mapLanes(vector.bool, rows, &out) { mix(UInt64($0)) }
  case .int64: mapLanes(vector.int64, rows, &out) { mix(UInt64(bitPattern: $0)) }
  case .int128: mapLanes(vector.int128, rows, &out) { mix(UInt128(bitPattern: $0)) }
  case .uuid: mapLanes(vector.uuid, rows, &out) { mix($0) }
  case .float64:
    mapLanes(vector.float64, rows, &out) { value in
      let canonical = value != value ? Double.nan : value + 0.0
      return mix(canonical == 0 ? 0 : canonical.bitPattern)
    }
  case .decimal: mapLanes(vector.decimal, rows, &out) { hash($0) }
  case .interval: mapLanes(vector.interval, rows, &out) { mix(UInt128(bitPattern: $0.linear)) }
  case .bytes: hashBytes(vector, rows, &out)
  }
  guard vector.hasNulls else { return }
  let validity = vector.validity
  for row in 0..<rows where validity[row &>> 6] &>> UInt64(row & 63) & 1 == 0 {
    out[row] = nullHash
  }
}

/// hashes[i] = hash of (hashes[i], row i), for keys of several columns; `scratch` has `rows` places.
package func combineHash(
  _ vector: Vector,
  _ rows: Int,
  into hashes: inout MutableSpan<UInt64>,
  scratch: inout MutableSpan<UInt64>
) {
  hashRows(vector, rows, into: &scratch)
  precondition(rows <= hashes.count && rows <= scratch.count)
  for row in 0..<rows {
    // SAFETY: row < rows, which is within both spans.
    let both =
      unsafe (hashes[unchecked: row] &+ 0x9e37_79b9_7f4a_7c15) ^ scratch[unchecked: row]
    unsafe hashes[unchecked: row] = mix(both)
  }
}

/// The hash of a NULL.
@inlinable package var nullHash: UInt64 { 0x6e75_6c6c_6e75_6c6c }

/// The finisher of MurmurHash3: every input bit moves every output bit.
@inline(__always)
package func mix(_ value: UInt64) -> UInt64 {
  var x = value
  x = (x ^ (x &>> 33)) &* 0xff51_afd7_ed55_8ccd
  x = (x ^ (x &>> 33)) &* 0xc4ce_b9fe_1a85_ec53
  return x ^ (x &>> 33)
}

@inline(__always)
private func mix(_ value: UInt128) -> UInt64 {
  let low = UInt64(truncatingIfNeeded: value)
  let high = UInt64(truncatingIfNeeded: value &>> 64)
  // A value that fits 64 bits hashes as the 64-bit lane does.
  return high == 0 || high == ~0 ? mix(low) : mix(low ^ mix(high))
}

/// The hash of a string's bytes, eight a step; the last step overlaps the one before it.
package func hash(_ view: ByteView) -> UInt64 {
  let bytes = unsafe view.span.bytes
  let count = bytes.byteCount
  var state = UInt64(truncatingIfNeeded: count) &* 0x9e37_79b9_7f4a_7c15
  @inline(__always)
  func word(_ offset: Int) -> UInt64 {
    // SAFETY: callers see to offset + 8 <= count.
    unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self)
  }
  @inline(__always)
  func take(_ word: UInt64) {
    let (high, low) = (state ^ word).multipliedFullWidth(by: 0xa076_1d64_78bd_642f)
    state = high ^ low &+ 0xe703_7ed1_a0b4_28db
  }
  if count >= 8 {
    var offset = 0
    while offset &+ 8 < count {
      take(word(offset))
      offset &+= 8
    }
    take(word(count &- 8))
  } else if count >= 4 {
    // SAFETY: four bytes from the start and four before the end are inside.
    let (low, high) = unsafe (
      bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: 0, as: UInt32.self),
      bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: count &- 4, as: UInt32.self)
    )
    take(UInt64(low) | UInt64(high) &<< 32)
  } else if count > 0 {
    // SAFETY: 0, count / 2 and count - 1 are inside.
    let (first, middle, last) = unsafe (
      bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: 0, as: UInt8.self),
      bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: count &>> 1, as: UInt8.self),
      bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: count &- 1, as: UInt8.self)
    )
    take(UInt64(first) | UInt64(middle) &<< 8 | UInt64(last) &<< 16)
  }
  return mix(state)
}

private func hashBytes(_ vector: Vector, _ rows: Int, _ out: inout MutableSpan<UInt64>) {
  guard let dictionary = vector.dictionary else {
    let views = vector.views
    guard vector.hasNulls else {
      for row in 0..<rows { out[row] = hash(views[row]) }
      return
    }
    let vectorValid = ValidRows(vector)
    for row in 0..<rows where vectorValid[row] { out[row] = hash(views[row]) }
    return
  }
  let allEntries = dictionary.entries
  let entries = allEntries.span
  let codes = vector.codes
  for row in 0..<rows {
    let code = Int(codes[row])
    out[row] = code < entries.count ? hash(entries[code]) : nullHash
  }
}

/// The hash of a numeric: its value's, not its scale's.
package func hash(_ value: Decimal) -> UInt64 {
  guard value.kind == .finite else {
    guard value.isWide else { return mix(UInt64(value.kind.rawValue) | 1 &<< 63) }
    let image = value.hashImage
    return image.isWide ? mix(UInt128(bitPattern: image.coefficient)) : hash(image)
  }
  var coefficient = value.coefficient
  var scale = value.scale
  while scale > 0 {
    let (quotient, remainder) = coefficient.quotientAndRemainder(dividingBy: 10)
    if remainder != 0 { break }
    coefficient = quotient
    scale -= 1
  }
  return mix(UInt128(bitPattern: coefficient)) &+ UInt64(UInt32(bitPattern: scale)) &* 0x9e37_79b9
}
