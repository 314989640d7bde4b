internal import ColumnEncoding
internal import Columnar
internal import Planning
internal import Synchronization
internal import SystemIO

/// Groups the rows of a producer, every slot for itself; ``AggregateFinishStage`` makes one result of it.
///
/// A slot fills a table of its own. A hash table that outgrows the second-level cache is written out, its groups split by
/// partition, and begun anew; where that hardly saves rows, or where many groups of known numbers lie scattered, rows go to
/// the partitions as they come. Partitions are then grouped one by one, each by one worker in a table that stays in cache.
/// Beyond the memory budget the partitions are written to temporary files.
final class AggregateStage: Stage {
  /// What the rows are grouped by and into; with the values of distinct counts where these come in two steps.
  private(set) var layout: AggregateLayout
  private(set) var keys: [BoundExpression]
  /// The layout of the second step, whose keys are all but the last.
  private(set) var secondStep: AggregateLayout?
  let shared: ExecutionShared
  let counters: OperatorCounters
  private let input: Producer
  private var slots: [AggregateSlot] = []
  private(set) var grouping = Grouping()
  private var answersFromStatistics = false
  /// Set by the first slot that has rows to judge by: whether known numbers lie scattered.
  private let scatters = Atomic<UInt8>(0)
  private let clock = SystemClock()
  private var limit: GroupLimit?

  /// What the slots have in common.
  struct Grouping {
    /// Bounds of all keys, where a table over them is not much larger than the input.
    var direct: [KeyRange]?
    var directCount = 0
    var steps: [KeyStep] = []
    /// Bounds of each key, as far as they are known.
    var keyBounds: [ClosedRange<Int64>?] = []
    /// Bounds of distinct arguments, by the layout's slot.
    var distinctRanges: [Int: KeyRange] = [:]
    /// Of distinct integers for which bitmaps do not do, by the layout's slot, where all groups' numbers are few.
    var distinctPartitionings: [Int: DistinctPartitioning] = [:]
    var partitionBits = 6
    var expectedRows = 0
  }

  /// - Parameters:
  ///   - input: The rows.
  ///   - keys: Of the groups; none: there is one group.
  ///   - calls: What is computed of each.
  ///   - limit: So many groups are wanted, any; nil: all.
  ///   - shared: Of the statement.
  ///   - counters: Of the plan's node.
  /// - Throws: 0A000 for an aggregate that there is no state for.
  init(
    _ input: Producer,
    keys: [BoundExpression],
    calls: [BoundAggregate],
    limit: Int? = nil,
    _ shared: ExecutionShared,
    _ counters: OperatorCounters
  ) throws(ExecutionError) {
    self.input = input
    self.keys = keys
    self.shared = shared
    self.counters = counters
    layout = try AggregateLayout(calls)
    if let limit, !keys.isEmpty, (1...GroupLimit.countMax).contains(limit) {
      self.limit = GroupLimit(limit)
    }
  }

  override var isSmall: Bool { input.isSmall }

  override func prepare(maximumSlots: Int) throws(ExecutionError) -> Int {
    let answer = limit == nil ? try statisticsAnswer() : nil
    self.answersFromStatistics = answer != nil
    // Sources whose statistics say enough; they are taken in when the bounds of all keys are known.
    var wholes: [(statistics: [BlockStatistics?], rowCount: Int)] = []
    if let answer {
      let columnCount = input.types.count
      let probe = try LocalAggregation(layout, index: probeIndex(), shared)
      input.offerWholeSources { (statistics, rowCount) throws(ExecutionError) in
        guard try answer.take(statistics, rowCount: rowCount, into: { probe }) else { return false }
        var all: [BlockStatistics?] = []
        for column in 0..<columnCount { all.append(try statistics(column, false)) }
        wholes.append((all, rowCount))
        return true
      }
    }
    let count = try input.prepare(maximumStreams: maximumSlots)
    try plan(slots: count)
    for slot in 0..<count { slots.append(try AggregateSlot(self, slot, of: count)) }
    if let answer {
      for whole in wholes { try slots[0].take(whole.statistics, whole.rowCount, by: answer) }
    }
    return count
  }

  /// Answers of whole blocks and sources from their statistics; nil: they never say enough.
  private func statisticsAnswer() throws(ExecutionError) -> StatisticsAnswer? {
    guard shared.options.answersFromStatistics else { return nil }
    return try StatisticsAnswer(
      layout,
      keys: keys,
      columnCount: input.types.count,
      shared.context
    )
  }

  private func probeIndex() -> GroupIndex? {
    keys.isEmpty ? nil : GroupIndex(kinds: keys.map(\.type.laneKind))
  }

  // MARK: What statistics say

  private func plan(slots: Int) throws(ExecutionError) {
    grouping.expectedRows = input.expectedRows
    grouping.steps = keys.map { KeyStep(of: $0, shared.context) }
    grouping.partitionBits = input.expectedRows > 1 << 22 ? 8 : 6
    // Partitions of which two fit the memory with ease, should every row be a group.
    while input.expectedRows >> grouping.partitionBits > shared.budget.limitBytes >> 9,
      grouping.partitionBits < 10
    {
      grouping.partitionBits += 1
    }
    for place in layout.slots.indices where layout.isDistinct(place) {
      guard let argument = layout.slots[place].arguments.first else { continue }
      // A bitmap has a bit for every value within the bounds; truncated times lie too far apart for that.
      let range = try bounds.range(of: argument)
      grouping.distinctRanges[place] = range?.step.unit == 1 ? range : nil
    }
    try planKeys()
    guard try bitmapsDoNotDo() else { return }
    if let partitioning = distinctPartitioning(slots: slots) {
      for place in layout.slots.indices where layout.isDistinct(place) {
        grouping.distinctPartitionings[place] = partitioning
        grouping.distinctRanges[place] = nil
      }
    } else if let steps = try layout.inTwoSteps() {
      keys.append(steps.values)
      layout = steps.first
      secondStep = steps.second
      grouping.steps = keys.map { KeyStep(of: $0, shared.context) }
      grouping.direct = nil
      try planKeys()
    }
  }

  /// Whether bitmaps do not serve the distinct counts: bounds are not known, or too far apart for the groups that there may be.
  private func bitmapsDoNotDo() throws(ExecutionError) -> Bool {
    for place in layout.slots.indices where layout.isDistinct(place) && layout.isUsed(place) {
      guard let count = grouping.distinctRanges[place]?.valueCount else { return true }
      // Of keys without bounds nothing is known; most have few groups.
      let known = grouping.direct.map { $0.reduce(1) { $0 * ($1.groupCount ?? 1) } }
      let groups = keys.isEmpty ? 1 : known ?? 64
      let (bits, overflow) = count.multipliedReportingOverflow(by: groups)
      if overflow || bits / 8 > RangeBitmaps.bytesMax { return true }
    }
    return false
  }

  /// How the values of distinct counts are split up by groups of known numbers and their own hash; nil: the groups are too many, or
  /// some of the values are no integers.
  private func distinctPartitioning(slots: Int) -> DistinctPartitioning? {
    let isCounted = layout.slots.indices.allSatisfy { place in
      !layout.isDistinct(place) || !layout.isUsed(place) || layout.countsIntegers(place)
    }
    guard isCounted, shared.options.partitionsKnownGroups == nil else { return nil }
    var groupsMax = 1
    if !keys.isEmpty {
      // More rows of known groups may go past the tables.
      guard let direct = grouping.direct, grouping.directCount <= 1 << 16 else { return nil }
      for range in direct {
        // The values of a truncated time lie its shortest distance apart; one group more has none.
        let values = range.valueCount ?? 0
        groupsMax *= min(values, values / range.step.sparsity + 2) + 1
        if groupsMax > 1 << 16 { return nil }
      }
    }
    // A join may find more rows than its left side has: about as many as the table of some column.
    let rows = input.types.indices.reduce(grouping.expectedRows) { rows, column in
      max(rows, input.dynamicTarget(column)?.scan.expectedRows ?? 0)
    }
    return DistinctPartitioning(
      groupsMax: groupsMax,
      expectedRows: rows,
      states: slots * layout.slots.indices.count(where: layout.isDistinct),
      shared
    )
  }

  private var bounds: KeyBounds { KeyBounds(input: input, context: shared.context) }

  private func planKeys() throws(ExecutionError) {
    guard !keys.isEmpty else { return }
    var known: [KeyRange?] = []
    for key in keys { known.append(try bounds.anyRange(of: key)) }
    grouping.keyBounds = known.map { $0?.bounds }
    let ranges = known.compactMap { $0 }.filter { $0.valueCount != nil }
    guard ranges.count == keys.count else { return }
    // Tables of known numbers cannot be written to files: all slots' together must fit the memory.
    let room = max(1 << 12, shared.budget.limitBytes >> 7)
    // Groups that no row belongs to cost memory, and a look at the end.
    let limit = min(1 << 24, max(1 << 12, input.expectedRows / 2), room)
    guard let groups = DirectGroups.groupCount(of: ranges, limit: limit) else { return }
    grouping.direct = ranges
    grouping.directCount = groups
    // Partitions of so many groups that their states stay in the second-level cache.
    while groups >> grouping.partitionBits > 1 << 14, grouping.partitionBits < 10 {
      grouping.partitionBits += 1
    }
  }

  /// Whether scattered rows bring the hash of their only key along: that of a string costs more than to move it.
  var carriesHashes: Bool {
    grouping.direct == nil && keys.count == 1 && keys[0].type.laneKind == .bytes
  }

  // MARK: Taking rows in

  override func step(slot: Int) throws(ExecutionError) -> StepOutcome {
    let own = slots[slot]
    if own.stream == nil {
      let stream = try input.makeStream(slot: slot)
      own.offerWholeBlocks(of: stream, answersFromStatistics ? try statisticsAnswer() : nil)
      own.stream = stream
    }
    guard let stream = own.stream else { return .done }
    let start = clock.monotonicNanoseconds
    while clock.monotonicNanoseconds &- start < turnNanoseconds {
      for _ in 0..<16 {
        guard let batch = try stream.next() else {
          own.stream = nil
          try makeRoom(own)
          try own.finish()
          return .done
        }
        try own.take(batch)
        if own.isComplete {
          own.stream = nil
          try own.finish()
          return .done
        }
        if shared.options.alwaysSpills { try own.spill(leaving: 0) }
      }
    }
    try makeRoom(own)
    return .more
  }

  /// Has a slot write what it holds when the statement's memory is full.
  private func makeRoom(_ slot: AggregateSlot) throws(ExecutionError) {
    slot.countMemory()
    guard shared.budget.isExceeded else { return }
    try slot.spill(leaving: shared.budget.limitBytes / slots.count / 4)
  }

  /// What the slots took in, after the stage.
  ///
  /// Where one slot has partitions, the others' groups go to partitions, too.
  func takeOutput() throws(ExecutionError) -> AggregateOutput {
    defer { slots = [] }
    for slot in slots { try slot.takeChosenOnly() }
    if slots.contains(where: \.isPartitioned) {
      for slot in slots { try slot.writeOut() }
    }
    return AggregateOutput(
      locals: slots.compactMap(\.local),
      rows: slots.compactMap(\.rows),
      partials: slots.compactMap(\.partials),
      grouping: grouping
    )
  }

  /// A table for rows of no partition.
  func makeLocal(slots: Int) throws(ExecutionError) -> LocalAggregation {
    var index: GroupIndex?
    if let direct = grouping.direct {
      index = GroupIndex(DirectGroups(direct))
    } else if !keys.isEmpty {
      index = GroupIndex(
        kinds: keys.map(\.type.laneKind),
        steps: grouping.steps,
        bounds: grouping.keyBounds
      )
      index?.expectedRows = grouping.expectedRows / slots
    }
    return try LocalAggregation(
      layout,
      index: index,
      ranges: grouping.distinctRanges,
      partitionings: grouping.distinctPartitionings,
      shared
    )
  }

  /// The limit that slots heed: groups of known numbers are counted fast anyway, and those of two steps are not yet the wanted ones.
  var usedLimit: GroupLimit? { grouping.direct == nil && secondStep == nil ? limit : nil }

  /// A table for the groups of ``usedLimit``, and its index, in which other keys can be looked up.
  func makeChosen() throws(ExecutionError) -> (LocalAggregation, GroupIndex) {
    let index = GroupIndex(kinds: keys.map(\.type.laneKind))
    let ranges = grouping.distinctRanges
    return (try LocalAggregation(layout, index: index, ranges: ranges, shared), index)
  }

  /// Whether the numbers of a slot's first rows lie so far apart that every row would miss the cache.
  func isScattered(_ numbers: GroupArray<UInt32>, rows: Int) -> Bool {
    let known = scatters.load(ordering: .relaxed)
    if known != 0 { return known == 2 }
    guard rows >= 256 else { return false }
    var lines: Set<UInt32> = []
    for row in 0..<rows { lines.insert(numbers[row] >> 3) }
    let isScattered = lines.count * 2 > rows
    scatters.store(isScattered ? 2 : 1, ordering: .relaxed)
    return isScattered
  }
}

extension AggregateStage.Grouping {
  /// Known numbers are split into partitions of so many, as a power of two.
  var directShift: Int {
    var bits = 0
    while directCount >> bits > 1 { bits += 1 }
    return max(0, bits + 1 - partitionBits)
  }

  var directPartitions: Int { max(1, (directCount - 1) >> directShift + 1) }
}

/// What the slots of a grouping took in.
struct AggregateOutput {
  var locals: [LocalAggregation]
  /// Rows by partition, where some slot scattered them.
  var rows: [PartitionedRows]
  /// Groups by partition, where some slot wrote them out.
  var partials: [PartitionedRows]
  var grouping: AggregateStage.Grouping

  /// Whether partitions are to be grouped.
  var isPartitioned: Bool { !rows.isEmpty || !partials.isEmpty }
}
