import Columnar

// Integer arithmetic wraps and reports whether some row *may* have left its range: one bit gathered
// over all rows, so that the loop stays vector code. Whoever calls looks at the rows again only when
// the answer is yes, because lanes of NULL rows may hold anything.

/// The range of an integer result.
package enum IntegerRange: Sendable {
  case smallint, integer, bigint

  /// The least and the greatest value.
  package var bounds: ClosedRange<Int64> {
    switch self {
    case .smallint: -32_768...32_767
    case .integer: -2_147_483_648...2_147_483_647
    case .bigint: .min ... .max
    }
  }

  /// How many bits a value has.
  @inline(__always)
  var bits: Int64 {
    switch self {
    case .smallint: 16
    case .integer: 32
    case .bigint: 64
    }
  }
}

/// Bit 63 is set in the result when some lane was out of the range of `bits` bits.
@inline(__always)
private func narrowSuspicion(_ value: Int64, _ bits: Int64) -> UInt64 {
  // Sign extension of the low bits gives the value back exactly when it is in range.
  let shift = 64 &- bits
  return UInt64(bitPattern: value ^ ((value &<< shift) &>> shift))
}

/// out = a + b.
///
/// - Returns: Whether some row, NULL or not, left `range`.
package func addInt64(
  _ a: Span<Int64>,
  _ b: Span<Int64>,
  _ rows: Int,
  range: IntegerRange,
  into out: inout MutableSpan<Int64>
) -> Bool {
  var suspicion: UInt64 = 0
  if range == .bigint {
    zipLanes(a, b, rows, &out) { x, y in
      let sum = x &+ y
      suspicion |= UInt64(bitPattern: (x ^ sum) & (y ^ sum)) & (1 &<< 63)
      return sum
    }
  } else {
    let bits = range.bits
    zipLanes(a, b, rows, &out) { x, y in
      let sum = x &+ y
      suspicion |= narrowSuspicion(sum, bits)
      return sum
    }
  }
  return suspicion != 0
}

/// out = a - b; see ``addInt64(_:_:_:range:into:)``.
package func subtractInt64(
  _ a: Span<Int64>,
  _ b: Span<Int64>,
  _ rows: Int,
  range: IntegerRange,
  into out: inout MutableSpan<Int64>
) -> Bool {
  var suspicion: UInt64 = 0
  if range == .bigint {
    zipLanes(a, b, rows, &out) { x, y in
      let difference = x &- y
      suspicion |= UInt64(bitPattern: (x ^ y) & (x ^ difference)) & (1 &<< 63)
      return difference
    }
  } else {
    let bits = range.bits
    zipLanes(a, b, rows, &out) { x, y in
      let difference = x &- y
      suspicion |= narrowSuspicion(difference, bits)
      return difference
    }
  }
  return suspicion != 0
}

/// out = a × b; see ``addInt64(_:_:_:range:into:)``.
package func multiplyInt64(
  _ a: Span<Int64>,
  _ b: Span<Int64>,
  _ rows: Int,
  range: IntegerRange,
  into out: inout MutableSpan<Int64>
) -> Bool {
  // Bits that the magnitudes need; when both together fit 62, no product can wrap.
  let needed = magnitudeBits(a, rows) + magnitudeBits(b, rows)
  var suspicion: UInt64 = 0
  if needed <= 62 {
    let bits = range.bits
    if needed < bits {
      zipLanes(a, b, rows, &out) { $0 &* $1 }
      return false
    }
    zipLanes(a, b, rows, &out) { x, y in
      let product = x &* y
      suspicion |= narrowSuspicion(product, bits)
      return product
    }
    return suspicion != 0
  }
  let bounds = range.bounds
  var overflowed = false
  zipLanes(a, b, rows, &out) { x, y in
    let (product, overflow) = x.multipliedReportingOverflow(by: y)
    overflowed =
      overflowed || overflow || product < bounds.lowerBound || product > bounds.upperBound
    return product
  }
  return overflowed
}

/// out = a × b where the caller knows that no product wraps.
package func multiplyInt64Unchecked(
  _ a: Span<Int64>,
  _ b: Span<Int64>,
  _ rows: Int,
  into out: inout MutableSpan<Int64>
) { zipLanes(a, b, rows, &out) { $0 &* $1 } }

/// Bits that the largest magnitude of the first `rows` lanes needs, 0...64.
package func magnitudeBits(_ a: Span<Int64>, _ rows: Int) -> Int64 {
  precondition(rows >= 0 && rows <= a.count)
  var all: UInt64 = 0
  for i in 0..<rows {
    // SAFETY: i < rows <= a.count.
    let value = unsafe a[unchecked: i]
    all |= UInt64(bitPattern: value ^ (value &>> 63))
  }
  return Int64(64 - all.leadingZeroBitCount)
}

/// out = a / b, towards zero.
///
/// Rows whose divisor is 0 get 0, and min / -1 wraps: whoever calls looks for them where the answer
/// is true.
///
/// - Returns: Whether some row, NULL or not, divided by zero or left the range.
package func divideInt64(
  _ a: Span<Int64>,
  _ b: Span<Int64>,
  _ rows: Int,
  range: IntegerRange,
  into out: inout MutableSpan<Int64>
) -> Bool {
  var suspicious = false
  let lowest = range.bounds.lowerBound
  zipLanes(a, b, rows, &out) { x, y in
    if y == 0 || (y == -1 && x == lowest) {
      suspicious = true
      return 0
    }
    // Half of the width divides in a third of the time.
    if (x | y) &>> 31 == 0 {
      return Int64(UInt32(truncatingIfNeeded: x) / UInt32(truncatingIfNeeded: y))
    }
    return x / y
  }
  return suspicious
}

/// out = a % b with the sign of a; rows whose divisor is 0 get 0.
///
/// - Returns: Whether some row, NULL or not, divided by zero.
package func moduloInt64(
  _ a: Span<Int64>,
  _ b: Span<Int64>,
  _ rows: Int,
  into out: inout MutableSpan<Int64>
) -> Bool {
  var suspicious = false
  zipLanes(a, b, rows, &out) { x, y in
    if y == 0 {
      suspicious = true
      return 0
    }
    if y == -1 { return 0 }
    if (x | y) &>> 31 == 0 {
      return Int64(UInt32(truncatingIfNeeded: x) % UInt32(truncatingIfNeeded: y))
    }
    return x % y
  }
  return suspicious
}

/// out = -a.
///
/// - Returns: Whether some row, NULL or not, left `range`.
package func negateInt64(
  _ a: Span<Int64>,
  _ rows: Int,
  range: IntegerRange,
  into out: inout MutableSpan<Int64>
) -> Bool {
  var suspicious = false
  let lowest = range.bounds.lowerBound
  mapLanes(a, rows, &out) { x in
    suspicious = suspicious || x == lowest
    return 0 &- x
  }
  return suspicious
}

/// out = |a|.
///
/// - Returns: Whether some row, NULL or not, left `range`.
package func absoluteInt64(
  _ a: Span<Int64>,
  _ rows: Int,
  range: IntegerRange,
  into out: inout MutableSpan<Int64>
) -> Bool {
  var suspicious = false
  let lowest = range.bounds.lowerBound
  mapLanes(a, rows, &out) { x in
    suspicious = suspicious || x == lowest
    return x < 0 ? 0 &- x : x
  }
  return suspicious
}

/// out = the first `rows` lanes of a.
package func copyInt64(_ a: Span<Int64>, _ rows: Int, into out: inout MutableSpan<Int64>) {
  mapLanes(a, rows, &out) { $0 }
}

/// out = the value of `a` when it fits a range.
///
/// - Returns: Whether some row, NULL or not, is out of it.
package func isOutOfRange(_ a: Span<Int64>, _ rows: Int, range: IntegerRange) -> Bool {
  precondition(rows >= 0 && rows <= a.count)
  var suspicion: UInt64 = 0
  let bits = range.bits
  for i in 0..<rows {
    // SAFETY: i < rows <= a.count.
    suspicion |= unsafe narrowSuspicion(a[unchecked: i], bits)
  }
  return suspicion != 0
}
