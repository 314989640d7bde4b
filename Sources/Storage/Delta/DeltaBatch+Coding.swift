// A delta batch as bytes, in log records and delta files:
//
//   count rows, count blockRows, count columns, then per column
//     u32 id, u8 kind, then per block
//       count nulls, datum minimum, datum maximum, u8 flags, i128 sum when flag 0 is set
//       count bytes, the encoded block
//
// Flags: 0 the sum is known, 1 the maximum is cut, 2 rows ascend. Statistics are stored because a
// start with many delta rows would otherwise decode all of them.

internal import Catalog
internal import ColumnEncoding
internal import Columnar

extension DeltaBatch {
  func encode(to writer: inout ByteWriter) {
    writer.writeCount(rowCount)
    writer.writeCount(blockRowCount)
    writer.writeCount(columns.count)
    for column in columns {
      writer.write(column.id.rawValue)
      writer.write(column.kind.rawValue)
      for part in column.blocks {
        part.statistics.encode(to: &writer)
        let buffer = part.block.buffer
        writer.writeCount(buffer.byteCount)
        // SAFETY: the buffer lives through the call.
        unsafe buffer.bytes.withUnsafeBytes { unsafe writer.bytes.append(contentsOf: $0) }
      }
    }
  }

  /// Reads what ``encode(to:)`` wrote.
  ///
  /// - Parameters:
  ///   - reader: Stands at the batch.
  ///   - file: For errors.
  ///   - base: Offset of the reader's first byte in the file.
  /// - Throws: ``StorageError/corrupt(file:offset:what:)``.
  convenience init(
    from reader: inout ByteReader,
    file: String,
    base: Int64
  ) throws(StorageError) {
    do throws(CodingError) {
      let start = reader.offset
      let rowCount = Int(truncatingIfNeeded: try reader.readVariable())
      let blockRowCount = Int(truncatingIfNeeded: try reader.readVariable())
      guard (1...(1 << 32)).contains(rowCount), (1...65_536).contains(blockRowCount) else {
        throw .invalid(field: "delta row count", offset: start)
      }
      var columns: [DeltaColumn] = []
      var failure: StorageError?
      for _ in 0..<(try reader.readCount()) {
        let id = ColumnID(try reader.read(UInt32.self))
        let shape = (rowCount: rowCount, blockRowCount: blockRowCount)
        columns.append(try Self.readColumn(&reader, id, shape, file: file, base: base, &failure))
        if failure != nil { break }
      }
      if failure == nil {
        guard Set(columns.map(\.id)).count == columns.count else {
          throw .invalid(field: "delta columns", offset: start)
        }
        self.init(rowCount: rowCount, blockRowCount: blockRowCount, columns: columns)
        return
      }
      throw .invalid(field: "delta block", offset: start)
    } catch {
      throw .coding(error, file: file, base: base)
    }
  }

  private static func readColumn(
    _ reader: inout ByteReader,
    _ id: ColumnID,
    _ shape: (rowCount: Int, blockRowCount: Int),
    file: String,
    base: Int64,
    _ failure: inout StorageError?
  ) throws(CodingError) -> DeltaColumn {
    let start = reader.offset
    guard let kind = LaneKind(rawValue: try reader.read(UInt8.self)) else {
      throw .invalid(field: "lane kind", offset: start)
    }
    var column = DeltaColumn(id: id, kind: kind)
    for first in stride(from: 0, to: shape.rowCount, by: shape.blockRowCount) {
      let rows = min(shape.blockRowCount, shape.rowCount - first)
      let statistics = try BlockStatistics(from: &reader, rowCount: rows)
      let place = reader.offset
      let bytes = try reader.readBytes()
      // SAFETY: bytes have no padding.
      let buffer = unsafe ByteBuffer(copying: bytes.span.bytes)
      do throws(StorageError) {
        try column.append(buffer, statistics, file: file, offset: base + Int64(place))
      } catch {
        failure = error
        return column
      }
      guard column.blocks.last?.block.rowCount == rows else {
        throw .invalid(field: "block row count", offset: place)
      }
    }
    return column
  }
}

extension BlockStatistics {
  func encode(to writer: inout ByteWriter) {
    writer.writeCount(nullCount)
    writer.write(minimum)
    writer.write(maximum)
    let flags: UInt8 = (sum != nil ? 1 : 0) | (isMaximumTruncated ? 2 : 0) | (isSorted ? 4 : 0)
    writer.write(flags)
    if let sum { writer.write(sum) }
  }

  init(from reader: inout ByteReader, rowCount: Int) throws(CodingError) {
    let start = reader.offset
    let nullCount = try reader.readVariable()
    guard nullCount <= UInt64(rowCount) else { throw .invalid(field: "null count", offset: start) }
    let minimum = try reader.readDatum()
    let maximum = try reader.readDatum()
    let flags = try reader.read(UInt8.self)
    guard flags < 8 else { throw .invalid(field: "statistics flags", offset: start) }
    let sum = flags & 1 != 0 ? try reader.read(Int128.self) : nil
    self.init(
      rowCount: rowCount,
      nullCount: Int(nullCount),
      minimum: minimum,
      maximum: maximum,
      isMaximumTruncated: flags & 2 != 0,
      sum: sum,
      isSorted: flags & 4 != 0
    )
  }
}
