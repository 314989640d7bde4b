/// Cursors that still have rows, the one whose row comes first in front.
///
/// A load beyond its memory leaves hundreds of segments: finding the next row must not look at all of them.
struct MergeHeap {
  typealias Entry = (cursor: MergeCursor, number: Int)

  /// Each comes before those at twice its place plus one and two.
  private var entries: [Entry] = []

  /// Takes a cursor in, if it has rows; of equal rows those of the cursor with the smaller number come first.
  mutating func add(_ cursor: MergeCursor, _ number: Int) {
    if cursor.isAtEnd { return }
    entries.append((cursor, number))
    var place = entries.count - 1
    while place > 0, isBefore(entries[place], entries[(place - 1) / 2]) {
      entries.swapAt(place, (place - 1) / 2)
      place = (place - 1) / 2
    }
  }

  /// The cursor whose row comes first.
  var first: Entry? { entries.first }

  /// The cursor whose row comes next.
  var second: Entry? {
    guard entries.count > 2 else { return entries.count == 2 ? entries[1] : nil }
    return isBefore(entries[2], entries[1]) ? entries[2] : entries[1]
  }

  /// Puts the first cursor, whose rows were taken, where it belongs now.
  mutating func firstHasMoved() {
    if entries[0].cursor.isAtEnd {
      entries.swapAt(0, entries.count - 1)
      entries.removeLast()
    }
    var place = 0
    while true {
      var first = place
      for below in place * 2 + 1...place * 2 + 2
      where below < entries.count && isBefore(entries[below], entries[first]) { first = below }
      if first == place { return }
      entries.swapAt(place, first)
      place = first
    }
  }

  private func isBefore(_ a: Entry, _ b: Entry) -> Bool {
    a.cursor.isBefore(b.cursor, winsTies: a.number < b.number)
  }
}
