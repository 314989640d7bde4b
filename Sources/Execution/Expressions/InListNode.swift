import Columnar
import Kernels
import Planning

/// `x [NOT] IN (constants)`.
final class InListNode: ExpressionNode {
  private enum Members {
    case integers(IntegerSet)
    case values(ValueSet)
  }

  private let operand: ExpressionNode
  private let members: Members
  /// A NULL member: what is not found is unknown.
  private let hasNull: Bool
  private let isNegated: Bool
  private let output = Vector(kind: .bool, capacity: 64)
  private let hashes = HashList()

  init(_ operand: ExpressionNode, _ list: [Datum], isNegated: Bool) {
    self.operand = operand
    self.isNegated = isNegated
    let known = list.filter { !$0.isNull }
    hasNull = known.count < list.count
    if operand.kind == .int64 {
      let integers = known.compactMap { if case .int64(let value) = $0 { value } else { nil } }
      members = .integers(IntegerSet(integers))
    } else {
      let all = Vector(kind: operand.kind, capacity: max(known.count, 1))
      let one = Vector(kind: operand.kind, capacity: 64)
      for (row, value) in known.enumerated() {
        fill(one, with: value, rows: 1)
        copyRows(one, from: 0, count: 1, into: all, at: row)
      }
      members = .values(ValueSet(all, count: known.count))
    }
    super.init(kind: .bool)
  }

  override func evaluate(_ batch: Batch) throws(ExecutionError) -> Vector {
    let rows = batch.rowCount
    let (output, hashes) = (output, hashes)
    output.reset()
    output.reserve(rows)
    let input = try operand.evaluate(batch)
    var lanes = output.mutableBool
    switch members {
    case .integers(let set): set.contains(input.int64, rows, into: &lanes)
    case .values(let set):
      hashes.reserve(rows)
      var places = hashes.places
      set.contains(input, rows, hashes: &places, into: &lanes)
    }
    if input.hasNulls || hasNull {
      output.beginNulls()
      if input.hasNulls { copyValidity(input, rows, into: output) }
      if hasNull {
        output.hasNulls = true
        for row in 0..<rows where lanes[row] == 0 { output.setNull(row) }
      }
    }
    if isNegated { for row in 0..<rows { lanes[row] ^= 1 } }
    return output
  }
}

extension ExpressionCompiler {
  /// `operand [NOT] IN (list)`.
  func inList(
    _ operand: BoundExpression,
    _ list: [Datum],
    isNegated: Bool
  ) throws(ExecutionError) -> ExpressionNode {
    // An empty array: nothing is in it, not even NULL.
    if list.isEmpty { return ConstantNode(.boolean(isNegated), kind: .bool) }
    let node = InListNode(try compile(operand), list, isNegated: isNegated)
    return operand.isConstantLike ? LazyConstantNode(node) : node
  }

  /// `operand op ANY/ALL (array)`, the array a parameter or another expression without columns.
  func quantified(
    _ operand: BoundExpression,
    _ comparison: ComparisonOperator,
    _ array: BoundExpression,
    isAll: Bool
  ) throws(ExecutionError) -> ExpressionNode {
    guard case .array(let element) = array.type else {
      throw .sql("42809", "op ANY/ALL (array) requires array on right side")
    }
    let value: Datum
    switch array.node {
    case .constant(let constant): value = constant
    case .parameter(let index) where index < context.parameters.count:
      value = context.parameters[index]
    default: throw unsupported("op ANY/ALL over an array that depends on rows")
    }
    guard case .array(let members) = value else { return ConstantNode(.null, kind: .bool) }
    let isSameKind =
      operand.type.laneKind == element.type.laneKind
      && operand.type.scale == element.type.scale && !operand.type.isNumeric
    if comparison == .equal, !isAll, isSameKind {
      return try inList(operand, members, isNegated: false)
    }
    if comparison == .notEqual, isAll, isSameKind {
      return try inList(operand, members, isNegated: true)
    }
    let tests = members.map { member in
      BoundExpression(
        .call(.compare(comparison), [operand, BoundExpression(.constant(member), element.type)]),
        .boolean
      )
    }
    return try compile(BoundExpression(isAll ? .and(tests) : .or(tests), .boolean))
  }
}

extension BoundExpression {
  /// A constant or parameter, by itself.
  var isConstantLike: Bool {
    switch node {
    case .constant, .parameter: true
    default: false
    }
  }
}
