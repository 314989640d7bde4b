internal import Columnar
internal import Planning

/// Lets each value of a group reach an aggregate once: count(DISTINCT x), sum(DISTINCT x), ….
///
/// Values become words (``KeyColumn``). Where the words of a group are dense they are bits of bitmaps; else pairs
/// of group and word are keys of a hash table.
final class DistinctState: AggregateState {
  private let column: KeyColumn
  private let kinds: [LaneKind]
  /// What gets the new values; nil: they are only counted.
  private let inner: AggregateState?
  private let counts = GroupArray<Int64>(0)
  private var bits: WordBitmaps?
  private let pairs = KeyTable<UInt128>()
  /// In place of `pairs` while there is one group only.
  private let lone = KeyTable<UInt64>()
  private var groupCount = 0
  private let fresh = SelectionBuffer()
  private let loneWords = GroupArray<UInt64>(0, capacity: vectorRowsMax)
  private let loneNumbers = GroupArray<UInt32>(0, capacity: vectorRowsMax)

  init(kinds: [LaneKind], inner: AggregateState?) {
    self.kinds = kinds
    column = KeyColumn(kind: kinds[0])
    self.inner = inner
    bits = column.form == .float ? nil : WordBitmaps()
  }

  override func reserve(groups: Int) {
    groupCount = max(groupCount, groups)
    if groupCount > 1, lone.count > 0 {
      for place in 0..<lone.count { _ = pairs.number(UInt128(lone.keys[place])) }
      lone.removeAll()
    }
    counts.reserve(groups)
    inner?.reserve(groups: groups)
  }

  override var byteCount: Int {
    column.byteCount + pairs.byteCount + lone.byteCount + (bits?.byteCount ?? 0)
      + (inner?.byteCount ?? 0)
  }

  override func update(_ arguments: [Vector], _ rows: GroupRows) throws(ExecutionError) {
    let vector = arguments[0]
    column.encode(vector, count: rows.count)
    fresh.reserve(rows.count)
    let found = column.lanesAreWords ? takeLanes(vector, rows) : takeWords(rows)
    guard let inner, found > 0 else { return }
    var subset = rows
    subset.selection = fresh
    subset.selectedCount = found
    try inner.update(arguments, subset)
  }

  private func takeLanes(_ vector: Vector, _ rows: GroupRows) -> Int {
    let lanes = vector.int64
    return take(rows) { UInt64(bitPattern: lanes[$0]) }
  }

  private func takeWords(_ rows: GroupRows) -> Int {
    let words = column.words.span
    return take(rows) { words[$0] }
  }

  /// Notes the words of all rows; `fresh` gets the rows whose word is new to its group.
  @inline(__always)
  private func take(_ rows: GroupRows, _ word: (Int) -> UInt64) -> Int {
    let fresh = fresh
    var places = fresh.places
    var found = 0
    var cells = counts.mutableSpan
    if let bits {
      forEachRow(rows) { row, group in
        let isNew = bits.insert(word(row), group: group)
        places[found] = UInt16(truncatingIfNeeded: row)
        found &+= isNew ? 1 : 0
        cells[group] &+= isNew ? 1 : 0
      }
      if bits.isWasteful { moveToPairs() }
      return found
    }
    if groupCount <= 1, inner == nil {
      takeLone(rows, word)
      return rows.selectedCount
    }
    forEachRow(rows) { row, group in
      let before = pairs.count
      _ = pairs.number(UInt128(UInt32(truncatingIfNeeded: group)) &<< 64 | UInt128(word(row)))
      let isNew = pairs.count > before
      places[found] = UInt16(truncatingIfNeeded: row)
      found &+= isNew ? 1 : 0
      cells[group] &+= isNew ? 1 : 0
    }
    return found
  }

  /// Notes the words of the only group, a batch at a time.
  @inline(__always)
  private func takeLone(_ rows: GroupRows, _ word: (Int) -> UInt64) {
    loneWords.reserve(rows.count)
    loneNumbers.reserve(rows.count)
    var words = loneWords.mutableSpan
    var count = 0
    forEachRow(rows) { row, _ in
      words[count] = word(row)
      count &+= 1
    }
    var numbers = loneNumbers.mutableSpan
    let before = lone.count
    lone.numbers(loneWords.span, count: count, into: &numbers)
    counts[0] += Int64(lone.count - before)
  }

  private func moveToPairs() {
    guard let bits else { return }
    if groupCount <= 1, inner == nil {
      bits.forEach { _, word in _ = lone.number(word) }
      self.bits = nil
      return
    }
    bits.forEach { group, word in
      _ = pairs.number(UInt128(UInt32(truncatingIfNeeded: group)) &<< 64 | UInt128(word))
    }
    self.bits = nil
  }

  override func merge(
    _ other: AggregateState,
    _ map: GroupArray<UInt32>,
    groups: Int
  ) throws(ExecutionError) {
    guard let other = other as? DistinctState else { return }
    if inner == nil, column.lanesAreWords, let bits, let theirs = other.bits {
      bits.formUnion(theirs, map) { group, added in counts[group] += Int64(added) }
      return
    }
    var replay = Replay(kinds[0])
    if let theirs = other.bits {
      var failure: ExecutionError?
      theirs.forEach { group, word in
        guard failure == nil else { return }
        do throws(ExecutionError) {
          try replay.add(word, map[group], of: other.column, to: self)
        } catch {
          failure = error
        }
      }
      if let failure { throw failure }
    }
    if other.lone.count > 0, column.lanesAreWords, bits == nil, groupCount <= 1, inner == nil {
      uniteLone(other)
      return
    }
    for place in 0..<other.lone.count {
      try replay.add(other.lone.keys[place], map[0], of: other.column, to: self)
    }
    for place in 0..<other.pairs.count {
      let pair = other.pairs.keys[place]
      let group = Int(UInt32(truncatingIfNeeded: pair &>> 64))
      let word = UInt64(truncatingIfNeeded: pair)
      try replay.add(word, map[group], of: other.column, to: self)
    }
    try replay.flush(from: other.column, to: self)
  }

  /// Takes in the words of another state with one group; both are lanes as they are.
  private func uniteLone(_ other: DistinctState) {
    let words = other.lone.keys.span
    var numbers = loneNumbers.mutableSpan
    let before = lone.count
    var first = 0
    while first < other.lone.count {
      let rows = min(groupRowCount, other.lone.count - first)
      lone.numbers(words.extracting(first..<first + rows), count: rows, into: &numbers)
      first += rows
    }
    counts[0] += Int64(lone.count - before)
  }

  /// Turns words of another state back to values, a batch at a time.
  private struct Replay {
    let vector: Vector
    let groups = GroupArray<UInt32>(0, capacity: vectorRowsMax)
    var count = 0

    init(_ kind: LaneKind) { vector = Vector(kind: kind) }

    mutating func add(
      _ word: UInt64,
      _ group: UInt32,
      of column: KeyColumn,
      to state: DistinctState
    ) throws(ExecutionError) {
      column.write(word, to: vector, at: count)
      groups[count] = group
      count += 1
      if count == vectorRowsMax { try flush(from: column, to: state) }
    }

    mutating func flush(
      from column: KeyColumn,
      to state: DistinctState
    ) throws(ExecutionError) {
      guard count > 0 else { return }
      let rows = GroupRows(
        count: count,
        uniform: nil,
        numbers: groups,
        selection: nil,
        selectedCount: count
      )
      try state.update([vector], rows)
      count = 0
      vector.reset()
    }
  }

  override func prepareResults(groups: Int) throws(ExecutionError) {
    try inner?.prepareResults(groups: groups)
  }

  override func write(
    _ call: BoundAggregate,
    first: Int,
    count: Int,
    into vector: Vector
  ) throws(ExecutionError) {
    if let inner { return try inner.write(call, first: first, count: count, into: vector) }
    var out = vector.mutableInt64
    for row in 0..<count { out[row] = counts[first + row] }
  }
}

/// Sets of words, one a group, as bitmaps of 65,536 neighbouring words each.
@safe
final class WordBitmaps {
  private static let wordsOfBitmap = 65_536 / 64

  /// Bitmaps, one after the other.
  private let bits = GroupArray<UInt64>(0, capacity: 4096)
  private let directory = KeyTable<UInt128>()
  private var lastKey = UInt128.max
  private var lastBase = 0
  private(set) var count = 0

  init() {}

  var byteCount: Int { bits.byteCount + directory.byteCount }

  /// Whether a hash table would take less room: fewer than 512 words a bitmap.
  var isWasteful: Bool { directory.count > 64 && count < directory.count * 512 }

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
  func forEach(_ body: (Int, UInt64) -> Void) {
    for number in 0..<directory.count {
      let key = directory.keys[number]
      let group = Int(UInt32(truncatingIfNeeded: key &>> 64))
      let high = UInt64(truncatingIfNeeded: key) &<< 16
      for place in 0..<Self.wordsOfBitmap {
        var word = bits[number &* Self.wordsOfBitmap &+ place]
        while word != 0 {
          let bit = word.trailingZeroBitCount
          body(group, high | UInt64(place &* 64 &+ bit))
          word &= word &- 1
        }
      }
    }
  }

  /// Takes in the sets of `other`, whose groups `map` renumbers; `added` gets a group and how many words were new.
  func formUnion(_ other: WordBitmaps, _ map: GroupArray<UInt32>, added: (Int, Int) -> Void) {
    for number in 0..<other.directory.count {
      let key = other.directory.keys[number]
      let group = Int(map[Int(UInt32(truncatingIfNeeded: key &>> 64))])
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
