internal import Columnar
internal import Kernels
internal import Synchronization

/// Hands on the groups of a stage, in no order.
final class AggregateProducer: Producer {
  private let stage: AggregateFinishStage
  private let shared: ExecutionShared
  private let nextPiece = Atomic<Int>(0)
  private var pieces: [(result: LocalAggregation, first: Int)] = []
  private var groupCount = 0

  init(_ stage: AggregateFinishStage, types: [LogicalType], _ shared: ExecutionShared) {
    self.stage = stage
    self.shared = shared
    super.init(types: types)
  }

  override var expectedRows: Int { groupCount }
  override var isSmall: Bool { groupCount < 100_000 && stage.pendingPartitions == 0 }

  override func prepare(maximumStreams: Int) throws(ExecutionError) -> Int {
    if stage.pendingPartitions > 0 { return min(maximumStreams, stage.pendingPartitions) }
    for result in stage.results {
      groupCount += result.groupCount
      var first = 0
      while first < result.groupCount {
        pieces.append((result, first))
        first += groupRowCount
      }
    }
    return max(1, min(maximumStreams, groupCount / 50_000))
  }

  override func makeStream(slot: Int) throws(ExecutionError) -> BatchStream {
    if stage.pendingPartitions > 0 {
      return PartitionStream(self, stage, Batch(kinds: kinds, capacity: groupRowCount))
    }
    return AggregateStream(
      self,
      Batch(kinds: kinds, capacity: min(groupRowCount, max(1, groupCount)))
    )
  }

  /// The next groups, or nil.
  fileprivate func write(into batch: Batch) throws(ExecutionError) -> Bool {
    let place = nextPiece.add(1, ordering: .relaxed).oldValue
    guard place < pieces.count else { return false }
    let (result, first) = pieces[place]
    try write(result, from: first, into: batch)
    return true
  }

  /// Some groups of a result.
  fileprivate func write(
    _ result: LocalAggregation,
    from first: Int,
    into batch: Batch
  ) throws(ExecutionError) {
    try shared.check()
    let rows = min(groupRowCount, result.groupCount - first)
    guard let index = result.index, !index.seesAll else {
      return try result.write(first: first, rows: rows, into: batch)
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
    guard count > 0 else { return }
    try result.write(first: first, rows: rows, into: batch)
    if count < rows { compactInPlace(batch, selection.span(count)) }
    // What was NULL of the groups left out is gone.
    for vector in batch.columns where hasNoNull(vector, count) { vector.hasNulls = false }
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

/// Makes and hands on the groups of one partition after the other: all together might not fit the memory.
private final class PartitionStream: BatchStream {
  private let producer: AggregateProducer
  private let stage: AggregateFinishStage
  private let batch: Batch
  private var current: LocalAggregation?
  private var first = 0

  init(_ producer: AggregateProducer, _ stage: AggregateFinishStage, _ batch: Batch) {
    self.producer = producer
    self.stage = stage
    self.batch = batch
  }

  override func next() throws(ExecutionError) -> Batch? {
    while true {
      if let current, first < current.groupCount {
        try producer.write(current, from: first, into: batch)
        first += groupRowCount
        return batch
      }
      current = nil
      guard let result = try stage.nextPartition() else { return nil }
      current = result
      first = 0
    }
  }
}
