import Columnar
import Kernels
import Planning

/// Makes a tree of nodes of a bound expression: types choose the kernels here, once.
struct ExpressionCompiler {
  let context: EvaluationContext
  /// Whether a ``DictionaryMemo`` is around what is compiled, so that none is needed inside.
  private var isInsideMemo = false

  init(context: EvaluationContext) { self.context = context }

  /// Compiles `expression`; what depends on one text column only is evaluated by dictionary entry.
  func compile(_ expression: BoundExpression) throws(ExecutionError) -> ExpressionNode {
    guard !isInsideMemo, let column = memoColumn(of: expression) else {
      return try compileNode(expression)
    }
    var inner = self
    inner.isInsideMemo = true
    return DictionaryMemo(column: column, try inner.compileNode(expression))
  }

  /// The one text column that an expression reads, if it is worth a table by dictionary entry.
  private func memoColumn(of expression: BoundExpression) -> Int? {
    switch expression.node {
    case .column, .constant, .parameter: return nil
    default: break
    }
    let traits = ExpressionTraits(expression)
    guard traits.columns.count == 1, traits.readsOnlyBytes, !traits.isVolatile else { return nil }
    return traits.columns.first
  }

  private func compileNode(_ expression: BoundExpression) throws(ExecutionError) -> ExpressionNode {
    let kind = expression.type.laneKind
    switch expression.node {
    case .column(let index): return ColumnNode(index, kind: kind)
    case .constant(let value): return constant(value, expression.type)
    case .parameter(let index):
      guard index < context.parameters.count else {
        throw .sql("08P01", "bind message does not supply parameter $\(index + 1)")
      }
      return constant(context.parameters[index], expression.type)
    case .call(let function, let arguments):
      return try call(function, arguments, expression.type)
    case .and: return try connective(expression, isAnd: true)
    case .or: return try connective(expression, isAnd: false)
    case .not(let operand): return TestNode(try compile(operand), .not)
    case .isNull(let operand, let negated):
      return TestNode(try compile(operand), .isNull(negated: negated))
    case .isTruth(let operand, let truth, let negated):
      let node = try compile(operand)
      return switch truth {
      case .yes: TestNode(node, .isKnown(true, negated: negated))
      case .no: TestNode(node, .isKnown(false, negated: negated))
      case .unknown: TestNode(node, .isNull(negated: negated))
      }
    case .caseWhen(let branches, let otherwise):
      return try caseWhen(branches, otherwise, expression.type)
    case .coalesce(let arguments): return try coalesce(arguments, expression.type)
    case .inList(let operand, let list, let negated):
      return try inList(operand, list, isNegated: negated)
    case .quantified(let operand, let comparison, let array, let isAll):
      return try quantified(operand, comparison, array, isAll: isAll)
    case .cast(let operand):
      return try cast(try compile(operand), operand.type, to: expression.type)
    }
  }

  /// A constant; arrays in their text form.
  private func constant(_ value: Datum, _ type: LogicalType) -> ExpressionNode {
    guard case .array(let element) = type, case .array(let members) = value else {
      return ConstantNode(value, kind: type.laneKind)
    }
    return ConstantNode(.bytes(arrayText(members, element, context)), kind: .bytes)
  }

  /// AND or OR over the flattened parts.
  private func connective(
    _ expression: BoundExpression,
    isAnd: Bool
  ) throws(ExecutionError) -> ExpressionNode {
    var flat: [BoundExpression] = []
    flatten(expression, isAnd: isAnd, into: &flat)
    var parts: [ConnectiveNode.Part] = []
    for part in flat {
      let traits = ExpressionTraits(part)
      let node = try compile(part)
      parts.append(.init(node: node, traits: traits, subset: RowSubset(columns: traits.columns)))
    }
    guard !parts.isEmpty else { return ConstantNode(.boolean(isAnd), kind: .bool) }
    return ConnectiveNode(isAnd: isAnd, parts)
  }

  private func call(
    _ function: ScalarFunction,
    _ arguments: [BoundExpression],
    _ type: LogicalType
  ) throws(ExecutionError) -> ExpressionNode {
    switch function {
    case .compare(let comparison):
      return try compare(comparison, arguments[0], arguments[1])
    case .isDistinctFrom: return try isDistinct(arguments[0], arguments[1])
    case .nullIf: return try nullIf(arguments[0], arguments[1], type)
    case .greatest: return try extreme(arguments, type, isGreatest: true)
    case .least: return try extreme(arguments, type, isGreatest: false)
    case .add, .subtract, .multiply, .divide, .modulo, .negate, .abs, .power, .sign, .round,
      .truncate, .ceiling, .floor, .squareRoot, .exponential, .naturalLogarithm, .logarithm:
      return try arithmetic(function, arguments, type)
    case .math(let function): return try mathFunction(function, arguments)
    case .approximate: return map(try compile(arguments[0])) { (x: Double) in approximated(x) }
    case .exactNumeric, .specialCount, .doubleOfSums:
      return exactSums(function, try compile(arguments))
    case .sketchCell: return sketchCell(try compile(arguments[0]))
    case .bits(let operation): return bits(operation, try compile(arguments), type)
    case .like(let ignoringCase):
      return try like(try compile(arguments), ignoringCase: ignoringCase)
    case .regularExpressionMatch(let ignoringCase):
      return regularExpressionMatch(try compile(arguments), ignoringCase: ignoringCase)
    case .checkLength: return checkLength(try compile(arguments[0]), arguments, type)
    case .jsonField, .jsonFieldText:
      return jsonField(try compile(arguments), asText: function == .jsonFieldText)
    default:
      if let node = try patternFunction(function, arguments) { return node }
      if let node = try timeFunction(function, arguments, type) { return node }
      if let node = try sessionFunction(function, arguments) { return node }
      let nodes = try compile(arguments)
      if let node = regularExpressionFunction(function, nodes) { return node }
      if let node = textCodingFunction(function, nodes, arguments) { return node }
      return try textFunction(function, nodes, arguments)
    }
  }

  /// Compiles several expressions.
  func compile(_ expressions: [BoundExpression]) throws(ExecutionError) -> [ExpressionNode] {
    var nodes: [ExpressionNode] = []
    for expression in expressions { nodes.append(try compile(expression)) }
    return nodes
  }

  /// A function that is NULL where an argument is; constant when all arguments are.
  func strict(
    _ kind: LaneKind,
    _ arguments: [ExpressionNode],
    _ kernel: @escaping StrictNode.Kernel
  ) -> ExpressionNode {
    let node = StrictNode(kind: kind, arguments, kernel: kernel)
    return !arguments.isEmpty && arguments.allSatisfy(\.isConstant) ? LazyConstantNode(node) : node
  }

  /// As ``strict(_:_:_:)`` for one argument.
  func unary(
    _ kind: LaneKind,
    _ a: ExpressionNode,
    _ kernel: @escaping (Vector, Int, Vector) throws(ExecutionError) -> Void
  ) -> ExpressionNode {
    strict(kind, [a]) { (inputs, rows, output) throws(ExecutionError) in
      try kernel(inputs[0], rows, output)
    }
  }

  /// As ``strict(_:_:_:)`` for two arguments.
  func binary(
    _ kind: LaneKind,
    _ a: ExpressionNode,
    _ b: ExpressionNode,
    _ kernel: @escaping (Vector, Vector, Int, Vector) throws(ExecutionError) -> Void
  ) -> ExpressionNode {
    strict(kind, [a, b]) { (inputs, rows, output) throws(ExecutionError) in
      try kernel(inputs[0], inputs[1], rows, output)
    }
  }

  func unsupported(_ what: String) -> ExecutionError {
    .sql("0A000", "\(what) is not supported")
  }
}
