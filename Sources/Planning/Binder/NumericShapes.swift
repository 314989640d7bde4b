package import Columnar

// Digits and scale of numeric expressions. PostgreSQL's numerics carry a display scale a value; where the operands'
// scales are known when a statement is bound, so is the result's, and the values stay scaled integers.

/// The widest scaled integer, in digits.
let shapeDigitsMax = 38

extension NumericShape {
  /// The shape in which both operands can be compared or added without loss; `nil` beyond 38 digits.
  func union(_ other: NumericShape, spareDigits: Int = 0) -> NumericShape? {
    let scale = max(self.scale, other.scale)
    let whole = max(precision - self.scale, other.precision - other.scale) + spareDigits
    return whole + scale <= shapeDigitsMax
      ? NumericShape(precision: max(1, whole + scale), scale: scale) : nil
  }

  /// The shape of a product.
  func product(_ other: NumericShape) -> NumericShape? {
    let precision = self.precision + other.precision
    guard precision <= shapeDigitsMax else { return nil }
    return NumericShape(precision: precision, scale: scale + other.scale)
  }

  /// The same scale, with at least so many digits.
  func widened(to precision: Int) -> NumericShape {
    NumericShape(precision: max(self.precision, precision), scale: scale)
  }
}

extension LogicalType {
  /// The shape of scaled integers that hold every value of an integer or shaped numeric type.
  package var numericShape: NumericShape? {
    switch self {
    case .smallint: NumericShape(precision: 5, scale: 0)
    case .integer: NumericShape(precision: 10, scale: 0)
    case .bigint: NumericShape(precision: 19, scale: 0)
    case .numeric(let shape?): shape.isScaled ? shape : nil
    default: nil
    }
  }
}

extension BoundExpression {
  /// As ``LogicalType/numericShape``, from the value itself for integer constants: `x * 2` must not
  /// grow x by ten digits.
  var numericShape: NumericShape? {
    if case .constant(.int64(let value)) = node, type.isInteger {
      return NumericShape(precision: digitCount(value.magnitude), scale: 0)
    }
    return type.numericShape
  }
}

/// Decimal digits of a number, at least 1.
func digitCount(_ value: UInt64) -> Int {
  var count = 1
  var rest = value / 10
  while rest > 0 {
    count += 1
    rest /= 10
  }
  return count
}
