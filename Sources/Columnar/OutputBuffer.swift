/// A growing buffer of bytes: what text and binary forms are written into.
///
/// Reused from message to message: ``removeAll()`` keeps the memory.
@safe
package struct OutputBuffer: ~Copyable {
  @usableFromInline var start: UnsafeMutablePointer<UInt8>
  @usableFromInline var capacity: Int
  /// Bytes written.
  package private(set) var count = 0

  @inlinable
  package init(capacity: Int = 256) {
    self.capacity = Swift.max(capacity, 16)
    unsafe start = .allocate(capacity: self.capacity)
  }

  deinit { unsafe start.deallocate() }

  /// Makes sure that `additional` bytes fit without growing.
  @inline(__always)
  package mutating func reserve(_ additional: Int) {
    if additional > capacity &- count { grow(additional) }
  }

  @inline(never)
  private mutating func grow(_ additional: Int) {
    let larger = Swift.max(capacity * 2, count + additional)
    let fresh = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
    // SAFETY: both hold at least `count` bytes.
    unsafe fresh.update(from: start, count: count)
    unsafe start.deallocate()
    unsafe start = unsafe fresh
    capacity = larger
  }

  /// Appends one byte.
  @inline(__always)
  package mutating func append(_ byte: UInt8) {
    reserve(1)
    // SAFETY: `reserve` made room.
    unsafe start[count] = byte
    count &+= 1
  }

  /// Appends one byte for which ``reserve(_:)`` has made room.
  @inline(__always)
  mutating func appendReserved(_ byte: UInt8) {
    assert(count < capacity)
    // SAFETY: the caller has reserved it; every caller is in Columnar.
    unsafe start[count] = byte
    count &+= 1
  }

  /// Appends bytes.
  package mutating func append(_ bytes: Span<UInt8>) {
    reserve(bytes.count)
    unsafe bytes.withUnsafeBufferPointer { source in
      guard let from = source.baseAddress else { return }
      // SAFETY: `reserve` made room for all of them.
      unsafe (start + count).update(from: from, count: source.count)
    }
    count &+= bytes.count
  }

  /// Appends what a view shows.
  package mutating func append(_ view: ByteView) { append(view.span) }

  /// Appends bytes.
  package mutating func append(_ bytes: [UInt8]) { append(bytes.span) }

  /// Appends literal text.
  package mutating func append(_ text: StaticString) {
    precondition(text.hasPointerRepresentation)
    reserve(text.utf8CodeUnitCount)
    // SAFETY: a static string's bytes live for ever; `reserve` made room.
    unsafe (start + count).update(from: text.utf8Start, count: text.utf8CodeUnitCount)
    count &+= text.utf8CodeUnitCount
  }

  /// Appends a string's UTF-8; for messages, not for rows.
  package mutating func append(text: String) {
    for byte in text.utf8 { append(byte) }
  }

  /// Appends `bytes` zeroes and returns where they begin, to be filled with a ``set`` later.
  package mutating func skip(_ bytes: Int) -> Int {
    reserve(bytes)
    let place = count
    // SAFETY: `reserve` made room.
    unsafe (start + count).initialize(repeating: 0, count: bytes)
    count &+= bytes
    return place
  }

  /// Appends an integer in network byte order.
  @inline(__always)
  package mutating func appendBigEndian<T: FixedWidthInteger & BitwiseCopyable>(_ value: T) {
    let size = MemoryLayout<T>.size
    reserve(size)
    // SAFETY: `reserve` made room for its bytes.
    unsafe UnsafeMutableRawPointer(start + count).storeBytes(of: value.bigEndian, as: T.self)
    count &+= size
  }

  /// Overwrites four bytes at `place` with `value` in network byte order.
  package mutating func setBigEndian(_ value: Int32, at place: Int) {
    precondition(place >= 0 && place + 4 <= count)
    // SAFETY: checked above.
    unsafe UnsafeMutableRawPointer(start + place).storeBytes(of: value.bigEndian, as: Int32.self)
  }

  /// Overwrites one byte.
  package mutating func set(_ byte: UInt8, at place: Int) {
    precondition(place >= 0 && place < count)
    unsafe start[place] = byte
  }

  /// What was written.
  package var bytes: Span<UInt8> {
    @_lifetime(borrow self) get {
      // SAFETY: `count` bytes were written and live as long as self is not changed.
      let span = unsafe Span(_unsafeStart: start, count: count)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }

  /// A copy of what was written.
  package var array: [UInt8] {
    unsafe Array(UnsafeBufferPointer(start: start, count: count))
  }

  /// A copy as a string, for messages.
  package var string: String {
    unsafe String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
  }

  /// Forgets everything behind the first `length` bytes.
  package mutating func truncate(to length: Int) {
    precondition(length >= 0 && length <= count)
    count = length
  }

  /// Forgets everything, keeps the memory.
  package mutating func removeAll() { count = 0 }
}

extension OutputBuffer {
  /// Appends decimal digits.
  package mutating func append(integer value: Int64) {
    if value < 0 { append(UInt8(ascii: "-")) }
    append(magnitude: value.magnitude, width: 1)
  }

  /// Appends decimal digits with leading zeroes up to `width` (at most 20).
  package mutating func append(magnitude value: UInt64, width: Int) {
    let length = Swift.max(decimalDigitCount(value), width)
    reserve(length)
    // SAFETY: `length` bytes are reserved, and `value` has no more digits than that.
    unsafe writeDigits(value, start + count, length)
    count &+= length
  }

  /// Reserves `room` bytes and lets `write` fill some of them; it returns how many.
  @inline(__always)
  mutating func write(_ room: Int, _ write: (UnsafeMutablePointer<UInt8>) -> Int) {
    reserve(room)
    // SAFETY: every caller writes at most `room` bytes.
    let written = unsafe write(start + count)
    assert(written <= room)
    count &+= written
  }

  /// Appends two digits, 0...99.
  @inline(__always)
  mutating func append(twoDigits value: Int) {
    let tens = (value &* 103) >> 10
    append(UInt8(truncatingIfNeeded: 48 &+ tens))
    append(UInt8(truncatingIfNeeded: 48 &+ value &- tens &* 10))
  }

  /// Appends decimal digits of a wide integer.
  package mutating func append(integer value: Int128) {
    if value < 0 { append(UInt8(ascii: "-")) }
    append(magnitude: value.magnitude, width: 1)
  }

  /// Appends decimal digits with leading zeroes up to `width`.
  package mutating func append(magnitude value: UInt128, width: Int) {
    if value <= UInt128(UInt64.max) {
      append(magnitude: UInt64(truncatingIfNeeded: value), padded: width)
      return
    }
    let (high, low) = value.quotientAndRemainder(dividingBy: 10_000_000_000_000_000_000)
    append(magnitude: high, width: Swift.max(1, width - 19))
    append(magnitude: UInt64(truncatingIfNeeded: low), width: 19)
  }

  /// As `append(magnitude:width:)` for widths beyond 20.
  private mutating func append(magnitude value: UInt64, padded width: Int) {
    var extra = width
    while extra > 20 {
      append(UInt8(ascii: "0"))
      extra &-= 1
    }
    append(magnitude: value, width: extra)
  }
}

/// How many decimal digits; 1 for 0.
@inline(__always)
func decimalDigitCount(_ value: UInt64) -> Int {
  // 1233 / 4096 is about log10(2): the guess is right or one too small.
  let guess = ((64 &- (value | 1).leadingZeroBitCount) &* 1233) >> 12
  if guess >= 19 { return value >= 10_000_000_000_000_000_000 ? 20 : 19 }
  return Swift.max(1, guess &+ (value >= powerOfTen64(guess).magnitude ? 1 : 0))
}

/// Writes exactly `length` digits, two at a time, with zeroes in front.
@inline(__always)
func writeDigits(_ value: UInt64, _ place: UnsafeMutablePointer<UInt8>, _ length: Int) {
  var rest = value
  var index = length
  // SAFETY: 0 <= index < length, and the caller has reserved `length` bytes.
  while index >= 2 {
    let pair = rest % 100
    rest /= 100
    index &-= 2
    unsafe writePair(Int(pair), place + index)
  }
  if index == 1 { unsafe place[0] = UInt8(truncatingIfNeeded: 48 &+ rest % 10) }
}

/// Writes two digits, 0...99.
@inline(__always)
func writePair(_ value: Int, _ place: UnsafeMutablePointer<UInt8>) {
  let tens = (value &* 103) >> 10
  // SAFETY: the caller has reserved two bytes.
  unsafe place[0] = UInt8(truncatingIfNeeded: 48 &+ tens)
  unsafe place[1] = UInt8(truncatingIfNeeded: 48 &+ value &- tens &* 10)
}
