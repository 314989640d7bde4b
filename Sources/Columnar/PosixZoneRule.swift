// The POSIX form of a time zone, `EET-2EEST,M3.5.0/3,M10.5.0/4`: the tail of a TZif file, which rules
// all years after its last transition, and a zone name of its own in PostgreSQL.
// Source: RFC 8536 §3.3, POSIX.1 §8.3. Offsets there count west, here east.

/// A standard offset and, perhaps, when summer time begins and ends.
struct PosixZoneRule: Sendable {
  struct Offset: Sendable {
    /// Seconds east of UTC.
    var seconds: Int32
    var isSummer: Bool
    var abbreviation: String
  }

  /// A moment of each year in local time.
  struct Change: Sendable {
    enum Day: Sendable {
      /// Week 1...5 (5 = last) and day of the week of a month.
      case week(month: Int, week: Int, day: Int)
      /// 1...365, never 29 February.
      case julian(Int)
      /// 0...365, leap days counted.
      case ordinal(Int)
    }
    var day: Day
    /// Seconds after local midnight, may be negative or beyond a day.
    var time: Int64

    /// Seconds since 2000-01-01 00:00 local of this year's change.
    func seconds(year: Int) -> Int64 {
      let days: Int64
      switch day {
      case .julian(let number):
        let leap = Civil.isLeap(year) && number >= 60 ? 1 : 0
        days = Civil.days(year: year, month: 1, day: number + leap)
      case .ordinal(let number):
        days = Civil.days(year: year, month: 1, day: number + 1)
      case .week(let month, let week, let weekday):
        let first = Civil.days(year: year, month: month, day: 1)
        let ahead = (weekday - Civil.dayOfWeek(days: first) + 7) % 7
        var dayOfMonth = 1 + ahead + (week - 1) * 7
        while dayOfMonth > Civil.daysInMonth(year: year, month: month) { dayOfMonth -= 7 }
        days = first + Int64(dayOfMonth - 1)
      }
      return days * 86_400 + time
    }
  }

  var standard: Offset
  var summer: (offset: Offset, begins: Change, ends: Change)?

  /// The two changes of a year in seconds of UTC since 2000-01-01, in order of time.
  func changes(year: Int) -> [(at: Int64, to: Offset)] {
    guard let summer else { return [] }
    let begin = summer.begins.seconds(year: year) - Int64(standard.seconds)
    let end = summer.ends.seconds(year: year) - Int64(summer.offset.seconds)
    return begin < end
      ? [(begin, summer.offset), (end, standard)] : [(end, standard), (begin, summer.offset)]
  }
}

extension PosixZoneRule {
  /// Reads the POSIX form; nil when it is not one.
  init?(_ text: Span<UInt8>) {
    var scanner = Scanner(text: text)
    guard let name = scanner.name(), let west = scanner.offset(hoursMax: 24) else { return nil }
    standard = Offset(seconds: Int32(-west), isSummer: false, abbreviation: name)
    summer = nil
    guard !scanner.isAtEnd else { return }
    guard let summerName = scanner.name() else { return nil }
    var seconds = standard.seconds + 3_600
    if let next = scanner.peek, next != 0x2c {
      guard let west = scanner.offset(hoursMax: 24) else { return nil }
      seconds = Int32(-west)
    }
    let offset = Offset(seconds: seconds, isSummer: true, abbreviation: summerName)
    guard !scanner.isAtEnd else {
      // No rule given: the one of the United States, as PostgreSQL assumes.
      summer = (
        offset, Change(day: .week(month: 3, week: 2, day: 0), time: 7_200),
        Change(day: .week(month: 11, week: 1, day: 0), time: 7_200)
      )
      return
    }
    guard let begins = scanner.change(), let ends = scanner.change(), scanner.isAtEnd else {
      return nil
    }
    summer = (offset, begins, ends)
  }

  private struct Scanner: ~Escapable {
    let text: Span<UInt8>
    var place = 0

    @_lifetime(copy text)
    init(text: Span<UInt8>) { self.text = text }

    var isAtEnd: Bool { place == text.count }
    var peek: UInt8? { place < text.count ? text[place] : nil }

    /// At least three letters, or anything in angle brackets.
    mutating func name() -> String? {
      var bytes: [UInt8] = []
      if peek == 0x3c {
        place += 1
        while let byte = peek, byte != 0x3e {
          bytes.append(byte)
          place += 1
        }
        guard peek == 0x3e else { return nil }
        place += 1
      } else {
        while let byte = peek, lowercased(byte) &- 97 < 26 {
          bytes.append(byte)
          place += 1
        }
      }
      return bytes.count >= 3 && bytes.count <= 32 ? String(decoding: bytes, as: UTF8.self) : nil
    }

    mutating func number(max: Int) -> Int? {
      var value = 0
      let start = place
      while let byte = peek, byte &- 48 < 10, place - start < 4 {
        value = value * 10 + Int(byte - 48)
        place += 1
      }
      return place > start && value <= max ? value : nil
    }

    /// [+-]h[h][:mm[:ss]] in seconds.
    mutating func offset(hoursMax: Int) -> Int? {
      var sign = 1
      if peek == 0x2d || peek == 0x2b {
        sign = peek == 0x2d ? -1 : 1
        place += 1
      }
      guard let hours = number(max: hoursMax) else { return nil }
      var seconds = hours * 3_600
      for unit in [60, 1] {
        guard peek == 0x3a else { break }
        place += 1
        guard let value = number(max: 59) else { return nil }
        seconds += value * unit
      }
      return sign * seconds
    }

    mutating func change() -> Change? {
      guard peek == 0x2c else { return nil }
      place += 1
      let day: Change.Day
      switch peek {
      case 0x4d:
        place += 1
        guard let month = number(max: 12), month > 0, peek == 0x2e else { return nil }
        place += 1
        guard let week = number(max: 5), week > 0, peek == 0x2e else { return nil }
        place += 1
        guard let weekday = number(max: 6) else { return nil }
        day = .week(month: month, week: week, day: weekday)
      case 0x4a:
        place += 1
        guard let number = number(max: 365), number > 0 else { return nil }
        day = .julian(number)
      default:
        guard let number = number(max: 365) else { return nil }
        day = .ordinal(number)
      }
      var time = 7_200
      if peek == 0x2f {
        place += 1
        guard let given = offset(hoursMax: 167) else { return nil }
        time = given
      }
      return Change(day: day, time: Int64(time))
    }
  }
}
