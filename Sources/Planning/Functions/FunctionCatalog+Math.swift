import Columnar

/// The functions of numbers that have no operator and no kernel of their own; computed a value at a time.
package enum MathFunction: Hashable, Sendable {
  case pi, degrees, radians, cubeRoot
  case sine, cosine, tangent, cotangent, arcSine, arcCosine, arcTangent, arcTangentOfTwo
  case hyperbolicSine, hyperbolicCosine, hyperbolicTangent
  case areaSine, areaCosine, areaTangent
  case greatestCommonDivisor, leastCommonMultiple, factorial, widthBucket
  case scale, leastScale, trimScale
  case isFinite
}

/// The operators on the bits of integers.
package enum BitOperation: Hashable, Sendable {
  case and, or, exclusiveOr, complement, shiftLeft, shiftRight
}

extension FunctionCatalog {
  /// PostgreSQL 9.3, tables 9.5 and 9.7.
  static let moreMathematical: [String: [FunctionOverload]] = [
    "pi": [FunctionOverload([], .double, .math(.pi))],
    "degrees": double(.degrees), "radians": double(.radians), "cbrt": double(.cubeRoot),
    "sin": double(.sine), "cos": double(.cosine), "tan": double(.tangent),
    "cot": double(.cotangent), "asin": double(.arcSine), "acos": double(.arcCosine),
    "atan": double(.arcTangent),
    "atan2": [FunctionOverload([.double, .double], .double, .math(.arcTangentOfTwo))],
    "sinh": double(.hyperbolicSine), "cosh": double(.hyperbolicCosine),
    "tanh": double(.hyperbolicTangent), "asinh": double(.areaSine), "acosh": double(.areaCosine),
    "atanh": double(.areaTangent),
    "gcd": divisors(.greatestCommonDivisor), "lcm": divisors(.leastCommonMultiple),
    "factorial": [FunctionOverload([.bigint], .numeric(nil), .math(.factorial))],
    "width_bucket": [.double, .numeric(nil)].map {
      FunctionOverload([$0, $0, $0, .integer], .integer, .math(.widthBucket))
    },
    "scale": [FunctionOverload([.numeric(nil)], .integer, .math(.scale))],
    "min_scale": [FunctionOverload([.numeric(nil)], .integer, .math(.leastScale))],
    "trim_scale": [FunctionOverload([.numeric(nil)], .numeric(nil), .math(.trimScale))],
    "isfinite": [.date, .timestamp, .timestamptz, .interval].map {
      FunctionOverload([$0], .boolean, .math(.isFinite))
    },
  ]

  private static func double(_ function: MathFunction) -> [FunctionOverload] {
    [FunctionOverload([.double], .double, .math(function))]
  }

  private static func divisors(_ function: MathFunction) -> [FunctionOverload] {
    [.integer, .bigint].map { FunctionOverload([$0, $0], $0, .math(function)) }
      + [FunctionOverload([.numeric(nil), .numeric(nil)], .numeric(nil), .math(function))]
  }
}
