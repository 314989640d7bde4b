package import Catalog
package import ColumnEncoding
internal import Synchronization

/// Deleted rows among 8,192 neighbouring ones of a source; immutable but for what readers note.
package final class DeletePage: Sendable {
  package static let rowCount = 8192
  static let wordCount = rowCount / 64

  /// A bit a row, set = deleted.
  let words: [UInt64]
  package let deletedCount: Int
  /// What is known of the rows of blocks that are left, by column and the block's first row in the page.
  private let noted = Mutex<[Note: BlockStatistics]>([:])

  private struct Note: Hashable {
    var column: ColumnID
    var firstRow: UInt16
  }

  init(_ words: [UInt64]) {
    precondition(words.count == Self.wordCount)
    self.words = words
    deletedCount = words.reduce(0) { $0 + $1.nonzeroBitCount }
  }

  /// Calls `body` with every deleted row's number in the page, ascending.
  func forEachDeleted<Failure: Error>(
    _ body: (Int) throws(Failure) -> Void
  ) throws(Failure) {
    for (index, word) in words.enumerated() {
      var rest = word
      while rest != 0 {
        try body(index * 64 + rest.trailingZeroBitCount)
        rest &= rest - 1
      }
    }
  }

  /// As ``DeleteVector/mask(rows:into:)``, for rows of this page that begin with a word.
  func copy(_ rows: Range<Int>, _ wordCount: Int, to target: inout MutableSpan<UInt64>) -> Bool {
    let first = rows.lowerBound % Self.rowCount / 64
    let own = words
    let words = own.span
    var any: UInt64 = 0
    for index in 0..<wordCount {
      target[index] = words[first + index]
      any |= words[first + index]
    }
    let used = rows.count % 64
    if used != 0 {
      let last = target[wordCount - 1]
      let kept = last & ((1 << UInt64(used)) - 1)
      target[wordCount - 1] = kept
      if kept != last {
        any = 0
        for index in 0..<wordCount { any |= target[index] }
      }
    }
    return any != 0
  }

  /// What somebody found out about the rows that are left of a block.
  ///
  /// - Parameters:
  ///   - column: A column of the source that this page is of.
  ///   - rows: The block's rows.
  /// - Returns: nil: nobody has looked yet.
  package func statistics(_ column: ColumnID, _ rows: Range<Int>) -> BlockStatistics? {
    let note = Note(column: column, firstRow: UInt16(rows.lowerBound % Self.rowCount))
    return noted.withLock { $0[note] }
  }

  /// Keeps what was found out, for as long as nothing else is deleted in the page.
  package func note(_ statistics: BlockStatistics, _ column: ColumnID, _ rows: Range<Int>) {
    let note = Note(column: column, firstRow: UInt16(rows.lowerBound % Self.rowCount))
    noted.withLock { $0[note] = statistics }
  }
}
