internal import Columnar
internal import Planning
internal import Synchronization

// The operators that hand on each batch as it comes: filter, project, limit, and the ones without input.

/// Rows for which the condition is true.
final class FilterProducer: Producer {
  private let input: Producer
  private let condition: BoundExpression
  private let shared: ExecutionShared

  init(_ input: Producer, _ condition: BoundExpression, _ shared: ExecutionShared) {
    self.input = input
    self.condition = condition
    self.shared = shared
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
  override func makeStream(slot: Int) throws(ExecutionError) -> BatchStream {
    FilterStream(
      try input.makeStream(slot: slot),
      try Predicate([condition], context: shared.context),
      kinds: kinds
    )
  }
}

private final class FilterStream: BatchStream {
  private let input: BatchStream
  private let predicate: Predicate
  private let output: Batch
  private let selection = SelectionBuffer()

  init(_ input: BatchStream, _ predicate: Predicate, kinds: [LaneKind]) {
    self.input = input
    self.predicate = predicate
    output = Batch(kinds: kinds, capacity: 64)
  }

  override func next() throws(ExecutionError) -> Batch? {
    guard let batch = try input.next() else { return nil }
    let selection = selection
    let count = try selection.fill(batch, where: predicate)
    if count == batch.rowCount { return batch }
    compact(batch, selection.span(count), into: output)
    return output
  }
}

/// Copies the selected rows of `batch` into `output`, whose vectors are filled anew; strings are shared.
func compact(_ batch: Batch, _ rows: Span<UInt16>, into output: Batch) {
  for column in output.columns.indices {
    let source = batch.columns[column]
    let target = output.columns[column]
    target.reset()
    if let dictionary = source.dictionary {
      target.dictionary = dictionary
      target.reserve(rows.count)
      copyCodes(source, rows, to: target)
    } else {
      copyRows(source, rows: rows, to: target, at: 0, bytes: .share)
      if target.kind == .bytes { target.retainOwners(of: source) }
    }
  }
  output.rowCount = rows.count
}

/// Keeps the selected rows of `batch` in its own vectors.
func compactInPlace(_ batch: Batch, _ rows: Span<UInt16>) {
  let narrowed = Batch(kinds: batch.columns.map(\.kind), capacity: rows.count)
  compact(batch, rows, into: narrowed)
  batch.columns = narrowed.columns
  batch.rowCount = rows.count
}

/// Copies codes and validity; both vectors have the same dictionary.
func copyCodes(_ source: Vector, _ rows: Span<UInt16>, to target: Vector, at: Int = 0) {
  let codes = source.codes
  var out = target.mutableCodes
  precondition(at + rows.count <= out.count)
  for row in rows.indices { out[at &+ row] = codes[Int(rows[row])] }
  guard source.hasNulls || target.hasNulls else { return }
  if !target.hasNulls { target.beginNulls() }
  for row in rows.indices {
    if source.isValid(Int(rows[row])) {
      target.setValid(at &+ row)
    } else {
      target.setNull(at &+ row)
    }
  }
}

/// Computes expressions.
final class ProjectProducer: Producer {
  private let input: Producer
  private let expressions: [BoundExpression]
  private let shared: ExecutionShared

  init(_ input: Producer, _ expressions: [BoundExpression], _ shared: ExecutionShared) {
    self.input = input
    self.expressions = expressions
    self.shared = shared
    super.init(types: expressions.map(\.type))
  }

  override func prepare(maximumStreams: Int) throws(ExecutionError) -> Int {
    try input.prepare(maximumStreams: maximumStreams)
  }
  override var isSmall: Bool { input.isSmall }
  override var expectedRows: Int { input.expectedRows }
  override func expectEarlyEnd() { input.expectEarlyEnd() }

  override func dynamicTarget(_ column: Int) -> (scan: ScanProducer, column: Int)? {
    guard case .column(let place) = expressions[column].node else { return nil }
    return input.dynamicTarget(place)
  }
  override func makeStream(slot: Int) throws(ExecutionError) -> BatchStream {
    ProjectStream(
      try input.makeStream(slot: slot),
      try RowExpressions(expressions, shared.context)
    )
  }
}

private final class ProjectStream: BatchStream {
  private let input: BatchStream
  private let expressions: RowExpressions
  private let output = Batch(columns: [])

  init(_ input: BatchStream, _ expressions: RowExpressions) {
    self.input = input
    self.expressions = expressions
  }

  override func next() throws(ExecutionError) -> Batch? {
    while let batch = try input.next() {
      // A batch without rows is not handed on: before the first rows it would have no columns.
      guard batch.rowCount > 0 else { continue }
      output.rowCount = batch.rowCount
      output.columns = try expressions.evaluate(batch)
      return output
    }
    return nil
  }
}

/// Rows `offset..<offset + limit` of whatever order the input has.
final class LimitProducer: Producer {
  private let input: Producer
  private let limit: BoundExpression?
  private let offset: BoundExpression?
  private let shared: ExecutionShared
  private let window = LimitWindow()

  init(
    _ input: Producer,
    limit: BoundExpression?,
    offset: BoundExpression?,
    _ shared: ExecutionShared
  ) {
    self.input = input
    self.limit = limit
    self.offset = offset
    self.shared = shared
    super.init(types: input.types)
    if limit != nil { expectEarlyEnd() }
  }

  override func expectEarlyEnd() { input.expectEarlyEnd() }

  override func prepare(maximumStreams: Int) throws(ExecutionError) -> Int {
    let bounds = try LimitBounds(limit: limit, offset: offset, shared)
    window.set(bounds)
    // A small window is full after a few batches: more streams would only read in vain.
    let wanted = bounds.rowsToRead
    return try input.prepare(maximumStreams: wanted < 50_000 ? 1 : maximumStreams)
  }
  override var isSmall: Bool { input.isSmall }
  override var expectedRows: Int { input.expectedRows }
  override func makeStream(slot: Int) throws(ExecutionError) -> BatchStream {
    LimitStream(try input.makeStream(slot: slot), window, kinds: kinds)
  }
}

/// LIMIT and OFFSET as numbers.
struct LimitBounds {
  /// Rows to leave out first.
  var offset: Int64 = 0
  /// Rows to hand on; nil: all.
  var limit: Int64?

  init(
    limit: BoundExpression?,
    offset: BoundExpression?,
    _ shared: ExecutionShared
  )
    throws(ExecutionError)
  {
    if let limit, let count = try evaluateInteger(limit, shared) {
      guard count >= 0 else { throw .sql("2201W", "LIMIT must not be negative") }
      self.limit = count
    }
    if let offset, let count = try evaluateInteger(offset, shared) {
      guard count >= 0 else { throw .sql("2201X", "OFFSET must not be negative") }
      self.offset = count
    }
  }

  /// offset + limit, or as good as infinity.
  var rowsToRead: Int {
    guard let limit else { return .max }
    let (sum, overflow) = limit.addingReportingOverflow(offset)
    return overflow ? .max : Int(sum)
  }
}

/// Counts the rows that the streams of one limit have seen together.
private final class LimitWindow: Sendable {
  private let first = Atomic<Int>(0)
  private let end = Atomic<Int>(.max)
  private let seen = Atomic<Int>(0)

  func set(_ bounds: LimitBounds) {
    first.store(Int(bounds.offset), ordering: .relaxed)
    end.store(bounds.rowsToRead, ordering: .relaxed)
  }

  var isFull: Bool { seen.load(ordering: .relaxed) >= end.load(ordering: .relaxed) }

  /// Takes the next `count` places; which of them are inside the window.
  func take(_ count: Int) -> Range<Int> {
    let place = seen.add(count, ordering: .relaxed).oldValue
    let from = min(count, max(0, first.load(ordering: .relaxed) - place))
    let to = max(from, min(count, end.load(ordering: .relaxed) - place))
    return from..<to
  }
}

private final class LimitStream: BatchStream {
  private let input: BatchStream
  private let window: LimitWindow
  private let output: Batch
  private let selection = SelectionBuffer()

  init(_ input: BatchStream, _ window: LimitWindow, kinds: [LaneKind]) {
    self.input = input
    self.window = window
    output = Batch(kinds: kinds, capacity: 64)
  }

  override func next() throws(ExecutionError) -> Batch? {
    if window.isFull { return nil }
    guard let batch = try input.next() else { return nil }
    let inside = window.take(batch.rowCount)
    if inside.count == batch.rowCount { return batch }
    let selection = selection
    selection.fill(inside)
    compact(batch, selection.span(inside.count), into: output)
    return output
  }
}
