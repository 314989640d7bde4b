/// Finds words that occur more than once: deals them out by their hash to parts that fit into the second cache, and looks at a part at a time.
///
/// A word takes 8 bytes beside the lists meanwhile.
package struct RepeatedWords {
  package private(set) var values: Set<UInt64> = []
  /// Words of a part, about.
  private static let partRows = 16_384
  /// More places to write to at once than the processor knows pages by heart are slow.
  private static let partBitsMax = 10

  /// - Parameter lists: Words in any order; which list one stands in does not matter.
  package init(_ lists: [[UInt64]]) {
    let count = lists.reduce(0) { $0 + $1.count }
    let parts = max(1, count / Self.partRows)
    let bits = min(Self.partBitsMax, 64 - (parts - 1).leadingZeroBitCount)
    let (words, ends) = Self.dealOut(lists, count: count, bits: bits)
    var first = 0
    var table: [UInt64] = []
    for end in ends {
      find(words.span.extracting(first..<end), &table)
      first = end
    }
  }

  /// The bits of a word's hash: the upper ones tell the part, the next ones the place.
  @inline(__always)
  private static func hash(_ word: UInt64) -> UInt64 {
    let product = word.multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
    return product.high ^ product.low
  }

  private static func dealOut(
    _ lists: [[UInt64]],
    count: Int,
    bits: Int
  ) -> (words: [UInt64], ends: [Int]) {
    let shift = UInt64(64 - bits)
    var places = [Int](repeating: 0, count: 1 << bits)
    for list in lists {
      for word in list { places[Int(truncatingIfNeeded: hash(word) >> shift)] &+= 1 }
    }
    var next = 0
    for part in places.indices {
      (places[part], next) = (next, next + places[part])
    }
    var words = [UInt64](repeating: 0, count: count)
    var target = words.mutableSpan
    for list in lists {
      for word in list {
        let part = Int(truncatingIfNeeded: hash(word) >> shift)
        target[places[part]] = word
        places[part] &+= 1
      }
    }
    return (words, places)
  }

  /// Looks for the words of a part that are there twice; 0 stands for an empty place.
  private mutating func find(_ words: Span<UInt64>, _ table: inout [UInt64]) {
    let bits = max(4, 64 - words.count.leadingZeroBitCount + 1)
    let mask = (1 << bits) - 1
    if table.count < 1 << bits {
      table = [UInt64](repeating: 0, count: 1 << bits)
    } else {
      for place in 0...mask { table[place] = 0 }
    }
    var zeros = 0
    for index in words.indices {
      let word = words[index]
      guard word != 0 else {
        zeros += 1
        continue
      }
      var place = Int(truncatingIfNeeded: Self.hash(word)) & mask
      while table[place] != 0, table[place] != word { place = (place &+ 1) & mask }
      if table[place] == word { values.insert(word) } else { table[place] = word }
    }
    if zeros > 1 { values.insert(0) }
  }
}
