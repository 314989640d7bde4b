internal import Columnar
internal import Planning

/// Adds the column of one window call to rows that come sorted by its partition and order.
///
/// The rows of the whole input are kept, since a row's result may need every row of its partition. The frame is
/// PostgreSQL's default: the whole partition without ORDER BY, else up to the last row that ties with the current.
final class WindowStage: Stage {
  private let input: Producer
  private let call: BoundWindow
  /// Columns of the input that are handed on; behind them lie the partition's, order's and call's columns.
  private let width: Int
  private let shared: ExecutionShared
  private var stream: BatchStream?
  let rows: RowStore
  /// After the stage: the call's result for each row.
  let results: Vector

  init(_ input: Producer, _ call: BoundWindow, width: Int, _ shared: ExecutionShared) {
    self.input = input
    self.call = call
    self.width = width
    self.shared = shared
    rows = RowStore(kinds: input.kinds, budget: shared.budget)
    results = Vector(kind: call.type.laneKind, capacity: 64)
  }

  override func prepare(maximumSlots: Int) throws(ExecutionError) -> Int {
    _ = try input.prepare(maximumStreams: 1)
    stream = try input.makeStream(slot: 0)
    return 1
  }

  override func step(slot: Int) throws(ExecutionError) -> StepOutcome {
    guard let batch = try stream?.next() else { return .done }
    rows.append(batch.columns, count: batch.rowCount)
    try shared.budget.requireRoom(for: "a window function")
    return .more
  }

  override func finish() throws(ExecutionError) {
    stream = nil
    results.reserve(max(1, rows.rowCount))
    let partition = comparator(width..<width + call.partition.count)
    let orderStart = width + call.partition.count
    let order = comparator(orderStart..<orderStart + call.order.count)
    var first = 0
    while first < rows.rowCount {
      try shared.check()
      var end = first + 1
      while end < rows.rowCount, partition.order(first, end) == 0 { end += 1 }
      try fill(first..<end, order)
      first = end
    }
  }

  private func comparator(_ columns: Range<Int>) -> RowComparator {
    RowComparator(
      columns.map {
        RowComparator.Key(column: rows.columns[$0], isDescending: false, nullsFirst: false)
      }
    )
  }

  /// Computes the results of one partition.
  private func fill(_ partition: Range<Int>, _ order: RowComparator) throws(ExecutionError) {
    switch call.function {
    case .rowNumber:
      for row in partition {
        setDatum(.int64(Int64(row - partition.lowerBound + 1)), in: results, at: row)
      }
    case .rank, .denseRank:
      var rank: Int64 = 0
      var peers: Int64 = 0
      for row in partition {
        if row == partition.lowerBound || order.order(row - 1, row) != 0 {
          peers += 1
          rank = Int64(row - partition.lowerBound + 1)
        }
        let isDense = if case .denseRank = call.function { true } else { false }
        setDatum(.int64(isDense ? peers : rank), in: results, at: row)
      }
    case .previous:
      let source = rows.columns[width + call.partition.count + call.order.count]
      for row in partition {
        if row == partition.lowerBound || !source.isValid(row - 1) {
          setDatum(.null, in: results, at: row)
        } else {
          copyValue(source, row - 1, to: results, row)
        }
      }
      if results.kind == .bytes { results.retainOwners(of: source) }
    case .aggregate(let function): try fill(partition, order, function)
    }
  }

  private func fill(
    _ partition: Range<Int>,
    _ order: RowComparator,
    _ function: AggregateFunction
  ) throws(ExecutionError) {
    let first = width + call.partition.count + call.order.count
    let aggregate = BoundAggregate(
      function: function,
      arguments: call.arguments,
      type: call.type
    )
    let layout = try AggregateLayout([aggregate])
    let state = try layout.makeState(0)
    state.reserve(groups: 1)
    let arguments = rows.columns[first..<first + call.arguments.count].map { $0 }
    let scratch = arguments.map { Vector(kind: $0.kind, capacity: groupRowCount) }
    let value = Vector(kind: call.type.laneKind, capacity: 64)
    var start = partition.lowerBound
    while start < partition.upperBound {
      var end = call.order.isEmpty ? partition.upperBound : start + 1
      while end < partition.upperBound, order.order(start, end) == 0 { end += 1 }
      try take(start..<end, arguments, scratch, into: state)
      value.reset()
      try state.seal(groups: 1)
      try state.beginResults(groups: 1)
      for piece in 0..<state.resultPieces { try state.prepareResults(piece: piece) }
      try state.write(aggregate, first: 0, count: 1, into: value)
      let result = datum(value, 0)
      for row in start..<end { setDatum(result, in: results, at: row) }
      start = end
    }
  }

  /// Takes rows into the state, those whose argument is NULL left out.
  private func take(
    _ range: Range<Int>,
    _ arguments: [Vector],
    _ scratch: [Vector],
    into state: AggregateState
  ) throws(ExecutionError) {
    let noNumbers = GroupArray<UInt32>(0, capacity: 1)
    let selection = SelectionBuffer(capacity: groupRowCount)
    var first = range.lowerBound
    while first < range.upperBound {
      let count = min(groupRowCount, range.upperBound - first)
      for (source, target) in zip(arguments, scratch) {
        target.reset()
        copyRows(source, first: first, count: count, to: target, at: 0, bytes: .share)
      }
      var groupRows = GroupRows(
        count: count,
        uniform: 0,
        numbers: noNumbers,
        groupCount: 1,
        selection: nil,
        selectedCount: count
      )
      if let argument = scratch.first, argument.hasNulls {
        var places = selection.places
        var valid = 0
        for row in 0..<count where argument.isValid(row) {
          places[valid] = UInt16(truncatingIfNeeded: row)
          valid += 1
        }
        groupRows.selection = selection
        groupRows.selectedCount = valid
      }
      if groupRows.selectedCount > 0 { try state.update(scratch, groupRows) }
      first += count
    }
  }
}

/// Hands on a window stage's rows with the call's column behind them.
final class WindowProducer: Producer {
  private let stage: WindowStage
  private let shared: ExecutionShared

  init(_ stage: WindowStage, types: [LogicalType], _ shared: ExecutionShared) {
    self.stage = stage
    self.shared = shared
    super.init(types: types)
  }

  override var expectedRows: Int { stage.rows.rowCount }

  override func makeStream(slot: Int) throws(ExecutionError) -> BatchStream {
    WindowStream(stage, kinds: kinds, shared)
  }
}

private final class WindowStream: BatchStream {
  private let stage: WindowStage
  private let shared: ExecutionShared
  private let output: Batch
  private var place = 0

  init(_ stage: WindowStage, kinds: [LaneKind], _ shared: ExecutionShared) {
    self.stage = stage
    self.shared = shared
    output = Batch(kinds: kinds, capacity: groupRowCount)
  }

  override func next() throws(ExecutionError) -> Batch? {
    try shared.check()
    let count = min(groupRowCount, stage.rows.rowCount - place)
    guard count > 0 else { return nil }
    let last = output.columns.count - 1
    for column in output.columns.indices {
      let source = column == last ? stage.results : stage.rows.columns[column]
      let target = output.columns[column]
      target.reset()
      copyRows(source, first: place, count: count, to: target, at: 0, bytes: .share)
      if target.kind == .bytes { target.retainOwners(of: source) }
    }
    place += count
    output.rowCount = count
    return output
  }
}
