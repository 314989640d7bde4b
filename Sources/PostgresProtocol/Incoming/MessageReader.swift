/// Reads the fields of one message; the bytes are untrusted, and every read is checked.
struct MessageReader {
  private let bytes: [UInt8]
  private(set) var offset: Int
  private let end: Int

  /// A reader of `range`, which lies inside `bytes`.
  init(_ bytes: [UInt8], in range: Range<Int>) {
    precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count)
    self.bytes = bytes
    offset = range.lowerBound
    end = range.upperBound
  }

  var remaining: Int { end - offset }

  mutating func byte() throws(ProtocolError) -> UInt8 {
    guard remaining >= 1 else { throw .truncated }
    defer { offset += 1 }
    return bytes[offset]
  }

  mutating func int16() throws(ProtocolError) -> Int16 {
    guard remaining >= 2 else { throw .truncated }
    defer { offset += 2 }
    return Int16(bitPattern: UInt16(bytes[offset]) << 8 | UInt16(bytes[offset + 1]))
  }

  mutating func int32() throws(ProtocolError) -> Int32 {
    guard remaining >= 4 else { throw .truncated }
    defer { offset += 4 }
    return Int32(bitPattern: bigEndian32(bytes, at: offset))
  }

  /// A count of things of at least `size` bytes each, so never more than the bytes can hold.
  mutating func count16(ofAtLeast size: Int) throws(ProtocolError) -> Int {
    let count = Int(UInt16(bitPattern: try int16()))
    guard count * size <= remaining else { throw .truncated }
    return count
  }

  /// Bytes up to a zero, without it.
  mutating func text() throws(ProtocolError) -> [UInt8] {
    guard let zero = bytes[offset..<end].firstIndex(of: 0) else { throw .unterminated }
    defer { offset = zero + 1 }
    return Array(bytes[offset..<zero])
  }

  /// As ``text()``, as a string.
  mutating func name() throws(ProtocolError) -> String {
    let raw = try text()
    guard !raw.isEmpty else { return "" }
    guard let name = String(validating: raw, as: UTF8.self) else { throw .badEncoding }
    return name
  }

  /// Passes over `count` bytes and says where they lie.
  mutating func skip(_ count: Int) throws(ProtocolError) -> Range<Int> {
    guard count >= 0, count <= remaining else { throw .truncated }
    defer { offset += count }
    return offset..<offset + count
  }

  /// A copy of bytes that were passed over.
  func slice(_ range: Range<Int>) -> [UInt8] { Array(bytes[range]) }

  /// Everything that is left.
  mutating func rest() -> [UInt8] {
    defer { offset = end }
    return Array(bytes[offset..<end])
  }

  /// The law of every message: all its bytes have a meaning.
  func finish() throws(ProtocolError) {
    guard remaining == 0 else { throw .trailing }
  }
}

/// Four bytes in network order; the caller has checked that they are there.
func bigEndian32(_ bytes: [UInt8], at offset: Int) -> UInt32 {
  UInt32(bytes[offset]) << 24 | UInt32(bytes[offset + 1]) << 16 | UInt32(bytes[offset + 2]) << 8
    | UInt32(bytes[offset + 3])
}
