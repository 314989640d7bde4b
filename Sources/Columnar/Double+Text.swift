// Doubles and reals as text: the shortest digits that read back as the same number, in PostgreSQL's
// layout (`1e+15`, `1e-05`, `Infinity`), and correctly rounded reading.

extension Double {
  /// The double nearest to ± `magnitude` × 10^-`scale`.
  init(decimal magnitude: UInt128, scale: Int, isNegative: Bool) {
    // Both exact in 53 bits: one correctly rounded division (Clinger's fast path).
    if magnitude <= 1 << 53, scale <= 22 {
      let value = Double(UInt64(magnitude)) / Double.powersOfTen[scale]
      self = isNegative ? -value : value
      return
    }
    // The quotient to 64 bits and a sticky bit rounds correctly to 53; numerics are never subnormal.
    var top = WideInteger(magnitude)
    var bottom = WideInteger.powerOfTen(scale)
    guard !top.isZero else {
      self = 0
      return
    }
    let shift = 64 - (top.bitWidth - bottom.bitWidth)
    if shift >= 0 { top = top << shift } else { bottom = bottom << -shift }
    let (quotient, remainder) = top.divided(by: bottom)
    let bits = (quotient.narrow ?? 0) | (remainder.isZero ? 0 : 1)
    let value = Double(sign: .plus, exponent: -shift, significand: Double(bits))
    self = isNegative ? -value : value
  }

  /// 10^0...10^22, all exact.
  static let powersOfTen: [Double] = [
    1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17,
    1e18, 1e19, 1e20, 1e21, 1e22,
  ]

  /// The first significant digits, correctly rounded, and their exponent.
  ///
  /// At most 18 of them:
  /// the value, finite and not 0, is about digits × 10^exponent.
  func significantDigits(_ count: Int) -> (digits: UInt64, exponent: Int) {
    var top = WideInteger(UInt128(significandBitPattern | (isNormal ? 1 << 52 : 0)))
    let binaryExponent = Int(isNormal ? exponentBitPattern : 1) - 1_075
    var bottom = WideInteger.one
    if binaryExponent >= 0 {
      top = top << binaryExponent
    } else {
      bottom = bottom << -binaryExponent
    }
    // log10 from the number of bits; at most one off, which the loop settles.
    var exponent = (top.bitWidth - bottom.bitWidth) * 30_103 / 100_000 - count
    while true {
      let scaledTop = exponent < 0 ? top * .powerOfTen(-exponent) : top
      let scaledBottom = exponent > 0 ? bottom * .powerOfTen(exponent) : bottom
      // Half to even on an exact tie, as printf rounds.
      let (quotient, remainder) = scaledTop.divided(by: scaledBottom)
      var digits = UInt64(truncatingIfNeeded: quotient.narrow ?? .max)
      guard quotient.bitWidth <= 63, digits < UInt64(powerOfTen64(count)) else {
        exponent += 1
        continue
      }
      let twice = remainder << 1
      if twice > scaledBottom || (twice == scaledBottom && digits & 1 == 1) { digits += 1 }
      if digits >= UInt64(powerOfTen64(count)) {
        digits /= 10
        exponent += 1
      }
      if digits < UInt64(powerOfTen64(count - 1)) {
        exponent -= 1
        continue
      }
      return (digits, exponent)
    }
  }
}

extension OutputBuffer {
  /// Appends a double's text as PostgreSQL prints it.
  package mutating func append(double value: Double) {
    if appendSpecial(value) { return }
    if appendShort(value, limit: 1e15) { return }
    if value.magnitude >= 0x1p53, value.magnitude < 1e41,
      appendOffBoundary(value.magnitude, bits: 53, exponentFrom: 15)
    {
      return
    }
    appendShortest(value.magnitude.description, exponentFrom: 15)
  }

  /// Appends a real's text as PostgreSQL prints it.
  package mutating func append(real value: Float) {
    if appendSpecial(Double(value)) { return }
    if value.magnitude >= 0x1p24, value.magnitude < 1e38,
      appendOffBoundary(Double(value.magnitude), bits: 24, exponentFrom: 6)
    {
      return
    }
    appendShortest(value.magnitude.description, exponentFrom: 6)
  }

  /// Writes NaN, infinities, zero and the sign; true when nothing is left to write.
  private mutating func appendSpecial(_ value: Double) -> Bool {
    if value.isNaN {
      append("NaN")
      return true
    }
    if value.sign == .minus { append(UInt8(ascii: "-")) }
    if value.isInfinite { append("Infinity") }
    if value == 0 { append(UInt8(ascii: "0")) }
    return value.isInfinite || value == 0
  }

  /// Writes numbers of at most 15 digits with few behind the point: sums, averages of cents, counts.
  private mutating func appendShort(_ value: Double, limit: Double) -> Bool {
    let magnitude = value.magnitude
    guard magnitude >= 1e-4, magnitude < limit else { return false }
    var places = 0
    while places <= 6 {
      let scaled = (magnitude * Double.powersOfTen[places]).rounded(.toNearestOrEven)
      guard scaled < 1e15 else { return false }
      // An integer below 2^53 over a power of ten is rounded once, as reading the text would.
      if scaled / Double.powersOfTen[places] == magnitude {
        append(scaled: Int64(scaled), scale: places)
        return true
      }
      places &+= 1
    }
    return false
  }

  /// Writes numbers whose shortest digits lie exactly between two neighbours; false for all others.
  ///
  /// Swift takes such digits where they read back by rounding to even, PostgreSQL never does. The middle
  /// between two numbers has few digits only where all of them are integers.
  private mutating func appendOffBoundary(
    _ value: Double,
    bits: Int,
    exponentFrom limit: Int
  ) -> Bool {
    let shift = Int(value.exponent) - bits + 1
    // In units of a quarter of the last place.
    let unit = Swift.max(0, shift)
    let significand = UInt128(
      value.significand * Double(sign: .plus, exponent: bits - 1, significand: 1)
    )
    let isPower = value.significand == 1
    let lower = WideInteger(significand * 4 - (isPower ? 1 : 2)) << unit
    let upper = WideInteger(significand * 4 + 2) << unit
    func scaled(_ digits: UInt64, _ exponent: Int) -> WideInteger {
      WideInteger(UInt128(digits) * 4) * .powerOfTen(exponent)
    }
    for count in 1...(bits == 53 ? 17 : 9) {
      let (digits, exponent) = value.significantDigits(count)
      guard exponent >= 0 else { return false }
      let candidate = scaled(digits, exponent)
      let isInside = candidate > lower && candidate < upper
      if isInside {
        appendShortest("\(digits)e\(exponent)", exponentFrom: limit)
        return true
      }
    }
    return false
  }

  /// Lays out the shortest digits as PostgreSQL does.
  private mutating func appendShortest(_ text: String, exponentFrom limit: Int) {
    // Swift writes 12.5, 1e-05, 1.5e+20, 0.0001, 5e-324.
    var digits = InlineArray<32, UInt8>(repeating: 0)
    var count = 0
    var point = -1
    var exponent = 0
    var isInExponent = false
    var isExponentNegative = false
    for byte in text.utf8 {
      if isInExponent {
        if byte == 0x2d { isExponentNegative = true }
        if isDigit(byte) { exponent = exponent * 10 + Int(byte - 48) }
      } else if byte == 0x65 {
        isInExponent = true
      } else if byte == 0x2e {
        point = count
      } else if count < 32 {
        digits[count] = byte
        count += 1
      }
    }
    if point < 0 { point = count }
    if isExponentNegative { exponent = -exponent }
    var first = 0
    while first < count, digits[first] == 48 { first += 1 }
    while count > first, digits[count - 1] == 48 { count -= 1 }
    // The value is d.ddd × 10^power.
    let power = point - first - 1 + exponent
    let length = count - first
    if power < -4 || power >= limit {
      append(digits[first])
      if length > 1 {
        append(UInt8(ascii: "."))
        for index in first + 1..<count { append(digits[index]) }
      }
      append(UInt8(ascii: "e"))
      append(UInt8(ascii: power < 0 ? "-" : "+"))
      append(magnitude: UInt64(power.magnitude), width: 2)
      return
    }
    if power < 0 {
      append("0.")
      for _ in 0..<(-power - 1) { append(48) }
      for index in first..<count { append(digits[index]) }
      return
    }
    for index in 0...power { append(index < length ? digits[first + index] : 48) }
    if length > power + 1 {
      append(UInt8(ascii: "."))
      for index in first + power + 1..<count { append(digits[index]) }
    }
  }
}

/// Reads a double.
///
/// - Throws: 22P02 for bad syntax, 22003 for a number that becomes infinite or zero.
package func parseDouble(_ text: Span<UInt8>) throws(ValueError) -> Double {
  let body = trimmed(text)
  guard let parts = DecimalParts(body) else {
    if isHexadecimal(body), let value = Double(string(body)) { return value }
    return try specialDouble(body, text, "double precision")
  }
  let scale = parts.fraction - parts.exponent - parts.dropped
  if parts.dropped == 0, parts.coefficient <= 1 << 53, scale >= -22, scale <= 22 {
    let digits = Double(UInt64(truncatingIfNeeded: parts.coefficient))
    let value =
      scale >= 0 ? digits / Double.powersOfTen[scale] : digits * Double.powersOfTen[-scale]
    return parts.isNegative ? -value : value
  }
  guard let value = Double(string(body)) else {
    throw .invalidSyntax("double precision", text)
  }
  guard value.isFinite, value != 0 || parts.digits == 0 else {
    throw ValueError("22003", "\"\(string(body))\" is out of range for type double precision")
  }
  return value
}

/// Reads a real; the same contract.
package func parseReal(_ text: Span<UInt8>) throws(ValueError) -> Float {
  let body = trimmed(text)
  guard let parts = DecimalParts(body) else {
    if isHexadecimal(body), let value = Float(string(body)) { return value }
    return Float(try specialDouble(body, text, "real"))
  }
  guard let value = Float(string(body)) else { throw .invalidSyntax("real", text) }
  guard value.isFinite, value != 0 || parts.digits == 0 else {
    throw ValueError("22003", "\"\(string(body))\" is out of range for type real")
  }
  return value
}

/// C's hexadecimal notation, which PostgreSQL reads too.
private func isHexadecimal(_ text: Span<UInt8>) -> Bool {
  var place = 0
  if place < text.count, text[place] == 0x2d || text[place] == 0x2b { place += 1 }
  return text.count - place > 2 && text[place] == 0x30 && lowercased(text[place + 1]) == 0x78
}

private func specialDouble(
  _ body: Span<UInt8>,
  _ text: Span<UInt8>,
  _ type: String
) throws(ValueError) -> Double {
  if matches(body, "nan") { return .nan }
  guard let isNegative = Decimal.infinitySign(body) else { throw .invalidSyntax(type, text) }
  return isNegative ? -.infinity : .infinity
}

/// A double as an integer, rounded half to even.
///
/// - Throws: 22003 outside of the type's range, and for NaN and infinities.
package func integer(_ value: Double, _ type: IntegerType) throws(ValueError) -> Int64 {
  let rounded = value.rounded(.toNearestOrEven)
  guard rounded >= -0x1p63, rounded < 0x1p63 else { throw type.outOfRange }
  let whole = Int64(rounded)
  guard type.range.contains(whole) else { throw type.outOfRange }
  return whole
}

/// A double as a real.
///
/// - Throws: 22003 when it becomes infinite, or zero.
package func real(_ value: Double) throws(ValueError) -> Float {
  let result = Float(value)
  if result.isInfinite, !value.isInfinite { throw .doubleOverflow }
  if result == 0, value != 0 { throw .doubleUnderflow }
  return result
}
