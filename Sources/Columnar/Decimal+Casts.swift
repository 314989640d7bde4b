// Numerics as text, scaled integers, integers and doubles, and back.

extension Decimal {
  /// The value rounded half away from zero to a numeric(p, s) as a scaled integer.
  ///
  /// - Throws: 22003 when it does not fit. NaN and infinities do not: a column with digits and scale
  ///   keeps finite numbers only.
  package func scaled(to shape: NumericShape) throws(ValueError) -> Int128 {
    guard isFinite else {
      let what = isNaN ? "NaN" : "an infinite value"
      throw ValueError(
        "22003",
        "numeric field overflow",
        detail: "A field with precision \(shape.precision), scale \(shape.scale) "
          + "cannot hold \(what)."
      )
    }
    guard isNarrow else { return try wideScaled(to: shape) }
    let target = Int32(shape.scale)
    var value = coefficient
    if target > scale {
      let (product, overflow) = coefficient.multipliedReportingOverflow(
        by: Self.powerOfTen(Int(target - scale))
      )
      guard !overflow else { throw shape.overflow }
      value = product
    } else if target < scale {
      value = Self.divideRounding(coefficient, Self.powerOfTen(Int(scale - target)))
    }
    guard value.magnitude < Self.powerOfTen(shape.precision).magnitude else { throw shape.overflow }
    return value
  }

  private func wideScaled(to shape: NumericShape) throws(ValueError) -> Int128 {
    let value = WideDecimal(self).rounded(places: shape.scale)
    guard let narrow = value.magnitude.narrow,
      narrow < Self.powerOfTen(shape.precision).magnitude
    else { throw shape.overflow }
    return value.isNegative ? -Int128(narrow) : Int128(narrow)
  }

  /// The value rounded half away from zero to a numeric(p, s) that scaled integers do not hold: more than 38
  /// digits, a negative scale, or a scale above the precision.
  ///
  /// - Throws: 22003 when it does not fit, or is infinite. NaN fits every shape.
  /// - Returns: Boxed when wide; takes this value out of its box.
  package func fitted(to shape: NumericShape) throws(ValueError) -> Decimal {
    if isNaN { return self }
    guard isFinite else {
      throw ValueError(
        "22003",
        "numeric field overflow",
        detail: "A field with precision \(shape.precision), scale \(shape.scale) "
          + "cannot hold an infinite value."
      )
    }
    let value = taken().rounded(places: shape.scale)
    guard value.magnitude.decimalDigits - value.scale <= shape.precision - shape.scale else {
      throw shape.overflow
    }
    return try Decimal(value)
  }

  /// A quotient rounded half away from zero; `divisor` > 0.
  @inline(__always)
  package static func divideRounding(_ value: Int128, _ divisor: Int128) -> Int128 {
    let (quotient, rest) = value.quotientAndRemainder(dividingBy: divisor)
    let up = rest.magnitude >= divisor.magnitude &- rest.magnitude
    return up ? (value < 0 ? quotient - 1 : quotient + 1) : quotient
  }

  /// A quotient rounded half away from zero; `divisor` > 0.
  @inline(__always)
  package static func divideRounding(_ value: Int64, _ divisor: Int64) -> Int64 {
    let quotient = value / divisor
    let rest = (value &- quotient &* divisor).magnitude
    let up = rest >= divisor.magnitude &- rest
    return up ? (value < 0 ? quotient &- 1 : quotient &+ 1) : quotient
  }

  /// A scaled integer at another scale, rounded half away from zero; nil beyond 64 bits.
  @inline(__always)
  package static func rescale(_ value: Int64, from: Int, to: Int) -> Int64? {
    if to <= from {
      return from - to > 18 ? 0 : divideRounding(value, powerOfTen64(from - to))
    }
    guard to - from <= 18 else { return value == 0 ? 0 : nil }
    let (product, overflow) = value.multipliedReportingOverflow(by: powerOfTen64(to - from))
    return overflow ? nil : product
  }

  /// A scaled integer at another scale, rounded half away from zero; nil beyond 38 digits.
  @inline(__always)
  package static func rescale(_ value: Int128, from: Int, to: Int) -> Int128? {
    if to <= from {
      return from - to > 38 ? 0 : divideRounding(value, powerOfTen(from - to))
    }
    guard to - from <= 38 else { return value == 0 ? 0 : nil }
    let (product, overflow) = value.multipliedReportingOverflow(by: powerOfTen(to - from))
    return overflow || product.magnitude > coefficientMax ? nil : product
  }

  /// The product of two scaled integers, its scale the sum of theirs; nil beyond 38 digits.
  @inline(__always)
  package static func multiply(_ left: Int128, _ right: Int128) -> Int128? {
    let (product, overflow) = left.multipliedReportingOverflow(by: right)
    return overflow || product.magnitude > coefficientMax ? nil : product
  }

  /// The value as an integer, rounded half away from zero.
  ///
  /// - Throws: 22003 outside of the type's range, 0A000 for NaN and infinities.
  package func integer(_ type: IntegerType) throws(ValueError) -> Int64 {
    guard isFinite else {
      let what = isNaN ? "NaN" : "infinity"
      throw ValueError("0A000", "cannot convert \(what) to \(type.name)")
    }
    guard isNarrow else {
      let value = WideDecimal(self).rounded(places: 0)
      guard let narrow = value.magnitude.narrow, narrow <= UInt128(UInt64.max),
        let signed = Int64(exactly: value.isNegative ? -Int128(narrow) : Int128(narrow)),
        type.range.contains(signed)
      else { throw type.outOfRange }
      return signed
    }
    let whole = Self.divideRounding(coefficient, Self.powerOfTen(Int(scale)))
    guard let narrow = Int64(exactly: whole), type.range.contains(narrow) else {
      throw type.outOfRange
    }
    return narrow
  }

  /// The nearest double.
  package var double: Double {
    switch kind {
    case .notANumber: return .nan
    case .positiveInfinity: return .infinity
    case .negativeInfinity: return -.infinity
    case .finite: break
    case .wide, .boxed: return (try? wideDouble()) ?? (signum < 0 ? -.infinity : .infinity)
    }
    return Double(decimal: coefficient.magnitude, scale: Int(scale), isNegative: coefficient < 0)
  }

  /// As ``double``, an error where the value is too large or too small for one.
  package func doubleChecked() throws(ValueError) -> Double {
    isWide ? try wideDouble() : double
  }

  private func wideDouble() throws(ValueError) -> Double {
    var writer = OutputBuffer(capacity: 64)
    writer.append(decimal: self)
    return try parseDouble(writer.bytes)
  }

  /// The nearest single-precision number.
  package func real() throws(ValueError) -> Float {
    guard isFinite else { return Float(double) }
    var writer = OutputBuffer(capacity: 64)
    writer.append(decimal: self)
    return try parseReal(writer.bytes)
  }

  /// A double as PostgreSQL casts it: its first 15 significant digits.
  package init(double value: Double) throws(ValueError) {
    try self.init(value, digits: 15)
  }

  /// A real as PostgreSQL casts it: its first 6 significant digits.
  package init(real value: Float) throws(ValueError) {
    try self.init(Double(value), digits: 6)
  }

  private init(_ value: Double, digits: Int) throws(ValueError) {
    guard value.isFinite else {
      self = value.isNaN ? .notANumber : value < 0 ? .negativeInfinity : .positiveInfinity
      return
    }
    guard value != 0 else {
      self = .zero
      return
    }
    let (coefficient, exponent) = value.significantDigits(digits)
    // %g drops the zeroes at the end.
    var rest = coefficient
    var scale = -exponent
    while rest % 10 == 0 {
      rest /= 10
      scale -= 1
    }
    let magnitude = WideInteger(UInt128(rest)) * .powerOfTen(max(0, -scale))
    try self.init(magnitude, isNegative: value < 0, scale: max(0, scale))
  }
}

extension OutputBuffer {
  /// Appends a numeric's text.
  package mutating func append(decimal value: Decimal) {
    switch value.kind {
    case .notANumber: append("NaN")
    case .positiveInfinity: append("Infinity")
    case .negativeInfinity: append("-Infinity")
    case .finite:
      append(scaled: value.coefficient, scale: Int(value.scale))
    case .wide, .boxed: append(wide: WideDecimal(value))
    }
  }

  /// Appends a scaled integer with its point.
  package mutating func append(scaled value: Int128, scale: Int) {
    if let narrow = Int64(exactly: value), scale <= 18 {
      append(scaled: narrow, scale: scale)
      return
    }
    if value < 0 { append(UInt8(ascii: "-")) }
    guard scale > 0 else {
      append(magnitude: value.magnitude, width: 1)
      return
    }
    let (whole, fraction) = value.magnitude.quotientAndRemainder(
      dividingBy: Decimal.powerOfTen(scale).magnitude
    )
    append(magnitude: whole, width: 1)
    append(UInt8(ascii: "."))
    append(magnitude: fraction, width: scale)
  }

  /// Appends a scaled integer with its point; `scale` 0...18.
  package mutating func append(scaled value: Int64, scale: Int) {
    if value < 0 { append(UInt8(ascii: "-")) }
    guard scale > 0 else {
      append(magnitude: value.magnitude, width: 1)
      return
    }
    let (whole, fraction) = value.magnitude.quotientAndRemainder(
      dividingBy: powerOfTen64(scale).magnitude
    )
    append(magnitude: whole, width: 1)
    append(UInt8(ascii: "."))
    append(magnitude: fraction, width: scale)
  }
}
