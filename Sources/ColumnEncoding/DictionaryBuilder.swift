package import Columnar

/// Numbers the different strings of a chunk in the order in which they come.
///
/// An open table of 16-byte slots beside the entries: strings of at most 16 bytes are compared as two
/// words, without looking at their bytes.
@safe
package final class DictionaryBuilder {
  static let codeWidthMax = 18
  package static let entryCountMax = 1 << codeWidthMax
  static let byteCountMax = 16 << 20

  private struct Entry {
    var words: TextWords
    var view: ByteView
    var hash: UInt64
  }

  private let arena = ByteArena()
  package private(set) var count = 0
  /// Bytes of all entries.
  package private(set) var byteCount = 0
  private var entries: UnsafeMutablePointer<Entry>
  private var entryCapacity = 1024
  /// Entry number + 1, 0: free; linear probing, at most half full.
  private var slots: UnsafeMutablePointer<UInt32>
  private var slotMask = 2047

  package init() {
    unsafe entries = .allocate(capacity: entryCapacity)
    unsafe slots = .allocate(capacity: slotMask + 1)
    unsafe slots.initialize(repeating: 0, count: slotMask + 1)
  }

  deinit {
    unsafe entries.deallocate()
    unsafe slots.deallocate()
  }

  /// Entry `code`.
  package func view(_ code: Int) -> ByteView {
    precondition(code < count)
    return unsafe entries[code].view
  }

  /// Calls `body` with the hash of every entry.
  func forEachHash(_ body: (UInt64) -> Void) {
    for code in 0..<count { unsafe body(entries[code].hash) }
  }

  /// The code of `view`, which is entered when it is new; nil when the dictionary is full.
  @inline(__always)
  package func code(of view: ByteView) -> UInt32? {
    let words = unsafe TextWords(view.start, view.count)
    let hash = stableHash(view)
    var slot = Int(truncatingIfNeeded: hash &>> 10) & slotMask
    // SAFETY: the mask keeps slots inside; half of them are free, so the loop ends; slots hold numbers
    // of entries.
    while unsafe slots[slot] != 0 {
      let code = unsafe slots[slot] &- 1
      if unsafe isEqual(entries[Int(code)], words, hash, view) { return code }
      slot = (slot &+ 1) & slotMask
    }
    return enter(view, words, hash, slot)
  }

  /// Numbers strings in order.
  ///
  /// - Returns: How many it took; fewer than given when the dictionary is full.
  package func codes(of views: Span<ByteView>, into codes: inout MutableSpan<UInt32>) -> Int {
    precondition(views.count <= codes.count)
    for row in views.indices {
      // SAFETY: rows are inside both by the check above.
      guard let code = unsafe code(of: views[unchecked: row]) else { return row }
      unsafe codes[unchecked: row] = code
    }
    return views.count
  }

  @inline(__always)
  private func isEqual(
    _ entry: Entry,
    _ words: TextWords,
    _ hash: UInt64,
    _ view: ByteView
  ) -> Bool {
    guard entry.hash == hash, entry.view.count == view.count, entry.words.first == words.first,
      entry.words.last == words.last
    else { return false }
    return view.count <= 16 || entry.view == view
  }

  private func enter(
    _ view: ByteView,
    _ words: TextWords,
    _ hash: UInt64,
    _ slot: Int
  ) -> UInt32? {
    guard count < Self.entryCountMax, byteCount + view.count <= Self.byteCountMax else {
      return nil
    }
    let kept = arena.allocate(view.count)
    // SAFETY: the arena gave room for as many bytes.
    unsafe UnsafeMutablePointer(mutating: kept.start).update(from: view.start, count: view.count)
    if count == entryCapacity { growEntries() }
    unsafe (entries + count).initialize(to: Entry(words: words, view: kept, hash: hash))
    count += 1
    byteCount += view.count
    unsafe slots[slot] = UInt32(count)
    if count * 2 > slotMask + 1 { growSlots() }
    return UInt32(count - 1)
  }

  private func growEntries() {
    let larger = UnsafeMutablePointer<Entry>.allocate(capacity: entryCapacity * 2)
    unsafe larger.moveInitialize(from: entries, count: count)
    unsafe entries.deallocate()
    unsafe entries = unsafe larger
    entryCapacity *= 2
  }

  private func growSlots() {
    unsafe slots.deallocate()
    slotMask = slotMask * 2 + 1
    unsafe slots = .allocate(capacity: slotMask + 1)
    unsafe slots.initialize(repeating: 0, count: slotMask + 1)
    for code in 0..<count {
      var slot = unsafe Int(truncatingIfNeeded: entries[code].hash &>> 10) & slotMask
      while unsafe slots[slot] != 0 { slot = (slot + 1) & slotMask }
      unsafe slots[slot] = UInt32(code + 1)
    }
  }

  /// The entries so far.
  package func dictionary() -> TextDictionary {
    let buffer = ByteBuffer(byteCount: byteCount)
    var ends: [Int] = []
    ends.reserveCapacity(count)
    var end = 0
    for code in 0..<count {
      let view = view(code)
      // SAFETY: the entries' lengths add up to `byteCount`.
      unsafe (buffer.base + end).copyMemory(from: view.start, byteCount: view.count)
      end += view.count
      ends.append(end)
    }
    return TextDictionary(buffer: buffer, ends: ends)
  }

  /// The stored form, see ``TextDictionary/init(page:)``.
  func page() -> ByteBuffer {
    let head = 8 + count * 4
    let buffer = ByteBuffer(byteCount: head + byteCount)
    var bytes = buffer.mutableBytes
    bytes.store(UInt32(1), at: 0)
    bytes.store(UInt32(count), at: 4)
    var end = 0
    for code in 0..<count {
      let view = view(code)
      unsafe (buffer.base + (head + end)).copyMemory(from: view.start, byteCount: view.count)
      end += view.count
      bytes.store(UInt32(end), at: 8 + code * 4)
    }
    return buffer
  }
}
