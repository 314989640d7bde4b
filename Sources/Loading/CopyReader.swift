package import Columnar

/// Reads the bytes of a COPY … FROM STDIN in CSV or text form, as they come, into batches.
///
///     reader.feed(bytes); while let batch = try reader.next() { … }      // for every message
///     reader.finish();    while let batch = try reader.next() { … }      // at the end
package final class CopyReader {
  /// Bytes that are collected before rows are parsed.
  private static let parseBytes = 256 << 10

  private let layout: CopyLayout
  private let parser: RowParser
  private let chunk = TextChunk(byteCount: parseBytes + (64 << 10))
  private var isFinished = false
  private var needsHeader: Bool
  private var needsEndings = true
  /// Bytes of the chunk that ``next()`` has handed out.
  private var consumedCount = 0

  ///
  /// - Parameters:
  ///   - columns: What the fields are, in order.
  ///   - layout: CSV or text; ``CopyLayout/check()`` accepted it.
  ///   - context: Zone and clock for dates and times.
  ///   - table: For messages.
  package init(
    columns: [CopyColumn],
    layout: CopyLayout,
    context: DateTimeContext,
    table: String
  ) {
    precondition(layout.form != .binary && !columns.isEmpty)
    self.layout = layout
    needsHeader = layout.header != .none
    parser = RowParser(columns: columns, layout: layout, context: context, table: table)
  }

  /// Takes the next bytes, cut anywhere.
  package func feed(_ bytes: RawSpan) {
    forgetConsumed()
    chunk.append(bytes)
  }

  /// No more bytes will come.
  package func finish() { isFinished = true }

  /// The next rows, at most ``vectorRowsMax``; nil when more bytes are needed, or at the end.
  ///
  /// - Returns: A batch of the columns, valid until the next call of any method.
  /// - Throws: The error of the first bad row.
  package func next() throws(RowError) -> Batch? {
    forgetConsumed()
    if parser.isEnded { return nil }
    guard isFinished || chunk.filledCount >= Self.parseBytes else { return nil }
    while chunk.filledCount > 0 {
      try scan()
      guard chunk.rowCount > 0 else { return nil }
      if needsHeader {
        try skipHeader()
        continue
      }
      chunk.keep(rows: vectorRowsMax)
      parser.parse(chunk)
      if let first = parser.rejects(of: chunk).first { throw first.reason }
      consumedCount = chunk.byteCount
      if parser.batch.rowCount > 0 { return parser.batch }
      if parser.isEnded { return nil }
      forgetConsumed()
    }
    return nil
  }

  private func scan() throws(RowError) {
    if needsEndings {
      guard chunk.learnEndings(layout, isWhole: isFinished) else { return }
      needsEndings = false
    }
    var isInside = chunk.scan(layout)
    guard isFinished, chunk.byteCount < chunk.filledCount else { return }
    // The last row may lack its line end.
    if !isInside {
      chunk.endLine()
      isInside = chunk.scan(layout)
    }
    guard chunk.rowCount == 0 else { return }
    let isQuoted = isInside && layout.form == .csv
    throw .format(
      chunk.firstLine,
      isQuoted ? "unterminated CSV quoted field" : "unterminated row at the end of the data"
    )
  }

  private func skipHeader() throws(RowError) {
    needsHeader = false
    chunk.keep(rows: 1)
    if layout.header == .match { try parser.checkHeader(parser.headerNames(chunk)) }
    consumedCount = chunk.byteCount
    forgetConsumed()
  }

  private func forgetConsumed() {
    guard consumedCount > 0 else { return }
    chunk.dropFirst(consumedCount)
    consumedCount = 0
  }
}

extension TextChunk {
  /// Appends bytes behind those that are there.
  func append(_ bytes: RawSpan) {
    reserve(filledCount + bytes.byteCount)
    unsafe bytes.withUnsafeBytes { source in
      guard let start = source.baseAddress else { return }
      unsafe UnsafeMutableRawPointer(text + filledCount)
        .copyMemory(from: start, byteCount: source.count)
    }
    filledCount += bytes.byteCount
  }

  /// Learns from the first line how lines end; false when its end has not come yet.
  func learnEndings(_ layout: CopyLayout, isWhole: Bool) -> Bool {
    let found = unsafe LineEndings(
      of: UnsafePointer(text),
      count: filledCount,
      layout,
      isWhole: isWhole
    )
    guard let found else { return false }
    endings = found
    return true
  }

  /// Ends a last line that has no end.
  func endLine() {
    let last = unsafe text[filledCount - 1]
    let end: [UInt8] = endings.hasReturn && last != 0x0d ? [0x0d, 0x0a] : [endings.newline]
    unsafe append(end.span.bytes)
  }

  /// Cuts the scanned rows to the first `count`; the others stay in the buffer.
  func keep(rows count: Int) {
    guard rowCount > count else { return }
    var rows = 0
    var place = 0
    while rows < count {
      if unsafe text[Int(positions[place])] == endings.newline { rows += 1 }
      place += 1
    }
    positionCount = place
    rowCount = count
    byteCount = unsafe Int(positions[place - 1]) + 1
  }

  /// Forgets the first `count` bytes and moves the others to the front.
  func dropFirst(_ count: Int) {
    firstLine = line(at: count)
    filledCount -= count
    unsafe text.update(from: text + count, count: filledCount)
    byteCount = 0
    positionCount = 0
    rowCount = 0
  }
}

extension RowParser {
  /// Compares the names in a header line with the columns.
  func checkHeader(_ names: [String]) throws(RowError) {
    guard names.count == columns.count else {
      throw .format(
        1,
        "wrong number of fields in header line: got \(names.count), expected \(columns.count)"
      )
    }
    for (place, (name, column)) in zip(names, columns).enumerated() where name != column.name {
      throw .format(
        1,
        "column name mismatch in header line field \(place + 1): got \"\(name)\", "
          + "expected \"\(column.name)\""
      )
    }
  }

  /// The fields of the first row of a chunk.
  func headerNames(_ chunk: TextChunk) -> [String] {
    var names: [String] = []
    var start = 0
    for place in 0..<chunk.positionCount {
      let position = unsafe Int(chunk.positions[place])
      let isLast = unsafe chunk.text[position] == chunk.endings.newline
      let end = isLast && chunk.endings.hasReturn && position > start ? position - 1 : position
      names.append(String(decoding: value(of: chunk.view(start, end)), as: UTF8.self))
      start = position + 1
      if isLast { break }
    }
    return names
  }
}
