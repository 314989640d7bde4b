// to_date and to_timestamp: text read by a pattern, as forgiving as PostgreSQL is.

/// Reads a date by a pattern.
///
/// - Throws: 22007 for text that does not follow it, 22008 for a day that does not exist.
package func parseDate(
  _ text: Span<UInt8>,
  _ pattern: DateTimePattern
) throws(ValueError) -> Int64 {
  var reader = PatternReader(text)
  try reader.read(pattern)
  let (days, _) = try reader.assemble()
  guard days >= Civil.dateMin, days <= Civil.dateMax else {
    throw ValueError("22008", "date out of range: \"\(string(text))\"")
  }
  return days
}

/// Reads a moment by a pattern; without an offset in the text it is local time of `zone`.
///
/// - Throws: As ``parseDate(_:_:)``.
package func parseTimestamptz(
  _ text: Span<UInt8>,
  _ pattern: DateTimePattern,
  zone: TimeZone
) throws(ValueError) -> Int64 {
  var reader = PatternReader(text)
  try reader.read(pattern)
  let (days, time) = try reader.assemble()
  guard let local = Civil.timestamp(days: days, time: time) else { throw .timestampOutOfRange }
  if let offset = reader.offset {
    let moment = local &- Int64(offset) &* 1_000_000
    guard Civil.isInRange(timestamp: moment) else { throw .timestampOutOfRange }
    return moment
  }
  return try zone.utc(fromLocal: local)
}

private struct PatternReader {
  private let text: [UInt8]
  private var place = 0
  /// Spaces and separators skipped beyond what the pattern asked for.
  private var extraSkip = 0
  private var isFixed = false
  private var isISO: Bool?
  private var values: [String: Int] = [:]
  private var is12Hour = false
  private var yearDigits = 4
  private var zoneSign: Int?

  init(_ text: Span<UInt8>) { self.text = copy(text) }

  private var next: UInt8 { place < text.count ? text[place] : 0 }

  private static func error(
    _ message: String,
    detail: String? = nil,
    hint: String? = nil
  ) -> ValueError {
    ValueError("22007", message, detail: detail, hint: hint)
  }

  // MARK: Reading

  mutating func read(_ pattern: DateTimePattern) throws(ValueError) {
    let nodes = pattern.nodes
    for (index, node) in nodes.enumerated() {
      guard place < text.count else { break }
      if !isFixed, node.field != nil || index == 0 { skipSpaces() }
      guard place < text.count else { break }
      switch node.kind {
      case .separator, .space:
        if isFixed {
          place += utf8Length(next)
        } else {
          extraSkip -= 1
          if isSpace(next) || isSeparator(next) {
            place += 1
            extraSkip += 1
          }
        }
      case .character:
        if !isFixed, extraSkip > 0 {
          extraSkip -= 1
        } else {
          place += utf8Length(next)
        }
      case .field(let field):
        let following = index + 1 < nodes.count ? nodes[index + 1] : nil
        try read(field, node, isDelimited: Self.isDelimited(node, following))
        if !isFixed {
          extraSkip = 0
          skipSpaces()
        }
      }
      place = min(place, text.count)
    }
  }

  private mutating func skipSpaces() {
    while isSpace(next) {
      place += 1
      extraSkip += 1
    }
  }

  private func isSeparator(_ byte: UInt8) -> Bool {
    byte > 0x20 && byte < 0x7f && !isDigit(byte) && lowercased(byte) &- 97 >= 26
  }

  /// Whether digits may run on: what follows in the pattern cannot be a digit.
  private static func isDelimited(
    _ node: DateTimePattern.Node,
    _ following: DateTimePattern.Node?
  ) -> Bool {
    if node.isFilled || node.ordinal != nil { return true }
    guard let following else { return true }
    if let field = following.field { return !field.isNumber }
    let bytes = Array(following.text.utf8)
    return bytes.count != 1 || !isDigit(bytes[0])
  }

  private mutating func read(
    _ field: DateTimePattern.Field,
    _ node: DateTimePattern.Node,
    isDelimited: Bool
  ) throws(ValueError) {
    try setMode(of: field)
    func number(
      _ reader: inout PatternReader,
      _ name: String?,
      _ length: Int
    ) throws(ValueError) -> Int {
      try reader.integer(name, node, length, isDelimited)
    }
    switch field {
    case .fixed: isFixed = true
    case .meridiem(let isDotted):
      let names = isDotted ? ["a.m.", "p.m."] : ["am", "pm"]
      try set("pm", try search(names, node), node)
      is12Hour = true
    case .hour12:
      _ = try number(&self, "hh", 2)
      is12Hour = true
      skipOrdinal(node)
    case .hour24:
      _ = try number(&self, "hh", 2)
      skipOrdinal(node)
    case .minute:
      _ = try number(&self, "mi", 2)
      skipOrdinal(node)
    case .second:
      _ = try number(&self, "ss", 2)
      skipOrdinal(node)
    case .millisecond:
      let length = try number(&self, "ms", 3)
      values["ms", default: 0] *= length == 1 ? 100 : length == 2 ? 10 : 1
      skipOrdinal(node)
    case .fraction, .microsecond:
      var digits = 6
      if case .fraction(let count) = field { digits = count }
      var length = try number(&self, "us", digits)
      while length < 6 {
        values["us", default: 0] *= 10
        length += 1
      }
      skipOrdinal(node)
    case .secondOfDay: _ = try number(&self, "ssss", node.text.utf8.count)
    case .zone, .offset:
      throw ValueError(
        "0A000",
        "formatting field \"\(node.text.uppercased())\" is only supported in to_char"
      )
    case .zoneHour:
      if next == 0x2b || next == 0x2d || next == 0x20 {
        zoneSign = next == 0x2d ? -1 : 1
        place += 1
      } else {
        zoneSign = extraSkip > 0 && place > 0 && text[place - 1] == 0x2d ? -1 : 1
      }
      _ = try number(&self, "tzh", 2)
    case .zoneMinute:
      if zoneSign == nil { zoneSign = 1 }
      _ = try number(&self, "tzm", 2)
    case .era(let isDotted):
      let names = isDotted ? ["a.d.", "b.c."] : ["ad", "bc"]
      try set("bc", try search(names, node), node)
    default: try readCalendar(field, node, isDelimited: isDelimited)
    }
  }

  private mutating func readCalendar(
    _ field: DateTimePattern.Field,
    _ node: DateTimePattern.Node,
    isDelimited: Bool
  ) throws(ValueError) {
    let length = node.text.utf8.count
    switch field {
    case .monthName: try set("mm", try search(DateTimePattern.monthNames, node) + 1, node)
    case .monthAbbreviation:
      try set(
        "mm",
        try search(DateTimePattern.monthNames.map { String($0.prefix(3)) }, node) + 1,
        node
      )
    case .month: _ = try integer("mm", node, length, isDelimited)
    case .dayName: try set("d", try search(DateTimePattern.dayNames, node) + 1, node)
    case .dayAbbreviation:
      try set(
        "d",
        try search(DateTimePattern.dayNames.map { String($0.prefix(3)) }, node) + 1,
        node
      )
    case .dayOfYear: _ = try integer("ddd", node, length, isDelimited)
    case .isoDayOfYear: _ = try integer("ddd", node, 3, isDelimited)
    case .day: _ = try integer("dd", node, length, isDelimited)
    case .dayOfWeek: _ = try integer("d", node, length, isDelimited)
    case .isoDayOfWeek:
      _ = try integer("d", node, 1, isDelimited)
      // From Monday = 1 to Sunday = 1 … Saturday = 7.
      values["d"] = (values["d"] ?? 0) % 7 + 1
    case .week, .isoWeek: _ = try integer("ww", node, length, isDelimited)
    case .quarter: _ = try integer(nil, node, length, isDelimited)
    case .century: _ = try integer("cc", node, length, isDelimited)
    case .yearWithComma: try readYearWithComma(node)
    case .year(let digits), .isoYear(let digits):
      let used = try integer("year", node, length, isDelimited)
      if digits < 4, used < 4 { values["year"] = Self.near2020(values["year"] ?? 0) }
      yearDigits = digits
    case .roman: try set("mm", try search(DateTimePattern.romanMonths, node) + 1, node)
    case .weekOfMonth: _ = try integer("w", node, length, isDelimited)
    case .julian: _ = try integer("j", node, length, isDelimited)
    default: break
    }
    if field.takesOrdinal { skipOrdinal(node) }
  }

  private mutating func readYearWithComma(_ node: DateTimePattern.Node) throws(ValueError) {
    var digits: [Int] = []
    var hasComma = false
    var value = 0
    while isDigit(next) || (next == 0x2c && !hasComma && !digits.isEmpty) {
      if next == 0x2c { hasComma = true } else { value = value * 10 + Int(next - 48) }
      digits.append(Int(next))
      place += 1
      if hasComma, digits.count - (digits.firstIndex(of: 0x2c) ?? 0) == 4 { break }
    }
    guard hasComma, value < 1 << 31 else {
      throw Self.error("invalid input string for \"Y,YYY\"")
    }
    try set("year", value, node)
    yearDigits = 4
  }

  /// The year closest to 2020 with these last digits.
  private static func near2020(_ year: Int) -> Int {
    switch year {
    case ..<70: year + 2_000
    case ..<100: year + 1_900
    case ..<520: year + 2_000
    case ..<1_000: year + 1_000
    default: year
    }
  }

  private mutating func setMode(of field: DateTimePattern.Field) throws(ValueError) {
    let mode: Bool
    switch field {
    case .isoWeek, .isoYear, .isoDayOfYear, .isoDayOfWeek: mode = true
    case .year, .yearWithComma, .month, .monthName, .monthAbbreviation, .day, .dayOfYear,
      .dayOfWeek,
      .week, .weekOfMonth, .roman, .dayName, .dayAbbreviation, .century:
      // Names of days fit both conventions.
      switch field {
      case .dayName, .dayAbbreviation, .century: return
      default: mode = false
      }
    default: return
    }
    if let isISO, isISO != mode {
      throw Self.error(
        "invalid combination of date conventions",
        hint: "Do not mix Gregorian and ISO week date conventions in a formatting template."
      )
    }
    isISO = mode
  }

  private mutating func set(
    _ name: String,
    _ value: Int,
    _ node: DateTimePattern.Node
  ) throws(ValueError) {
    if let known = values[name], known != 0, known != value {
      throw Self.error(
        "conflicting values for \"\(node.text)\" field in formatting string",
        detail: "This value contradicts a previous setting for the same field type."
      )
    }
    values[name] = value
  }

  /// Reads an integer and returns how many characters it took.
  private mutating func integer(
    _ name: String?,
    _ node: DateTimePattern.Node,
    _ length: Int,
    _ isDelimited: Bool
  ) throws(ValueError) -> Int {
    let start = place
    while isSpace(next) { place += 1 }
    let first = place
    let limit = isDelimited ? text.count : min(text.count, place + length)
    if !isDelimited, text.count - place < length {
      throw Self.error(
        "source string too short for \"\(node.text)\" formatting field",
        detail: "Field requires \(length) characters, but only \(text.count - place) remain.",
        hint: "If your source string is not fixed-width, try using the \"FM\" modifier."
      )
    }
    var isNegative = false
    if place < limit, next == 0x2d || next == 0x2b {
      isNegative = next == 0x2d
      place += 1
    }
    let digitsStart = place
    var value = 0
    while place < limit, isDigit(next) {
      if value < 1 << 40 { value = value * 10 + Int(next - 48) }
      place += 1
    }
    let shown = String(
      decoding: text[first..<min(text.count, first + length)],
      as: UTF8.self
    )
    guard place > digitsStart else {
      place = start
      throw Self.error(
        "invalid value \"\(shown)\" for \"\(node.text)\"",
        detail: "Value must be an integer."
      )
    }
    if !isDelimited, place - first < length {
      throw Self.error(
        "invalid value \"\(shown)\" for \"\(node.text)\"",
        detail: "Field requires \(length) characters, but only \(place - first) could be parsed.",
        hint: "If your source string is not fixed-width, try using the \"FM\" modifier."
      )
    }
    guard value <= Int(Int32.max) else {
      throw ValueError(
        "22008",
        "value for \"\(node.text)\" in source string is out of range",
        detail: "Value must be in the range -2147483648 to 2147483647."
      )
    }
    if let name { try set(name, isNegative ? -value : value, node) }
    return place - start
  }

  private mutating func skipOrdinal(_ node: DateTimePattern.Node) {
    guard node.ordinal != nil else { return }
    place = min(text.count, place + 2)
  }

  /// The first of the names that stands here, in any case.
  private mutating func search(
    _ names: [String],
    _ node: DateTimePattern.Node
  ) throws(ValueError) -> Int {
    // Longer names first, so that VIII is not taken for V.
    let order = names.indices.sorted { names[$0].utf8.count > names[$1].utf8.count }
    for index in order {
      let name = names[index].lowercased().utf8
      let end = place + name.count
      if end <= text.count, text[place..<end].lazy.map(lowercased).elementsEqual(name) {
        place = end
        return index
      }
    }
    // PostgreSQL shows the word that it could not read.
    var end = place
    while end < text.count, !isSpace(text[end]) { end += 1 }
    let shown = String(decoding: text[place..<end], as: UTF8.self)
    throw Self.error(
      "invalid value \"\(shown)\" for \"\(node.text)\"",
      detail: "The given value did not match any of the allowed values for this field."
    )
  }

  // MARK: Putting together

  /// Seconds east, where the text gave them.
  var offset: Int? {
    guard let zoneSign else { return nil }
    return zoneSign * ((values["tzh"] ?? 0) * 3_600 + (values["tzm"] ?? 0) * 60)
  }

  private func value(_ name: String) -> Int { values[name] ?? 0 }

  private var outOfRange: ValueError {
    ValueError(
      "22008",
      "date/time field value out of range: \"\(String(decoding: text, as: UTF8.self))\""
    )
  }

  /// Day number and time of day.
  func assemble() throws(ValueError) -> (days: Int64, time: Int64) {
    let (year, hasYear) = assembleYear()
    var month = 1
    var day = 1
    var days: Int64?
    if value("j") != 0 { days = Int64(value("j")) - Civil.epochJulianDay }
    var dayOfYear = value("ddd")
    if value("ww") != 0 {
      if isISO == true {
        let start = Civil.isoYearStart(year) + Int64(value("ww") - 1) * 7
        let weekday = value("d")
        // Sunday = 1 comes last in an ISO week.
        days = start + (weekday == 0 ? 0 : weekday > 1 ? Int64(weekday - 2) : 6)
      } else {
        dayOfYear = (value("ww") - 1) * 7 + 1
      }
    }
    var dayOfMonth = value("dd")
    if value("w") != 0 { dayOfMonth = (value("w") - 1) * 7 + 1 }
    if dayOfMonth != 0 || value("mm") != 0, let known = days {
      let date = Civil.date(days: known)
      (month, day) = (date.month, date.day)
      if dayOfMonth != 0 { day = dayOfMonth }
      if value("mm") != 0 { month = value("mm") }
      return try finish(date.year, month, day)
    }
    if dayOfMonth != 0 { day = dayOfMonth }
    if value("mm") != 0 { month = value("mm") }
    if dayOfYear != 0, month <= 1 || day <= 1, days == nil {
      guard hasYear || value("bc") != 0 else {
        throw Self.error("cannot calculate day of year without year information")
      }
      if isISO == true {
        days = Civil.isoYearStart(year) - 1 + Int64(dayOfYear)
      } else {
        guard dayOfYear <= (Civil.isLeap(year) ? 366 : 365), dayOfYear > 0 else { throw outOfRange }
        days = Civil.days(year: year, month: 1, day: dayOfYear)
      }
    }
    if let days { return (days, try time()) }
    return try finish(year, month, day)
  }

  private func finish(
    _ year: Int,
    _ month: Int,
    _ day: Int
  ) throws(ValueError) -> (days: Int64, time: Int64) {
    // Beyond every date, for the caller to refuse.
    guard abs(year) < 6_000_000 else { return (year < 0 ? .min : .max, 0) }
    guard (1...12).contains(month), day >= 1,
      day <= Civil.daysInMonth(year: year, month: month)
    else { throw outOfRange }
    return (Civil.days(year: year, month: month, day: day), try time())
  }

  private func assembleYear() -> (year: Int, isKnown: Bool) {
    let isBC = value("bc") != 0
    let century = isBC ? -value("cc") : value("cc")
    if value("year") != 0 {
      guard century == 0 || yearDigits > 2 else {
        let year = value("year") % 100
        if year == 0 { return (century * 100 + (century >= 0 ? 0 : 1), true) }
        return (century >= 0 ? year + (century - 1) * 100 : (century + 1) * 100 - year + 1, true)
      }
      let year = isBC ? -value("year") : value("year")
      return (year < 0 ? year + 1 : year, true)
    }
    if century != 0 { return (century >= 0 ? (century - 1) * 100 + 1 : century * 100 + 1, true) }
    return (0, false)
  }

  private func time() throws(ValueError) -> Int64 {
    var hour = 0
    var minute = 0
    var second = 0
    if value("ssss") != 0 {
      (hour, minute, second) = (value("ssss") / 3_600, value("ssss") / 60 % 60, value("ssss") % 60)
    }
    if value("hh") != 0 { hour = value("hh") }
    if value("mi") != 0 { minute = value("mi") }
    if value("ss") != 0 { second = value("ss") }
    if is12Hour {
      guard (1...12).contains(hour) else {
        throw Self.error(
          "hour \"\(hour)\" is invalid for the 12-hour clock",
          hint: "Use the 24-hour clock, or give an hour between 1 and 12."
        )
      }
      if value("pm") != 0, hour < 12 { hour += 12 }
      if value("pm") == 0, hour == 12 { hour = 0 }
    }
    let micros = value("ms") * 1_000 + value("us")
    guard (0..<24).contains(hour), (0..<60).contains(minute), (0..<60).contains(second),
      (0..<1_000_000).contains(micros)
    else { throw outOfRange }
    return Int64((hour * 60 + minute) * 60 + second) * 1_000_000 + Int64(micros)
  }
}

extension DateTimePattern.Field {
  /// Whether its text begins with a digit.
  var isNumber: Bool {
    switch self {
    case .era, .meridiem, .dayName, .dayAbbreviation, .monthName, .monthAbbreviation, .roman, .zone,
      .fixed, .offset:
      false
    default: true
    }
  }
}
