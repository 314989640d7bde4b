// Numbers from text: the digits of integers, numerics and doubles, with PostgreSQL's white space and errors.

/// What surrounds a value in text.
@inline(__always)
func isSpace(_ byte: UInt8) -> Bool {
  byte == 0x20 || byte &- 9 < 5
}

@inline(__always)
func isDigit(_ byte: UInt8) -> Bool { byte &- 48 < 10 }

/// Without the white space at both ends.
@_lifetime(copy text)
func trimmed(_ text: Span<UInt8>) -> Span<UInt8> {
  var start = 0
  var end = text.count
  while start < end, isSpace(text[start]) { start &+= 1 }
  while end > start, isSpace(text[end &- 1]) { end &-= 1 }
  return text.extracting(start..<end)
}

/// Whether the bytes are `word` in any case; `word` is in lower case.
func matches(_ text: Span<UInt8>, _ word: StaticString) -> Bool {
  guard text.count == word.utf8CodeUnitCount else { return false }
  for index in text.indices {
    // SAFETY: index < utf8CodeUnitCount.
    let letter = unsafe word.utf8Start[index]
    if lowercased(text[index]) != letter { return false }
  }
  return true
}

/// The three integer types.
package enum IntegerType: Sendable {
  case smallint, integer, bigint

  package var name: String {
    switch self {
    case .smallint: "smallint"
    case .integer: "integer"
    case .bigint: "bigint"
    }
  }

  package var range: ClosedRange<Int64> {
    switch self {
    case .smallint: Int64(Int16.min)...Int64(Int16.max)
    case .integer: Int64(Int32.min)...Int64(Int32.max)
    case .bigint: Int64.min...Int64.max
    }
  }

  /// `smallint out of range`.
  package var outOfRange: ValueError {
    switch self {
    case .smallint: .smallintOutOfRange
    case .integer: .integerOutOfRange
    case .bigint: .bigintOutOfRange
    }
  }
}

/// Reads an integer.
///
/// - Throws: 22P02 for anything but an optional sign and digits, 22003 outside of the type's range.
package func parseInteger(
  _ text: Span<UInt8>,
  _ type: IntegerType = .bigint
) throws(ValueError) -> Int64 {
  var place = 0
  var end = text.count
  while place < end, isSpace(text[place]) { place &+= 1 }
  while end > place, isSpace(text[end &- 1]) { end &-= 1 }
  var isNegative = false
  if place < end, text[place] == 0x2d || text[place] == 0x2b {
    isNegative = text[place] == 0x2d
    place &+= 1
  }
  guard place < end else { throw .invalidSyntax(type.name, text) }
  var value: Int64 = 0
  var isTooLarge = false
  while place < end {
    let digit = text[place] &- 48
    guard digit < 10 else { throw .invalidSyntax(type.name, text) }
    // Negative, because the least value has no positive twin.
    let (product, a) = value.multipliedReportingOverflow(by: 10)
    let (sum, b) = product.subtractingReportingOverflow(Int64(digit))
    isTooLarge = isTooLarge || a || b
    value = sum
    place &+= 1
  }
  if !isNegative {
    isTooLarge = isTooLarge || value == .min
    value = 0 &- value
  }
  guard !isTooLarge, type.range.contains(value) else { throw .outOfRange(type.name, text) }
  return value
}

/// A decimal number taken apart: ± `coefficient` × 10^`exponent`.
struct DecimalParts {
  var isNegative = false
  /// The first digits, at most 38, zeroes in front not counted.
  var coefficient: UInt128 = 0
  /// Digits in `coefficient`.
  var digits = 0
  /// Digits that did not fit; whether one of them was not 0.
  var dropped = 0
  var droppedNonZero = false
  /// Digits behind the point, as written.
  var fraction = 0
  var exponent = 0

  /// Reads sign, digits, point and exponent, all of `text`; nil when it is not a number.
  init?(_ text: Span<UInt8>) {
    var place = 0
    let end = text.count
    if place < end, text[place] == 0x2d || text[place] == 0x2b {
      isNegative = text[place] == 0x2d
      place &+= 1
    }
    var hasDigits = false
    var hasPoint = false
    // Nineteen digits fit 64 bits, where steps are cheap.
    var narrow: UInt64 = 0
    var narrowDigits = 0
    while place < end {
      let byte = text[place]
      let digit = byte &- 48
      if digit < 10 {
        hasDigits = true
        if hasPoint { fraction &+= 1 }
        if narrowDigits < 19 {
          narrow = narrow &* 10 &+ UInt64(digit)
          if narrow != 0 { narrowDigits &+= 1 }
        } else {
          appendWide(digit, &narrow, narrowDigits)
        }
      } else if byte == 0x2e, !hasPoint {
        hasPoint = true
      } else {
        break
      }
      place &+= 1
    }
    guard hasDigits else { return nil }
    if digits == 0 {
      coefficient = UInt128(narrow)
      digits = narrowDigits
    }
    guard place < end else { return }
    guard lowercased(text[place]) == 0x65 else { return nil }
    place &+= 1
    var isNegativeExponent = false
    if place < end, text[place] == 0x2d || text[place] == 0x2b {
      isNegativeExponent = text[place] == 0x2d
      place &+= 1
    }
    guard place < end else { return nil }
    while place < end {
      guard isDigit(text[place]) else { return nil }
      if exponent < 1_000_000_000 { exponent = exponent &* 10 &+ Int(text[place] &- 48) }
      place &+= 1
    }
    if isNegativeExponent { exponent = -exponent }
  }

  @inline(never)
  private mutating func appendWide(_ digit: UInt8, _ narrow: inout UInt64, _ narrowDigits: Int) {
    if digits == 0 {
      coefficient = UInt128(narrow)
      digits = narrowDigits
    }
    if digits < 38 {
      coefficient = coefficient &* 10 &+ UInt128(digit)
      digits &+= 1
    } else {
      dropped &+= 1
      droppedNonZero = droppedNonZero || digit != 0
    }
  }
}

extension Decimal {
  /// Reads a numeric: digits with point and exponent, `NaN`, `Infinity`, spaces around.
  ///
  /// - Throws: 22P02 for bad syntax, 22003 beyond PostgreSQL's limits.
  /// - Returns: Boxed when it needs more than 38 digits.
  package init(parsing text: Span<UInt8>) throws(ValueError) {
    let body = trimmed(text)
    guard let parts = DecimalParts(body) else {
      guard let special = Self.special(body) else { throw .invalidSyntax("numeric", text) }
      self = special
      return
    }
    let scale = parts.fraction - parts.exponent
    guard parts.dropped == 0, scale <= Self.digitsMax,
      -scale <= Self.digitsMax - parts.digits || parts.digits == 0
    else {
      try self.init(WideDecimal(digitsOf: body, parts))
      return
    }
    if parts.digits == 0 {
      self.init(coefficient: 0, scale: max(0, scale))
      return
    }
    var coefficient = Int128(parts.coefficient)
    if scale < 0 { coefficient *= Self.powerOfTen(-scale) }
    self.init(coefficient: parts.isNegative ? -coefficient : coefficient, scale: max(0, scale))
  }

  /// Reads a numeric(p, s) that is no scaled integer.
  package init(parsing text: Span<UInt8>, _ shape: NumericShape) throws(ValueError) {
    self = try Decimal(parsing: text).fitted(to: shape)
  }

  private static func special(_ text: Span<UInt8>) -> Decimal? {
    if matches(text, "nan") { return .notANumber }
    guard let isNegative = infinitySign(text) else { return nil }
    return isNegative ? .negativeInfinity : .positiveInfinity
  }

  /// Whether text names an infinity, and which: true for the negative one.
  static func infinitySign(_ text: Span<UInt8>) -> Bool? {
    guard text.count > 0 else { return nil }
    let hasSign = text[0] == 0x2d || text[0] == 0x2b
    let word = text.extracting((hasSign ? 1 : 0)..<text.count)
    guard matches(word, "infinity") || matches(word, "inf") else { return nil }
    return text[0] == 0x2d
  }
}

/// Reads a numeric(p, s) as a scaled integer, rounding half away from zero.
///
/// - Throws: 22P02 for bad syntax, 22003 when more than p - s digits stand before the point.
package func parseScaled(
  _ text: Span<UInt8>,
  _ shape: NumericShape
) throws(ValueError) -> Int128 {
  let body = trimmed(text)
  guard let parts = DecimalParts(body) else {
    let value = try Decimal(parsing: text)
    return try value.scaled(to: shape)
  }
  guard parts.digits > 0 else { return 0 }
  // What lies beyond 38 digits never decides the rounding, unless the 38 digits end exactly in a half;
  // half already rounds away from zero, so the dropped digits never matter.
  let shift = shape.scale - parts.fraction + parts.dropped + parts.exponent
  guard parts.exponent.magnitude < 100_000, shift + parts.digits <= shape.precision + 1 else {
    throw shape.overflow
  }
  var value: UInt128
  if shift >= 0 {
    value = parts.coefficient &* Decimal.powerOfTen(min(shift, 38)).magnitude
  } else if -shift > 38 {
    value = 0
  } else {
    let unit = Decimal.powerOfTen(-shift).magnitude
    let (quotient, rest) = parts.coefficient.quotientAndRemainder(dividingBy: unit)
    value = rest >= unit - rest ? quotient + 1 : quotient
  }
  guard shift + parts.digits <= 38 || shift < 0,
    value < Decimal.powerOfTen(shape.precision).magnitude
  else { throw shape.overflow }
  return parts.isNegative ? -Int128(value) : Int128(value)
}

/// Reads a numeric(p ≤ 18, s) as a scaled integer: the form for loading rows.
///
/// - Complexity: A few nanoseconds for plain digits of at most the shape's scale.
package func parseScaled64(
  _ text: Span<UInt8>,
  _ shape: NumericShape
) throws(ValueError) -> Int64 {
  var place = 0
  let end = text.count
  let isNegative = end > 0 && text[0] == 0x2d
  if isNegative { place = 1 }
  var value: Int64 = 0
  var fraction = -1
  let first = place
  // At most 18 digits and a point: no overflow, nothing to round.
  if end &- place <= 18, end > place {
    while place < end {
      let digit = text[place] &- 48
      if digit < 10 {
        value = value &* 10 &+ Int64(digit)
        if fraction >= 0 { fraction &+= 1 }
      } else if text[place] == 0x2e, fraction < 0, end &- first > 1 {
        fraction = 0
      } else {
        break
      }
      place &+= 1
    }
    let shift = shape.scale &- max(fraction, 0)
    if place == end, shift >= 0 {
      let (product, overflow) = value.multipliedReportingOverflow(by: powerOfTen64(shift))
      guard !overflow, product < powerOfTen64(shape.precision) else { throw shape.overflow }
      return isNegative ? 0 &- product : product
    }
  }
  return Int64(truncatingIfNeeded: try parseScaled(text, shape))
}

/// 10^`exponent`, 0...18.
@inline(__always)
package func powerOfTen64(_ exponent: Int) -> Int64 { narrowPowersOfTen[exponent] }

private let narrowPowersOfTen: InlineArray<19, Int64> = [
  1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000,
  10_000_000_000, 100_000_000_000, 1_000_000_000_000, 10_000_000_000_000, 100_000_000_000_000,
  1_000_000_000_000_000, 10_000_000_000_000_000, 100_000_000_000_000_000,
  1_000_000_000_000_000_000,
]

extension NumericShape {
  /// `numeric field overflow` with what would fit.
  package var overflow: ValueError {
    ValueError(
      "22003",
      "numeric field overflow",
      detail: "A field with precision \(precision), scale \(scale) must round to an absolute value "
        + "less than \(precision == scale ? "1" : "10^\(precision - scale)")."
    )
  }
}
