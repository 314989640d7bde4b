// Interval input in PostgreSQL's forms: `1 year 2 days 03:04:05`, `@ 1 hour ago`, `1-2`, ISO 8601 `P1Y2DT3H`.

/// Reads an interval.
///
/// - Throws: 22007 for bad syntax, 22015 when a part overflows.
package func parseInterval(_ text: Span<UInt8>) throws(ValueError) -> Interval {
  var decoder = IntervalDecoder()
  do {
    try decoder.decode(dateTimeTokens(text))
  } catch {
    guard case .badFormat = error, text.count > 0, text[0] == 0x50 else {
      throw intervalError(error, text)
    }
    decoder = IntervalDecoder()
    do {
      try decoder.decodeISO(text)
    } catch {
      throw intervalError(error, text)
    }
  }
  guard let months = Int32(exactly: decoder.months) else {
    throw ValueError("22008", "interval out of range")
  }
  return Interval(months: months, days: decoder.days, microseconds: decoder.microseconds)
}

private func intervalError(_ problem: DateTimeProblem, _ text: Span<UInt8>) -> ValueError {
  if case .fieldOverflow = problem {
    return ValueError("22015", "interval field value out of range: \"\(string(text))\"")
  }
  return problem.valueError("interval", text)
}

private struct IntervalDecoder {
  var months: Int64 = 0
  var days: Int32 = 0
  var microseconds: Int64 = 0
  private var seen: Set<Character> = []

  private enum Unit {
    case microsecond, millisecond, second, minute, hour, day, week, month, year, decade, century,
      millennium
    case ago

    /// What is marked as given; a unit may not be given twice.
    var marks: String {
      switch self {
      case .microsecond: "u"
      case .millisecond: "l"
      case .second: "s"
      case .minute: "m"
      case .hour: "h"
      case .day: "d"
      case .week: "w"
      case .month: "M"
      case .year: "y"
      case .decade: "D"
      case .century: "c"
      case .millennium: "I"
      case .ago: ""
      }
    }
  }

  private static func unit(_ bytes: [UInt8]) -> Unit?? {
    let word = String(decoding: bytes.prefix(10), as: UTF8.self)
    if word == "ago" { return .some(.ago) }
    guard let field = TimeField(named: word) else { return nil }
    switch field {
    case .microseconds: return .some(.microsecond)
    case .milliseconds: return .some(.millisecond)
    case .second: return .some(.second)
    case .minute: return .some(.minute)
    case .hour: return .some(.hour)
    case .day: return .some(.day)
    case .week: return .some(.week)
    case .month: return .some(.month)
    case .year: return .some(.year)
    case .decade: return .some(.decade)
    case .century: return .some(.century)
    case .millennium: return .some(.millennium)
    default: return nil
    }
  }

  /// Reads the fields from the last to the first, so that a unit is known before its number.
  mutating func decode(_ tokens: [DateTimeToken]) throws(DateTimeProblem) {
    var unit: Unit?
    var isBefore = false
    var expectsValue = false
    for token in tokens.reversed() {
      switch token.kind {
      case .time:
        try addTime(token.bytes, isNegative: false)
        unit = .day
        expectsValue = false
      case .zone where token.bytes.dropFirst().contains(0x3a):
        try addTime(Array(token.bytes.dropFirst()), isNegative: token.bytes[0] == 0x2d)
        unit = .day
        expectsValue = false
      case .zone, .date, .number:
        try addNumber(token.bytes, &unit)
        expectsValue = false
      case .text, .special:
        guard !expectsValue else { throw .badFormat }
        guard let found = Self.unit(token.bytes), let next = found else { throw .badFormat }
        if case .ago = next {
          isBefore = true
          unit = nil
        } else {
          unit = next
          expectsValue = true
        }
      }
    }
    guard !seen.isEmpty, !expectsValue else { throw .badFormat }
    if isBefore {
      guard microseconds != .min, days != .min, months != .min else { throw .fieldOverflow }
      (months, days, microseconds) = (-months, -days, -microseconds)
    }
  }

  private mutating func mark(_ marks: String) throws(DateTimeProblem) {
    for character in marks {
      guard seen.insert(character).inserted else { throw .badFormat }
    }
  }

  private mutating func addTime(_ bytes: [UInt8], isNegative: Bool) throws(DateTimeProblem) {
    try mark("hmsul")
    var fields = bytes.split(separator: 0x3a, omittingEmptySubsequences: false)
    guard fields.count == 2 || fields.count == 3 else { throw .badFormat }
    var fraction = 0
    let last = fields.count - 1
    if let point = fields[last].firstIndex(of: 0x2e) {
      fraction = try DateTimeDecoder.microseconds(fields[last][point...])
      fields[last] = fields[last][..<point]
      // mm:ss.f.
      if fields.count == 2 { fields.insert([0x30], at: 0) }
    }
    let hours = try Self.wide(fields[0])
    let minutes = try DateTimeDecoder.number(fields[1])
    let seconds = fields.count == 3 ? try DateTimeDecoder.number(fields[2]) : 0
    guard minutes <= 59, seconds <= 60 else { throw .fieldOverflow }
    let sign: Int64 = isNegative ? -1 : 1
    try addMicroseconds(hours, sign * Civil.microsecondsPerHour)
    try addMicroseconds(Int64(minutes), sign * Civil.microsecondsPerMinute)
    try addMicroseconds(Int64(seconds), sign * Civil.microsecondsPerSecond)
    try addMicroseconds(Int64(fraction), sign)
  }

  private static func wide(_ bytes: some Collection<UInt8>) throws(DateTimeProblem) -> Int64 {
    var value: Int64 = 0
    for byte in bytes {
      guard isDigit(byte) else { throw .badFormat }
      let (product, a) = value.multipliedReportingOverflow(by: 10)
      let (sum, b) = product.addingReportingOverflow(Int64(byte - 48))
      guard !a, !b else { throw .fieldOverflow }
      value = sum
    }
    return value
  }

  private mutating func addNumber(_ bytes: [UInt8], _ unit: inout Unit?) throws(DateTimeProblem) {
    let isNegative = bytes[0] == 0x2d
    guard isDigit(bytes[0]) || "+-.".utf8.contains(bytes[0]) else { throw .badFormat }
    let body = isDigit(bytes[0]) || bytes[0] == 0x2e ? bytes[...] : bytes[1...]
    let end = body.firstIndex { !isDigit($0) } ?? body.endIndex
    var value = try Self.wide(body[..<end])
    var fraction = 0.0
    var given = unit ?? .second
    if end < body.endIndex {
      if body[end] == 0x2d {
        // years-months.
        let second = try DateTimeDecoder.number(body[(end + 1)...])
        guard second < 12 else { throw .fieldOverflow }
        given = .month
        let (product, overflow) = value.multipliedReportingOverflow(by: 12)
        guard !overflow else { throw .fieldOverflow }
        value = product + Int64(second)
      } else if body[end] == 0x2e {
        fraction = try DateTimeDecoder.fraction(body[end...])
      } else {
        throw .badFormat
      }
    }
    if isNegative { (value, fraction) = (-value, -fraction) }
    try add(value, fraction, given)
    let isFractionOfSecond = fraction != 0 && given == .second
    try mark(isFractionOfSecond ? "sul" : given.marks)
    unit = given == .hour ? .day : given
  }

  /// Adds `value` + `fraction` units.
  private mutating func add(
    _ value: Int64,
    _ fraction: Double,
    _ unit: Unit
  ) throws(DateTimeProblem) {
    switch unit {
    case .microsecond: try addClock(value, fraction, 1)
    case .millisecond: try addClock(value, fraction, 1_000)
    case .second: try addClock(value, fraction, 1_000_000)
    case .minute: try addClock(value, fraction, Civil.microsecondsPerMinute)
    case .hour: try addClock(value, fraction, Civil.microsecondsPerHour)
    case .day:
      try addDays(value, 1)
      try addFraction(fraction, Civil.microsecondsPerDay)
    case .week:
      try addDays(value, 7)
      try addFractionDays(fraction, 7)
    case .month:
      try addMonths(value, 1)
      try addFractionDays(fraction, 30)
    case .year: try addYears(value, fraction, 1)
    case .decade: try addYears(value, fraction, 10)
    case .century: try addYears(value, fraction, 100)
    case .millennium: try addYears(value, fraction, 1_000)
    case .ago: throw .badFormat
    }
  }

  private mutating func addClock(
    _ value: Int64,
    _ fraction: Double,
    _ scale: Int64
  ) throws(DateTimeProblem) {
    try addMicroseconds(value, scale)
    try addFraction(fraction, scale)
  }

  private mutating func addMicroseconds(_ value: Int64, _ scale: Int64) throws(DateTimeProblem) {
    let (product, a) = value.multipliedReportingOverflow(by: scale)
    let (sum, b) = microseconds.addingReportingOverflow(product)
    guard !a, !b else { throw .fieldOverflow }
    microseconds = sum
  }

  private mutating func addFraction(_ fraction: Double, _ scale: Int64) throws(DateTimeProblem) {
    guard fraction != 0 else { return }
    let exact = fraction * Double(scale)
    var whole = Int64(exact)
    let rest = exact - Double(whole)
    if rest > 0.5 { whole += 1 } else if rest < -0.5 { whole -= 1 }
    try addMicroseconds(whole, 1)
  }

  private mutating func addDays(_ value: Int64, _ scale: Int64) throws(DateTimeProblem) {
    guard let narrow = Int32(exactly: value) else { throw .fieldOverflow }
    guard let sum = Int32(exactly: Int64(days) + Int64(narrow) * scale) else {
      throw .fieldOverflow
    }
    days = sum
  }

  private mutating func addFractionDays(
    _ fraction: Double,
    _ scale: Int64
  ) throws(DateTimeProblem) {
    guard fraction != 0 else { return }
    let exact = fraction * Double(scale)
    let whole = exact.rounded(.towardZero)
    try addDays(Int64(whole), 1)
    try addFraction(exact - whole, Civil.microsecondsPerDay)
  }

  private mutating func addMonths(_ value: Int64, _ scale: Int64) throws(DateTimeProblem) {
    guard let narrow = Int32(exactly: value) else { throw .fieldOverflow }
    let sum = months + Int64(narrow) * scale
    guard Int32(exactly: sum) != nil || scale > 1 else { throw .fieldOverflow }
    months = sum
  }

  private mutating func addYears(
    _ value: Int64,
    _ fraction: Double,
    _ scale: Int64
  ) throws(DateTimeProblem) {
    let (years, overflow) = value.multipliedReportingOverflow(by: scale)
    guard !overflow, Int32(exactly: years) != nil else { throw .fieldOverflow }
    months += years * 12
    months += Int64((fraction * Double(scale) * 12).rounded(.toNearestOrEven))
  }

  // MARK: ISO 8601

  /// `P1Y2M3W4DT5H6M7.8S`, and the alternative form `P0001-02-03T04:05:06`.
  mutating func decodeISO(_ text: Span<UInt8>) throws(DateTimeProblem) {
    var place = 1
    var isTime = false
    var hasField = false
    guard text.count >= 2 else { throw .badFormat }
    while place < text.count {
      if text[place] == 0x54 {
        isTime = true
        hasField = false
        place += 1
        continue
      }
      let start = place
      let (value, fraction) = try Self.isoNumber(text, &place)
      let unit = place < text.count ? text[place] : 0
      place += 1
      if isTime {
        switch unit {
        case 0x48: try add(value, fraction, .hour)
        case 0x4d: try add(value, fraction, .minute)
        case 0x53: try add(value, fraction, .second)
        case 0, 0x3a:
          guard !hasField else { throw .badFormat }
          place -= 1
          return try isoClock(text, &place, value, fraction, digits: place - start)
        default: throw .badFormat
        }
      } else {
        switch unit {
        case 0x59: try add(value, fraction, .year)
        case 0x4d: try add(value, fraction, .month)
        case 0x57: try add(value, fraction, .week)
        case 0x44: try add(value, fraction, .day)
        case 0, 0x2d, 0x54:
          guard !hasField else { throw .badFormat }
          place -= 1
          try isoCalendar(text, &place, value, fraction)
          continue
        default: throw .badFormat
        }
      }
      hasField = true
    }
  }

  private mutating func isoCalendar(
    _ text: Span<UInt8>,
    _ place: inout Int,
    _ first: Int64,
    _ fraction: Double
  ) throws(DateTimeProblem) {
    guard place < text.count, text[place] == 0x2d else {
      // yyyymmdd or years alone.
      let digits = place - 1
      if digits == 8, fraction == 0 {
        try add(first / 10_000, 0, .year)
        try add(first / 100 % 100, 0, .month)
        try add(first % 100, 0, .day)
      } else {
        try add(first, fraction, .year)
      }
      return
    }
    try add(first, fraction, .year)
    place += 1
    let (second, a) = try Self.isoNumber(text, &place)
    try add(second, a, .month)
    guard place < text.count, text[place] == 0x2d else {
      guard place == text.count || text[place] == 0x54 else { throw .badFormat }
      return
    }
    place += 1
    let (third, b) = try Self.isoNumber(text, &place)
    try add(third, b, .day)
    guard place == text.count || text[place] == 0x54 else { throw .badFormat }
  }

  private mutating func isoClock(
    _ text: Span<UInt8>,
    _ place: inout Int,
    _ first: Int64,
    _ fraction: Double,
    digits: Int
  ) throws(DateTimeProblem) {
    guard place < text.count else {
      // hhmmss or hours alone.
      guard digits == 6 else { return try add(first, fraction, .hour) }
      try add(first / 10_000, 0, .hour)
      try add(first / 100 % 100, 0, .minute)
      try add(first % 100, 0, .second)
      try add(0, fraction, .second)
      return
    }
    try add(first, fraction, .hour)
    for unit in [Unit.minute, .second] {
      guard place < text.count else { return }
      guard text[place] == 0x3a else { throw .badFormat }
      place += 1
      let (value, part) = try Self.isoNumber(text, &place)
      try add(value, part, unit)
    }
    guard place == text.count else { throw .badFormat }
  }

  private static func isoNumber(
    _ text: Span<UInt8>,
    _ place: inout Int
  ) throws(DateTimeProblem) -> (Int64, Double) {
    var isNegative = false
    if place < text.count, text[place] == 0x2d || text[place] == 0x2b {
      isNegative = text[place] == 0x2d
      place += 1
    }
    var whole: [UInt8] = []
    while place < text.count, isDigit(text[place]) {
      whole.append(text[place])
      place += 1
    }
    var part: [UInt8] = []
    if place < text.count, text[place] == 0x2e {
      repeat {
        part.append(text[place])
        place += 1
      } while place < text.count && isDigit(text[place])
    }
    guard !whole.isEmpty || part.count > 1 else { throw .badFormat }
    let value = try wide(whole)
    let fraction = part.isEmpty ? 0 : try DateTimeDecoder.fraction(part)
    return isNegative ? (-value, -fraction) : (value, fraction)
  }
}
