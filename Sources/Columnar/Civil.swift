// The civil calendar: days and microseconds since 2000-01-01 against year, month, day and time of day.
//
// Proleptic Gregorian, year 0 is 1 BC. Source of the conversion from days: Neri and Schneider, "Euclidean
// affine functions and their application to calendar algorithms", 2022: a year of 365.25 days that
// begins in March, one multiplication in place of a division by days per year, one for the month.

/// A day of the proleptic Gregorian calendar.
package struct CivilDate: Equatable, Sendable, BitwiseCopyable {
  /// Astronomical: 0 is 1 BC, -1 is 2 BC.
  package var year: Int
  /// 1...12.
  package var month: Int
  /// 1...31.
  package var day: Int

  package init(year: Int, month: Int, day: Int) {
    self.year = year
    self.month = month
    self.day = day
  }
}

/// A moment of no zone, in its parts.
package struct CivilTime: Equatable, Sendable, BitwiseCopyable {
  package var date: CivilDate
  /// 0...23.
  package var hour: Int
  package var minute: Int
  package var second: Int
  package var microsecond: Int
}

/// Conversions between lanes and calendar parts.
package enum Civil {
  package static let microsecondsPerDay: Int64 = 86_400_000_000
  package static let microsecondsPerHour: Int64 = 3_600_000_000
  package static let microsecondsPerMinute: Int64 = 60_000_000
  package static let microsecondsPerSecond: Int64 = 1_000_000
  /// Julian day number of 2000-01-01.
  package static let epochJulianDay: Int64 = 2_451_545
  /// 4714-11-24 BC.
  package static let dateMin: Int64 = -2_451_545
  /// 5874897-12-31.
  package static let dateMax: Int64 = 2_145_031_948
  /// 4714-11-24 00:00 BC.
  package static let timestampMin: Int64 = -211_813_488_000_000_000
  /// The first microsecond of 294277 AD, itself out of range.
  package static let timestampEnd: Int64 = 9_223_371_331_200_000_000
  /// Seconds from 1970-01-01 to 2000-01-01.
  package static let unixEpochSeconds: Int64 = 946_684_800

  /// 1,000 eras of 400 years; makes every day number of PostgreSQL's range positive.
  private static let eras: Int64 = 20_000
  private static let daysBias = 730_425 + eras * 146_097
  private static let yearsBias = Int(eras) * 400

  /// The calendar day of a day number.
  @inline(__always)
  package static func date(days: Int64) -> CivilDate {
    let n = UInt64(bitPattern: days &+ daysBias) &* 4 &+ 3
    let century = n / 146_097
    let inCentury = UInt32(truncatingIfNeeded: (n % 146_097) | 3)
    let product = UInt64(inCentury) &* 2_939_745
    let year = Int(century) &* 100 &+ Int(product >> 32)
    let dayOfYear = UInt32(truncatingIfNeeded: product) / 2_939_745 / 4
    let packed = dayOfYear &* 2_141 &+ 197_913
    let month = Int(packed >> 16)
    let isNextYear = dayOfYear >= 306
    return CivilDate(
      year: year &- yearsBias &+ (isNextYear ? 1 : 0),
      month: isNextYear ? month &- 12 : month,
      day: Int((packed & 0xffff) / 2_141) &+ 1
    )
  }

  /// The day number of a calendar day; `month` 1...12, `day` may lie outside of the month.
  @inline(__always)
  package static func days(year: Int, month: Int, day: Int) -> Int64 {
    let isEarly = month <= 2
    let y = year &+ yearsBias &- (isEarly ? 1 : 0)
    let m = isEarly ? month &+ 12 : month
    let century = y / 100
    let daysToYear = 1_461 &* y / 4 &- century &+ century / 4
    let daysToMonth = (979 &* m &- 2_919) >> 5
    return Int64(daysToYear &+ daysToMonth &+ day &- 1) &- daysBias
  }

  /// Whether the calendar day is one of PostgreSQL's dates, and the day exists.
  package static func isValid(_ date: CivilDate) -> Bool {
    guard (1...12).contains(date.month), date.day >= 1 else { return false }
    guard date.year >= -4713, date.year <= 5_874_897 else { return false }
    guard date.day <= daysInMonth(year: date.year, month: date.month) else { return false }
    return (dateMin...dateMax).contains(
      days(year: date.year, month: date.month, day: date.day)
    )
  }

  package static func isLeap(_ year: Int) -> Bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
  }

  package static func daysInMonth(year: Int, month: Int) -> Int {
    month == 2 ? (isLeap(year) ? 29 : 28) : 30 &+ ((month &+ month >> 3) & 1)
  }

  /// Whether the lane is a finite timestamp of PostgreSQL's range.
  @inline(__always)
  package static func isInRange(timestamp: Int64) -> Bool {
    timestamp >= timestampMin && timestamp < timestampEnd
  }

  @inlinable
  @inline(__always)
  package static func isInfinite(timestamp: Int64) -> Bool {
    timestamp == .max || timestamp == .min
  }

  @inline(__always)
  package static func isInfinite(date: Int64) -> Bool {
    date == TimeLimits.dateInfinity || date == TimeLimits.dateNegativeInfinity
  }

  /// Days and the microseconds of the day, which are never negative.
  @inline(__always)
  package static func split(_ timestamp: Int64) -> (days: Int64, time: Int64) {
    var days = timestamp / microsecondsPerDay
    var time = timestamp &- days &* microsecondsPerDay
    if time < 0 {
      time &+= microsecondsPerDay
      days &-= 1
    }
    return (days, time)
  }

  /// The parts of a finite timestamp.
  package static func time(timestamp: Int64) -> CivilTime {
    let (days, time) = split(timestamp)
    let (hour, minute, second, microsecond) = clock(time)
    return CivilTime(
      date: date(days: days),
      hour: hour,
      minute: minute,
      second: second,
      microsecond: microsecond
    )
  }

  /// Hour, minute, second and microsecond of a time of day, which may be 24:00.
  @inline(__always)
  package static func clock(_ time: Int64) -> (Int, Int, Int, Int) {
    let seconds = UInt64(bitPattern: time) / 1_000_000
    let micros = UInt64(bitPattern: time) &- seconds &* 1_000_000
    let whole = UInt32(truncatingIfNeeded: seconds)
    let hour = whole / 3_600
    let rest = whole &- hour &* 3_600
    let minute = rest / 60
    return (Int(hour), Int(minute), Int(rest &- minute &* 60), Int(micros))
  }

  /// The timestamp of a day and a time of day; nil outside of PostgreSQL's range.
  package static func timestamp(days: Int64, time: Int64) -> Int64? {
    let (product, overflow) = days.multipliedReportingOverflow(by: microsecondsPerDay)
    guard !overflow else { return nil }
    let (sum, tooFar) = product.addingReportingOverflow(time)
    guard !tooFar, isInRange(timestamp: sum) else { return nil }
    return sum
  }

  /// The timestamp of calendar parts; nil outside of PostgreSQL's range.
  package static func timestamp(_ time: CivilTime) -> Int64? {
    let days = days(year: time.date.year, month: time.date.month, day: time.date.day)
    let clock =
      ((time.hour * 60 + time.minute) * 60 + time.second) * 1_000_000 + time.microsecond
    return timestamp(days: days, time: Int64(clock))
  }

  /// Midnight of a date as a timestamp; infinities stay.
  package static func timestamp(date: Int64) throws(ValueError) -> Int64 {
    if date == TimeLimits.dateInfinity { return TimeLimits.timestampInfinity }
    if date == TimeLimits.dateNegativeInfinity { return TimeLimits.timestampNegativeInfinity }
    guard let timestamp = timestamp(days: date, time: 0) else {
      throw ValueError("22008", "date out of range for timestamp")
    }
    return timestamp
  }

  /// The date of a timestamp; infinities stay.
  package static func date(timestamp: Int64) -> Int64 {
    if timestamp == .max { return TimeLimits.dateInfinity }
    if timestamp == .min { return TimeLimits.dateNegativeInfinity }
    return split(timestamp).days
  }

  /// 0 = Sunday … 6 = Saturday.
  @inline(__always)
  package static func dayOfWeek(days: Int64) -> Int {
    // 2000-01-01 was a Saturday; the bias makes the day number positive and is a multiple of 7.
    Int(UInt64(bitPattern: days &+ 6 &+ 7_000_000_000) % 7)
  }

  /// Day of the year, from 1.
  package static func dayOfYear(_ date: CivilDate) -> Int {
    Int(
      days(year: date.year, month: date.month, day: date.day)
        &- days(year: date.year, month: 1, day: 1)
    ) &+ 1
  }

  /// ISO 8601 year and week of a day.
  package static func isoWeek(days: Int64) -> (year: Int, week: Int) {
    let monday = days &- Int64((dayOfWeek(days: days) &+ 6) % 7)
    let year = date(days: monday &+ 3).year
    return (year, Int((monday &- isoYearStart(year)) / 7) &+ 1)
  }

  /// The Monday of ISO week 1 of a year.
  package static func isoYearStart(_ year: Int) -> Int64 {
    let fourth = Civil.days(year: year, month: 1, day: 4)
    return fourth &- Int64((dayOfWeek(days: fourth) &+ 6) % 7)
  }
}
