internal import Columnar
internal import Kernels

/// Numbers strings; keeps a copy of each, unless whoever brings them keeps them.
@safe
final class StringTable {
  private struct Slot: BitwiseCopyable {
    var tag: UInt32
    /// Number + 1; 0: empty.
    var mark: UInt32
  }

  private var slots: UnsafeMutablePointer<Slot>
  private var mask: Int
  private(set) var count = 0
  let arena = ByteArena()
  private var stringBytes = 0
  /// Strings and hashes by number.
  let strings = GroupArray<ByteView>(emptyView, capacity: 64)
  private let hashes = GroupArray<UInt64>(0, capacity: 64)
  private let found = GroupArray<UInt32>(0)

  private let borrows: Bool

  /// - Parameter borrows: The strings stay where they are as long as the table.
  init(borrows: Bool = false) {
    self.borrows = borrows
    mask = 255
    unsafe slots = AlignedMemory.allocate(capacity: 256)
    unsafe slots.initialize(repeating: Slot(tag: 0, mark: 0), count: 256)
  }

  deinit { unsafe AlignedMemory.deallocate(slots) }

  var byteCount: Int {
    (mask + 1) * MemoryLayout<Slot>.stride + strings.byteCount + hashes.byteCount + stringBytes
  }

  /// Gives back the slots; afterwards only ``strings`` may be read.
  func freeze() {
    unsafe AlignedMemory.deallocate(slots)
    unsafe slots = AlignedMemory.allocate(capacity: 1)
    unsafe slots.initialize(to: Slot(tag: 0, mark: 0))
    mask = 0
  }

  /// The number of a string, a new one where it was not there.
  func number(_ string: ByteView) -> UInt32 { number(string, hash: hash(string)) }

  /// The numbers of `rows` strings whose hashes are known.
  ///
  /// The first pass loads slots and the strings that they lead to: loads that do not depend on each other, and so wait together.
  /// A string that equals the one before, as in rows sorted by what it hangs on, is not looked up again.
  func numbers(
    _ batch: Span<ByteView>,
    hashes: Span<UInt64>,
    count rows: Int,
    into words: inout MutableSpan<UInt64>
  ) {
    precondition(rows <= batch.count && rows <= hashes.count && rows <= words.count)
    found.reserve(rows)
    var candidates = found.mutableSpan
    if mask >= 1 << 12 {
      let known = strings.span
      for row in 0..<rows {
        let hash = hashes[row]
        if row > 0, hash == hashes[row &- 1] {
          candidates[row] = 0
          continue
        }
        // SAFETY: the mask keeps the slot inside.
        let here = unsafe slots[Int(truncatingIfNeeded: hash) & mask]
        let isLikely = here.mark != 0 && here.tag == UInt32(truncatingIfNeeded: hash &>> 32)
        let place = isLikely ? Int(here.mark) &- 1 : 0
        candidates[row] = isLikely && known[place].count == batch[row].count ? here.mark : 0
      }
    } else {
      for row in 0..<rows { candidates[row] = 0 }
    }
    for row in 0..<rows {
      if row > 0, hashes[row] == hashes[row &- 1], batch[row] == batch[row &- 1] {
        words[row] = words[row &- 1]
        continue
      }
      let mark = candidates[row]
      let isKnown = mark != 0 && strings[Int(mark) &- 1] == batch[row]
      words[row] = isKnown ? UInt64(mark &- 1) : UInt64(number(batch[row], hash: hashes[row]))
    }
  }

  private func number(_ string: ByteView, hash: UInt64) -> UInt32 {
    if count * 2 >= mask { grow() }
    let tag = UInt32(truncatingIfNeeded: hash &>> 32)
    var slot = Int(truncatingIfNeeded: hash) & mask
    while true {
      // SAFETY: `mask` keeps the slot inside; the table is at most half full, so the probe ends.
      let here = unsafe slots[slot]
      if here.mark == 0 { break }
      if here.tag == tag, strings[Int(here.mark) - 1] == string { return here.mark &- 1 }
      slot = (slot &+ 1) & mask
    }
    let number = UInt32(truncatingIfNeeded: count)
    unsafe slots[slot] = Slot(tag: tag, mark: number &+ 1)
    keep(string, hash)
    return number
  }

  /// The number of a string, or nil.
  func find(_ string: ByteView) -> UInt32? {
    let hash = hash(string)
    let tag = UInt32(truncatingIfNeeded: hash &>> 32)
    var slot = Int(truncatingIfNeeded: hash) & mask
    while true {
      // SAFETY: as in `number`.
      let here = unsafe slots[slot]
      if here.mark == 0 { return nil }
      if here.tag == tag, strings[Int(here.mark) - 1] == string { return here.mark &- 1 }
      slot = (slot &+ 1) & mask
    }
  }

  private func keep(_ string: ByteView, _ hash: UInt64) {
    strings.reserve(count + 1)
    hashes.reserve(count + 1)
    hashes[count] = hash
    guard !borrows else {
      strings[count] = string
      count += 1
      return
    }
    let copy = arena.allocate(string.count)
    if string.count > 0 {
      // SAFETY: `copy` has string.count bytes that nobody else has seen yet.
      unsafe UnsafeMutablePointer(mutating: copy.start).update(
        from: string.start,
        count: string.count
      )
    }
    strings[count] = copy
    stringBytes += string.count
    count += 1
  }

  private func grow() {
    let size = (mask + 1) * 4
    let fresh: UnsafeMutablePointer<Slot> = unsafe AlignedMemory.allocate(capacity: size)
    unsafe fresh.initialize(repeating: Slot(tag: 0, mark: 0), count: size)
    for number in 0..<count {
      let hash = hashes[number]
      var slot = Int(truncatingIfNeeded: hash) & (size - 1)
      while unsafe fresh[slot].mark != 0 { slot = (slot &+ 1) & (size - 1) }
      unsafe fresh[slot] = Slot(
        tag: UInt32(truncatingIfNeeded: hash &>> 32),
        mark: UInt32(truncatingIfNeeded: number) &+ 1
      )
    }
    unsafe AlignedMemory.deallocate(slots)
    unsafe slots = unsafe fresh
    mask = size - 1
  }
}
