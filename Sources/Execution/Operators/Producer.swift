internal import ColumnEncoding
import Columnar

/// Rows of one slot, pulled batch by batch.
///
/// A batch may have no rows: nothing at the moment, ask again. It belongs to the stream until the next call.
class BatchStream {
  /// The next batch; nil: no more.
  func next() throws(ExecutionError) -> Batch? { nil }

  /// As ``next()``, but only `columns` of the batch are made, where that saves work; ``fill(_:)`` makes others.
  func next(only columns: [Int]) throws(ExecutionError) -> Batch? { try next() }

  /// Makes those of `columns` that ``next(only:)`` left out of the last batch; nil: all of them.
  func fill(_ columns: [Int]?) throws(ExecutionError) {}

  /// Offers runs of rows by their statistics before they are read; see ``Producer/offerWholeSources(to:)``.
  func offerWholeBlocks(to sink: @escaping WholeRowsSink) {}
}

/// Is asked whether statistics say enough of rows all of which would be handed on; those it takes are not read.
///
/// - Parameters:
///   - statistics: Of a column of the producer, for all of the rows; nil: unknown.
///   - rowCount: How many rows.
typealias WholeRowsSink = (
  _ statistics: RowStatistics, _ rowCount: Int
) throws(ExecutionError) -> Bool

/// Statistics of a column.
///
/// - Parameters:
///   - column: Of a producer.
///   - isExact: Whether sums, counts and extremes must be those of the rows; else only the bounds are read, which may be wider.
typealias RowStatistics = (
  _ column: Int, _ isExact: Bool
) throws(ExecutionError) -> BlockStatistics?

/// A plan node made ready to run: gives streams, one a slot, that share its rows between them.
class Producer {
  /// Types of the columns of its batches.
  let types: [LogicalType]

  init(types: [LogicalType]) { self.types = types }

  /// Lane kinds of the columns of its batches.
  final var kinds: [LaneKind] { types.map(\.laneKind) }

  /// Called once, when all stages that it waits for are done.
  ///
  /// - Returns: How many streams are worth while, 1...maximumStreams.
  func prepare(maximumStreams: Int) throws(ExecutionError) -> Int { 1 }

  /// After ``prepare(maximumStreams:)``: rows at most, as far as known; 0: not known.
  var expectedRows: Int { 0 }

  /// After ``prepare(maximumStreams:)``: so little work that other threads would not help.
  var isSmall: Bool { true }

  /// The scan that column `column` comes from unchanged, so that rows the scan leaves out by this column's value
  /// would change nothing here but be missing; nil: none.
  func dynamicTarget(_ column: Int) -> (scan: ScanProducer, column: Int)? { nil }

  /// Called before ``prepare(maximumStreams:)``: it may turn out that only the first rows are wanted, so none should be read long before they
  /// are handed on.
  func expectEarlyEnd() {}

  /// What numbers column `column` has in the place of the scan's texts; nil: it is as the plan says.
  func numbers(ofColumn column: Int) -> ColumnNumbers? { nil }

  /// Called before ``prepare(maximumStreams:)``: sources all of whose rows would be handed on unchanged are offered first.
  func offerWholeSources(to sink: @escaping WholeRowsSink) {}

  /// Stream `slot` of those that ``prepare(maximumStreams:)`` announced; called on any thread, once a slot.
  func makeStream(slot: Int) throws(ExecutionError) -> BatchStream { BatchStream() }
}
