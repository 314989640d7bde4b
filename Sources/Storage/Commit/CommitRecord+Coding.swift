// A commit record as bytes:
//
//   u8 version, i64 time, count parts, then per part a u8 tag and
//     1 catalog    a catalog change
//     2 rows       u32 table, i32 partition, count firstRow, a delta batch
//     3 delete     u32 table, locators
//     4 publish    u32 table, i32 partition, segments
//     5 seal       u32 table, i32 partition, count end, segments, locators
//     6 compact    u32 table, i32 partition, count removed, u32 each, segments, locators
//     7 position   string, u64
//
// Locators are ascending, written as distances; segments as references.

internal import Catalog
internal import Columnar

extension CommitRecord {
  /// The record's bytes.
  func encoded() -> [UInt8] {
    var writer = ByteWriter()
    writer.write(Self.version)
    writer.write(timeMicroseconds)
    writer.writeCount(parts.count)
    for part in parts { part.encode(to: &writer) }
    return writer.bytes
  }

  /// Reads what ``encoded()`` wrote.
  ///
  /// - Parameters:
  ///   - bytes: One record; untrusted beyond its checksum.
  ///   - file: For errors.
  ///   - base: Offset of the record in the file.
  /// - Throws: ``StorageError`` that names the place.
  init(from bytes: [UInt8], file: String, base: Int64) throws(StorageError) {
    var reader = ByteReader(bytes)
    func read<Result>(
      _ body: (inout ByteReader) throws(CodingError) -> Result
    ) throws(StorageError) -> Result {
      do throws(CodingError) {
        return try body(&reader)
      } catch {
        throw .coding(error, file: file, base: base)
      }
    }
    let (time, count) = try read { reader throws(CodingError) in
      let version = try reader.read(UInt8.self)
      guard version == Self.version else {
        throw .invalid(field: "record version \(version)", offset: 0)
      }
      return (try reader.read(Int64.self), try reader.readCount())
    }
    timeMicroseconds = time
    parts = []
    for _ in 0..<count { parts.append(try CommitPart(from: &reader, file: file, base: base)) }
    try read { reader throws(CodingError) in
      guard reader.remaining == 0 else {
        throw .invalid(field: "record end", offset: reader.offset)
      }
    }
  }
}

extension CommitPart {
  func encode(to writer: inout ByteWriter) {
    switch self {
    case .catalog(let change):
      writer.write(UInt8(1))
      change.encode(to: &writer)
    case .rows(let rows):
      writer.write(UInt8(2))
      writer.writePlace(rows.table, rows.partition)
      writer.writeVariable(rows.firstRow)
      rows.batch.encode(to: &writer)
    case .delete(let table, let locators):
      writer.write(UInt8(3))
      writer.write(table.rawValue)
      writer.writeLocators(locators)
    case .publish(let table, let partition, let segments):
      writer.write(UInt8(4))
      writer.writePlace(table, partition)
      writer.writeSegments(segments)
    case .seal(let table, let partition, let end, let segments, let deleted):
      writer.write(UInt8(5))
      writer.writePlace(table, partition)
      writer.writeVariable(end)
      writer.writeSegments(segments)
      writer.writeLocators(deleted)
    case .compact(let table, let partition, let removed, let segments, let deleted):
      writer.write(UInt8(6))
      writer.writePlace(table, partition)
      writer.writeCount(removed.count)
      for number in removed { writer.write(number) }
      writer.writeSegments(segments)
      writer.writeLocators(deleted)
    case .position(let name, let position):
      writer.write(UInt8(7))
      writer.write(name)
      writer.write(position)
    }
  }

  init(from reader: inout ByteReader, file: String, base: Int64) throws(StorageError) {
    let start = reader.offset
    do throws(CodingError) {
      let tag = try reader.read(UInt8.self)
      if tag != 2 {
        self = try Self.read(tag, from: &reader, start: start)
        return
      }
    } catch {
      throw .coding(error, file: file, base: base)
    }
    self = .rows(try NewRows(from: &reader, file: file, base: base))
  }

  private static func read(
    _ tag: UInt8,
    from reader: inout ByteReader,
    start: Int
  ) throws(CodingError) -> CommitPart {
    switch tag {
    case 1: return .catalog(try CatalogChange(from: &reader))
    case 3:
      let table = TableID(try reader.read(UInt32.self))
      return .delete(table, try reader.readLocators())
    case 4:
      let (table, partition) = try reader.readPlace()
      return .publish(table, partition, try reader.readSegments())
    case 5:
      let (table, partition) = try reader.readPlace()
      let end = try reader.readVariable()
      let segments = try reader.readSegments()
      return .seal(table, partition, end: end, segments, deleted: try reader.readLocators())
    case 6:
      let (table, partition) = try reader.readPlace()
      var removed: [UInt32] = []
      for _ in 0..<(try reader.readCount()) { removed.append(try reader.read(UInt32.self)) }
      let segments = try reader.readSegments()
      return .compact(
        table,
        partition,
        removed: removed,
        segments,
        deleted: try reader.readLocators()
      )
    case 7:
      let name = try reader.readString()
      return .position(name, try reader.read(UInt64.self))
    default: throw .invalid(field: "commit part \(tag)", offset: start)
    }
  }
}

extension NewRows {
  fileprivate init(from reader: inout ByteReader, file: String, base: Int64) throws(StorageError) {
    do throws(CodingError) {
      (table, partition) = try reader.readPlace()
      firstRow = try reader.readVariable()
    } catch {
      throw .coding(error, file: file, base: base)
    }
    batch = try DeltaBatch(from: &reader, file: file, base: base)
    keyHashes = []
  }
}

extension ByteWriter {
  fileprivate mutating func writePlace(_ table: TableID, _ partition: PartitionKey) {
    write(table.rawValue)
    write(partition.rawValue)
  }

  fileprivate mutating func writeLocators(_ locators: [UInt64]) {
    writeCount(locators.count)
    var previous: UInt64 = 0
    for locator in locators {
      writeVariable(locator - previous)
      previous = locator
    }
  }

  fileprivate mutating func writeSegments(_ segments: [NewSegment]) {
    writeCount(segments.count)
    for segment in segments { segment.reference.encode(to: &self) }
  }
}

extension ByteReader {
  fileprivate mutating func readPlace() throws(CodingError) -> (TableID, PartitionKey) {
    let table = TableID(try read(UInt32.self))
    return (table, PartitionKey(try read(Int32.self)))
  }

  fileprivate mutating func readLocators() throws(CodingError) -> [UInt64] {
    var locators: [UInt64] = []
    var previous: UInt64 = 0
    for index in 0..<(try readCount()) {
      let start = offset
      let (next, overflow) = previous.addingReportingOverflow(try readVariable())
      guard !overflow, index == 0 || next > previous else {
        throw .invalid(field: "locator", offset: start)
      }
      locators.append(next)
      previous = next
    }
    return locators
  }

  fileprivate mutating func readSegments() throws(CodingError) -> [NewSegment] {
    var segments: [NewSegment] = []
    for _ in 0..<(try readCount()) {
      segments.append(NewSegment(reference: try SegmentReference(from: &self), handle: nil))
    }
    return segments
  }
}
