import Columnar
import Glibc
import Kernels
import Planning

extension ExpressionCompiler {
  /// Functions of double precision.
  func floatFunction(
    _ function: ScalarFunction,
    _ nodes: [ExpressionNode]
  ) throws(ExecutionError) -> ExpressionNode {
    let a = nodes[0]
    switch function {
    // Doubles round half to even, unlike numerics.
    case .round: return map(a) { (x: Double) in x.rounded(.toNearestOrEven) }
    case .truncate: return map(a) { (x: Double) in x.rounded(.towardZero) }
    case .ceiling: return map(a) { (x: Double) in x.rounded(.up) }
    case .floor: return map(a) { (x: Double) in x.rounded(.down) }
    case .sign: return map(a) { (x: Double) in x < 0 ? -1 : (x > 0 ? 1 : 0) }
    case .squareRoot:
      return map(a) { (x: Double) throws(ValueError) in
        guard !(x < 0) else { throw .negativeSquareRoot }
        return x.squareRoot()
      }
    case .exponential:
      return map(a) { (x: Double) throws(ValueError) in
        try checked(exp(x), whenFinite: x.isFinite, mayVanish: x == -.infinity)
      }
    case .naturalLogarithm:
      return map(a) { (x: Double) throws(ValueError) in log(try positive(x)) }
    case .logarithm:
      return map(a) { (x: Double) throws(ValueError) in log10(try positive(x)) }
    case .power:
      return map(a, nodes[1]) { (x: Double, y: Double) throws(ValueError) in try power(x, y) }
    default: throw unsupported("function \(function) of double precision")
    }
  }
}

extension ValueError {
  fileprivate static let negativeSquareRoot = ValueError(
    "2201F",
    "cannot take square root of a negative number"
  )
}

/// A result that overflowed or vanished without reason is an error.
private func checked(
  _ result: Double,
  whenFinite isFinite: Bool,
  mayVanish: Bool
) throws(ValueError) -> Double {
  if result.isInfinite, isFinite { throw .doubleOverflow }
  if result == 0, !mayVanish { throw .doubleUnderflow }
  return result
}

private func positive(_ x: Double) throws(ValueError) -> Double {
  if x == 0 { throw ValueError("2201E", "cannot take logarithm of zero") }
  if x < 0 { throw ValueError("2201E", "cannot take logarithm of a negative number") }
  return x
}

/// x to the power of y with PostgreSQL's errors.
private func power(_ x: Double, _ y: Double) throws(ValueError) -> Double {
  if x.isNaN { return y == 0 ? 1 : x }
  if y.isNaN { return x == 1 ? 1 : y }
  if x == 0, y < 0 {
    throw ValueError("2201F", "zero raised to a negative power is undefined")
  }
  if x < 0, y.isFinite, y.rounded(.down) != y {
    throw ValueError(
      "2201F",
      "a negative number raised to a non-integer power yields a complex result"
    )
  }
  let result = pow(x, y)
  guard x.isFinite, y.isFinite else { return result }
  return try checked(result, whenFinite: true, mayVanish: x == 0)
}
