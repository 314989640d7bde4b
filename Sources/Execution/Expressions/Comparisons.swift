import Columnar
import Kernels
import Planning

extension Comparison {
  init(_ comparison: ComparisonOperator) {
    self =
      switch comparison {
      case .equal: .equal
      case .notEqual: .notEqual
      case .less: .less
      case .lessOrEqual: .lessOrEqual
      case .greater: .greater
      case .greaterOrEqual: .greaterOrEqual
      }
  }
}

extension ExpressionCompiler {
  /// `left op right`.
  func compare(
    _ comparison: ComparisonOperator,
    _ left: BoundExpression,
    _ right: BoundExpression
  ) throws(ExecutionError) -> ExpressionNode {
    let (a, b) = try harmonise(left, right)
    return compare(Comparison(comparison), a, b)
  }

  /// Two nodes of one lane kind, numerics at one scale.
  func compare(
    _ comparison: Comparison,
    _ a: ExpressionNode,
    _ b: ExpressionNode
  ) -> ExpressionNode {
    binary(.bool, a, b) { (a, b, rows, output) throws(ExecutionError) in
      compareLanes(comparison, a, b, rows, into: output)
    }
  }

  /// Both sides in one lane kind, numerics with one scale, so that lanes compare.
  func harmonise(
    _ left: BoundExpression,
    _ right: BoundExpression
  ) throws(ExecutionError) -> (ExpressionNode, ExpressionNode) {
    let (a, b) = (try compile(left), try compile(right))
    let isNumeric = left.type.isNumeric || right.type.isNumeric
    guard isNumeric else {
      precondition(a.kind == b.kind, "the binder gives both sides one type")
      return (a, b)
    }
    guard let x = left.type.numericShape, let y = right.type.numericShape else {
      return (toDecimal(a, left.type), toDecimal(b, right.type))
    }
    let scale = max(x.scale, y.scale)
    let digits = max(x.precision - x.scale, y.precision - y.scale) + scale
    guard digits <= 38 else { return (toDecimal(a, left.type), toDecimal(b, right.type)) }
    let kind: LaneKind = digits <= 18 && a.kind == .int64 && b.kind == .int64 ? .int64 : .int128
    return (
      rescale(a, from: x.scale, to: scale, kind), rescale(b, from: y.scale, to: scale, kind)
    )
  }
}

/// Lanes of one kind against each other; validity is the caller's.
func compareLanes(
  _ comparison: Comparison,
  _ a: Vector,
  _ b: Vector,
  _ rows: Int,
  into output: Vector
) {
  var out = output.mutableBool
  switch a.kind {
  case .bool: compareBool(comparison, a.bool, b.bool, rows, into: &out)
  case .int64: compareInt64(comparison, a.int64, b.int64, rows, into: &out)
  case .int128: compareInt128(comparison, a.int128, b.int128, rows, into: &out)
  case .float64: compareFloat64(comparison, a.float64, b.float64, rows, into: &out)
  case .decimal: compareDecimal(comparison, a.decimal, b.decimal, rows, into: &out)
  case .uuid: compareUUID(comparison, a.uuid, b.uuid, rows, into: &out)
  case .interval: compareInterval(comparison, a.interval, b.interval, rows, into: &out)
  case .bytes:
    if output.hasNulls {
      compareBytes(comparison, a.views, b.views, rows, validity: output.validity, into: &out)
    } else {
      compareBytes(comparison, a.views, b.views, rows, validity: Span(), into: &out)
    }
  }
}
