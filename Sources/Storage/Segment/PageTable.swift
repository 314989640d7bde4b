internal import CKernels

/// Pages of segment files by their key: open addressing with linear probing, and a CLOCK hand over the slots.
///
/// The pages of one block index, a column each, lie side by side: a row that is read alone needs them all, and one
/// look-up after the other would wait for memory every time.
package struct PageTable<Page> {
  private struct Slot {
    var key = PageKey(file: 0, slot: 0, index: 0)
    /// Nil: empty.
    var page: Page?
    /// Whatever the owner wants to know of a page without touching it.
    var note = 0
    var wasUsed = false
  }

  private var slots = [Slot](repeating: Slot(), count: 64)
  private var hand = 0
  package private(set) var count = 0

  package init() {}

  private var mask: Int { slots.count - 1 }

  private func home(_ key: PageKey) -> Int {
    // The lowest bits chose the shard.
    (Int(truncatingIfNeeded: key.group &>> 8) &+ Int(key.slot)) & mask
  }

  /// The slot of a key, or the empty one where it would go.
  private func find(_ key: PageKey) -> Int {
    let slots = slots.span
    var slot = home(key)
    while slots[slot].page != nil, slots[slot].key != key {
      slot = (slot &+ 1) & (slots.count &- 1)
    }
    return slot
  }

  /// The slot of a page until the table changes; nil when it is not here.
  package func slot(of key: PageKey) -> Int? {
    let slot = find(key)
    return slots[slot].page == nil ? nil : slot
  }

  /// The page of a slot that ``slot(of:)`` gave, without a note of its use.
  package func page(at slot: Int) -> Page? { slots[slot].page }

  /// What came with the page of a slot that ``slot(of:)`` gave.
  func note(at slot: Int) -> Int { slots[slot].note }

  /// The page of a slot that ``slot(of:)`` gave; the hand will pass over it once.
  package mutating func use(_ slot: Int) -> Page? {
    slots[slot].wasUsed = true
    return slots[slot].page
  }

  /// Asks for the memory of the slots from a key's on.
  func prefetch(_ key: PageKey, _ count: Int) {
    let first = home(key)
    let bytes = count &* MemoryLayout<Slot>.stride
    unsafe slots.withUnsafeBufferPointer { slots in
      guard let start = slots.baseAddress else { return }
      let address = unsafe UnsafeRawPointer(start + first)
      // SAFETY: a prefetch reads nothing and never faults.
      for offset in stride(from: 0, through: bytes, by: 64) { unsafe ck_prefetch(address + offset) }
    }
  }

  /// Takes a page in; one that is known is replaced.
  package mutating func insert(_ page: Page, note: Int = 0, as key: PageKey) {
    if (count + 1) * 2 > slots.count { grow() }
    let slot = find(key)
    if slots[slot].page == nil { count += 1 }
    slots[slot] = Slot(key: key, page: page, note: note)
  }

  /// Forgets a page.
  package mutating func remove(_ key: PageKey) {
    if let slot = slot(of: key) { empty(slot) }
  }

  /// Forgets a page that was not used since the hand came by last.
  ///
  /// - Returns: The page; nil when there is none at all.
  package mutating func evict() -> Page? {
    guard count > 0 else { return nil }
    while true {
      hand = (hand + 1) & mask
      guard let page = slots[hand].page else { continue }
      guard slots[hand].wasUsed else {
        empty(hand)
        // A page of behind may have come to this slot.
        hand = (hand - 1) & mask
        return page
      }
      slots[hand].wasUsed = false
    }
  }

  /// Empties a slot, and closes the gap that it leaves in the chain of probes.
  private mutating func empty(_ slot: Int) {
    count -= 1
    var gap = slot
    var next = gap
    while true {
      next = (next + 1) & mask
      guard slots[next].page != nil else { break }
      let home = home(slots[next].key)
      // An entry may move back to the gap unless its home lies behind it.
      if (next - home) & mask >= (next - gap) & mask {
        slots[gap] = slots[next]
        gap = next
      }
    }
    slots[gap] = Slot()
  }

  private mutating func grow() {
    let old = slots
    slots = [Slot](repeating: Slot(), count: old.count * 2)
    hand = 0
    for entry in old where entry.page != nil { slots[find(entry.key)] = entry }
  }
}
