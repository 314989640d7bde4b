// Dates, times, timestamps and intervals as text: ISO order, style `postgres` for intervals.

extension OutputBuffer {
  /// Appends `2026-03-01`, `infinity` or `0044-03-15 BC`.
  package mutating func append(date days: Int64) {
    if days == TimeLimits.dateInfinity { return append("infinity") }
    if days == TimeLimits.dateNegativeInfinity { return append("-infinity") }
    let date = Civil.date(days: days)
    append(calendar: date)
    if date.year <= 0 { append(" BC") }
  }

  /// Year, month and day without the era.
  private mutating func append(calendar date: CivilDate) {
    let year = date.year > 0 ? date.year : 1 &- date.year
    // SAFETY: at most ten digits of a year, two hyphens and four digits.
    unsafe write(16) { place in
      let digits = year < 10_000 ? 4 : decimalDigitCount(UInt64(year))
      unsafe writeDigits(UInt64(year), place, digits)
      unsafe place[digits] = 0x2d
      unsafe writePair(date.month, place + digits + 1)
      unsafe place[digits + 3] = 0x2d
      unsafe writePair(date.day, place + digits + 4)
      return digits &+ 6
    }
  }

  /// Appends `23:59:59.5`; microseconds since midnight, at most 24:00.
  package mutating func append(time: Int64) {
    let (hour, minute, second, microsecond) = Civil.clock(time)
    // SAFETY: eight bytes.
    unsafe write(8) { place in
      unsafe writePair(hour, place)
      unsafe place[2] = 0x3a
      unsafe writePair(minute, place + 3)
      unsafe place[5] = 0x3a
      unsafe writePair(second, place + 6)
      return 8
    }
    append(fraction: microsecond)
  }

  /// Point and digits of a second, without zeroes at the end.
  private mutating func append(fraction microsecond: Int) {
    guard microsecond != 0 else { return }
    var digits = microsecond
    var width = 6
    while digits % 10 == 0 {
      digits /= 10
      width -= 1
    }
    append(UInt8(ascii: "."))
    append(magnitude: UInt64(digits), width: width)
  }

  /// Appends `2026-03-01 12:00:00.5`.
  package mutating func append(timestamp: Int64) {
    if timestamp == .max { return append("infinity") }
    if timestamp == .min { return append("-infinity") }
    let (days, time) = Civil.split(timestamp)
    let date = Civil.date(days: days)
    append(calendar: date)
    append(UInt8(ascii: " "))
    append(time: time)
    if date.year <= 0 { append(" BC") }
  }

  /// Appends `2026-03-01 12:00:00.5+03`: the clock of `zone` at that moment, and its offset.
  package mutating func append(timestamptz moment: Int64, zone: TimeZone) {
    var cursor = ZoneCursor(zone)
    append(timestamptz: moment, &cursor)
  }

  /// The same for a column: the cursor remembers the offset from row to row.
  package mutating func append(timestamptz moment: Int64, _ cursor: inout ZoneCursor) {
    if moment == .max { return append("infinity") }
    if moment == .min { return append("-infinity") }
    let seconds = cursor.secondsEast(at: moment)
    let (days, time) = Civil.split(moment &+ Int64(seconds) &* 1_000_000)
    let date = Civil.date(days: days)
    append(calendar: date)
    append(UInt8(ascii: " "))
    append(time: time)
    append(offset: seconds)
    if date.year <= 0 { append(" BC") }
  }

  /// Appends `+03`, `-05:30`: hours, then minutes and seconds where they are not 0.
  package mutating func append(offset seconds: Int) {
    append(UInt8(ascii: seconds < 0 ? "-" : "+"))
    let magnitude = Int(seconds.magnitude)
    append(twoDigits: magnitude / 3_600)
    if magnitude % 3_600 != 0 {
      append(UInt8(ascii: ":"))
      append(twoDigits: magnitude / 60 % 60)
    }
    if magnitude % 60 != 0 {
      append(UInt8(ascii: ":"))
      append(twoDigits: magnitude % 60)
    }
  }

  /// Appends `1 year 2 mons -3 days +04:05:06.7`.
  package mutating func append(interval: Interval) {
    var isFirst = true
    var isBefore = false
    func part(_ value: Int, _ unit: StaticString, _ buffer: inout OutputBuffer) {
      guard value != 0 else { return }
      if !isFirst { buffer.append(UInt8(ascii: " ")) }
      if isBefore, value > 0 { buffer.append(UInt8(ascii: "+")) }
      buffer.append(integer: Int64(value))
      buffer.append(UInt8(ascii: " "))
      buffer.append(unit)
      if value != 1 { buffer.append(UInt8(ascii: "s")) }
      // A negative part gives only the next one its sign.
      isBefore = value < 0
      isFirst = false
    }
    part(Int(interval.months / 12), "year", &self)
    part(Int(interval.months % 12), "mon", &self)
    part(Int(interval.days), "day", &self)
    let time = interval.microseconds
    guard isFirst || time != 0 else { return }
    if !isFirst { append(UInt8(ascii: " ")) }
    if time < 0 { append(UInt8(ascii: "-")) } else if isBefore { append(UInt8(ascii: "+")) }
    let seconds = time.magnitude / 1_000_000
    append(magnitude: seconds / 3_600, width: 2)
    append(UInt8(ascii: ":"))
    append(twoDigits: Int(seconds / 60 % 60))
    append(UInt8(ascii: ":"))
    append(twoDigits: Int(seconds % 60))
    append(fraction: Int(time.magnitude % 1_000_000))
  }
}

/// Remembers the stretch of the moment asked for last.
package struct ZoneCursor {
  private let zone: TimeZone
  private var stretch = TimeZone.Stretch.nowhere

  package init(_ zone: TimeZone) { self.zone = zone }

  /// Seconds east of UTC at a moment.
  package mutating func secondsEast(at moment: Int64) -> Int {
    if moment < stretch.start || moment >= stretch.end { stretch = zone.stretch(at: moment) }
    return Int(stretch.offset / 1_000_000)
  }
}
