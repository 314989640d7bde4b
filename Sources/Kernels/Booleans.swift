package import Columnar

// Bool lanes are bytes 0 or 1; where three-valued logic needs bits, 64 lanes are packed into a word.

/// Bit i of the result is lane `word` × 64 + i.
@inline(__always)
func packLanes(_ lanes: Span<UInt8>, _ word: Int) -> UInt64 {
  precondition(word >= 0 && word &* 64 &+ 64 <= lanes.count)
  var bits: UInt64 = 0
  let bytes = unsafe lanes.bytes
  for octet in 0..<8 {
    // SAFETY: word * 64 + 64 <= lanes.count.
    let eight = unsafe bytes.unsafeLoadUnaligned(
      fromUncheckedByteOffset: word &* 64 &+ octet &* 8,
      as: UInt64.self
    )
    // The multiplication moves the eight low bits into the top byte, in order.
    let packed = ((eight & 0x0101_0101_0101_0101) &* 0x0102_0408_1020_4080) &>> 56
    bits |= packed &<< UInt64(octet &* 8)
  }
  return bits
}

/// Computes a AND b, three-valued, into a vector that is neither of them.
package func andLanes(_ a: Vector, _ b: Vector, _ rows: Int, into out: Vector) {
  let (x, y) = (a.bool, b.bool)
  var lanes = out.mutableBool
  zipLanes(x, y, rows, &lanes) { $0 & $1 }
  out.hasNulls = a.hasNulls || b.hasNulls
  guard out.hasNulls else { return }
  var validity = out.mutableValidity
  for word in 0..<(rows + 63) / 64 {
    let (va, vb) = (validWord(a, word), validWord(b, word))
    // Known: both known, or one of them known to be false.
    validity[word] = va & vb | va & ~packLanes(x, word) | vb & ~packLanes(y, word)
  }
}

/// Computes a OR b, three-valued, into a vector that is neither of them.
package func orLanes(_ a: Vector, _ b: Vector, _ rows: Int, into out: Vector) {
  let (x, y) = (a.bool, b.bool)
  var lanes = out.mutableBool
  zipLanes(x, y, rows, &lanes) { $0 | $1 }
  out.hasNulls = a.hasNulls || b.hasNulls
  guard out.hasNulls else { return }
  var validity = out.mutableValidity
  for word in 0..<(rows + 63) / 64 {
    let (va, vb) = (validWord(a, word), validWord(b, word))
    validity[word] = va & vb | va & packLanes(x, word) | vb & packLanes(y, word)
  }
  // An unknown lane may hold 1: a known result must be the OR of what is known, which it is, since
  // a known true makes 1, and two known falses have lanes 0.
}

/// out[i] = 1 - a[i].
package func notLanes(_ a: Span<UInt8>, _ rows: Int, into out: inout MutableSpan<UInt8>) {
  mapLanes(a, rows, &out) { ($0 & 1) ^ 1 }
}

/// The validity of rows `word` × 64 ..< + 64.
@inline(__always)
package func validWord(_ vector: Vector, _ word: Int) -> UInt64 {
  vector.hasNulls ? vector.validity[word] : ~0
}

/// Lanes 1 where the row is known and its lane equals `value`; for IS TRUE and IS FALSE.
package func isKnown(_ a: Vector, value: Bool, _ rows: Int, into out: inout MutableSpan<UInt8>) {
  let expected: UInt8 = value ? 1 : 0
  mapLanes(a.bool, rows, &out) { $0 == expected ? 1 : 0 }
  guard a.hasNulls else { return }
  let aValid = ValidRows(a)
  for row in 0..<rows where !aValid[row] { out[row] = 0 }
}

/// Lanes 1 where the row is NULL (or, negated, is not).
package func isNullLanes(
  _ a: Vector,
  negated: Bool,
  _ rows: Int,
  into out: inout MutableSpan<UInt8>
) {
  precondition(rows <= out.count)
  let whenNull: UInt8 = negated ? 0 : 1
  guard a.hasNulls else {
    for row in 0..<rows { out[row] = 1 - whenNull }
    return
  }
  let validity = a.validity
  precondition(rows <= validity.count * 64)
  for row in 0..<rows {
    // SAFETY: row < rows <= validity.count * 64 and <= out.count.
    let valid = unsafe UInt8(
      truncatingIfNeeded: validity[unchecked: row &>> 6] &>> UInt64(row & 63) & 1
    )
    unsafe out[unchecked: row] = valid ^ whenNull
  }
}
