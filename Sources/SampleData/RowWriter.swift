/// Writes CSV rows into a byte buffer that is handed on when it is full.
struct RowWriter {
  /// Rows are handed on in chunks of about this size.
  static let chunkBytes = 128 * 1024
  /// No row is longer.
  private static let rowBytes = 2 * 1024

  private var bytes = [UInt8](repeating: 0, count: chunkBytes + rowBytes)
  private(set) var count = 0
  private let calendar: CRMCalendar

  init(calendar: CRMCalendar) {
    self.calendar = calendar
  }

  var isFull: Bool { count >= Self.chunkBytes }

  /// The bytes written since the last `clear()`.
  var written: RawSpan {
    @_lifetime(borrow self)
    // SAFETY: bytes have no padding.
    borrowing get { unsafe bytes.span.extracting(0..<count).bytes }
  }

  mutating func clear() {
    count = 0
  }

  @inline(__always)
  mutating func byte(_ value: UInt8) {
    bytes[count] = value
    count &+= 1
  }

  @inline(__always)
  mutating func comma() {
    byte(UInt8(ascii: ","))
  }

  /// Ends a row.
  @inline(__always)
  mutating func newline() {
    byte(UInt8(ascii: "\n"))
  }

  /// Bytes as they are; the caller quotes.
  @inline(__always)
  mutating func text(_ text: [UInt8]) {
    for index in text.indices { bytes[count &+ index] = text[index] }
    count &+= text.count
  }

  mutating func number(_ value: UInt64) {
    var rest = value
    var width = 1
    var limit: UInt64 = 10
    while width < 19, rest >= limit {
      width &+= 1
      limit = limit &* 10
    }
    var place = count &+ width
    count = place
    repeat {
      place &-= 1
      bytes[place] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    } while rest > 0
  }

  @inline(__always)
  mutating func number(_ value: Int) {
    number(UInt64(truncatingIfNeeded: value))
  }

  mutating func signed(_ value: Int) {
    if value < 0 { byte(UInt8(ascii: "-")) }
    number(UInt64(value.magnitude))
  }

  @inline(__always)
  mutating func twoDigits(_ value: Int) {
    bytes[count] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: value / 10)
    bytes[count &+ 1] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: value % 10)
    count &+= 2
  }

  /// Hundredths, as `12.05`.
  mutating func money(_ cents: UInt64) {
    number(cents / 100)
    byte(UInt8(ascii: "."))
    twoDigits(Int(truncatingIfNeeded: cents % 100))
  }

  /// A day from the calendar's start.
  mutating func date(_ day: Int) {
    var place = count
    calendar.withDate(day) { date in
      for character in date {
        bytes[place] = character
        place &+= 1
      }
    }
    count = place
  }

  /// `2026-03-15 10:30:45.123+00` from microseconds since the calendar's start; milliseconds only
  /// where there are some.
  mutating func moment(_ microseconds: Int64) {
    let perDay = CRMCalendar.microsecondsPerDay
    let day = (microseconds >= 0 ? microseconds : microseconds &- perDay &+ 1) / perDay
    let milliseconds = Int((microseconds &- day &* perDay) / 1_000)
    timestamp(day: Int(day), second: milliseconds / 1_000)
    let fraction = milliseconds % 1_000
    if fraction > 0 {
      byte(UInt8(ascii: "."))
      byte(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: fraction / 100))
      twoDigits(fraction % 100)
    }
    byte(UInt8(ascii: "+"))
    byte(UInt8(ascii: "0"))
    byte(UInt8(ascii: "0"))
  }

  /// `2026-03-15 10:30:45`; the day counts from the calendar's start, the second from midnight.
  mutating func timestamp(day: Int, second: Int) {
    date(day)
    byte(UInt8(ascii: " "))
    twoDigits(second / 3_600)
    byte(UInt8(ascii: ":"))
    twoDigits(second / 60 % 60)
    byte(UInt8(ascii: ":"))
    twoDigits(second % 60)
  }
}
