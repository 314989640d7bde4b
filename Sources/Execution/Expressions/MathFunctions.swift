import Columnar
import Glibc
import Planning

extension ExpressionCompiler {
  /// Functions of numbers computed a value at a time; errors are PostgreSQL's.
  func mathFunction(
    _ function: MathFunction,
    _ arguments: [BoundExpression]
  ) throws(ExecutionError) -> ExpressionNode {
    switch function {
    case .pi: return ConstantNode(.double(.pi), kind: .float64)
    case .isFinite: return isFinite(try compile(arguments[0]), arguments[0].type)
    case .widthBucket: return try widthBucket(arguments)
    case .arcTangentOfTwo:
      return map(try compile(arguments[0]), try compile(arguments[1])) { (y: Double, x: Double) in
        atan2(y, x)
      }
    case .greatestCommonDivisor, .leastCommonMultiple: return try divisors(function, arguments)
    case .factorial:
      return map(try compile(arguments[0])) { (n: Int64) throws(ValueError) in try factorial(n) }
    case .scale, .leastScale, .trimScale:
      return scale(function, toDecimal(try compile(arguments[0]), arguments[0].type))
    default:
      return map(try compile(arguments[0])) { (x: Double) throws(ValueError) in
        try ofDouble(function, x)
      }
    }
  }

  private func isFinite(_ node: ExpressionNode, _ type: LogicalType) -> ExpressionNode {
    if type == .interval { return map(node) { (_: Interval) -> UInt8 in 1 } }
    let isDate = type == .date
    return map(node) { (value: Int64) -> UInt8 in
      (isDate ? Civil.isInfinite(date: value) : Civil.isInfinite(timestamp: value)) ? 0 : 1
    }
  }

  private func divisors(
    _ function: MathFunction,
    _ arguments: [BoundExpression]
  ) throws(ExecutionError) -> ExpressionNode {
    let isLeast = function == .leastCommonMultiple
    let (a, b) = (try compile(arguments[0]), try compile(arguments[1]))
    guard arguments[0].type.isInteger, arguments[1].type.isInteger else {
      return map(toDecimal(a, arguments[0].type), toDecimal(b, arguments[1].type)) {
        (x: Decimal, y: Decimal) throws(ValueError) in
        isLeast ? try x.leastCommonMultiple(y) : try x.greatestCommonDivisor(y)
      }
    }
    let type: IntegerType = arguments[0].type == .bigint ? .bigint : .integer
    return map(a, b) { (x: Int64, y: Int64) throws(ValueError) -> Int64 in
      let divisor = gcd(x.magnitude, y.magnitude)
      var result = divisor
      if isLeast {
        guard divisor != 0 else { return 0 }
        let (product, overflow) = (x.magnitude / divisor)
          .multipliedReportingOverflow(by: y.magnitude)
        guard !overflow else { throw type.outOfRange }
        result = product
      }
      guard let narrow = Int64(exactly: result), type.range.contains(narrow) else {
        throw type.outOfRange
      }
      return narrow
    }
  }

  /// The scale of NaN and infinities is NULL.
  private func scale(_ function: MathFunction, _ node: ExpressionNode) -> ExpressionNode {
    if function == .trimScale {
      return map(node) { (value: Decimal) throws(ValueError) in
        value.isFinite ? try Decimal(WideDecimal(value).canonical()) : value
      }
    }
    return unary(.int64, node) { (input, rows, output) in
      let lanes = input.decimal
      var out = output.mutableInt64
      for row in 0..<rows where output.isValid(row) {
        let value = lanes[row]
        if !value.isFinite {
          output.setNull(row)
        } else {
          out[row] =
            function == .scale
            ? Int64(value.scale) : Int64(WideDecimal(value).canonical().scale)
        }
      }
    }
  }

  /// width_bucket(value, low, high, count) of doubles or numerics.
  private func widthBucket(
    _ arguments: [BoundExpression]
  ) throws(ExecutionError) -> ExpressionNode {
    let isDouble = arguments[0].type == .double
    var nodes: [ExpressionNode] = []
    for argument in arguments.dropLast() {
      let node = try compile(argument)
      nodes.append(isDouble ? node : toDecimal(node, argument.type))
    }
    nodes.append(try compile(arguments[3]))
    return strict(.int64, nodes) { (inputs, rows, output) throws(ExecutionError) in
      let (value, low, high, number) = (inputs[0], inputs[1], inputs[2], inputs[3])
      let counts = number.int64
      var out = output.mutableInt64
      try raising { () throws(ValueError) in
        for row in 0..<rows where output.isValid(row) {
          let count = counts[row]
          guard count > 0 else {
            throw ValueError("2201G", "count must be greater than zero")
          }
          let place: Int64
          if isDouble {
            place = try bucket(value.float64[row], low.float64[row], high.float64[row], count)
          } else {
            place = try bucket(value.decimal[row], low.decimal[row], high.decimal[row], count)
          }
          guard IntegerType.integer.range.contains(place) else {
            throw IntegerType.integer.outOfRange
          }
          out[row] = place
        }
      }
    }
  }
}

extension ExpressionCompiler {
  /// Operators on bits; shifts count modulo the width of the type, as the machine does for PostgreSQL.
  func bits(
    _ operation: BitOperation,
    _ nodes: [ExpressionNode],
    _ type: LogicalType
  ) -> ExpressionNode {
    if operation == .complement { return map(nodes[0]) { (x: Int64) in ~x } }
    let width: Int64 = type == .bigint ? 64 : 32
    return map(nodes[0], nodes[1]) { (x: Int64, y: Int64) -> Int64 in
      switch operation {
      case .and: return x & y
      case .or: return x | y
      case .exclusiveOr, .complement: return x ^ y
      case .shiftRight: return x &>> (y & (width - 1))
      case .shiftLeft:
        let shifted = x &<< (y & (width - 1))
        return switch type {
        case .smallint: Int64(Int16(truncatingIfNeeded: shifted))
        case .integer: Int64(Int32(truncatingIfNeeded: shifted))
        default: shifted
        }
      }
    }
  }
}

private let radiansPerDegree = 0.0174532925199432957692

private let outOfRange = ValueError("22003", "input is out of range")

/// A function of one double.
private func ofDouble(_ function: MathFunction, _ x: Double) throws(ValueError) -> Double {
  switch function {
  case .degrees: return try finite(x / radiansPerDegree, x)
  case .radians: return x * radiansPerDegree
  case .cubeRoot: return cbrt(x)
  case .sine: return sin(try bounded(x))
  case .cosine: return cos(try bounded(x))
  case .tangent: return tan(try bounded(x))
  case .cotangent: return 1 / tan(try bounded(x))
  case .arcSine: return asin(try within(x, -1, 1))
  case .arcCosine: return acos(try within(x, -1, 1))
  case .arcTangent: return atan(x)
  case .hyperbolicSine: return sinh(x)
  case .hyperbolicCosine: return cosh(x)
  case .hyperbolicTangent: return tanh(x)
  case .areaSine: return asinh(x)
  case .areaCosine: return acosh(try within(x, 1, .infinity))
  default: return atanh(try within(x, -1, 1))
  }
}

private func finite(_ result: Double, _ x: Double) throws(ValueError) -> Double {
  if result.isInfinite, x.isFinite { throw .doubleOverflow }
  return result
}

private func bounded(_ x: Double) throws(ValueError) -> Double {
  if x.isInfinite { throw outOfRange }
  return x
}

private func within(_ x: Double, _ low: Double, _ high: Double) throws(ValueError) -> Double {
  if x < low || x > high { throw outOfRange }
  return x
}

private func gcd(_ a: UInt64, _ b: UInt64) -> UInt64 {
  var (x, y) = (a, b)
  while y != 0 { (x, y) = (y, x % y) }
  return x
}

/// n!; boxed when it is wide.
private func factorial(_ n: Int64) throws(ValueError) -> Decimal {
  guard n >= 0 else {
    throw ValueError("22003", "factorial of a negative number is undefined")
  }
  guard n <= 32_177 else { throw .numericOverflow }
  var product = WideDecimal(1, scale: 0)
  var factor: Int64 = 2
  while factor <= n {
    product = product.multiplied(by: WideDecimal(Int128(factor), scale: 0))
    factor += 1
  }
  return try Decimal(product)
}

/// Refuses what no buckets can be made of.
private func checkBuckets(hasNaN: Bool, isBounded: Bool) throws(ValueError) {
  if hasNaN {
    throw ValueError("2201G", "operand, lower bound, and upper bound cannot be NaN")
  }
  guard isBounded else {
    throw ValueError("2201G", "lower and upper bounds must be finite")
  }
}

/// Bucket 0 below the range, `count` + 1 above it; the range may fall.
private func bucket(
  _ value: Double,
  _ low: Double,
  _ high: Double,
  _ count: Int64
) throws(ValueError) -> Int64 {
  try checkBuckets(
    hasNaN: value.isNaN || low.isNaN || high.isNaN,
    isBounded: low.isFinite && high.isFinite
  )
  guard low != high else {
    throw ValueError("2201G", "lower bound cannot equal upper bound")
  }
  let isRising = low < high
  if isRising ? value < low : value > low { return 0 }
  if isRising ? value >= high : value <= high { return count + 1 }
  // Halves, where the width of the range is no double.
  let width = high - low
  let share =
    width.isInfinite ? (value / 2 - low / 2) / (high / 2 - low / 2) : (value - low) / width
  return min(count, Int64(Double(count) * share) + 1)
}

/// As above, exactly.
private func bucket(
  _ value: Decimal,
  _ low: Decimal,
  _ high: Decimal,
  _ count: Int64
) throws(ValueError) -> Int64 {
  try checkBuckets(
    hasNaN: value.isNaN || low.isNaN || high.isNaN,
    isBounded: low.isFinite && high.isFinite
  )
  let order = low.compare(high)
  guard order != 0 else { throw ValueError("2201G", "lower bound cannot equal upper bound") }
  let toLow = value.compare(low)
  let toHigh = value.compare(high)
  if order < 0 ? toLow < 0 : toLow > 0 { return 0 }
  if order < 0 ? toHigh >= 0 : toHigh <= 0 { return count + 1 }
  let bottom = WideDecimal(low)
  let top = WideDecimal(value).adding(bottom.negated())
    .multiplied(by: WideDecimal(Int128(count), scale: 0))
  let share = top.wholeQuotient(WideDecimal(high).adding(bottom.negated()))
  return Int64(clamping: share.magnitude.narrow ?? 0) + 1
}
