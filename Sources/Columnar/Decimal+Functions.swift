// sqrt, exp, ln, log, power of numerics: PostgreSQL's result scales, computed in binary fixed point with
// more than 90 decimal digits behind the point and then rounded half away from zero.

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
    // The root of x × 10^(2·(target + 1)), one digit more than wanted. That digit rounds correctly:
    // a root is never exactly a half unless it is exact.
    let shift = 2 * (target + 1) - Int(scale)
    let scaled =
      shift >= 0
      ? WideInteger(coefficient.magnitude) * .powerOfTen(shift)
      : WideInteger(coefficient.magnitude).divided(by: .powerOfTen(-shift)).quotient
    let (kept, digit) = scaled.squareRoot.dividedBySmall(10)
    return try Decimal(digit >= 5 ? kept + .one : kept, isNegative: false, scale: target)
  }

  /// `exp(x)`.
  package func exponential() throws(ValueError) -> Decimal {
    switch kind {
    case .notANumber, .positiveInfinity: return self
    case .negativeInfinity: return .zero
    case .finite: break
    }
    let weight = double * 0.434294481903252
    guard weight < 60 else { throw .numericOverflow }
    let target = Self.resultScale(16 - Int(max(weight, -2_000)), Int(scale))
    guard weight > -60 else { return Decimal(coefficient: 0, scale: target) }
    return try FixedPoint(self).exponential().rounded(scale: target)
  }

  /// `ln(x)`.
  ///
  /// - Throws: 2201E for zero and negative values.
  package func naturalLogarithm() throws(ValueError) -> Decimal {
    guard !isNaN else { return self }
    try checkLogarithm()
    guard isFinite else { return self }
    let target = Self.resultScale(16 - logarithmWeight, Int(scale))
    return try FixedPoint.logarithm(of: self).rounded(scale: target)
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
    let denominator = FixedPoint.logarithm(of: base)
    guard !denominator.magnitude.isZero else { throw .divisionByZero }
    return try FixedPoint.logarithm(of: self).divided(by: denominator).rounded(scale: target)
  }

  private func checkLogarithm() throws(ValueError) {
    if signum < 0 {
      throw ValueError("2201E", "cannot take logarithm of a negative number")
    }
    if signum == 0 { throw ValueError("2201E", "cannot take logarithm of zero") }
  }

  /// About the decimal weight of the natural logarithm of a positive value.
  private var logarithmWeight: Int {
    let tenth = Decimal(coefficient: 9, scale: 1)
    let eleven = Decimal(coefficient: 11, scale: 1)
    if compare(tenth) >= 0, compare(eleven) <= 0 {
      guard let distance = try? subtracting(Decimal(1)), distance.coefficient != 0 else { return 0 }
      let (weight, digit) = distance.leadingGroup
      return weight * 4 + (digit >= 1_000 ? 3 : digit >= 100 ? 2 : digit >= 10 ? 1 : 0)
    }
    let logarithm = FixedPoint.logarithm(of: self).double
    let weight = Decimal.commonLogarithm(abs(logarithm))
    return Int(weight)
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

  /// `power(x, y)`.
  ///
  /// - Throws: 2201F for 0 to a negative power and a negative number to a fraction; 22003 on overflow.
  package func raised(to exponent: Decimal) throws(ValueError) -> Decimal {
    if let special = try specialPower(exponent) { return special }
    let whole = try exponent.truncated(places: 0)
    let isWhole = whole.compare(exponent) == 0
    if signum == 0, exponent.signum < 0 {
      throw ValueError("2201F", "zero raised to a negative power is undefined")
    }
    if signum < 0, !isWhole {
      throw ValueError(
        "2201F",
        "a negative number raised to a non-integer power yields a complex result"
      )
    }
    if isWhole, whole.coefficient.magnitude <= 2_147_483_647 {
      return try power(whole: Int(whole.coefficient), exponentScale: Int(exponent.scale))
    }
    if coefficient == 0 { return Decimal(coefficient: 0, scale: 16) }
    let isNegative = signum < 0 && whole.coefficient % 2 != 0
    let logarithm = FixedPoint.logarithm(of: magnitude)
    let weight = logarithm.double * exponent.double * 0.434294481903252
    guard weight < 60 else { throw .numericOverflow }
    let target = Self.resultScale(
      16 - Int(max(weight, -2_000)),
      Int(scale),
      Int(exponent.scale)
    )
    guard weight > -60 else { return Decimal(coefficient: 0, scale: target) }
    let result = try logarithm.multiplied(by: exponent).exponential().rounded(scale: target)
    return isNegative ? result.negated() : result
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
      let whole = try exponent.truncated(places: 0)
      guard whole.compare(exponent) == 0 else {
        throw ValueError(
          "2201F",
          "a negative number raised to a non-integer power yields a complex result"
        )
      }
      if exponent.signum < 0 { return .zero }
      return whole.coefficient % 2 != 0 ? .negativeInfinity : .positiveInfinity
    }
    if exponent.isFinite {
      return exponent.signum == 0 ? Decimal(1) : exponent.signum < 0 ? .zero : .positiveInfinity
    }
    if isFinite, magnitude.compare(Decimal(1)) == 0 { return Decimal(1) }
    let isLarge = isInfinite || magnitude.compare(Decimal(1)) > 0
    return isLarge == (exponent.signum > 0) ? .positiveInfinity : .zero
  }

  private func power(whole exponent: Int, exponentScale: Int) throws(ValueError) -> Decimal {
    var weight = 0.0
    if coefficient != 0 {
      weight = FixedPoint.logarithm(of: magnitude).double * 0.4342944819032518 * Double(exponent)
    }
    guard weight < 60 else { throw .numericOverflow }
    // Always 16 digits behind the point, as far as 38 in all allow.
    let wanted = Self.resultScale(16, Int(scale), exponentScale)
    let target = max(0, min(wanted, weight > 0 ? 37 - Int(weight + 1e-9) : wanted))
    if exponent == 0 { return Decimal(coefficient: Self.powerOfTen(target), scale: target) }
    if coefficient == 0 { return Decimal(coefficient: 0, scale: target) }
    guard weight > -60 else { return Decimal(coefficient: 0, scale: target) }
    let isNegative = coefficient < 0 && exponent & 1 == 1
    if exponent.magnitude <= 64 {
      let power = WideInteger(coefficient.magnitude).power(Int(exponent.magnitude))
      let powerScale = Int(scale) * Int(exponent.magnitude)
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
    let logarithm = FixedPoint.logarithm(of: magnitude)
    let result = try logarithm.multiplied(by: Decimal(Int64(exponent))).exponential()
      .rounded(scale: target)
    return isNegative ? result.negated() : result
  }
}

/// A real number as a whole number of 2^-320.
private struct FixedPoint {
  static let fractionBits = 320
  var magnitude: WideInteger
  var isNegative: Bool

  init(magnitude: WideInteger, isNegative: Bool) {
    self.magnitude = magnitude
    self.isNegative = isNegative
  }

  init(_ value: Decimal) {
    magnitude =
      (WideInteger(value.coefficient.magnitude) << Self.fractionBits)
      .divided(by: .powerOfTen(Int(value.scale))).quotient
    isNegative = value.coefficient < 0
  }

  static let logarithmOfTwo: WideInteger = {
    // ln 2 = 2 artanh(1/3).
    artanh(((WideInteger.one << fractionBits).dividedBySmall(3)).quotient) << 1
  }()

  /// The series z + z³/3 + z⁵/5 + … for 0 ≤ z ≤ 1/3.
  private static func artanh(_ z: WideInteger) -> WideInteger {
    let square = (z * z) >> fractionBits
    var power = z
    var sum = z
    var divisor: UInt32 = 3
    while !power.isZero {
      power = (power * square) >> fractionBits
      sum = sum + power.dividedBySmall(divisor).quotient
      divisor += 2
    }
    return sum
  }

  /// The natural logarithm of a positive value.
  static func logarithm(of value: Decimal) -> FixedPoint {
    // x = m × 2^k with m in [2/3, 4/3), so that |(m - 1) / (m + 1)| ≤ 1/5.
    let top = WideInteger(value.coefficient.magnitude)
    let bottom = WideInteger.powerOfTen(Int(value.scale))
    var exponent = top.bitWidth - bottom.bitWidth
    func ratio() -> (WideInteger, WideInteger) {
      exponent >= 0 ? (top, bottom << exponent) : (top << -exponent, bottom)
    }
    var (a, b) = ratio()
    while WideInteger(3) * a >= WideInteger(4) * b {
      exponent += 1
      (a, b) = ratio()
    }
    while WideInteger(3) * a < WideInteger(2) * b {
      exponent -= 1
      (a, b) = ratio()
    }
    let isBelow = a < b
    let difference = isBelow ? b - a : a - b
    let z = (difference << fractionBits).divided(by: a + b).quotient
    let series = FixedPoint(magnitude: artanh(z) << 1, isNegative: isBelow)
    let whole = FixedPoint(
      magnitude: logarithmOfTwo * WideInteger(UInt128(exponent.magnitude)),
      isNegative: exponent < 0
    )
    return series.adding(whole)
  }

  func adding(_ other: FixedPoint) -> FixedPoint {
    if isNegative == other.isNegative {
      return FixedPoint(magnitude: magnitude + other.magnitude, isNegative: isNegative)
    }
    return magnitude >= other.magnitude
      ? FixedPoint(magnitude: magnitude - other.magnitude, isNegative: isNegative)
      : FixedPoint(magnitude: other.magnitude - magnitude, isNegative: other.isNegative)
  }

  func multiplied(by value: Decimal) -> FixedPoint {
    let product = magnitude * WideInteger(value.coefficient.magnitude)
    return FixedPoint(
      magnitude: product.divided(by: .powerOfTen(Int(value.scale))).quotient,
      isNegative: isNegative != (value.coefficient < 0)
    )
  }

  func divided(by other: FixedPoint) -> FixedPoint {
    FixedPoint(
      magnitude: (magnitude << Self.fractionBits).divided(by: other.magnitude).quotient,
      isNegative: isNegative != other.isNegative
    )
  }

  /// e to this power; the caller has bounded it to ±140.
  func exponential() -> FixedPoint {
    let one = WideInteger.one << Self.fractionBits
    let (count, rest) = magnitude.divided(by: Self.logarithmOfTwo)
    let shift = Int(count.narrow ?? 0)
    // e^rest = (e^(rest / 256))^256.
    let small = rest >> 8
    var term = one
    var sum = one
    var divisor: UInt32 = 1
    while !term.isZero {
      term = ((term * small) >> Self.fractionBits).dividedBySmall(divisor).quotient
      sum = sum + term
      divisor += 1
    }
    for _ in 0..<8 { sum = (sum * sum) >> Self.fractionBits }
    let result = sum << shift
    guard isNegative else { return FixedPoint(magnitude: result, isNegative: false) }
    let inverse = (one << Self.fractionBits).divided(by: result).quotient
    return FixedPoint(magnitude: inverse, isNegative: false)
  }

  func rounded(scale: Int) throws(ValueError) -> Decimal {
    let scaled = magnitude * .powerOfTen(scale)
    let half = WideInteger.one << (Self.fractionBits - 1)
    return try Decimal(
      (scaled + half) >> Self.fractionBits,
      isNegative: isNegative,
      scale: scale
    )
  }

  /// About the value.
  var double: Double {
    let keep = max(0, magnitude.bitWidth - 64)
    let top = (magnitude >> keep).narrow ?? 0
    let value = Double(
      sign: .plus,
      exponent: keep - Self.fractionBits,
      significand: Double(UInt64(top))
    )
    return isNegative ? -value : value
  }
}
