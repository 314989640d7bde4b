import Columnar
import Foundation
import TestSupport
import Testing

/// The machine's tz database, which PostgreSQL uses too.
let zones = TimeZoneDatabase(
  names: [
    "UTC", "Europe/Moscow", "America/New_York", "Asia/Kolkata", "Europe/Dublin",
    "Australia/Lord_Howe", "Asia/Kathmandu", "America/Sao_Paulo", "Europe/London", "Asia/Tehran",
    "Pacific/Apia", "Africa/Casablanca", "Europe/Berlin", "America/St_Johns", "Asia/Yerevan",
    "Antarctica/Troll", "America/Santiago", "Etc/GMT+5", "EST5EDT", "Asia/Yekaterinburg",
  ]
) { name in
  FileManager.default.contents(atPath: "/usr/share/zoneinfo/" + name).map { Array($0) }
}

let zoneNames = zones.names.sorted()

/// A timestamp near our time, or anywhere, or at an edge.
func randomTimestamp(_ random: inout SeededGenerator) -> Int64 {
  switch Int.random(in: 0..<10, using: &random) {
  case 0: return Int64.random(in: Civil.timestampMin..<Civil.timestampEnd, using: &random)
  case 1:
    return Int64.random(in: -100_000...200_000, using: &random) * Civil.microsecondsPerDay
  case 2: return Int64.random(in: -2_000_000_000_000...2_000_000_000_000, using: &random) * 1_000
  case 3:
    return [Int64.max, .min, 0, -1, Civil.timestampMin, Civil.timestampEnd - 1][
      Int.random(in: 0..<6, using: &random)
    ]
  default:
    let seconds = Int64.random(in: -3_155_673_600...3_155_673_600, using: &random)
    return seconds * 1_000_000
      + (Bool.random(using: &random) ? 0 : Int64.random(in: 0..<1_000_000, using: &random))
  }
}

func randomInterval(_ random: inout SeededGenerator) -> Interval {
  func part(_ bound: Int64) -> Int64 {
    switch Int.random(in: 0..<4, using: &random) {
    case 0: 0
    case 1: Int64.random(in: -bound...bound, using: &random)
    default: Int64.random(in: -40...40, using: &random)
    }
  }
  let unit = random.pick([Int64(1), 1_000, 1_000_000, 60_000_000, 3_600_000_000])
  return Interval(
    months: Int32(part(1_000)),
    days: Int32(part(1_000)),
    microseconds: part(100_000) &* unit
  )
}

func text(_ body: (inout OutputBuffer) -> Void) -> String {
  var buffer = OutputBuffer()
  body(&buffer)
  return buffer.string
}

/// `timestamp '…'` and `interval '…'` literals; their text is proved by tests of their own.
func sql(timestamp: Int64) -> String { "timestamp '\(text { $0.append(timestamp: timestamp) })'" }
func sql(timestamptz: Int64) -> String {
  "timestamptz '\(text { $0.append(timestamptz: timestamptz, zone: .utc) })'"
}
func sql(_ interval: Interval) -> String { "interval '\(text { $0.append(interval: interval) })'" }

let truncations: [TimeField] = [
  .microseconds, .milliseconds, .second, .minute, .hour, .day, .week, .month, .quarter, .year,
  .decade,
  .century, .millennium,
]

@Suite struct CalendarTests {
  @Test func `dates and timestamps print and read as PostgreSQL does`() throws {
    var random = SeededGenerator(11)
    var cases: [(String, String?)] = []
    for _ in 0..<6_000 {
      let timestamp = randomTimestamp(&random)
      guard !Civil.isInfinite(timestamp: timestamp) else { continue }
      let printed = text { $0.append(timestamp: timestamp) }
      // Made by arithmetic, so that printing is proved apart from reading.
      let micros = timestamp % 1_000_000
      cases.append(
        (
          "timestamp '2000-01-01' + interval '1 second' * \(timestamp / 1_000_000 / 1_000_000) * 1000000 "
            + "+ interval '1 second' * \(timestamp / 1_000_000 % 1_000_000) + interval '\(micros) microseconds'",
          printed
        )
      )
      cases.append(
        (
          sql(timestamp: timestamp),
          attempt { b throws(ValueError) in
            b.append(timestamp: try parseTimestamp(Array(printed.utf8).span))
          }
        )
      )
      let days = Int64.random(in: -2_451_545...Civil.dateMax, using: &random)
      let date = timestamp % 2 == 0 ? days : days % 300_000
      cases.append(("date '2000-01-01' + (\(date))", text { $0.append(date: date) }))
      let dateText = text { $0.append(date: date) }
      cases.append(
        (
          "date '\(dateText)' - date '2000-01-01'",
          attempt { b throws(ValueError) in
            b.append(integer: try parseDate(Array(dateText.utf8).span))
          }
        )
      )
    }
    try Oracle().check(cases)
  }

  @Test func `date_trunc and extract agree with PostgreSQL`() throws {
    var random = SeededGenerator(12)
    var cases: [(String, String?)] = []
    for _ in 0..<1_200 {
      let timestamp = randomTimestamp(&random)
      let literal = sql(timestamp: timestamp)
      for field in truncations {
        cases.append(
          (
            "date_trunc('\(field)', \(literal))",
            attempt { b throws(ValueError) in
              b.append(timestamp: try Civil.truncate(timestamp, to: field))
            }
          )
        )
      }
      guard !Civil.isInfinite(timestamp: timestamp) else { continue }
      for field in TimeField.allCases where field.rawValue < TimeField.timezone.rawValue {
        guard field != .epoch || timestamp < 9_000_000_000_000_000_000 else { continue }
        cases.append(
          (
            "extract(\(field) from \(literal))",
            attempt { b throws(ValueError) in
              if field == .julian {
                b.append(decimal: try Civil.extractJulian(timestamp))
              } else {
                b.append(
                  scaled: try Civil.extract(field, fromTimestamp: timestamp),
                  scale: field.scale
                )
              }
            }
          )
        )
      }
      let interval = randomInterval(&random)
      for field in truncations {
        if field != .week {
          cases.append(
            (
              "date_trunc('\(field)', \(sql(interval)))",
              attempt { b throws(ValueError) in
                b.append(interval: try interval.truncated(to: field))
              }
            )
          )
          cases.append(
            (
              "extract(\(field) from \(sql(interval)))",
              attempt { b throws(ValueError) in
                b.append(scaled: try interval.extract(field), scale: field.scale)
              }
            )
          )
        }
      }
      cases.append(
        (
          "extract(epoch from \(sql(interval)))",
          attempt { b throws(ValueError) in
            b.append(scaled: try interval.extract(.epoch), scale: 6)
          }
        )
      )
    }
    try Oracle().check(cases)
  }

  @Test func `interval arithmetic agrees with PostgreSQL`() throws {
    var random = SeededGenerator(13)
    var cases: [(String, String?)] = []
    func add(_ sql: String, _ body: (inout OutputBuffer) throws(ValueError) -> Void) {
      cases.append((sql, attempt(body)))
    }
    for _ in 0..<2_500 {
      let (a, b) = (randomInterval(&random), randomInterval(&random))
      let (t, u) = (randomTimestamp(&random), randomTimestamp(&random))
      let factor = Double(Int.random(in: -4_000...4_000, using: &random)) / 100
      add(sql(a)) { o throws(ValueError) in o.append(interval: a) }
      let printed = text { $0.append(interval: a) }
      add(sql(a)) { o throws(ValueError) in
        o.append(interval: try parseInterval(Array(printed.utf8).span))
      }
      add("\(sql(a)) + \(sql(b))") { o throws(ValueError) in o.append(interval: try a.adding(b)) }
      add("\(sql(a)) - \(sql(b))") { o throws(ValueError) in
        o.append(interval: try a.subtracting(b))
      }
      add("\(sql(a)) * \(factor)") { o throws(ValueError) in
        o.append(interval: try a.multiplied(by: factor))
      }
      add("\(sql(a)) / \(factor)") { o throws(ValueError) in
        o.append(interval: try a.divided(by: factor))
      }
      add("justify_hours(\(sql(a)))") { o throws(ValueError) in
        o.append(interval: try a.justifyingHours())
      }
      add("justify_days(\(sql(a)))") { o throws(ValueError) in
        o.append(interval: try a.justifyingDays())
      }
      add("justify_interval(\(sql(a)))") { o throws(ValueError) in
        o.append(interval: try a.justified())
      }
      add("case when \(sql(a)) < \(sql(b)) then -1 when \(sql(a)) = \(sql(b)) then 0 else 1 end") {
        o throws(ValueError) in o.append(integer: Int64(a.compare(b)))
      }
      add("\(sql(timestamp: t)) + \(sql(a))") { o throws(ValueError) in
        o.append(timestamp: try Civil.add(t, a))
      }
      add("\(sql(timestamp: t)) - \(sql(a))") { o throws(ValueError) in
        o.append(timestamp: try Civil.subtract(t, a))
      }
      // PostgreSQL 15 wraps around where the difference leaves 64 bits.
      if !t.subtractingReportingOverflow(u).overflow || Civil.isInfinite(timestamp: t)
        || Civil.isInfinite(timestamp: u)
      {
        add("\(sql(timestamp: t)) - \(sql(timestamp: u))") { o throws(ValueError) in
          o.append(interval: try Civil.difference(t, u))
        }
      }
      if !Civil.isInfinite(timestamp: t), !Civil.isInfinite(timestamp: u) {
        add("age(\(sql(timestamp: t)), \(sql(timestamp: u)))") { o throws(ValueError) in
          o.append(interval: try Civil.age(t, u))
        }
      }
      let time = Int64.random(in: 0..<Civil.microsecondsPerDay, using: &random)
      add("time '\(text { $0.append(time: time) })' + \(sql(a))") { o throws(ValueError) in
        o.append(time: Civil.add(time: time, a))
      }
      let days = Int64.random(in: -3_000...3_000, using: &random) * (t % 2 == 0 ? 1 : 900_000)
      let date = Int64.random(in: -100_000...100_000, using: &random)
      add("date '\(text { $0.append(date: date) })' + (\(days % 2_147_483_647))") {
        o throws(ValueError) in
        o.append(date: try Civil.add(date: date, days: days % 2_147_483_647))
      }
    }
    try Oracle().check(cases)
  }

  @Test func `time zones agree with PostgreSQL`() throws {
    var random = SeededGenerator(14)
    var cases: [(String, String?)] = []
    func add(_ sql: String, _ body: (inout OutputBuffer) throws(ValueError) -> Void) {
      cases.append((sql, attempt(body)))
    }
    for name in zoneNames + ["UTC+3", "MSK-3", "EST5EDT,M3.2.0,M11.1.0", "<+0530>-5:30"] {
      let zone = try #require(zones.zone(named: name))
      for _ in 0..<400 {
        var moment = randomTimestamp(&random)
        if Bool.random(using: &random) {
          // Between 1970 and 2100, where rules change, on round hours.
          moment =
            Int64.random(in: -262_800...876_000, using: &random) * Civil.microsecondsPerHour
            + Int64.random(in: 0...1, using: &random) * 1_800_000_000
        }
        let interval = randomInterval(&random)
        add("\(sql(timestamptz: moment)) at time zone '\(name)'") { o throws(ValueError) in
          o.append(timestamp: try zone.local(fromUTC: moment))
        }
        add("(\(sql(timestamp: moment)) at time zone '\(name)') at time zone 'UTC'") {
          o throws(ValueError) in o.append(timestamp: try zone.utc(fromLocal: moment))
        }
        let field = random.pick(truncations)
        add("date_trunc('\(field)', \(sql(timestamptz: moment)), '\(name)') at time zone 'UTC'") {
          o throws(ValueError) in o.append(timestamp: try zone.truncate(moment, to: field))
        }
        _ = interval
      }
    }
    try Oracle().check(cases)
  }

  @Test func `moments move on their zone's clock`() throws {
    var random = SeededGenerator(15)
    for name in ["America/New_York", "Europe/Moscow", "Australia/Lord_Howe", "Pacific/Apia"] {
      let zone = try #require(zones.zone(named: name))
      let oracle = try Oracle()
      try oracle.execute("SET timezone = '\(name)'")
      var cases: [(String, String?)] = []
      for _ in 0..<1_000 {
        let moment =
          Int64.random(in: -262_800...876_000, using: &random) * Civil.microsecondsPerHour
          + Int64.random(in: 0...3, using: &random) * 900_000_000
        let interval = randomInterval(&random)
        cases.append(
          (
            "\(sql(timestamptz: moment)) + \(sql(interval))",
            attempt { o throws(ValueError) in
              o.append(timestamptz: try zone.add(moment, interval), zone: zone)
            }
          )
        )
        let local = text { $0.append(timestamp: moment) }
        let context = DateTimeContext(zone: zone, zones: zones)
        cases.append(
          (
            "timestamptz '\(local)'",
            attempt { o throws(ValueError) in
              o.append(
                timestamptz: try parseTimestamptz(Array(local.utf8).span, context),
                zone: zone
              )
            }
          )
        )
      }
      try oracle.check(cases)
    }
  }

  @Test func `vectors give what single values give`() throws {
    var random = SeededGenerator(16)
    for round in 0..<300 {
      let count = random.pick([0, 1, 63, 64, 65, 1_000, 1_024])
      let start = Int64.random(in: -9_000...15_000, using: &random) * Civil.microsecondsPerDay
      let width = random.pick([1, 30, 400, 900, 20_000])
      var lanes = (0..<count).map { _ in
        start + Int64.random(in: 0..<Int64(width) * Civil.microsecondsPerDay, using: &random)
      }
      if round % 10 == 0, count > 2 { (lanes[1], lanes[2]) = (.max, .min) }
      let zone = try #require(zones.zone(named: random.pick(zoneNames)))
      var result = [Int64](repeating: 0, count: count)
      for field in truncations {
        var span = result.mutableSpan
        try Civil.truncate(lanes.span, to: field, into: &span)
        #expect(try result == lanes.map { try Civil.truncate($0, to: field) })
        var zoned = result.mutableSpan
        try zone.truncate(lanes.span, to: field, into: &zoned)
        #expect(
          try result == lanes.map { try zone.truncate($0, to: field) },
          "\(zone.name) \(field)"
        )
      }
      for field in TimeField.allCases
      where field.rawValue < TimeField.julian.rawValue || field == .epoch {
        var span = result.mutableSpan
        let hasInfinite = try Civil.extract(field, from: lanes.span, into: &span)
        #expect(hasInfinite == lanes.contains { $0 == .max || $0 == .min })
        #expect(
          try result
            == lanes.map {
              Civil.isInfinite(timestamp: $0) ? 0 : try Civil.extract(field, fromTimestamp: $0)
            }
        )
      }
      var local = result.mutableSpan
      try zone.local(fromUTC: lanes.span, into: &local)
      #expect(try result == lanes.map { try zone.local(fromUTC: $0) })
      var moments = result.mutableSpan
      try zone.utc(fromLocal: lanes.span, into: &moments)
      #expect(try result == lanes.map { try zone.utc(fromLocal: $0) })
    }
  }

  @Test func `every form of input reads as in PostgreSQL`() throws {
    let dates = [
      "2024-02-29", "2023-02-29", "1/8/1999", "1/18/1999", "18/1/1999", "01/02/03", "1999-Jan-08",
      "Jan-08-1999", "08-Jan-1999", "99-Jan-08", "08-Jan-99", "Jan-08-99", "19990108", "990108",
      "1999.008", "J2451187", "January 8, 99 BC", "January 8, 1999", "8 January 1999", "epoch",
      "infinity", "-infinity", "", " ", "foo", "2024-13-01", "2024-00-10", "2024-1-1", "0000-01-01",
      "0001-01-01 BC", "4714-11-24 BC", "4714-11-23 BC", "5874897-12-31", "5874898-01-01",
      "2024-06-30 12:34:56", "2024-06-30T12:34:56Z", "June 2024", "2024", "12:00", "2024-6",
      "2024-06-31",
      "Mon Jun 17 2024", "20240617T040506", "2024 6 17", "6 17 2024", "17 Jun 2024",
      "2024-06-17 BC",
      "2024-06-17 24:00:00", "2024/06/17", "06.17.2024", "17.06.2024", "y2024m06d17", "1999 008",
      "12345-01-01", "99999", "2024-06-17 foo", "24-06-17", "-2024-01-01", "+2024-01-01",
      "2024--01-01",
    ]
    let timestamps =
      dates + [
        "2024-06-17 12:34:56.789", "2024-06-17 12:34", "2024-06-17 12", "2024-06-17 123456",
        "2024-06-17 1234", "2024-06-17 12:34:56.1234567", "2024-06-17 12:34:60",
        "2024-06-17 12:60:00",
        "2024-06-17 24:00:01", "2024-06-17 25:00", "2024-06-17 12:34:56 AM", "2024-06-17 1:05 PM",
        "2024-06-17 13:05 PM", "2024-06-17 12:34:56+03", "2024-06-17 12:34:56 +03:30",
        "2024-06-17 12:34:56-0330", "2024-06-17 12:34:56 UTC", "2024-06-17 12:34:56 MSK",
        "2024-06-17 12:34:56 Europe/Moscow", "2024-06-17 12:34:56 europe/moscow",
        "2024-06-17 12:34:56 America/New_York", "2024-06-17 12:34:56 Nowhere/City",
        "2024-06-17 12:34:56 EST", "2024-06-17 12:34:56 EDT", "2024-06-17 12:34:56 Z",
        "2024-06-17 12:34:56Z", "2024-06-17T12:34:56.5+00:00", "20240617T123456",
        "20240617 12:34:56+16",
        "Mon Jun 17 12:34:56 2024", "Mon Jun 17 12:34:56 2024 PDT", "June 17 12:34:56 2024 CET",
        "12:34:56 2024-06-17", "2024-06-17 12:34:56 xyz", "294276-12-31 23:59:59.999999",
        "294277-01-01", "4714-11-24 00:00:00 BC", "2024-06-17 allballs",
        "1999-01-08 04:05:06 -8:00",
        "1999-01-08 04:05:06.789-8", "January 8 04:05:06 1999 PST", "2024-06-17 12:34:56.",
        "2024-06-17 12:34:56.9999999", "2024-06-17 23:59:59.9999999", "2024-03-10 02:30:00",
        "2024-06-17 12:34:56 +3", "2024-06-17 12:34:56 UTC+3", "2024-06-17 12:34:56 MSD",
        "1990-06-17 12:34:56 MSK", "2012-06-17 12:34:56 MSK", "2024-06-17 12:34:56 -15:59:59",
        "20240617 040506.789", "2024-06-17 040506+07", "20011225 040506.789-07",
        "2024-06-17 T12:34:56", "J2451187 04:05:06", "J2451187.5",
      ]
    let times = [
      "04:05:06.789", "04:05:06", "04:05", "040506", "0405", "04:05 AM", "04:05 PM", "24:00",
      "24:00:01",
      "23:59:60", "12:61", "25:00", "", "x", "2024-06-17 04:05:06", "04:05:06-08", "04:05:06 UTC",
      "allballs", "04:05:06 America/New_York", "4:5", "4", "040506.789", "12:00:00.0000005",
      "infinity",
      "2024-06-17",
    ]
    let intervals = [
      "1 year 2 mons 3 days 04:05:06.7", "1-2", "1-2 3 4:05:06", "P1Y2M3DT4H5M6S",
      "P0001-02-03T04:05:06",
      "@ 1 hour ago", "1 day ago", "1.5 days", "1.5 weeks", "1.5 months", "1.5 years", "0.1 month",
      "1 century", "1 millennium", "1.5 decades", "-1 day +02:03", "1 day -00:00:01", "12", "1.5",
      "-1.5",
      "1:02", "1:02:03", "1:02.5", "100:00:00", "1 foo", "", "foo", "1 2", "1 day 2 day",
      "1 d 2 h 3 m 4 s",
      "1d2h", "PT1.5H", "P1W", "P1", "P", "PT", "P1Y2", "P20240102T010203", "P1.5Y",
      "1 year -2 months",
      "+1 day", "- 1 day", "1 mon 1 month", "2147483648 days", "2147483647 years", "1e3 days",
      "00:00:00.0000001", "1 us 2 ms", "3 quarters", "1 week 1 day", "99999999999 hours",
      "1 hour 30",
      "1 day 12", "1 12", "10 days ago 3 hours",
      "@ 1 year 2 mons -3 days 4 hours 5 mins 6.7 secs ago",
      "1 microsecond", "1.5 seconds", "1 second 500 milliseconds", "-1-2", "-1-2 +3 -4:05:06",
      "1-13", "infinity",
      "0.0000005 seconds", "0.0000015 seconds", "1:60", "1:02:61", "2 days 1:02:03.456789",
      "1 dec 1 c",
    ]
    var cases: [(String, String?)] = []
    for zoneName in ["UTC", "America/New_York"] {
      let zone = try #require(zones.zone(named: zoneName))
      let context = DateTimeContext(zone: zone, zones: zones)
      let oracle = try Oracle()
      try oracle.execute("SET timezone = '\(zoneName)'")
      cases = []
      for input in dates {
        cases.append(
          (
            "date \(quoted(input))",
            attempt { o throws(ValueError) in
              o.append(date: try parseDate(Array(input.utf8).span, context))
            }
          )
        )
      }
      for input in timestamps {
        cases.append(
          (
            "timestamp \(quoted(input))",
            attempt { o throws(ValueError) in
              o.append(timestamp: try parseTimestamp(Array(input.utf8).span, context))
            }
          )
        )
        cases.append(
          (
            "timestamptz \(quoted(input))",
            attempt { o throws(ValueError) in
              o.append(
                timestamptz: try parseTimestamptz(Array(input.utf8).span, context),
                zone: zone
              )
            }
          )
        )
      }
      for input in times {
        cases.append(
          (
            "time \(quoted(input))",
            attempt { o throws(ValueError) in
              o.append(time: try parseTime(Array(input.utf8).span, context))
            }
          )
        )
      }
      for input in intervals {
        cases.append(
          (
            "interval \(quoted(input))",
            attempt { o throws(ValueError) in
              o.append(interval: try parseInterval(Array(input.utf8).span))
            }
          )
        )
      }
      try oracle.check(cases)
    }
  }
}
