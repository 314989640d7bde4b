// A numeric of more digits than a lane holds, as a value of its own: for the few results, constants and
// statistics that need it, never for the usual path of a row loop.

/// A finite numeric of any size that PostgreSQL keeps: ± `magnitude` × 10^-`scale`.
package struct WideDecimal: Hashable, Sendable {
  package var isNegative: Bool
  /// PostgreSQL's display scale, 0...16,383 once the value is a result.
  package var scale: Int
  package var magnitude: WideInteger

  package init(isNegative: Bool, scale: Int, magnitude: WideInteger) {
    self.isNegative = isNegative && !magnitude.isZero
    self.scale = scale
    self.magnitude = magnitude
  }

  /// The value of a finite numeric.
  package init(_ value: Decimal) {
    self.init(
      isNegative: value.coefficient < 0,
      scale: Int(value.scale),
      magnitude: value.magnitudeDigits
    )
  }

  /// A scaled integer.
  package init(_ coefficient: Int128, scale: Int) {
    self.init(
      isNegative: coefficient < 0,
      scale: scale,
      magnitude: WideInteger(coefficient.magnitude)
    )
  }

  /// The most digits behind the point (PostgreSQL's NUMERIC_DSCALE_MAX).
  package static let scaleMax = 16_383
  /// The most digits before the point (32,768 groups of four).
  package static let wholeDigitsMax = 131_072

  /// Refuses what PostgreSQL's format cannot hold: 22003.
  package func checked() throws(ValueError) -> WideDecimal {
    guard scale <= Self.scaleMax, magnitude.decimalDigits - scale <= Self.wholeDigitsMax else {
      throw .numericOverflow
    }
    return self
  }

  /// The magnitude at a scale that is not below the value's own.
  func magnitude(atScale target: Int) -> WideInteger {
    target == scale ? magnitude : magnitude * .powerOfTen(target - scale)
  }

  package func negated() -> WideDecimal {
    WideDecimal(isNegative: !isNegative, scale: scale, magnitude: magnitude)
  }

  package func adding(_ other: WideDecimal) -> WideDecimal {
    let target = max(scale, other.scale)
    let a = magnitude(atScale: target)
    let b = other.magnitude(atScale: target)
    if isNegative == other.isNegative {
      return WideDecimal(isNegative: isNegative, scale: target, magnitude: a + b)
    }
    return a >= b
      ? WideDecimal(isNegative: isNegative, scale: target, magnitude: a - b)
      : WideDecimal(isNegative: other.isNegative, scale: target, magnitude: b - a)
  }

  /// The exact product, rounded where it has more digits behind the point than the format allows.
  package func multiplied(by other: WideDecimal) -> WideDecimal {
    let product = WideDecimal(
      isNegative: isNegative != other.isNegative,
      scale: scale + other.scale,
      magnitude: magnitude * other.magnitude
    )
    return product.scale > Self.scaleMax ? product.rounded(places: Self.scaleMax) : product
  }

  /// The scale that PostgreSQL's select_div_scale chooses for a quotient.
  package func divisionScale(_ divisor: WideDecimal) -> Int {
    let (weight1, first1) = leadingGroup
    let (weight2, first2) = divisor.leadingGroup
    let weight = weight1 - weight2 - (first1 <= first2 ? 1 : 0)
    return Decimal.resultScale(16 - weight * 4, scale, divisor.scale)
  }

  /// Position of the leading group of four digits and its value, as PostgreSQL stores numbers.
  var leadingGroup: (weight: Int, digit: Int) {
    guard !magnitude.isZero else { return (0, 0) }
    let exponent = magnitude.decimalDigits - 1 - scale
    let weight = exponent >= 0 ? exponent / 4 : -((3 - exponent) / 4)
    let drop = 4 * weight + scale
    let digit =
      drop >= 0
      ? magnitude.divided(by: .powerOfTen(drop)).quotient : magnitude * .powerOfTen(-drop)
    return (weight, Int(digit.narrow ?? 0))
  }

  /// The quotient rounded half away from zero to `target` digits behind the point; not by 0.
  package func quotient(_ other: WideDecimal, scale target: Int) -> WideDecimal {
    let shift = target + other.scale - scale
    let top = shift > 0 ? magnitude * .powerOfTen(shift) : magnitude
    let bottom = shift < 0 ? other.magnitude * .powerOfTen(-shift) : other.magnitude
    return WideDecimal(
      isNegative: isNegative != other.isNegative,
      scale: target,
      magnitude: top.dividedRounding(by: bottom)
    )
  }

  /// The square root of a value that is not negative, rounded to `target` digits behind the point.
  package func squareRoot(scale target: Int) -> WideDecimal {
    // The root of x × 10^(2·(target + 1)), one digit more than wanted. That digit rounds correctly:
    // a root is never exactly a half unless it is exact.
    let shift = 2 * (target + 1) - scale
    let scaled =
      shift >= 0
      ? magnitude * .powerOfTen(shift) : magnitude.divided(by: .powerOfTen(-shift)).quotient
    let (kept, digit) = scaled.squareRoot.dividedBySmall(10)
    return WideDecimal(
      isNegative: false,
      scale: target,
      magnitude: digit >= 5 ? kept + .one : kept
    )
  }

  /// The quotient cut to a whole number; not by 0.
  package func wholeQuotient(_ other: WideDecimal) -> WideDecimal {
    let target = max(scale, other.scale)
    return WideDecimal(
      isNegative: isNegative != other.isNegative,
      scale: 0,
      magnitude: magnitude(atScale: target).divided(by: other.magnitude(atScale: target)).quotient
    )
  }

  /// The remainder, with the sign of the dividend; not by 0.
  func remainder(dividingBy other: WideDecimal) -> WideDecimal {
    let target = max(scale, other.scale)
    return WideDecimal(
      isNegative: isNegative,
      scale: target,
      magnitude: magnitude(atScale: target).divided(by: other.magnitude(atScale: target)).remainder
    )
  }

  /// Half away from zero; `places` may be negative.
  package func rounded(places: Int) -> WideDecimal { cut(places: places, rounds: true) }

  package func truncated(places: Int) -> WideDecimal { cut(places: places, rounds: false) }

  private func cut(places: Int, rounds: Bool) -> WideDecimal {
    let target = max(places, 0)
    guard places < scale else {
      return WideDecimal(
        isNegative: isNegative,
        scale: target,
        magnitude: magnitude(atScale: target)
      )
    }
    let unit = WideInteger.powerOfTen(scale - places)
    var kept = rounds ? magnitude.dividedRounding(by: unit) : magnitude.divided(by: unit).quotient
    if places < 0 { kept = kept * .powerOfTen(-places) }
    return WideDecimal(isNegative: isNegative, scale: target, magnitude: kept)
  }

  /// Towards positive infinity.
  func ceiling() -> WideDecimal {
    let whole = truncated(places: 0)
    guard !isNegative, whole.compare(self) != 0 else { return whole }
    return WideDecimal(isNegative: false, scale: 0, magnitude: whole.magnitude + .one)
  }

  /// Below, at or above 0.
  package func compare(_ other: WideDecimal) -> Int {
    if magnitude.isZero, other.magnitude.isZero { return 0 }
    if isNegative != other.isNegative { return isNegative ? -1 : 1 }
    let target = max(scale, other.scale)
    let a = magnitude(atScale: target)
    let b = other.magnitude(atScale: target)
    return a == b ? 0 : (a < b) == isNegative ? 1 : -1
  }

  /// About the value; an infinity where no double is so large.
  var double: Double {
    let text = OutputBuffer.text(of: self)
    return (try? parseDouble(text.span)) ?? (magnitude.decimalDigits > scale ? .infinity : 0)
  }

  /// Without zeroes at the end of the fraction: equal values become identical.
  package func canonical() -> WideDecimal {
    guard !magnitude.isZero else {
      return WideDecimal(isNegative: false, scale: 0, magnitude: .zero)
    }
    var result = self
    while result.scale > 0 {
      let (quotient, remainder) = result.magnitude.dividedBySmall(10)
      guard remainder == 0 else { break }
      result.magnitude = quotient
      result.scale -= 1
    }
    return result
  }
}

extension WideDecimal {
  /// Reads sign, digits, point and exponent of text that ``DecimalParts`` has accepted.
  ///
  /// - Throws: 22003 for what the format cannot hold.
  init(digitsOf text: Span<UInt8>, _ parts: DecimalParts) throws(ValueError) {
    let scale = parts.fraction - parts.exponent
    guard scale <= Self.scaleMax else { throw .numericOverflow }
    guard parts.digits > 0 else {
      self.init(isNegative: false, scale: max(0, scale), magnitude: .zero)
      return
    }
    guard parts.digits + parts.dropped - scale <= Self.wholeDigitsMax else {
      throw .numericOverflow
    }
    var magnitude = WideInteger.zero
    var chunk: UInt32 = 0
    var unit: UInt32 = 1
    for index in text.indices {
      let byte = text[index]
      if lowercased(byte) == 0x65 { break }
      guard isDigit(byte) else { continue }
      chunk = chunk * 10 + UInt32(byte - 48)
      unit *= 10
      if unit == 1_000_000_000 {
        magnitude.multiply(by: unit, adding: chunk)
        (chunk, unit) = (0, 1)
      }
    }
    magnitude.multiply(by: unit, adding: chunk)
    if scale < 0 { magnitude = magnitude * .powerOfTen(-scale) }
    self.init(isNegative: parts.isNegative, scale: max(0, scale), magnitude: magnitude)
  }
}

extension OutputBuffer {
  fileprivate static func text(of value: WideDecimal) -> [UInt8] {
    var buffer = OutputBuffer(capacity: 64)
    buffer.append(wide: value)
    return buffer.array
  }

  /// Appends the digits with their point.
  package mutating func append(wide value: WideDecimal) {
    var digits = value.magnitude.decimalText
    if digits.count <= value.scale {
      digits.insert(
        contentsOf: [UInt8](repeating: 0x30, count: value.scale + 1 - digits.count),
        at: 0
      )
    }
    if value.isNegative { append(UInt8(ascii: "-")) }
    let whole = digits.count - value.scale
    append(Array(digits[..<whole]))
    guard value.scale > 0 else { return }
    append(UInt8(ascii: "."))
    append(Array(digits[whole...]))
  }
}
