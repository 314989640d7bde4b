// Date and time input in all the forms that PostgreSQL takes with DateStyle `ISO, MDY`. The rules, and
// their order, are those of its DecodeDateTime: each field of the input fills some of year, month, day,
// time and zone, and none may be filled twice.

/// What date and time input depends on besides its text.
package struct DateTimeContext: Sendable {
  /// The session's zone.
  package var zone: TimeZone
  package var zones: TimeZoneDatabase
  /// The moment that `now` and `today` mean: the start of the transaction.
  package var now: Int64

  /// UTC, no names of zones, the first moment of 2000.
  package static let plain = DateTimeContext()

  package init(zone: TimeZone = .utc, zones: TimeZoneDatabase = .empty, now: Int64 = 0) {
    self.zone = zone
    self.zones = zones
    self.now = now
  }
}

/// The parts filled so far.
struct DateTimeDecoder {
  struct Parts: OptionSet {
    let rawValue: Int
    static let year = Parts(rawValue: 1)
    static let month = Parts(rawValue: 2)
    static let day = Parts(rawValue: 4)
    static let dayOfYear = Parts(rawValue: 8)
    static let time = Parts(rawValue: 16)
    static let zone = Parts(rawValue: 32)
    static let dayOfWeek = Parts(rawValue: 64)
    static let meridiem = Parts(rawValue: 128)
    static let era = Parts(rawValue: 256)
    static let summerTime = Parts(rawValue: 512)
    static let ignored = Parts([])
    static let date: Parts = [.year, .month, .day]
  }

  enum Outcome { case fields, infinity, negativeInfinity, epoch }

  let context: DateTimeContext
  /// Whether only the time is wanted.
  let isTimeOnly: Bool
  var outcome = Outcome.fields
  private(set) var parts: Parts = []
  private(set) var year = 0
  private var month = 0
  private var day = 0
  private var dayOfYear = 0
  private(set) var hour = 0
  private(set) var minute = 0
  private(set) var second = 0
  private(set) var microsecond = 0
  /// Seconds east of UTC, where given as an offset.
  private(set) var offset: Int?
  private(set) var zoneName: String?
  private var isTwoDigitYear = false
  private var hasTextMonth = false
  private var isBC = false
  private var isJulian = false
  private var isAfternoon: Bool?
  /// A label before a number, such as `t` or `j`.
  private var label: Character?

  init(context: DateTimeContext, isTimeOnly: Bool) {
    self.context = context
    self.isTimeOnly = isTimeOnly
  }

  mutating func decode(_ text: Span<UInt8>) throws(DateTimeProblem) {
    let tokens = try dateTimeTokens(text)
    guard !tokens.isEmpty else { throw .badFormat }
    for (index, token) in tokens.enumerated() {
      let before = parts
      let filled: Parts
      switch token.kind {
      case .date: filled = try decodeDateToken(token)
      case .time:
        if let label, label != "t" { throw .badFormat }
        label = nil
        try decodeTime(token.bytes)
        filled = .time
      case .zone:
        offset = try Self.offset(token.bytes)
        filled = .zone
      case .number: filled = try decodeNumberToken(token.bytes)
      case .text, .special:
        filled = try decodeWord(token, next: index + 1 < tokens.count ? tokens[index + 1] : nil)
      }
      guard before.isDisjoint(with: filled) else { throw .badFormat }
      parts = before.union(filled)
    }
    guard label == nil || label == "-" else { throw .badFormat }
    try validate()
  }

  // MARK: Fields

  private mutating func decodeDateToken(_ token: DateTimeToken) throws(DateTimeProblem) -> Parts {
    let isDateKnown = parts.isSuperset(of: [.month, .day])
    let startsWithDigit = isDigit(token.bytes[0])
    if isTimeOnly, label == nil, !startsWithDigit || isDateKnown, !isDateKnown || !startsWithDigit {
      zoneName = token.string
      return .zone
    }
    guard label != nil || isDateKnown else { return try decodeDate(token.bytes) }
    guard startsWithDigit || label != nil else {
      zoneName = token.string
      return .zone
    }
    // A run-together time with a zone, such as 040506-08.
    if let label, label != "t" { throw .badFormat }
    label = nil
    guard !parts.contains(.time), let minus = token.bytes.firstIndex(of: 0x2d) else {
      throw .badFormat
    }
    offset = try Self.offset(Array(token.bytes[minus...]))
    let filled = try decodeRunTogether(Array(token.bytes[..<minus]), known: parts)
    return filled.union(.zone)
  }

  /// Year, month and day with separators.
  private mutating func decodeDate(_ bytes: [UInt8]) throws(DateTimeProblem) -> Parts {
    var fields: [[UInt8]] = []
    var place = 0
    func isLetter(_ byte: UInt8) -> Bool { byte &- 97 < 26 }
    while place < bytes.count {
      while place < bytes.count, !isDigit(bytes[place]), !isLetter(bytes[place]) { place += 1 }
      guard place < bytes.count else { throw .badFormat }
      let start = place
      if isDigit(bytes[place]) {
        while place < bytes.count, isDigit(bytes[place]) { place += 1 }
      } else {
        while place < bytes.count, isLetter(bytes[place]) { place += 1 }
      }
      fields.append(Array(bytes[start..<place]))
      if place < bytes.count { place += 1 }
    }
    var known = parts
    var filled: Parts = []
    for field in fields where isLetter(field[0]) {
      guard let word = DateTimeWord(field) else { throw .badFormat }
      if case .ignored = word { continue }
      guard case .month(let number) = word, !known.contains(.month) else { throw .badFormat }
      month = number
      hasTextMonth = true
      known.insert(.month)
      filled.insert(.month)
    }
    for field in fields where isDigit(field[0]) {
      let more = try decodeNumber(field, known: known)
      guard known.isDisjoint(with: more) else { throw .badFormat }
      known.formUnion(more)
      filled.formUnion(more)
    }
    guard known.intersection([.year, .month, .day, .time]) == .date else { throw .badFormat }
    return filled
  }

  private mutating func decodeNumberToken(_ bytes: [UInt8]) throws(DateTimeProblem) -> Parts {
    if let label {
      self.label = nil
      return try decodeLabelled(bytes, label)
    }
    let point = bytes.firstIndex(of: 0x2e)
    if isTimeOnly, point != nil || bytes.count >= 4, parts.isDisjoint(with: .date) {
      return try decodeRunTogether(bytes, known: parts.union(.date))
    }
    if point != nil, parts.isDisjoint(with: .date) { return try decodeDate(bytes) }
    if let point, point > 2 { return try decodeRunTogether(bytes, known: parts) }
    if bytes.count >= 6, parts.isDisjoint(with: .date) || !parts.contains(.time) {
      return try decodeRunTogether(bytes, known: parts)
    }
    return try decodeNumber(bytes, known: parts)
  }

  private mutating func decodeLabelled(
    _ bytes: [UInt8],
    _ label: Character
  ) throws(DateTimeProblem) -> Parts {
    if label == "t" {
      let filled = try decodeRunTogether(bytes, known: parts.union(.date))
      guard filled == .time else { throw .badFormat }
      return filled
    }
    let point = bytes.firstIndex(of: 0x2e)
    guard label == "j" || point == nil else { throw .badFormat }
    let value = try Self.number(bytes[..<(point ?? bytes.count)])
    switch label {
    case "y":
      year = value
      return .year
    case "m":
      month = value
      return .month
    case "d":
      day = value
      return .day
    case "j":
      let date = Civil.date(days: Int64(value) - Civil.epochJulianDay)
      (year, month, day) = (date.year, date.month, date.day)
      isJulian = true
      guard let point else { return .date }
      let fraction = try Self.fraction(bytes[point...])
      let time = Int64((fraction * 86_400_000_000).rounded(.toNearestOrEven))
      (hour, minute, second, microsecond) = Civil.clock(time)
      return [.date, .time]
    default: throw .badFormat
    }
  }

  /// One number, whose meaning depends on what is known already.
  private mutating func decodeNumber(
    _ bytes: [UInt8],
    known: Parts
  ) throws(DateTimeProblem) -> Parts {
    let point = bytes.firstIndex(of: 0x2e)
    let value = try Self.number(bytes[..<(point ?? bytes.count)])
    if let point {
      if point > 2 { return try decodeRunTogether(bytes, known: known.union(.date)) }
      microsecond = try Self.microseconds(bytes[point...])
    }
    let length = bytes.count
    let date = known.intersection(.date)
    if length == 3, date == .year, (1...366).contains(value) {
      dayOfYear = value
      return [.dayOfYear, .month, .day]
    }
    switch date {
    case []: return length >= 3 ? setYear(value, length) : setMonth(value)
    case .year: return setMonth(value)
    case .month:
      return hasTextMonth && length >= 3 ? setYear(value, length) : setDay(value)
    case [.year, .month]:
      if hasTextMonth, length >= 3, isTwoDigitYear {
        day = year
        year = value
        isTwoDigitYear = false
        return .day
      }
      return setDay(value)
    case .day: return setMonth(value)
    case [.month, .day]: return setYear(value, length)
    case .date: return try decodeRunTogether(bytes, known: known)
    default: throw .badFormat
    }
  }

  private mutating func setYear(_ value: Int, _ length: Int) -> Parts {
    year = value
    isTwoDigitYear = length <= 2
    return .year
  }

  private mutating func setMonth(_ value: Int) -> Parts {
    month = value
    return .month
  }

  private mutating func setDay(_ value: Int) -> Parts {
    day = value
    return .day
  }

  /// yyyymmdd, hhmmss, hhmm.
  private mutating func decodeRunTogether(
    _ bytes: [UInt8],
    known: Parts
  ) throws(DateTimeProblem) -> Parts {
    var digits = bytes[...]
    if let point = bytes.firstIndex(of: 0x2e) {
      microsecond = try Self.microseconds(bytes[point...])
      digits = bytes[..<point]
    } else if !known.isSuperset(of: .date), bytes.count >= 6 {
      day = try Self.number(bytes.suffix(2))
      month = try Self.number(bytes.dropLast(2).suffix(2))
      year = try Self.number(bytes.dropLast(4))
      if bytes.count == 6 { isTwoDigitYear = true }
      return .date
    }
    guard !known.contains(.time), digits.count == 6 || digits.count == 4 else { throw .badFormat }
    hour = try Self.number(digits.prefix(2))
    minute = try Self.number(digits.dropFirst(2).prefix(2))
    second = digits.count == 6 ? try Self.number(digits.suffix(2)) : 0
    return .time
  }

  private mutating func decodeWord(
    _ token: DateTimeToken,
    next: DateTimeToken?
  ) throws(DateTimeProblem) -> Parts {
    if token.kind == .text, ZoneAbbreviation(token.string) != nil {
      zoneName = token.string
      return .zone
    }
    guard let word = DateTimeWord(token.bytes) else {
      guard token.kind == .text, context.zones.zone(named: token.string) != nil else {
        throw .badFormat
      }
      zoneName = token.string
      return .zone
    }
    switch word {
    case .month(let number):
      var filled: Parts = .month
      if parts.contains(.month), !hasTextMonth, !parts.contains(.day), (1...31).contains(month) {
        day = month
        filled = .day
      }
      hasTextMonth = true
      month = number
      return filled
    case .dayOfWeek: return .dayOfWeek
    case .era(let isBC):
      self.isBC = isBC
      return .era
    case .afternoon(let value):
      isAfternoon = value
      return .meridiem
    case .ignored: return .ignored
    case .summerTime:
      offset = (offset ?? 0) + 3_600
      return .summerTime
    case .isoTime:
      guard parts.isSuperset(of: .date) || isTimeOnly, let next,
        next.kind == .number || next.kind == .time || next.kind == .date
      else { throw .badFormat }
      label = "t"
      return .ignored
    case .unit(let unit):
      label = unit
      return .ignored
    case .other: throw .badFormat
    default: return try decodeReserved(word)
    }
  }

  private mutating func decodeReserved(_ word: DateTimeWord) throws(DateTimeProblem) -> Parts {
    let today = context.zone.localClamped(context.now)
    switch word {
    case .midnightUTC:
      offset = 0
      return [.time, .zone]
    case .now:
      set(Civil.time(timestamp: today))
      offset = context.zone.secondsEast(at: context.now)
      return [.date, .time, .zone]
    case .today, .tomorrow, .yesterday:
      var days = Civil.split(today).days
      if case .tomorrow = word { days += 1 }
      if case .yesterday = word { days -= 1 }
      let date = Civil.date(days: days)
      (year, month, day) = (date.year, date.month, date.day)
      return .date
    case .epoch: outcome = .epoch
    case .infinity: outcome = .infinity
    default: outcome = .negativeInfinity
    }
    guard !isTimeOnly else { throw .badFormat }
    return [.date, .time, .zone]
  }

  private mutating func set(_ time: CivilTime) {
    (year, month, day) = (time.date.year, time.date.month, time.date.day)
    (hour, minute, second, microsecond) = (time.hour, time.minute, time.second, time.microsecond)
  }

  /// hh:mm[:ss[.f]].
  private mutating func decodeTime(_ bytes: [UInt8]) throws(DateTimeProblem) {
    var fields = bytes.split(separator: 0x3a, omittingEmptySubsequences: false)
    guard fields.count == 2 || fields.count == 3 else { throw .badFormat }
    microsecond = 0
    if let point = fields[fields.count - 1].firstIndex(of: 0x2e) {
      microsecond = try Self.microseconds(fields[fields.count - 1][point...])
      fields[fields.count - 1] = fields[fields.count - 1][..<point]
      // mm:ss.f is for intervals; here it reads the same.
      if fields.count == 2 { fields.insert([0x30], at: 0) }
    }
    // An empty field reads as 0, as C's strtol has it, and at the end it is left out.
    hour = try Self.number(fields[0])
    minute = try Self.number(fields[1])
    second = fields.count == 3 ? try Self.number(fields[2]) : 0
    guard minute <= 59, second <= 60, microsecond <= 1_000_000 else { throw .fieldOverflow }
    try checkTime()
  }

  private func checkTime() throws(DateTimeProblem) {
    let isMidnight = hour == 24 && minute == 0 && second == 0 && microsecond == 0
    guard hour < 24 || isMidnight, hour >= 0, minute <= 59, second <= 60 else {
      throw .fieldOverflow
    }
  }

  // MARK: At the end

  private mutating func validate() throws(DateTimeProblem) {
    guard outcome == .fields else { return }
    if parts.contains(.year), !isJulian {
      if isBC {
        guard year > 0 else { throw .fieldOverflow }
        year = 1 - year
      } else if isTwoDigitYear {
        year += year < 70 ? 2_000 : year < 100 ? 1_900 : 0
      } else if year <= 0 {
        throw .fieldOverflow
      }
    }
    if parts.contains(.dayOfYear) {
      let date = Civil.date(days: Civil.days(year: year, month: 1, day: dayOfYear))
      (year, month, day) = (date.year, date.month, date.day)
    }
    if parts.contains(.month), !(1...12).contains(month) { throw .monthOrDayOverflow }
    if parts.contains(.day), !(1...31).contains(day) { throw .monthOrDayOverflow }
    if parts.isSuperset(of: .date), day > Civil.daysInMonth(year: year, month: month) {
      throw .fieldOverflow
    }
    if let isAfternoon {
      guard hour <= 12 else { throw .fieldOverflow }
      if isAfternoon, hour != 12 { hour += 12 }
      if !isAfternoon, hour == 12 { hour = 0 }
    }
    try checkTime()
    if isTimeOnly {
      guard parts.contains(.time) else { throw .badFormat }
      // Which offset a zone has, only a date tells.
      if let zoneName, !parts.isSuperset(of: .date), ZoneAbbreviation(zoneName) == nil,
        let zone = context.zones.zone(named: zoneName), !zone.isFixed
      {
        throw .badFormat
      }
    } else {
      guard parts.isSuperset(of: .date) else { throw .badFormat }
    }
    if let zoneName, ZoneAbbreviation(zoneName) == nil, context.zones.zone(named: zoneName) == nil {
      throw .unknownZone(zoneName)
    }
  }

  /// The day; nil outside of what a date can hold.
  var days: Int64? {
    guard year >= -4_713, year <= 5_874_897 else { return nil }
    let days = Civil.days(year: year, month: month, day: day)
    return (Civil.dateMin...Civil.dateMax).contains(days) ? days : nil
  }

  /// Microseconds since midnight.
  var time: Int64 {
    Int64((hour * 60 + minute) * 60 + second) * 1_000_000 + Int64(microsecond)
  }

  // MARK: Pieces

  static func number(_ bytes: some Sequence<UInt8>) throws(DateTimeProblem) -> Int {
    var value = 0
    for byte in bytes {
      guard isDigit(byte) else { throw .badFormat }
      value = value * 10 + Int(byte - 48)
      if value > Int(Int32.max) { throw .fieldOverflow }
    }
    return value
  }

  /// `.123` as a fraction.
  static func fraction(_ bytes: some Collection<UInt8>) throws(DateTimeProblem) -> Double {
    if bytes.count == 1 { return 0 }
    let text = Array(bytes)
    guard let value = try? parseDouble(text.span), text.dropFirst().allSatisfy(isDigit) else {
      throw .badFormat
    }
    return value
  }

  /// `.123` in microseconds, rounded.
  static func microseconds(_ bytes: some Collection<UInt8>) throws(DateTimeProblem) -> Int {
    Int((try fraction(bytes) * 1_000_000).rounded(.toNearestOrEven))
  }

  /// `+03`, `-05:30`, `+0530`, `+01:02:03` in seconds east.
  static func offset(_ bytes: [UInt8]) throws(DateTimeProblem) -> Int {
    let end = bytes.dropFirst().firstIndex { !isDigit($0) && $0 != 0x3a } ?? bytes.count
    var fields = bytes[1..<end].split(separator: 0x3a, omittingEmptySubsequences: false)
      .map { Array($0) }
    guard fields.count <= 3 else { throw .badFormat }
    if fields.count == 1, end > 3, end == bytes.count {
      let minutes = fields[0].suffix(2)
      fields = [Array(fields[0].dropLast(2)), Array(minutes)]
    }
    var values = [0, 0, 0]
    for (index, field) in fields.enumerated() { values[index] = try number(field) }
    guard values[0] <= 15, values[1] < 60, values[2] < 60 else { throw .zoneOverflow }
    guard end == bytes.count else { throw .badFormat }
    let seconds = (values[0] * 60 + values[1]) * 60 + values[2]
    return bytes[0] == 0x2d ? -seconds : seconds
  }
}

extension TimeZone {
  /// Local time of a moment, or the moment itself where that leaves the range.
  func localClamped(_ moment: Int64) -> Int64 {
    (try? local(fromUTC: moment)) ?? moment
  }
}
