package import Columnar

/// What a comparison asks.
package enum Comparison: UInt8, Sendable {
  case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual

  /// The answer when the left side is before (-1), equal to (0) or after (1) the right one.
  @inline(__always)
  package func holds(_ order: Int) -> Bool {
    switch self {
    case .equal: order == 0
    case .notEqual: order != 0
    case .less: order < 0
    case .lessOrEqual: order <= 0
    case .greater: order > 0
    case .greaterOrEqual: order >= 0
    }
  }
}

/// Compares machine integers; the switch is outside of the loops.
@inline(__always)
private func compareIntegers<T: FixedWidthInteger & BitwiseCopyable>(
  _ comparison: Comparison,
  _ a: Span<T>,
  _ b: Span<T>,
  _ rows: Int,
  _ out: inout MutableSpan<UInt8>
) {
  switch comparison {
  case .equal: zipLanes(a, b, rows, &out) { $0 == $1 ? 1 : 0 }
  case .notEqual: zipLanes(a, b, rows, &out) { $0 != $1 ? 1 : 0 }
  case .less: zipLanes(a, b, rows, &out) { $0 < $1 ? 1 : 0 }
  case .lessOrEqual: zipLanes(a, b, rows, &out) { $0 <= $1 ? 1 : 0 }
  case .greater: zipLanes(a, b, rows, &out) { $0 > $1 ? 1 : 0 }
  case .greaterOrEqual: zipLanes(a, b, rows, &out) { $0 >= $1 ? 1 : 0 }
  }
}

/// out[i] = 1 where a[i] stands in `comparison` to b[i], else 0, for the first `rows` rows.
package func compareInt64(
  _ comparison: Comparison,
  _ a: Span<Int64>,
  _ b: Span<Int64>,
  _ rows: Int,
  into out: inout MutableSpan<UInt8>
) { compareIntegers(comparison, a, b, rows, &out) }

/// As ``compareInt64(_:_:_:_:into:)``.
package func compareInt128(
  _ comparison: Comparison,
  _ a: Span<Int128>,
  _ b: Span<Int128>,
  _ rows: Int,
  into out: inout MutableSpan<UInt8>
) { compareIntegers(comparison, a, b, rows, &out) }

/// As ``compareInt64(_:_:_:_:into:)``.
package func compareUUID(
  _ comparison: Comparison,
  _ a: Span<UInt128>,
  _ b: Span<UInt128>,
  _ rows: Int,
  into out: inout MutableSpan<UInt8>
) { compareIntegers(comparison, a, b, rows, &out) }

/// false < true.
package func compareBool(
  _ comparison: Comparison,
  _ a: Span<UInt8>,
  _ b: Span<UInt8>,
  _ rows: Int,
  into out: inout MutableSpan<UInt8>
) { compareIntegers(comparison, a, b, rows, &out) }

/// PostgreSQL's order of doubles: NaN equals NaN and comes after everything else.
package func compareFloat64(
  _ comparison: Comparison,
  _ a: Span<Double>,
  _ b: Span<Double>,
  _ rows: Int,
  into out: inout MutableSpan<UInt8>
) {
  switch comparison {
  case .equal: zipLanes(a, b, rows, &out) { $0 == $1 || ($0 != $0 && $1 != $1) ? 1 : 0 }
  case .notEqual: zipLanes(a, b, rows, &out) { $0 == $1 || ($0 != $0 && $1 != $1) ? 0 : 1 }
  case .less: zipLanes(a, b, rows, &out) { $0 < $1 || ($0 == $0 && $1 != $1) ? 1 : 0 }
  case .lessOrEqual: zipLanes(a, b, rows, &out) { $0 <= $1 || $1 != $1 ? 1 : 0 }
  case .greater: zipLanes(a, b, rows, &out) { $0 > $1 || ($0 != $0 && $1 == $1) ? 1 : 0 }
  case .greaterOrEqual: zipLanes(a, b, rows, &out) { $0 >= $1 || $0 != $0 ? 1 : 0 }
  }
}

/// Compares strings bytewise, as collation C does; rows that `validity` says are NULL are left out.
///
/// An empty `validity` means that every row counts; else it is that of both sides together.
package func compareBytes(
  _ comparison: Comparison,
  _ a: Span<ByteView>,
  _ b: Span<ByteView>,
  _ rows: Int,
  validity: Span<UInt64>,
  into out: inout MutableSpan<UInt8>
) {
  precondition(rows <= a.count && rows <= b.count && rows <= out.count)
  precondition(validity.isEmpty || rows <= validity.count * 64)
  let checksValidity = !validity.isEmpty
  switch comparison {
  case .equal, .notEqual:
    let whenEqual: UInt8 = comparison == .equal ? 1 : 0
    for i in 0..<rows {
      if checksValidity, validity[i &>> 6] &>> UInt64(i & 63) & 1 == 0 { continue }
      // SAFETY: i < rows, which is within the spans.
      unsafe out[unchecked: i] =
        unsafe a[unchecked: i] == b[unchecked: i] ? whenEqual : 1 - whenEqual
    }
  default:
    for i in 0..<rows {
      if checksValidity, validity[i &>> 6] &>> UInt64(i & 63) & 1 == 0 { continue }
      // SAFETY: as above.
      unsafe out[unchecked: i] =
        unsafe comparison.holds(a[unchecked: i].order(b[unchecked: i])) ? 1 : 0
    }
  }
}

extension Interval {
  /// The length by which PostgreSQL orders intervals: a month is 30 days, a day 24 hours.
  @inline(__always)
  package var linear: Int128 {
    Int128(Int64(months) * 30 + Int64(days)) * 86_400_000_000 + Int128(microseconds)
  }
}

/// Intervals by their length, see ``Columnar/Interval/linear``.
package func compareInterval(
  _ comparison: Comparison,
  _ a: Span<Interval>,
  _ b: Span<Interval>,
  _ rows: Int,
  into out: inout MutableSpan<UInt8>
) {
  zipLanes(a, b, rows, &out) { left, right in
    let (x, y) = (left.linear, right.linear)
    return comparison.holds(x < y ? -1 : (x == y ? 0 : 1)) ? 1 : 0
  }
}

/// Numerics by value, whatever their scales.
package func compareDecimal(
  _ comparison: Comparison,
  _ a: Span<Decimal>,
  _ b: Span<Decimal>,
  _ rows: Int,
  into out: inout MutableSpan<UInt8>
) {
  zipLanes(a, b, rows, &out) { comparison.holds(order($0, $1)) ? 1 : 0 }
}
