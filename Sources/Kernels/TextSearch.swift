import CKernels
package import Columnar

extension ByteView {
  /// `count` bytes from `start` on, which lie within the view.
  @inline(__always)
  package func slice(_ start: Int, _ count: Int) -> ByteView {
    precondition(start >= 0 && count >= 0 && start <= self.count && count <= self.count &- start)
    // SAFETY: the bytes lie within this view's.
    return unsafe ByteView(start: self.start + start, count: count)
  }

  /// The byte at `index`.
  @inline(__always)
  package subscript(index: Int) -> UInt8 {
    precondition(index >= 0 && index < count)
    // SAFETY: checked above.
    return unsafe start[index]
  }

  /// Where `needle` first begins at `from` or after it; an empty needle begins everywhere.
  @inline(__always)
  package func firstOffset(of needle: ByteView, from: Int = 0) -> Int? {
    guard from <= count else { return nil }
    // SAFETY: both views are alive, and `from` is within this one.
    let offset = unsafe ck_find(start + from, count - from, needle.start, needle.count)
    return offset < 0 ? nil : from &+ Int(offset)
  }

  /// Whether the view begins with `prefix`.
  @inline(__always)
  package func starts(with prefix: ByteView) -> Bool {
    count >= prefix.count && slice(0, prefix.count) == prefix
  }

  /// Whether the view ends with `suffix`.
  @inline(__always)
  package func ends(with suffix: ByteView) -> Bool {
    count >= suffix.count && slice(count - suffix.count, suffix.count) == suffix
  }

  // MARK: Characters of UTF-8

  /// How many characters: bytes that do not continue one.
  package var characterCount: Int {
    // SAFETY: the view's bytes are read during the call.
    unsafe count &- ck_continuations(start, count)
  }

  /// Whether every byte is ASCII.
  package var isASCII: Bool {
    // SAFETY: as above.
    unsafe ck_is_ascii(start, count) != 0
  }

  /// The offset of character `index`, counted from `from`, which begins a character; the view's count
  /// where there are fewer.
  package func offset(ofCharacter index: Int, from: Int = 0) -> Int {
    var offset = from
    var left = index
    while left > 0, offset < count {
      offset &+= characterLength(at: offset)
      left &-= 1
    }
    return min(offset, count)
  }

  /// How many bytes the character at `offset` has, as its first byte says; never past the view.
  @inline(__always)
  package func characterLength(at offset: Int) -> Int {
    let first = self[offset]
    let length = first < 0xc0 ? 1 : (first < 0xe0 ? 2 : (first < 0xf0 ? 3 : 4))
    return min(length, count &- offset)
  }

  /// The offset of the `index`th character from the end, or `nil` where there are fewer.
  package func offset(ofCharacterFromEnd index: Int) -> Int? {
    var offset = count
    var left = index
    while left > 0 {
      guard offset > 0 else { return nil }
      offset &-= 1
      while offset > 0, self[offset] & 0xc0 == 0x80 { offset &-= 1 }
      left &-= 1
    }
    return offset
  }
}
