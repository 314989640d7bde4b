internal import ColumnEncoding
internal import Columnar
internal import Planning

/// A state and the places of its rows among the inputs.
///
/// An object of one share, with arrays of its own: counting references to arrays that threads have in common would make them wait for each other.
private final class StateFeed {
  let slot: Int
  let state: AggregateState
  let arguments: [Int]
  let filter: Int?
  /// The batch's arguments.
  var vectors: [Vector] = []

  init(_ slot: Int, _ state: AggregateState, _ layout: AggregateLayout) {
    self.slot = slot
    self.state = state
    arguments = layout.argumentsOfSlot[slot].map { $0 }
    filter = layout.filterOfSlot[slot]
  }
}

/// One share of a grouping: an index of its groups and the states of the aggregates.
final class LocalAggregation {
  let index: GroupIndex?
  private let states: [AggregateState]
  private let layout: AggregateLayout
  /// The states that some call reads, and where their rows come from.
  private let feeds: [StateFeed]
  private let selection = SelectionBuffer()
  private let noNumbers = GroupArray<UInt32>(0)
  private let share: BudgetShare
  /// Groups that runs were taken into; only without an index.
  private var runCount = 0
  /// What keeps borrowed strings of keys alive.
  var owners: [AnyObject] = []

  /// - Parameters:
  ///   - layout: Which states there are.
  ///   - index: Numbers the groups; nil: there are no keys, and one group.
  ///   - ranges: Bounds of slots' arguments, as far as known.
  ///   - partitionings: Of slots whose different values may be too many for tables; the groups' numbers are few.
  ///   - shared: Where the memory is counted.
  /// - Throws: 0A000 for an aggregate that there is no state for.
  init(
    _ layout: AggregateLayout,
    index: GroupIndex?,
    ranges: [Int: KeyRange] = [:],
    partitionings: [Int: DistinctPartitioning] = [:],
    _ shared: ExecutionShared
  ) throws(ExecutionError) {
    self.layout = layout
    self.index = index
    share = BudgetShare(shared.budget)
    var states: [AggregateState] = []
    for place in layout.slots.indices {
      states.append(
        try layout.makeState(place, range: ranges[place], partitionings[place])
      )
    }
    self.states = states
    feeds = layout.slots.indices.filter { layout.isUsed($0) }
      .map { StateFeed($0, states[$0], layout) }
    reserve(index?.count ?? 1)
  }

  /// Makes room for so many groups, which are likely to come.
  func expect(groups: Int) {
    index?.expect(groups: groups)
    reserve(groups)
  }

  private func reserve(_ groups: Int) {
    guard groups > 0 else { return }
    for feed in feeds { feed.state.reserve(groups: groups) }
  }

  /// Groups so far.
  var groupCount: Int { index?.count ?? max(1, runCount) }

  // MARK: Rows

  /// Takes rows in: a vector a key, and one for each of the layout's inputs.
  ///
  /// - Parameters:
  ///   - keys: A vector a key.
  ///   - inputs: A vector for each of the layout's inputs.
  ///   - rows: How many rows.
  ///   - hashes: Of the only key's values, where they are known.
  /// - Throws: An overflow.
  func take(
    keys: [Vector],
    inputs: ArraySlice<Vector>,
    rows: Int,
    hashes: Vector? = nil
  ) throws(ExecutionError) {
    guard rows > 0 else { return }
    try update(inputs, rows, group: try assign(keys, rows, hashes))
  }

  /// Takes rows in whose numbers over the keys' bounds are known already.
  func take(directNumbers: Vector, inputs: ArraySlice<Vector>, rows: Int) throws(ExecutionError) {
    index?.assign(directNumbers: directNumbers.int64, rows: rows)
    try update(inputs, rows, group: nil)
  }

  /// Takes rows of one group in by their statistics; false, and nothing taken: they do not say enough.
  ///
  /// - Parameters:
  ///   - keys: A vector of one row a key.
  ///   - known: Of the argument of each slot that is read; nil: the slot has none.
  ///   - rowCount: How many rows.
  /// - Returns: Whether they were taken.
  /// - Throws: An overflow.
  func take(
    keys: [Vector],
    _ known: [(slot: Int, statistics: BlockStatistics?)],
    rowCount: Int
  ) throws(ExecutionError) -> Bool {
    for (slot, statistics) in known where !states[slot].isAnswered(by: statistics) { return false }
    let group = Int(try assign(keys, 1) ?? index?.numbers[0] ?? 0)
    for (slot, statistics) in known {
      states[slot].take(statistics, rowCount: rowCount, group: group)
    }
    return true
  }

  /// Takes in what other shares wrote of their groups (``writePartial(first:rows:into:)``).
  ///
  /// - Parameters:
  ///   - vectors: Keys, then states.
  ///   - rows: How many groups.
  ///   - isSecondStep: Behind the keys are values that are new to their groups, to be counted.
  /// - Throws: An overflow.
  func takePartial(
    _ vectors: [Vector],
    rows: Int,
    isSecondStep: Bool = false
  ) throws(ExecutionError) {
    guard rows > 0 else { return }
    let keyCount = index?.columns.count ?? 0
    let uniform = try assign(Array(vectors[0..<keyCount]), rows)
    var next = keyCount + (isSecondStep ? 1 : 0)
    for feed in feeds {
      if isSecondStep, layout.isDistinct(feed.slot) {
        let values = vectors[keyCount]
        var selected = everyRow(rows, uniform)
        if values.hasNulls {
          selected.selection = selection
          selected.selectedCount = selectValid(values, rows)
          if selected.selectedCount == 0 { continue }
        }
        try feed.state.update([values], selected)
        continue
      }
      let width = feed.state.partialKinds?.count ?? 0
      let own = vectors[next..<next + width]
      next += width
      var selected = everyRow(rows, uniform)
      if let first = own.first, first.hasNulls {
        selected.selection = selection
        selected.selectedCount = selectValid(first, rows)
        if selected.selectedCount == 0 { continue }
      }
      try feed.state.mergePartial(own, selected)
    }
  }

  /// Numbers the groups of rows; returns the one of them all, where it is one.
  private func assign(
    _ keys: [Vector],
    _ rows: Int,
    _ hashes: Vector? = nil
  ) throws(ExecutionError) -> UInt32? {
    guard let index else { return 0 }
    if index.assign(keys, rows: rows, hashes: hashes) { reserve(index.count) }
    if index.isOutOfRange { throw .sql("XX001", "statistics of a key column are wrong") }
    return index.uniform
  }

  private func everyRow(_ rows: Int, _ uniform: UInt32?) -> GroupRows {
    GroupRows(
      count: rows,
      uniform: uniform,
      numbers: index?.numbers ?? noNumbers,
      groupCount: groupCount,
      selection: nil,
      selectedCount: rows
    )
  }

  private func update(
    _ inputs: ArraySlice<Vector>,
    _ rowCount: Int,
    group uniform: UInt32?
  ) throws(ExecutionError) {
    let first = inputs.startIndex
    for feed in feeds {
      feed.vectors.removeAll(keepingCapacity: true)
      for place in feed.arguments { feed.vectors.append(inputs[first + place]) }
      var rows = everyRow(rowCount, uniform)
      let filter = feed.filter.map { inputs[first + $0] }
      let argument = feed.vectors.first
      if filter != nil || argument?.hasNulls == true {
        rows.selection = selection
        rows.selectedCount = select(rowCount, filter: filter, argument: argument)
        if rows.selectedCount == 0 { continue }
        if rows.selectedCount == rowCount { rows.selection = nil }
      }
      try feed.state.update(feed.vectors, rows)
    }
  }

  /// Takes each run of neighbouring rows into a group of its own, behind those of earlier runs; there is no index.
  ///
  /// - Parameters:
  ///   - runs: Of the batch.
  ///   - inputs: A vector for each of the layout's inputs.
  ///   - rowCount: How many rows.
  /// - Returns: The group of the first run.
  /// - Throws: An overflow.
  func take(
    _ runs: KeyRuns,
    inputs: ArraySlice<Vector>,
    rowCount: Int
  ) throws(ExecutionError) -> Int {
    precondition(index == nil)
    let first = runCount
    runCount += runs.count
    reserve(runCount)
    let start = inputs.startIndex
    for feed in feeds {
      feed.vectors.removeAll(keepingCapacity: true)
      for place in feed.arguments { feed.vectors.append(inputs[start + place]) }
      let filter = feed.filter.map { inputs[start + $0] }
      let argument = feed.vectors.first
      guard filter != nil || argument?.hasNulls == true else {
        try feed.state.update(feed.vectors, runs, first: first, rows: rowCount)
        continue
      }
      let count = select(rowCount, filter: filter, argument: argument)
      if count == 0 { continue }
      var rows = GroupRows(runs, first: first, rows: rowCount)
      rows.selection = selection
      rows.selectedCount = count
      try feed.state.update(feed.vectors, rows)
    }
    return first
  }

  /// The rows that pass the filter and whose argument is not NULL.
  private func select(_ rows: Int, filter: Vector?, argument: Vector?) -> Int {
    selection.reserve(rows)
    guard let filter else {
      guard let argument else { return rows }
      return selectValid(argument, rows)
    }
    let passing = selection.fill(whereTrue: filter, count: rows)
    guard let argument, argument.hasNulls else { return passing }
    let selection = selection
    var places = selection.places
    var count = 0
    for place in 0..<passing {
      let row = places[place]
      places[count] = row
      count += argument.isValid(Int(row)) ? 1 : 0
    }
    return count
  }

  private func selectValid(_ vector: Vector, _ rows: Int) -> Int {
    let selection = selection
    selection.reserve(rows)
    var places = selection.places
    let validity = vector.validity
    precondition(rows <= places.count && rows <= validity.count * 64)
    var count = 0
    for row in 0..<rows {
      // SAFETY: count <= row < rows, checked above.
      unsafe places[unchecked: count] = UInt16(truncatingIfNeeded: row)
      count &+= unsafe Int(
        truncatingIfNeeded: validity[unchecked: row &>> 6] &>> UInt64(row & 63) & 1
      )
    }
    return count
  }

  /// Bytes held when they were counted last.
  var byteCount: Int { share.bytes }

  /// Bytes that the states hold now.
  var stateBytes: Int { states.reduce(0) { $0 + $1.byteCount } }

  /// Writes to temporary files what states can write there; returns the bytes written.
  func spillStates(leaving room: Int) throws(ExecutionError) -> Int {
    var written = 0
    for feed in feeds { written += try feed.state.spill(leaving: room) }
    return written
  }

  /// Counts the memory held; called once in a while.
  func countMemory() {
    share.set((index?.byteCount ?? 0) + stateBytes)
  }

  // MARK: Some groups only

  /// Makes groups of keys, a row a group, in a table that has none.
  func open(_ keys: Batch) {
    _ = index?.assign(keys.columns, rows: keys.rowCount)
    reserve(groupCount)
  }

  /// The keys of the first `count` groups that have no NULL among them, a row a group; nil: there are not as many.
  func firstKeys(_ count: Int) -> Batch? {
    guard let index, groupCount >= count else { return nil }
    let keys = Batch(kinds: index.columns.map(\.kind), capacity: count)
    index.forEachKeys { _, vectors, rows in
      let selection = SelectionBuffer(capacity: rows)
      var places = selection.places
      var found = 0
      for row in 0..<rows
      where keys.rowCount + found < count && vectors.allSatisfy({ $0.isValid(row) }) {
        places[found] = UInt16(truncatingIfNeeded: row)
        found += 1
      }
      for (vector, target) in zip(vectors, keys.columns) {
        copyRows(
          vector,
          rows: selection.span(found),
          to: target,
          at: keys.rowCount,
          bytes: .copy
        )
      }
      keys.rowCount += found
    }
    return keys.rowCount == count ? keys : nil
  }

  // MARK: Other shares

  /// Takes in another share's groups.
  ///
  /// - Parameters:
  ///   - other: Of the same layout; sealed.
  ///   - isTaken: Which groups; nil: all.
  /// - Throws: An overflow.
  func merge(
    _ other: LocalAggregation,
    where isTaken: ((Int) -> Bool)? = nil
  )
    throws(ExecutionError)
  {
    let groups = other.groupCount
    let map = GroupArray<UInt32>(isTaken == nil ? 0 : absentRow, capacity: max(1, groups))
    if let index, let theirs = other.index {
      if isTaken == nil, index.formUnion(direct: theirs) {
        for group in 0..<groups { map[group] = UInt32(truncatingIfNeeded: group) }
      } else {
        number(theirs, into: map, where: isTaken)
        reserve(index.count)
      }
    }
    for feed in feeds {
      try feed.state.merge(other.states[feed.slot], map, groups: groups)
    }
  }

  private func number(
    _ theirs: GroupIndex,
    into map: GroupArray<UInt32>,
    where isTaken: ((Int) -> Bool)?
  ) {
    guard let index else { return }
    let taken = SelectionBuffer(capacity: groupRowCount)
    theirs.forEachKeys { first, keys, rows in
      var places = taken.places
      var count = 0
      for row in 0..<rows where theirs.isSeen(first + row) && isTaken?(first + row) != false {
        places[count] = UInt16(truncatingIfNeeded: row)
        count += 1
      }
      let batch = Batch(columns: keys, rowCount: rows)
      if count > 0, count < rows { compactInPlace(batch, taken.span(count)) }
      _ = index.assign(batch.columns, rows: count)
      for place in 0..<count {
        map[first + Int(taken[place])] = index.uniform ?? index.numbers[place]
      }
    }
  }

  // MARK: Partial states

  /// Lane kinds of what ``writePartial(first:rows:into:)`` writes; nil: some state does not fit vectors.
  var partialKinds: [LaneKind]? {
    var kinds = index?.columns.map(\.kind) ?? []
    for feed in feeds {
      guard let own = feed.state.partialKinds else { return nil }
      kinds += own
    }
    return kinds
  }

  /// Writes the keys and states of groups `first..<first + rows` to vectors.
  func writePartial(first: Int, rows: Int, into vectors: [Vector]) {
    let keyCount = index?.columns.count ?? 0
    index?.writeKeys(first: first, rows: rows, into: vectors[0..<keyCount])
    var next = keyCount
    for feed in feeds {
      let width = feed.state.partialKinds?.count ?? 0
      for vector in vectors[next..<next + width] {
        vector.reset()
        vector.reserve(rows)
      }
      feed.state.writePartial(first: first, count: rows, into: vectors[next..<next + width])
      next += width
    }
  }

  /// Writes the keys and states of all groups to the partitions of their keys.
  func writePartials(to target: PartitionedRows, _ partitioner: KeyPartitioner, keyCount: Int) {
    guard let kinds = partialKinds else { return }
    let batch = Batch(kinds: kinds, capacity: groupRowCount)
    var first = 0
    while first < groupCount {
      let count = min(groupRowCount, groupCount - first)
      writePartial(first: first, rows: count, into: batch.columns)
      partitioner.find(batch.columns[0..<keyCount], count)
      target.append(batch.columns, rows: count, partitions: partitioner.partitions)
      first += count
    }
  }

  // MARK: Results

  /// Called by the thread that took the rows in, when no more come.
  func seal() throws(ExecutionError) {
    for feed in feeds { try feed.state.seal(groups: groupCount) }
  }

  /// Makes results ready to be written, but for what ``prepareResults(piece:)`` does.
  func beginResults() throws(ExecutionError) {
    for feed in feeds {
      try feed.state.beginResults(groups: groupCount)
    }
  }

  /// How many pieces of work make results ready, after ``beginResults()``.
  var resultPieces: Int { feeds.reduce(0) { max($0, $1.state.resultPieces) } }

  /// Does a piece, once; others may be done on other threads.
  func prepareResults(piece: Int) throws(ExecutionError) {
    for feed in feeds where piece < feed.state.resultPieces {
      try feed.state.prepareResults(piece: piece)
    }
  }

  /// Does all pieces.
  func prepareResults() throws(ExecutionError) {
    for piece in 0..<resultPieces { try prepareResults(piece: piece) }
  }

  /// Writes a column of groups `first..<first + rows`: a key, or behind all keys a call's result.
  func write(_ column: Int, first: Int, rows: Int, into batch: Batch) throws(ExecutionError) {
    let vector = batch.columns[column]
    let keyCount = index?.columns.count ?? 0
    if column < keyCount {
      index?.writeKey(column, first: first, rows: rows, into: vector)
      if vector.kind == .bytes { for owner in owners { vector.retain(owner) } }
      return
    }
    vector.reset()
    vector.reserve(rows)
    let state = states[layout.slotOfCall[column - keyCount]]
    try state.write(layout.calls[column - keyCount], first: first, count: rows, into: vector)
  }
}
