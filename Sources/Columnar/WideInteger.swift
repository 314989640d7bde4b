// Unsigned integers of any width, for the few numeric operations whose intermediate results need more than
// 128 bits: division, roots, powers, logarithms. Schoolbook methods (Knuth, TAOCP 2, §4.3.1) on 32-bit
// limbs: never in a row loop's usual path.

/// An unsigned integer, least significant limb first, no zero limb at the end.
package struct WideInteger: Comparable, Hashable, Sendable {
  package private(set) var limbs: [UInt32]

  package init(_ value: UInt128) {
    limbs = []
    var rest = value
    while rest != 0 {
      limbs.append(UInt32(truncatingIfNeeded: rest))
      rest >>= 32
    }
  }

  private init(limbs: [UInt32]) {
    self.limbs = limbs
    trim()
  }

  private mutating func trim() {
    while limbs.last == 0 { limbs.removeLast() }
  }

  /// Limbs of four bytes, low bytes first, as ``Decimal`` lanes and blocks keep them.
  package init(limbBytes bytes: Span<UInt8>) {
    limbs = []
    limbs.reserveCapacity(bytes.count / 4)
    var place = 0
    while place + 4 <= bytes.count {
      var limb: UInt32 = 0
      for index in 0..<4 { limb |= UInt32(bytes[place + index]) << UInt32(index * 8) }
      limbs.append(limb)
      place += 4
    }
    trim()
  }

  package static let zero = WideInteger(0)
  static let one = WideInteger(1)

  package var isZero: Bool { limbs.isEmpty }

  package var bitWidth: Int {
    limbs.isEmpty ? 0 : limbs.count * 32 - (limbs.last?.leadingZeroBitCount ?? 0)
  }

  /// The value, or nil when it needs more than 128 bits.
  package var narrow: UInt128? {
    guard limbs.count <= 4 else { return nil }
    var value: UInt128 = 0
    for limb in limbs.reversed() { value = value << 32 | UInt128(limb) }
    return value
  }

  package static func < (left: WideInteger, right: WideInteger) -> Bool {
    if left.limbs.count != right.limbs.count { return left.limbs.count < right.limbs.count }
    for index in left.limbs.indices.reversed() where left.limbs[index] != right.limbs[index] {
      return left.limbs[index] < right.limbs[index]
    }
    return false
  }

  package static func + (left: WideInteger, right: WideInteger) -> WideInteger {
    var result: [UInt32] = []
    let count = max(left.limbs.count, right.limbs.count)
    result.reserveCapacity(count + 1)
    var carry: UInt64 = 0
    for index in 0..<count {
      carry += index < left.limbs.count ? UInt64(left.limbs[index]) : 0
      carry += index < right.limbs.count ? UInt64(right.limbs[index]) : 0
      result.append(UInt32(truncatingIfNeeded: carry))
      carry >>= 32
    }
    result.append(UInt32(carry))
    return WideInteger(limbs: result)
  }

  /// `left` must not be below `right`.
  package static func - (left: WideInteger, right: WideInteger) -> WideInteger {
    precondition(left >= right)
    var result = left.limbs
    var borrow: Int64 = 0
    for index in result.indices {
      let subtrahend = index < right.limbs.count ? Int64(right.limbs[index]) : 0
      var difference = Int64(result[index]) - subtrahend + borrow
      borrow = difference < 0 ? -1 : 0
      if difference < 0 { difference += 1 << 32 }
      result[index] = UInt32(truncatingIfNeeded: difference)
    }
    return WideInteger(limbs: result)
  }

  package static func * (left: WideInteger, right: WideInteger) -> WideInteger {
    guard !left.isZero, !right.isZero else { return zero }
    var result = [UInt32](repeating: 0, count: left.limbs.count + right.limbs.count)
    for i in left.limbs.indices {
      var carry: UInt64 = 0
      let factor = UInt64(left.limbs[i])
      for j in right.limbs.indices {
        let sum = factor * UInt64(right.limbs[j]) + UInt64(result[i + j]) + carry
        result[i + j] = UInt32(truncatingIfNeeded: sum)
        carry = sum >> 32
      }
      result[i + right.limbs.count] = UInt32(carry)
    }
    return WideInteger(limbs: result)
  }

  static func << (left: WideInteger, bits: Int) -> WideInteger {
    guard bits > 0, !left.isZero else { return left }
    var result = [UInt32](repeating: 0, count: bits / 32)
    let shift = UInt64(bits % 32)
    var carry: UInt64 = 0
    for limb in left.limbs {
      carry |= UInt64(limb) << shift
      result.append(UInt32(truncatingIfNeeded: carry))
      carry >>= 32
    }
    result.append(UInt32(carry))
    return WideInteger(limbs: result)
  }

  static func >> (left: WideInteger, bits: Int) -> WideInteger {
    let skip = bits / 32
    guard skip < left.limbs.count else { return zero }
    let shift = UInt64(bits % 32)
    var result: [UInt32] = []
    for index in skip..<left.limbs.count {
      let high = index + 1 < left.limbs.count ? UInt64(left.limbs[index + 1]) : 0
      result.append(
        UInt32(truncatingIfNeeded: (UInt64(left.limbs[index]) | high << 32) >> shift)
      )
    }
    return WideInteger(limbs: result)
  }

  /// Quotient and remainder by a single limb, not zero.
  package func dividedBySmall(_ divisor: UInt32) -> (quotient: WideInteger, remainder: UInt32) {
    var result = limbs
    var remainder: UInt64 = 0
    for index in result.indices.reversed() {
      let value = remainder << 32 | UInt64(result[index])
      result[index] = UInt32(truncatingIfNeeded: value / UInt64(divisor))
      remainder = value % UInt64(divisor)
    }
    return (WideInteger(limbs: result), UInt32(remainder))
  }

  /// Quotient and remainder; `divisor` is not zero.
  package func divided(by divisor: WideInteger) -> (quotient: WideInteger, remainder: WideInteger) {
    precondition(!divisor.isZero)
    if self < divisor { return (.zero, self) }
    if divisor.limbs.count == 1 {
      let (quotient, remainder) = dividedBySmall(divisor.limbs[0])
      return (quotient, WideInteger(UInt128(remainder)))
    }
    // Algorithm D: shift so that the divisor's top bit is set, then guess each digit from two limbs.
    let shift = divisor.limbs[divisor.limbs.count - 1].leadingZeroBitCount
    let v = (divisor << shift).limbs
    var u = (self << shift).limbs
    let n = v.count
    while u.count <= limbs.count { u.append(0) }
    let m = u.count - n - 1
    var quotient = [UInt32](repeating: 0, count: m + 1)
    for j in stride(from: m, through: 0, by: -1) {
      let top = UInt64(u[j + n]) << 32 | UInt64(u[j + n - 1])
      var guess = top / UInt64(v[n - 1])
      var rest = top % UInt64(v[n - 1])
      while guess >> 32 != 0 || guess * UInt64(v[n - 2]) > (rest << 32 | UInt64(u[j + n - 2])) {
        guess -= 1
        rest += UInt64(v[n - 1])
        if rest >> 32 != 0 { break }
      }
      var borrow: Int64 = 0
      var carry: UInt64 = 0
      for i in 0..<n {
        let product = guess * UInt64(v[i]) + carry
        carry = product >> 32
        let difference = Int64(u[i + j]) + borrow - Int64(product & 0xffff_ffff)
        u[i + j] = UInt32(truncatingIfNeeded: difference)
        borrow = difference >> 32
      }
      let difference = Int64(u[j + n]) + borrow - Int64(carry)
      u[j + n] = UInt32(truncatingIfNeeded: difference)
      if difference < 0 {
        guess -= 1
        var carry: UInt64 = 0
        for i in 0..<n {
          carry += UInt64(u[i + j]) + UInt64(v[i])
          u[i + j] = UInt32(truncatingIfNeeded: carry)
          carry >>= 32
        }
        u[j + n] = UInt32(truncatingIfNeeded: UInt64(u[j + n]) + carry)
      }
      quotient[j] = UInt32(truncatingIfNeeded: guess)
    }
    let remainder = WideInteger(limbs: Array(u.prefix(n))) >> shift
    return (WideInteger(limbs: quotient), remainder)
  }

  /// The quotient rounded half up.
  func dividedRounding(by divisor: WideInteger) -> WideInteger {
    let (quotient, remainder) = divided(by: divisor)
    return remainder << 1 >= divisor ? quotient + .one : quotient
  }

  /// 10 to the power of `exponent`.
  package static func powerOfTen(_ exponent: Int) -> WideInteger {
    exponent <= 38
      ? WideInteger(Decimal.powerOfTen(exponent).magnitude) : WideInteger(10).power(exponent)
  }

  /// self = self × `factor` + `summand`.
  mutating func multiply(by factor: UInt32, adding summand: UInt32) {
    var carry = UInt64(summand)
    for index in limbs.indices {
      carry += UInt64(limbs[index]) * UInt64(factor)
      limbs[index] = UInt32(truncatingIfNeeded: carry)
      carry >>= 32
    }
    if carry != 0 { limbs.append(UInt32(carry)) }
  }

  /// How many decimal digits; 0 for 0.
  package var decimalDigits: Int {
    if let narrow { return narrow == 0 ? 0 : Decimal.digitCount(narrow) }
    // 30,102 / 100,000 is below log10(2): a lower bound of the digits, at most a few below.
    var digits = (bitWidth - 1) * 30_102 / 100_000
    var power = WideInteger.powerOfTen(digits)
    while power <= self {
      power.multiply(by: 10, adding: 0)
      digits += 1
    }
    return digits
  }

  /// The decimal digits; "0" for 0.
  package var decimalText: [UInt8] {
    // Nine digits a step, the last ones first.
    var rest = limbs
    var text: [UInt8] = []
    text.reserveCapacity(rest.count * 10 + 1)
    while !rest.isEmpty {
      var remainder: UInt64 = 0
      for index in rest.indices.reversed() {
        let value = remainder << 32 | UInt64(rest[index])
        rest[index] = UInt32(truncatingIfNeeded: value / 1_000_000_000)
        remainder = value % 1_000_000_000
      }
      while rest.last == 0 { rest.removeLast() }
      for _ in 0..<9 {
        text.append(UInt8(remainder % 10) + 48)
        remainder /= 10
      }
    }
    while text.last == 48 { text.removeLast() }
    if text.isEmpty { text.append(48) }
    text.reverse()
    return text
  }

  func power(_ exponent: Int) -> WideInteger {
    var result = WideInteger.one
    var square = self
    var rest = exponent
    while rest > 0 {
      if rest & 1 == 1 { result = result * square }
      rest >>= 1
      if rest > 0 { square = square * square }
    }
    return result
  }

  /// The largest integer whose square is not above the value.
  var squareRoot: WideInteger {
    guard !isZero else { return .zero }
    var guess = WideInteger.one << ((bitWidth + 1) / 2)
    while true {
      let next = (guess + divided(by: guess).quotient) >> 1
      if next >= guess { return guess }
      guess = next
    }
  }
}
