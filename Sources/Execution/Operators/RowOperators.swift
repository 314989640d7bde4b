internal import Columnar
internal import Planning

// DISTINCT ON, and the two ends of INTERSECT and EXCEPT.

/// The first row of each key in the order of the input.
final class DistinctOnProducer: Producer {
  private let input: Producer
  private let keys: [BoundExpression]
  private let shared: ExecutionShared

  init(_ input: Producer, _ keys: [BoundExpression], _ shared: ExecutionShared) {
    self.input = input
    self.keys = keys
    self.shared = shared
    super.init(types: input.types)
  }

  // Which row is the first is only known to one stream.
  override func prepare(maximumStreams: Int) throws(ExecutionError) -> Int {
    try input.prepare(maximumStreams: 1)
  }
  override var isSmall: Bool { input.isSmall }
  override var expectedRows: Int { input.expectedRows }
  override func makeStream(slot: Int) throws(ExecutionError) -> BatchStream {
    DistinctOnStream(
      try input.makeStream(slot: slot),
      try RowExpressions(keys, shared.context),
      GroupIndex(kinds: keys.map(\.type.laneKind)),
      kinds: kinds,
      shared.budget
    )
  }
}

private final class DistinctOnStream: BatchStream {
  private let input: BatchStream
  private let keys: RowExpressions
  private let index: GroupIndex
  private let output: Batch
  private let selection = SelectionBuffer()
  private let budget: MemoryBudget
  private let share: BudgetShare

  init(
    _ input: BatchStream,
    _ keys: RowExpressions,
    _ index: GroupIndex,
    kinds: [LaneKind],
    _ budget: MemoryBudget
  ) {
    self.input = input
    self.keys = keys
    self.index = index
    self.budget = budget
    share = BudgetShare(budget)
    output = Batch(kinds: kinds, capacity: 64)
  }

  override func next() throws(ExecutionError) -> Batch? {
    guard let batch = try input.next() else { return nil }
    guard batch.rowCount > 0 else { return batch }
    var next = index.count
    _ = index.assign(try keys.evaluate(batch), rows: batch.rowCount)
    let selection = selection
    selection.reserve(batch.rowCount)
    var places = selection.places
    var count = 0
    if index.uniform == nil {
      // Numbers are given in the order of rows: the first row of a new key has the next number.
      for row in 0..<batch.rowCount where Int(index.numbers[row]) == next {
        places[count] = UInt16(truncatingIfNeeded: row)
        count += 1
        next += 1
      }
    } else if index.count > next {
      places[0] = 0
      count = 1
    }
    share.set(index.byteCount)
    try budget.requireRoom(for: "DISTINCT ON")
    compact(batch, selection.span(count), into: output)
    return output
  }
}

/// The input with one more column, the same number in every row.
final class MarkProducer: Producer {
  private let input: Producer
  private let mark: Int64

  init(_ input: Producer, mark: Int64) {
    self.input = input
    self.mark = mark
    super.init(types: input.types + [.bigint])
  }

  override func prepare(maximumStreams: Int) throws(ExecutionError) -> Int {
    try input.prepare(maximumStreams: maximumStreams)
  }
  override var isSmall: Bool { input.isSmall }
  override var expectedRows: Int { input.expectedRows }
  override func makeStream(slot: Int) throws(ExecutionError) -> BatchStream {
    MarkStream(try input.makeStream(slot: slot), mark)
  }
}

private final class MarkStream: BatchStream {
  private let input: BatchStream
  private let column = Vector(kind: .int64)
  private let output = Batch(columns: [])
  private let mark: Int64

  init(_ input: BatchStream, _ mark: Int64) {
    self.input = input
    self.mark = mark
  }

  override func next() throws(ExecutionError) -> Batch? {
    guard let batch = try input.next() else { return nil }
    let column = column
    column.reserve(batch.rowCount)
    var lanes = column.mutableInt64
    for row in 0..<batch.rowCount { lanes[row] = mark }
    output.columns = batch.columns + [column]
    output.rowCount = batch.rowCount
    return output
  }
}

/// INTERSECT and EXCEPT: rows with how often they come in all and on the right become that many rows.
final class RepeatProducer: Producer {
  private let input: Producer
  private let operation: SetOperation
  private let isAll: Bool

  init(_ input: Producer, _ operation: SetOperation, isAll: Bool, types: [LogicalType]) {
    self.input = input
    self.operation = operation
    self.isAll = isAll
    super.init(types: types)
  }

  override func prepare(maximumStreams: Int) throws(ExecutionError) -> Int {
    try input.prepare(maximumStreams: maximumStreams)
  }
  override var isSmall: Bool { input.isSmall }
  override func makeStream(slot: Int) throws(ExecutionError) -> BatchStream {
    RepeatStream(try input.makeStream(slot: slot), operation, isAll: isAll, kinds: kinds)
  }
}

private final class RepeatStream: BatchStream {
  private let input: BatchStream
  private let operation: SetOperation
  private let isAll: Bool
  private let output: Batch
  private let selection = SelectionBuffer()
  private var batch: Batch?
  private var row = 0
  private var given: Int64 = 0

  init(_ input: BatchStream, _ operation: SetOperation, isAll: Bool, kinds: [LaneKind]) {
    self.input = input
    self.operation = operation
    self.isAll = isAll
    output = Batch(kinds: kinds, capacity: 64)
  }

  override func next() throws(ExecutionError) -> Batch? {
    if batch == nil {
      guard let next = try input.next() else { return nil }
      batch = next
      row = 0
      given = 0
    }
    guard let batch else { return nil }
    let selection = selection
    var places = selection.places
    let width = output.columns.count
    let (totals, rights) = (batch.columns[width], batch.columns[width + 1])
    var count = 0
    while row < batch.rowCount && count < vectorRowsMax {
      let right = rights.isValid(row) ? rights.int64[row] : 0
      guard given < times(left: totals.int64[row] - right, right: right) else {
        row += 1
        given = 0
        continue
      }
      places[count] = UInt16(truncatingIfNeeded: row)
      count += 1
      given += 1
    }
    let input = Batch(columns: Array(batch.columns[0..<width]), rowCount: batch.rowCount)
    compact(input, selection.span(count), into: output)
    if row >= batch.rowCount { self.batch = nil }
    return output
  }

  private func times(left: Int64, right: Int64) -> Int64 {
    switch operation {
    case .union: isAll ? left + right : 1
    case .intersect: isAll ? min(left, right) : left > 0 && right > 0 ? 1 : 0
    case .except: isAll ? max(0, left - right) : left > 0 && right == 0 ? 1 : 0
    }
  }
}
