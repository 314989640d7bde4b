internal import CKernels
internal import Columnar

/// A row that was not taken.
package struct RejectedRow: Sendable {
  package var reason: RowError
  /// The row as it stood in the file, without its line end.
  package var text: [UInt8]
}

/// Turns chunks of CSV or text rows into batches, a column at a time.
///
/// One worker's.
final class RowParser {
  let columns: [CopyColumn]
  let layout: CopyLayout
  let context: DateTimeContext
  let table: String
  let index: RowIndex
  /// Rows 0..<`index.rowCount` after ``parse(_:)``, bad ones included; columns in the file's order.
  let batch: Batch
  /// Rows of the batch that are not to be taken, with the reason; the first of a row counts.
  private(set) var badRows: [Int: RowError] = [:]
  /// Rows that did not become rows of the batch: their bytes, and why.
  private(set) var badLines: [(bytes: Range<Int>, error: RowError)] = []
  var dates = DateMemory()
  var scratch: [UInt8] = []

  ///
  /// - Parameters:
  ///   - columns: What the fields are, in the file's order.
  ///   - layout: How they are written.
  ///   - context: Zone and clock for dates and times.
  ///   - table: For messages.
  init(columns: [CopyColumn], layout: CopyLayout, context: DateTimeContext, table: String) {
    self.columns = columns
    self.layout = layout
    self.context = context
    self.table = table
    index = RowIndex(columnCount: columns.count)
    batch = Batch(kinds: columns.map(\.type.laneKind))
  }

  /// Whether the data ended with `\.`.
  var isEnded: Bool { index.isEnded }

  /// Parses all rows of a scanned chunk into ``batch``.
  func parse(_ chunk: TextChunk) {
    badRows.removeAll(keepingCapacity: true)
    badLines.removeAll(keepingCapacity: true)
    index.fill(chunk, names: columns) { bytes, error in self.badLines.append((bytes, error)) }
    batch.rowCount = index.rowCount
    checkCharacters(chunk)
    for (column, vector) in batch.columns.enumerated() {
      vector.reset()
      vector.reserve(index.rowCount)
      parse(column, of: chunk, into: vector)
      checkNulls(column, vector)
    }
  }

  /// Notes a bad row; an earlier column's error stands.
  func fail(_ row: Int, _ column: Int?, _ error: ValueError) {
    if badRows[row] == nil {
      badRows[row] = RowError(line: 0, column: column.map { columns[$0].name }, error: error)
    }
  }

  /// Every row must be UTF-8; bad ones are found one after the other.
  private func checkCharacters(_ chunk: TextChunk) {
    let text = unsafe chunk.text
    var from = 0
    while from < chunk.byteCount {
      let bad = unsafe from + ck_utf8_check(text + from, chunk.byteCount - from)
      guard bad < chunk.byteCount else { return }
      let bytes = (bad..<min(bad + 2, chunk.byteCount)).map { unsafe text[$0] }
      let row = row(at: bad)
      if row < index.rowCount { fail(row, nil, .invalidUTF8(bytes)) }
      // Go on behind the row.
      from = bad + 1
      while from < chunk.byteCount, unsafe text[from - 1] != chunk.endings.newline { from += 1 }
    }
  }

  /// The row that holds the byte at `offset`.
  private func row(at offset: Int) -> Int {
    var low = 0
    var high = index.rowCount
    while low < high {
      let middle = (low + high) / 2
      let end = index.field(middle, columns.count - 1).end
      if end <= offset { low = middle + 1 } else { high = middle }
    }
    return low
  }

  private func checkNulls(_ column: Int, _ vector: Vector) {
    guard vector.hasNulls, !columns[column].isNullable else { return }
    for row in 0..<index.rowCount where !vector.isValid(row) {
      let name = columns[column].name
      fail(
        row,
        column,
        ValueError(
          "23502",
          "null value in column \"\(name)\" of relation \"\(table)\" violates not-null constraint"
        )
      )
    }
  }

  /// All rows that were not taken, in the order of the file.
  func rejects(of chunk: TextChunk) -> [RejectedRow] {
    var rejects = badRows.map { row, error in
      let start = index.field(row, 0).start
      var reject = rejected(chunk, start, index.field(row, columns.count - 1).end, error)
      if let column = columns.firstIndex(where: { $0.name == error.column }) {
        let field = index.field(row, column)
        reject.reason.excerpt = value(of: chunk.view(field.start, field.end))
      }
      return reject
    }
    for (bytes, error) in badLines {
      rejects.append(rejected(chunk, bytes.lowerBound, bytes.upperBound, error))
    }
    return rejects.sorted { $0.reason.line < $1.reason.line }
  }

  private func rejected(
    _ chunk: TextChunk,
    _ start: Int,
    _ end: Int,
    _ error: RowError
  ) -> RejectedRow {
    var reason = error
    reason.line = chunk.line(at: start)
    let text = chunk.view(start, end).bytes
    reason.excerpt = text
    return RejectedRow(reason: reason, text: text)
  }
}

extension ValueError {
  /// `invalid byte sequence for encoding "UTF8": 0xff 0x2c`.
  static func invalidUTF8(_ bytes: [UInt8]) -> ValueError {
    let shown = bytes.map { byte in
      let digits = String(byte, radix: 16)
      return "0x" + (digits.utf8.count == 1 ? "0" : "") + digits
    }
    return ValueError(
      "22021",
      "invalid byte sequence for encoding \"UTF8\": \(shown.joined(separator: " "))"
    )
  }
}
