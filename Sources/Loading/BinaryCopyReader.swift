package import Columnar

/// Reads the bytes of a COPY … FROM STDIN in PostgreSQL's binary form, as they come, into batches.
///
/// Used like ``CopyReader``. A message of the protocol is not a row: bytes may be cut anywhere.
package final class BinaryCopyReader {
  private static let signature: [UInt8] =
    Array("PGCOPY\n".utf8) + [0xff, 0x0d, 0x0a, 0x00]

  private let columns: [CopyColumn]
  private let table: String
  private let batch: Batch
  private var bytes: [UInt8] = []
  private var offset = 0
  private var rowNumber = 0
  private var hasHead = false
  private var isEnded = false
  private var isFinished = false

  ///
  /// - Parameters:
  ///   - columns: What the fields are, in order.
  ///   - table: For messages.
  package init(columns: [CopyColumn], table: String) {
    self.columns = columns
    self.table = table
    batch = Batch(kinds: columns.map(\.type.laneKind))
  }

  /// Takes the next bytes, cut anywhere.
  package func feed(_ more: RawSpan) {
    bytes.removeFirst(offset)
    offset = 0
    unsafe more.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
  }

  /// No more bytes will come.
  package func finish() { isFinished = true }

  /// The next rows, at most ``vectorRowsMax``; nil when more bytes are needed, or at the end.
  ///
  /// - Returns: A batch of the columns, valid until the next call of any method.
  /// - Throws: The error of the first bad row.
  package func next() throws(RowError) -> Batch? {
    for column in batch.columns { column.reset() }
    batch.rowCount = 0
    if !hasHead { hasHead = try readHead() }
    while hasHead && !isEnded && batch.rowCount < vectorRowsMax {
      guard try readRow() else { break }
    }
    if isFinished && !isEnded && batch.rowCount == 0 {
      throw .format(rowNumber + 1, "unexpected EOF in COPY data")
    }
    return batch.rowCount > 0 ? batch : nil
  }

  private func readHead() throws(RowError) -> Bool {
    let count = Self.signature.count
    guard bytes.count - offset >= count + 8 else { return false }
    guard Array(bytes[offset..<offset + count]) == Self.signature else {
      throw .format(0, "COPY file signature not recognized")
    }
    let flags = UInt32(bigEndian(at: offset + count, 4))
    guard flags & 0xffff_0000 == 0 else {
      throw .format(0, "unrecognized critical flags in COPY file header")
    }
    let extra = Int(bigEndian(at: offset + count + 4, 4))
    guard extra < 1 << 20 else { throw .format(0, "invalid COPY file header (wrong length)") }
    guard bytes.count - offset >= count + 8 + extra else { return false }
    offset += count + 8 + extra
    return true
  }

  private func bigEndian(at place: Int, _ count: Int) -> UInt64 {
    var value: UInt64 = 0
    for index in 0..<count { value = value << 8 | UInt64(bytes[place + index]) }
    return value
  }

  /// Reads one whole row; false when not all of it is there, or at the end.
  private func readRow() throws(RowError) -> Bool {
    guard bytes.count - offset >= 2 else { return false }
    let fieldCount = Int16(truncatingIfNeeded: bigEndian(at: offset, 2))
    if fieldCount == -1 {
      offset = bytes.count
      isEnded = true
      return false
    }
    guard Int(fieldCount) == columns.count else {
      throw .format(
        rowNumber + 1,
        "row field count is \(fieldCount), expected \(columns.count)"
      )
    }
    // First see that the row is whole, then read its fields.
    var place = offset + 2
    for _ in columns {
      guard bytes.count - place >= 4 else { return false }
      let length = Int32(truncatingIfNeeded: bigEndian(at: place, 4))
      guard length >= -1 else { throw .format(rowNumber + 1, "invalid field size") }
      place += 4 + max(0, Int(length))
      guard bytes.count >= place else { return false }
    }
    try readFields()
    offset = place
    rowNumber += 1
    batch.rowCount += 1
    return true
  }

  private func readFields() throws(RowError) {
    var place = offset + 2
    let row = batch.rowCount
    for (column, vector) in zip(columns, batch.columns) {
      let length = Int(Int32(truncatingIfNeeded: bigEndian(at: place, 4)))
      place += 4
      guard length >= 0 else {
        vector.setNullLane(row)
        if !column.isNullable { throw notNull(column) }
        continue
      }
      do throws(ValueError) {
        let field = BinaryField(bytes[place..<place + length])
        vector.set(row, to: try field.value(column.type))
      } catch {
        throw RowError(line: rowNumber + 1, column: column.name, error: error)
      }
      place += length
    }
  }

  private func notNull(_ column: CopyColumn) -> RowError {
    let message =
      "null value in column \"\(column.name)\" of relation \"\(table)\" "
      + "violates not-null constraint"
    return RowError(
      line: rowNumber + 1,
      column: column.name,
      error: ValueError("23502", message)
    )
  }
}
