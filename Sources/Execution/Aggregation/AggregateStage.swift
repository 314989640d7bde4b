internal import Columnar
internal import Planning
internal import Synchronization
internal import SystemIO

/// Groups the rows of a producer: every slot into tables of its own, which are merged at the end.
final class AggregateStage: Stage {
  let layout: AggregateLayout
  let keys: [BoundExpression]
  private let input: Producer
  private let shared: ExecutionShared
  private var slots: [Slot] = []
  /// After the stage: everything.
  private(set) var result: LocalAggregation?
  private let clock = SystemClock()

  private final class Slot {
    let local: LocalAggregation
    var stream: BatchStream?
    init(_ local: LocalAggregation) { self.local = local }
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
    let count = try input.prepare(maximumStreams: maximumSlots)
    let range = keyRange
    for _ in 0..<count {
      let local = try LocalAggregation(layout, keys: keys, keyRange: range, shared)
      local.index?.expectedRows = input.expectedRows / count
      slots.append(Slot(local))
    }
    return count
  }

  /// The bounds of a single integer key that comes from a scan unchanged, where an array over them is not much
  /// larger than the input.
  private var keyRange: ClosedRange<Int64>? {
    guard keys.count == 1, case .column(let column) = keys[0].node,
      keys[0].type.laneKind == .int64, let target = input.dynamicTarget(column),
      let range = target.scan.range(ofColumn: target.column)
    else { return nil }
    let (width, overflow) = range.upperBound.subtractingReportingOverflow(range.lowerBound)
    guard !overflow, width < 1 << 24, width / 2 <= Int64(input.expectedRows) else { return nil }
    return range
  }

  override func step(slot: Int) throws(ExecutionError) -> StepOutcome {
    let own = slots[slot]
    if own.stream == nil { own.stream = try input.makeStream(slot: slot) }
    guard let stream = own.stream else { return .done }
    let start = clock.monotonicNanoseconds
    while clock.monotonicNanoseconds &- start < turnNanoseconds {
      for _ in 0..<16 {
        guard let batch = try stream.next() else {
          own.stream = nil
          own.local.countMemory()
          return .done
        }
        try own.local.update(batch)
      }
    }
    own.local.countMemory()
    try shared.budget.requireRoom(for: "grouping")
    return .more
  }

  override func finish() throws(ExecutionError) {
    // The largest takes the others in.
    slots.sort { $0.local.groupCount > $1.local.groupCount }
    guard let first = slots.first?.local else { return }
    for other in slots.dropFirst() {
      try shared.check()
      try first.merge(other.local)
    }
    try first.prepareResults()
    first.countMemory()
    result = first
    slots = []
  }
}

/// Hands on the groups of a stage, in no order.
final class AggregateProducer: Producer {
  private let stage: AggregateStage
  private let shared: ExecutionShared
  private let nextGroup = Atomic<Int>(0)

  init(_ stage: AggregateStage, types: [LogicalType], _ shared: ExecutionShared) {
    self.stage = stage
    self.shared = shared
    super.init(types: types)
  }

  private var groupCount: Int { stage.result?.groupCount ?? 0 }

  override var expectedRows: Int { groupCount }
  override var isSmall: Bool { groupCount < 100_000 }

  override func prepare(maximumStreams: Int) throws(ExecutionError) -> Int {
    max(1, min(maximumStreams, groupCount / 50_000))
  }

  override func makeStream(slot: Int) throws(ExecutionError) -> BatchStream {
    AggregateStream(self, Batch(kinds: kinds, capacity: min(groupRowCount, max(1, groupCount))))
  }

  /// The next groups, or nil.
  fileprivate func write(into batch: Batch) throws(ExecutionError) -> Bool {
    try shared.check()
    guard let result = stage.result else { return false }
    let first = nextGroup.add(groupRowCount, ordering: .relaxed).oldValue
    guard first < result.groupCount else { return false }
    let rows = min(groupRowCount, result.groupCount - first)
    guard let index = result.index, !index.seesAll else {
      try result.write(first: first, rows: rows, into: batch)
      return true
    }
    // Groups that no row belongs to are left out.
    let selection = SelectionBuffer(capacity: groupRowCount)
    var places = selection.places
    var count = 0
    for row in 0..<rows {
      places[count] = UInt16(truncatingIfNeeded: row)
      count += index.isSeen(first + row) ? 1 : 0
    }
    batch.rowCount = 0
    guard count > 0 else { return true }
    try result.write(first: first, rows: rows, into: batch)
    if count < rows { compactInPlace(batch, selection.span(count)) }
    return true
  }
}

private final class AggregateStream: BatchStream {
  private let producer: AggregateProducer
  private let batch: Batch

  init(_ producer: AggregateProducer, _ batch: Batch) {
    self.producer = producer
    self.batch = batch
  }

  override func next() throws(ExecutionError) -> Batch? {
    try producer.write(into: batch) ? batch : nil
  }
}
