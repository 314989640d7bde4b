import ColumnEncoding
import Columnar
import Kernels
import Planning

extension ExpressionCompiler {
  /// Where each value goes in a ``DistinctSketch``.
  func sketchCell(_ node: ExpressionNode) -> ExpressionNode {
    let hashes = GroupArray<UInt64>(0)
    return unary(.int64, node) { (input, rows, output) throws(ExecutionError) in
      hashes.reserve(rows)
      var words = hashes.mutableSpan
      hashRows(input, rows, into: &words)
      var out = output.mutableInt64
      for row in 0..<rows { out[row] = DistinctSketch.cell(ofHash: words[row]) }
    }
  }
}

extension ExpressionCompiler {
  /// The parts of sums of doubles, and the double that they make.
  func exactSums(_ function: ScalarFunction, _ nodes: [ExpressionNode]) -> ExpressionNode {
    switch function {
    case .exactNumeric:
      map(nodes[0]) { (x: Double) throws(ValueError) -> Decimal in try Decimal(exactly: x) }
    case .specialCount: map(nodes[0]) { (x: Double) -> Int128 in SpecialDoubles.count(x) }
    default:
      map(nodes[0], nodes[1]) { (sum: Decimal, counts: Int128) throws(ValueError) -> Double in
        try SpecialDoubles.sum(sum, counts)
      }
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
