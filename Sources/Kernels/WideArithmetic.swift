import Columnar

// Scaled integers: numerics with a shape. A shape proves that sums and products fit; where a value may
// have more digits than its shape says, the answer `true` tells the caller to look again.

/// out = a as wide lanes.
package func widen(_ a: Span<Int64>, _ rows: Int, into out: inout MutableSpan<Int128>) {
  mapLanes(a, rows, &out) { Int128($0) }
}

/// out = a as narrow lanes.
///
/// - Returns: Whether some row, NULL or not, does not fit.
package func narrow(_ a: Span<Int128>, _ rows: Int, into out: inout MutableSpan<Int64>) -> Bool {
  var suspicion: Int128 = 0
  mapLanes(a, rows, &out) { value in
    let low = Int64(truncatingIfNeeded: value)
    suspicion |= value ^ Int128(low)
    return low
  }
  return suspicion != 0
}

/// out = a + b; `true` where some row, NULL or not, wrapped.
package func addInt128(
  _ a: Span<Int128>,
  _ b: Span<Int128>,
  _ rows: Int,
  into out: inout MutableSpan<Int128>
) -> Bool {
  var overflowed = false
  zipLanes(a, b, rows, &out) { x, y in
    let (sum, overflow) = x.addingReportingOverflow(y)
    overflowed = overflowed || overflow
    return sum
  }
  return overflowed
}

/// out = a - b; `true` where some row, NULL or not, wrapped.
package func subtractInt128(
  _ a: Span<Int128>,
  _ b: Span<Int128>,
  _ rows: Int,
  into out: inout MutableSpan<Int128>
) -> Bool {
  var overflowed = false
  zipLanes(a, b, rows, &out) { x, y in
    let (difference, overflow) = x.subtractingReportingOverflow(y)
    overflowed = overflowed || overflow
    return difference
  }
  return overflowed
}

/// out = a × b; `true` where some row, NULL or not, wrapped.
package func multiplyInt128(
  _ a: Span<Int128>,
  _ b: Span<Int128>,
  _ rows: Int,
  into out: inout MutableSpan<Int128>
) -> Bool {
  var overflowed = false
  zipLanes(a, b, rows, &out) { x, y in
    let (product, overflow) = x.multipliedReportingOverflow(by: y)
    overflowed = overflowed || overflow
    return product
  }
  return overflowed
}

/// out = a × b of narrow lanes, which cannot wrap.
package func multiplyWidening(
  _ a: Span<Int64>,
  _ b: Span<Int64>,
  _ rows: Int,
  into out: inout MutableSpan<Int128>
) {
  zipLanes(a, b, rows, &out) { x, y in
    let (high, low) = x.multipliedFullWidth(by: y)
    return Int128(high) << 64 | Int128(low)
  }
}

/// out = a × factor; `true` where some row, NULL or not, wrapped.
package func scaleInt64(
  _ a: Span<Int64>,
  by factor: Int64,
  _ rows: Int,
  into out: inout MutableSpan<Int64>
) -> Bool {
  let needed = magnitudeBits(a, rows) + Int64(64 - factor.magnitude.leadingZeroBitCount)
  if needed <= 63 {
    mapLanes(a, rows, &out) { $0 &* factor }
    return false
  }
  var overflowed = false
  mapLanes(a, rows, &out) { x in
    let (product, overflow) = x.multipliedReportingOverflow(by: factor)
    overflowed = overflowed || overflow
    return product
  }
  return overflowed
}

/// out = a × factor; `true` where some row, NULL or not, wrapped.
package func scaleInt128(
  _ a: Span<Int128>,
  by factor: Int128,
  _ rows: Int,
  into out: inout MutableSpan<Int128>
) -> Bool {
  var overflowed = false
  mapLanes(a, rows, &out) { x in
    let (product, overflow) = x.multipliedReportingOverflow(by: factor)
    overflowed = overflowed || overflow
    return product
  }
  return overflowed
}

/// The powers of ten that a wide scaled integer can be multiplied by.
package enum PowersOfTen {
  /// Place n holds the nth power.
  package static let all: [Int128] = {
    var powers: [Int128] = [1]
    for _ in 0..<38 { powers.append(powers[powers.count - 1] * 10) }
    return powers
  }()
}
