package import Catalog
package import ColumnEncoding
package import Columnar

/// Rows at rest, as scans see them: a segment, a delta batch, or a test's memory.
///
/// Immutable.
package protocol RowSource: AnyObject, Sendable {
  /// Rows, deleted ones included.
  var rowCount: Int { get }
  /// Rows of every block but the last: 8,192, or 64 in small-block tests.
  var blockRowCount: Int { get }

  /// What is known of a column's rows.
  ///
  /// - Parameters:
  ///   - column: Any column of the table's definition.
  ///   - block: A block, or nil for all rows.
  /// - Returns: Nil when nothing is known. Deleted rows are counted in.
  func statistics(_ column: ColumnID, block: Int?) -> BlockStatistics?

  /// Bounds of all blocks of an integer column; nil: ask for the ``statistics(_:block:)`` of each.
  func bounds(_ column: ColumnID) -> BlockBounds?

  /// Whether the column's dictionary has all strings of its rows.
  func isCoded(_ column: ColumnID) -> Bool

  /// The dictionary that blocks of a column refer to; nil: they do not.
  ///
  /// - Throws: ``StorageError`` when it cannot be read.
  func dictionary(_ column: ColumnID) throws(StorageError) -> TextDictionary?

  /// The different strings of a text column of rows without a dictionary, where they are few; nil: many, or it is not worth a look.
  ///
  /// - Throws: ``StorageError`` when they cannot be read.
  func fewTexts(_ column: ColumnID) throws(StorageError) -> TextDictionary?

  /// A block of a column, its checksum verified.
  ///
  /// - Parameters:
  ///   - column: Any column of the table's definition; one that was added after these rows were
  ///     written gives a constant block of its missing value.
  ///   - index: Below ⌈rowCount / blockRowCount⌉.
  /// - Returns: The block; shared, immutable.
  /// - Throws: ``StorageError`` when bytes cannot be read or are not what was written.
  func block(_ column: ColumnID, at index: Int) throws(StorageError) -> EncodedBlock

  /// Says that ``appendBlocks(_:at:to:)`` will be called: what it needs begins to come from memory. May do nothing.
  ///
  /// - Parameters:
  ///   - columns: As there.
  ///   - index: As there.
  ///   - pass: 0, and then 1 after pass 0 of some other blocks.
  func prefetchBlocks(_ columns: [ColumnID], at index: Int, pass: Int)

  /// The blocks of several columns at one index: for single rows, which wait for memory more than they compute.
  ///
  /// - Parameters:
  ///   - columns: As for ``block(_:at:)``.
  ///   - index: Below ⌈rowCount / blockRowCount⌉.
  ///   - blocks: One a column is appended.
  /// - Throws: What ``block(_:at:)`` throws; then some may have been appended.
  func appendBlocks(
    _ columns: [ColumnID],
    at index: Int,
    to blocks: inout [EncodedBlock]
  ) throws(StorageError)
}

extension RowSource {
  package func bounds(_ column: ColumnID) -> BlockBounds? { nil }

  package func isCoded(_ column: ColumnID) -> Bool { false }

  package func dictionary(_ column: ColumnID) throws(StorageError) -> TextDictionary? { nil }

  package func fewTexts(_ column: ColumnID) throws(StorageError) -> TextDictionary? { nil }

  package func prefetchBlocks(_ columns: [ColumnID], at index: Int, pass: Int) {}

  package func appendBlocks(
    _ columns: [ColumnID],
    at index: Int,
    to blocks: inout [EncodedBlock]
  ) throws(StorageError) {
    for column in columns { blocks.append(try block(column, at: index)) }
  }

  /// Blocks of each column.
  package var blockCount: Int { (rowCount + blockRowCount - 1) / blockRowCount }

  /// The rows of a block.
  package func rows(ofBlock index: Int) -> Range<Int> {
    let first = index * blockRowCount
    return first..<min(rowCount, first + blockRowCount)
  }
}

/// A source as one snapshot sees it.
package struct SourceSnapshot: Sendable {
  package var source: any RowSource
  /// Row r of the source has the locator `locatorBase + r`.
  package var locatorBase: UInt64
  /// Rows that are gone; nil: none.
  package var deletions: DeleteVector?
  /// The rows that are wanted, ascending; nil: all.
  package var wantedRows: [Int]?

  package init(
    source: any RowSource,
    locatorBase: UInt64,
    deletions: DeleteVector? = nil,
    wantedRows: [Int]? = nil
  ) {
    self.source = source
    self.locatorBase = locatorBase
    self.deletions = deletions
    self.wantedRows = wantedRows
  }

  /// Rows that are there.
  package var liveRowCount: Int { source.rowCount - (deletions?.deletedCount ?? 0) }
}

/// A partition as one snapshot sees it: segments, then delta batches in the order they came.
package struct PartitionSnapshot: Sendable {
  package var key: PartitionKey
  package var sources: [SourceSnapshot]

  package init(key: PartitionKey, sources: [SourceSnapshot]) {
    self.key = key
    self.sources = sources
  }
}

/// A table as one snapshot sees it.
package struct TableSnapshot: Sendable {
  package var definition: TableDefinition
  /// In key order.
  package var partitions: [PartitionSnapshot]
  package var liveRowCount: Int

  package init(definition: TableDefinition, partitions: [PartitionSnapshot], liveRowCount: Int) {
    self.definition = definition
    self.partitions = partitions
    self.liveRowCount = liveRowCount
  }

  /// The same rows, wanted one by one: for few of them.
  package var rowByRow: TableSnapshot {
    var table = self
    for place in partitions.indices {
      table.partitions[place].sources = partitions[place].sources.map(\.rowByRow)
    }
    return table
  }
}

extension SourceSnapshot {
  /// The same rows, wanted one by one.
  package var rowByRow: SourceSnapshot {
    guard wantedRows == nil else { return self }
    var source = self
    source.wantedRows = (0..<self.source.rowCount).filter { deletions?.isDeleted($0) != true }
    return source
  }
}
