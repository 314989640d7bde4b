// Where the fields of rows lie in a slab, row after row: what is found in one pass over the messages, so that each
// column is then decoded by a loop of its own.

/// One field: its place in the slab, or why it has none.
struct FieldRef: BitwiseCopyable {
  private var offset: UInt32
  private var length: Int32

  /// PostgreSQL's values have less than 2^30 bytes, so this bit is free.
  private static let binaryBit: Int32 = 1 << 30
  static let valueBytesMax = (1 << 30) - 1

  static let null = FieldRef(offset: 0, length: -1)
  /// An unchanged value in TOAST, which is not sent.
  static let unchanged = FieldRef(offset: 0, length: -2)

  private init(offset: UInt32, length: Int32) {
    self.offset = offset
    self.length = length
  }

  @inline(__always)
  init(offset: Int, count: Int, isBinary: Bool) {
    self.offset = UInt32(truncatingIfNeeded: offset)
    length = Int32(truncatingIfNeeded: count) | (isBinary ? Self.binaryBit : 0)
  }

  @inline(__always) var isValue: Bool { length >= 0 }
  @inline(__always) var isUnchanged: Bool { length == -2 }
  @inline(__always) var isBinary: Bool { length & Self.binaryBit != 0 }
  @inline(__always) var place: Int { Int(offset) }
  @inline(__always) var count: Int { Int(length & ~Self.binaryBit) }
}

/// The fields of rows of one relation, all in one slab.
@safe
final class RowFields {
  let width: Int
  private(set) var rowCount = 0
  private var capacity: Int
  // SAFETY: holds `capacity` rows of `width` fields each, made in init and grown in `nextRow`.
  private var refs: UnsafeMutablePointer<FieldRef>

  init(width: Int) {
    self.width = width
    capacity = 64
    unsafe refs = .allocate(capacity: max(1, 64 * width))
  }

  deinit { unsafe refs.deallocate() }

  /// The row behind the last one, to be filled; it counts after ``keepRow()``.
  @inline(__always)
  func nextRow() -> UnsafeMutablePointer<FieldRef> {
    if rowCount == capacity { grow() }
    return unsafe refs + rowCount &* width
  }

  @inline(__always)
  func keepRow() { rowCount &+= 1 }

  func removeAll() { rowCount = 0 }

  /// A field of a row that counts.
  @inline(__always)
  func field(_ row: Int, _ column: Int) -> FieldRef {
    assert(row < rowCount && column < width)
    return unsafe refs[row &* width &+ column]
  }

  @inline(never)
  private func grow() {
    let larger = UnsafeMutablePointer<FieldRef>.allocate(capacity: max(1, capacity * 2 * width))
    unsafe larger.update(from: refs, count: rowCount * width)
    unsafe refs.deallocate()
    unsafe refs = unsafe larger
    capacity *= 2
  }
}
