import Columnar
import Kernels
import Planning

extension ExpressionCompiler {
  /// Between integers, numerics and floats.
  func castNumber(
    _ node: ExpressionNode,
    _ source: LogicalType,
    _ target: LogicalType
  ) throws(ExecutionError) -> ExpressionNode {
    switch node.kind {
    case .float64: return castFloat(node, isReal: source == .real, target)
    case .decimal: return castDecimal(node, target)
    default: break
    }
    guard let from = source.numericShape else {
      throw unsupported("cast from \(source.sqlName) to \(target.sqlName)")
    }
    switch target {
    case .double, .real: return castScaledToFloat(node, from, isReal: target == .real)
    case .numeric(nil): return toDecimal(node, source)
    case .numeric(let to?):
      guard to.isScaled else { return castDecimal(toDecimal(node, source), target) }
      return castScaled(node, from, to)
    default: return castScaledToInteger(node, from, target, isInteger: source.isInteger)
    }
  }

  private func castFloat(
    _ node: ExpressionNode,
    isReal: Bool,
    _ target: LogicalType
  ) -> ExpressionNode {
    switch target {
    case .double: return node
    case .real:
      return isReal
        ? node : map(node) { (value: Double) throws(ValueError) in Double(try real(value)) }
    case .numeric:
      let decimal = map(node) { (value: Double) throws(ValueError) in
        isReal ? try Decimal(real: Float(value)) : try Decimal(double: value)
      }
      return castDecimal(decimal, target)
    default:
      let type = target.integerType
      return map(node) { (value: Double) throws(ValueError) in try integer(value, type) }
    }
  }

  private func castDecimal(_ node: ExpressionNode, _ target: LogicalType) -> ExpressionNode {
    switch target {
    case .numeric(nil): return node
    case .numeric(let shape?) where !shape.isScaled:
      return map(node) { (value: Decimal) throws(ValueError) in try value.fitted(to: shape) }
    case .numeric(let shape?) where target.laneKind == .int64:
      return map(node) { (value: Decimal) throws(ValueError) in
        Int64(truncatingIfNeeded: try value.scaled(to: shape))
      }
    case .numeric(let shape?):
      return map(node) { (value: Decimal) throws(ValueError) in try value.scaled(to: shape) }
    case .double:
      return map(node) { (value: Decimal) throws(ValueError) in try value.doubleChecked() }
    case .real:
      return map(node) { (value: Decimal) throws(ValueError) in Double(try value.real()) }
    default:
      let type = target.integerType
      return map(node) { (value: Decimal) throws(ValueError) in try value.integer(type) }
    }
  }

  private func castScaledToFloat(
    _ node: ExpressionNode,
    _ from: NumericShape,
    isReal: Bool
  ) -> ExpressionNode {
    if node.kind == .int64, from.scale == 0, !isReal {
      return unary(.float64, node) { (input, rows, output) in
        var out = output.mutableFloat64
        convertToFloat64(input.int64, rows, into: &out)
      }
    }
    let scale = from.scale
    if node.kind == .int64 {
      if isReal, scale == 0 {
        return map(node) { (value: Int64) throws(ValueError) in Double(Float(value)) }
      }
      guard isReal else {
        return unary(.float64, node) { (input, rows, output) in
          let lanes = input.int64
          var out = output.mutableFloat64
          for row in 0..<rows { out[row] = scaledToDouble(lanes[row], scale) }
        }
      }
      return map(node) { (value: Int64) throws(ValueError) in
        Double(try Decimal(coefficient: Int128(value), scale: scale).real())
      }
    }
    return map(node) { (value: Int128) throws(ValueError) in
      let decimal = Decimal(coefficient: value, scale: scale)
      return isReal ? Double(try decimal.real()) : decimal.double
    }
  }

  private func castScaledToInteger(
    _ node: ExpressionNode,
    _ from: NumericShape,
    _ target: LogicalType,
    isInteger: Bool
  ) -> ExpressionNode {
    let range = target.integerRange
    if isInteger {
      let digits = target.numericShape?.precision ?? 0
      if from.precision <= digits { return node }
      return unary(.int64, node) { (input, rows, output) throws(ExecutionError) in
        let lanes = input.int64
        var out = output.mutableInt64
        copyInt64(lanes, rows, into: &out)
        guard isOutOfRange(lanes, rows, range: range) else { return }
        try forEachValidRow(output, rows) { (row) throws(ExecutionError) in
          try range.check((lanes[row], false))
        }
      }
    }
    let type = target.integerType
    let scale = from.scale
    if node.kind == .int64 {
      let unit = powerOfTen64(scale)
      return map(node) { (value: Int64) throws(ValueError) in
        let whole = scale == 0 ? value : Decimal.divideRounding(value, unit)
        guard type.range.contains(whole) else { throw type.outOfRange }
        return whole
      }
    }
    return map(node) { (value: Int128) throws(ValueError) in
      try Decimal(coefficient: value, scale: scale).integer(type)
    }
  }

  /// A scaled integer in another shape: rounded half away from zero, checked where it may not fit.
  func castScaled(
    _ node: ExpressionNode,
    _ from: NumericShape,
    _ to: NumericShape
  ) -> ExpressionNode {
    let kind = LogicalType.numeric(to).laneKind
    // Rounding may carry into one more digit.
    let whole = from.precision - from.scale + (to.scale < from.scale ? 1 : 0)
    let mayOverflow = whole > to.precision - to.scale
    if to.scale >= from.scale, !mayOverflow, node.kind == .int64 || kind == .int128 {
      return rescale(node, from: from.scale, to: to.scale, kind)
    }
    let (fromScale, toScale) = (from.scale, to.scale)
    if node.kind == .int64, kind == .int64 {
      let limit = powerOfTen64(to.precision)
      return map(node) { (value: Int64) throws(ValueError) in
        guard let result = Decimal.rescale(value, from: fromScale, to: toScale),
          result.magnitude < limit.magnitude
        else { throw to.overflow }
        return result
      }
    }
    let limit = Decimal.powerOfTen(to.precision).magnitude
    let wide = node.kind == .int64 ? rescale(node, from: 0, to: 0, .int128) : node
    if kind == .int128 {
      return map(wide) { (value: Int128) throws(ValueError) in
        guard let result = Decimal.rescale(value, from: fromScale, to: toScale),
          result.magnitude < limit
        else { throw to.overflow }
        return result
      }
    }
    return map(wide) { (value: Int128) throws(ValueError) in
      guard let result = Decimal.rescale(value, from: fromScale, to: toScale),
        result.magnitude < limit
      else { throw to.overflow }
      return Int64(truncatingIfNeeded: result)
    }
  }
}

/// The double nearest to `value` / 10^`scale`.
///
/// Where the integer and the power are exact doubles, so is their quotient rounded once.
@inline(__always)
func scaledToDouble(_ value: Int64, _ scale: Int) -> Double {
  guard value.magnitude <= 1 << 53, scale < exactPowersOfTen.count else {
    return Decimal(coefficient: Int128(value), scale: scale).double
  }
  return Double(value) / exactPowersOfTen[scale]
}

private let exactPowersOfTen: InlineArray<23, Double> = [
  1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
  1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
]
