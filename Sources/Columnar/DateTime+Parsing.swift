// Dates, times and timestamps from text: plain ISO in a few steps, everything else by the decoder.

/// Reads a date.
///
/// - Throws: 22007 for bad syntax, 22008 for a day that does not exist or is out of range.
package func parseDate(
  _ text: Span<UInt8>,
  _ context: DateTimeContext = .plain
) throws(ValueError) -> Int64 {
  if text.count == 10, let days = isoDays(text) { return days }
  var decoder = DateTimeDecoder(context: context, isTimeOnly: false)
  try run(&decoder, text, "date")
  switch decoder.outcome {
  case .infinity: return TimeLimits.dateInfinity
  case .negativeInfinity: return TimeLimits.dateNegativeInfinity
  case .epoch: return -Civil.unixEpochSeconds / 86_400
  case .fields: break
  }
  guard let days = decoder.days else {
    throw ValueError("22008", "date out of range: \"\(string(text))\"")
  }
  return days
}

/// Reads a timestamp without time zone; a zone in the text is read and ignored.
///
/// - Throws: As ``parseDate(_:_:)``.
package func parseTimestamp(
  _ text: Span<UInt8>,
  _ context: DateTimeContext = .plain
) throws(ValueError) -> Int64 {
  var place = 0
  if let local = isoTimestamp(text, &place), place == text.count { return local }
  var decoder = DateTimeDecoder(context: context, isTimeOnly: false)
  try run(&decoder, text, "timestamp")
  if let special = special(decoder.outcome) { return special }
  return try timestamp(decoder, text)
}

/// Reads a timestamp with time zone; without a zone in the text it is local time of the session's.
///
/// - Throws: As ``parseDate(_:_:)``; 22023 for an unknown zone.
package func parseTimestamptz(
  _ text: Span<UInt8>,
  _ context: DateTimeContext = .plain
) throws(ValueError) -> Int64 {
  var place = 0
  if let local = isoTimestamp(text, &place), let offset = isoOffset(text, place) {
    let moment = local &- offset
    if Civil.isInRange(timestamp: moment) { return moment }
  }
  var decoder = DateTimeDecoder(context: context, isTimeOnly: false)
  try run(&decoder, text, "timestamp with time zone")
  if let special = special(decoder.outcome) { return special }
  let local = try timestamp(decoder, text)
  let offset = offset(of: decoder, local: local, context)
  let moment = local &- offset
  guard Civil.isInRange(timestamp: moment) else {
    throw ValueError("22008", "timestamp out of range: \"\(string(text))\"")
  }
  return moment
}

/// Reads a time of day; date and zone in the text are read and ignored.
///
/// - Throws: As ``parseDate(_:_:)``.
package func parseTime(
  _ text: Span<UInt8>,
  _ context: DateTimeContext = .plain
) throws(ValueError) -> Int64 {
  var decoder = DateTimeDecoder(context: context, isTimeOnly: true)
  try run(&decoder, text, "time")
  return decoder.time
}

private func run(
  _ decoder: inout DateTimeDecoder,
  _ text: Span<UInt8>,
  _ type: String
) throws(ValueError) {
  do {
    try decoder.decode(text)
  } catch {
    throw error.valueError(type, text)
  }
}

extension DateTimeProblem {
  /// The error as PostgreSQL words it.
  func valueError(_ type: String, _ text: Span<UInt8>) -> ValueError {
    let input = string(text)
    switch self {
    case .badFormat: return .badDateTime(type, text)
    case .fieldOverflow:
      return ValueError("22008", "date/time field value out of range: \"\(input)\"")
    case .monthOrDayOverflow:
      return ValueError(
        "22008",
        "date/time field value out of range: \"\(input)\"",
        hint: "Perhaps you need a different \"datestyle\" setting."
      )
    case .zoneOverflow:
      return ValueError("22009", "time zone displacement out of range: \"\(input)\"")
    case .unknownZone(let name): return TimeZoneDatabase.notRecognized(name)
    }
  }
}

private func special(_ outcome: DateTimeDecoder.Outcome) -> Int64? {
  switch outcome {
  case .fields: nil
  case .infinity: TimeLimits.timestampInfinity
  case .negativeInfinity: TimeLimits.timestampNegativeInfinity
  case .epoch: -Civil.unixEpochSeconds * 1_000_000
  }
}

private func timestamp(
  _ decoder: DateTimeDecoder,
  _ text: Span<UInt8>
) throws(ValueError) -> Int64 {
  guard let days = decoder.days, let local = Civil.timestamp(days: days, time: decoder.time) else {
    throw ValueError("22008", "timestamp out of range: \"\(string(text))\"")
  }
  return local
}

/// Microseconds east that decoded input asks for at a local time.
private func offset(
  of decoder: DateTimeDecoder,
  local: Int64,
  _ context: DateTimeContext
) -> Int64 {
  if let seconds = decoder.offset { return Int64(seconds) * 1_000_000 }
  guard let name = decoder.zoneName else { return context.zone.offset(forLocal: local) }
  switch ZoneAbbreviation(name) {
  case .fixed(let seconds)?: return Int64(seconds) * 1_000_000
  case .asIn(let zoneName)?:
    guard let zone = context.zones.zone(named: zoneName) else { return 0 }
    let guess = local &- zone.offset(forLocal: local)
    if let seconds = zone.secondsEast(abbreviation: name, at: guess) {
      return Int64(seconds) * 1_000_000
    }
    return zone.offset(forLocal: local)
  case nil:
    return context.zones.zone(named: name)?.offset(forLocal: local) ?? 0
  }
}

// MARK: Plain ISO

/// Two digits as a number, 1,000 when they are none.
@inline(__always)
private func twoDigits(_ text: Span<UInt8>, _ place: Int) -> Int {
  let tens = Int(text[place]) &- 48
  let ones = Int(text[place &+ 1]) &- 48
  let isNumber = UInt(bitPattern: tens) < 10 && UInt(bitPattern: ones) < 10
  return isNumber ? tens &* 10 &+ ones : 1_000
}

/// The first ten bytes as yyyy-mm-dd; nil when they are anything else.
@inline(__always)
private func isoDays(_ text: Span<UInt8>) -> Int64? {
  guard text.count >= 10, text[4] == 0x2d, text[7] == 0x2d else { return nil }
  let (century, years) = (twoDigits(text, 0), twoDigits(text, 2))
  let (month, day) = (twoDigits(text, 5), twoDigits(text, 8))
  let year = century &* 100 &+ years
  guard year > 0, century < 100, years < 100, month <= 12, month > 0, day > 0,
    day <= Civil.daysInMonth(year: year, month: month)
  else { return nil }
  return Civil.days(year: year, month: month, day: day)
}

/// yyyy-mm-dd[ T]hh:mm:ss[.ffffff]; `place` is moved behind what was read.
@inline(__always)
private func isoTimestamp(_ text: Span<UInt8>, _ place: inout Int) -> Int64? {
  guard text.count >= 19, text[10] == 0x20 || text[10] == 0x54, text[13] == 0x3a, text[16] == 0x3a,
    let days = isoDays(text)
  else { return nil }
  let (hour, minute, second) = (twoDigits(text, 11), twoDigits(text, 14), twoDigits(text, 17))
  guard hour < 24, minute < 60, second < 60 else { return nil }
  var micros = (hour &* 60 &+ minute) &* 60 &+ second
  place = 19
  var digits = 0
  if place < text.count, text[place] == 0x2e {
    place &+= 1
    while place < text.count, isDigit(text[place]), digits < 7 {
      micros = micros &* 10 &+ Int(text[place] &- 48)
      digits &+= 1
      place &+= 1
    }
    guard digits > 0, digits < 7 else { return nil }
  }
  while digits < 6 {
    micros = micros &* 10
    digits &+= 1
  }
  return days &* Civil.microsecondsPerDay &+ Int64(micros)
}

/// `Z`, `+hh` or `+hh:mm` from `place` to the end, in microseconds east.
@inline(__always)
private func isoOffset(_ text: Span<UInt8>, _ place: Int) -> Int64? {
  let rest = text.count &- place
  if rest == 1, text[place] == 0x5a { return 0 }
  guard rest == 3 || (rest == 6 && text[place &+ 3] == 0x3a),
    text[place] == 0x2b || text[place] == 0x2d
  else { return nil }
  let hours = twoDigits(text, place &+ 1)
  let minutes = rest == 6 ? twoDigits(text, place &+ 4) : 0
  guard hours <= 15, minutes < 60 else { return nil }
  let micros = Int64(hours &* 60 &+ minutes) &* Civil.microsecondsPerMinute
  return text[place] == 0x2d ? -micros : micros
}
