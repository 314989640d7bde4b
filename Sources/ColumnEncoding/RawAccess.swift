// Unaligned little-endian loads and stores that check their bounds. Every supported machine is
// little-endian.

internal import Columnar

extension RawSpan {
  /// The byte at `offset`, which must be inside.
  @inline(__always)
  func byte(_ offset: Int) -> UInt8 { load(offset, as: UInt8.self) }
  @inline(__always)
  func word32(_ offset: Int) -> UInt32 { load(offset, as: UInt32.self) }
  @inline(__always)
  func word64(_ offset: Int) -> UInt64 { load(offset, as: UInt64.self) }

  /// An integer at any alignment; `offset` must be inside.
  @inline(__always)
  func load<T: FixedWidthInteger & BitwiseCopyable>(_ offset: Int, as type: T.Type) -> T {
    precondition(offset >= 0 && offset &+ MemoryLayout<T>.size <= byteCount)
    // SAFETY: in range by the check above; every bit pattern of an integer is a value.
    return unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: T.self)
  }
}

extension MutableRawSpan {
  /// Stores an integer at any alignment; `offset` must be inside.
  @inline(__always)
  mutating func store<T: FixedWidthInteger & BitwiseCopyable>(_ value: T, at offset: Int) {
    precondition(offset >= 0 && offset &+ MemoryLayout<T>.size <= byteCount)
    storeBytes(of: value, toByteOffset: offset, as: T.self)
  }
}

extension ByteBuffer {
  /// The byte at `offset`, which must be inside.
  func byte(_ offset: Int) -> UInt8 {
    let bytes = bytes
    return bytes.byte(offset)
  }

  /// The four bytes at `offset`, which must be inside.
  func word32(_ offset: Int) -> UInt32 {
    let bytes = bytes
    return bytes.word32(offset)
  }
}
