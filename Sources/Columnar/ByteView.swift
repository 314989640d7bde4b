package import Synchronization

/// Where the bytes of one string lie: an address and a length, owned by somebody else.
///
/// A ``Vector`` keeps the owners of its views alive (``Vector/retain(_:)``).
@safe
package struct ByteView: BitwiseCopyable, @unchecked Sendable {
  @usableFromInline package let start: UnsafePointer<UInt8>
  package let count: Int

  /// - Parameters:
  ///   - start: The first byte; any non-null address when `count` is 0.
  ///   - count: How many bytes.
  @inlinable
  @inline(__always)
  package init(start: UnsafePointer<UInt8>, count: Int) {
    unsafe self.start = start
    self.count = count
  }

  /// The bytes.
  ///
  /// Valid as long as the owner lives.
  @inlinable
  package var span: Span<UInt8> {
    @_lifetime(borrow self) get {
      // SAFETY: whoever made the view keeps `count` bytes at `start` alive while the view is used.
      let span = unsafe Span(_unsafeStart: start, count: count)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }

  /// A copy of the bytes.
  package var bytes: [UInt8] {
    unsafe Array(UnsafeBufferPointer(start: start, count: count))
  }

  /// Whether both have the same bytes.
  @inlinable
  package static func == (left: ByteView, right: ByteView) -> Bool {
    // SAFETY: both views are alive, see `span`.
    unsafe left.count == right.count && equalBytes(left.start, right.start, left.count)
  }

  /// Bytewise order (collation C): shorter first when one is the other's start.
  @inlinable
  package static func < (left: ByteView, right: ByteView) -> Bool { left.order(right) < 0 }

  /// Below, at or above 0 as this view is before, equal to or after the other.
  @inlinable
  package func order(_ other: ByteView) -> Int {
    // SAFETY: both views are alive, see `span`.
    let common = unsafe compareBytes(start, other.start, Swift.min(count, other.count))
    return common != 0 ? common : count &- other.count
  }
}

/// Whether `count` bytes are the same: eight a step, the last step overlapping the one before it.
@inlinable
package func equalBytes(
  _ left: UnsafePointer<UInt8>,
  _ right: UnsafePointer<UInt8>,
  _ count: Int
) -> Bool {
  let a = unsafe UnsafeRawPointer(left)
  let b = unsafe UnsafeRawPointer(right)
  @inline(__always)
  func differs<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type, _ offset: Int) -> Bool {
    // SAFETY: callers see to it that the word lies inside the bytes.
    unsafe a.loadUnaligned(fromByteOffset: offset, as: type)
      != b.loadUnaligned(fromByteOffset: offset, as: type)
  }
  if count >= 8 {
    var offset = 0
    while offset &+ 8 < count {
      if differs(UInt64.self, offset) { return false }
      offset &+= 8
    }
    return !differs(UInt64.self, count &- 8)
  }
  if count >= 4 { return !differs(UInt32.self, 0) && !differs(UInt32.self, count &- 4) }
  if count >= 2 { return !differs(UInt16.self, 0) && !differs(UInt16.self, count &- 2) }
  return count == 0 || !differs(UInt8.self, 0)
}

/// `memcmp` without importing C into a pure target: eight bytes a step, the last step overlapping the one before it.
@inlinable
package func compareBytes(
  _ left: UnsafePointer<UInt8>,
  _ right: UnsafePointer<UInt8>,
  _ count: Int
) -> Int {
  let a = unsafe UnsafeRawPointer(left)
  let b = unsafe UnsafeRawPointer(right)
  var offset = 0
  while offset &+ 8 <= count {
    // SAFETY: offset + 8 <= count.
    let x = unsafe a.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
    let y = unsafe b.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
    if x != y { return UInt64(bigEndian: x) < UInt64(bigEndian: y) ? -1 : 1 }
    offset &+= 8
  }
  if count >= 8 {
    // SAFETY: as above; the first of these bytes are equal, if they were looked at.
    let x = unsafe a.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self)
    let y = unsafe b.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self)
    return x == y ? 0 : UInt64(bigEndian: x) < UInt64(bigEndian: y) ? -1 : 1
  }
  while offset < count {
    let x = unsafe left[offset]
    let y = unsafe right[offset]
    if x != y { return x < y ? -1 : 1 }
    offset &+= 1
  }
  return 0
}

/// Bytes that views point into: fixed once made, freed with the last reference.
@safe
package final class ByteBuffer: @unchecked Sendable {
  package let base: UnsafeMutableRawPointer
  package let byteCount: Int

  /// Room for `byteCount` bytes and 64 spare ones, zeroed only past the end.
  package init(byteCount: Int) {
    self.byteCount = byteCount
    unsafe base = AlignedMemory.allocate(byteCount: byteCount + 64)
    unsafe (base + byteCount).initializeMemory(as: UInt8.self, repeating: 0, count: 64)
  }

  /// A copy of `bytes`.
  package convenience init(copying bytes: RawSpan) {
    self.init(byteCount: bytes.byteCount)
    unsafe bytes.withUnsafeBytes { source in
      if let start = source.baseAddress {
        unsafe base.copyMemory(from: start, byteCount: source.count)
      }
    }
  }

  deinit { unsafe AlignedMemory.deallocate(base) }

  /// The bytes.
  package var bytes: RawSpan {
    @_lifetime(borrow self) get {
      // SAFETY: the allocation holds `byteCount` bytes and lives as long as self.
      let span = unsafe RawSpan(_unsafeStart: base, byteCount: byteCount)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }

  /// The bytes, to be filled by whoever made the buffer before anybody else sees it.
  package var mutableBytes: MutableRawSpan {
    @_lifetime(borrow self) get {
      // SAFETY: as `bytes`; only the maker writes, before the buffer is shared.
      let span = unsafe MutableRawSpan(_unsafeStart: base, byteCount: byteCount)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }

  /// A view of `count` bytes at `offset`.
  package func view(offset: Int, count: Int) -> ByteView {
    precondition(offset >= 0 && count >= 0 && offset + count <= byteCount)
    return unsafe ByteView(
      start: UnsafePointer((base + offset).assumingMemoryBound(to: UInt8.self)),
      count: count
    )
  }
}

/// The distinct strings of a column chunk, numbered from 0.
@safe
package final class TextDictionary: @unchecked Sendable {
  package let buffer: ByteBuffer
  /// All entries by code; take its `span` outside of loops.
  @usableFromInline package let entries: [ByteView]
  /// What a numbering of the strings of several dictionaries keeps with each of them.
  package let numbers = Mutex<EntryNumbers?>(nil)

  /// - Parameters:
  ///   - buffer: Holds the entries' bytes one after the other.
  ///   - ends: Where each entry ends in the buffer, ascending; the first starts at 0.
  package init(buffer: ByteBuffer, ends: [Int]) {
    self.buffer = buffer
    var start = 0
    entries = ends.map { end in
      defer { start = end }
      return buffer.view(offset: start, count: end - start)
    }
  }

  /// How many entries.
  @inlinable package var count: Int { entries.count }

  /// Entry `code`.
  @inlinable package subscript(code: Int) -> ByteView { entries[code] }
}

/// Numbers of a dictionary's entries.
package final class EntryNumbers: Sendable {
  /// Who gave them.
  package let owner: any AnyObject & Sendable
  /// By code.
  package let numbers: [UInt32]

  package init(owner: any AnyObject & Sendable, numbers: [UInt32]) {
    self.owner = owner
    self.numbers = numbers
  }
}
