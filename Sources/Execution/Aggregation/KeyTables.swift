internal import Columnar

// Keys to numbers: each different key gets the next number from 0. Open addressing, linear probing.
//
// A table beyond the first-level cache waits for memory on every key. So a batch is taken in two passes: the
// first loads the home slot of every key, loads that do not depend on each other and so wait together; the
// second compares, with the slots at hand. In a small table the first pass would only cost.

@inline(__always)
func mixHash(_ key: UInt64) -> UInt64 {
  let product = (key ^ (key &>> 32)) &* 0x9E37_79B9_7F4A_7C15
  return product ^ (product &>> 29)
}

@inline(__always)
func mixHash(_ key: UInt128) -> UInt64 {
  let low = UInt64(truncatingIfNeeded: key)
  let high = UInt64(truncatingIfNeeded: key &>> 64)
  return mixHash(low ^ (mixHash(high) &* 0xD6E8_FEB8_6659_FD93))
}

/// A key that a ``KeyTable`` can hold.
protocol TableKey: FixedWidthInteger, BitwiseCopyable {
  var tableHash: UInt64 { get }
}

extension UInt64: TableKey {
  @inline(__always) var tableHash: UInt64 { mixHash(self) }
}

extension UInt128: TableKey {
  @inline(__always) var tableHash: UInt64 { mixHash(self) }
}

/// Numbers keys of one width.
///
/// A slot holds part of the hash and the number; the keys stand in an array of their own, in the order of numbers. So a
/// table takes 16 bytes a key and the key itself, and more of it stays in the cache.
@safe
final class KeyTable<Key: TableKey> {
  private struct Slot: BitwiseCopyable {
    /// The upper half of the hash; the lower half is the slot's place.
    var tag: UInt32
    /// Number + 1; 0: empty.
    var mark: UInt32

    static var empty: Slot { Slot(tag: 0, mark: 0) }
  }

  private var slots: UnsafeMutablePointer<Slot>
  private var mask: Int
  /// Keys by number.
  let keys = GroupArray<Key>(0, capacity: 128)
  private(set) var count = 0
  private let found = GroupArray<UInt32>(0)

  init() {
    mask = 255
    unsafe slots = Self.allocate(256)
  }

  deinit { unsafe AlignedMemory.deallocate(slots) }

  var byteCount: Int { (mask + 1) * MemoryLayout<Slot>.stride + keys.byteCount }

  private static func allocate(_ count: Int) -> UnsafeMutablePointer<Slot> {
    let slots: UnsafeMutablePointer<Slot> = unsafe AlignedMemory.allocate(capacity: count)
    unsafe slots.initialize(repeating: .empty, count: count)
    return unsafe slots
  }

  /// The number of one key, a new one where it was not there.
  @inline(__always)
  func number(_ key: Key) -> UInt32 {
    if count * 2 >= mask { grow(toHold: count + 1) }
    return probe(key, key.tableHash)
  }

  /// The number of a key, or nil.
  func find(_ key: Key) -> UInt32? {
    let hash = key.tableHash
    let tag = UInt32(truncatingIfNeeded: hash &>> 32)
    var slot = Int(truncatingIfNeeded: hash) & mask
    while true {
      // SAFETY: `mask` keeps the slot inside; a table is never full, so an empty slot ends the probe.
      let here = unsafe slots[slot]
      if here.mark == 0 { return nil }
      if here.tag == tag, keys[Int(here.mark) &- 1] == key { return here.mark &- 1 }
      slot = (slot &+ 1) & mask
    }
  }

  /// The numbers of `rows` keys.
  func numbers(_ batch: Span<Key>, count rows: Int, into numbers: inout MutableSpan<UInt32>) {
    precondition(rows <= batch.count && rows <= numbers.count)
    if (count + rows) * 2 >= mask { grow(toHold: count + rows) }
    guard mask >= 1 << 13 else {
      for row in 0..<rows {
        // SAFETY: row < rows, checked above.
        let key = unsafe batch[unchecked: row]
        unsafe numbers[unchecked: row] = probe(key, key.tableHash)
      }
      return
    }
    // Loads that do not depend on each other wait together: first the slots, then the keys that they lead to.
    found.reserve(rows)
    var candidates = found.mutableSpan
    precondition(rows <= candidates.count)
    for row in 0..<rows {
      // SAFETY: row < rows; the mask keeps the slot inside.
      let hash = unsafe batch[unchecked: row].tableHash
      let here = unsafe slots[Int(truncatingIfNeeded: hash) & mask]
      let isLikely = here.tag == UInt32(truncatingIfNeeded: hash &>> 32)
      unsafe candidates[unchecked: row] = isLikely ? here.mark : 0
    }
    let known = keys.span
    for row in 0..<rows {
      // SAFETY: row < rows, and a mark is a number that was given out, plus 1.
      let mark = unsafe candidates[unchecked: row]
      let key = unsafe batch[unchecked: row]
      if mark != 0, unsafe known[unchecked: Int(mark) &- 1] == key {
        unsafe numbers[unchecked: row] = mark &- 1
      } else {
        unsafe numbers[unchecked: row] = probe(key, key.tableHash)
      }
    }
  }

  @inline(__always)
  private func probe(_ key: Key, _ hash: UInt64) -> UInt32 {
    let tag = UInt32(truncatingIfNeeded: hash &>> 32)
    var slot = Int(truncatingIfNeeded: hash) & mask
    while true {
      // SAFETY: `mask` keeps the slot inside; growth before the batch leaves free slots, so the probe ends.
      let here = unsafe slots[slot]
      if here.mark == 0 { return insert(key, tag, at: slot) }
      if here.tag == tag, keys[Int(here.mark) &- 1] == key { return here.mark &- 1 }
      slot = (slot &+ 1) & mask
    }
  }

  @inline(__always)
  private func insert(_ key: Key, _ tag: UInt32, at slot: Int) -> UInt32 {
    let number = UInt32(truncatingIfNeeded: count)
    keys[count] = key
    count &+= 1
    unsafe slots[slot] = Slot(tag: tag, mark: number &+ 1)
    return number
  }

  /// Makes room for so many keys.
  func expect(_ keys: Int) { grow(toHold: keys) }

  /// A table of at least twice as many slots as keys, and room for the keys.
  private func grow(toHold wanted: Int) {
    var size = mask + 1
    while wanted * 2 >= size - 1 { size *= 2 }
    guard size > mask + 1 else { return }
    keys.reserve(size / 2)
    let fresh = unsafe Self.allocate(size)
    let freshMask = size - 1
    let all = keys.span
    for number in 0..<count {
      let hash = all[number].tableHash
      var slot = Int(truncatingIfNeeded: hash) & freshMask
      while unsafe fresh[slot].mark != 0 { slot = (slot &+ 1) & freshMask }
      unsafe fresh[slot] = Slot(
        tag: UInt32(truncatingIfNeeded: hash &>> 32),
        mark: UInt32(truncatingIfNeeded: number) &+ 1
      )
    }
    unsafe AlignedMemory.deallocate(slots)
    unsafe slots = unsafe fresh
    mask = freshMask
  }

  /// Gives back the slots; afterwards only ``keys`` may be read.
  func freeze() {
    unsafe AlignedMemory.deallocate(slots)
    unsafe slots = Self.allocate(1)
    mask = 0
  }

  /// Forgets all keys; keeps the memory.
  func removeAll() {
    unsafe slots.update(repeating: .empty, count: mask + 1)
    count = 0
  }
}
