import Columnar
import Kernels
import Planning

// Numerics with a shape and integers are scaled integers; an operation brings its arguments to one scale
// and one lane width first. Where 38 digits do not suffice, it works on `Decimal`.

extension LogicalType {
  /// Whether this is numeric, with a shape or without.
  var isNumeric: Bool { if case .numeric = self { true } else { false } }

  /// The range that results of this type are checked against.
  var integerRange: IntegerRange {
    switch self {
    case .smallint: .smallint
    case .integer: .integer
    default: .bigint
    }
  }
}

extension ExpressionCompiler {
  /// A scaled integer at a larger scale and in lanes of `kind`.
  func rescale(
    _ node: ExpressionNode,
    from: Int,
    to scale: Int,
    _ kind: LaneKind
  ) -> ExpressionNode {
    precondition(to(scale, isAtLeast: from))
    var node = node
    if node.kind == .int64, kind == .int128 {
      node = unary(.int128, node) { (input, rows, output) throws(ExecutionError) in
        var out = output.mutableInt128
        widen(input.int64, rows, into: &out)
      }
    }
    guard scale > from else { return node }
    let factor = PowersOfTen.all[scale - from]
    if node.kind == .int64 {
      let narrow = Int64(truncatingIfNeeded: factor)
      return unary(.int64, node) { (input, rows, output) throws(ExecutionError) in
        let lanes = input.int64
        var out = output.mutableInt64
        guard scaleInt64(lanes, by: narrow, rows, into: &out) else { return }
        try forEachValidRow(output, rows) { (row) throws(ExecutionError) in
          if lanes[row].multipliedReportingOverflow(by: narrow).overflow { throw .numericOverflow }
        }
      }
    }
    return unary(.int128, node) { (input, rows, output) throws(ExecutionError) in
      let lanes = input.int128
      var out = output.mutableInt128
      guard scaleInt128(lanes, by: factor, rows, into: &out) else { return }
      try forEachValidRow(output, rows) { (row) throws(ExecutionError) in
        if lanes[row].multipliedReportingOverflow(by: factor).overflow { throw .numericOverflow }
      }
    }
  }

  private func to(_ scale: Int, isAtLeast from: Int) -> Bool { scale >= from }

  /// A numeric or integer as a numeric with a scale a value.
  func toDecimal(_ node: ExpressionNode, _ type: LogicalType) -> ExpressionNode {
    guard node.kind != .decimal else { return node }
    let scale = type.scale
    return unary(.decimal, node) { (input, rows, output) throws(ExecutionError) in
      var out = output.mutableDecimal
      if input.kind == .int64 {
        let lanes = input.int64
        for row in 0..<rows { out[row] = Decimal(coefficient: Int128(lanes[row]), scale: scale) }
      } else {
        let lanes = input.int128
        for row in 0..<rows { out[row] = Decimal(coefficient: lanes[row], scale: scale) }
      }
    }
  }
}
