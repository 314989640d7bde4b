internal import Columnar
internal import Planning
internal import Synchronization

// Producers without a stored table below them.

/// Rows of constants and parameters.
final class ValuesProducer: Producer {
  private let rows: [[BoundExpression]]
  private let shared: ExecutionShared

  init(rows: [[BoundExpression]], types: [LogicalType], _ shared: ExecutionShared) {
    self.rows = rows
    self.shared = shared
    super.init(types: types)
  }

  override func makeStream(slot: Int) throws(ExecutionError) -> BatchStream {
    ValuesStream(rows, kinds: kinds, shared)
  }
}

private final class ValuesStream: BatchStream {
  private let rows: [[BoundExpression]]
  private let shared: ExecutionShared
  private let output: Batch
  private var place = 0

  init(_ rows: [[BoundExpression]], kinds: [LaneKind], _ shared: ExecutionShared) {
    self.rows = rows
    self.shared = shared
    output = Batch(kinds: kinds, capacity: min(groupRowCount, max(1, rows.count)))
  }

  override func next() throws(ExecutionError) -> Batch? {
    guard place < rows.count else { return nil }
    try shared.check()
    let count = min(groupRowCount, rows.count - place)
    for vector in output.columns { vector.reset() }
    for row in 0..<count {
      let expressions = rows[place + row]
      for column in output.columns.indices {
        let value = try evaluateConstant(expressions[column], shared)
        setDatum(value, in: output.columns[column], at: row)
      }
    }
    place += count
    output.rowCount = count
    return output
  }
}

/// Writes one value; a value of another kind than the vector's is NULL.
///
/// For constants and group keys.
func setDatum(_ value: Datum, in vector: Vector, at row: Int) {
  vector.reserve(row + 1)
  switch (value, vector.kind) {
  case (.boolean(let value), .bool):
    var out = vector.mutableBool
    out[row] = value ? 1 : 0
  case (.int64(let value), .int64):
    var out = vector.mutableInt64
    out[row] = value
  case (.int64(let value), .int128):
    var out = vector.mutableInt128
    out[row] = Int128(value)
  case (.int128(let value), .int128):
    var out = vector.mutableInt128
    out[row] = value
  case (.double(let value), .float64):
    var out = vector.mutableFloat64
    out[row] = value
  case (.decimal, .decimal), (.wide, .decimal):
    vector.setDecimal(value.numeric ?? .zero, at: row)
  case (.bytes(let value), .bytes):
    let view = vector.store(value.span)
    var out = vector.mutableViews
    out[row] = view
  case (.uuid(let value), .uuid):
    var out = vector.mutableUUID
    out[row] = value
  case (.interval(let value), .interval):
    var out = vector.mutableInterval
    out[row] = value
  default:
    vector.setNull(row)
    if vector.kind == .bytes, vector.dictionary == nil {
      var out = vector.mutableViews
      out[row] = emptyView
    }
    return
  }
  vector.setValid(row)
}

/// Batches made by the engine: system tables.
final class BatchListProducer: Producer {
  private let batches: [Batch]

  init(_ batches: [Batch], types: [LogicalType]) {
    self.batches = batches
    super.init(types: types)
  }

  override func makeStream(slot: Int) throws(ExecutionError) -> BatchStream {
    BatchListStream(batches)
  }
}

private final class BatchListStream: BatchStream {
  private var rest: ArraySlice<Batch>

  init(_ batches: [Batch]) { rest = batches[...] }

  override func next() throws(ExecutionError) -> Batch? { rest.popFirst() }
}

/// UNION ALL: the left's rows, then the right's.
final class ConcatenateProducer: Producer {
  private let left: Producer
  private let right: Producer
  private var leftStreams = 0
  private var rightStreams = 0

  init(_ left: Producer, _ right: Producer, types: [LogicalType]) {
    self.left = left
    self.right = right
    super.init(types: types)
  }

  override func prepare(maximumStreams: Int) throws(ExecutionError) -> Int {
    leftStreams = try left.prepare(maximumStreams: maximumStreams)
    rightStreams = try right.prepare(maximumStreams: maximumStreams)
    return max(leftStreams, rightStreams)
  }
  override var isSmall: Bool { left.isSmall && right.isSmall }
  override func makeStream(slot: Int) throws(ExecutionError) -> BatchStream {
    ConcatenateStream(
      slot < leftStreams ? try left.makeStream(slot: slot) : nil,
      slot < rightStreams ? try right.makeStream(slot: slot) : nil
    )
  }
}

private final class ConcatenateStream: BatchStream {
  private var left: BatchStream?
  private let right: BatchStream?

  init(_ left: BatchStream?, _ right: BatchStream?) {
    self.left = left
    self.right = right
  }

  override func next() throws(ExecutionError) -> Batch? {
    if let stream = left {
      if let batch = try stream.next() { return batch }
      left = nil
    }
    return try right?.next()
  }
}

/// Counts what passes, for EXPLAIN ANALYZE.
final class MeasuredProducer: Producer {
  private let input: Producer
  private let counters: OperatorCounters
  private let measuresTime: Bool

  init(_ input: Producer, _ counters: OperatorCounters, measuresTime: Bool) {
    self.input = input
    self.counters = counters
    self.measuresTime = measuresTime
    super.init(types: input.types)
  }

  override func prepare(maximumStreams: Int) throws(ExecutionError) -> Int {
    try input.prepare(maximumStreams: maximumStreams)
  }
  override var isSmall: Bool { input.isSmall }
  override var expectedRows: Int { input.expectedRows }
  override func expectEarlyEnd() { input.expectEarlyEnd() }

  override func dynamicTarget(_ column: Int) -> (scan: ScanProducer, column: Int)? {
    input.dynamicTarget(column)
  }
  override func numbers(ofColumn column: Int) -> ColumnNumbers? {
    input.numbers(ofColumn: column)
  }
  override func offerWholeSources(to sink: @escaping WholeRowsSink) {
    input.offerWholeSources(to: sink)
  }
  override func makeStream(slot: Int) throws(ExecutionError) -> BatchStream {
    MeasuredStream(try input.makeStream(slot: slot), counters, measuresTime: measuresTime)
  }
}

private final class MeasuredStream: BatchStream {
  private let input: BatchStream
  private let counters: OperatorCounters
  private let measuresTime: Bool

  init(_ input: BatchStream, _ counters: OperatorCounters, measuresTime: Bool) {
    self.input = input
    self.counters = counters
    self.measuresTime = measuresTime
  }

  // Counted here first: streams that added to common counters at each batch would wait for each other.
  private var rows = 0
  private var nanoseconds: UInt64 = 0

  deinit {
    counters.add(rows: rows)
    counters.add(nanoseconds: nanoseconds)
  }

  override func next() throws(ExecutionError) -> Batch? {
    try measured { () throws(ExecutionError) in try input.next() }
  }

  override func next(only columns: [Int]) throws(ExecutionError) -> Batch? {
    try measured { () throws(ExecutionError) in try input.next(only: columns) }
  }

  override func fill(_ columns: [Int]?) throws(ExecutionError) {
    let start = measuresTime ? counters.now : 0
    try input.fill(columns)
    if measuresTime { nanoseconds += counters.now - start }
  }

  @inline(__always)
  private func measured(
    _ next: () throws(ExecutionError) -> Batch?
  ) throws(ExecutionError) -> Batch? {
    let start = measuresTime ? counters.now : 0
    let batch = try next()
    if measuresTime { nanoseconds += counters.now - start }
    if let batch { rows += batch.rowCount }
    return batch
  }

  override func offerWholeBlocks(to sink: @escaping WholeRowsSink) {
    input.offerWholeBlocks(to: sink)
  }
}
