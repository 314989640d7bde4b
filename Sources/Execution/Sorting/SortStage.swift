internal import Columnar
internal import Planning
internal import SystemIO

/// Sorts the rows of a producer: every slot its own, merged when they are read.
///
/// Rows beyond the memory budget are sorted run by run into temporary files.
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
  private var bounds: DynamicBounds?
  private let clock = SystemClock()

  private final class Slot {
    let keys: RowExpressions
    var stream: BatchStream?
    var rows: RowStore?
    let top: TopRows?
    var runs: [SortedRun] = []
    var rowCount = 0

    init(_ keys: RowExpressions, _ rows: RowStore?, _ top: TopRows?) {
      self.keys = keys
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
        slots.append(Slot(keys, nil, top))
      } else {
        slots.append(Slot(keys, RowStore(kinds: kinds, budget: shared.budget), nil))
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
      guard let batch = try stream.next() else {
        own.stream = nil
        finish(own)
        return .done
      }
      guard batch.rowCount > 0 else { continue }
      let columns = batch.columns + (try own.keys.evaluate(batch))
      if let top = own.top {
        top.append(columns, count: batch.rowCount)
      } else {
        own.rows?.append(columns, count: batch.rowCount)
        own.rowCount += batch.rowCount
      }
      if shared.budget.isExceeded { try spill(own) }
    }
    return .more
  }

  private func spill(_ slot: Slot) throws(ExecutionError) {
    guard let rows = slot.rows, rows.rowCount > 0 else {
      return try shared.budget.requireRoom(for: "sorting")
    }
    guard let files = shared.spillFiles else {
      return try shared.budget.requireRoom(for: "sorting")
    }
    // So little would make a file of a few rows; the other slots have the memory and give it back.
    guard rows.byteCount > 1 << 16 else { return }
    let sorted = sortedRows(rows, order)
    let writer = try SpillWriter(files, kinds: kinds)
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
    counters.add(bytesSpilled: writer.byteCount)
    slot.runs.append(FileRun(try writer.finish(), kinds: kinds))
  }

  private func finish(_ slot: Slot) {
    if let top = slot.top {
      slot.runs.append(top.finish())
    } else if let rows = slot.rows {
      slot.runs.append(MemoryRun(rows, sortedRows(rows, order)))
    }
  }

  override func finish() throws(ExecutionError) {
    for slot in slots {
      runs += slot.runs
      rowCount += slot.rowCount
    }
    slots = []
    for run in runs { try (run as? FileRun)?.start() }
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

private final class SortedStream: BatchStream {
  private var runs: [SortedRun]
  private let order: SortOrder
  private let width: Int
  private let shared: ExecutionShared
  private let output: Batch

  init(
    _ runs: [SortedRun],
    _ order: SortOrder,
    width: Int,
    kinds: [LaneKind],
    _ shared: ExecutionShared
  ) {
    self.runs = runs
    self.order = order
    self.width = width
    self.shared = shared
    output = Batch(kinds: kinds, capacity: groupRowCount)
  }

  override func next() throws(ExecutionError) -> Batch? {
    try shared.check()
    runs.removeAll { $0.isAtEnd }
    guard let first = runs.first else { return nil }
    for column in output.columns { column.reset() }
    if runs.count == 1 {
      var copied = 0
      let columns = first.columns
      try first.takeRows(groupRowCount) { rows in
        copied = rows.count
        for column in 0..<width {
          let target = output.columns[column]
          copyRows(columns[column], rows: rows, to: target, mayBeAbsent: false, bytes: .share)
          if target.kind == .bytes { target.retainOwners(of: columns[column]) }
        }
      }
      output.rowCount = copied
      return output
    }
    try merge()
    return output
  }

  /// Fills the output with the smallest rows of several runs.
  private func merge() throws(ExecutionError) {
    var comparators = runs.map { order.comparator($0.columns) }
    var count = 0
    while count < groupRowCount {
      var best = -1
      for place in runs.indices where !runs[place].isAtEnd {
        guard best >= 0 else {
          best = place
          continue
        }
        let order = comparators[place].order(runs[place].row, comparators[best], runs[best].row)
        if order < 0 { best = place }
      }
      guard best >= 0 else { break }
      take(runs[best], at: count)
      let columns = runs[best].columns
      try runs[best].advance()
      // A run from a file may have gone on to its next batch.
      if !runs[best].isAtEnd, runs[best].columns.first !== columns.first {
        comparators[best] = order.comparator(runs[best].columns)
      }
      count += 1
    }
    output.rowCount = count
  }

  private func take(_ run: SortedRun, at place: Int) {
    let columns = run.columns
    let row = run.row
    for column in 0..<width {
      let source = columns[column]
      let target = output.columns[column]
      guard source.isValid(row) else {
        setDatum(.null, in: target, at: place)
        continue
      }
      if source.kind == .bytes {
        let view = target.store(bytesView(source, row).span)
        var out = target.mutableViews
        out[place] = view
        target.setValid(place)
      } else {
        copyValue(source, row, to: target, place)
      }
    }
  }
}
