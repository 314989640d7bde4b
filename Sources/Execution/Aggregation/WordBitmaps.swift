internal import Columnar

/// Sets of words, one a group, as bitmaps of 65,536 neighbouring words each.
@safe
final class WordBitmaps {
  private static let wordsOfBitmap = 65_536 / 64
  private static let fewBitmaps = 64
  /// Neighbouring words that as many bitmaps hold as may be made for a handful of words.
  static let wordsOfFewBitmaps = 65_536 * fewBitmaps

  /// Bitmaps, one after the other.
  private let bits = GroupArray<UInt64>(0, capacity: 4096)
  private let directory = KeyTable<UInt128>()
  private var lastKey = UInt128.max
  private var lastBase = 0
  private(set) var count = 0

  init() {}

  var byteCount: Int { bits.byteCount + directory.byteCount }

  /// Whether a hash table would take less room: fewer than 512 words a bitmap.
  var isWasteful: Bool { directory.count > Self.fewBitmaps && count < directory.count * 512 }

  /// Puts a word into a group's set; whether it was not there.
  @inline(__always)
  func insert(_ word: UInt64, group: Int) -> Bool {
    let key = UInt128(UInt32(truncatingIfNeeded: group)) &<< 64 | UInt128(word &>> 16)
    if key != lastKey { open(key) }
    let low = Int(truncatingIfNeeded: word & 0xFFFF)
    let place = lastBase &+ low &>> 6
    let bit: UInt64 = 1 &<< UInt64(low & 63)
    let before = bits[place]
    bits[place] = before | bit
    let isNew = before & bit == 0
    count &+= isNew ? 1 : 0
    return isNew
  }

  private func open(_ key: UInt128) {
    let number = Int(directory.number(key))
    lastKey = key
    lastBase = number &* Self.wordsOfBitmap
    bits.reserve(directory.count * Self.wordsOfBitmap)
  }

  /// Calls `body` with every group and word.
  func forEach<Failure: Error>(
    _ body: (Int, UInt64) throws(Failure) -> Void
  ) throws(Failure) {
    for number in 0..<directory.count {
      let key = directory.keys[number]
      let group = Int(UInt32(truncatingIfNeeded: key &>> 64))
      let high = UInt64(truncatingIfNeeded: key) &<< 16
      for place in 0..<Self.wordsOfBitmap {
        var word = bits[number &* Self.wordsOfBitmap &+ place]
        while word != 0 {
          let bit = word.trailingZeroBitCount
          try body(group, high | UInt64(place &* 64 &+ bit))
          word &= word &- 1
        }
      }
    }
  }

  /// Takes in the sets of `other`, whose groups `map` renumbers; `added` gets a group and how many words were new.
  func formUnion(_ other: WordBitmaps, _ map: GroupArray<UInt32>, added: (Int, Int) -> Void) {
    for number in 0..<other.directory.count {
      let key = other.directory.keys[number]
      let target = map[Int(UInt32(truncatingIfNeeded: key &>> 64))]
      guard target != absentRow else { continue }
      let group = Int(target)
      open(
        UInt128(UInt32(truncatingIfNeeded: group)) &<< 64 | UInt128(UInt64(truncatingIfNeeded: key))
      )
      var fresh = 0
      let theirs = other.bits.span
      var ours = bits.mutableSpan
      let from = number &* Self.wordsOfBitmap
      for place in 0..<Self.wordsOfBitmap {
        let before = ours[lastBase &+ place]
        let after = before | theirs[from &+ place]
        ours[lastBase &+ place] = after
        fresh &+= (after ^ before).nonzeroBitCount
      }
      count += fresh
      added(group, fresh)
    }
  }
}

/// Sets of integers with known bounds, one a group: a bitmap over all of the range each.
final class RangeBitmaps {
  /// What the bitmaps may take before sets of pairs are better.
  static let bytesMax = 128 << 20

  private let low: Int64
  private let count: Int
  private let wordsOfGroup: Int
  /// One a group that has values.
  private var bitmaps: [GroupArray<UInt64>] = []
  /// Bitmap + 1 of each group; 0: no value yet.
  private let bitmapOf = GroupArray<UInt32>(0)

  init(low: Int64, count: Int) {
    self.low = low
    self.count = count
    wordsOfGroup = max(1, (count + 63) / 64)
  }

  var byteCount: Int { bitmaps.count * wordsOfGroup * 8 + bitmapOf.byteCount }

  private func bitmap(of group: Int) -> GroupArray<UInt64>? {
    guard group < bitmapOf.capacity, bitmapOf[group] != 0 else { return nil }
    return bitmaps[Int(bitmapOf[group]) - 1]
  }

  private func makeBitmap(of group: Int) -> GroupArray<UInt64> {
    if let known = bitmap(of: group) { return known }
    bitmapOf.reserve(group + 1)
    let fresh = GroupArray<UInt64>(0, capacity: wordsOfGroup)
    bitmaps.append(fresh)
    bitmapOf[group] = UInt32(truncatingIfNeeded: bitmaps.count)
    return fresh
  }

  /// Puts values into their groups' sets; false: one is out of bounds.
  func insert(_ lanes: Span<Int64>, _ rows: GroupRows) -> Bool {
    guard let group = rows.uniform else { return insertScattered(lanes, rows) }
    var isInside = true
    let limit = UInt64(count)
    var words = makeBitmap(of: Int(group)).mutableSpan
    forEachRow(rows) { row, _ in
      let value = UInt64(bitPattern: lanes[row] &- low)
      guard value < limit else {
        isInside = false
        return
      }
      words[Int(truncatingIfNeeded: value &>> 6)] |= 1 &<< (value & 63)
    }
    return isInside
  }

  private func insertScattered(_ lanes: Span<Int64>, _ rows: GroupRows) -> Bool {
    var isInside = true
    let limit = UInt64(count)
    // Rows of one group tend to follow one another.
    var last = -1
    var words = MutableSpan<UInt64>()
    forEachRow(rows) { row, group in
      let value = UInt64(bitPattern: lanes[row] &- low)
      guard value < limit else {
        isInside = false
        return
      }
      if group != last {
        words = makeBitmap(of: group).mutableSpan
        last = group
      }
      words[Int(truncatingIfNeeded: value &>> 6)] |= 1 &<< (value & 63)
    }
    return isInside
  }

  /// How many values a group has.
  func count(_ group: Int) -> Int {
    guard let words = bitmap(of: group)?.span else { return 0 }
    var count = 0
    for word in 0..<wordsOfGroup { count &+= words[word].nonzeroBitCount }
    return count
  }

  /// Calls `body` with every group and value's word.
  func forEach<Failure: Error>(
    _ body: (Int, UInt64) throws(Failure) -> Void
  ) throws(Failure) {
    for group in 0..<bitmapOf.capacity {
      guard let words = bitmap(of: group)?.span else { continue }
      for place in 0..<wordsOfGroup {
        var word = words[place]
        while word != 0 {
          let value = low &+ Int64(place &* 64 &+ word.trailingZeroBitCount)
          try body(group, UInt64(bitPattern: value))
          word &= word &- 1
        }
      }
    }
  }

  /// Takes in the sets of another object over the same bounds.
  func formUnion(_ other: RangeBitmaps, _ map: GroupArray<UInt32>, groups: Int) {
    precondition(other.low == low && other.count == count)
    forEachMerged(map, groups) { group, target in
      guard let theirs = other.bitmap(of: group)?.span else { return }
      var ours = makeBitmap(of: target).mutableSpan
      for word in 0..<wordsOfGroup { ours[word] |= theirs[word] }
    }
  }
}
