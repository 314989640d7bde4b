/// Where pages are in a shard of the block cache: open addressing with linear probing.
///
/// A dictionary of the standard library spends most of a look-up on its hash, and a row that is read alone makes a
/// look-up a column.
package struct PageTable {
  private struct Slot {
    var key: PageKey
    /// -1: empty.
    var place: Int32
  }

  private static let empty = Slot(key: PageKey(file: 0, slot: 0, index: 0), place: -1)
  package init() {}

  private var slots = [Slot](repeating: PageTable.empty, count: 64)
  package private(set) var count = 0

  private var mask: Int { slots.count - 1 }

  private func home(_ key: PageKey) -> Int {
    // The lowest bits chose the shard.
    Int(truncatingIfNeeded: key.mixed &>> 8) & mask
  }

  /// The slot of a key, or the empty one where it would go.
  private func slot(of key: PageKey) -> Int {
    let slots = slots.span
    var slot = home(key)
    while slots[slot].place >= 0, slots[slot].key != key { slot = (slot &+ 1) & (slots.count &- 1) }
    return slot
  }

  /// The place of a page; nil when it is not here.
  package func place(of key: PageKey) -> Int? {
    let place = slots[slot(of: key)].place
    return place < 0 ? nil : Int(place)
  }

  /// Notes the place of a page, new or known.
  package mutating func set(_ key: PageKey, to place: Int) {
    if (count + 1) * 2 > slots.count { grow() }
    let slot = slot(of: key)
    if slots[slot].place < 0 { count += 1 }
    slots[slot] = Slot(key: key, place: Int32(place))
  }

  /// Forgets a page, and closes the gap that it leaves in the chain of probes.
  package mutating func remove(_ key: PageKey) {
    var gap = slot(of: key)
    guard slots[gap].place >= 0 else { return }
    count -= 1
    var next = gap
    while true {
      next = (next + 1) & mask
      guard slots[next].place >= 0 else { break }
      let home = home(slots[next].key)
      // An entry may move back to the gap unless its home lies behind it.
      if (next - home) & mask >= (next - gap) & mask {
        slots[gap] = slots[next]
        gap = next
      }
    }
    slots[gap] = Self.empty
  }

  private mutating func grow() {
    let old = slots
    slots = [Slot](repeating: Self.empty, count: old.count * 2)
    for entry in old where entry.place >= 0 { slots[slot(of: entry.key)] = entry }
  }
}
