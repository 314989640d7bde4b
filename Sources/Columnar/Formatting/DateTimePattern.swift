// to_char of timestamps and intervals: patterns as PostgreSQL reads them, names in English.

/// A pattern of to_char, to_date and to_timestamp, cut once and used for many values.
package struct DateTimePattern: Sendable {
  /// A keyword, in the order of longest match per first letter; those of both cases are different words.
  enum Field: Sendable {
    case era(isDotted: Bool), meridiem(isDotted: Bool)
    case century, dayName, dayAbbreviation, dayOfYear, isoDayOfYear, day, dayOfWeek, isoDayOfWeek
    case fraction(Int), fixed
    case hour24, hour12
    case isoWeek, isoYear(Int), julian, minute, month, monthName, monthAbbreviation
    case millisecond, microsecond, offset, quarter, roman
    case secondOfDay, second, zoneHour, zoneMinute, zone
    case week, weekOfMonth, yearWithComma, year(Int)
  }

  enum LetterCase: Sendable { case upper, capitalized, lower }

  struct Node: Sendable {
    enum Kind: Sendable { case field(Field), separator, space, character }
    var kind: Kind
    var text: String
    var letterCase: LetterCase
    var isFilled: Bool
    var isTranslated: Bool
    var ordinal: PatternNode.Ordinal?

    var field: Field? { if case .field(let field) = kind { field } else { nil } }
  }

  let nodes: [Node]
  /// An empty pattern makes to_char NULL.
  package var isEmpty: Bool { nodes.isEmpty }

  package init(_ pattern: String) {
    nodes = patternNodes(pattern, keywords: Self.keywordsByLetter, hasAffixes: true).map { node in
      var kind = Node.Kind.character
      switch node.kind {
      case .separator: kind = .separator
      case .space: kind = .space
      case .keyword: if let field = Self.fields[node.text.uppercased()] { kind = .field(field) }
      case .character: break
      }
      return Node(
        kind: kind,
        text: node.text,
        letterCase: Self.letterCase(node.text),
        isFilled: node.isFilled,
        isTranslated: node.isTranslated,
        ordinal: node.ordinal
      )
    }
  }

  private static func letterCase(_ text: String) -> LetterCase {
    if text.first?.isLowercase == true { return .lower }
    let hasLower = text.contains { $0.isLowercase }
    return hasLower ? .capitalized : .upper
  }

  private static let keywordsByLetter: [Character: [String]] = {
    let upper = [
      "A.D.", "A.M.", "AD", "AM", "B.C.", "BC", "CC", "DAY", "DDD", "DD", "DY", "Day", "Dy", "D",
      "FF1",
      "FF2", "FF3", "FF4", "FF5", "FF6", "FX", "HH24", "HH12", "HH", "IDDD", "ID", "IW", "IYYY",
      "IYY",
      "IY", "I", "J", "MI", "MM", "MONTH", "MON", "MS", "Month", "Mon", "OF", "P.M.", "PM", "Q",
      "RM",
      "SSSSS", "SSSS", "SS", "TZH", "TZM", "TZ", "US", "WW", "W", "Y,YYY", "YYYY", "YYY", "YY", "Y",
    ]
    let lower = upper.filter { $0 == $0.uppercased() }.map { $0.lowercased() }
    var table: [Character: [String]] = [:]
    for word in upper + lower {
      if let letter = word.first { table[letter, default: []].append(word) }
    }
    return table
  }()

  private static let fields: [String: Field] = [
    "A.D.": .era(isDotted: true), "B.C.": .era(isDotted: true), "AD": .era(isDotted: false),
    "BC": .era(isDotted: false), "A.M.": .meridiem(isDotted: true),
    "P.M.": .meridiem(isDotted: true),
    "AM": .meridiem(isDotted: false), "PM": .meridiem(isDotted: false), "CC": .century,
    "DAY": .dayName,
    "DDD": .dayOfYear, "DD": .day, "DY": .dayAbbreviation, "D": .dayOfWeek, "FF1": .fraction(1),
    "FF2": .fraction(2), "FF3": .fraction(3), "FF4": .fraction(4), "FF5": .fraction(5),
    "FF6": .fraction(6), "FX": .fixed, "HH24": .hour24, "HH12": .hour12, "HH": .hour12,
    "IDDD": .isoDayOfYear, "ID": .isoDayOfWeek, "IW": .isoWeek, "IYYY": .isoYear(4),
    "IYY": .isoYear(3),
    "IY": .isoYear(2), "I": .isoYear(1), "J": .julian, "MI": .minute, "MM": .month,
    "MONTH": .monthName,
    "MON": .monthAbbreviation, "MS": .millisecond, "OF": .offset, "Q": .quarter, "RM": .roman,
    "SSSSS": .secondOfDay, "SSSS": .secondOfDay, "SS": .second, "TZH": .zoneHour,
    "TZM": .zoneMinute,
    "TZ": .zone, "US": .microsecond, "WW": .week, "W": .weekOfMonth, "Y,YYY": .yearWithComma,
    "YYYY": .year(4), "YYY": .year(3), "YY": .year(2), "Y": .year(1),
  ]

  static let monthNames = DateTimeWord.monthNames.map { $0.prefix(1).uppercased() + $0.dropFirst() }
  static let dayNames = [
    "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
  ]
  static let romanMonths = [
    "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII",
  ]
}

/// What a pattern shows: the parts of a moment or of an interval.
struct PatternParts {
  var year: Int
  var month: Int
  var day: Int
  var hour: Int
  var minute: Int
  var second: Int
  var microsecond: Int
  /// Days since 2000-01-01; of an interval its days with months of 30.
  var days: Int64
  var dayOfYear: Int
  var isInterval = false
  /// Seconds east and abbreviation, for timestamps with time zone.
  var offset = 0
  var abbreviation: String?
}

extension OutputBuffer {
  /// Appends a finite timestamp in a pattern.
  package mutating func append(timestamp: Int64, _ pattern: DateTimePattern) {
    append(PatternParts(timestamp: timestamp), pattern)
  }

  /// Appends a finite moment in a pattern, on the clock of `zone`.
  package mutating func append(
    timestamptz moment: Int64,
    zone: TimeZone,
    _ pattern: DateTimePattern
  ) {
    let offset = zone.secondsEast(at: moment)
    var parts = PatternParts(timestamp: moment &+ Int64(offset) &* 1_000_000)
    parts.offset = offset
    parts.abbreviation = zone.abbreviation(at: moment)
    append(parts, pattern)
  }

  /// Appends an interval in a pattern.
  ///
  /// - Throws: 22007 for a field that needs a calendar date.
  package mutating func append(
    interval: Interval,
    _ pattern: DateTimePattern
  ) throws(ValueError) {
    for node in pattern.nodes {
      switch node.field {
      case .era, .monthName, .monthAbbreviation, .dayName, .dayAbbreviation, .dayOfWeek,
        .isoDayOfWeek, .zone, .zoneHour, .zoneMinute, .offset:
        throw ValueError(
          "22007",
          "invalid format specification for an interval value",
          hint: "Intervals are not tied to specific calendar dates."
        )
      default: break
      }
    }
    append(PatternParts(interval), pattern)
  }

  private mutating func append(_ parts: PatternParts, _ pattern: DateTimePattern) {
    for node in pattern.nodes {
      guard let field = node.field else {
        append(text: node.text)
        continue
      }
      let start = count
      append(field, node, parts)
      if let ordinal = node.ordinal, count > start, field.takesOrdinal {
        var digits = ""
        for index in start..<count { digits.unicodeScalars.append(Unicode.Scalar(bytes[index])) }
        append(text: ordinalSuffix(digits, ordinal))
      }
    }
  }

  /// Digits with a minus in front of the padding; `width` counts the minus.
  private mutating func append(number value: Int, width: Int) {
    let isNegative = value < 0
    if isNegative { append(UInt8(ascii: "-")) }
    append(magnitude: UInt64(value.magnitude), width: max(1, isNegative ? width - 1 : width))
  }

  private mutating func append(
    _ field: DateTimePattern.Field,
    _ node: DateTimePattern.Node,
    _ parts: PatternParts
  ) {
    let isFilled = node.isFilled
    func width(_ digits: Int, _ value: Int) -> Int {
      isFilled ? 0 : value >= 0 ? digits : digits + 1
    }
    switch field {
    case .era(let isDotted):
      append(letters: parts.year <= 0 ? "BC" : "AD", isDotted: isDotted, node)
    case .meridiem(let isDotted):
      append(letters: parts.hour % 24 >= 12 ? "PM" : "AM", isDotted: isDotted, node)
    case .hour24: append(number: parts.hour, width: width(2, parts.hour))
    case .hour12:
      let hour = parts.hour % 12 == 0 ? 12 : parts.hour % 12
      append(number: hour, width: width(2, parts.hour))
    case .minute: append(number: parts.minute, width: width(2, parts.minute))
    case .second: append(number: parts.second, width: width(2, parts.second))
    case .fraction(let digits):
      var value = parts.microsecond
      for _ in digits..<6 { value /= 10 }
      append(number: value, width: digits)
    case .millisecond: append(number: parts.microsecond / 1_000, width: 3)
    case .microsecond: append(number: parts.microsecond, width: 6)
    case .secondOfDay:
      append(number: (parts.hour * 60 + parts.minute) * 60 + parts.second, width: 0)
    case .zone:
      guard let abbreviation = parts.abbreviation else { return }
      append(text: node.letterCase == .lower ? abbreviation.lowercased() : abbreviation)
    case .zoneHour:
      append(UInt8(ascii: parts.offset >= 0 ? "+" : "-"))
      append(magnitude: UInt64(parts.offset.magnitude) / 3_600, width: 2)
    case .zoneMinute: append(magnitude: UInt64(parts.offset.magnitude) % 3_600 / 60, width: 2)
    case .offset:
      append(UInt8(ascii: parts.offset >= 0 ? "+" : "-"))
      append(magnitude: UInt64(parts.offset.magnitude) / 3_600, width: isFilled ? 1 : 2)
      let minutes = UInt64(parts.offset.magnitude) % 3_600 / 60
      if minutes != 0 {
        append(UInt8(ascii: ":"))
        append(magnitude: minutes, width: 2)
      }
    case .fixed: break
    default: appendCalendar(field, node, parts)
    }
  }

  private mutating func appendCalendar(
    _ field: DateTimePattern.Field,
    _ node: DateTimePattern.Node,
    _ parts: PatternParts
  ) {
    let isFilled = node.isFilled
    func width(_ digits: Int, _ value: Int) -> Int {
      isFilled ? 0 : value >= 0 ? digits : digits + 1
    }
    func shown(_ year: Int) -> Int { parts.isInterval || year > 0 ? year : 1 - year }
    let weekday = Civil.dayOfWeek(days: parts.days)
    switch field {
    case .monthName:
      append(name: DateTimePattern.monthNames[parts.month - 1], padding: 9, node)
    case .monthAbbreviation:
      append(name: String(DateTimePattern.monthNames[parts.month - 1].prefix(3)), padding: 0, node)
    case .month: append(number: parts.month, width: width(2, parts.month))
    case .dayName: append(name: DateTimePattern.dayNames[weekday], padding: 9, node)
    case .dayAbbreviation:
      append(name: String(DateTimePattern.dayNames[weekday].prefix(3)), padding: 0, node)
    case .dayOfYear: append(number: parts.dayOfYear, width: isFilled ? 0 : 3)
    case .isoDayOfYear:
      let start = Civil.isoYearStart(Civil.isoWeek(days: parts.days).year)
      append(number: Int(parts.days - start) + 1, width: isFilled ? 0 : 3)
    case .day: append(number: parts.day, width: isFilled ? 0 : 2)
    case .dayOfWeek: append(number: weekday + 1, width: 0)
    case .isoDayOfWeek: append(number: weekday == 0 ? 7 : weekday, width: 0)
    case .week: append(number: (parts.dayOfYear - 1) / 7 + 1, width: isFilled ? 0 : 2)
    case .isoWeek:
      append(number: Civil.isoWeek(days: parts.days).week, width: isFilled ? 0 : 2)
    case .quarter:
      if parts.month != 0 { append(number: (parts.month - 1) / 3 + 1, width: 0) }
    case .century:
      let year = parts.year
      let century =
        parts.isInterval ? year / 100 : year > 0 ? (year - 1) / 100 + 1 : year / 100 - 1
      append(number: century, width: abs(century) <= 99 ? width(2, century) : 0)
    case .yearWithComma:
      let year = shown(parts.year)
      append(number: year / 1_000, width: 0)
      append(UInt8(ascii: ","))
      append(number: year - year / 1_000 * 1_000, width: 3)
    case .year(let digits): append(year: shown(parts.year), digits, isFilled)
    case .isoYear(let digits):
      append(year: shown(Civil.isoWeek(days: parts.days).year), digits, isFilled)
    case .roman: appendRoman(node, parts)
    case .weekOfMonth: append(number: (parts.day - 1) / 7 + 1, width: 0)
    case .julian: append(number: Int(parts.days + Civil.epochJulianDay), width: 0)
    default: break
    }
  }

  private mutating func append(year: Int, _ digits: Int, _ isFilled: Bool) {
    switch digits {
    case 4: append(number: year, width: isFilled ? 0 : year >= 0 ? 4 : 5)
    case 3: append(number: year % 1_000, width: isFilled ? 0 : year >= 0 ? 3 : 4)
    case 2: append(number: year % 100, width: isFilled ? 0 : year >= 0 ? 2 : 3)
    default: append(number: year % 10, width: 1)
    }
  }

  private mutating func appendRoman(_ node: DateTimePattern.Node, _ parts: PatternParts) {
    var month = parts.month
    if month == 0 {
      // Only an interval has no month.
      guard parts.isInterval, parts.year != 0 else { return }
      month = parts.year >= 0 ? 12 : 1
    } else if month < 0 {
      month += 13
    }
    append(name: DateTimePattern.romanMonths[month - 1], padding: 4, node)
  }

  private mutating func append(
    letters: String,
    isDotted: Bool,
    _ node: DateTimePattern.Node
  ) {
    let isLower = node.letterCase == .lower
    for byte in letters.utf8 {
      append(isLower ? byte | 0x20 : byte)
      if isDotted { append(UInt8(ascii: ".")) }
    }
  }

  /// A name in the keyword's case; roman numerals are capital or lower only.
  private mutating func append(name: String, padding: Int, _ node: DateTimePattern.Node) {
    var length = 0
    for (index, byte) in name.utf8.enumerated() {
      switch node.letterCase {
      case .upper: append(byte >= 97 ? byte ^ 0x20 : byte)
      case .lower: append(byte < 97 ? byte | 0x20 : byte)
      case .capitalized: append(index == 0 ? byte : byte | 0x20)
      }
      length += 1
    }
    guard !node.isFilled, !node.isTranslated else { return }
    while length < padding {
      append(UInt8(ascii: " "))
      length += 1
    }
  }
}

extension DateTimePattern.Field {
  /// Whether TH may stand behind it: numbers, but not fractions of a second's zone.
  var takesOrdinal: Bool {
    switch self {
    case .era, .meridiem, .dayName, .dayAbbreviation, .monthName, .monthAbbreviation, .roman, .zone,
      .zoneHour, .zoneMinute, .offset, .fixed:
      false
    default: true
    }
  }
}

extension PatternParts {
  init(timestamp: Int64) {
    let time = Civil.time(timestamp: timestamp)
    self.init(
      year: time.date.year,
      month: time.date.month,
      day: time.date.day,
      hour: time.hour,
      minute: time.minute,
      second: time.second,
      microsecond: time.microsecond,
      days: Civil.split(timestamp).days,
      dayOfYear: Civil.dayOfYear(time.date)
    )
  }

  init(_ interval: Interval) {
    let seconds = interval.microseconds / 1_000_000
    let year = Int(interval.months / 12)
    let month = Int(interval.months % 12)
    let day = Int(interval.days)
    let dayNumber: Int64 =
      (1...12).contains(month) ? Civil.days(year: year, month: month, day: day) : 0
    self.init(
      year: year,
      month: month,
      day: day,
      hour: Int(seconds / 3_600),
      minute: Int(seconds / 60 % 60),
      second: Int(seconds % 60),
      microsecond: Int(interval.microseconds % 1_000_000),
      days: dayNumber,
      dayOfYear: (year * 12 + month) * 30 + day,
      isInterval: true
    )
  }
}
