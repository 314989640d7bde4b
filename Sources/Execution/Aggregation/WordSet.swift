internal import Columnar

/// Counts different words: a table of the words themselves, with open addressing and linear probing.
///
/// A word takes 16 bytes, half of what a ``KeyTable`` takes, which also numbers them.
final class WordSet {
  /// 0: empty.
  private var slots = GroupArray<UInt64>(0, capacity: WordSet.slotsMin)
  private var mask = WordSet.slotsMin - 1
  /// Words in `slots`.
  private var filled = 0
  private var hasZero = false
  private let share: BudgetShare
  private let budget: MemoryBudget
  private static let slotsMin = 1 << 12

  init(_ budget: MemoryBudget) {
    self.budget = budget
    share = BudgetShare(budget)
    share.set(slots.byteCount)
  }

  /// Different words so far.
  var count: Int { filled + (hasZero ? 1 : 0) }

  /// Forgets all words; keeps the memory that they needed.
  func removeAll() {
    if mask > Self.slotsMin * 4, filled * 16 < mask {
      // Clearing what one large set needed would take longer than many small ones.
      slots = GroupArray(0, capacity: Self.slotsMin)
      mask = Self.slotsMin - 1
      share.set(slots.byteCount)
    } else if filled > 0 {
      slots.clear()
    }
    filled = 0
    hasZero = false
  }

  /// Puts in the first `count` words.
  ///
  /// - Throws: 53200 when they are beyond the memory.
  func insert(_ words: Span<Int64>, count: Int) throws(ExecutionError) {
    precondition(count <= words.count)
    if (filled + count) * 2 > mask { try grow(toHold: filled + count) }
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

  private func grow(toHold wanted: Int) throws(ExecutionError) {
    var size = mask + 1
    while wanted * 2 > size - 1 { size *= 2 }
    let old = slots
    share.set(old.byteCount + size * 8)
    // What is small fits beside what others hold.
    if size * 8 > budget.limitBytes / 4 { try budget.requireRoom(for: "a distinct count") }
    slots = GroupArray(0, capacity: size)
    defer { share.set(slots.byteCount) }
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
