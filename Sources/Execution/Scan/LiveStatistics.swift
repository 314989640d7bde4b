internal import Catalog
internal import ColumnEncoding
internal import Columnar
internal import Storage

/// What is known of a block's rows when a few of them are deleted.
///
/// The deleted rows are read and taken away from what is known of all: a block of 8,192 rows that has lost 400 costs these, and
/// not a look at the others. It is kept beside the deleted rows, so that they are read once, until others of the block are deleted.
final class LiveStatistics {
  /// Rows of the block that are not deleted.
  private(set) var rowCount = 0
  /// Columns of the block of which deleted rows were read.
  private(set) var readCount = 0
  private var rows = 0..<0
  /// Of the block's source; nil: none of its rows is deleted.
  private var deletions: DeleteVector?
  private var page: DeletePage?
  /// The deleted ones, numbers in the block; empty as long as nobody asked.
  private var deleted: [UInt16] = []
  private let words = GroupArray<UInt64>(0, capacity: 128)
  private let values = Vector(kind: .int64, capacity: 64)

  /// Where more than one row of so many is deleted, reading the others costs no more.
  private static let rowsPerDeleted = 8

  /// Takes a block.
  ///
  /// - Parameters:
  ///   - deletions: Of the block's source.
  ///   - rows: The block's rows, at most 65,536.
  /// - Returns: False: too many of them are deleted.
  func begin(_ deletions: DeleteVector?, rows: Range<Int>) -> Bool {
    deleted.removeAll(keepingCapacity: true)
    rowCount = rows.count
    readCount = 0
    self.rows = rows
    self.deletions = nil
    guard let deletions, deletions.mayHaveDeletes(rows) else { return true }
    page = deletions.page(holding: rows)
    var count = page?.deletedCount ?? 0
    if page == nil || rows.count < DeletePage.rowCount {
      findDeleted(deletions)
      count = deleted.count
    }
    if count == 0 { return true }
    self.deletions = deletions
    guard count * Self.rowsPerDeleted <= rows.count else { return false }
    rowCount -= count
    return true
  }

  private func findDeleted(_ deletions: DeleteVector) {
    let wordCount = (rows.count + 63) / 64
    if words.capacity < wordCount { words.reserve(wordCount) }
    let words = words
    var span = words.mutableSpan
    guard deletions.mask(rows: rows, into: &span) else { return }
    for place in 0..<wordCount {
      var word = span[place]
      while word != 0 {
        deleted.append(UInt16(place * 64 + word.trailingZeroBitCount))
        word &= word &- 1
      }
    }
  }

  /// What is known of a column's rows that are not deleted; nil: they must be looked at.
  ///
  /// - Parameters:
  ///   - known: What is known of all rows of the block.
  ///   - column: The column.
  ///   - source: Of the block.
  ///   - block: Its number.
  /// - Returns: Bounds are `.null` where a deleted row had one of them, so that no row may have it any more.
  /// - Throws: ``ExecutionError`` when the block cannot be read.
  func statistics(
    _ known: BlockStatistics,
    _ column: ColumnID,
    of source: any RowSource,
    _ block: Int
  ) throws(ExecutionError) -> BlockStatistics? {
    guard let deletions else { return known }
    if let noted = page?.statistics(column, rows) { return noted }
    guard case .int64(let low) = known.minimum, case .int64(let high) = known.maximum else {
      return nil
    }
    if deleted.isEmpty { findDeleted(deletions) }
    try read(column, of: source, block)
    readCount += 1
    let (values, deleted) = (values, deleted)
    let lanes = values.int64
    var sum: Int128 = 0
    var nullCount = 0
    var hasBound = false
    for row in deleted.indices {
      guard values.isValid(row) else {
        nullCount += 1
        continue
      }
      sum += Int128(lanes[row])
      hasBound = hasBound || lanes[row] == low || lanes[row] == high
    }
    var live = known
    live.rowCount -= deleted.count
    live.nullCount -= nullCount
    live.sum = known.sum.map { $0 - sum }
    if hasBound { (live.minimum, live.maximum) = (.null, .null) }
    page?.note(live, column, rows)
    return live
  }

  private func read(
    _ column: ColumnID,
    of source: any RowSource,
    _ block: Int
  ) throws(ExecutionError) {
    let encoded: EncodedBlock
    do throws(StorageError) {
      encoded = try source.block(column, at: block)
    } catch { throw ExecutionError(error) }
    let (values, deleted) = (values, deleted)
    do throws(EncodingError) {
      try encoded.gather(deleted.span, into: values, at: 0)
    } catch { throw ExecutionError(error) }
  }
}
