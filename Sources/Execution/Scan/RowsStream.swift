internal import Columnar
internal import Planning
internal import Storage

/// Reads the rows that a scan's keys or a join's keys pin, wherever they lie.
///
/// Their columns are gathered first and the conditions tested on the batch: few of such rows fail, and
/// each of them is in a block of its own.
final class RowsStream: BatchStream {
  private let producer: ScanProducer
  private let gather: RowGather
  private let predicate: Predicate
  private let columns: Batch
  private let selection = SelectionBuffer(capacity: groupRowCount)
  private let outputCount: Int
  private let locators: Vector?
  private let derived: [(column: Int, reader: DerivedText)]
  /// By output column: what is made of texts; unused for others.
  private let integers: [Vector]

  init(_ producer: ScanProducer, _ gather: RowGather) throws(ExecutionError) {
    self.producer = producer
    self.gather = gather
    predicate = try Predicate(
      producer.conditions.map(\.expression),
      context: producer.shared.context
    )
    columns = Batch(
      kinds: producer.columnTypes.map(\.laneKind),
      capacity: min(groupRowCount, max(1, gather.rowCount))
    )
    outputCount = producer.scan.outputCount
    derived = producer.derivations.map { ($0.key, $0.value.makeReader()) }
    integers = (0..<outputCount).map { _ in Vector(kind: .int64, capacity: 64) }
    locators =
      producer.scan.emitsLocator ? Vector(kind: .int64, capacity: groupRowCount) : nil
  }

  override func next() throws(ExecutionError) -> Batch? {
    while let range = producer.takeRows(of: gather.rowCount) {
      try producer.shared.check()
      let batch = try read(range)
      let count = try select(batch)
      if count == range.count { return batch }
      if count == 0 { continue }
      let selection = selection
      let passed = Batch(kinds: producer.kinds, capacity: count)
      compact(batch, selection.span(count), into: passed)
      return passed
    }
    return nil
  }

  /// The rows of a range with the columns to hand on, and behind them the locators.
  private func read(_ range: Range<Int>) throws(ExecutionError) -> Batch {
    do throws(StorageError) {
      let blocks = try gather.read(range, columns: producer.scan.columns, into: columns.columns)
      producer.counters.add(blocksRead: blocks, skipped: 0, bytes: 0)
    } catch {
      throw ExecutionError(error)
    }
    columns.rowCount = range.count
    var output = Array(columns.columns.prefix(outputCount))
    for (column, reader) in derived {
      let integers = integers[column]
      reader.derive(columns.columns[column], range.count, into: integers, at: 0)
      output[column] = integers
    }
    if let locators {
      var lanes = locators.mutableInt64
      for place in 0..<range.count {
        lanes[place] = Int64(bitPattern: gather.locators[range.lowerBound + place])
      }
      output.append(locators)
    }
    return Batch(columns: output, rowCount: range.count)
  }

  /// The rows of the columns just read that pass all conditions go to `selection`.
  private func select(_ batch: Batch) throws(ExecutionError) -> Int {
    if producer.conditions.isEmpty { return batch.rowCount }
    return try selection.fill(columns, where: predicate)
  }
}
