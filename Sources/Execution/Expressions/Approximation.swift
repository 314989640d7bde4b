import ColumnEncoding
import Columnar
import Kernels
import Planning

extension ExpressionCompiler {
  /// Where each value goes in a ``DistinctSketch``.
  func sketchCell(_ node: ExpressionNode) -> ExpressionNode {
    let hashes = GroupArray<UInt64>(0, capacity: vectorRowsMax)
    return unary(.int64, node) { (input, rows, output) throws(ExecutionError) in
      hashes.reserve(rows)
      var words = hashes.mutableSpan
      hashRows(input, rows, into: &words)
      var out = output.mutableInt64
      for row in 0..<rows { out[row] = DistinctSketch.cell(ofHash: words[row]) }
    }
  }
}

/// A double rounded to seven significant bits; NaN and infinities as they are.
@inline(__always)
func approximated(_ value: Double) -> Double {
  guard value.isFinite else { return value }
  let cut: UInt64 = (1 << 46) - 1
  // The carry of rounding goes on into the exponent, as it should.
  let rounded = Double(bitPattern: (value.bitPattern &+ (1 << 45)) & ~cut)
  return rounded.isFinite ? (rounded == 0 ? 0 : rounded) : value
}
