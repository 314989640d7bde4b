internal import Columnar
internal import Synchronization

/// One numbering of the strings of several dictionaries, mostly those of a column's segments.
///
/// The dictionaries keep it: as long as they stay in the block cache, the next statement finds each entry's number without
/// a look at its bytes. What dictionaries that have gone brought stays in it, until too much of it is of them.
final class TextNumbering: @unchecked Sendable {
  /// A dictionary that has not gone keeps its numbers; a weak reference to itself would slow down every other one.
  private struct Member {
    weak var entries: EntryNumbers?
  }

  // All that follows is used under the lock.
  private let lock = Mutex<Void>(())
  private let table = StringTable()
  private var members: [Member] = []
  /// So many members are looked through for those that have gone.
  private var membersMax = 64

  /// So many strings of dictionaries that have gone are no matter.
  private static let staleMax = 1024

  /// The numbering to use for some dictionaries; all of their entries have numbers in it.
  ///
  /// - Parameter dictionaries: Each once.
  /// - Returns: The numbering, and by dictionary the numbers, by code.
  /// - Complexity: O(dictionaries) where they were numbered before; else O(bytes of entries).
  static func numbering(
    _ dictionaries: [TextDictionary]
  ) -> (numbering: TextNumbering, numbers: [[UInt32]]) {
    var votes: [ObjectIdentifier: (numbering: TextNumbering, count: Int)] = [:]
    for dictionary in dictionaries {
      guard let owner = dictionary.numbers.withLock({ $0?.owner as? TextNumbering }) else {
        continue
      }
      votes[ObjectIdentifier(owner), default: (owner, 0)].count += 1
    }
    let known = votes.values.max { $0.count < $1.count }?.numbering
    let entries = dictionaries.reduce(0) { $0 + $1.count }
    let isUsable = known.map { !$0.isOvergrown(for: entries) } ?? false
    let numbering = isUsable ? known ?? TextNumbering() : TextNumbering()
    return (numbering, dictionaries.map(numbering.numbers))
  }

  /// How many strings have a number: 0..<count.
  var count: Int { lock.withLock { _ in table.count } }

  /// Whether most strings are of dictionaries that have gone.
  private func isOvergrown(for entries: Int) -> Bool {
    lock.withLock { _ in
      guard table.count > entries * 2 + Self.staleMax else { return false }
      forgetGone()
      let live = members.reduce(0) { $0 + ($1.entries?.numbers.count ?? 0) }
      return table.count > live * 2 + Self.staleMax
    }
  }

  /// Under the lock: dictionaries that the cache gave up and reads again are others.
  private func forgetGone() {
    members.removeAll { $0.entries == nil }
    membersMax = max(64, members.count * 2)
  }

  /// The numbers of all entries of a dictionary, by code.
  private func numbers(of dictionary: TextDictionary) -> [UInt32] {
    let known = dictionary.numbers.withLock { $0 }
    if let known, known.owner === self { return known.numbers }
    let entries = lock.withLock { _ in
      if members.count >= membersMax { forgetGone() }
      let numbers = (0..<dictionary.count).map { table.number(dictionary[$0]) }
      let entries = EntryNumbers(owner: self, numbers: numbers)
      members.append(Member(entries: entries))
      return entries
    }
    dictionary.numbers.withLock { $0 = entries }
    return entries.numbers
  }

  /// The number of a string; nil: it has none.
  func number(_ string: ByteView) -> UInt32? { lock.withLock { _ in table.find(string) } }

  /// Writes the strings of those numbers that are below `limit`; the vector keeps their bytes.
  func write(_ numbers: Span<Int64>, rows: Int, below limit: Int, to vector: Vector) {
    lock.withLock { _ in
      let strings = table.strings
      var out = vector.mutableViews
      for row in 0..<rows where numbers[row] >= 0 && numbers[row] < limit {
        out[row] = strings[Int(numbers[row])]
      }
    }
    vector.retain(table.arena)
  }
}
