package import Columnar

// DataRow messages straight from the vectors of a batch:
//
//   'D' | i32 length | i16 columns | for each column: i32 length or -1, bytes
//
// A few hundred rows at a time: each column is written as a whole into a scratch buffer (one dispatch on
// its type for all rows), then the rows are put together from pieces of it. Strings whose wire form is their
// bytes skip the scratch buffer.

/// Writes the rows of one result.
package struct RowEncoder: ~Copyable {
  private struct Column {
    var form: ValueForm
    var isBinary: Bool
    /// Whether the bytes of the vector are the bytes of the wire.
    var isDirect: Bool
  }

  /// Rows written together: their fields stay in the cache.
  private static let chunkRows = 128

  private let columns: [Column]
  private var cursor: ZoneCursor
  /// Fields of a chunk with their lengths, column after column.
  private var fields = OutputBuffer(capacity: 1024)
  /// Where the fields of column c begin and end: places c × (chunkRows + 1) and on.
  private var bounds: [Int]

  /// - Parameters:
  ///   - types: The columns' types.
  ///   - formats: As Bind gives them: none, one for all, or one a column.
  ///   - zone: For the text of timestamps with time zone.
  package init(types: [LogicalType], formats: [ValueFormat], zone: TimeZone) {
    columns = types.enumerated().map { index, type in
      let isBinary = formats.format(of: index) == .binary
      return Column(
        form: ValueForm(type),
        isBinary: isBinary,
        isDirect: Self.isDirect(ValueForm(type), isBinary: isBinary)
      )
    }
    bounds = [Int](repeating: 0, count: types.count * (Self.chunkRows + 1))
    cursor = ZoneCursor(zone)
  }

  private static func isDirect(_ form: ValueForm, isBinary: Bool) -> Bool {
    switch form {
    case .text: true
    case .bytea: isBinary
    case .jsonb, .array: !isBinary
    default: false
    }
  }

  /// Appends DataRow messages, until all rows are written or the output is longer than `limit`.
  ///
  /// - Parameters:
  ///   - rows: Rows of the batch.
  ///   - batch: As many columns as types were given, of their lane kinds.
  ///   - limit: Bytes in `output` after which no row begins.
  ///   - output: Receives the messages.
  /// - Returns: The first row that was not written; at least one was.
  /// - Throws: 54000 for a row that no message can hold.
  package mutating func append(
    _ rows: Range<Int>,
    of batch: Batch,
    limit: Int,
    to output: inout OutputBuffer
  ) throws(ProtocolError) -> Int {
    precondition(batch.columns.count == columns.count && rows.upperBound <= batch.rowCount)
    var row = rows.lowerBound
    while row < rows.upperBound {
      let chunk = row..<min(row + Self.chunkRows, rows.upperBound)
      fields.removeAll()
      for index in columns.indices where !columns[index].isDirect {
        writeFields(of: index, batch.columns[index], chunk)
      }
      while row < chunk.upperBound {
        try assemble(row, row - chunk.lowerBound, batch, to: &output)
        row += 1
        if output.count >= limit { return row }
      }
    }
    return row
  }

  private func assemble(
    _ row: Int,
    _ place: Int,
    _ batch: Batch,
    to output: inout OutputBuffer
  ) throws(ProtocolError) {
    let start = output.count
    let message = output.beginMessage("D")
    output.appendBigEndian(UInt16(truncatingIfNeeded: columns.count))
    for index in columns.indices {
      if columns[index].isDirect {
        let vector = batch.columns[index]
        guard vector.isValid(row) else {
          output.appendBigEndian(Int32(-1))
          continue
        }
        let view = vector.byteView(at: row)
        output.appendBigEndian(Int32(truncatingIfNeeded: view.count))
        output.append(view)
      } else {
        let bound = index &* (Self.chunkRows &+ 1) &+ place
        output.append(fields.bytes.extracting(bounds[bound]..<bounds[bound &+ 1]))
      }
    }
    guard output.count - start <= Int(Int32.max) else {
      output.truncate(to: start)
      throw ProtocolError("54000", "a row of the result is longer than a message can be")
    }
    output.endMessage(message)
  }

  // MARK: Columns

  private mutating func writeFields(of index: Int, _ vector: Vector, _ rows: Range<Int>) {
    let column = columns[index]
    let first = index * (Self.chunkRows + 1)
    bounds[first] = fields.count
    switch (column.form, column.isBinary) {
    case (.smallint, false), (.integer, false), (.bigint, false):
      writeEach(vector, rows, first) { fields, _, row in fields.append(integer: vector.int64[row]) }
    case (.scaled64(let scale), false):
      writeEach(vector, rows, first) { fields, _, row in
        fields.append(scaled: vector.int64[row], scale: Int(scale))
      }
    case (.double, false):
      writeEach(vector, rows, first) { fields, _, row in fields.append(double: vector.float64[row])
      }
    case (.date, false):
      writeEach(vector, rows, first) { fields, _, row in fields.append(date: vector.int64[row]) }
    case (.timestamptz, false):
      writeEach(vector, rows, first) { fields, cursor, row in
        fields.append(timestamptz: vector.int64[row], &cursor)
      }
    case (.bigint, true), (.timestamp, true), (.timestamptz, true), (.time, true):
      writeEach(vector, rows, first) { fields, _, row in fields.appendBigEndian(vector.int64[row]) }
    case (let form, false):
      writeEach(vector, rows, first) { fields, cursor, row in
        fields.appendText(of: vector, row: row, form, &cursor)
      }
    case (let form, true):
      writeEach(vector, rows, first) { fields, _, row in
        fields.appendBinary(of: vector, row: row, form)
      }
    }
  }

  @inline(__always)
  private mutating func writeEach(
    _ vector: Vector,
    _ rows: Range<Int>,
    _ first: Int,
    _ write: (inout OutputBuffer, inout ZoneCursor, Int) -> Void
  ) {
    var bound = first
    for row in rows {
      if vector.isValid(row) {
        let place = fields.skip(4)
        write(&fields, &cursor, row)
        let length = Int32(truncatingIfNeeded: fields.count &- place &- 4)
        fields.setBigEndian(length, at: place)
      } else {
        fields.appendBigEndian(Int32(-1))
      }
      bound &+= 1
      bounds[bound] = fields.count
    }
  }
}
