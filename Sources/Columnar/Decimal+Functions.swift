// sqrt, exp, ln, log, power of numerics: PostgreSQL's result scales, computed in binary fixed point (FixedPoint)
// with some thirty digits more than the result shows and then rounded half away from zero.

extension Decimal {
  /// `sqrt(x)`.
  ///
  /// - Throws: 2201F for a negative value.
  package func squareRoot() throws(ValueError) -> Decimal {
    guard signum >= 0 else {
      throw ValueError("2201F", "cannot take square root of a negative number")
    }
    guard isFinite else { return self }
    let weight = leadingGroup.weight
    let rootWeight = weight >= 0 ? weight * 2 + 1 : 1 - (1 - weight * 4) / 2
    let target = Self.resultScale(16 - rootWeight, Int(scale))
    return try Decimal(WideDecimal(self).squareRoot(scale: target))
  }

  /// `exp(x)`.
  package func exponential() throws(ValueError) -> Decimal {
    switch kind {
    case .notANumber, .positiveInfinity: return self
    case .negativeInfinity: return .zero
    case .finite, .wide, .boxed: break
    }
    let value = double
    let weight = value * 0.434294481903252
    let target = Self.resultScale(16 - Int(min(max(weight, -2_000), 2_000)), Int(scale))
    guard value.magnitude < 6_000 else {
      if value > 0 { throw .numericOverflow }
      return try Decimal(WideDecimal(isNegative: false, scale: target, magnitude: .zero))
    }
    let bits = FixedPoint.bits(forDigits: target + max(0, Int(weight)))
    return try FixedPoint(WideDecimal(self), bits: bits).exponential().rounded(scale: target)
  }

  /// `ln(x)`.
  ///
  /// - Throws: 2201E for zero and negative values.
  package func naturalLogarithm() throws(ValueError) -> Decimal {
    guard !isNaN else { return self }
    try checkLogarithm()
    guard isFinite else { return self }
    let target = Self.resultScale(16 - logarithmWeight, Int(scale))
    let bits = FixedPoint.bits(forDigits: target)
    return try FixedPoint.logarithm(of: WideDecimal(self), bits: bits).rounded(scale: target)
  }

  /// `log(base, x)`.
  package func logarithm(base: Decimal) throws(ValueError) -> Decimal {
    guard !isNaN, !base.isNaN else { return .notANumber }
    try base.checkLogarithm()
    try checkLogarithm()
    guard isFinite, base.isFinite else {
      if isInfinite { return base.isInfinite ? .notANumber : .positiveInfinity }
      return .zero
    }
    let weight = logarithmWeight - base.logarithmWeight
    let target = Self.resultScale(16 - weight, Int(base.scale), Int(scale))
    // The quotient's digits in front, and those that small logarithms lack.
    let lost = max(0, -base.logarithmWeight)
    let bits = FixedPoint.bits(forDigits: target + 20 + 2 * lost + max(0, weight))
    let denominator = FixedPoint.logarithm(of: WideDecimal(base), bits: bits)
    guard !denominator.magnitude.isZero else { throw .divisionByZero }
    return try FixedPoint.logarithm(of: WideDecimal(self), bits: bits)
      .divided(by: denominator).rounded(scale: target)
  }

  private func checkLogarithm() throws(ValueError) {
    if signum < 0 {
      throw ValueError("2201E", "cannot take logarithm of a negative number")
    }
    if signum == 0 { throw ValueError("2201E", "cannot take logarithm of zero") }
  }

  /// About the decimal weight of the natural logarithm of a positive value.
  private var logarithmWeight: Int { WideDecimal(self).logarithmWeight }
}

extension WideDecimal {
  /// About the decimal weight of the natural logarithm of a value that is not 0; the sign does not count.
  fileprivate var logarithmWeight: Int {
    var value = self
    value.isNegative = false
    let distance = value.adding(WideDecimal(-1, scale: 0))
    if value.compare(WideDecimal(9, scale: 1)) >= 0, value.compare(WideDecimal(11, scale: 1)) <= 0 {
      // The exponent of the first digit.
      return distance.magnitude.isZero ? 0 : distance.magnitude.decimalDigits - 1 - distance.scale
    }
    let logarithm = FixedPoint.logarithm(of: value, bits: FixedPoint.roughBits).double
    return Int(Self.commonLogarithm(abs(logarithm)))
  }

  /// log10 of a double, by way of a count of digits: only the whole part is used.
  private static func commonLogarithm(_ value: Double) -> Double {
    var weight = 0.0
    var rest = value
    while rest >= 10 {
      rest /= 10
      weight += 1
    }
    while rest > 0, rest <= 0.1 {
      rest *= 10
      weight -= 1
    }
    return weight
  }
}

extension Decimal {
  /// `power(x, y)`.
  ///
  /// - Throws: 2201F for 0 to a negative power and a negative number to a fraction; 22003 on overflow.
  package func raised(to exponent: Decimal) throws(ValueError) -> Decimal {
    if let special = try specialPower(exponent) { return special }
    let base = WideDecimal(self)
    let power = WideDecimal(exponent)
    let whole = power.truncated(places: 0)
    let isWhole = whole.compare(power) == 0
    if signum == 0, exponent.signum < 0 {
      throw ValueError("2201F", "zero raised to a negative power is undefined")
    }
    if signum < 0, !isWhole {
      throw ValueError(
        "2201F",
        "a negative number raised to a non-integer power yields a complex result"
      )
    }
    if isWhole, let narrow = whole.magnitude.narrow, narrow <= 2_147_483_647 {
      let count = whole.isNegative ? -Int(narrow) : Int(narrow)
      return try base.raised(to: count, exponentScale: power.scale)
    }
    if signum == 0 { return Decimal(coefficient: 0, scale: 16) }
    let isNegative = signum < 0 && whole.isOdd
    var magnitude = base
    magnitude.isNegative = false
    let rough = Self.roughExponent(magnitude, power, logarithmWeight: logarithmWeight)
    guard rough.magnitude <= 6_020 else {
      if rough > 0 { throw .numericOverflow }
      return try Decimal(
        WideDecimal(isNegative: false, scale: Self.resultScaleMax, magnitude: .zero)
      )
    }
    let weight = rough * 0.434294481903252
    let target = Self.resultScale(16 - Int(weight), Int(scale), Int(exponent.scale))
    let bits = FixedPoint.bits(
      forDigits: target + max(0, Int(weight)) + power.magnitude.decimalDigits
    )
    let logarithm = FixedPoint.logarithm(of: magnitude, bits: bits)
    let result = logarithm.multiplied(by: power).exponential()
    return try FixedPoint(magnitude: result.magnitude, isNegative: isNegative, bits: bits)
      .rounded(scale: target)
  }

  /// `exponent` × ln(`base`) as PostgreSQL estimates it: its result scale depends on the digits that it drops.
  private static func roughExponent(
    _ base: WideDecimal,
    _ exponent: WideDecimal,
    logarithmWeight: Int
  ) -> Double {
    let scale = max(0, 8 - logarithmWeight)
    let logarithm = FixedPoint.logarithm(of: base, bits: FixedPoint.bits(forDigits: scale))
      .decimal(scale: scale)
    return logarithm.multiplied(by: exponent).rounded(places: scale).double
  }

  private func specialPower(_ exponent: Decimal) throws(ValueError) -> Decimal? {
    if isFinite, exponent.isFinite { return nil }
    // As C's pow: x^0 and 1^y are 1 even for NaN.
    if isNaN { return exponent.isFinite && exponent.signum == 0 ? Decimal(1) : .notANumber }
    if exponent.isNaN { return isFinite && compare(Decimal(1)) == 0 ? Decimal(1) : .notANumber }
    if signum == 0, exponent.signum < 0 {
      throw ValueError("2201F", "zero raised to a negative power is undefined")
    }
    if exponent.isFinite, signum < 0 {
      // -Infinity.
      if exponent.signum == 0 { return Decimal(1) }
      let power = WideDecimal(exponent)
      let whole = power.truncated(places: 0)
      guard whole.compare(power) == 0 else {
        throw ValueError(
          "2201F",
          "a negative number raised to a non-integer power yields a complex result"
        )
      }
      if exponent.signum < 0 { return .zero }
      return whole.isOdd ? .negativeInfinity : .positiveInfinity
    }
    if exponent.isFinite {
      return exponent.signum == 0 ? Decimal(1) : exponent.signum < 0 ? .zero : .positiveInfinity
    }
    let distance = isInfinite ? 1 : isWide ? wideMagnitudeOrder : magnitude.compare(Decimal(1))
    if distance == 0 { return Decimal(1) }
    let isLarge = distance > 0
    return isLarge == (exponent.signum > 0) ? .positiveInfinity : .zero
  }

  /// Whether the value without its sign is below, at or above 1.
  private var wideMagnitudeOrder: Int {
    var value = WideDecimal(self)
    value.isNegative = false
    return value.compare(WideDecimal(Decimal(1)))
  }
}

extension WideDecimal {
  /// Whether a whole number is odd.
  fileprivate var isOdd: Bool { (magnitude.limbs.first ?? 0) & 1 == 1 }

  /// A whole power, with 16 digits behind the point or as many as base and exponent have.
  fileprivate func raised(to exponent: Int, exponentScale: Int) throws(ValueError) -> Decimal {
    let target = Decimal.resultScale(16, scale, exponentScale)
    var weight = 0.0
    if !magnitude.isZero {
      var positive = self
      positive.isNegative = false
      weight =
        FixedPoint.logarithm(of: positive, bits: FixedPoint.roughBits).double
        * 0.4342944819032518 * Double(exponent)
    }
    guard weight <= Double(Self.wholeDigitsMax) else { throw .numericOverflow }
    let zero = WideDecimal(isNegative: false, scale: target, magnitude: .zero)
    if exponent == 0 {
      return try Decimal(
        WideDecimal(isNegative: false, scale: target, magnitude: .powerOfTen(target))
      )
    }
    guard !magnitude.isZero, weight > -Double(target) - 2 else { return try Decimal(zero) }
    let isNegative = isNegative && exponent & 1 == 1
    let count = Int(exponent.magnitude)
    // Exactly, as long as the power itself is of a reasonable size.
    if magnitude.bitWidth * count <= 65_536, scale * count <= 20_000 {
      let power = magnitude.power(count)
      let powerScale = scale * count
      let top: WideInteger
      let bottom: WideInteger
      if exponent > 0 {
        top = power * .powerOfTen(max(target - powerScale, 0))
        bottom = .powerOfTen(max(powerScale - target, 0))
      } else {
        top = .powerOfTen(powerScale + target)
        bottom = power
      }
      return try Decimal(top.dividedRounding(by: bottom), isNegative: isNegative, scale: target)
    }
    let bits = FixedPoint.bits(forDigits: target + max(0, Int(weight)) + 12)
    var positive = self
    positive.isNegative = false
    let result = FixedPoint.logarithm(of: positive, bits: bits)
      .multiplied(by: WideDecimal(Decimal(Int64(exponent)))).exponential()
    return try FixedPoint(magnitude: result.magnitude, isNegative: isNegative, bits: bits)
      .rounded(scale: target)
  }
}
