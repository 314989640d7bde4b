/// When things happen: more each month, less at weekends, mostly in working hours (UTC).
///
/// Times are microseconds since the start of the first month.
struct CRMCalendar: Sendable {
  static let microsecondsPerDay: Int64 = 86_400_000_000

  /// Days that data covers.
  let dayCount: Int
  /// `2026-03-15` for each day, from `earlierDays` before the start on: ten bytes a day.
  private let dates: [UInt8]
  /// Before the start: when people were hired and customers met.
  private static let earlierDays = 2_000
  /// Weight of all days up to and with this one.
  private let cumulativeWeights: [UInt64]
  /// Hour of the day for each of 256 equal shares.
  private let hours: [UInt8]

  init(months: Int, end: CRMScale.Day) {
    let endDay = Self.dayNumber(end.year, end.month, end.day)
    // The last month is the one of the day before the end.
    let last = Self.civil(endDay - 1)
    let startMonth = last.year * 12 + last.month - 1 - (months - 1)
    let startDay = Self.dayNumber(startMonth / 12, startMonth % 12 + 1, 1)
    dayCount = endDay - startDay
    var dates: [UInt8] = []
    for day in (startDay - Self.earlierDays)..<endDay {
      let date = Self.civil(day)
      dates += Self.digits(date.year, 4) + [UInt8(ascii: "-")]
      dates += Self.digits(date.month, 2) + [UInt8(ascii: "-")] + Self.digits(date.day, 2)
    }
    self.dates = dates
    let season: [UInt64] = [80, 90, 105, 100, 90, 95, 85, 88, 105, 110, 118, 134]
    let weekday: [UInt64] = [10, 10, 10, 10, 9, 4, 2]
    var total: UInt64 = 0
    cumulativeWeights = (startDay..<endDay).map { day in
      let date = Self.civil(day)
      let month = date.year * 12 + date.month - 1 - startMonth
      // Day 0 of the epoch was a Thursday.
      total += UInt64(100 + 3 * month) * season[date.month - 1] * weekday[(day + 3) % 7]
      return total
    }
    let perHour = [
      2, 1, 1, 1, 2, 4, 9, 17, 24, 27, 26, 22, 23, 25, 22, 17, 11, 7, 4, 3, 3, 2, 2, 1,
    ]
    hours = perHour.enumerated().flatMap { hour, share in
      [UInt8](repeating: UInt8(hour), count: share)
    }
  }

  /// The moment of row `row` of `count` rows that are spread over the calendar in order.
  func moment(row: Int, of count: Int, roll: UInt64) -> Int64 {
    let total = cumulativeWeights.last ?? 1
    let scaled = total.multipliedFullWidth(by: UInt64(row) &* 2 &+ 1)
    let share = (UInt64(count) &* 2).dividingFullWidth(scaled).quotient
    var low = 0
    var high = cumulativeWeights.count - 1
    while low < high {
      let middle = (low + high) / 2
      if cumulativeWeights[middle] > share { high = middle } else { low = middle + 1 }
    }
    return Int64(low) &* Self.microsecondsPerDay &+ timeOfDay(roll)
  }

  /// Mostly working hours, to the millisecond.
  func timeOfDay(_ roll: UInt64) -> Int64 {
    let hour = Int64(hours[Int(truncatingIfNeeded: roll & 255)])
    let milliseconds = Int64(roll.below(3_600_000, bits: 32, from: 8))
    return hour &* 3_600_000_000 &+ milliseconds &* 1_000
  }

  /// The first moment after the data.
  var end: Int64 { Int64(dayCount) &* Self.microsecondsPerDay }

  /// Calls `body` with the ten bytes of a day, which counts from the start and may be negative.
  @inline(__always)
  func withDate(_ day: Int, _ body: (ArraySlice<UInt8>) -> Void) {
    let first = (day + Self.earlierDays) * 10
    body(dates[first..<first + 10])
  }

  /// Days since 1970-01-01.
  static func dayNumber(_ year: Int, _ month: Int, _ day: Int) -> Int {
    let shifted = month <= 2 ? year - 1 : year
    let era = (shifted >= 0 ? shifted : shifted - 399) / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  private static func civil(_ dayNumber: Int) -> CRMScale.Day {
    let days = dayNumber + 719_468
    let era = (days >= 0 ? days : days - 146_096) / 146_097
    let dayOfEra = days - era * 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    return CRMScale.Day(
      year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
      month: month,
      day: dayOfYear - (153 * shifted + 2) / 5 + 1
    )
  }

  private static func digits(_ value: Int, _ width: Int) -> [UInt8] {
    let digits = Array(String(value).utf8)
    return [UInt8](repeating: UInt8(ascii: "0"), count: max(0, width - digits.count)) + digits
  }
}
