// Which rows of a segment or delta batch are deleted: a bitmap in pages of 8,192 bits.
//
// A delete makes a new vector that shares every page it does not touch: a commit of one row copies
// 1 KB, whatever the size of the segment, and older snapshots keep what they saw. Pages stand in groups, which are
// shared too: to count a reference to each of some seventy pages took longer than all else of a delete.

internal import Columnar

/// Deleted rows of one source; immutable.
package final class DeleteVector: Sendable {
  static let pageRowCount = DeletePage.rowCount
  static let pageWordCount = DeletePage.wordCount

  /// Rows of the source.
  package let rowCount: Int
  /// Deleted ones among them.
  package let deletedCount: Int
  /// nil where nothing is deleted.
  private let pages: DeletePages

  private init(rowCount: Int, deletedCount: Int, pages: DeletePages) {
    self.rowCount = rowCount
    self.deletedCount = deletedCount
    self.pages = pages
  }

  /// Nothing deleted.
  package convenience init(rowCount: Int) {
    let pageCount = (rowCount + Self.pageRowCount - 1) / Self.pageRowCount
    self.init(
      rowCount: rowCount,
      deletedCount: 0,
      pages: DeletePages(count: pageCount)
    )
  }

  /// Whether a row is deleted.
  package func isDeleted(_ row: Int) -> Bool {
    precondition(row >= 0 && row < rowCount)
    guard let page = pages[row / Self.pageRowCount] else { return false }
    return page.words[row % Self.pageRowCount / 64] >> UInt64(row % 64) & 1 == 1
  }

  /// This vector with more rows deleted; rows that are deleted already stay so.
  ///
  /// - Parameter rows: Row numbers below ``rowCount``, in any order; ascending is fastest.
  /// - Returns: A new vector that shares untouched pages.
  /// - Complexity: O(rows + pages).
  package func deleting(_ rows: some Sequence<Int>) -> DeleteVector {
    var pages = pages
    var added = 0
    var current = -1
    var page: [UInt64] = []
    for row in rows {
      precondition(row >= 0 && row < rowCount)
      let number = row / Self.pageRowCount
      if number != current {
        if current >= 0 { pages[current] = DeletePage(page) }
        current = number
        page = pages[number]?.words ?? [UInt64](repeating: 0, count: Self.pageWordCount)
      }
      let bit = UInt64(1) << UInt64(row % 64)
      let word = row % Self.pageRowCount / 64
      if page[word] & bit == 0 { added += 1 }
      page[word] |= bit
    }
    if current >= 0 { pages[current] = DeletePage(page) }
    return DeleteVector(rowCount: rowCount, deletedCount: deletedCount + added, pages: pages)
  }

  /// Copies the bits of a range of rows.
  ///
  /// - Parameters:
  ///   - rows: Which rows, inside `0..<rowCount`.
  ///   - words: Bit i % 64 of word i / 64 is set when row `rows.lowerBound + i` is deleted; bits
  ///     behind the range are clear. Worth nothing when nothing in the range is deleted.
  /// - Returns: Whether any row of the range is deleted.
  package func mask(rows: Range<Int>, into words: inout MutableSpan<UInt64>) -> Bool {
    precondition(rows.lowerBound >= 0 && rows.upperBound <= rowCount)
    let wordCount = (rows.count + 63) / 64
    precondition(wordCount <= words.count)
    guard mayHaveDeletes(rows) else { return false }
    if let page = page(holding: rows), rows.lowerBound % 64 == 0 {
      return page.copy(rows, wordCount, to: &words)
    }
    var any: UInt64 = 0
    for index in 0..<wordCount {
      let start = rows.lowerBound + index * 64
      var word = bits(from: start)
      let left = rows.upperBound - start
      if left < 64 { word &= (1 << UInt64(left)) - 1 }
      words[index] = word
      any |= word
    }
    return any != 0
  }

  /// The page that all rows of a block are in.
  ///
  /// - Parameter rows: The block's rows, inside `0..<rowCount`, not empty.
  /// - Returns: nil: nothing is deleted there, or the block has rows of several pages.
  package func page(holding rows: Range<Int>) -> DeletePage? {
    let number = rows.lowerBound / Self.pageRowCount
    return (rows.upperBound - 1) / Self.pageRowCount == number ? pages[number] : nil
  }

  /// Whether a row of the range may be deleted: some row of its pages is.
  package func mayHaveDeletes(_ rows: Range<Int>) -> Bool {
    guard deletedCount > 0, !rows.isEmpty else { return false }
    let first = rows.lowerBound / Self.pageRowCount
    let last = (rows.upperBound - 1) / Self.pageRowCount
    return (first...last).contains { pages[$0] != nil }
  }

  /// 64 bits from any row on; beyond the end they are clear.
  private func bits(from row: Int) -> UInt64 {
    let shift = UInt64(row % 64)
    let low = word(row / 64) >> shift
    return shift == 0 ? low : low | word(row / 64 + 1) << (64 - shift)
  }

  private func word(_ index: Int) -> UInt64 {
    let page = index / Self.pageWordCount
    guard page < pages.count, let words = pages[page]?.words else { return 0 }
    return words[index % Self.pageWordCount]
  }

  /// Calls `body` with every deleted row, ascending.
  package func forEachDeleted<Failure: Error>(
    _ body: (Int) throws(Failure) -> Void
  ) throws(Failure) {
    for number in 0..<pages.count {
      guard let page = pages[number] else { continue }
      let base = number * Self.pageRowCount
      try page.forEachDeleted { row throws(Failure) in try body(base + row) }
    }
  }

  /// The rows deleted here and not in an older or newer vector of the same source, ascending.
  ///
  /// - Complexity: O(pages + rows); pages that both share are passed over.
  func rowsDeleted(notIn other: DeleteVector?) -> [Int] {
    guard let other else { return deletedRows }
    if other === self { return [] }
    precondition(other.rowCount == rowCount)
    var rows: [Int] = []
    for number in 0..<pages.count {
      guard let page = pages[number] else { continue }
      let known = other.pages[number]
      if known === page { continue }
      for (index, word) in page.words.enumerated() {
        var rest = word & ~(known?.words[index] ?? 0)
        while rest != 0 {
          rows.append(number * Self.pageRowCount + index * 64 + rest.trailingZeroBitCount)
          rest &= rest - 1
        }
      }
    }
    return rows
  }

  /// The deleted rows, ascending.
  package var deletedRows: [Int] {
    var rows: [Int] = []
    rows.reserveCapacity(deletedCount)
    forEachDeleted { rows.append($0) }
    return rows
  }

  /// The vectors of consecutive sources as one; nil stands for nothing deleted.
  static func joining(_ parts: [(vector: DeleteVector?, rowCount: Int)]) -> DeleteVector? {
    guard parts.contains(where: { $0.vector != nil }) else { return nil }
    var rows: [Int] = []
    var base = 0
    for part in parts {
      part.vector?.forEachDeleted { rows.append(base + $0) }
      base += part.rowCount
    }
    return DeleteVector(rowCount: base).deleting(rows)
  }

  /// Writes row count and pages: a page as words when many bits are set, else as row distances.
  func encode(to writer: inout ByteWriter) {
    writer.writeCount(rowCount)
    writer.writeCount(deletedCount)
    for number in 0..<pages.count {
      guard let page = pages[number] else {
        writer.write(UInt8(0))
        continue
      }
      if page.deletedCount > 512 {
        writer.write(UInt8(2))
        for word in page.words { writer.write(word) }
      } else {
        writer.write(UInt8(1))
        writer.writeCount(page.deletedCount)
        var previous = 0
        page.forEachDeleted { row in
          writer.writeCount(row - previous)
          previous = row
        }
      }
    }
  }

  /// Reads what ``encode(to:)`` wrote.
  convenience init(from reader: inout ByteReader) throws(CodingError) {
    let start = reader.offset
    let rowCount = try reader.readVariable()
    let deletedCount = try reader.readVariable()
    guard rowCount <= 1 << 40, deletedCount <= rowCount else {
      throw .invalid(field: "delete vector", offset: start)
    }
    var pages: [DeletePage?] = []
    let pageCount = (Int(rowCount) + Self.pageRowCount - 1) / Self.pageRowCount
    guard pageCount <= reader.remaining else { throw .truncated(offset: start) }
    for _ in 0..<pageCount { pages.append(try Self.readPage(&reader).map(DeletePage.init)) }
    let counted = pages.reduce(0) { $0 + ($1?.deletedCount ?? 0) }
    let isInRange = pages.last.map { page in
      let used = Int(rowCount) - (pageCount - 1) * Self.pageRowCount
      return page.map { Self.highestBit($0.words) < used } ?? true
    }
    guard counted == Int(deletedCount), isInRange ?? true else {
      throw .invalid(field: "delete vector", offset: start)
    }
    self.init(rowCount: Int(rowCount), deletedCount: counted, pages: DeletePages(pages))
  }

  private static func highestBit(_ page: [UInt64]) -> Int {
    guard let index = page.lastIndex(where: { $0 != 0 }) else { return -1 }
    return index * 64 + 63 - page[index].leadingZeroBitCount
  }

  private static func readPage(_ reader: inout ByteReader) throws(CodingError) -> [UInt64]? {
    let start = reader.offset
    switch try reader.read(UInt8.self) {
    case 0: return nil
    case 1:
      var page = [UInt64](repeating: 0, count: pageWordCount)
      var row: UInt64 = 0
      for _ in 0..<(try reader.readCount()) {
        row &+= try reader.readVariable()
        guard row < UInt64(pageRowCount) else {
          throw .invalid(field: "deleted row", offset: start)
        }
        page[Int(row) / 64] |= 1 << (row % 64)
      }
      return page
    case 2:
      var page: [UInt64] = []
      for _ in 0..<pageWordCount { page.append(try reader.read(UInt64.self)) }
      return page
    default: throw .invalid(field: "delete page", offset: start)
    }
  }
}

/// Pages of bits in groups of eight: a copy shares all groups that are not changed.
private struct DeletePages: Sendable {
  private static let groupCount = 8

  let count: Int
  private var groups: [[DeletePage?]]

  /// Pages without bits.
  init(count: Int) {
    self.init([DeletePage?](repeating: nil, count: count))
  }

  init(_ pages: [DeletePage?]) {
    count = pages.count
    groups = stride(from: 0, to: pages.count, by: Self.groupCount).map { first in
      Array(pages[first..<min(pages.count, first + Self.groupCount)])
    }
  }

  subscript(_ number: Int) -> DeletePage? {
    get { groups[number / Self.groupCount][number % Self.groupCount] }
    set { groups[number / Self.groupCount][number % Self.groupCount] = newValue }
  }
}
