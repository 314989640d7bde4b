internal import Columnar
internal import SystemIO

/// Cuts a file into chunks of whole rows; workers take turns, in file order.
///
/// Only reading and the structural scan happen here. What is handed from chunk to chunk is exact: the
/// beginning of an unfinished row and the number of its line; and because it begins a row, it is
/// outside of quotes. Nothing is guessed.
final class ChunkSource: @unchecked Sendable {
  // SAFETY: everything but the constants is touched only by the worker whose turn it is.
  private static let rowBytesMax = 256 << 20

  private let source: any ByteSource
  private let layout: CopyLayout
  private let chunkBytes: Int
  private var tail: [UInt8] = []
  private var line = 1
  private var number = 0
  private var isAtEnd = false
  private var hasBegun = false
  private var endings: LineEndings?
  private var needsHeader: Bool
  /// Names in the header line, once the first chunk was read.
  private(set) var headerNames: [String]?

  init(_ source: any ByteSource, _ layout: CopyLayout, chunkBytes: Int) {
    self.source = source
    self.layout = layout
    self.chunkBytes = chunkBytes
    needsHeader = layout.header != .none
  }

  /// The data ended before its file did.
  func end() { isAtEnd = true; tail = [] }

  /// Fills `chunk` with the next whole rows; false at the end.
  func next(_ chunk: TextChunk) throws(LoadError) -> Bool {
    while true {
      guard try fill(chunk) else { return false }
      chunk.firstLine = line
      chunk.number = number
      number += 1
      if needsHeader { takeHeader(chunk) }
      let rest = chunk.filledCount - chunk.byteCount
      tail = unsafe Array(UnsafeBufferPointer(start: chunk.text + chunk.byteCount, count: rest))
      line = chunk.lineBehind
      chunk.filledCount = chunk.byteCount
      if chunk.rowCount > 0 { return true }
    }
  }

  /// Reads until there is a whole row, or the end.
  private func fill(_ chunk: TextChunk) throws(LoadError) -> Bool {
    chunk.filledCount = 0
    let kept = tail
    tail = []
    unsafe chunk.append(kept.span.bytes)
    while true {
      if !isAtEnd { try read(into: chunk) }
      guard chunk.filledCount > 0 else { return false }
      if endings == nil {
        if !hasBegun { chunk.dropByteOrderMark() }
        hasBegun = true
        guard chunk.filledCount > 0 else { return false }
        let isWhole = isAtEnd || chunk.filledCount >= Self.rowBytesMax
        guard chunk.learnEndings(layout, isWhole: isWhole) else { continue }
        endings = chunk.endings
      }
      chunk.endings = endings ?? LineEndings()
      var isInside = chunk.scan(layout)
      if isAtEnd && chunk.byteCount < chunk.filledCount && !isInside {
        chunk.endLine()
        isInside = chunk.scan(layout)
      }
      if chunk.rowCount > 0 { return true }
      guard !isAtEnd, chunk.filledCount < Self.rowBytesMax else {
        let isQuoted = isInside && layout.form == .csv
        let message = isQuoted ? "unterminated CSV quoted field" : "unterminated row"
        throw .row(.format(line, message))
      }
    }
  }

  private func read(into chunk: TextChunk) throws(LoadError) {
    let goal = chunk.filledCount + chunkBytes
    chunk.reserve(goal + 2)
    while chunk.filledCount < goal {
      let room = unsafe UnsafeMutableRawBufferPointer(
        start: chunk.text + chunk.filledCount,
        count: goal - chunk.filledCount
      )
      let count = try unsafe source.read(into: room)
      if count == 0 {
        isAtEnd = true
        return
      }
      chunk.filledCount += count
    }
  }

  /// Takes the first row of the file off its first chunk.
  private func takeHeader(_ chunk: TextChunk) {
    needsHeader = false
    headerNames = chunk.firstRow(layout)
    chunk.dropFirstRow(layout)
    line = chunk.firstLine
  }
}

extension TextChunk {
  /// Removes the mark that some programs put in front of UTF-8.
  fileprivate func dropByteOrderMark() {
    let mark: [UInt8] = [0xef, 0xbb, 0xbf]
    guard filledCount >= mark.count,
      mark.indices.allSatisfy({ unsafe text[$0] == mark[$0] })
    else { return }
    dropFirst(mark.count)
  }

  /// The fields of the first row.
  func firstRow(_ layout: CopyLayout) -> [String] {
    let reader = RowParser(columns: [], layout: layout, context: DateTimeContext(), table: "")
    return reader.headerNames(self)
  }

  /// Removes the first row and scans again.
  func dropFirstRow(_ layout: CopyLayout) {
    let rest = filledCount
    var place = 0
    while unsafe text[Int(positions[place])] != endings.newline { place += 1 }
    let count = unsafe Int(positions[place]) + 1
    filledCount = rest
    dropFirst(count)
    _ = scan(layout)
  }
}
