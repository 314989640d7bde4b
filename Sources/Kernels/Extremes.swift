internal import CKernels
package import Columnar

/// Lowest and highest lane of an int64 vector's rows that are not NULL.
///
/// - Parameters:
///   - vector: Of int64 lanes.
///   - rows: How many of them are looked at.
/// - Returns: nil when all are NULL, or none is there.
/// - Complexity: 0.1 ns a row; where some of 64 neighbours are NULL, 1 ns.
package func extremes(of vector: Vector, _ rows: Int) -> (low: Int64, high: Int64)? {
  let lanes = vector.int64
  precondition(rows <= lanes.count)
  guard rows > 0 else { return nil }
  if !vector.hasNull(among: rows) { return extremes(lanes, 0..<rows) }
  let validity = vector.validity
  var low = Int64.max
  var high = Int64.min
  for first in stride(from: 0, to: rows, by: 64) {
    let count = min(64, rows &- first)
    let whole: UInt64 = count == 64 ? ~0 : (1 &<< UInt64(count)) &- 1
    var valid = validity[first >> 6] & whole
    if valid == whole {
      let range = extremes(lanes, first..<first &+ count)
      low = min(low, range.low)
      high = max(high, range.high)
    } else {
      while valid != 0 {
        let lane = lanes[first &+ valid.trailingZeroBitCount]
        low = min(low, lane)
        high = max(high, lane)
        valid &= valid &- 1
      }
    }
  }
  return low > high ? nil : (low, high)
}

/// Of rows that are there, at least one.
private func extremes(_ lanes: Span<Int64>, _ rows: Range<Int>) -> (low: Int64, high: Int64) {
  var low: Int64 = 0
  var high: Int64 = 0
  unsafe lanes.extracting(rows).withUnsafeBufferPointer { lanes in
    // SAFETY: as many lanes as the buffer has.
    unsafe ck_extremes64(lanes.baseAddress.unsafelyUnwrapped, lanes.count, &low, &high)
  }
  return (low, high)
}
