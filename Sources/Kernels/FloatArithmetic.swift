/// An operation on doubles.
package enum FloatOperation: Sendable { case add, subtract, multiply, divide }

/// out = a op b, rounded to a Float where `isReal`.
///
/// The caller looks for overflow, underflow and division by zero with ``mayHaveOverflown(_:_:)``.
package func floatArithmetic(
  _ operation: FloatOperation,
  _ a: Span<Double>,
  _ b: Span<Double>,
  _ rows: Int,
  isReal: Bool,
  into out: inout MutableSpan<Double>
) {
  if isReal {
    switch operation {
    case .add: zipLanes(a, b, rows, &out) { Double(Float($0) + Float($1)) }
    case .subtract: zipLanes(a, b, rows, &out) { Double(Float($0) - Float($1)) }
    case .multiply: zipLanes(a, b, rows, &out) { Double(Float($0) * Float($1)) }
    case .divide: zipLanes(a, b, rows, &out) { Double(Float($0) / Float($1)) }
    }
  } else {
    switch operation {
    case .add: zipLanes(a, b, rows, &out) { $0 + $1 }
    case .subtract: zipLanes(a, b, rows, &out) { $0 - $1 }
    case .multiply: zipLanes(a, b, rows, &out) { $0 * $1 }
    case .divide: zipLanes(a, b, rows, &out) { $0 / $1 }
    }
  }
}

/// Whether some result is infinite, NaN or zero, so that the rows have to be looked at one by one.
package func isSuspicious(_ out: Span<Double>, _ rows: Int, zeroCounts: Bool) -> Bool {
  precondition(rows >= 0 && rows <= out.count)
  var worst: UInt64 = 0
  var zeros: UInt64 = 0
  for i in 0..<rows {
    // SAFETY: i < rows <= out.count.
    let bits = unsafe out[unchecked: i].bitPattern & 0x7fff_ffff_ffff_ffff
    worst |= bits >= 0x7ff0_0000_0000_0000 ? 1 : 0
    zeros |= bits == 0 ? 1 : 0
  }
  return worst != 0 || (zeroCounts && zeros != 0)
}

/// out = -a.
package func negateFloat64(_ a: Span<Double>, _ rows: Int, into out: inout MutableSpan<Double>) {
  mapLanes(a, rows, &out) { -$0 }
}

/// out = |a|.
package func absoluteFloat64(_ a: Span<Double>, _ rows: Int, into out: inout MutableSpan<Double>) {
  mapLanes(a, rows, &out) { $0.magnitude }
}

/// out = a as doubles.
package func convertToFloat64(_ a: Span<Int64>, _ rows: Int, into out: inout MutableSpan<Double>) {
  mapLanes(a, rows, &out) { Double($0) }
}
