import Columnar
import Kernels
import Planning

/// IS [NOT] DISTINCT FROM: a comparison in which NULL equals NULL; never NULL itself.
final class DistinctNode: ExpressionNode {
  private let left: ExpressionNode
  private let right: ExpressionNode
  private let equality: ExpressionNode
  private let output = Vector(kind: .bool, capacity: 64)

  init(_ left: ExpressionNode, _ right: ExpressionNode, equality: ExpressionNode) {
    self.left = left
    self.right = right
    self.equality = equality
    super.init(kind: .bool)
  }

  override func evaluate(_ batch: Batch) throws(ExecutionError) -> Vector {
    let output = output
    output.reset()
    output.reserve(batch.rowCount)
    let equal = try equality.evaluate(batch)
    var lanes = output.mutableBool
    isKnown(equal, value: false, batch.rowCount, into: &lanes)
    guard equal.hasNulls else { return output }
    // Columns and constants are evaluated again at no cost; anything else has kept its vector.
    let (a, b) = (try left.evaluate(batch), try right.evaluate(batch))
    let bValid = ValidRows(b)
    let aValid = ValidRows(a)
    for row in 0..<batch.rowCount where aValid[row] != bValid[row] { lanes[row] = 1 }
    return output
  }
}

/// NULLIF(a, b): a, or NULL where a = b.
final class NullIfNode: ExpressionNode {
  private let value: ExpressionNode
  private let equality: ExpressionNode
  private let output: Vector

  init(_ value: ExpressionNode, equality: ExpressionNode) {
    self.value = value
    self.equality = equality
    output = Vector(kind: value.kind, capacity: 64)
    super.init(kind: value.kind)
  }

  override func evaluate(_ batch: Batch) throws(ExecutionError) -> Vector {
    let rows = batch.rowCount
    output.reset()
    let equal = try equality.evaluate(batch)
    copyRows(try value.evaluate(batch), from: 0, count: rows, into: output, at: 0)
    let lanes = equal.bool
    let equalValid = ValidRows(equal)
    for row in 0..<rows where lanes[row] != 0 && equalValid[row] { output.setNull(row) }
    return output
  }
}

/// GREATEST and LEAST: NULL arguments do not count.
final class ExtremeNode: ExpressionNode {
  private let arguments: [ExpressionNode]
  private let comparison: Comparison
  private let output: Vector
  private let spelled: Vector
  private let mask = Vector(kind: .bool, capacity: 64)

  init(_ arguments: [ExpressionNode], isGreatest: Bool) {
    self.arguments = arguments
    comparison = isGreatest ? .greater : .less
    output = Vector(kind: arguments[0].kind, capacity: 64)
    spelled = Vector(kind: arguments[0].kind, capacity: 64)
    super.init(kind: arguments[0].kind)
  }

  override func evaluate(_ batch: Batch) throws(ExecutionError) -> Vector {
    let rows = batch.rowCount
    let (output, mask) = (output, mask)
    output.reset()
    copyRows(try arguments[0].evaluate(batch), from: 0, count: rows, into: output, at: 0)
    spellOut(output, rows: rows)
    for argument in arguments.dropFirst() {
      var value = try argument.evaluate(batch)
      if value.dictionary != nil {
        spelled.reset()
        copyRows(value, from: 0, count: rows, into: spelled, at: 0)
        spellOut(spelled, rows: rows)
        value = spelled
      }
      mask.reset()
      mask.reserve(rows)
      copyValidity(value, rows, into: mask)
      addNulls(of: output, rows, to: mask)
      compareLanes(comparison, value, output, rows, into: mask)
      if mask.hasNulls {
        var lanes = mask.mutableBool
        let valueValid = ValidRows(value)
        let maskValid = ValidRows(mask)
        for row in 0..<rows where !maskValid[row] {
          lanes[row] = valueValid[row] ? 1 : 0
        }
      }
      blend(value, where: mask.bool, rows, into: output)
    }
    return output
  }
}

extension ExpressionCompiler {
  /// `a IS DISTINCT FROM b`.
  func isDistinct(
    _ left: BoundExpression,
    _ right: BoundExpression
  ) throws(ExecutionError) -> ExpressionNode {
    let (a, b) = try harmonise(left, right)
    return DistinctNode(a, b, equality: compare(.equal, a, b))
  }

  /// NULLIF(a, b).
  func nullIf(
    _ left: BoundExpression,
    _ right: BoundExpression,
    _ type: LogicalType
  ) throws(ExecutionError) -> ExpressionNode {
    NullIfNode(try compile(left, as: type), equality: try compare(.equal, left, right))
  }

  /// GREATEST(…) and LEAST(…).
  func extreme(
    _ arguments: [BoundExpression],
    _ type: LogicalType,
    isGreatest: Bool
  ) throws(ExecutionError) -> ExpressionNode {
    var nodes: [ExpressionNode] = []
    for argument in arguments { nodes.append(try compile(argument, as: type)) }
    return nodes.count == 1 ? nodes[0] : ExtremeNode(nodes, isGreatest: isGreatest)
  }

  /// Compiles an expression whose value a context of another numeric shape wants.
  func compile(
    _ expression: BoundExpression,
    as type: LogicalType
  ) throws(ExecutionError) -> ExpressionNode {
    let node = try compile(expression)
    guard type.isNumeric else { return node }
    if type.laneKind == .decimal { return toDecimal(node, expression.type) }
    guard let shape = expression.type.numericShape, shape.scale <= type.scale,
      node.kind != .int128 || type.laneKind == .int128
    else { return try cast(node, expression.type, to: type) }
    return rescale(node, from: shape.scale, to: type.scale, type.laneKind)
  }
}
