// Numeric arithmetic with PostgreSQL's display scales. Up to 38 digits it is machine arithmetic; what needs more
// goes on as `WideDecimal` up to PostgreSQL's own limits.

extension Decimal {
  package static let notANumber = Decimal(coefficient: 0, scale: 0, kind: .notANumber)
  package static let positiveInfinity = Decimal(coefficient: 0, scale: 0, kind: .positiveInfinity)
  package static let negativeInfinity = Decimal(coefficient: 0, scale: 0, kind: .negativeInfinity)
  package static let zero = Decimal(coefficient: 0, scale: 0)
  /// The most digits, and the largest scale, of a narrow value.
  package static let digitsMax = 38
  /// 10^38 - 1.
  static let coefficientMax: UInt128 = 99_999_999_999_999_999_999_999_999_999_999_999_999

  /// A whole number.
  package init(_ value: Int64) { self.init(coefficient: Int128(value), scale: 0) }

  package var isFinite: Bool { isNarrow || isWide }
  package var isNaN: Bool { kind == .notANumber }
  package var isInfinite: Bool { kind == .positiveInfinity || kind == .negativeInfinity }

  /// -1, 0 or 1; 0 for NaN.
  package var signum: Int {
    switch kind {
    case .finite, .wide, .boxed: coefficientSign
    case .positiveInfinity: 1
    case .negativeInfinity: -1
    case .notANumber: 0
    }
  }

  static func infinity(sign: Int) -> Decimal { sign < 0 ? .negativeInfinity : .positiveInfinity }

  package func negated() -> Decimal {
    switch kind {
    case .wide: Decimal(limbs: limbBytes, isNegative: coefficientSign > 0, scale: Int(scale))
    case .boxed: (try? Decimal(taken().negated())) ?? self
    case .finite: Decimal(coefficient: -coefficient, scale: Int(scale))
    case .positiveInfinity: .negativeInfinity
    case .negativeInfinity: .positiveInfinity
    case .notANumber: self
    }
  }

  package var magnitude: Decimal { signum < 0 ? negated() : self }

  /// `sign(x)`: a numeric of scale 0.
  package var sign: Decimal { isNaN ? self : Decimal(Int64(signum)) }

  /// 10^`exponent`, 0...38.
  @inline(__always)
  package static func powerOfTen(_ exponent: Int) -> Int128 { powersOfTen[exponent] }

  private static let powersOfTen: InlineArray<39, Int128> = {
    var powers = InlineArray<39, Int128>(repeating: 1)
    for exponent in 1...38 { powers[exponent] = powers[exponent - 1] * 10 }
    return powers
  }()

  /// The finite value of a magnitude, boxed beyond 38 digits.
  init(_ magnitude: WideInteger, isNegative: Bool, scale: Int) throws(ValueError) {
    try self.init(WideDecimal(isNegative: isNegative, scale: scale, magnitude: magnitude))
  }

  /// The coefficient at a larger scale; nil beyond 128 bits.
  @inline(__always)
  private func coefficient(atScale target: Int32) -> Int128? {
    if target == scale { return coefficient }
    let (product, overflow) = coefficient.multipliedReportingOverflow(
      by: Self.powerOfTen(Int(target - scale))
    )
    return overflow ? nil : product
  }

  package func adding(_ other: Decimal) throws(ValueError) -> Decimal {
    guard isNarrow, other.isNarrow else {
      if isNaN || other.isNaN { return .notANumber }
      if isInfinite { return other.isInfinite && other.kind != kind ? .notANumber : self }
      if other.isInfinite { return other }
      return try wideSum(other)
    }
    if let sum = narrowSum(other) { return sum }
    return try wideSum(other)
  }

  /// The sum of two narrow values where it is narrow too, else nil.
  @inline(__always)
  package func narrowSum(_ other: Decimal) -> Decimal? {
    guard isNarrow, other.isNarrow else { return nil }
    let target = max(scale, other.scale)
    guard let a = coefficient(atScale: target), let b = other.coefficient(atScale: target) else {
      return nil
    }
    let (sum, overflow) = a.addingReportingOverflow(b)
    guard !overflow, sum.magnitude <= Self.coefficientMax else { return nil }
    return Decimal(coefficient: sum, scale: Int(target))
  }

  @inline(never)
  private func wideSum(_ other: Decimal) throws(ValueError) -> Decimal {
    try Decimal(WideDecimal(self).adding(WideDecimal(other)))
  }

  package func subtracting(_ other: Decimal) throws(ValueError) -> Decimal {
    guard other.isWide else { return try adding(other.negated()) }
    guard isFinite else { return self }
    return try Decimal(WideDecimal(self).adding(WideDecimal(other).negated()))
  }

  package func multiplied(by other: Decimal) throws(ValueError) -> Decimal {
    guard isNarrow, other.isNarrow else {
      if isNaN || other.isNaN { return .notANumber }
      guard isInfinite || other.isInfinite else { return try wideProduct(other) }
      let sign = signum * other.signum
      return sign == 0 ? .notANumber : .infinity(sign: sign)
    }
    let target = Int(scale + other.scale)
    let (product, overflow) = coefficient.multipliedReportingOverflow(by: other.coefficient)
    if overflow || target > Self.digitsMax || product.magnitude > Self.coefficientMax {
      return try wideProduct(other)
    }
    return Decimal(coefficient: product, scale: target)
  }

  @inline(never)
  private func wideProduct(_ other: Decimal) throws(ValueError) -> Decimal {
    try Decimal(WideDecimal(self).multiplied(by: WideDecimal(other)))
  }

  /// `x / y`, with the scale that PostgreSQL's select_div_scale chooses.
  package func dividing(by other: Decimal) throws(ValueError) -> Decimal {
    guard isFinite, other.isFinite else {
      if isNaN || other.isNaN { return .notANumber }
      guard isInfinite else { return .zero }
      if other.isInfinite { return .notANumber }
      guard other.signum != 0 else { throw .divisionByZero }
      return .infinity(sign: signum * other.signum)
    }
    guard other.signum != 0 else { throw .divisionByZero }
    return try quotient(other, scale: Self.divisionScale(self, other))
  }

  /// The quotient rounded half away from zero to `target` digits behind the point.
  func quotient(_ other: Decimal, scale target: Int) throws(ValueError) -> Decimal {
    let shift = target + Int(other.scale) - Int(scale)
    if isNarrow, other.isNarrow, shift >= 0, shift <= 38, target <= Self.digitsMax {
      let isNegative = (coefficient < 0) != (other.coefficient < 0)
      let divisor = other.coefficient.magnitude
      let (product, overflow) = coefficient.magnitude.multipliedReportingOverflow(
        by: Self.powerOfTen(shift).magnitude
      )
      if !overflow {
        var (quotient, rest) = product.dividedQuickly(by: divisor)
        if rest >= divisor - rest { quotient += 1 }
        if quotient <= Self.coefficientMax {
          return Decimal(
            coefficient: isNegative ? -Int128(quotient) : Int128(quotient),
            scale: target
          )
        }
      }
    }
    return try Decimal(WideDecimal(self).quotient(WideDecimal(other), scale: target))
  }

  /// Position of the leading group of four digits and its value, as PostgreSQL stores numbers.
  var leadingGroup: (weight: Int, digit: Int) {
    guard signum != 0 else { return (0, 0) }
    guard isNarrow else { return WideDecimal(self).leadingGroup }
    if scale == 0, coefficient.magnitude < 10_000 { return (0, Int(coefficient.magnitude)) }
    let digits = Self.digitCount(coefficient.magnitude)
    let exponent = digits - 1 - Int(scale)
    let weight = exponent >= 0 ? exponent / 4 : -((3 - exponent) / 4)
    // The group holds the digits from 10^(4·weight) up.
    let drop = 4 * weight + Int(scale)
    if drop >= 0, drop < 19, let small = UInt64(exactly: coefficient.magnitude) {
      return (weight, Int(small / UInt64(truncatingIfNeeded: Self.powerOfTen(drop))))
    }
    let digit =
      drop >= 0
      ? coefficient.magnitude / Self.powerOfTen(drop).magnitude
      : coefficient.magnitude * Self.powerOfTen(-drop).magnitude
    return (weight, Int(digit))
  }

  /// How many decimal digits; 1 for 0.
  package static func digitCount(_ value: UInt128) -> Int {
    if let small = UInt64(exactly: value) {
      // 1233 / 4096 is a little more than the logarithm of 2: at most one digit too few.
      let guess = ((64 - small.leadingZeroBitCount) * 1233) >> 12
      return small >= UInt64(truncatingIfNeeded: powerOfTen(guess)) ? guess + 1 : max(guess, 1)
    }
    var digits = 1
    while digits < 39, value >= powerOfTen(digits).magnitude { digits += 1 }
    return digits
  }

  /// At least 16 significant digits, and not less than either side's scale.
  static func divisionScale(_ left: Decimal, _ right: Decimal) -> Int {
    let (weight1, first1) = left.leadingGroup
    let (weight2, first2) = right.leadingGroup
    let weight = weight1 - weight2 - (first1 <= first2 ? 1 : 0)
    return resultScale(16 - weight * 4, Int(left.scale), Int(right.scale))
  }

  /// The largest scale that division and the like choose (PostgreSQL's NUMERIC_MAX_DISPLAY_SCALE).
  static let resultScaleMax = 1_000

  /// A wanted scale that is not below those of the operands, 0...1,000.
  static func resultScale(_ wanted: Int, _ left: Int, _ right: Int = 0) -> Int {
    min(max(wanted, left, right, 0), resultScaleMax)
  }

  /// `x % y`: the sign of the dividend.
  package func remainder(dividingBy other: Decimal) throws(ValueError) -> Decimal {
    guard isFinite, other.isFinite else {
      if isNaN || other.isNaN { return .notANumber }
      if isInfinite {
        guard other.signum != 0 else { throw .divisionByZero }
        return .notANumber
      }
      return self
    }
    guard other.signum != 0 else { throw .divisionByZero }
    let target = max(scale, other.scale)
    if isNarrow, other.isNarrow, let a = coefficient(atScale: target),
      let b = other.coefficient(atScale: target)
    {
      return Decimal(coefficient: b == -1 ? 0 : a % b, scale: Int(target))
    }
    return try Decimal(WideDecimal(self).remainder(dividingBy: WideDecimal(other)))
  }

  /// `div(x, y)`: the quotient cut to a whole number.
  package func wholeQuotient(_ other: Decimal) throws(ValueError) -> Decimal {
    guard isFinite, other.isFinite else { return try dividing(by: other) }
    guard other.signum != 0 else { throw .divisionByZero }
    return try Decimal(WideDecimal(self).wholeQuotient(WideDecimal(other)))
  }

  /// `round(x, places)`: half away from zero; `places` may be negative.
  package func rounded(places: Int) throws(ValueError) -> Decimal {
    try cut(places: places, rounds: true)
  }

  /// `trunc(x, places)`.
  package func truncated(places: Int) throws(ValueError) -> Decimal {
    try cut(places: places, rounds: false)
  }

  private func cut(places: Int, rounds: Bool) throws(ValueError) -> Decimal {
    guard isFinite else { return self }
    let target = max(places, 0)
    let drop = Int(scale) - places
    guard isNarrow, target <= Self.digitsMax, drop <= 38, drop >= -38, places > -38 else {
      return try wideCut(places, rounds)
    }
    if drop <= 0 {
      guard let wider = coefficient(atScale: Int32(target)),
        wider.magnitude <= Self.coefficientMax
      else { return try wideCut(places, rounds) }
      return Decimal(coefficient: wider, scale: target)
    }
    let unit = Self.powerOfTen(drop).magnitude
    var (kept, rest) = coefficient.magnitude.quotientAndRemainder(dividingBy: unit)
    if rounds, rest >= unit - rest { kept += 1 }
    if places < 0, kept != 0 {
      let (product, overflow) = kept.multipliedReportingOverflow(
        by: Self.powerOfTen(-places).magnitude
      )
      guard !overflow, product <= Self.coefficientMax else { return try wideCut(places, rounds) }
      kept = product
    }
    return Decimal(coefficient: coefficient < 0 ? -Int128(kept) : Int128(kept), scale: target)
  }

  @inline(never)
  private func wideCut(_ places: Int, _ rounds: Bool) throws(ValueError) -> Decimal {
    let value = WideDecimal(self)
    return try Decimal(rounds ? value.rounded(places: places) : value.truncated(places: places))
  }

  package func ceiling() throws(ValueError) -> Decimal {
    guard isNarrow else {
      return isFinite ? try Decimal(WideDecimal(self).ceiling()) : self
    }
    let whole = try truncated(places: 0)
    let isExact = whole.compare(self) == 0
    return coefficient > 0 && !isExact ? try whole.adding(Decimal(1)) : whole
  }

  package func floor() throws(ValueError) -> Decimal {
    guard isNarrow else {
      return isFinite ? try Decimal(WideDecimal(self).negated().ceiling().negated()) : self
    }
    return try negated().ceiling().negated()
  }

  /// Below, at or above 0; NaN is equal to NaN and greater than all else, as for B-trees.
  package func compare(_ other: Decimal) -> Int {
    guard isNarrow, other.isNarrow else {
      guard isFinite, other.isFinite else { return rank - other.rank }
      if signum != other.signum { return signum - other.signum }
      return WideDecimal(self).compare(WideDecimal(other))
    }
    if scale == other.scale {
      return coefficient < other.coefficient ? -1 : coefficient == other.coefficient ? 0 : 1
    }
    if signum != other.signum { return signum - other.signum }
    let target = max(scale, other.scale)
    if let a = coefficient(atScale: target), let b = other.coefficient(atScale: target) {
      return a < b ? -1 : a == b ? 0 : 1
    }
    return WideDecimal(self).compare(WideDecimal(other))
  }

  private var rank: Int {
    switch kind {
    case .negativeInfinity: -1
    case .finite, .wide, .boxed: 0
    case .positiveInfinity: 1
    case .notANumber: 2
    }
  }

  /// The same value without zeroes at the end of the fraction: equal values become identical, for hashing (of wide
  /// values a ``hashImage``).
  package var canonical: Decimal {
    guard isNarrow, scale > 0 else {
      return isFinite ? hashImage : Decimal(coefficient: 0, scale: 0, kind: kind)
    }
    if coefficient == 0 { return .zero }
    var result = self
    while result.scale > 0 {
      let (quotient, rest) = result.coefficient.quotientAndRemainder(dividingBy: 10)
      guard rest == 0 else { break }
      result.coefficient = quotient
      result.scale -= 1
    }
    return result
  }
}

extension Decimal {
  /// `gcd(x, y)`, boxed when it is wide.
  ///
  /// NaN where one side is NaN or infinite.
  package func greatestCommonDivisor(_ other: Decimal) throws(ValueError) -> Decimal {
    guard isFinite, other.isFinite else { return .notANumber }
    return try Decimal(WideDecimal(self).greatestCommonDivisor(WideDecimal(other)))
  }

  /// `lcm(x, y)`, as ``greatestCommonDivisor(_:)``.
  package func leastCommonMultiple(_ other: Decimal) throws(ValueError) -> Decimal {
    guard isFinite, other.isFinite else { return .notANumber }
    let (x, y) = (WideDecimal(self), WideDecimal(other))
    let divisor = x.greatestCommonDivisor(y)
    guard !divisor.magnitude.isZero else { return try Decimal(divisor) }
    var result = x.wholeQuotient(divisor).multiplied(by: y).rounded(places: divisor.scale)
    result.isNegative = false
    return try Decimal(result)
  }
}

extension WideDecimal {
  /// The largest number of which both are multiples, with the larger scale of the two.
  fileprivate func greatestCommonDivisor(_ other: WideDecimal) -> WideDecimal {
    let target = max(scale, other.scale)
    var x = magnitude(atScale: target)
    var y = other.magnitude(atScale: target)
    while !y.isZero { (x, y) = (y, x.divided(by: y).remainder) }
    return WideDecimal(isNegative: false, scale: target, magnitude: x)
  }
}

extension UInt128 {
  /// Quotient and remainder; two hardware divisions where the divisor has 64 bits.
  @inline(__always)
  fileprivate func dividedQuickly(by divisor: UInt128) -> (quotient: UInt128, remainder: UInt128) {
    guard let small = UInt64(exactly: divisor) else {
      return quotientAndRemainder(dividingBy: divisor)
    }
    // Averages of many groups are mostly of one row.
    if small == 1 { return (self, 0) }
    let (high, rest) = UInt64(truncatingIfNeeded: self >> 64).quotientAndRemainder(
      dividingBy: small
    )
    let (low, remainder) = small.dividingFullWidth((rest, UInt64(truncatingIfNeeded: self)))
    return (UInt128(high) << 64 | UInt128(low), UInt128(remainder))
  }
}
