internal import Columnar

/// Numbers strings; keeps a copy of each.
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

  init() {
    mask = 255
    unsafe slots = .allocate(capacity: 256)
    unsafe slots.initialize(repeating: Slot(tag: 0, mark: 0), count: 256)
  }

  deinit { unsafe slots.deallocate() }

  var byteCount: Int {
    (mask + 1) * MemoryLayout<Slot>.stride + strings.byteCount + hashes.byteCount + stringBytes
  }

  /// The number of a string, a new one where it was not there.
  func number(_ string: ByteView) -> UInt32 {
    if count * 2 >= mask { grow() }
    let hash = hashBytes(string)
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
    let hash = hashBytes(string)
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
    let copy = arena.allocate(string.count)
    if string.count > 0 {
      // SAFETY: `copy` has string.count bytes that nobody else has seen yet.
      unsafe UnsafeMutablePointer(mutating: copy.start).update(
        from: string.start,
        count: string.count
      )
    }
    strings[count] = copy
    hashes[count] = hash
    stringBytes += string.count
    count += 1
  }

  private func grow() {
    let size = (mask + 1) * 4
    let fresh = UnsafeMutablePointer<Slot>.allocate(capacity: size)
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
    unsafe slots.deallocate()
    unsafe slots = unsafe fresh
    mask = size - 1
  }
}

/// Eight bytes a step, folded through a wide multiplication.
func hashBytes(_ string: ByteView) -> UInt64 {
  var rest = string.count
  guard rest > 0 else { return 0x9E37_79B9_7F4A_7C15 }
  var place = unsafe UnsafeRawPointer(string.start)
  var hash = UInt64(truncatingIfNeeded: rest) &* 0xA076_1D64_78BD_642F
  while rest >= 8 {
    // SAFETY: rest >= 8 bytes are left.
    let word = unsafe place.loadUnaligned(as: UInt64.self)
    let wide = (hash ^ word).multipliedFullWidth(by: 0xE703_7ED1_A0B4_28DB)
    hash = wide.high ^ wide.low
    unsafe place += 8
    rest &-= 8
  }
  var tail: UInt64 = 0
  for byte in 0..<rest {
    tail |= unsafe UInt64(place.load(fromByteOffset: byte, as: UInt8.self)) &<< UInt64(byte &* 8)
  }
  let wide = (hash ^ tail).multipliedFullWidth(by: 0x8EBC_6AF0_9C88_C6E3)
  return wide.high ^ wide.low
}
