internal import Columnar
internal import Planning
internal import SystemIO

/// Sorts the rows of a producer: every slot its own, merged when they are read.
///
/// Rows beyond the memory budget are sorted run by run into temporary files, one a slot. More runs than can be merged at once
/// within the memory are made fewer first.
final class SortStage: Stage {
  private let input: Producer
  private let shared: ExecutionShared
  private let counters: OperatorCounters
  /// Rows that are wanted at all; nil: all.
  private let limit: Int?
  private let keyExpressions: [BoundExpression]
  let order: SortOrder
  private let kinds: [LaneKind]
  private var slots: [Slot] = []
  private(set) var runs: [SortedRun] = []
  private(set) var rowCount = 0
  /// The batches of runs in files while they are merged.
  private let mergeShare: BudgetShare
  private var bounds: DynamicBounds?
  private let clock = SystemClock()

  private final class Slot {
    let keys: RowExpressions
    var stream: BatchStream?
    var rows: RowStore?
    let top: TopRows?
    /// What sorting the rows takes beside them.
    let sorting: BudgetShare
    /// What went to files before.
    var written: RunWriter?
    /// What is in memory at the end.
    var last: SortedRun?
    var rowCount = 0

    init(_ keys: RowExpressions, _ rows: RowStore?, _ top: TopRows?, _ budget: MemoryBudget) {
      self.keys = keys
      sorting = BudgetShare(budget)
      self.rows = rows
      self.top = top
    }
  }

  /// More rows than this are sorted whole even if only the first are wanted.
  static let topLimitMax = 100_000

  init(
    _ input: Producer,
    keys: [SortKey],
    limit: Int?,
    _ shared: ExecutionShared,
    _ counters: OperatorCounters
  ) {
    self.input = input
    self.shared = shared
    self.counters = counters
    mergeShare = BudgetShare(shared.budget)
    self.limit = limit.flatMap { $0 <= Self.topLimitMax ? $0 : nil }
    let width = input.types.count
    var expressions: [BoundExpression] = []
    var places: [SortOrder.Key] = []
    for key in keys {
      let place: Int
      if case .column(let column) = key.expression.node {
        place = column
      } else {
        place = width + expressions.count
        expressions.append(key.expression)
      }
      places.append(
        SortOrder.Key(column: place, isDescending: key.isDescending, nullsFirst: key.nullsFirst)
      )
    }
    keyExpressions = expressions
    order = SortOrder(keys: places)
    kinds = input.kinds + expressions.map(\.type.laneKind)
    super.init()
    if let limit = self.limit, limit > 0 { aimAtScan() }
  }

  /// Lets the scan leave out what lies behind the threshold, where its column is the first key.
  private func aimAtScan() {
    guard let key = order.keys.first, key.column < input.types.count,
      let target = input.dynamicTarget(key.column)
    else { return }
    let bounds = DynamicBounds(column: target.column, keepsNulls: key.nullsFirst)
    target.scan.dynamicBounds.append(bounds)
    target.scan.topOrder = (target.column, key.isDescending)
    self.bounds = bounds
    input.expectEarlyEnd()
  }

  override var isSmall: Bool { input.isSmall }

  override func prepare(maximumSlots: Int) throws(ExecutionError) -> Int {
    let count = try input.prepare(maximumStreams: maximumSlots)
    for _ in 0..<count {
      let keys = try RowExpressions(keyExpressions, shared.context)
      if let limit {
        let top = TopRows(
          limit: limit,
          order: order,
          kinds: kinds,
          bounds: bounds,
          budget: shared.budget
        )
        slots.append(Slot(keys, nil, top, shared.budget))
      } else {
        let rows = RowStore(kinds: kinds, budget: shared.budget)
        slots.append(Slot(keys, rows, nil, shared.budget))
      }
    }
    return limit == 0 ? 0 : count
  }

  override func step(slot: Int) throws(ExecutionError) -> StepOutcome {
    let own = slots[slot]
    if own.stream == nil { own.stream = try input.makeStream(slot: slot) }
    guard let stream = own.stream else { return .done }
    let start = clock.monotonicNanoseconds
    while clock.monotonicNanoseconds &- start < turnNanoseconds {
      guard let batch = try next(of: stream, own.top) else {
        own.stream = nil
        try finish(own)
        return .done
      }
      guard batch.rowCount > 0 else { continue }
      let columns = batch.columns + (try own.keys.evaluate(batch))
      if let top = own.top {
        try top.append(columns, count: batch.rowCount) { (wanted) throws(ExecutionError) in
          guard keyExpressions.isEmpty else { return columns }
          try stream.fill(wanted)
          return batch.columns
        }
      } else {
        own.rows?.append(columns, count: batch.rowCount)
        own.rowCount += batch.rowCount
        own.sorting.set((own.rows?.rowCount ?? 0) * SortEntry.sortingBytes)
      }
      if shared.budget.isExceeded { try makeRoom(own) }
    }
    return .more
  }

  /// The next rows; where only the first are wanted, their keys decide whether the other columns are made at all.
  private func next(of stream: BatchStream, _ top: TopRows?) throws(ExecutionError) -> Batch? {
    guard let top, keyExpressions.isEmpty else { return try stream.next() }
    return try stream.next(only: top.deciding)
  }

  /// Bytes of a slot's rows that are worth a file, lest there be many small ones to merge.
  private var runBytesMin: Int { max(1 << 16, shared.budget.limitBytes / max(1, slots.count) / 8) }

  private func makeRoom(_ slot: Slot) throws(ExecutionError) {
    guard let rows = slot.rows, rows.rowCount > 0, let files = shared.spillFiles else {
      return try shared.budget.requireRoom(for: "sorting")
    }
    // Of less the other slots have the memory, and give it back.
    if rows.byteCount > runBytesMin { try spill(slot, rows, files) }
  }

  private func spill(
    _ slot: Slot,
    _ rows: RowStore,
    _ files: SpillDirectory
  ) throws(ExecutionError) {
    let sorted = sortedRows(rows, order)
    let writer: RunWriter
    if let known = slot.written {
      writer = known
    } else {
      writer = try RunWriter(files, kinds: kinds)
      slot.written = writer
    }
    let before = writer.byteCount
    let batch = Batch(kinds: kinds, capacity: groupRowCount)
    var first = 0
    while first < sorted.count {
      let count = min(groupRowCount, sorted.count - first)
      rows.gather(
        sorted.span.extracting(first..<first + count),
        mayBeAbsent: false,
        into: batch.columns[...]
      )
      try writer.append(batch.columns, count: count)
      first += count
      try shared.check()
    }
    slot.rows = RowStore(kinds: kinds, budget: shared.budget)
    slot.sorting.set(0)
    writer.endRun()
    counters.add(bytesSpilled: writer.byteCount - before)
  }

  private func finish(_ slot: Slot) throws(ExecutionError) {
    if let top = slot.top {
      slot.last = top.finish()
    } else if let rows = slot.rows {
      // The slots that still work need what this one would keep until the end.
      if let files = shared.spillFiles, shared.budget.isBeyond(0.5), rows.byteCount > runBytesMin {
        return try spill(slot, rows, files)
      }
      slot.last = MemoryRun(rows, sortedRows(rows, order))
    }
  }

  override func finish() throws(ExecutionError) {
    var bytes = 0
    var batches = 0
    for slot in slots {
      if let written = slot.written {
        bytes += written.byteCount
        batches += written.writtenBatches
        runs += try written.finish()
      }
      if let last = slot.last { runs.append(last) }
      rowCount += slot.rowCount
    }
    slots = []
    if batches > 0 { try mergeDown(batchBytes: bytes / batches) }
    for run in runs { try run.start() }
  }

  /// Merges neighbours until so few runs are left that two batches of each take a quarter of the memory, or are no more than a few.
  private func mergeDown(batchBytes: Int) throws(ExecutionError) {
    guard let files = shared.spillFiles else { return }
    let width = min(64, max(8, shared.budget.limitBytes / 8 / max(1, batchBytes)))
    mergeShare.set(min(width, runs.count) * 2 * batchBytes)
    while runs.count > width {
      let writer = try RunWriter(files, kinds: kinds)
      var merged = 0
      // Only as many as are too many: what is left goes into the last merge as it is.
      while !runs.isEmpty, runs.count + merged > width {
        let count = min(width, runs.count, runs.count + merged - width + 1)
        let part = Array(runs.prefix(count))
        runs.removeFirst(count)
        for run in part { try run.start() }
        let stream = SortedStream(part, order, width: kinds.count, kinds: kinds, shared)
        while let batch = try stream.next() {
          try writer.append(batch.columns, count: batch.rowCount)
        }
        writer.endRun()
        merged += 1
      }
      counters.add(bytesSpilled: writer.byteCount)
      runs = try writer.finish() + runs
    }
  }
}

/// Hands on the rows of a sort, in order; one stream.
final class SortedProducer: Producer {
  private let stage: SortStage
  private let shared: ExecutionShared

  init(_ stage: SortStage, types: [LogicalType], _ shared: ExecutionShared) {
    self.stage = stage
    self.shared = shared
    super.init(types: types)
  }

  override var expectedRows: Int { stage.rowCount }

  override func makeStream(slot: Int) throws(ExecutionError) -> BatchStream {
    SortedStream(stage.runs, stage.order, width: types.count, kinds: kinds, shared)
  }
}
