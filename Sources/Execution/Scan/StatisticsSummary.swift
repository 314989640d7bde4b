internal import Catalog
internal import ColumnEncoding
internal import Columnar
internal import Planning
internal import Storage

/// What blocks that need not be read add to the aggregates of a whole table: counts, sums and extremes from their
/// statistics.
///
/// A block is answered for when every condition of the scan holds for all of its rows, none of them is deleted
/// and the statistics know all that is asked; all other blocks are read as ever.
final class StatisticsSummary {
  /// An aggregate that statistics can answer; the place of its column among the scan's.
  private struct Call {
    enum Kind {
      case rows, count, sum, minimum, maximum
    }

    var kind: Kind
    var column: Int
  }

  /// One value for each call so far; nil: no row that counts.
  private(set) var values: [Int128?]
  private let calls: [Call]
  private let scan: TableScan

  /// For calls over a scan's own columns; nil where some call needs the rows.
  init?(_ calls: [BoundAggregate], over scan: TableScan) {
    var known: [Call] = []
    for call in calls {
      guard let simple = Self.simple(call, scan) else { return nil }
      known.append(simple)
    }
    self.calls = known
    self.scan = scan
    values = known.map { $0.kind == .rows || $0.kind == .count ? 0 : nil }
  }

  private static func simple(_ call: BoundAggregate, _ scan: TableScan) -> Call? {
    guard call.filter == nil, !call.isDistinct || isExtreme(call) else { return nil }
    if call.function == .countRows { return Call(kind: .rows, column: 0) }
    guard call.arguments.count == 1, case .column(let column) = call.arguments[0].node,
      column < scan.outputCount
    else { return nil }
    let type = call.arguments[0].type
    switch call.function {
    case .count: return Call(kind: .count, column: column)
    case .sum:
      guard type.laneKind == .int64, isNumber(type), isSum(call.type) else { return nil }
      return Call(kind: .sum, column: column)
    case .minimum where type.laneKind == .int64: return Call(kind: .minimum, column: column)
    case .maximum where type.laneKind == .int64: return Call(kind: .maximum, column: column)
    default: return nil
    }
  }

  private static func isExtreme(_ call: BoundAggregate) -> Bool {
    call.function == .minimum || call.function == .maximum
  }

  private static func isNumber(_ type: LogicalType) -> Bool {
    type.isInteger || type.numericShape != nil
  }

  private static func isSum(_ type: LogicalType) -> Bool {
    type.laneKind == .int64 || type.laneKind == .int128
  }

  /// Adds a block, or with `nil` a whole source, of which every row counts; false: it must be read.
  func add(_ source: any RowSource, block: Int?) -> Bool {
    var changed = values
    let rowCount: Int
    if let block {
      rowCount = min(source.blockRowCount, source.rowCount - block * source.blockRowCount)
    } else {
      rowCount = source.rowCount
    }
    for (place, call) in calls.enumerated() {
      if call.kind == .rows {
        changed[place] = (values[place] ?? 0) + Int128(rowCount)
        continue
      }
      guard let known = source.statistics(scan.columns[call.column], block: block),
        known.rowCount == rowCount
      else { return false }
      if call.kind == .count {
        changed[place] = (values[place] ?? 0) + Int128(rowCount - known.nullCount)
        continue
      }
      if known.nullCount == rowCount { continue }
      guard let value = Self.value(call.kind, known) else { return false }
      changed[place] = Self.combined(call.kind, values[place], value)
    }
    values = changed
    return true
  }

  private static func value(_ kind: Call.Kind, _ known: BlockStatistics) -> Int128? {
    switch kind {
    case .sum: return known.sum
    case .minimum:
      guard case .int64(let value) = known.minimum else { return nil }
      return Int128(value)
    case .maximum:
      guard case .int64(let value) = known.maximum else { return nil }
      return Int128(value)
    case .rows, .count: return nil
    }
  }

  private static func combined(_ kind: Call.Kind, _ one: Int128?, _ other: Int128?) -> Int128? {
    guard let one, let other else { return one ?? other }
    return switch kind {
    case .rows, .count, .sum: one + other
    case .minimum: min(one, other)
    case .maximum: max(one, other)
    }
  }

  /// Puts what was added into the one row of `batch`, which the rows that were read made.
  func complete(_ batch: Batch) throws(ExecutionError) {
    for (place, call) in calls.enumerated() {
      let vector = batch.columns[place]
      var own: Int128?
      if vector.isValid(0) {
        own = vector.kind == .int128 ? vector.int128[0] : Int128(vector.int64[0])
      }
      guard let whole = Self.combined(call.kind, own, values[place]) else { continue }
      vector.reset()
      vector.reserve(1)
      if vector.kind == .int128 {
        var lanes = vector.mutableInt128
        lanes[0] = whole
      } else {
        guard let value = Int64(exactly: whole) else {
          throw .sql("22003", "bigint out of range")
        }
        var lanes = vector.mutableInt64
        lanes[0] = value
      }
    }
  }
}

/// Hands on the one row of an aggregation over a scan, completed by what statistics answered for.
final class SummaryProducer: Producer {
  private let input: Producer
  private let summary: StatisticsSummary

  init(_ input: Producer, _ summary: StatisticsSummary) {
    self.input = input
    self.summary = summary
    super.init(types: input.types)
  }

  override func prepare(maximumStreams: Int) throws(ExecutionError) -> Int {
    try input.prepare(maximumStreams: 1)
  }

  override var expectedRows: Int { 1 }

  override func makeStream(slot: Int) throws(ExecutionError) -> BatchStream {
    SummaryStream(try input.makeStream(slot: slot), summary)
  }
}

private final class SummaryStream: BatchStream {
  private let input: BatchStream
  private let summary: StatisticsSummary
  private var isDone = false

  init(_ input: BatchStream, _ summary: StatisticsSummary) {
    self.input = input
    self.summary = summary
  }

  override func next() throws(ExecutionError) -> Batch? {
    guard let batch = try input.next() else { return nil }
    if batch.rowCount == 1, !isDone {
      isDone = true
      try summary.complete(batch)
    }
    return batch
  }
}
