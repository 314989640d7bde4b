internal import Columnar
internal import Kernels
internal import Synchronization

/// Hands on the groups of a stage, in no order.
final class AggregateProducer: Producer {
  private let stage: AggregateFinishStage
  private let shared: ExecutionShared
  private let nextFirst = Atomic<Int>(0)
  private var groupCount = 0

  init(_ stage: AggregateFinishStage, types: [LogicalType], _ shared: ExecutionShared) {
    self.stage = stage
    self.shared = shared
    super.init(types: types)
  }

  override var expectedRows: Int { groupCount }
  override var isSmall: Bool { groupCount < 100_000 && stage.pendingPartitions == 0 }

  override func prepare(maximumStreams: Int) throws(ExecutionError) -> Int {
    if stage.pendingPartitions > 0 {
      groupCount = stage.expectedGroups
      return min(maximumStreams, stage.pendingPartitions)
    }
    groupCount = stage.result?.groupCount ?? 0
    return max(1, min(maximumStreams, groupCount / 50_000))
  }

  override func makeStream(slot: Int) throws(ExecutionError) -> BatchStream {
    let isWhole = stage.pendingPartitions == 0
    let capacity = isWhole ? min(groupRowCount, max(1, groupCount)) : groupRowCount
    return AggregateStream(self, Batch(kinds: kinds, capacity: capacity))
  }

  /// The next groups of the whole result, or of the partition that a stream is at; nil: no more.
  fileprivate func takePiece(
    _ partition: inout PartitionPlace?
  ) throws(ExecutionError) -> GroupPiece? {
    try shared.check()
    guard stage.pendingPartitions > 0 else {
      let first = nextFirst.add(groupRowCount, ordering: .relaxed).oldValue
      guard let result = stage.result, first < result.groupCount else { return nil }
      return GroupPiece(result, from: first)
    }
    while true {
      if let piece = partition?.takePiece() { return piece }
      // What was made of the last one goes before the next is made.
      partition = nil
      guard let result = try stage.nextPartition() else { return nil }
      partition = PartitionPlace(result)
    }
  }
}

/// How far a stream has come in a partition of its own.
private struct PartitionPlace {
  private let result: LocalAggregation
  private var first = 0

  init(_ result: LocalAggregation) { self.result = result }

  mutating func takePiece() -> GroupPiece? {
    guard first < result.groupCount else { return nil }
    defer { first += groupRowCount }
    return GroupPiece(result, from: first)
  }
}

/// Neighbouring groups of a result; those that no row belongs to are left out.
private struct GroupPiece {
  private let result: LocalAggregation
  private let first: Int
  private let rows: Int
  /// The places of the groups that have rows; nil: all have.
  private var seen: SelectionBuffer?
  private(set) var count: Int

  init(_ result: LocalAggregation, from first: Int) {
    self.result = result
    self.first = first
    rows = min(groupRowCount, result.groupCount - first)
    count = rows
    guard let index = result.index, !index.seesAll else { return }
    let selection = SelectionBuffer(capacity: groupRowCount)
    var places = selection.places
    count = 0
    for row in 0..<rows {
      places[count] = UInt16(truncatingIfNeeded: row)
      count += index.isSeen(first + row) ? 1 : 0
    }
    seen = selection
  }

  /// Writes some columns of the groups.
  func write(_ columns: [Int], into batch: Batch) throws(ExecutionError) {
    batch.rowCount = count
    guard count > 0 else { return }
    for column in columns { try result.write(column, first: first, rows: rows, into: batch) }
    guard let seen else { return }
    for column in columns {
      if count < rows {
        let whole = Batch(columns: [batch.columns[column]], rowCount: rows)
        compactInPlace(whole, seen.span(count))
        batch.columns[column] = whole.columns[0]
      }
      // What was NULL of the groups left out is gone.
      let vector = batch.columns[column]
      if hasNoNull(vector, count) { vector.hasNulls = false }
    }
  }
}

private final class AggregateStream: BatchStream {
  private let producer: AggregateProducer
  private let batch: Batch
  private var partition: PartitionPlace?
  /// The last piece, and its columns that were not made.
  private var waiting: (piece: GroupPiece, columns: [Int])?

  init(_ producer: AggregateProducer, _ batch: Batch) {
    self.producer = producer
    self.batch = batch
  }

  override func next() throws(ExecutionError) -> Batch? {
    waiting = nil
    guard let piece = try producer.takePiece(&partition) else { return nil }
    try piece.write(Array(batch.columns.indices), into: batch)
    return batch
  }

  override func next(only columns: [Int]) throws(ExecutionError) -> Batch? {
    waiting = nil
    guard let piece = try producer.takePiece(&partition) else { return nil }
    try piece.write(columns, into: batch)
    waiting = (piece, batch.columns.indices.filter { !columns.contains($0) })
    return batch
  }

  override func fill(_ columns: [Int]?) throws(ExecutionError) {
    guard let (piece, missing) = waiting else { return }
    let wanted = columns.map { columns in missing.filter(columns.contains) } ?? missing
    let left = missing.filter { !wanted.contains($0) }
    waiting = left.isEmpty ? nil : (piece, left)
    try piece.write(wanted, into: batch)
  }
}
