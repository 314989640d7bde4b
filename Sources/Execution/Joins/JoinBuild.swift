internal import Columnar
internal import Kernels
internal import Planning
internal import Synchronization
internal import SystemIO

/// The build side of a hash join, complete: rows, their keys' numbers, and the rows of each key.
final class JoinTable: @unchecked Sendable {
  // SAFETY: immutable once the build stage is over.
  let rows: RowStore
  let index: GroupIndex
  /// Rows of key k: `members[starts[k]..<starts[k + 1]]`.
  let starts: GroupArray<UInt32>
  let members: GroupArray<UInt32>
  /// Whether no key has two rows.
  let isUnique: Bool
  private let share: BudgetShare

  /// - Parameters:
  ///   - rows: The build side's rows.
  ///   - keys: The key columns of the same rows.
  ///   - budget: Where the memory is counted.
  init(_ rows: RowStore, keys: [Vector], budget: MemoryBudget) {
    self.rows = rows
    share = BudgetShare(budget)
    index = GroupIndex(kinds: keys.map(\.kind))
    index.expectedRows = rows.rowCount * 8
    let numbers = Self.number(keys, rows.rowCount, index)
    let keyCount = keys.isEmpty ? (rows.rowCount > 0 ? 1 : 0) : index.count
    starts = GroupArray(0, capacity: keyCount + 2)
    var linked = 0
    for row in 0..<rows.rowCount where numbers[row] != absentRow {
      starts[Int(numbers[row]) + 1] += 1
      linked += 1
    }
    var largest: UInt32 = 0
    for key in 0..<keyCount {
      largest = max(largest, starts[key + 1])
      starts[key + 1] += starts[key]
    }
    isUnique = largest <= 1
    members = GroupArray(0, capacity: max(1, linked))
    let places = GroupArray<UInt32>(0, capacity: keyCount + 1)
    for key in 0..<keyCount { places[key] = starts[key] }
    for row in 0..<rows.rowCount where numbers[row] != absentRow {
      let key = Int(numbers[row])
      members[Int(places[key])] = UInt32(row)
      places[key] += 1
    }
    share.set(index.byteCount + starts.byteCount + members.byteCount)
  }

  /// The key number of each row; ``absentRow`` for rows with a NULL key, which never match.
  private static func number(
    _ keys: [Vector],
    _ rowCount: Int,
    _ index: GroupIndex
  ) -> GroupArray<UInt32> {
    let numbers = GroupArray<UInt32>(0, capacity: max(1, rowCount))
    guard !keys.isEmpty else { return numbers }
    let batch = keys.map { Vector(kind: $0.kind, capacity: groupRowCount) }
    let valid = SelectionBuffer(capacity: groupRowCount)
    var first = 0
    while first < rowCount {
      let count = min(groupRowCount, rowCount - first)
      var places = valid.places
      var found = 0
      for row in 0..<count {
        numbers[first + row] = absentRow
        guard keys.allSatisfy({ $0.isValid(first + row) }) else { continue }
        places[found] = UInt16(row)
        found += 1
      }
      for (key, vector) in zip(keys, batch) {
        vector.reset()
        for place in 0..<found { copyValue(key, first + Int(places[place]), to: vector, place) }
      }
      _ = index.assign(batch, rows: found)
      for place in 0..<found {
        numbers[first + Int(places[place])] = index.uniform ?? index.numbers[place]
      }
      first += count
    }
    return numbers
  }

  var rowCount: Int { rows.rowCount }
}

/// Collects the build side of a join and makes its table.
///
/// A side of many rows is split by partition, as is one whose table might not fit the memory, then into temporary files if need be;
/// tables are made of one partition at a time, each slot one of its own, and stay in the cache.
final class JoinBuildStage: Stage {
  private let input: Producer
  private let keys: [BoundExpression]
  private let shared: ExecutionShared
  private let counters: OperatorCounters
  private var slots: [Slot] = []
  /// After the stage: the whole side's table, unless it is split.
  private(set) var table: JoinTable?
  /// How the sides are split, should they be.
  private var plannedSplit: JoinSplit?
  private let isSplitting = Atomic<Bool>(false)
  private var parts: [PartitionedRows] = []
  /// Whether a side of many rows is split though it fits the memory: then all of the probe side is read before the first row comes out.
  var splitsForSpeed = true
  /// Rows of all slots so far.
  private let rowsSeen = Atomic<Int>(0)
  /// Bytes of a row of the probe side.
  private let probeRowBytes: Int
  /// Scans of the probe side that may leave out what no key can match, with the key's place.
  var targets: [(key: Int, bounds: DynamicBounds)] = []
  private let clock = SystemClock()

  private final class Slot {
    /// Columns, then keys; as long as the side is not split.
    var rows: RowStore
    let keys: RowExpressions
    var scatter: JoinScatter?
    var stream: BatchStream?

    init(_ rows: RowStore, _ keys: RowExpressions) {
      self.rows = rows
      self.keys = keys
    }
  }

  init(
    _ input: Producer,
    keys: [BoundExpression],
    probeKinds: [LaneKind],
    _ shared: ExecutionShared,
    _ counters: OperatorCounters
  ) {
    self.input = input
    self.keys = keys
    probeRowBytes = probeKinds.reduce(0) { $0 + $1.strideBytes }
    self.shared = shared
    self.counters = counters
  }

  override var isSmall: Bool { input.isSmall }

  /// After the stage: how the sides are to be split; nil: there is one table.
  var split: JoinSplit? { isSplitting.load(ordering: .relaxed) ? plannedSplit : nil }

  private var rowKinds: [LaneKind] { input.kinds + keys.map(\.type.laneKind) }

  override func prepare(maximumSlots: Int) throws(ExecutionError) -> Int {
    let count = try input.prepare(maximumStreams: maximumSlots)
    for _ in 0..<count {
      slots.append(
        Slot(
          RowStore(kinds: rowKinds, budget: shared.budget),
          try RowExpressions(keys, shared.context)
        )
      )
    }
    if shared.spillFiles != nil, !keys.isEmpty {
      plannedSplit = JoinSplit(
        rows: input.expectedRows,
        rowBytes: rowKinds.reduce(0) { $0 + $1.strideBytes },
        probeRowBytes: probeRowBytes,
        slots: max(count, maximumSlots),
        limitBytes: shared.budget.limitBytes
      )
    }
    return count
  }

  override func step(slot: Int) throws(ExecutionError) -> StepOutcome {
    let own = slots[slot]
    if own.stream == nil { own.stream = try input.makeStream(slot: slot) }
    guard let stream = own.stream else { return .done }
    let start = clock.monotonicNanoseconds
    while clock.monotonicNanoseconds &- start < turnNanoseconds {
      guard let batch = try stream.next() else {
        own.stream = nil
        return .done
      }
      guard batch.rowCount > 0 else { continue }
      if let scatter = own.scatter {
        try scatter.take(batch)
        continue
      }
      own.rows.append(batch.columns + (try own.keys.evaluate(batch)), count: batch.rowCount)
      rowsSeen.add(batch.rowCount, ordering: .relaxed)
      if let plannedSplit {
        if wantsSplit(own) { try scatter(own, plannedSplit) }
      } else {
        try shared.budget.requireRoom(for: "the build side of a join")
      }
    }
    return .more
  }

  /// Whether rows are too many for one table: beside them it takes about as much again, and all slots' rows are copied together.
  ///
  /// Where others hold the memory, a side that is small itself is not split: little would be won, and all of the probe side would go
  /// through files.
  private func wantsSplit(_ slot: Slot) -> Bool {
    if isSplitting.load(ordering: .relaxed) { return true }
    if !shared.options.alwaysSpills, !isFasterSplit {
      guard slot.rows.byteCount > shared.budget.limitBytes / slots.count / 16,
        shared.budget.isBeyond(0.4)
      else { return false }
    }
    isSplitting.store(true, ordering: .relaxed)
    return true
  }

  /// Whether there are so many rows that tables by partition are faster, and memory for those of the probe side.
  private var isFasterSplit: Bool {
    splitsForSpeed && shared.budget.limitBytes >= Self.ampleBytes
      && rowsSeen.load(ordering: .relaxed) >= shared.options.joinSplitRows
  }

  /// With less memory the probe side's rows might go through files.
  private static let ampleBytes = 1 << 30

  /// Sends a slot's rows, and all that follow, to partitions.
  private func scatter(_ slot: Slot, _ split: JoinSplit) throws(ExecutionError) {
    guard slot.scatter == nil, let files = shared.spillFiles else { return }
    let scatter = try JoinScatter(
      kinds: input.kinds,
      keys: keys,
      boundKeys: targets.map(\.key).filter { keys[$0].type.laneKind == .int64 },
      split,
      shared,
      files,
      counters
    )
    slot.scatter = scatter
    try scatter.take(slot.rows)
    slot.rows = RowStore(kinds: rowKinds, budget: shared.budget)
  }

  override func finish() throws(ExecutionError) {
    defer { slots = [] }
    if let split {
      for slot in slots {
        try scatter(slot, split)
        try slot.scatter?.finish()
      }
      let scatters = slots.compactMap(\.scatter)
      parts = scatters.map(\.rows)
      for target in targets { tighten(target, scatters) }
      return
    }
    guard let all = slots.first?.rows else { return }
    for slot in slots.dropFirst() { all.append(slot.rows.columns, count: slot.rows.rowCount) }
    let keyVectors = Array(all.columns[input.types.count...])
    let table = try makeTable(all)
    self.table = table
    for target in targets { tighten(target.bounds, keyVectors[target.key], table.rowCount) }
    slots = []
    // Without files there is nothing to be done about it, and the rows fit.
    if plannedSplit == nil { try shared.budget.requireRoom(for: "the build side of a join") }
  }

  /// A table of rows with the keys behind the columns.
  private func makeTable(_ all: RowStore) throws(ExecutionError) -> JoinTable {
    guard all.rowCount < Int(absentRow) else {
      throw .sql("54000", "the build side of a join has more than 4 billion rows")
    }
    let keyVectors = Array(all.columns[input.types.count...])
    let rows = all.dropColumns(from: input.types.count)
    rows.makeDictionaries()
    return JoinTable(rows, keys: keyVectors, budget: shared.budget)
  }

  /// After the stage, when the sides are split: the table of a partition's rows, once.
  ///
  /// - Parameter partition: Its number, below `split.partitionCount`.
  /// - Returns: The table.
  /// - Throws: 53200 when a partition alone is beyond the memory: too many rows have one key.
  func makeTable(partition: Int) throws(ExecutionError) -> JoinTable {
    let rows = RowStore(kinds: rowKinds, budget: shared.budget)
    let expressions = try RowExpressions(keys, shared.context)
    for part in parts {
      try part.forEachBatch(partition) { batch throws(ExecutionError) in
        try shared.check()
        rows.append(batch.columns + (try expressions.evaluate(batch)), count: batch.rowCount)
        if rows.byteCount > shared.budget.limitBytes {
          try shared.budget.requireRoom(for: "the build side of a join")
        }
      }
    }
    return try makeTable(rows)
  }

  /// Up to so many keys are handed on one by one.
  private static let keyCountMax = 16_384

  /// The different keys, ascending.
  private static func keys(_ vector: Vector, _ rowCount: Int) -> [Int64] {
    let lanes = vector.int64
    var keys: Set<Int64> = []
    for row in 0..<rowCount where vector.isValid(row) { keys.insert(lanes[row]) }
    return keys.sorted()
  }

  private func tighten(_ bounds: DynamicBounds, _ vector: Vector, _ rowCount: Int) {
    guard vector.kind == .int64 else { return }
    let range = extremes(of: vector, rowCount)
    tighten(bounds, range)
    if range != nil, rowCount <= Self.keyCountMax { bounds.setKeys(Self.keys(vector, rowCount)) }
  }

  private func tighten(_ target: (key: Int, bounds: DynamicBounds), _ scatters: [JoinScatter]) {
    guard keys[target.key].type.laneKind == .int64 else { return }
    let ranges = scatters.compactMap { $0.bounds[target.key] }
    let lows = ranges.map(\.low)
    let highs = ranges.map(\.high)
    tighten(target.bounds, lows.min().flatMap { low in highs.max().map { (low, $0) } })
  }

  /// Says between which keys there are any; nil: nothing can match.
  private func tighten(_ bounds: DynamicBounds, _ range: (low: Int64, high: Int64)?) {
    bounds.tighten(lower: range?.low ?? .max)
    bounds.tighten(upper: range?.high ?? .min)
  }
}
