internal import Columnar
internal import Planning

/// Lets each value of a group reach an aggregate once: count(DISTINCT x), sum(DISTINCT x), ….
///
/// Values become words (``KeyColumn``). Integers with known bounds are bits of one bitmap a group; other words are bits of small
/// bitmaps where they are dense, else pairs of group and word are keys of a hash table.
final class DistinctState: AggregateState {
  private let column: KeyColumn
  private let kinds: [LaneKind]
  /// What gets the new values; nil: they are only counted.
  private let inner: AggregateState?
  private let counts = GroupArray<Int64>(0)
  private var ranged: RangeBitmaps?
  private var bits: WordBitmaps?
  private let pairs = KeyTable<UInt128>()
  /// In place of `pairs` while there is one group only.
  private let lone = KeyTable<UInt64>()
  private var groupCount = 0
  private let fresh = SelectionBuffer()
  private let loneWords = GroupArray<UInt64>(0)
  private let loneNumbers = GroupArray<UInt32>(0)

  /// - Parameters:
  ///   - kinds: Of the arguments.
  ///   - inner: What gets the new values.
  ///   - range: Bounds of an integer argument, where they are known.
  init(kinds: [LaneKind], inner: AggregateState?, range: KeyRange?) {
    self.kinds = kinds
    column = KeyColumn(kind: kinds[0])
    self.inner = inner
    if inner == nil, column.lanesAreWords, let range, let count = range.valueCount {
      ranged = RangeBitmaps(low: range.bounds.lowerBound, count: count)
    } else {
      bits = column.form == .float ? nil : WordBitmaps()
    }
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
      + (ranged?.byteCount ?? 0) + (inner?.byteCount ?? 0)
  }

  override func update(_ arguments: [Vector], _ rows: GroupRows) throws(ExecutionError) {
    let vector = arguments[0]
    if let ranged {
      guard ranged.insert(vector.int64, rows) else {
        throw .sql("XX001", "statistics of a column are wrong")
      }
      if ranged.byteCount > RangeBitmaps.bytesMax { moveToPairs(ranged) }
      return
    }
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

  private func moveToPairs(_ ranged: RangeBitmaps) {
    self.ranged = nil
    ranged.forEach { group, word in
      _ = pairs.number(UInt128(UInt32(truncatingIfNeeded: group)) &<< 64 | UInt128(word))
    }
    for group in 0..<groupCount { counts[group] = Int64(ranged.count(group)) }
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
    if let ranged, let theirs = other.ranged {
      ranged.formUnion(theirs, map, groups: groups)
      return
    }
    if inner == nil, column.lanesAreWords, let bits, let theirs = other.bits {
      bits.formUnion(theirs, map) { group, added in counts[group] += Int64(added) }
      return
    }
    if let ranged { moveToPairs(ranged) }
    var replay = Replay(kinds[0])
    if let theirs = other.ranged {
      var words: [(Int, UInt64)] = []
      theirs.forEach { words.append(($0, $1)) }
      for (group, word) in words {
        try replay.add(word, map[group], of: other.column, to: self)
      }
    }
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
    if other.lone.count > 0, map[0] != absentRow, column.lanesAreWords, bits == nil,
      groupCount <= 1, inner == nil
    {
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
    loneNumbers.reserve(groupRowCount)
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
      guard group != absentRow else { return }
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
        groupCount: state.groupCount,
        selection: nil,
        selectedCount: count
      )
      try state.update([vector], rows)
      count = 0
      vector.reset()
    }
  }

  override func seal(groups: Int) { inner?.seal(groups: groups) }

  override func beginResults(groups: Int) throws(ExecutionError) {
    if let ranged {
      for group in 0..<groups { counts[group] = Int64(ranged.count(group)) }
    }
    try inner?.beginResults(groups: groups)
  }

  override var hasParallelResults: Bool { inner?.hasParallelResults ?? false }
  override func prepareResults(_ groups: Range<Int>) { inner?.prepareResults(groups) }

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
