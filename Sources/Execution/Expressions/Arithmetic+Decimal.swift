import Columnar
import Kernels
import Planning

extension ExpressionCompiler {
  /// Operators and functions of numerics with a scale a value.
  func decimalFunction(
    _ function: ScalarFunction,
    _ arguments: [BoundExpression]
  ) throws(ExecutionError) -> ExpressionNode {
    var nodes: [ExpressionNode] = []
    // The second argument of round and trunc is a number of places.
    let hasPlaces = function == .round || function == .truncate
    for (index, argument) in arguments.enumerated() {
      let node = try compile(argument)
      nodes.append(hasPlaces && index == 1 ? node : toDecimal(node, argument.type))
    }
    let a = nodes[0]
    if nodes.count == 2, nodes[1].kind == .decimal {
      return try decimalOperator(function, a, nodes[1])
    }
    switch function {
    case .negate: return map(a) { (value: Decimal) in value.negated() }
    case .abs:
      return map(a) { (value: Decimal) in
        value.signum < 0 ? value.negated() : value
      }
    case .sign:
      return map(a) { (value: Decimal) -> Decimal in
        value.sign
      }
    case .ceiling: return map(a) { (value: Decimal) throws(ValueError) in try value.ceiling() }
    case .floor: return map(a) { (value: Decimal) throws(ValueError) in try value.floor() }
    case .round, .truncate:
      let rounds = function == .round
      let places = nodes.count > 1 ? toPlaces(nodes[1]) : ConstantNode(.int64(0), kind: .int64)
      return map(a, places) { (value: Decimal, places: Int64) throws(ValueError) in
        rounds
          ? try value.rounded(places: Int(places)) : try value.truncated(places: Int(places))
      }
    case .squareRoot:
      return map(a) { (value: Decimal) throws(ValueError) in try value.squareRoot() }
    case .exponential:
      return map(a) { (value: Decimal) throws(ValueError) in try value.exponential() }
    case .naturalLogarithm:
      return map(a) { (value: Decimal) throws(ValueError) in try value.naturalLogarithm() }
    case .logarithm:
      return map(a) { (value: Decimal) throws(ValueError) in
        try value.logarithm(base: Decimal(10))
      }
    default: throw unsupported("function \(function) of numeric")
    }
  }

  private func decimalOperator(
    _ function: ScalarFunction,
    _ a: ExpressionNode,
    _ b: ExpressionNode
  ) throws(ExecutionError) -> ExpressionNode {
    switch function {
    case .add:
      map(a, b) { (x: Decimal, y: Decimal) throws(ValueError) in try x.adding(y) }
    case .subtract:
      map(a, b) { (x: Decimal, y: Decimal) throws(ValueError) in try x.subtracting(y) }
    case .multiply:
      map(a, b) { (x: Decimal, y: Decimal) throws(ValueError) in try x.multiplied(by: y) }
    case .divide:
      map(a, b) { (x: Decimal, y: Decimal) throws(ValueError) in try x.dividing(by: y) }
    case .modulo:
      map(a, b) { (x: Decimal, y: Decimal) throws(ValueError) in
        try x.remainder(dividingBy: y)
      }
    case .power:
      map(a, b) { (x: Decimal, y: Decimal) throws(ValueError) in try x.raised(to: y) }
    case .logarithm:
      map(a, b) { (base: Decimal, y: Decimal) throws(ValueError) in
        try y.logarithm(base: base)
      }
    default: throw unsupported("function \(function) of numeric")
    }
  }

  /// Places beyond what a numeric has change nothing.
  private func toPlaces(_ node: ExpressionNode) -> ExpressionNode {
    map(node) { (places: Int64) in min(max(places, -2_000), 2_000) }
  }

  /// round, trunc, ceil, floor and sign of a scaled integer, with a result of known scale.
  func roundScaled(
    _ function: ScalarFunction,
    _ argument: BoundExpression,
    _ to: NumericShape
  ) throws(ExecutionError) -> ExpressionNode? {
    guard let from = argument.type.numericShape else { return nil }
    let node = try compile(argument)
    let kind = LogicalType.numeric(to).laneKind
    if function == .round || from.scale <= to.scale { return castScaled(node, from, to) }
    guard from.scale <= 18, node.kind == .int64, kind == .int64 else {
      guard to.precision <= 38 else { return nil }
      let unit = Decimal.powerOfTen(from.scale - to.scale)
      let wide = node.kind == .int64 ? rescale(node, from: 0, to: 0, .int128) : node
      let whole = map(wide) { (value: Int128) in cut(value, unit, function) }
      return castScaled(whole, NumericShape(precision: 38, scale: to.scale), to)
    }
    let unit = powerOfTen64(from.scale - to.scale)
    return map(node) { (value: Int64) in cut(value, unit, function) }
  }

  /// The remainder of scaled integers of one scale.
  func scaledModulo(_ a: ExpressionNode, _ b: ExpressionNode) -> ExpressionNode {
    if a.kind == .int64 {
      return map(a, b) { (x: Int64, y: Int64) throws(ValueError) in
        if y == 0 { throw .divisionByZero }
        return y == -1 ? 0 : x % y
      }
    }
    return map(a, b) { (x: Int128, y: Int128) throws(ValueError) in
      if y == 0 { throw .divisionByZero }
      return y == -1 ? 0 : x % y
    }
  }
}

/// The quotient cut towards zero, or up (ceil), or down (floor).
@inline(__always)
private func cut<T: FixedWidthInteger>(_ value: T, _ unit: T, _ function: ScalarFunction) -> T {
  let (quotient, rest) = value.quotientAndRemainder(dividingBy: unit)
  switch function {
  case .ceiling: return rest > 0 ? quotient + 1 : quotient
  case .floor: return rest < 0 ? quotient - 1 : quotient
  default: return quotient
  }
}
