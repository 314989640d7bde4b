// Numeric arithmetic with PostgreSQL's display scales, which go on to 131,072 digits. Here a result
// whose whole part needs more than 38 digits is 22003; a product with a longer fraction is rounded to 38.

extension Decimal {
  package static let notANumber = Decimal(coefficient: 0, scale: 0, kind: .notANumber)
  package static let positiveInfinity = Decimal(coefficient: 0, scale: 0, kind: .positiveInfinity)
  package static let negativeInfinity = Decimal(coefficient: 0, scale: 0, kind: .negativeInfinity)
  package static let zero = Decimal(coefficient: 0, scale: 0)
  /// The most digits, and the largest scale.
  package static let digitsMax = 38
  /// 10^38 - 1.
  static let coefficientMax: UInt128 = 99_999_999_999_999_999_999_999_999_999_999_999_999

  /// A whole number.
  package init(_ value: Int64) { self.init(coefficient: Int128(value), scale: 0) }

  package var isFinite: Bool { kind == .finite }
  package var isNaN: Bool { kind == .notANumber }
  package var isInfinite: Bool { kind == .positiveInfinity || kind == .negativeInfinity }

  /// -1, 0 or 1; 0 for NaN.
  package var signum: Int {
    switch kind {
    case .finite: coefficient < 0 ? -1 : coefficient == 0 ? 0 : 1
    case .positiveInfinity: 1
    case .negativeInfinity: -1
    case .notANumber: 0
    }
  }

  static func infinity(sign: Int) -> Decimal { sign < 0 ? .negativeInfinity : .positiveInfinity }

  package func negated() -> Decimal {
    switch kind {
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

  /// The finite value of a magnitude, refused beyond 38 digits.
  init(_ magnitude: WideInteger, isNegative: Bool, scale: Int) throws(ValueError) {
    guard let narrow = magnitude.narrow, narrow <= Self.coefficientMax, scale <= Self.digitsMax
    else { throw .numericOverflow }
    self.init(coefficient: isNegative ? -Int128(narrow) : Int128(narrow), scale: scale)
  }

  /// A sum or product that may have left 38 digits.
  private static func checked(_ coefficient: Int128, _ scale: Int) throws(ValueError) -> Decimal {
    guard coefficient.magnitude <= coefficientMax else { throw .numericOverflow }
    return Decimal(coefficient: coefficient, scale: scale)
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
    guard isFinite, other.isFinite else {
      if isNaN || other.isNaN { return .notANumber }
      if isInfinite { return other.isInfinite && other.kind != kind ? .notANumber : self }
      return other
    }
    let target = max(scale, other.scale)
    guard let a = coefficient(atScale: target), let b = other.coefficient(atScale: target) else {
      throw .numericOverflow
    }
    let (sum, overflow) = a.addingReportingOverflow(b)
    guard !overflow else { throw .numericOverflow }
    return try Self.checked(sum, Int(target))
  }

  package func subtracting(_ other: Decimal) throws(ValueError) -> Decimal {
    try adding(other.negated())
  }

  package func multiplied(by other: Decimal) throws(ValueError) -> Decimal {
    guard isFinite, other.isFinite else {
      if isNaN || other.isNaN { return .notANumber }
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

  /// A product of more than 38 digits, rounded to 38 as long as they hold the whole part.
  @inline(never)
  private func wideProduct(_ other: Decimal) throws(ValueError) -> Decimal {
    let product =
      WideInteger(coefficient.magnitude) * WideInteger(other.coefficient.magnitude)
    let isNegative = (coefficient < 0) != (other.coefficient < 0)
    var target = Int(scale + other.scale)
    var drop = max(0, target - Self.digitsMax)
    while true {
      guard drop <= target else { throw .numericOverflow }
      let kept = product.dividedRounding(by: .powerOfTen(drop))
      if let narrow = kept.narrow, narrow <= Self.coefficientMax {
        target -= drop
        return Decimal(coefficient: isNegative ? -Int128(narrow) : Int128(narrow), scale: target)
      }
      drop += 1
    }
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
    guard other.coefficient != 0 else { throw .divisionByZero }
    return try quotient(other, scale: Self.divisionScale(self, other))
  }

  /// The quotient rounded half away from zero to `target` digits behind the point.
  func quotient(_ other: Decimal, scale target: Int) throws(ValueError) -> Decimal {
    let isNegative = (coefficient < 0) != (other.coefficient < 0)
    let shift = target + Int(other.scale) - Int(scale)
    let dividend = coefficient.magnitude
    let divisor = other.coefficient.magnitude
    if shift >= 0, shift <= 38 {
      let (product, overflow) = dividend.multipliedReportingOverflow(
        by: Self.powerOfTen(shift).magnitude
      )
      if !overflow {
        var (quotient, rest) = product.quotientAndRemainder(dividingBy: divisor)
        if rest >= divisor - rest { quotient += 1 }
        guard quotient <= Self.coefficientMax else { throw .numericOverflow }
        return Decimal(
          coefficient: isNegative ? -Int128(quotient) : Int128(quotient),
          scale: target
        )
      }
    }
    let top = WideInteger(dividend) * .powerOfTen(max(shift, 0))
    let bottom = WideInteger(divisor) * .powerOfTen(max(-shift, 0))
    return try Decimal(top.dividedRounding(by: bottom), isNegative: isNegative, scale: target)
  }

  /// Position of the leading group of four digits and its value, as PostgreSQL stores numbers.
  var leadingGroup: (weight: Int, digit: Int) {
    guard coefficient != 0 else { return (0, 0) }
    let digits = Self.digitCount(coefficient.magnitude)
    let exponent = digits - 1 - Int(scale)
    let weight = exponent >= 0 ? exponent / 4 : -((3 - exponent) / 4)
    // The group holds the digits from 10^(4·weight) up.
    let drop = 4 * weight + Int(scale)
    let digit =
      drop >= 0
      ? coefficient.magnitude / Self.powerOfTen(drop).magnitude
      : coefficient.magnitude * Self.powerOfTen(-drop).magnitude
    return (weight, Int(digit))
  }

  /// How many decimal digits; 1 for 0.
  package static func digitCount(_ value: UInt128) -> Int {
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

  /// A wanted scale that is not below those of the operands, 0...38.
  static func resultScale(_ wanted: Int, _ left: Int, _ right: Int = 0) -> Int {
    min(max(wanted, left, right, 0), digitsMax)
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
    guard other.coefficient != 0 else { throw .divisionByZero }
    let target = max(scale, other.scale)
    if let a = coefficient(atScale: target), let b = other.coefficient(atScale: target) {
      return Decimal(coefficient: b == -1 ? 0 : a % b, scale: Int(target))
    }
    let a = WideInteger(coefficient.magnitude) * .powerOfTen(Int(target - scale))
    let b = WideInteger(other.coefficient.magnitude) * .powerOfTen(Int(target - other.scale))
    return try Decimal(a.divided(by: b).remainder, isNegative: coefficient < 0, scale: Int(target))
  }

  /// `div(x, y)`: the quotient cut to a whole number.
  package func wholeQuotient(_ other: Decimal) throws(ValueError) -> Decimal {
    guard isFinite, other.isFinite else { return try dividing(by: other) }
    guard other.coefficient != 0 else { throw .divisionByZero }
    let shift = Int(other.scale) - Int(scale)
    let a = WideInteger(coefficient.magnitude) * .powerOfTen(max(shift, 0))
    let b = WideInteger(other.coefficient.magnitude) * .powerOfTen(max(-shift, 0))
    let isNegative = (coefficient < 0) != (other.coefficient < 0)
    return try Decimal(a.divided(by: b).quotient, isNegative: isNegative, scale: 0)
  }

  /// `round(x, places)`: half away from zero; `places` may be negative.
  package func rounded(places: Int) throws(ValueError) -> Decimal {
    try cut(places: places) { quotient, rest, unit in rest >= unit - rest ? quotient + 1 : quotient
    }
  }

  /// `trunc(x, places)`.
  package func truncated(places: Int) throws(ValueError) -> Decimal {
    try cut(places: places) { quotient, _, _ in quotient }
  }

  private func cut(
    places: Int,
    _ pick: (UInt128, UInt128, UInt128) -> UInt128
  ) throws(ValueError) -> Decimal {
    guard isFinite else { return self }
    let target = max(places, 0)
    if places >= Int(scale) {
      guard target <= Self.digitsMax else {
        throw .numericOverflow
      }
      guard let wider = coefficient(atScale: Int32(target)) else { throw .numericOverflow }
      return try Self.checked(wider, target)
    }
    let drop = Int(scale) - places
    var kept: UInt128 = 0
    if drop <= 38 {
      let unit = Self.powerOfTen(drop).magnitude
      let (quotient, rest) = coefficient.magnitude.quotientAndRemainder(dividingBy: unit)
      kept = pick(quotient, rest, unit)
    }
    if places < 0, kept != 0 {
      let (product, overflow) = kept.multipliedReportingOverflow(
        by: -places <= 38 ? Self.powerOfTen(-places).magnitude : .max
      )
      guard !overflow, product <= Self.coefficientMax else { throw .numericOverflow }
      kept = product
    }
    return try Self.checked(coefficient < 0 ? -Int128(kept) : Int128(kept), target)
  }

  package func ceiling() throws(ValueError) -> Decimal {
    guard isFinite else { return self }
    let whole = try truncated(places: 0)
    let isExact = whole.compare(self) == 0
    return coefficient > 0 && !isExact ? try whole.adding(Decimal(1)) : whole
  }

  package func floor() throws(ValueError) -> Decimal { try negated().ceiling().negated() }

  /// Below, at or above 0; NaN is equal to NaN and greater than all else, as for B-trees.
  package func compare(_ other: Decimal) -> Int {
    guard isFinite, other.isFinite else {
      return rank - other.rank
    }
    if scale == other.scale {
      return coefficient < other.coefficient ? -1 : coefficient == other.coefficient ? 0 : 1
    }
    if signum != other.signum { return signum - other.signum }
    let target = max(scale, other.scale)
    if let a = coefficient(atScale: target), let b = other.coefficient(atScale: target) {
      return a < b ? -1 : a == b ? 0 : 1
    }
    let a = WideInteger(coefficient.magnitude) * .powerOfTen(Int(target - scale))
    let b = WideInteger(other.coefficient.magnitude) * .powerOfTen(Int(target - other.scale))
    return a == b ? 0 : (a < b) == (signum > 0) ? -1 : 1
  }

  private var rank: Int {
    switch kind {
    case .negativeInfinity: -1
    case .finite: 0
    case .positiveInfinity: 1
    case .notANumber: 2
    }
  }

  /// The same value without zeroes at the end of the fraction: equal values become identical, for hashing.
  package var canonical: Decimal {
    guard isFinite, scale > 0 else {
      return isFinite ? self : Decimal(coefficient: 0, scale: 0, kind: kind)
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
