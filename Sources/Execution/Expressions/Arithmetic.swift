import Columnar
import Kernels
import Planning

extension ExpressionCompiler {
  /// Operators and functions of numbers, dates, times and intervals.
  func arithmetic(
    _ function: ScalarFunction,
    _ arguments: [BoundExpression],
    _ type: LogicalType
  ) throws(ExecutionError) -> ExpressionNode {
    if let node = try timeArithmetic(function, arguments) { return node }
    switch type {
    case .smallint, .integer, .bigint:
      return try integerArithmetic(function, try compile(arguments), type.integerRange)
    case .real, .double:
      return try floatArithmetic(function, try compile(arguments), isReal: type == .real)
    case .numeric(let shape?) where shape.isScaled:
      return try scaledArithmetic(function, arguments, shape)
    case .numeric: return try decimalFunction(function, arguments)
    default: throw unsupported("\(function) of \(type.sqlName)")
    }
  }

  // MARK: Integers

  private func integerArithmetic(
    _ function: ScalarFunction,
    _ nodes: [ExpressionNode],
    _ range: IntegerRange
  ) throws(ExecutionError) -> ExpressionNode {
    switch function {
    case .add:
      binary(.int64, nodes[0], nodes[1]) { (left, right, rows, output) throws(ExecutionError) in
        let a = left.int64
        let b = right.int64
        var out = output.mutableInt64
        guard addInt64(a, b, rows, range: range, into: &out) else { return }
        try forEachValidRow(output, rows) { (row) throws(ExecutionError) in
          try range.check(a[row].addingReportingOverflow(b[row]))
        }
      }
    case .subtract:
      binary(.int64, nodes[0], nodes[1]) { (left, right, rows, output) throws(ExecutionError) in
        let a = left.int64
        let b = right.int64
        var out = output.mutableInt64
        guard subtractInt64(a, b, rows, range: range, into: &out) else { return }
        try forEachValidRow(output, rows) { (row) throws(ExecutionError) in
          try range.check(a[row].subtractingReportingOverflow(b[row]))
        }
      }
    case .multiply:
      binary(.int64, nodes[0], nodes[1]) { (left, right, rows, output) throws(ExecutionError) in
        let a = left.int64
        let b = right.int64
        var out = output.mutableInt64
        guard multiplyInt64(a, b, rows, range: range, into: &out) else { return }
        try forEachValidRow(output, rows) { (row) throws(ExecutionError) in
          try range.check(a[row].multipliedReportingOverflow(by: b[row]))
        }
      }
    case .divide:
      binary(.int64, nodes[0], nodes[1]) { (left, right, rows, output) throws(ExecutionError) in
        let a = left.int64
        let b = right.int64
        var out = output.mutableInt64
        guard divideInt64(a, b, rows, range: range, into: &out) else { return }
        try forEachValidRow(output, rows) { (row) throws(ExecutionError) in
          if b[row] == 0 { throw .divisionByZero }
          try range.check(a[row].dividedReportingOverflow(by: b[row]))
        }
      }
    case .modulo:
      binary(.int64, nodes[0], nodes[1]) { (left, right, rows, output) throws(ExecutionError) in
        let a = left.int64
        let b = right.int64
        var out = output.mutableInt64
        guard moduloInt64(a, b, rows, into: &out) else { return }
        try forEachValidRow(output, rows) { (row) throws(ExecutionError) in
          if b[row] == 0 { throw .divisionByZero }
        }
      }
    case .negate:
      unary(.int64, nodes[0]) { (input, rows, output) throws(ExecutionError) in
        let a = input.int64
        var out = output.mutableInt64
        guard negateInt64(a, rows, range: range, into: &out) else { return }
        try forEachValidRow(output, rows) { (row) throws(ExecutionError) in
          try range.check(Int64(0).subtractingReportingOverflow(a[row]))
        }
      }
    case .abs:
      unary(.int64, nodes[0]) { (input, rows, output) throws(ExecutionError) in
        let a = input.int64
        var out = output.mutableInt64
        guard absoluteInt64(a, rows, range: range, into: &out) else { return }
        try forEachValidRow(output, rows) { (row) throws(ExecutionError) in
          if a[row] < 0 { try range.check(Int64(0).subtractingReportingOverflow(a[row])) }
        }
      }
    case .sign:
      map(nodes[0]) { (value: Int64) in value.signum() }
    default: throw unsupported("function \(function) of integers")
    }
  }

  // MARK: Doubles

  private func floatArithmetic(
    _ function: ScalarFunction,
    _ nodes: [ExpressionNode],
    isReal: Bool
  ) throws(ExecutionError) -> ExpressionNode {
    let operation: FloatOperation
    switch function {
    case .add: operation = .add
    case .subtract: operation = .subtract
    case .multiply: operation = .multiply
    case .divide: operation = .divide
    case .negate:
      return unary(.float64, nodes[0]) { (input, rows, output) throws(ExecutionError) in
        var out = output.mutableFloat64
        negateFloat64(input.float64, rows, into: &out)
      }
    case .abs:
      return unary(.float64, nodes[0]) { (input, rows, output) throws(ExecutionError) in
        var out = output.mutableFloat64
        absoluteFloat64(input.float64, rows, into: &out)
      }
    default: return try floatFunction(function, nodes)
    }
    return binary(.float64, nodes[0], nodes[1]) {
      (left, right, rows, output) throws(ExecutionError) in
      let a = left.float64
      let b = right.float64
      var out = output.mutableFloat64
      Kernels.floatArithmetic(operation, a, b, rows, isReal: isReal, into: &out)
      let zeroCounts = operation == .multiply || operation == .divide
      guard isSuspicious(output.float64, rows, zeroCounts: zeroCounts) else { return }
      try forEachValidRow(output, rows) { (row) throws(ExecutionError) in
        try checkFloat(operation, a[row], b[row], output.float64[row])
      }
    }
  }

  // MARK: Scaled integers

  /// Numerics with a shape: the binder chose one that holds every result.
  private func scaledArithmetic(
    _ function: ScalarFunction,
    _ arguments: [BoundExpression],
    _ shape: NumericShape
  ) throws(ExecutionError) -> ExpressionNode {
    switch function {
    case .round, .truncate, .ceiling, .floor:
      if let node = try roundScaled(function, arguments[0], shape) { return node }
      return try cast(
        try decimalFunction(function, arguments),
        .numeric(nil),
        to: .numeric(shape)
      )
    case .sign where shape.scale == 0 && arguments[0].type.numericShape != nil:
      let node = try compile(arguments[0])
      let signs =
        node.kind == .int64
        ? map(node) { (value: Int64) in value.signum() }
        : map(node) { (value: Int128) in Int64(value.signum()) }
      return rescale(signs, from: 0, to: 0, LogicalType.numeric(shape).laneKind)
    case .sign:
      return try cast(
        try decimalFunction(function, arguments),
        .numeric(nil),
        to: .numeric(shape)
      )
    default: break
    }
    let kind = LogicalType.numeric(shape).laneKind
    let operands = arguments.map { withoutWidening($0, for: function) }
    guard operands.allSatisfy({ $0.type.numericShape != nil }) else {
      return try cast(
        try decimalFunction(function, arguments),
        .numeric(nil),
        to: .numeric(shape)
      )
    }
    var nodes: [ExpressionNode] = []
    for operand in operands {
      let node = try compile(operand)
      // A product keeps its factors' scales.
      let scale = function == .multiply ? operand.type.scale : shape.scale
      let lanes: LaneKind = function == .multiply && node.kind == .int64 ? .int64 : kind
      nodes.append(rescale(node, from: operand.type.scale, to: scale, lanes))
    }
    switch function {
    case .multiply where kind == .int64:
      // At most 18 digits: no product wraps.
      return binary(.int64, nodes[0], nodes[1]) { (left, right, rows, output) in
        var out = output.mutableInt64
        multiplyInt64Unchecked(left.int64, right.int64, rows, into: &out)
      }
    case .multiply:
      if nodes[0].kind == .int64, nodes[1].kind == .int64 {
        return binary(.int128, nodes[0], nodes[1]) { (left, right, rows, output) in
          var out = output.mutableInt128
          multiplyWidening(left.int64, right.int64, rows, into: &out)
        }
      }
      return wideArithmetic(.multiply, nodes.map { rescale($0, from: 0, to: 0, .int128) })
    case .modulo: return scaledModulo(nodes[0], nodes[1])
    default:
      if kind == .int64 { return try integerArithmetic(function, nodes, .bigint) }
      return wideArithmetic(function, nodes)
    }
  }

  /// A factor without the cast that only gives it wider lanes: narrow factors have a faster product.
  private func withoutWidening(
    _ expression: BoundExpression,
    for function: ScalarFunction
  ) -> BoundExpression {
    guard function == .multiply, case .cast(let inner) = expression.node,
      inner.type.numericShape != nil, inner.type.laneKind == .int64,
      inner.type.scale == expression.type.scale
    else { return expression }
    return inner
  }

  /// On wide lanes; a result that needs more than 38 digits is refused.
  private func wideArithmetic(
    _ function: ScalarFunction,
    _ nodes: [ExpressionNode]
  ) -> ExpressionNode {
    guard nodes.count == 2 else {
      return unary(.int128, nodes[0]) { (input, rows, output) throws(ExecutionError) in
        let a = input.int128
        var out = output.mutableInt128
        let negates = function == .negate
        for row in 0..<rows { out[row] = negates || a[row] < 0 ? 0 &- a[row] : a[row] }
      }
    }
    return binary(.int128, nodes[0], nodes[1]) {
      (left, right, rows, output) throws(ExecutionError) in
      let a = left.int128
      let b = right.int128
      var out = output.mutableInt128
      let suspicious =
        switch function {
        case .add: addInt128(a, b, rows, into: &out)
        case .subtract: subtractInt128(a, b, rows, into: &out)
        default: multiplyInt128(a, b, rows, into: &out)
        }
      guard suspicious else { return }
      try forEachValidRow(output, rows) { (row) throws(ExecutionError) in
        let overflow =
          switch function {
          case .add: a[row].addingReportingOverflow(b[row]).overflow
          case .subtract: a[row].subtractingReportingOverflow(b[row]).overflow
          default: a[row].multipliedReportingOverflow(by: b[row]).overflow
          }
        if overflow { throw .numericOverflow }
      }
    }
  }
}

extension IntegerRange {
  /// Throws PostgreSQL's error of this range when a result wrapped or is out of it.
  @inline(__always)
  func check(_ result: (partialValue: Int64, overflow: Bool)) throws(ExecutionError) {
    guard !result.overflow, bounds.contains(result.partialValue) else { throw outOfRange }
  }

  /// `integer out of range` and the like.
  var outOfRange: ExecutionError {
    switch self {
    case .smallint: .smallintOutOfRange
    case .integer: .integerOutOfRange
    case .bigint: .bigintOutOfRange
    }
  }
}

/// PostgreSQL's checks of one result of a float operation.
func checkFloat(
  _ operation: FloatOperation,
  _ a: Double,
  _ b: Double,
  _ result: Double
) throws(ExecutionError) {
  if operation == .divide, b == 0, !a.isNaN { throw .divisionByZero }
  if result.isInfinite, !a.isInfinite, !b.isInfinite { throw .floatOverflow }
  guard result == 0 else { return }
  switch operation {
  case .multiply where a != 0 && b != 0: throw .floatUnderflow
  case .divide where a != 0 && !b.isInfinite: throw .floatUnderflow
  default: return
  }
}
