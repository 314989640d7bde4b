// Little-endian writing and checked reading of the small structures that files and records are made of.

/// Why bytes could not be read as the structure they should hold.
package enum CodingError: Error, Equatable, Sendable {
  /// The bytes end before the structure does.
  case truncated(offset: Int)
  /// A field holds a value that no writer writes.
  case invalid(field: String, offset: Int)
}

/// Appends integers, byte strings and values to a growing array.
package struct ByteWriter {
  package var bytes: [UInt8] = []

  package init() {}

  package mutating func write<T: FixedWidthInteger & BitwiseCopyable>(_ value: T) {
    // SAFETY: the bytes of a trivial value, copied before the closure returns.
    unsafe withUnsafeBytes(of: value.littleEndian) { unsafe bytes.append(contentsOf: $0) }
  }

  /// 1, 2, 3… bytes of seven bits each, low bits first.
  package mutating func writeVariable(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  package mutating func writeCount(_ count: Int) { writeVariable(UInt64(count)) }

  package mutating func write(_ value: Bool) { bytes.append(value ? 1 : 0) }

  /// A length, then the bytes.
  package mutating func write(_ value: [UInt8]) {
    writeCount(value.count)
    bytes.append(contentsOf: value)
  }

  package mutating func write(_ value: String) { write(Array(value.utf8)) }

  /// A presence byte, then the value.
  package mutating func writeOptional<T>(_ value: T?, _ body: (inout ByteWriter, T) -> Void) {
    write(value != nil)
    if let value { body(&self, value) }
  }

  package mutating func write(_ value: Datum) {
    switch value {
    case .null: write(UInt8(0))
    case .boolean(let value): write(UInt8(1)); write(value)
    case .int64(let value): write(UInt8(2)); write(value)
    case .int128(let value): write(UInt8(3)); write(value)
    case .double(let value): write(UInt8(4)); write(value.bitPattern)
    case .decimal(let value):
      write(UInt8(5)); write(value.kind.rawValue); write(value.scale); write(value.coefficient)
    case .wide(let value):
      write(UInt8(10)); write(value.isNegative); write(UInt16(value.scale))
      writeCount(value.magnitude.limbs.count)
      for limb in value.magnitude.limbs { write(limb) }
    case .bytes(let value): write(UInt8(6)); write(value)
    case .uuid(let value): write(UInt8(7)); write(value)
    case .interval(let value):
      write(UInt8(8)); write(value.months); write(value.days); write(value.microseconds)
    case .array(let values):
      write(UInt8(9)); writeCount(values.count)
      for value in values { write(value) }
    }
  }
}

/// Reads what ``ByteWriter`` wrote; the bytes are untrusted.
package struct ByteReader {
  private let bytes: [UInt8]
  package private(set) var offset: Int
  private let end: Int

  package init(_ bytes: [UInt8], from offset: Int = 0) {
    self.bytes = bytes
    self.offset = offset
    end = bytes.count
  }

  /// Bytes not read yet.
  package var remaining: Int { end - offset }

  package mutating func read<T: FixedWidthInteger & BitwiseCopyable>(
    _ type: T.Type
  ) throws(CodingError) -> T {
    let size = MemoryLayout<T>.size
    guard remaining >= size else { throw .truncated(offset: offset) }
    var value: T = 0
    for i in 0..<size { value |= T(truncatingIfNeeded: bytes[offset + i]) << T(i * 8) }
    offset += size
    return value
  }

  package mutating func readVariable() throws(CodingError) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while true {
      guard remaining >= 1 else { throw .truncated(offset: offset) }
      guard shift < 64 else { throw .invalid(field: "variable integer", offset: offset) }
      let byte = bytes[offset]
      offset += 1
      value |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
  }

  /// A count of things of at least one byte each, so never more than the bytes that remain.
  package mutating func readCount() throws(CodingError) -> Int {
    let start = offset
    let count = try readVariable()
    guard count <= UInt64(remaining) else { throw .invalid(field: "count", offset: start) }
    return Int(count)
  }

  package mutating func readBool() throws(CodingError) -> Bool {
    let byte = try read(UInt8.self)
    guard byte <= 1 else { throw .invalid(field: "boolean", offset: offset - 1) }
    return byte == 1
  }

  package mutating func readBytes() throws(CodingError) -> [UInt8] {
    let count = try readCount()
    defer { offset += count }
    return Array(bytes[offset..<offset + count])
  }

  package mutating func readString() throws(CodingError) -> String {
    let start = offset
    guard let text = String(validating: try readBytes(), as: UTF8.self) else {
      throw .invalid(field: "text", offset: start)
    }
    return text
  }

  package mutating func readOptional<T>(
    _ body: (inout ByteReader) throws(CodingError) -> T
  ) throws(CodingError) -> T? {
    try readBool() ? try body(&self) : nil
  }

  private mutating func readWide() throws(CodingError) -> WideDecimal {
    let isNegative = try readBool()
    let scale = Int(try read(UInt16.self))
    let count = try readCount()
    guard remaining >= count * 4 else { throw .truncated(offset: offset) }
    let magnitude = WideInteger(limbBytes: bytes[offset..<offset + count * 4].span)
    offset += count * 4
    return WideDecimal(isNegative: isNegative, scale: scale, magnitude: magnitude)
  }

  package mutating func readDatum() throws(CodingError) -> Datum {
    let start = offset
    switch try read(UInt8.self) {
    case 0: return .null
    case 1: return .boolean(try readBool())
    case 2: return .int64(try read(Int64.self))
    case 3: return .int128(try read(Int128.self))
    case 4: return .double(Double(bitPattern: try read(UInt64.self)))
    case 5:
      guard let kind = Decimal.Kind(rawValue: try read(UInt8.self)), kind != .wide, kind != .boxed
      else { throw .invalid(field: "decimal kind", offset: start) }
      let scale = try read(Int32.self)
      return .decimal(Decimal(coefficient: try read(Int128.self), scale: Int(scale), kind: kind))
    case 6: return .bytes(try readBytes())
    case 7: return .uuid(try read(UInt128.self))
    case 8:
      let months = try read(Int32.self)
      let days = try read(Int32.self)
      return .interval(
        Interval(months: months, days: days, microseconds: try read(Int64.self))
      )
    case 9:
      var values: [Datum] = []
      for _ in 0..<(try readCount()) {
        let value = try readDatum()
        if case .array = value { throw .invalid(field: "nested array", offset: start) }
        values.append(value)
      }
      return .array(values)
    case 10: return .wide(try readWide())
    default: throw .invalid(field: "datum", offset: start)
    }
  }
}
