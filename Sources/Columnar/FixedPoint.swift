// Binary fixed point of any precision, for logarithms, exponentials and powers of numerics.

/// A real number as a whole number of 2^-`bits`.
struct FixedPoint {
  /// Enough for a look at a value's size, and for results of up to 60 digits.
  static let roughBits = 320
  var magnitude: WideInteger
  var isNegative: Bool
  /// Binary digits behind the point; both sides of an operation have the same.
  var bits: Int

  init(magnitude: WideInteger, isNegative: Bool, bits: Int) {
    self.magnitude = magnitude
    self.isNegative = isNegative
    self.bits = bits
  }

  init(_ value: WideDecimal, bits: Int) {
    magnitude = (value.magnitude << bits).divided(by: .powerOfTen(value.scale)).quotient
    isNegative = value.isNegative
    self.bits = bits
  }

  /// The precision for a result of so many digits before and behind the point, with thirty to spare.
  static func bits(forDigits digits: Int) -> Int { max(roughBits, (digits + 30) * 10 / 3 + 64) }

  private static let roughLogarithmOfTwo = makeLogarithmOfTwo(bits: roughBits)

  private static func makeLogarithmOfTwo(bits: Int) -> WideInteger {
    // ln 2 = 2 artanh(1/3).
    artanh((WideInteger.one << bits).dividedBySmall(3).quotient, bits: bits) << 1
  }

  static func logarithmOfTwo(bits: Int) -> WideInteger {
    bits == roughBits ? roughLogarithmOfTwo : makeLogarithmOfTwo(bits: bits)
  }

  /// The series z + z³/3 + z⁵/5 + … for 0 ≤ z ≤ 1/3.
  private static func artanh(_ z: WideInteger, bits: Int) -> WideInteger {
    let square = (z * z) >> bits
    var power = z
    var sum = z
    var divisor: UInt32 = 3
    while !power.isZero {
      power = (power * square) >> bits
      sum = sum + power.dividedBySmall(divisor).quotient
      divisor += 2
    }
    return sum
  }

  /// The natural logarithm of a positive value.
  static func logarithm(of value: WideDecimal, bits: Int) -> FixedPoint {
    // x = m × 2^k with m in [2/3, 4/3), so that |(m - 1) / (m + 1)| ≤ 1/5.
    let top = value.magnitude
    let bottom = WideInteger.powerOfTen(value.scale)
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
    let z = (difference << bits).divided(by: a + b).quotient
    let series = FixedPoint(
      magnitude: artanh(z, bits: bits) << 1,
      isNegative: isBelow,
      bits: bits
    )
    let whole = FixedPoint(
      magnitude: logarithmOfTwo(bits: bits) * WideInteger(UInt128(exponent.magnitude)),
      isNegative: exponent < 0,
      bits: bits
    )
    return series.adding(whole)
  }

  func adding(_ other: FixedPoint) -> FixedPoint {
    if isNegative == other.isNegative {
      return FixedPoint(magnitude: magnitude + other.magnitude, isNegative: isNegative, bits: bits)
    }
    return magnitude >= other.magnitude
      ? FixedPoint(magnitude: magnitude - other.magnitude, isNegative: isNegative, bits: bits)
      : FixedPoint(magnitude: other.magnitude - magnitude, isNegative: other.isNegative, bits: bits)
  }

  func multiplied(by value: WideDecimal) -> FixedPoint {
    let product = magnitude * value.magnitude
    return FixedPoint(
      magnitude: product.divided(by: .powerOfTen(value.scale)).quotient,
      isNegative: isNegative != value.isNegative,
      bits: bits
    )
  }

  func divided(by other: FixedPoint) -> FixedPoint {
    FixedPoint(
      magnitude: (magnitude << bits).divided(by: other.magnitude).quotient,
      isNegative: isNegative != other.isNegative,
      bits: bits
    )
  }

  /// e to this power; the caller has bounded it to ±6,100.
  func exponential() -> FixedPoint {
    // Sixteen bits more, because the squarings below double the error eight times.
    let work = bits + 16
    let one = WideInteger.one << work
    let (count, rest) = (magnitude << 16).divided(by: Self.logarithmOfTwo(bits: work))
    let shift = Int(count.narrow ?? 0)
    // e^rest = (e^(rest / 256))^256.
    let small = rest >> 8
    var term = one
    var sum = one
    var divisor: UInt32 = 1
    while !term.isZero {
      term = ((term * small) >> work).dividedBySmall(divisor).quotient
      sum = sum + term
      divisor += 1
    }
    for _ in 0..<8 { sum = (sum * sum) >> work }
    let result = sum << shift
    guard isNegative else {
      return FixedPoint(magnitude: result >> 16, isNegative: false, bits: bits)
    }
    let inverse = (one << work).divided(by: result).quotient >> 16
    return FixedPoint(magnitude: inverse, isNegative: false, bits: bits)
  }

  /// The value rounded to `scale` digits behind the point.
  func decimal(scale: Int) -> WideDecimal {
    let scaled = magnitude * .powerOfTen(scale)
    let half = WideInteger.one << (bits - 1)
    return WideDecimal(isNegative: isNegative, scale: scale, magnitude: (scaled + half) >> bits)
  }

  /// As ``decimal(scale:)``, in a numeric; boxed when it is wide.
  func rounded(scale: Int) throws(ValueError) -> Decimal { try Decimal(decimal(scale: scale)) }

  /// About the value.
  var double: Double {
    let keep = max(0, magnitude.bitWidth - 64)
    let top = (magnitude >> keep).narrow ?? 0
    let value = Double(
      sign: .plus,
      exponent: keep - bits,
      significand: Double(UInt64(top))
    )
    return isNegative ? -value : value
  }
}
