internal import Columnar

/// A value in PostgreSQL's binary form.
struct BinaryField {
  private let bytes: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }

  /// Reads the value as a type.
  ///
  /// - Throws: 22P03 for a wrong size or a value that the type does not have.
  func value(_ type: LogicalType) throws(ValueError) -> Datum {
    switch type {
    case .boolean: return .boolean(try unsigned(1) != 0)
    case .smallint: return .int64(Int64(Int16(truncatingIfNeeded: try unsigned(2))))
    case .integer: return .int64(Int64(Int32(truncatingIfNeeded: try unsigned(4))))
    case .bigint: return .int64(Int64(bitPattern: try unsigned(8)))
    case .real:
      return .double(Double(Float(bitPattern: UInt32(truncatingIfNeeded: try unsigned(4)))))
    case .double: return .double(Double(bitPattern: try unsigned(8)))
    case .numeric(let shape): return try numeric(shape)
    case .text, .unknown, .varchar, .char: return try text(type)
    case .uuid: return .uuid(try wide())
    case .date: return .int64(try date())
    case .time: return .int64(try time())
    case .timestamp, .timestamptz: return .int64(try timestamp())
    case .interval: return .interval(try interval())
    case .jsonb: return try json()
    case .bytea: return .bytes(Array(bytes))
    case .array: throw ValueError("0A000", "COPY of arrays is not supported")
    }
  }

  private var badFormat: ValueError { ValueError("22P03", "incorrect binary data format") }

  private func unsigned(_ count: Int) throws(ValueError) -> UInt64 {
    guard bytes.count == count else { throw badFormat }
    return bytes.reduce(0) { $0 << 8 | UInt64($1) }
  }

  private func wide() throws(ValueError) -> UInt128 {
    guard bytes.count == 16 else { throw badFormat }
    return bytes.reduce(0) { $0 << 8 | UInt128($1) }
  }

  private func part(_ offset: Int, _ count: Int) -> UInt64 {
    bytes.dropFirst(offset).prefix(count).reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// Text goes through the complete parser, which knows limits and blanks.
  private func text(_ type: LogicalType) throws(ValueError) -> Datum {
    let text = Array(bytes)
    guard String(validating: text, as: UTF8.self) != nil, !text.contains(0) else {
      throw .invalidUTF8(Array(text.prefix(2)))
    }
    return try Datum(parsing: text.span, as: type, DateTimeContext())
  }

  private func json() throws(ValueError) -> Datum {
    guard bytes.first == 1 else { throw ValueError("22P03", "unsupported jsonb version number") }
    return try BinaryField(bytes.dropFirst()).text(.jsonb)
  }

  private func date() throws(ValueError) -> Int64 {
    let days = Int64(Int32(truncatingIfNeeded: try unsigned(4)))
    guard Civil.isInfinite(date: days) || (-2_451_545...2_145_031_948).contains(days) else {
      throw .dateOutOfRange
    }
    return days
  }

  private func time() throws(ValueError) -> Int64 {
    let time = Int64(bitPattern: try unsigned(8))
    guard (0...86_400_000_000).contains(time) else {
      throw ValueError("22008", "time out of range")
    }
    return time
  }

  private func timestamp() throws(ValueError) -> Int64 {
    let moment = Int64(bitPattern: try unsigned(8))
    guard Civil.isInfinite(timestamp: moment) || Civil.isInRange(timestamp: moment) else {
      throw .timestampOutOfRange
    }
    return moment
  }

  private func interval() throws(ValueError) -> Interval {
    guard bytes.count == 16 else { throw badFormat }
    return Interval(
      months: Int32(truncatingIfNeeded: part(12, 4)),
      days: Int32(truncatingIfNeeded: part(8, 4)),
      microseconds: Int64(bitPattern: part(0, 8))
    )
  }

  /// Base-10,000 digits with weight, sign and display scale; goes through text, which knows limits.
  private func numeric(_ shape: NumericShape?) throws(ValueError) -> Datum {
    guard bytes.count >= 8 else { throw badFormat }
    let digitCount = Int(part(0, 2))
    let weight = Int(Int16(truncatingIfNeeded: part(2, 2)))
    let sign = part(4, 2)
    let scale = Int(part(6, 2))
    guard bytes.count == 8 + digitCount * 2, scale <= 16_383, abs(weight) < 10_000,
      [0, 0x4000, 0xc000, 0xd000, 0xf000].contains(sign)
    else { throw badFormat }
    var text: [UInt8] = []
    switch sign {
    case 0xc000: text = Array("NaN".utf8)
    case 0xd000: text = Array("Infinity".utf8)
    case 0xf000: text = Array("-Infinity".utf8)
    default:
      if sign == 0x4000 { text.append(0x2d) }
      try appendDigits(digitCount, weight, scale, to: &text)
    }
    return try Datum(parsing: text.span, as: .numeric(shape), DateTimeContext())
  }

  private func appendDigits(
    _ digitCount: Int,
    _ weight: Int,
    _ scale: Int,
    to text: inout [UInt8]
  ) throws(ValueError) {
    /// Four decimal digits of base-10,000 digit `place`; 0 outside.
    func group(_ place: Int) throws(ValueError) -> [UInt8] {
      let value = place >= 0 && place < digitCount ? part(8 + place * 2, 2) : 0
      guard value < 10_000 else { throw badFormat }
      return [1000, 100, 10, 1].map { UInt8(0x30 + value / $0 % 10) }
    }
    if weight < 0 { text.append(0x30) }
    for place in 0..<max(0, weight + 1) { text += try group(place) }
    guard scale > 0 else { return }
    text.append(0x2e)
    var fraction: [UInt8] = []
    var place = weight + 1
    // Groups between the point and the first digit are zero: their places are below 0.
    while fraction.count < scale {
      fraction += try group(place)
      place += 1
    }
    text += fraction.prefix(scale)
  }
}
