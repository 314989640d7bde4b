// numeric in its binary form: counts and signs, then digits of base 10,000.
//
//   ndigits  weight  sign  dscale  digit × ndigits      two bytes each, network order
//
// The value is the sum of digit[i] × 10,000^(weight - i).

internal import Columnar

/// A numeric of few digits; others go through the complete parser.
struct BinaryNumeric {
  /// At most nine digits of base 10,000: 36 decimal ones.
  private static let digitCountMax = 9
  private var magnitude: UInt128
  private var isNegative: Bool
  /// Powers of ten that the magnitude is short of.
  private var exponent: Int
  private var displayScale: Int

  /// Nil for NaN, infinities, more digits and everything malformed.
  @inline(__always)
  init?(_ start: UnsafePointer<UInt8>, _ count: Int) {
    guard count >= 8 else { return nil }
    // SAFETY: every place read lies below 8 + 2 × digitCount = count.
    func word(_ place: Int) -> UInt16 {
      unsafe UInt16(
        bigEndian: UnsafeRawPointer(start).loadUnaligned(fromByteOffset: place, as: UInt16.self)
      )
    }
    let digitCount = Int(word(0))
    let sign = word(4)
    guard digitCount <= Self.digitCountMax, count == 8 &+ 2 &* digitCount,
      sign == 0 || sign == 0x4000
    else { return nil }
    let weight = Int(Int16(bitPattern: word(2)))
    displayScale = Int(word(6))
    isNegative = sign != 0
    if digitCount <= 4 {
      var small: UInt64 = 0
      for index in 0..<digitCount {
        let digit = word(8 &+ 2 &* index)
        guard digit < 10_000 else { return nil }
        small = small &* 10_000 &+ UInt64(digit)
      }
      magnitude = UInt128(small)
    } else {
      magnitude = 0
      for index in 0..<digitCount {
        let digit = word(8 &+ 2 &* index)
        guard digit < 10_000 else { return nil }
        magnitude = magnitude &* 10_000 &+ UInt128(digit)
      }
    }
    exponent = (weight &- (digitCount &- 1)) &* 4
  }

  /// The value as a scaled integer; nil when digits would be lost or it reaches `limit`.
  @inline(__always)
  func scaled(_ scale: Int, limit: UInt64) -> Int64? {
    guard magnitude >> 64 == 0 else { return nil }
    var value = UInt64(truncatingIfNeeded: magnitude)
    var shift = exponent &+ scale
    guard value != 0 else { return 0 }
    guard shift > -20, shift < 19 else { return nil }
    while shift >= 4 {
      let (product, overflow) = value.multipliedReportingOverflow(by: 10_000)
      if overflow { return nil }
      value = product
      shift &-= 4
    }
    while shift > 0 {
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      if overflow { return nil }
      value = product
      shift &-= 1
    }
    while shift < 0 {
      guard value % 10 == 0 else { return nil }
      value /= 10
      shift &+= 1
    }
    guard value < limit else { return nil }
    return isNegative ? 0 &- Int64(value) : Int64(value)
  }

  /// The value with the scale that PostgreSQL shows; nil beyond 38 digits.
  var decimal: Decimal? {
    var value = magnitude
    guard value != 0 else {
      return displayScale <= 38 ? Decimal(coefficient: 0, scale: displayScale) : nil
    }
    var shift = exponent + displayScale
    guard shift > -40, shift <= 38, displayScale <= 38 else { return nil }
    while shift > 0 {
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      if overflow { return nil }
      value = product
      shift -= 1
    }
    while shift < 0 {
      guard value % 10 == 0 else { return nil }
      value /= 10
      shift += 1
    }
    guard value < 100_000_000_000_000_000_000_000_000_000_000_000_000 else { return nil }
    return Decimal(coefficient: isNegative ? -Int128(value) : Int128(value), scale: displayScale)
  }
}
