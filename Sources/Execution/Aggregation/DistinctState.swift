internal import Columnar
internal import Planning

/// Lets each value of a group reach an aggregate once: count(DISTINCT x), sum(DISTINCT x), ….
///
/// Values become words (``KeyColumn``). Integers with known bounds are bits of one bitmap a group; other words are bits of small
/// bitmaps where they are dense, else pairs of group and word are keys of a hash table. Integers that are too many for it go to
/// partitions (``DistinctPartitions``), and only then are counted.
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
  private let partitioning: DistinctPartitioning?
  private var partitions: DistinctPartitions?
  /// Whether rows go to the partitions as they come.
  private var isFlowing = false
  /// Rows that were taken into the tables.
  private var rowsInTables = 0
  /// Made when no more rows come, where some went to partitions.
  private var partitioned: PartitionedCounts?

  /// - Parameters:
  ///   - kinds: Of the arguments.
  ///   - inner: What gets the new values.
  ///   - range: Bounds of an integer argument, where they are known.
  ///   - partitioning: Where integers go that are too many for a table.
  init(
    kinds: [LaneKind],
    inner: AggregateState?,
    range: KeyRange?,
    _ partitioning: DistinctPartitioning? = nil
  ) {
    self.kinds = kinds
    column = KeyColumn(kind: kinds[0])
    self.inner = inner
    self.partitioning = inner == nil && column.lanesAreWords ? partitioning : nil
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
    if isFlowing, let partitions { return try partitions.append(vector.int64, rows) }
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
    if let partitioning { try makeRoom(rows.selectedCount, partitioning) }
    guard let inner, found > 0 else { return }
    var subset = rows
    subset.selection = fresh
    subset.selectedCount = found
    try inner.update(arguments, subset)
  }

  private func takeLanes(_ vector: Vector, _ rows: GroupRows) -> Int {
    let lanes = vector.int64
    if partitioning != nil, bits?.count == 0, liesApart(lanes, rows) { bits = nil }
    return take(rows) { UInt64(bitPattern: lanes[$0]) }
  }

  /// Whether a batch's values need more bitmaps than are worth making for it.
  private func liesApart(_ lanes: Span<Int64>, _ rows: GroupRows) -> Bool {
    var (low, high) = (Int64.max, Int64.min)
    forEachRow(rows) { row, _ in
      low = min(low, lanes[row])
      high = max(high, lanes[row])
    }
    let (width, overflow) = high.subtractingReportingOverflow(low)
    return overflow || width > WordBitmaps.wordsOfFewBitmaps
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

  // MARK: Partitions

  private static let bitmapBytesMax = 16 << 20

  /// Behind the taking of rows: empties tables that are full; if they saved few rows, later ones go past them.
  private func makeRoom(
    _ rowCount: Int,
    _ partitioning: DistinctPartitioning
  ) throws(ExecutionError) {
    rowsInTables += rowCount
    let isFull =
      bits.map { $0.byteCount > Self.bitmapBytesMax } ?? (wordCount >= partitioning.tableMax)
    if isFull { try emptyTables(partitioning) }
  }

  /// Words in tables.
  private var wordCount: Int { (bits?.count ?? 0) + lone.count + pairs.count }

  /// Moves what tables hold to the partitions; later rows go past tables that saved few rows.
  private func emptyTables(_ partitioning: DistinctPartitioning) throws(ExecutionError) {
    let goPast = isFlowing || rowsInTables < wordCount * 8
    try moveToPartitions(partitioning)
    isFlowing = goPast
    rowsInTables = 0
  }

  /// Moves all words to the partitions.
  private func moveToPartitions(_ partitioning: DistinctPartitioning) throws(ExecutionError) {
    if partitions == nil { partitions = DistinctPartitions(partitioning) }
    isFlowing = true
    try replay(self) { UInt32(truncatingIfNeeded: $0) }
    bits = nil
    lone.removeAll()
    pairs.removeAll()
    for group in 0..<groupCount { counts[group] = 0 }
  }

  override func spill(leaving room: Int) throws(ExecutionError) -> Int {
    guard let partitioning, let files = partitioning.shared.spillFiles, partitioned == nil,
      byteCount + (partitions?.byteCount ?? 0) > room
    else { return 0 }
    try emptyTables(partitioning)
    return try partitions?.spill(to: files, leaving: room) ?? 0
  }

  override func seal(groups: Int) throws(ExecutionError) {
    try inner?.seal(groups: groups)
    if partitions != nil { try endPartitions() }
  }

  private func endPartitions() throws(ExecutionError) {
    guard let partitioning, partitioned == nil else { return }
    try moveToPartitions(partitioning)
    guard let partitions else { return }
    try partitions.finish()
    partitioned = PartitionedCounts(partitions)
  }

  // MARK: Other states

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
    if partitions != nil || other.partitions != nil {
      try endPartitions()
      try other.endPartitions()
      if let theirs = other.partitioned { partitioned?.take(theirs, map) }
      return
    }
    if let ranged, let theirs = other.ranged {
      ranged.formUnion(theirs, map, groups: groups)
      return
    }
    if inner == nil, column.lanesAreWords, let bits, let theirs = other.bits {
      bits.formUnion(theirs, map) { group, added in counts[group] += Int64(added) }
      return
    }
    if let ranged { moveToPairs(ranged) }
    if other.lone.count > 0, map[0] != absentRow, column.lanesAreWords, bits == nil,
      groupCount <= 1, inner == nil
    {
      uniteLone(other)
      return
    }
    try replay(other) { map[$0] }
  }

  /// Takes in the words of a state, or its own, as rows.
  ///
  /// `target`: The group here of each of its groups.
  private func replay(
    _ other: DistinctState,
    _ target: (Int) -> UInt32
  ) throws(ExecutionError) {
    var rows = Replay(kinds[0])
    func add(_ group: Int, _ word: UInt64) throws(ExecutionError) {
      try rows.add(word, target(group), of: other.column, to: self)
    }
    try other.ranged?.forEach(add)
    try other.bits?.forEach(add)
    for place in 0..<other.lone.count { try add(0, other.lone.keys[place]) }
    for place in 0..<other.pairs.count {
      let pair = other.pairs.keys[place]
      try add(Int(UInt32(truncatingIfNeeded: pair &>> 64)), UInt64(truncatingIfNeeded: pair))
    }
    try rows.flush(from: other.column, to: self)
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

  override func beginResults(groups: Int) throws(ExecutionError) {
    if let ranged {
      for group in 0..<groups { counts[group] = Int64(ranged.count(group)) }
    }
    // The tables of states that were merged may have become full only then.
    if partitions != nil { try endPartitions() }
    partitioned?.begin()
    try inner?.beginResults(groups: groups)
  }

  override var resultPieces: Int { inner?.resultPieces ?? partitioned?.pieces ?? 0 }

  override func prepareResults(piece: Int) throws(ExecutionError) {
    try inner?.prepareResults(piece: piece)
    try partitioned?.count(piece: piece)
  }

  override func write(
    _ call: BoundAggregate,
    first: Int,
    count: Int,
    into vector: Vector
  ) throws(ExecutionError) {
    if let inner { return try inner.write(call, first: first, count: count, into: vector) }
    var out = vector.mutableInt64
    for row in 0..<count {
      out[row] = partitioned?.count(ofGroup: first + row) ?? counts[first + row]
    }
  }
}
