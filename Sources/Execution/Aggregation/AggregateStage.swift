internal import ColumnEncoding
internal import Columnar
internal import Kernels
internal import Planning
internal import Synchronization
internal import SystemIO

/// Groups the rows of a producer, every slot for itself; ``AggregateFinishStage`` makes one result of it.
///
/// A slot fills a table of its own. A hash table that outgrows the second-level cache is written out, its groups split by
/// partition, and begun anew; where that hardly saves rows, or where many groups of known numbers lie scattered, rows go to
/// the partitions as they come. Partitions are then grouped one by one, each by one worker in a table that stays in cache.
final class AggregateStage: Stage {
  /// What the rows are grouped by and into; with the values of distinct counts where these come in two steps.
  private(set) var layout: AggregateLayout
  private(set) var keys: [BoundExpression]
  /// The layout of the second step, whose keys are all but the last.
  private(set) var secondStep: AggregateLayout?
  let shared: ExecutionShared
  private let input: Producer
  private var slots: [Slot] = []
  private var grouping = Grouping()
  private var answersFromStatistics = false
  /// Set by the first slot that has rows to judge by: whether known numbers lie scattered.
  private let scatters = Atomic<UInt8>(0)
  private let clock = SystemClock()

  /// What the slots have in common.
  struct Grouping {
    /// Bounds of all keys, where a table over them is not much larger than the input.
    var direct: [KeyRange]?
    var directCount = 0
    var steps: [KeyStep] = []
    /// Bounds of distinct arguments, by the layout's slot.
    var distinctRanges: [Int: KeyRange] = [:]
    var partitionBits = 6
    var expectedRows = 0
  }

  init(
    _ input: Producer,
    keys: [BoundExpression],
    calls: [BoundAggregate],
    _ shared: ExecutionShared
  ) throws(ExecutionError) {
    self.input = input
    self.keys = keys
    self.shared = shared
    layout = try AggregateLayout(calls)
  }

  override var isSmall: Bool { input.isSmall }

  override func prepare(maximumSlots: Int) throws(ExecutionError) -> Int {
    let answer = try statisticsAnswer()
    self.answersFromStatistics = answer != nil
    // Sources whose statistics say enough; they are taken in when the bounds of all keys are known.
    var wholes: [(statistics: [BlockStatistics?], rowCount: Int)] = []
    if let answer {
      let columnCount = input.types.count
      let probe = try LocalAggregation(layout, index: probeIndex(), shared)
      input.offerWholeSources { (statistics, rowCount) throws(ExecutionError) in
        guard try answer.take(statistics, rowCount: rowCount, into: { probe }) else { return false }
        wholes.append(((0..<columnCount).map { statistics($0) }, rowCount))
        return true
      }
    }
    let count = try input.prepare(maximumStreams: maximumSlots)
    try plan()
    for _ in 0..<count { slots.append(try Slot(self, slots: count)) }
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

  private func plan() throws(ExecutionError) {
    grouping.expectedRows = input.expectedRows
    grouping.steps = keys.map { KeyStep(of: $0, shared.context) }
    grouping.partitionBits = input.expectedRows > 1 << 22 ? 8 : 6
    for place in layout.slots.indices where layout.isDistinct(place) {
      guard let argument = layout.slots[place].arguments.first else { continue }
      grouping.distinctRanges[place] = try range(of: argument)
    }
    try planKeys()
    if try distinctNeedsTwoSteps(), let steps = try layout.inTwoSteps() {
      keys.append(steps.values)
      layout = steps.first
      secondStep = steps.second
      grouping.steps = keys.map { KeyStep(of: $0, shared.context) }
      grouping.direct = nil
      try planKeys()
    }
  }

  /// Whether bitmaps do not serve the distinct counts: bounds are not known, or too far apart for the groups that there may be.
  private func distinctNeedsTwoSteps() throws(ExecutionError) -> Bool {
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

  private func planKeys() throws(ExecutionError) {
    guard !keys.isEmpty else { return }
    var ranges: [KeyRange] = []
    for key in keys {
      guard let range = try range(of: key) else { return }
      ranges.append(range)
    }
    let limit = min(1 << 24, max(1 << 12, input.expectedRows * 2))
    guard let groups = DirectGroups.groupCount(of: ranges, limit: limit) else { return }
    grouping.direct = ranges
    grouping.directCount = groups
    // Partitions of so many groups that their states stay in the second-level cache.
    while groups >> grouping.partitionBits > 1 << 14, grouping.partitionBits < 10 {
      grouping.partitionBits += 1
    }
  }

  /// Bounds of an integer expression over a column that comes from a scan unchanged; nil: not known.
  private func range(of expression: BoundExpression) throws(ExecutionError) -> KeyRange? {
    guard expression.type.laneKind == .int64 else { return nil }
    let step = KeyStep(of: expression, shared.context)
    guard let column = Self.column(below: expression, step),
      let target = input.dynamicTarget(column),
      let bounds = target.scan.range(ofColumn: target.column)
    else { return nil }
    var range = KeyRange(bounds: bounds, step: step)
    if step.unit > 1 {
      guard let truncated = try ends(of: expression, column, bounds) else { return nil }
      range.bounds = truncated
    }
    return range.valueCount == nil ? nil : range
  }

  /// The column that a key is, or truncates.
  private static func column(below key: BoundExpression, _ step: KeyStep) -> Int? {
    switch key.node {
    case .column(let place): return place
    case .call(.dateTruncate, let arguments) where step.unit > 1:
      if case .column(let place) = arguments[1].node { return place }
      return nil
    default: return nil
    }
  }

  /// What a truncation makes of the bounds of its column: in UTC it never turns the order around, so it keeps the ends.
  private func ends(
    of expression: BoundExpression,
    _ column: Int,
    _ bounds: ClosedRange<Int64>
  ) throws(ExecutionError) -> ClosedRange<Int64>? {
    let ends = Vector(kind: .int64, capacity: 64)
    setDatum(.int64(bounds.lowerBound), in: ends, at: 0)
    setDatum(.int64(bounds.upperBound), in: ends, at: 1)
    let unread = Vector(kind: .bool, capacity: 64)
    var columns = Array(repeating: unread, count: input.types.count)
    columns[column] = ends
    let evaluator = try Evaluator(expression, context: shared.context)
    let result = try evaluator.evaluate(Batch(columns: columns, rowCount: 2))
    guard case .int64(let low) = datum(result, 0), case .int64(let high) = datum(result, 1),
      !Civil.isInfinite(timestamp: low), !Civil.isInfinite(timestamp: high)
    else { return nil }
    return low...high
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
          try own.finish()
          return .done
        }
        try own.take(batch)
      }
    }
    own.countMemory()
    try shared.budget.requireRoom(for: "grouping")
    return .more
  }

  /// What the slots took in, after the stage.
  func takeOutput() -> AggregateOutput {
    defer { slots = [] }
    return AggregateOutput(
      locals: slots.compactMap(\.local),
      rows: slots.compactMap(\.rows),
      partials: slots.compactMap(\.partials),
      grouping: grouping
    )
  }

  /// A table for rows of no partition.
  fileprivate func makeLocal(slots: Int) throws(ExecutionError) -> LocalAggregation {
    var index: GroupIndex?
    if let direct = grouping.direct {
      index = GroupIndex(DirectGroups(direct))
    } else if !keys.isEmpty {
      index = GroupIndex(kinds: keys.map(\.type.laneKind), steps: grouping.steps)
      index?.expectedRows = grouping.expectedRows / slots
    }
    return try LocalAggregation(layout, index: index, ranges: grouping.distinctRanges, shared)
  }

  /// Whether the numbers of a slot's first rows lie so far apart that every row would miss the cache.
  fileprivate func isScattered(_ numbers: GroupArray<UInt32>, rows: Int) -> Bool {
    if shared.options.partitionsKnownGroups { return true }
    let known = scatters.load(ordering: .relaxed)
    if known != 0 { return known == 2 }
    guard rows >= 256 else { return false }
    var lines: Set<UInt32> = []
    for row in 0..<rows { lines.insert(numbers[row] >> 3) }
    let isScattered = lines.count * 2 > rows
    scatters.store(isScattered ? 2 : 1, ordering: .relaxed)
    return isScattered
  }

  // MARK: Slots

  private final class Slot {
    /// nil: none of the slot's rows is in a table of its own.
    private(set) var local: LocalAggregation?
    /// Rows that are grouped a partition at a time.
    private(set) var rows: PartitionedRows?
    /// Groups that were written out.
    private(set) var partials: PartitionedRows?
    var stream: BatchStream?
    /// Asked only when tables are made: counting references to an object that threads have in common makes them wait.
    private unowned let stage: AggregateStage
    private let localGroupsMax: Int
    private let carriesHashes: Bool
    private let partitionBits: Int
    private let directShift: UInt32
    private let directPartitions: Int
    private let slotCount: Int
    private let inputs: RowExpressions
    private let keyCount: Int
    private var rowsInLocal = 0
    private let hashes = GroupArray<UInt64>(0, capacity: vectorRowsMax)
    private let scratch = GroupArray<UInt64>(0, capacity: vectorRowsMax)
    private let partitions = GroupArray<UInt32>(0, capacity: vectorRowsMax)
    private let numbers = GroupArray<UInt32>(0, capacity: vectorRowsMax)
    private let directNumbers = Vector(kind: .int64)
    private let direct: DirectGroups?
    private var isScattered: Bool?

    init(_ stage: AggregateStage, slots: Int) throws(ExecutionError) {
      self.stage = stage
      slotCount = slots
      keyCount = stage.keys.count
      localGroupsMax = stage.shared.options.localGroupsMax
      carriesHashes = stage.carriesHashes
      partitionBits = stage.grouping.partitionBits
      directShift = UInt32(stage.grouping.directShift)
      directPartitions = stage.grouping.directPartitions
      inputs = try RowExpressions(stage.keys + stage.layout.inputs, stage.shared.context)
      let grouping = stage.grouping
      // Only tables beyond the cache, filled by many rows, are worth partitions.
      let isLarge =
        grouping.directCount > 1 << 16 && grouping.expectedRows > 1 << 20
        || stage.shared.options.partitionsKnownGroups
      direct = isLarge ? grouping.direct.map { DirectGroups($0, window: 0..<0) } : nil
    }

    func take(_ batch: Batch) throws(ExecutionError) {
      guard batch.rowCount > 0 else { return }
      let vectors = try inputs.evaluate(batch)
      if let direct, isScattered != false {
        if try scatterNumbers(direct, vectors, batch.rowCount) { return }
      }
      if rows != nil { return scatterRows(vectors, batch.rowCount) }
      let keys = Array(vectors[0..<keyCount])
      let local = try openLocal()
      try local.take(keys: keys, inputs: vectors[keyCount...], rows: batch.rowCount)
      rowsInLocal += batch.rowCount
      if local.groupCount >= localGroupsMax, local.index?.isDirect == false { try makeRoom(local) }
    }

    /// Takes in rows by their statistics, which say enough.
    func take(
      _ statistics: [BlockStatistics?],
      _ rowCount: Int,
      by answer: StatisticsAnswer
    ) throws(ExecutionError) {
      let isTaken = try answer.take({ statistics[$0] }, rowCount: rowCount) {
        () throws(ExecutionError) in try openLocal()
      }
      precondition(isTaken, "statistics that said enough still do")
    }

    /// Has whole blocks of a stream answered from statistics, as long as rows are not scattered.
    func offerWholeBlocks(of stream: BatchStream, _ answer: StatisticsAnswer?) {
      guard let answer else { return }
      stream.offerWholeBlocks { [unowned self] (statistics, rowCount) throws(ExecutionError) in
        guard rows == nil else { return false }
        return try answer.take(statistics, rowCount: rowCount) {
          () throws(ExecutionError) in try openLocal()
        }
      }
    }

    private func openLocal() throws(ExecutionError) -> LocalAggregation {
      if let local { return local }
      let fresh = try stage.makeLocal(slots: slotCount)
      local = fresh
      return fresh
    }

    func countMemory() { local?.countMemory() }

    /// Sends rows of known numbers to partitions, if they lie scattered.
    private func scatterNumbers(
      _ direct: DirectGroups,
      _ vectors: [Vector],
      _ count: Int
    ) throws(ExecutionError) -> Bool {
      let uniform = direct.locate(Array(vectors[0..<keyCount]), rows: count, into: numbers)
      if direct.isOutOfRange { throw .sql("XX001", "statistics of a key column are wrong") }
      if isScattered == nil {
        isScattered = uniform == nil && stage.isScattered(numbers, rows: count)
        if isScattered == false { return false }
      }
      let directNumbers = directNumbers
      directNumbers.reset()
      directNumbers.reserve(count)
      partitions.reserve(count)
      var lanes = directNumbers.mutableInt64
      var targets = partitions.mutableSpan
      let shift = directShift
      let source = numbers.span
      for row in 0..<count {
        let number = uniform ?? source[row]
        lanes[row] = Int64(number)
        targets[row] = number &>> shift
      }
      let columns = [directNumbers] + vectors[keyCount...]
      target(&rows, columns.map(\.kind), directPartitions)
        .append(columns, rows: count, partitions: partitions)
      return true
    }

    private func target(
      _ rows: inout PartitionedRows?,
      _ kinds: [LaneKind],
      _ count: Int
    ) -> PartitionedRows {
      if let rows { return rows }
      let fresh = PartitionedRows(
        kinds: kinds,
        partitionCount: count,
        budget: stage.shared.budget
      )
      rows = fresh
      return fresh
    }

    private func scatterRows(_ vectors: [Vector], _ count: Int) {
      hash(vectors, count)
      guard carriesHashes else {
        rows?.append(vectors, rows: count, partitions: partitions)
        return
      }
      let keyHashes = directNumbers
      keyHashes.reset()
      keyHashes.reserve(count)
      var lanes = keyHashes.mutableInt64
      for row in 0..<count { lanes[row] = Int64(bitPattern: hashes[row]) }
      rows?.append(vectors + [keyHashes], rows: count, partitions: partitions)
    }

    /// Computes the partitions of rows from their keys, which come first.
    private func hash(_ vectors: [Vector], _ count: Int) {
      hashes.reserve(count)
      scratch.reserve(count)
      partitions.reserve(count)
      var hashed = hashes.mutableSpan
      var extra = scratch.mutableSpan
      hashRows(vectors[0], count, into: &hashed)
      for key in vectors[1..<keyCount] {
        combineHash(key, count, into: &hashed, scratch: &extra)
      }
      let shift = UInt64(64 - partitionBits)
      var targets = partitions.mutableSpan
      for row in 0..<count { targets[row] = UInt32(truncatingIfNeeded: hashed[row] &>> shift) }
    }

    /// The table is full: writes its groups out, or lets rows go past it from now on.
    private func makeRoom(_ local: LocalAggregation) throws(ExecutionError) {
      let isUseful = rowsInLocal >= local.groupCount * 2
      guard let kinds = local.partialKinds else {
        // What the table knows is taken apart at the end.
        _ = target(&rows, rowKinds, 1 << partitionBits)
        return
      }
      if !isUseful { _ = target(&rows, rowKinds, 1 << partitionBits) }
      try writeOut(local, kinds)
      rowsInLocal = 0
    }

    private var rowKinds: [LaneKind] {
      (stage.keys + stage.layout.inputs).map(\.type.laneKind)
        + (carriesHashes ? [.int64] : [])
    }

    /// Hands a table's groups over to the partitions, and forgets it.
    private func writeOut(_ local: LocalAggregation, _ kinds: [LaneKind]) throws(ExecutionError) {
      let target = target(&partials, kinds, 1 << partitionBits)
      let batch = Batch(kinds: kinds, capacity: groupRowCount)
      var first = 0
      while first < local.groupCount {
        let count = min(groupRowCount, local.groupCount - first)
        local.writePartial(first: first, rows: count, into: batch.columns)
        hash(batch.columns, count)
        target.append(batch.columns, rows: count, partitions: partitions)
        first += count
      }
      self.local = nil
    }

    /// No more rows come.
    func finish() throws(ExecutionError) {
      let isPartitioned = rows != nil || partials != nil
      if !isPartitioned {
        _ = try openLocal()
      } else if let local, local.index?.isDirect == false, let kinds = local.partialKinds {
        try writeOut(local, kinds)
      }
      local?.seal()
      local?.countMemory()
      rows?.finish()
      partials?.finish()
    }
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
