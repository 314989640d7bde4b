internal import Columnar
internal import Kernels
internal import Planning
internal import SystemIO

/// How the sides of a join are split whose table would be beyond the caches or the memory.
struct JoinSplit {
  /// There are 1 << `bits` partitions of the keys' hash.
  var bits: Int
  /// Shares of the statement's memory that are filled at the same time.
  var slots: Int

  var partitionCount: Int { 1 << bits }

  /// About so many rows' table stays in the second-level cache.
  private static let tableRows = 1 << 16

  /// - Parameters:
  ///   - rows: Of the build side, as far as known; 0: unknown.
  ///   - rowBytes: About how many each takes.
  ///   - probeRowBytes: The same of the probe side.
  ///   - slots: How many tables are made at the same time.
  ///   - limitBytes: Of the statement's memory.
  init(rows: Int, rowBytes: Int, probeRowBytes: Int, slots: Int, limitBytes: Int) {
    self.slots = max(1, slots)
    bits = rows == 0 ? 6 : 5
    // A partition's rows and their table, in every slot, are to take no more than half of the memory.
    while bits < 8, (rows >> bits) * rowBytes * 4 * self.slots > limitBytes { bits += 1 }
    // Its table is to stay in the cache, as far as the batches that are being filled are a small part of the memory.
    let openBytes = vectorRowsMax * max(rowBytes, probeRowBytes) * self.slots
    while bits < 8, rows >> bits > Self.tableRows, openBytes << bits < limitBytes / 8 { bits += 1 }
  }
}

/// One slot's rows of one side of a join, by partition of their keys, in memory or in a temporary file.
final class JoinScatter {
  let rows: PartitionedRows
  private let keys: RowExpressions
  private let partitioner: KeyPartitioner
  private let kinds: [LaneKind]
  private let split: JoinSplit
  private let shared: ExecutionShared
  private let files: SpillDirectory
  private let counters: OperatorCounters
  /// The least and greatest value so far of each of the `boundKeys`.
  private(set) var bounds: [Int: (low: Int64, high: Int64)] = [:]
  private let boundKeys: [Int]

  /// - Parameters:
  ///   - kinds: Of the side's columns.
  ///   - keys: Over these columns; there is one at least.
  ///   - boundKeys: Places of keys whose ``bounds`` are wanted; of integers.
  ///   - split: Of both sides.
  ///   - shared: Where the memory is counted.
  ///   - files: Where temporary files go.
  ///   - counters: Where the bytes written are counted.
  /// - Throws: What compiling the keys says.
  init(
    kinds: [LaneKind],
    keys: [BoundExpression],
    boundKeys: [Int] = [],
    _ split: JoinSplit,
    _ shared: ExecutionShared,
    _ files: SpillDirectory,
    _ counters: OperatorCounters
  ) throws(ExecutionError) {
    self.kinds = kinds
    self.boundKeys = boundKeys
    self.keys = try RowExpressions(keys, shared.context)
    self.split = split
    self.shared = shared
    self.files = files
    self.counters = counters
    partitioner = KeyPartitioner(bits: split.bits)
    rows = PartitionedRows(
      kinds: kinds,
      partitionCount: split.partitionCount,
      budget: shared.budget
    )
  }

  /// Takes the rows of a batch, and writes some to the file when the memory is full.
  func take(_ batch: Batch) throws(ExecutionError) {
    if batch.rowCount > vectorRowsMax {
      let store = RowStore(kinds: kinds, budget: nil, capacity: batch.rowCount)
      store.append(batch.columns, count: batch.rowCount)
      return try take(store)
    }
    guard batch.rowCount > 0 else { return }
    let values = try keys.evaluate(batch)
    for key in boundKeys { widen(key, values[key], batch.rowCount) }
    partitioner.find(values[...], batch.rowCount)
    rows.append(batch.columns, rows: batch.rowCount, partitions: partitioner.partitions)
    let limit = shared.budget.limitBytes
    if shared.options.alwaysSpills {
      try spill(leaving: 0)
    } else if shared.budget.isExceeded {
      try spill(leaving: limit / split.slots / 4)
      // What is left belongs to others, who write it at their turn, or is more than this slot's part.
      if rows.byteCount > limit / split.slots { try shared.budget.requireRoom(for: "a join") }
    }
  }

  private func widen(_ key: Int, _ values: Vector, _ rowCount: Int) {
    guard let range = extremes(of: values, rowCount) else { return }
    let known = bounds[key] ?? range
    bounds[key] = (min(known.low, range.low), max(known.high, range.high))
  }

  /// Takes kept rows whose first columns are the side's.
  func take(_ store: RowStore) throws(ExecutionError) {
    let batch = Batch(kinds: store.columns.map(\.kind), capacity: groupRowCount)
    var first = 0
    while first < store.rowCount {
      let count = min(groupRowCount, store.rowCount - first)
      store.read(first: first, count: count, into: batch)
      try take(Batch(columns: Array(batch.columns[0..<kinds.count]), rowCount: count))
      first += count
    }
  }

  private func spill(leaving room: Int) throws(ExecutionError) {
    counters.add(bytesSpilled: try rows.spill(to: files, leaving: room))
  }

  /// No more rows come: where the memory is half full, all go to the file, to leave it to what comes next.
  func finish() throws(ExecutionError) {
    if shared.options.alwaysSpills || shared.budget.isBeyond(0.5) { try spill(leaving: 0) }
    try rows.finish(files)
  }
}

/// Splits the probe side of a join whose build side is split; does nothing when that is whole.
final class JoinProbeStage: Stage {
  private let input: Producer
  private let build: JoinBuildStage
  private let keys: [BoundExpression]
  private let shared: ExecutionShared
  private let counters: OperatorCounters
  private var slots: [Slot] = []
  private let clock = SystemClock()

  private final class Slot {
    let scatter: JoinScatter
    var stream: BatchStream?

    init(_ scatter: JoinScatter) { self.scatter = scatter }
  }

  init(
    _ input: Producer,
    _ build: JoinBuildStage,
    keys: [BoundExpression],
    _ shared: ExecutionShared,
    _ counters: OperatorCounters
  ) {
    self.input = input
    self.build = build
    self.keys = keys
    self.shared = shared
    self.counters = counters
  }

  override var isSmall: Bool { slots.isEmpty || input.isSmall }

  override func prepare(maximumSlots: Int) throws(ExecutionError) -> Int {
    guard var split = build.split, let files = shared.spillFiles else { return 0 }
    let count = try input.prepare(maximumStreams: maximumSlots)
    split.slots = count
    for _ in 0..<count {
      slots.append(
        Slot(try JoinScatter(kinds: input.kinds, keys: keys, split, shared, files, counters))
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
        try own.scatter.finish()
        return .done
      }
      try own.scatter.take(batch)
    }
    return .more
  }

  /// After the stage: the rows of a partition, once.
  func stream(_ partition: Int) -> BatchStream {
    PartitionRowsStream(slots.map { $0.scatter.rows.read(partition) }, shared)
  }
}

/// The rows of one partition of several slots.
private final class PartitionRowsStream: BatchStream {
  private var readers: [PartitionReader]
  private let shared: ExecutionShared

  init(_ readers: [PartitionReader], _ shared: ExecutionShared) {
    self.readers = readers
    self.shared = shared
  }

  override func next() throws(ExecutionError) -> Batch? {
    while let reader = readers.last {
      try shared.check()
      if let batch = try reader.next() { return batch }
      readers.removeLast()
    }
    return nil
  }
}
