// Doubles as the numerics that they are, and back: sums of doubles that any row can be taken away from again.

extension Decimal {
  /// 5^0 … 5^27: the last times 53 bits still fits 38 digits.
  private static let fives: [Int128] = (0...27).reduce(into: []) { powers, _ in
    powers.append(powers.last.map { $0 * 5 } ?? 1)
  }

  /// The exact value of a double, of up to 767 digits; 0 for NaN and infinities.
  ///
  /// - Throws: Nothing: every double is a numeric.
  package init(exactly value: Double) throws(ValueError) {
    guard value.isFinite, value != 0 else {
      self.init(coefficient: 0, scale: 0)
      return
    }
    let isNormal = value.exponentBitPattern != 0
    let bits = value.significandBitPattern | (isNormal ? 1 << 52 : 0)
    let zeros = bits.trailingZeroBitCount
    var exponent = Int(value.exponentBitPattern) - (isNormal ? 1075 : 1074) + zeros
    let whole = value < 0 ? -Int128(bits >> zeros) : Int128(bits >> zeros)
    if exponent >= 0, exponent <= 60 {
      self.init(coefficient: whole << Int128(exponent), scale: 0)
      return
    }
    let last = Self.fives.count - 1
    if exponent < 0, -exponent <= last {
      self.init(coefficient: whole * Self.fives[-exponent], scale: -exponent)
      return
    }
    var wide = WideDecimal(whole, scale: 0)
    while exponent > 0 {
      let step = min(exponent, 100)
      wide = wide.multiplied(by: WideDecimal(Int128(1) << Int128(step), scale: 0))
      exponent -= step
    }
    while exponent < 0 {
      // 5^n / 10^n is 2^-n.
      let step = min(-exponent, last)
      wide = wide.multiplied(by: WideDecimal(Self.fives[step], scale: step))
      exponent += step
    }
    try self.init(wide)
  }
}

/// Counts of values that are no numbers, in one number that adds up: NaN in its lowest 40 bits, infinity and minus infinity above.
package enum SpecialDoubles {
  private static let width: Int128 = 40

  /// What one value counts.
  package static func count(_ value: Double) -> Int128 {
    if value.isFinite { return 0 }
    if value.isNaN { return 1 }
    return value > 0 ? 1 << width : 1 << (2 * width)
  }

  /// The nearest double of a sum of the finite values, or what the others make of it.
  ///
  /// - Throws: 22003 for a sum that is too large.
  package static func sum(_ finite: Decimal, _ counts: Int128) throws(ValueError) -> Double {
    guard counts != 0 else { return try finite.doubleChecked() }
    let mask: Int128 = (1 << width) - 1
    let plus = (counts >> width) & mask
    let minus = (counts >> (2 * width)) & mask
    if counts & mask != 0 || (plus != 0 && minus != 0) { return .nan }
    return plus != 0 ? .infinity : -.infinity
  }
}
