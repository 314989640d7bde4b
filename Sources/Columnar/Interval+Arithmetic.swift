// Interval arithmetic as PostgreSQL does it: months, days and microseconds are kept apart, and only
// comparison and the justify functions take a month for 30 days and a day for 24 hours.

extension Interval {
  /// Microseconds with 30-day months and 24-hour days: what intervals are compared by.
  package var normalized: Int128 {
    Int128(microseconds) + (Int128(months) * 30 + Int128(days)) * 86_400_000_000
  }

  /// Below, at or above 0 as this span is shorter, equally long or longer; `==` compares the parts.
  package func compare(_ other: Interval) -> Int {
    let (a, b) = (normalized, other.normalized)
    return a < b ? -1 : a == b ? 0 : 1
  }

  package func adding(_ other: Interval) throws(ValueError) -> Interval {
    let (m, a) = months.addingReportingOverflow(other.months)
    let (d, b) = days.addingReportingOverflow(other.days)
    let (t, c) = microseconds.addingReportingOverflow(other.microseconds)
    guard !a, !b, !c else { throw .intervalOutOfRange }
    return Interval(months: m, days: d, microseconds: t)
  }

  package func subtracting(_ other: Interval) throws(ValueError) -> Interval {
    let (m, a) = months.subtractingReportingOverflow(other.months)
    let (d, b) = days.subtractingReportingOverflow(other.days)
    let (t, c) = microseconds.subtractingReportingOverflow(other.microseconds)
    guard !a, !b, !c else { throw .intervalOutOfRange }
    return Interval(months: m, days: d, microseconds: t)
  }

  package func negated() throws(ValueError) -> Interval { try Interval().subtracting(self) }

  /// `interval × factor`; fractions of months become days, of days seconds.
  package func multiplied(by factor: Double) throws(ValueError) -> Interval {
    try scaled { $0 * factor }
  }

  /// `interval ÷ divisor`.
  package func divided(by divisor: Double) throws(ValueError) -> Interval {
    guard divisor != 0 else { throw .divisionByZero }
    return try scaled { $0 / divisor }
  }

  private func scaled(_ scale: (Double) -> Double) throws(ValueError) -> Interval {
    var result = Interval()
    let exactMonths = scale(Double(months))
    let exactDays = scale(Double(days))
    result.months = try Self.int32(exactMonths)
    result.days = try Self.int32(exactDays)
    // The fraction of a month counts as days of 30, and what is left of days as seconds.
    let monthDays = Self.roundedToMicro((exactMonths - Double(result.months)) * 30)
    let wholeMonthDays = monthDays.rounded(.towardZero)
    var seconds = (exactDays - Double(result.days) + monthDays - wholeMonthDays) * 86_400
    seconds = Self.roundedToMicro(seconds)
    if abs(seconds) >= 86_400 {
      let more = (seconds / 86_400).rounded(.towardZero)
      result.days &+= Int32(more)
      seconds -= more * 86_400
    }
    result.days &+= Int32(wholeMonthDays)
    let time = (scale(Double(microseconds)) + seconds * 1_000_000).rounded(.toNearestOrEven)
    guard time >= -0x1p63, time < 0x1p63 else { throw .intervalOutOfRange }
    result.microseconds = Int64(time)
    return result
  }

  private static func int32(_ value: Double) throws(ValueError) -> Int32 {
    guard value >= -2_147_483_648, value <= 2_147_483_647 else { throw .intervalOutOfRange }
    return Int32(value)
  }

  private static func roundedToMicro(_ value: Double) -> Double {
    (value * 1_000_000).rounded(.toNearestOrEven) / 1_000_000
  }

  /// `justify_hours`: 24 hours become a day, signs agree.
  package func justifyingHours() throws(ValueError) -> Interval {
    var result = self
    let whole = Self.trim(&result.microseconds, Civil.microsecondsPerDay)
    result.days = try Self.add(result.days, whole)
    if result.days > 0, result.microseconds < 0 {
      result.microseconds += Civil.microsecondsPerDay
      result.days -= 1
    } else if result.days < 0, result.microseconds > 0 {
      result.microseconds -= Civil.microsecondsPerDay
      result.days += 1
    }
    return result
  }

  /// `justify_days`: 30 days become a month, signs agree.
  package func justifyingDays() throws(ValueError) -> Interval {
    var result = self
    result.months = try Self.add(result.months, Int64(result.days / 30))
    result.days %= 30
    if result.months > 0, result.days < 0 {
      result.days += 30
      result.months -= 1
    } else if result.months < 0, result.days > 0 {
      result.days -= 30
      result.months += 1
    }
    return result
  }

  /// `justify_interval`: both, and all three signs agree.
  package func justified() throws(ValueError) -> Interval {
    var result = self
    // Days first where both have one sign, so that the sum of days cannot leave its range.
    if (days > 0 && microseconds > 0) || (days < 0 && microseconds < 0) {
      let whole = result.days / 30
      result.days -= whole * 30
      result.months = try Self.add(result.months, Int64(whole))
    }
    let wholeDays = Self.trim(&result.microseconds, Civil.microsecondsPerDay)
    result.days = try Self.add(result.days, wholeDays)
    let wholeMonths = result.days / 30
    result.days -= wholeMonths * 30
    result.months = try Self.add(result.months, Int64(wholeMonths))
    if result.months > 0, result.days < 0 || (result.days == 0 && result.microseconds < 0) {
      result.days += 30
      result.months -= 1
    } else if result.months < 0, result.days > 0 || (result.days == 0 && result.microseconds > 0) {
      result.days -= 30
      result.months += 1
    }
    if result.days > 0, result.microseconds < 0 {
      result.microseconds += Civil.microsecondsPerDay
      result.days -= 1
    } else if result.days < 0, result.microseconds > 0 {
      result.microseconds -= Civil.microsecondsPerDay
      result.days += 1
    }
    return result
  }

  /// Takes whole units out of `value` and returns how many.
  private static func trim(_ value: inout Int64, _ unit: Int64) -> Int64 {
    let whole = value / unit
    value -= whole * unit
    return whole
  }

  private static func add(_ left: Int32, _ right: Int64) throws(ValueError) -> Int32 {
    guard let sum = Int32(exactly: Int64(left) + right) else { throw .intervalOutOfRange }
    return sum
  }

  /// `date_trunc` of an interval.
  package func truncated(to field: TimeField) throws(ValueError) -> Interval {
    var result = self
    switch field {
    case .microseconds: return self
    case .milliseconds, .second, .minute, .hour:
      let length = Civil.fixedLength(field) ?? 1
      result.microseconds -= result.microseconds % length
      return result
    case .day: break
    case .month: result.days = 0
    case .quarter: (result.days, result.months) = (0, months - months % 3)
    case .year: (result.days, result.months) = (0, months - months % 12)
    case .decade: (result.days, result.months) = (0, months - months % 120)
    case .century: (result.days, result.months) = (0, months - months % 1_200)
    case .millennium: (result.days, result.months) = (0, months - months % 12_000)
    case .week:
      throw ValueError(
        "0A000",
        "unit \"week\" not supported for type interval",
        detail: "Months usually have fractional weeks."
      )
    default: throw TimeField.notSupported("\(field)", type: "interval")
    }
    result.microseconds = 0
    return result
  }

  /// `extract(field from interval)`, scaled by `field.scale`.
  package func extract(_ field: TimeField) throws(ValueError) -> Int128 {
    switch field {
    case .microseconds, .milliseconds, .second: Int128(microseconds % 60_000_000)
    case .minute: Int128(microseconds / 60_000_000 % 60)
    case .hour: Int128(microseconds / Civil.microsecondsPerHour)
    case .day: Int128(days)
    case .month: Int128(months % 12)
    case .quarter: Int128(months % 12 / 3 + 1)
    case .year: Int128(months / 12)
    case .decade: Int128(months / 120)
    case .century: Int128(months / 1_200)
    case .millennium: Int128(months / 12_000)
    case .epoch:
      // A year counts as 365.25 days, a month that is left as 30.
      (Int128(months / 12) * 31_557_600 + Int128(months % 12) * 2_592_000 + Int128(days) * 86_400)
        * 1_000_000 + Int128(microseconds)
    default: throw TimeField.notSupported("\(field)", type: "interval")
    }
  }
}

extension Civil {
  /// `timestamp + interval`: months first, with the day cut to the month's last, then days, then time.
  package static func add(
    _ timestamp: Int64,
    _ interval: Interval
  ) throws(ValueError) -> Int64 {
    guard !isInfinite(timestamp: timestamp) else { return timestamp }
    var result = timestamp
    if interval.months != 0 {
      let (days, time) = split(result)
      result = try checked(addMonths(days, interval.months), time)
    }
    if interval.days != 0 {
      let (days, time) = split(result)
      result = try checked(days + Int64(interval.days), time)
    }
    let (sum, overflow) = result.addingReportingOverflow(interval.microseconds)
    guard !overflow, isInRange(timestamp: sum) else { throw .timestampOutOfRange }
    return sum
  }

  /// `timestamp - interval`.
  package static func subtract(
    _ timestamp: Int64,
    _ interval: Interval
  ) throws(ValueError) -> Int64 {
    try add(timestamp, interval.negated())
  }

  /// The day `months` months later, cut to the month's last day.
  static func addMonths(_ days: Int64, _ months: Int32) -> Int64 {
    let date = date(days: days)
    let month = date.year * 12 + date.month - 1 + Int(months)
    let year = month >= 0 ? month / 12 : -((11 - month) / 12)
    let monthOfYear = month - year * 12 + 1
    let day = min(date.day, daysInMonth(year: year, month: monthOfYear))
    return Civil.days(year: year, month: monthOfYear, day: day)
  }

  private static func checked(_ days: Int64, _ time: Int64) throws(ValueError) -> Int64 {
    guard let result = timestamp(days: days, time: time) else { throw .timestampOutOfRange }
    return result
  }

  /// `timestamp - timestamp`: days of 24 hours and the rest.
  package static func difference(_ left: Int64, _ right: Int64) throws(ValueError) -> Interval {
    guard !isInfinite(timestamp: left), !isInfinite(timestamp: right) else {
      throw ValueError("22008", "cannot subtract infinite timestamps")
    }
    let (time, overflow) = left.subtractingReportingOverflow(right)
    guard !overflow else { throw .intervalOutOfRange }
    return try Interval(microseconds: time).justifyingHours()
  }

  /// `date + integer`; infinities stay.
  package static func add(date: Int64, days: Int64) throws(ValueError) -> Int64 {
    guard !isInfinite(date: date) else { return date }
    let (sum, overflow) = date.addingReportingOverflow(days)
    guard !overflow, sum >= dateMin, sum <= dateMax else { throw .dateOutOfRange }
    return sum
  }

  /// `date - date` in days.
  package static func difference(dates left: Int64, _ right: Int64) throws(ValueError) -> Int64 {
    guard !isInfinite(date: left), !isInfinite(date: right) else {
      throw ValueError("22008", "cannot subtract infinite dates")
    }
    return left - right
  }

  /// `time + interval`: only the time part counts, modulo a day.
  package static func add(time: Int64, _ interval: Interval) -> Int64 {
    let sum = time &+ interval.microseconds % microsecondsPerDay
    return sum &- floor(sum, microsecondsPerDay)
  }

  /// `age(left, right)`: the symbolic difference in years, months, days and time.
  package static func age(_ left: Int64, _ right: Int64) throws(ValueError) -> Interval {
    guard isInRange(timestamp: left), isInRange(timestamp: right) else {
      throw .timestampOutOfRange
    }
    // From the earlier to the later; the sign goes on at the end. The borrowed month is the one
    // of the earlier moment, whichever argument it was.
    let (early, late) = left < right ? (left, right) : (right, left)
    let a = split(early)
    let b = split(late)
    let from = date(days: a.days)
    let to = date(days: b.days)
    var time = b.time - a.time
    var days = to.day - from.day
    var months = (to.year - from.year) * 12 + to.month - from.month
    if time < 0 {
      time += microsecondsPerDay
      days -= 1
    }
    while days < 0 {
      days += daysInMonth(year: from.year, month: from.month)
      months -= 1
    }
    let result = Interval(months: Int32(months), days: Int32(days), microseconds: time)
    return left < right ? try result.negated() : result
  }
}
