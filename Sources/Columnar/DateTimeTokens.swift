// How date and time input falls into fields, and the words it may contain.

/// One field of date, time or interval input, in lower case.
struct DateTimeToken {
  enum Kind { case number, text, date, time, zone, special }
  var kind: Kind
  var bytes: [UInt8]

  var string: String { String(decoding: bytes, as: UTF8.self) }
}

/// Why input was refused.
enum DateTimeProblem: Error {
  case badFormat
  case fieldOverflow
  /// Month or day: perhaps the fields are in another order.
  case monthOrDayOverflow
  case zoneOverflow
  case unknownZone(String)
}

/// Cuts input into fields; at most 25.
func dateTimeTokens(_ text: Span<UInt8>) throws(DateTimeProblem) -> [DateTimeToken] {
  var tokens: [DateTimeToken] = []
  var place = 0
  func peek() -> UInt8 { place < text.count ? text[place] : 0 }
  func isLetter(_ byte: UInt8) -> Bool { lowercased(byte) &- 97 < 26 }
  var bytes: [UInt8] = []
  func take() {
    bytes.append(lowercased(text[place]))
    place += 1
  }
  func takeDigits() { while isDigit(peek()) { take() } }
  func takeLetters() { while isLetter(peek()) { take() } }
  while place < text.count {
    let byte = text[place]
    if isSpace(byte) {
      place += 1
      continue
    }
    guard tokens.count < 25, bytes.count <= 128 else { throw .badFormat }
    bytes = []
    let kind: DateTimeToken.Kind
    if isDigit(byte) {
      takeDigits()
      switch peek() {
      case 0x3a:
        kind = .time
        while isDigit(peek()) || peek() == 0x3a || peek() == 0x2e { take() }
      case 0x2d, 0x2f, 0x2e:
        let separator = peek()
        take()
        if isDigit(peek()) {
          takeDigits()
          if peek() == separator {
            kind = .date
            while isDigit(peek()) || peek() == separator { take() }
          } else {
            kind = separator == 0x2e ? .number : .date
          }
        } else {
          kind = .date
          while isDigit(peek()) || isLetter(peek()) || peek() == separator { take() }
        }
      default: kind = .number
      }
    } else if byte == 0x2e {
      take()
      takeDigits()
      kind = .number
    } else if isLetter(byte) {
      takeLetters()
      var isDate = peek() == 0x2d || peek() == 0x2f || peek() == 0x2e
      if !isDate, peek() == 0x2b || isDigit(peek()) {
        isDate = DateTimeWord(bytes) == nil
      }
      if isDate {
        repeat {
          take()
        } while isDigit(peek()) || isLetter(peek()) || "+-/_.:".utf8.contains(peek())
      }
      kind = isDate ? .date : .text
    } else if byte == 0x2b || byte == 0x2d {
      take()
      while isSpace(peek()) { place += 1 }
      if isDigit(peek()) {
        kind = .zone
        while isDigit(peek()) || ":.-".utf8.contains(peek()) { take() }
      } else if isLetter(peek()) {
        kind = .special
        takeLetters()
      } else {
        throw .badFormat
      }
    } else if byte > 0x20, byte < 0x7f {
      place += 1
      continue
    } else {
      throw .badFormat
    }
    tokens.append(DateTimeToken(kind: kind, bytes: bytes))
  }
  return tokens
}

/// A word with a meaning in date and time input.
enum DateTimeWord {
  case month(Int)
  case dayOfWeek
  case era(isBC: Bool)
  case afternoon(Bool)
  case ignored
  case summerTime
  case isoTime
  case unit(Character)
  case infinity, negativeInfinity, epoch, now, today, tomorrow, yesterday, midnightUTC
  /// A word of `extract` that input has no use for.
  case other

  /// Looks up a word in lower case; only its first ten letters count.
  init?(_ bytes: [UInt8]) {
    guard let word = Self.words[String(decoding: bytes.prefix(10), as: UTF8.self)] else {
      return nil
    }
    self = word
  }

  static let monthNames = [
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october",
    "november", "december",
  ]

  private static let words: [String: DateTimeWord] = {
    var words: [String: DateTimeWord] = [
      "+infinity": .infinity, "-infinity": .negativeInfinity, "infinity": .infinity,
      "ad": .era(isBC: false),
      "bc": .era(isBC: true), "allballs": .midnightUTC, "am": .afternoon(false),
      "pm": .afternoon(true),
      "at": .ignored, "on": .ignored, "d": .unit("d"), "h": .unit("h"), "j": .unit("j"),
      "jd": .unit("j"),
      "julian": .unit("j"), "m": .unit("m"), "mm": .unit("n"), "s": .unit("s"), "y": .unit("y"),
      "t": .isoTime, "dst": .summerTime, "epoch": .epoch, "now": .now, "today": .today,
      "tomorrow": .tomorrow, "yesterday": .yesterday, "dow": .other, "doy": .other,
      "isodow": .other,
      "isoyear": .other, "sept": .month(9),
    ]
    for (index, name) in monthNames.enumerated() {
      words[name] = .month(index + 1)
      words[String(name.prefix(3))] = .month(index + 1)
    }
    for day in [
      "sun", "sunday", "mon", "monday", "tue", "tues", "tuesday", "wed", "weds", "wednesday", "thu",
      "thur", "thurs", "thursday", "fri", "friday", "sat", "saturday",
    ] { words[day] = .dayOfWeek }
    return words
  }()
}
