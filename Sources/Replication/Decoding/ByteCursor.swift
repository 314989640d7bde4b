/// A place in bytes that came from the source, with checked steps.
///
/// `remaining` is looked at before every load; loads themselves do not look again.
@safe
struct ByteCursor {
  // SAFETY: whoever makes the cursor keeps the bytes alive and unchanged while it is used.
  let base: UnsafePointer<UInt8>
  private(set) var offset: Int
  let end: Int

  init(base: UnsafePointer<UInt8>, offset: Int, end: Int) {
    unsafe self.base = base
    self.offset = offset
    self.end = end
  }

  @inline(__always)
  var remaining: Int { end &- offset }

  /// Passes over bytes that ``remaining`` has.
  @inline(__always)
  mutating func skip(_ count: Int) {
    assert(count >= 0 && count <= remaining)
    offset &+= count
  }

  /// An integer in network order; the caller has seen that it is there.
  @inline(__always)
  mutating func take<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type) -> T {
    let size = MemoryLayout<T>.size
    precondition(size <= remaining)
    // SAFETY: `size` bytes are left.
    let value = unsafe UnsafeRawPointer(base + offset).loadUnaligned(as: type)
    offset &+= size
    return T(bigEndian: value)
  }

  /// An integer in network order, or nil at the end of the bytes.
  @inline(__always)
  mutating func next<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type) -> T? {
    MemoryLayout<T>.size <= remaining ? take(type) : nil
  }

  /// A string that ends with a zero byte; nil when there is no such byte.
  mutating func nextString() -> String? {
    var place = offset
    while place < end {
      // SAFETY: place < end.
      if unsafe base[place] == 0 {
        let bytes = unsafe UnsafeBufferPointer(start: base + offset, count: place - offset)
        offset = place + 1
        return unsafe String(decoding: bytes, as: UTF8.self)
      }
      place += 1
    }
    return nil
  }

  /// A copy of the next bytes; nil when there are fewer.
  mutating func nextBytes(_ count: Int) -> [UInt8]? {
    guard count >= 0, count <= remaining else { return nil }
    defer { offset += count }
    // SAFETY: `count` bytes are left.
    return unsafe Array(UnsafeBufferPointer(start: base + offset, count: count))
  }
}
