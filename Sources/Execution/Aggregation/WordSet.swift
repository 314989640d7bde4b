internal import Columnar

/// Counts different words: a table of the words themselves, with open addressing and linear probing.
///
/// A word takes 16 bytes, half of what a ``KeyTable`` takes, which also numbers them.
final class WordSet {
  /// 0: empty.
  private var slots = GroupArray<UInt64>(0, capacity: 1 << 12)
  private var mask = 1 << 12 - 1
  /// Words in `slots`.
  private var filled = 0
  private var hasZero = false
  private let share: BudgetShare

  init(_ budget: MemoryBudget) {
    share = BudgetShare(budget)
    share.set(slots.byteCount)
  }

  /// Different words so far.
  var count: Int { filled + (hasZero ? 1 : 0) }

  /// Forgets all words; keeps the memory.
  func removeAll() {
    if filled > 0 { slots.clear() }
    filled = 0
    hasZero = false
  }

  /// Puts in the first `count` words.
  func insert(_ words: Span<Int64>, count: Int) {
    precondition(count <= words.count)
    if (filled + count) * 2 > mask { grow(toHold: filled + count) }
    let mask = mask
    var slots = slots.mutableSpan
    precondition(mask < slots.count)
    var added = 0
    for place in 0..<count {
      // SAFETY: place < count, and the mask keeps slots inside, both checked above.
      let word = unsafe UInt64(bitPattern: words[unchecked: place])
      var slot = Int(truncatingIfNeeded: mixHash(word)) & mask
      while true {
        let here = unsafe slots[unchecked: slot]
        if here == word { break }
        if here == 0 {
          unsafe slots[unchecked: slot] = word
          added &+= 1
          break
        }
        slot = (slot &+ 1) & mask
      }
      // An empty slot looks like it.
      if word == 0 { hasZero = true }
    }
    filled += added
  }

  private func grow(toHold wanted: Int) {
    var size = mask + 1
    while wanted * 2 > size - 1 { size *= 2 }
    let old = slots
    slots = GroupArray(0, capacity: size)
    share.set(slots.byteCount)
    mask = size - 1
    let all = old.span
    var fresh = slots.mutableSpan
    for place in 0..<old.capacity where all[place] != 0 {
      var slot = Int(truncatingIfNeeded: mixHash(all[place])) & mask
      while fresh[slot] != 0 { slot = (slot + 1) & mask }
      fresh[slot] = all[place]
    }
  }
}
