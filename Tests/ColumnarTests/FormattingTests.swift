import Columnar
import TestSupport
import Testing

@Suite struct FormattingTests {
  let fields = [
    "YYYY", "YYY", "YY", "Y", "Y,YYY", "IYYY", "IYY", "IY", "I", "MM", "MON", "Mon", "mon", "MONTH",
    "Month",
    "month", "FMMonth", "TMMonth", "DD", "FMDD", "DDD", "FMDDD", "D", "ID", "IDDD", "DAY", "Day",
    "day",
    "FMDay", "TMDay", "DY", "Dy", "dy", "HH", "HH12", "HH24", "FMHH24", "FMHH12", "MI", "FMMI",
    "SS", "FMSS",
    "MS", "US", "FF1", "FF3", "FF6", "SSSS", "SSSSS", "AM", "am", "A.M.", "p.m.", "PM", "AD", "BC",
    "b.c.",
    "A.D.", "CC", "FMCC", "Q", "WW", "IW", "W", "J", "RM", "rm", "FMRM", "TZH", "TZM", "OF", "TZ",
    "tz",
    "DDth", "DDTH", "FMDDth", "Dth", "HH24th", "YYYYth", "yyyy", "mm", "dd", "hh24", "mi", "ss",
    "FX",
  ]
  let separators = [
    "-", "/", " ", ":", ".", ",", "T", "\"of\"", "\" x\\\"y \"", "", "", "_", "é", "\\\"", "X1",
  ]

  func randomPattern(_ random: inout SeededGenerator, from fields: [String]) -> String {
    (0..<Int.random(in: 1...6, using: &random)).map { _ in
      random.pick(fields) + random.pick(separators)
    }.joined()
  }

  @Test func `to_char of dates and times agrees with PostgreSQL`() throws {
    var random = SeededGenerator(31)
    let zone = try #require(zones.zone(named: "America/New_York"))
    let oracle = try Oracle()
    try oracle.execute("SET timezone = 'America/New_York'")
    var cases: [(String, String?)] = []
    for _ in 0..<8_000 {
      let pattern = randomPattern(&random, from: fields)
      let compiled = DateTimePattern(pattern)
      guard !compiled.isEmpty else { continue }
      let timestamp = randomTimestamp(&random)
      guard Civil.isInRange(timestamp: timestamp) else { continue }
      cases.append(
        (
          "to_char(\(sql(timestamp: timestamp)), \(quoted(pattern)))",
          text { $0.append(timestamp: timestamp, compiled) }
        )
      )
      let moment = Int64.random(in: -2_000_000_000...3_000_000_000, using: &random) * 1_000_000
      cases.append(
        (
          "to_char(\(sql(timestamptz: moment)), \(quoted(pattern)))",
          text { $0.append(timestamptz: moment, zone: zone, compiled) }
        )
      )
    }
    let clock = fields.filter { field in
      ["HH", "MI", "SS", "MS", "US", "FF", "DD", "YY", "MM", "Q", "AM", "am", "p.m.", "A.M."]
        .contains { field.contains($0) }
        && !["DDT", "ID", "MMonth", "IY", "DAY", "TM"].contains { field.contains($0) }
    }
    for _ in 0..<2_000 {
      let pattern = randomPattern(&random, from: clock)
      // What TM and I make of an interval is left to chance there.
      guard !pattern.contains("TMI") else { continue }
      var interval = randomInterval(&random)
      // Of negative intervals PostgreSQL 15 prints some fields in ways of its own.
      interval = Interval(
        months: abs(interval.months),
        days: abs(interval.days),
        microseconds: abs(interval.microseconds)
      )
      cases.append(
        (
          "to_char(\(sql(interval)), \(quoted(pattern)))",
          attempt { o throws(ValueError) in
            try o.append(interval: interval, DateTimePattern(pattern))
          }
        )
      )
    }
    try oracle.check(cases)
  }

  @Test func `to_timestamp and to_date read back what to_char wrote`() throws {
    var random = SeededGenerator(32)
    let patterns = [
      "YYYY-MM-DD HH24:MI:SS", "YYYY-MM-DD HH24:MI:SS.US", "YYYYMMDD", "YYYYMMDDHH24MISS",
      "DD Mon YYYY",
      "FMDD FMMonth YYYY", "Month DD, YYYY HH12:MI AM", "IYYY-IW-ID", "YYYY-DDD", "J", "DD.MM.YY",
      "YYYY-MM-DD\"T\"HH24:MI:SS.MS", "Y,YYY MM DD", "FMYYYY/FMMM/FMDD", "RM DD YYYY",
      "YYYY BC MM DD",
      "Day DD Month YYYY", "CC YY MM DD", "YYYY-MM-DD SSSS", "DDth Mon YYYY", "FXYYYY-MM-DD",
      "YYYY-WW-D",
      "MM/DD/YYYY HH:MI:SS p.m.", "YYYY-MM-DD HH24:MI:SSTZH:TZM", "YYY-MM-DD", "IDDD IYYY",
      "YYYY-MM-W",
    ]
    var cases: [(String, String?)] = []
    func add(_ input: String, _ pattern: String) {
      cases.append(
        (
          "to_timestamp(\(quoted(input)), \(quoted(pattern)))",
          attempt { o throws(ValueError) in
            let moment = try parseTimestamptz(
              Array(input.utf8).span,
              DateTimePattern(pattern),
              zone: .utc
            )
            o.append(timestamptz: moment, zone: .utc)
          }
        )
      )
      cases.append(
        (
          "to_date(\(quoted(input)), \(quoted(pattern)))",
          attempt { o throws(ValueError) in
            o.append(date: try parseDate(Array(input.utf8).span, DateTimePattern(pattern)))
          }
        )
      )
    }
    for _ in 0..<300 {
      for pattern in patterns {
        let timestamp =
          Int64.random(in: -4_000_000_000...4_000_000_000, using: &random) * 1_000_000
          + Int64.random(in: 0..<1_000_000, using: &random)
        let input = text { $0.append(timestamp: timestamp, DateTimePattern(pattern)) }
        add(input, pattern)
      }
    }
    let odd: [(String, String)] = [
      ("2024-02-30", "YYYY-MM-DD"), ("2024-13-01", "YYYY-MM-DD"), ("2024", "YYYY"), ("05", "MM"),
      ("", "YYYY"),
      ("abc", "YYYY"), ("2024-1-5", "YYYY-MM-DD"), ("2024 1 5", "YYYY-MM-DD"),
      ("20240105", "YYYY-MM-DD"),
      ("2024-01-05 25:00", "YYYY-MM-DD HH24:MI"), ("2024-01-05 13:00 PM", "YYYY-MM-DD HH12:MI PM"),
      ("12 Foo 2024", "DD Mon YYYY"), ("12 JANUARY 2024", "DD Month YYYY"),
      ("12 jan 2024", "DD MON YYYY"),
      ("2024-06-01", "YYYYMMDD"), ("24", "YYYY"), ("99", "YY"), ("69", "YY"), ("70", "YY"),
      ("5", "Y"),
      ("2024-366", "YYYY-DDD"), ("2023-366", "YYYY-DDD"), ("100", "DDD"),
      ("2024-01-05", "YYYY-MM-DD TZ"),
      ("2024-53-1", "IYYY-IW-ID"), ("2024-05", "IYYY-MM"), ("  2024  -  06 - 01", "YYYY-MM-DD"),
      ("2024--06--01", "YYYY-MM-DD"), ("2024-06-01 extra", "YYYY-MM-DD"),
      ("2024-06-01", "YYYY-MM-DD HH24:MI"),
      ("44 BC", "YYYY BC"), ("0000-01-01", "YYYY-MM-DD"),
      ("2024-06-01 10:20:30+05", "YYYY-MM-DD HH24:MI:SSTZH"),
      ("2024-06-01 10:20:30 -05:30", "YYYY-MM-DD HH24:MI:SS TZH:TZM"), ("2024-06-31", "YYYY-MM-DD"),
      ("12:30", "HH12:MI"), ("0:30", "HH12:MI"), ("12.5", "SS.MS"), ("12.05", "SS.MS"),
      ("2024 2025", "YYYY YYYY"),
      ("2024/06/01", "YYYY-MM-DD"), ("2024x06x01", "YYYY-MM-DD"), ("2024-06-01", "FXYYYY/MM/DD"),
      ("2024-6-1", "FXYYYY-MM-DD"), ("June 1", "Month DD"), ("21 24", "CC YY"), ("20 00", "CC YY"),
      ("19", "CC"),
      ("-44-02-01", "YYYY-MM-DD"), ("1,234 05 06", "Y,YYY MM DD"), ("2024Q2", "YYYY\"Q\"Q"),
      ("2460000", "J"),
      ("99999999999", "YYYY"), ("2024-06-01 12:30:45.123456", "YYYY-MM-DD HH24:MI:SS.FF6"),
      ("2024-06-01 12:30:45.12", "YYYY-MM-DD HH24:MI:SS.FF3"), ("1/2/3", "FMMM/FMDD/FMYYYY"),
      ("VIII", "RM"),
      ("viii 2024", "rm YYYY"), ("2024 3", "YYYY W"),
    ]
    for (input, pattern) in odd { add(input, pattern) }
    try Oracle().check(cases)
  }

  @Test func `to_char of numbers agrees with PostgreSQL`() throws {
    var random = SeededGenerator(33)
    var patterns = [
      "9", "99.99", "FM999990.00", "000", "999G999D99", "FM999,999.99", "S999", "999S", "MI999",
      "999MI", "PL999",
      "SG999", "999PR", "FM999PR", "RN", "FMRN", "rn", "99V99", "9.99EEEE", "9EEEE", "999th",
      "FM999TH", "L999",
      "0.99", ".99", "9.9", "FM9.9", "FM0.9", "B999", "990.990", "FM990.990", "9,999", "FM9,999",
      "0,000",
      "S0.0", "0.0S", "99 99", "9\"x\"9", "S9S", "9.9.9", "MI9S", "PR9", "9PR9", "EEEE9", "9SG",
      "FM9999999999999999",
      "999999999999999.999999", "$999", "999%", "C999", "SP999", "FMS999.09", "FM009.990", "D9",
      "9D",
    ]
    let pieces = ["9", "9", "9", "0", ",", ".", "G", "D", "99", "00", " ", "x"]
    for _ in 0..<600 {
      var pattern = random.pick(["", "", "FM", "S", "MI", "PL", "SG", "L"])
      for _ in 0..<Int.random(in: 1...7, using: &random) { pattern += random.pick(pieces) }
      pattern += random.pick(["", "", "", "PR", "S", "MI", "th", "SG", "PL"])
      patterns.append(pattern)
    }
    var cases: [(String, String?)] = []
    for pattern in patterns {
      // TH without a digit is an error of PostgreSQL's own making.
      if pattern.lowercased().hasSuffix("th"), !pattern.contains("9"), !pattern.contains("0") {
        continue
      }
      for _ in 0..<14 {
        var value = randomNumeric(&random, digits: 6)
        if Int.random(in: 0..<4, using: &random) == 0 {
          value = random.pick(["0", "0.5", "-0.5", "0.05", "12", "1"])
        }
        if pattern.lowercased().hasSuffix("th"), value == "NaN" { continue }
        // PostgreSQL fails on roman numerals of these.
        if pattern.lowercased().contains("rn"), value.contains("N") || value.contains("I") {
          continue
        }
        cases.append(
          (
            "to_char(\(quoted(value))::numeric, \(quoted(pattern)))",
            attempt { o throws(ValueError) in
              try o.append(decimal: decimal(value), NumberPattern(pattern))
            }
          )
        )
        if let double = Double(value), double.isFinite {
          cases.append(
            (
              "to_char(\(quoted(value))::float8, \(quoted(pattern)))",
              attempt { o throws(ValueError) in
                try o.append(double: double, NumberPattern(pattern))
              }
            )
          )
        }
        let whole = Int64.random(in: -12_345...12_345, using: &random)
        cases.append(
          (
            "to_char(\(whole)::int8, \(quoted(pattern)))",
            attempt { o throws(ValueError) in
              try o.append(integer: whole, NumberPattern(pattern))
            }
          )
        )
      }
    }
    try Oracle().check(cases)
  }
}
