// Values from PostgreSQL's binary forms (typreceive), checked everywhere: the bytes come from a client.

package import Columnar

extension Datum {
  /// Reads a value from its binary form.
  ///
  /// - Parameters:
  ///   - bytes: Untrusted; all of them must belong to the value.
  ///   - oid: The type the client used: its width may differ from `type`'s (oid against bigint).
  ///   - type: The type of the result.
  /// - Throws: 22P03 for wrong lengths and impossible fields, the type's own errors for its range.
  package init(
    binary bytes: Span<UInt8>,
    oid: UInt32,
    as type: LogicalType
  ) throws(ValueError) {
    var reader = BinaryReader(bytes)
    self = try reader.value(oid, type)
    try reader.finish()
  }
}

private struct BinaryReader {
  private let bytes: [UInt8]
  private var place = 0

  init(_ bytes: Span<UInt8>) {
    var copy: [UInt8] = []
    copy.reserveCapacity(bytes.count)
    for index in bytes.indices { copy.append(bytes[index]) }
    self.bytes = copy
  }

  static let badFormat = ValueError("22P03", "incorrect binary data format")

  func finish() throws(ValueError) {
    guard place == bytes.count else { throw Self.badFormat }
  }

  mutating func integer<T: FixedWidthInteger>(_ type: T.Type) throws(ValueError) -> T {
    let size = T.bitWidth / 8
    guard bytes.count - place >= size else {
      throw ValueError("08P01", "insufficient data left in message")
    }
    var value: T = 0
    for index in 0..<size { value = value << 8 | T(truncatingIfNeeded: bytes[place + index]) }
    place += size
    return value
  }

  private mutating func rest() -> [UInt8] {
    defer { place = bytes.count }
    return place == 0 ? bytes : Array(bytes[place...])
  }

  private mutating func text() throws(ValueError) -> [UInt8] {
    let text = rest()
    try validateUTF8(text.span)
    return text
  }

  mutating func value(_ oid: UInt32, _ type: LogicalType) throws(ValueError) -> Datum {
    switch oid {
    case 16: return .boolean(try integer(UInt8.self) != 0)
    case 17: return .bytes(rest())
    case 20: return .int64(try integer(Int64.self))
    case 21: return .int64(Int64(try integer(Int16.self)))
    case 23: return .int64(Int64(try integer(Int32.self)))
    case 26: return .int64(Int64(try integer(UInt32.self)))
    case 114:
      let json = try text()
      return .bytes(try normalizeJSON(json.span))
    case 3802:
      let version = try integer(UInt8.self)
      guard version == 1 else {
        throw ValueError("0A000", "unsupported jsonb version number \(version)")
      }
      let json = try text()
      return .bytes(try normalizeJSON(json.span))
    case 700: return .double(Double(Float(bitPattern: try integer(UInt32.self))))
    case 701: return .double(Double(bitPattern: try integer(UInt64.self)))
    case 1082: return .int64(try date())
    case 1083:
      let time = try integer(Int64.self)
      guard (0...Civil.microsecondsPerDay).contains(time) else {
        throw ValueError("22008", "time out of range")
      }
      return .int64(time)
    case 1114, 1184:
      let timestamp = try integer(Int64.self)
      guard Civil.isInRange(timestamp: timestamp) || Civil.isInfinite(timestamp: timestamp) else {
        throw .timestampOutOfRange
      }
      return .int64(timestamp)
    case 1186:
      let microseconds = try integer(Int64.self)
      let days = try integer(Int32.self)
      let months = try integer(Int32.self)
      return .interval(Interval(months: months, days: days, microseconds: microseconds))
    case 1700: return try numeric(type)
    case 2950: return .uuid(try integer(UInt128.self))
    default: break
    }
    if case .array(let element) = type, ArrayElement.named(byArrayID: oid) != nil {
      return .array(try array(element))
    }
    guard type.isText else {
      throw ValueError("0A000", "no binary input function available for type with OID \(oid)")
    }
    return .bytes(try text())
  }

  private mutating func date() throws(ValueError) -> Int64 {
    let days = Int64(try integer(Int32.self))
    guard Civil.isInfinite(date: days) || (Civil.dateMin...Civil.dateMax).contains(days) else {
      throw .dateOutOfRange
    }
    return days
  }

  private mutating func numeric(_ type: LogicalType) throws(ValueError) -> Datum {
    let value = try decimal()
    guard case .numeric(let shape?) = type else { return Datum(numeric: value) }
    guard shape.isScaled else { return Datum(numeric: try value.fitted(to: shape)) }
    let scaled = try value.scaled(to: shape)
    return shape.precision <= 18 ? .int64(Int64(truncatingIfNeeded: scaled)) : .int128(scaled)
  }

  private mutating func decimal() throws(ValueError) -> Decimal {
    let count = Int(try integer(UInt16.self))
    let weight = Int(try integer(Int16.self))
    let sign = try integer(UInt16.self)
    let scale = Int(try integer(UInt16.self))
    func bad(_ what: String) -> ValueError {
      ValueError("22P03", "invalid \(what) in external \"numeric\" value")
    }
    switch sign {
    case 0, 0x4000: break
    case 0xc000: return .notANumber
    case 0xd000: return .positiveInfinity
    case 0xf000: return .negativeInfinity
    default: throw bad("sign")
    }
    guard scale <= 0x3fff else { throw bad("scale") }
    guard count * 2 <= bytes.count - place else {
      throw ValueError("08P01", "insufficient data left in message")
    }
    // The value is the sum of digit × 10,000^(weight - index); what lies behind the scale is cut.
    var narrow: UInt128 = 0
    var wide: WideInteger?
    for index in 0..<count {
      let digit = try integer(UInt16.self)
      guard digit < 10_000 else { throw bad("digit") }
      if index < 9 {
        narrow = narrow * 10_000 + UInt128(digit)
      } else {
        wide = (wide ?? WideInteger(narrow)) * WideInteger(10_000) + WideInteger(UInt128(digit))
      }
    }
    let magnitude = wide ?? WideInteger(narrow)
    // Digits behind the point as sent.
    let sent = (count - 1 - weight) * 4
    let whole = WideDecimal(
      isNegative: sign != 0,
      scale: max(0, sent),
      magnitude: sent < 0 && !magnitude.isZero ? magnitude * .powerOfTen(-sent) : magnitude
    )
    return try Decimal(whole.truncated(places: scale))
  }

  private mutating func array(_ element: ArrayElement) throws(ValueError) -> [Datum] {
    let dimensions = Int(try integer(Int32.self))
    let flags = try integer(Int32.self)
    let elementOID = try integer(UInt32.self)
    guard dimensions >= 0, dimensions <= 6 else {
      throw ValueError("22P03", "invalid number of dimensions: \(dimensions)")
    }
    guard flags == 0 || flags == 1 else { throw ValueError("22P03", "invalid array flags") }
    var lengths: [Int] = []
    var total = 1
    for _ in 0..<dimensions {
      let length = Int(try integer(Int32.self))
      _ = try integer(Int32.self)
      guard length >= 0, length <= 1 << 27 else { throw Self.badFormat }
      lengths.append(length)
      let (product, overflow) = total.multipliedReportingOverflow(by: length)
      // Every element takes four bytes at least, so the total cannot be larger than the message.
      guard !overflow, product <= (bytes.count - place) / 4 else { throw Self.badFormat }
      total = product
    }
    guard dimensions > 0, total > 0 else { return [] }
    return try elements(lengths[...], elementOID, element)
  }

  private mutating func elements(
    _ lengths: ArraySlice<Int>,
    _ oid: UInt32,
    _ element: ArrayElement
  ) throws(ValueError) -> [Datum] {
    var values: [Datum] = []
    for _ in 0..<(lengths.first ?? 0) {
      if lengths.count > 1 {
        values.append(.array(try elements(lengths.dropFirst(), oid, element)))
        continue
      }
      let length = Int(try integer(Int32.self))
      if length == -1 {
        values.append(.null)
        continue
      }
      guard length >= 0, length <= bytes.count - place else { throw Self.badFormat }
      let part = Array(bytes[place..<place + length])
      place += length
      values.append(try Datum(binary: part.span, oid: oid, as: element.type))
    }
    return values
  }
}
