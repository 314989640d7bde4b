package import Columnar

/// Numbers the different strings of a chunk in the order in which they come.
@safe
final class DictionaryBuilder {
  static let entryCountMax = 65_536
  static let byteCountMax = 16 << 20

  private let arena = ByteArena()
  private(set) var views: [ByteView] = []
  private(set) var hashes: [UInt64] = []
  private var byteCount = 0
  /// Entry number + 1, 0: free; open addressing with linear probing, at most half full.
  private var slots: [UInt32] = Array(repeating: 0, count: 1024)

  var count: Int { views.count }

  /// The code of `view`, which is entered when it is new; nil when the dictionary is full.
  func code(of view: ByteView) -> UInt32? {
    let hash = stableHash(view)
    var slot = Int(truncatingIfNeeded: hash >> 10) & (slots.count - 1)
    while slots[slot] != 0 {
      let code = slots[slot] &- 1
      if hashes[Int(code)] == hash && views[Int(code)] == view { return code }
      slot = (slot &+ 1) & (slots.count - 1)
    }
    guard views.count < Self.entryCountMax, byteCount + view.count <= Self.byteCountMax else {
      return nil
    }
    slots[slot] = UInt32(views.count + 1)
    enter(view, hash)
    return UInt32(views.count - 1)
  }

  private func enter(_ view: ByteView, _ hash: UInt64) {
    let kept = arena.allocate(view.count)
    // SAFETY: the arena gave room for as many bytes.
    unsafe UnsafeMutablePointer(mutating: kept.start).update(from: view.start, count: view.count)
    views.append(kept)
    hashes.append(hash)
    byteCount += view.count
    if views.count * 2 > slots.count { grow() }
  }

  private func grow() {
    slots = Array(repeating: 0, count: slots.count * 2)
    for (code, hash) in hashes.enumerated() {
      var slot = Int(truncatingIfNeeded: hash >> 10) & (slots.count - 1)
      while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
      slots[slot] = UInt32(code + 1)
    }
  }

  /// The stored form, see ``TextDictionary/init(page:)``.
  func page() -> ByteBuffer {
    let head = 8 + count * 4
    let buffer = ByteBuffer(byteCount: head + byteCount)
    var bytes = buffer.mutableBytes
    bytes.store(UInt32(1), at: 0)
    bytes.store(UInt32(count), at: 4)
    var end = 0
    for (code, view) in views.enumerated() {
      unsafe (buffer.base + (head + end)).copyMemory(from: view.start, byteCount: view.count)
      end += view.count
      bytes.store(UInt32(end), at: 8 + code * 4)
    }
    return buffer
  }
}

extension TextDictionary {
  /// Reads a dictionary page: u32 version 1, u32 count, u32 end of every entry, the bytes.
  ///
  /// - Parameter page: Untrusted.
  /// - Throws: ``EncodingError`` for bytes that no encoder writes.
  package convenience init(page: ByteBuffer) throws(EncodingError) {
    guard page.byteCount >= 8 else {
      throw .truncated(neededBytes: 8, availableBytes: page.byteCount)
    }
    guard page.word32(0) == 1 else {
      throw .unknownVersion(UInt8(truncatingIfNeeded: page.word32(0)))
    }
    let count = Int(page.word32(4))
    guard count <= DictionaryBuilder.entryCountMax else {
      throw .corrupt(field: "dictionary count", offset: 4)
    }
    let head = 8 + count * 4
    guard page.byteCount >= head else {
      throw .truncated(neededBytes: head, availableBytes: page.byteCount)
    }
    var ends: [Int] = []
    ends.reserveCapacity(count)
    for code in 0..<count {
      let end = Int(page.word32(8 + code * 4))
      guard end >= ends.last ?? 0 else {
        throw .corrupt(field: "dictionary end", offset: 8 + code * 4)
      }
      ends.append(end)
    }
    let total = ends.last ?? 0
    guard page.byteCount >= head + total else {
      throw .truncated(neededBytes: head + total, availableBytes: page.byteCount)
    }
    let bytes = page.view(offset: head, count: total)
    self.init(buffer: unsafe ByteBuffer(copying: bytes.span.bytes), ends: ends)
  }
}
