// Numbers and moments from their usual text, eight bytes a step. What does not look usual is refused
// here and read by the complete parsers.
//
// Loads end at the last byte of a field, so up to 7 bytes in front of a field are read: whoever calls has
// at least 8 readable bytes in front of the first field, such as `TextChunk`'s 64 or the head of a message.

/// The value of 1...8 ASCII digits; nil for anything else.
@inlinable
@inline(__always)
package func eightDigits(_ end: UnsafePointer<UInt8>, _ count: Int) -> UInt64? {
  // SAFETY: 1 <= count <= 8, and 8 bytes in front of `end` are readable, see above.
  let word = unsafe UnsafeRawPointer(end - 8).loadUnaligned(as: UInt64.self)
  let junkBits = UInt64(truncatingIfNeeded: 64 &- count &* 8)
  let junk: UInt64 = ((1 &<< junkBits) &- 1) | (junkBits == 64 ? ~0 : 0)
  let digits = (word & ~junk) | (0x3030_3030_3030_3030 & junk)
  let high = digits & 0xf0f0_f0f0_f0f0_f0f0
  let carried = (digits &+ 0x0606_0606_0606_0606) & 0xf0f0_f0f0_f0f0_f0f0
  guard high | (carried &>> 4) == 0x3333_3333_3333_3333 else { return nil }
  let pairs = ((digits & 0x0f0f_0f0f_0f0f_0f0f) &* 2561) &>> 8
  let fours = ((pairs & 0x00ff_00ff_00ff_00ff) &* 6_553_601) &>> 16
  return ((fours & 0x0000_ffff_0000_ffff) &* 42_949_672_960_001) &>> 32
}

/// The value of 1...19 ASCII digits; nil for anything else, and above that of an Int64.
@inlinable
@inline(__always)
package func digits(_ start: UnsafePointer<UInt8>, _ count: Int) -> UInt64? {
  if count <= 8 {
    guard count > 0 else { return nil }
    return unsafe eightDigits(start + count, count)
  }
  guard count <= 19, let low = unsafe eightDigits(start + count, 8),
    let middle = unsafe eightDigits(start + (count &- 8), min(8, count &- 8))
  else { return nil }
  let value = middle &* 100_000_000 &+ low
  if count <= 16 { return value }
  guard let high = unsafe eightDigits(start + (count &- 16), count &- 16) else { return nil }
  // At most 999 × 10^16 + 10^16 - 1, which is less than 2^64.
  let all = high &* 10_000_000_000_000_000 &+ value
  return all <= UInt64(Int64.max) ? all : nil
}

/// An integer of at most 19 digits with an optional minus.
@inlinable
@inline(__always)
package func fastInteger(_ start: UnsafePointer<UInt8>, _ count: Int) -> Int64? {
  if unsafe count > 0 && start[0] == 0x2d {
    guard let value = unsafe digits(start + 1, count &- 1) else { return nil }
    return 0 &- Int64(truncatingIfNeeded: value)
  }
  guard let value = unsafe digits(start, count) else { return nil }
  return Int64(truncatingIfNeeded: value)
}

/// A number with exactly `scale` digits behind the point, or with no point, scaled.
///
/// - Parameters:
///   - start: The first byte.
///   - count: Bytes.
///   - scale: 0...18.
///   - unit: 10^scale.
///   - limit: 10^precision; a larger value is left to the complete parser.
/// - Returns: The scaled value; nil when the complete parser must look.
@inlinable
@inline(__always)
package func fastScaled(
  _ start: UnsafePointer<UInt8>,
  _ count: Int,
  scale: Int,
  unit: UInt64,
  limit: UInt64
) -> Int64? {
  let isNegative = unsafe count > 0 && start[0] == 0x2d
  let first = unsafe isNegative ? start + 1 : start
  let length = isNegative ? count &- 1 : count
  var value: UInt64
  if scale > 0, scale <= 8, length > scale &+ 1, unsafe first[length &- scale &- 1] == 0x2e {
    guard let whole = unsafe digits(first, length &- scale &- 1),
      let part = unsafe eightDigits(first + length, scale), whole < limit
    else { return nil }
    let (product, overflow) = whole.multipliedReportingOverflow(by: unit)
    let (sum, carry) = product.addingReportingOverflow(part)
    if overflow || carry { return nil }
    value = sum
  } else {
    guard let whole = unsafe digits(first, length), whole < limit else { return nil }
    let (product, overflow) = whole.multipliedReportingOverflow(by: unit)
    if overflow { return nil }
    value = product
  }
  guard value < limit else { return nil }
  return isNegative ? 0 &- Int64(value) : Int64(value)
}

/// Reads ISO dates, remembering the last month: neighbours in a file mostly share theirs.
package struct DateMemory {
  /// `YYYY-MM-`, eight bytes; 0: no month yet.
  @usableFromInline var key: UInt64 = 0
  /// Days since 2000-01-01 of the day before the month's first.
  @usableFromInline var eve: Int64 = 0
  @usableFromInline var dayCount: UInt64 = 0

  @inlinable
  package init() {}

  /// Days since 2000-01-01 of `YYYY-MM-DD`, ten bytes; nil for anything else.
  @inlinable
  @inline(__always)
  package mutating func days(_ start: UnsafePointer<UInt8>) -> Int64? {
    let raw = unsafe UnsafeRawPointer(start)
    let month = unsafe raw.loadUnaligned(as: UInt64.self)
    if month != key, unsafe !learn(start, month) { return nil }
    let digits = unsafe UInt64(raw.loadUnaligned(fromByteOffset: 8, as: UInt16.self)) ^ 0x3030
    guard (digits | (digits &+ 0x7676)) & 0x8080 == 0 else { return nil }
    let day = (digits & 0xff) &* 10 &+ digits &>> 8
    guard day &- 1 < dayCount else { return nil }
    return eve &+ Int64(truncatingIfNeeded: day)
  }

  /// Remembers the month of a date; false when it is none.
  @usableFromInline
  mutating func learn(_ start: UnsafePointer<UInt8>, _ month: UInt64) -> Bool {
    guard unsafe start[4] == 0x2d && start[7] == 0x2d, let year = unsafe digits(start, 4),
      let number = unsafe digits(start + 5, 2), year >= 1, (1...12).contains(number)
    else { return false }
    key = month
    eve = Civil.days(year: Int(year), month: Int(number), day: 1) - 1
    dayCount = UInt64(Civil.daysInMonth(year: Int(year), month: Int(number)))
    return true
  }

  /// Microseconds of `YYYY-MM-DD HH:MM:SS[.ffffff]` and a zone (`Z`, `+hh`, `+hh:mm`), if any.
  ///
  /// - Parameters:
  ///   - start: The first byte.
  ///   - count: Bytes.
  ///   - needsZone: Refuse text without a zone; else refuse text with one.
  /// - Returns: The moment, moved to UTC by the zone; nil when the complete parser must look.
  @inlinable
  @inline(__always)
  package mutating func moment(
    _ start: UnsafePointer<UInt8>,
    _ count: Int,
    needsZone: Bool
  ) -> Int64? {
    guard count >= 19, let day = unsafe days(start),
      unsafe start[10] == 0x20 || start[10] == 0x54, let clock = unsafe Self.clock(start + 11)
    else { return nil }
    let whole = day &* 86_400_000_000 &+ clock
    if needsZone && count == 26, let part = unsafe Self.utcMilliseconds(start + 18) {
      return whole &+ part
    }
    return unsafe fraction(start, count, needsZone).map { whole &+ $0 }
  }

  /// Microseconds of `HH:MM:SS`, all bytes at once.
  @inlinable
  @inline(__always)
  static func clock(_ start: UnsafePointer<UInt8>) -> Int64? {
    let word = unsafe UnsafeRawPointer(start).loadUnaligned(as: UInt64.self)
    // Digits become 0...9 and colons 0; whatever is larger reaches its byte's highest bit.
    let digits = word ^ 0x3030_3A30_303A_3030
    guard (digits | (digits &+ 0x7676_7F76_767F_7676)) & 0x8080_8080_8080_8080 == 0 else {
      return nil
    }
    let pairs = digits &* 10 &+ digits &>> 8
    let (hour, minute) = (pairs & 0xff, pairs &>> 24 & 0xff)
    let second = pairs &>> 48 & 0xff
    guard hour < 24, minute < 60, second < 60 else { return nil }
    let seconds = hour &* 3600 &+ minute &* 60 &+ second
    return Int64(truncatingIfNeeded: seconds &* 1_000_000)
  }

  /// Microseconds of `.mmm+00`, which stands behind the first of eight bytes; the most usual end.
  @inlinable
  @inline(__always)
  static func utcMilliseconds(_ start: UnsafePointer<UInt8>) -> Int64? {
    let word = unsafe UnsafeRawPointer(start).loadUnaligned(as: UInt64.self) &>> 8
    let digits = word ^ 0x0030_302B_3030_302E
    guard (digits | (digits &+ 0x007F_7F7F_7676_767F)) & 0x0080_8080_8080_8080 == 0 else {
      return nil
    }
    let tens = (digits &>> 8 & 0xff) &* 10 &+ (digits &>> 16 & 0xff)
    return Int64(truncatingIfNeeded: (tens &* 10 &+ (digits &>> 24 & 0xff)) &* 1000)
  }

  /// Microseconds of what stands behind the seconds: a fraction, if any, less the zone's offset.
  @inlinable
  func fraction(_ start: UnsafePointer<UInt8>, _ count: Int, _ needsZone: Bool) -> Int64? {
    var time: Int64 = 0
    var place = 19
    if place < count, unsafe start[place] == 0x2e {
      var end = place &+ 1
      while end < count, unsafe start[end] &- 48 < 10 { end &+= 1 }
      let length = end &- place &- 1
      guard length >= 1, length <= 6, let part = unsafe eightDigits(start + end, length) else {
        return nil
      }
      time = Int64(part) &* Self.fractionUnits[length]
      place = end
    }
    if place == count { return needsZone ? nil : time }
    guard needsZone else { return nil }
    return unsafe offset(start + place, count &- place).map { time &- $0 }
  }

  @usableFromInline static let fractionUnits: [7 of Int64] = [
    1_000_000, 100_000, 10_000, 1000, 100, 10, 1,
  ]

  /// Microseconds east of UTC.
  @inlinable
  @inline(__always)
  func offset(_ start: UnsafePointer<UInt8>, _ count: Int) -> Int64? {
    let sign = unsafe start[0]
    if count == 1 && sign == 0x5a { return 0 }
    guard sign == 0x2b || sign == 0x2d, count == 3 || count == 6,
      let hours = unsafe eightDigits(start + 3, 2), hours <= 14
    else { return nil }
    var minutes: UInt64 = 0
    if count == 6 {
      guard unsafe start[3] == 0x3a, let value = unsafe eightDigits(start + 6, 2), value < 60 else {
        return nil
      }
      minutes = value
    }
    let offset = Int64(hours &* 60 &+ minutes) &* 60_000_000
    return sign == 0x2d ? 0 &- offset : offset
  }
}
