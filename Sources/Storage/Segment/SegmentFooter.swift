// What a segment file says of itself; resident while the file is open.

internal import Catalog
internal import ColumnEncoding
internal import Columnar

/// One column of a segment.
struct ColumnChunk: Sendable {
  var id: ColumnID
  var type: LogicalType
  var blocks: [PageReference] = []
  var dictionary: PageReference?
  var symbols: PageReference?
  /// Whether the dictionary has all strings of the chunk; false in files that do not say so.
  var isCoded = false
  /// Of the whole chunk; nil without rows.
  var total: BlockStatistics?
  /// One a block.
  var statistics: [BlockStatistics] = []
}

/// The footer.
struct SegmentFooter: Sendable {
  var table: TableID
  var generation: UInt32
  var partition: PartitionKey
  var rowCount: Int
  var blockRowCount: Int
  var sortKey: [ColumnID]
  var chunks: [ColumnChunk]
  var sketches: [DistinctSketch]
  var keys: KeyRunFooter?

  /// Blocks of every column.
  var blockCount: Int { (rowCount + blockRowCount - 1) / blockRowCount }
}

extension SegmentFooter {
  func encoded() -> [UInt8] {
    var writer = ByteWriter()
    section(.general, in: &writer, encodeGeneral)
    section(.columns, in: &writer) { body in
      body.writeCount(chunks.count)
      for chunk in chunks { chunk.encodePlaces(to: &body) }
    }
    section(.statistics, in: &writer) { body in
      for chunk in chunks {
        body.writeOptional(chunk.total) { $1.encode(to: &$0) }
        for block in chunk.statistics { block.encode(to: &body) }
      }
    }
    section(.sketches, in: &writer) { body in
      for sketch in sketches { body.write(sketch.registers) }
    }
    if let keys { section(.keys, in: &writer, keys.encode) }
    if chunks.contains(where: \.isCoded) {
      section(.codedColumns, isEssential: false, in: &writer) { body in
        for chunk in chunks { body.write(chunk.isCoded) }
      }
    }
    return writer.bytes
  }

  /// A tag, flags (1: essential), a length, and what `body` writes.
  private func section(
    _ tag: FooterTag,
    isEssential: Bool = true,
    in writer: inout ByteWriter,
    _ body: (inout ByteWriter) -> Void
  ) {
    var content = ByteWriter()
    body(&content)
    writer.write(tag.rawValue)
    writer.write(UInt16(isEssential ? 1 : 0))
    writer.write(UInt32(content.bytes.count))
    writer.bytes += content.bytes
  }

  private func encodeGeneral(to writer: inout ByteWriter) {
    writer.write(table.rawValue)
    writer.write(generation)
    writer.write(partition.rawValue)
    writer.write(UInt64(rowCount))
    writer.write(UInt32(blockRowCount))
    writer.writeCount(sortKey.count)
    for id in sortKey { writer.write(id.rawValue) }
  }

  /// Reads a footer; the bytes passed their checksum, but are checked as if they had not.
  init(from bytes: [UInt8]) throws(CodingError) {
    let sections = try Self.sections(of: bytes)
    func reader(_ tag: FooterTag) throws(CodingError) -> ByteReader {
      guard let range = sections[tag.rawValue] else {
        throw .invalid(field: "no section \(tag.rawValue)", offset: 0)
      }
      return ByteReader(Array(bytes[range]))
    }
    var general = try reader(.general)
    table = TableID(try general.read(UInt32.self))
    generation = try general.read(UInt32.self)
    partition = PartitionKey(try general.read(Int32.self))
    let rows = try general.read(UInt64.self)
    let blockRows = try general.read(UInt32.self)
    guard rows < 1 << 31, (1...65_536).contains(blockRows) else {
      throw .invalid(field: "row count", offset: 12)
    }
    rowCount = Int(rows)
    blockRowCount = Int(blockRows)
    sortKey = []
    for _ in 0..<(try general.readCount()) {
      sortKey.append(ColumnID(try general.read(UInt32.self)))
    }
    chunks = []
    sketches = []
    try readColumns(try reader(.columns))
    try readStatistics(try reader(.statistics))
    if sections[FooterTag.sketches.rawValue] != nil { try readSketches(try reader(.sketches)) }
    if sections[FooterTag.codedColumns.rawValue] != nil {
      var body = try reader(.codedColumns)
      for index in chunks.indices { chunks[index].isCoded = try readIsCoded(&body, index) }
    }
    if sections[FooterTag.keys.rawValue] != nil {
      var body = try reader(.keys)
      keys = try KeyRunFooter(from: &body)
    }
  }

  private static func sections(of bytes: [UInt8]) throws(CodingError) -> [UInt16: Range<Int>] {
    var sections: [UInt16: Range<Int>] = [:]
    var offset = 0
    while offset < bytes.count {
      var head = ByteReader(bytes, from: offset)
      let tag = try head.read(UInt16.self)
      let flags = try head.read(UInt16.self)
      let count = Int(try head.read(UInt32.self))
      guard count <= head.remaining else { throw .truncated(offset: offset) }
      if FooterTag(rawValue: tag) == nil && flags & 1 != 0 {
        throw .invalid(field: "unknown section \(tag)", offset: offset)
      }
      sections[tag] = head.offset..<head.offset + count
      offset = head.offset + count
    }
    return sections
  }

  private func readIsCoded(_ body: inout ByteReader, _ index: Int) throws(CodingError) -> Bool {
    let start = body.offset
    let isCoded = try body.readBool()
    guard !isCoded || chunks[index].dictionary != nil else {
      throw .invalid(field: "coded column", offset: start)
    }
    return isCoded
  }

  private mutating func readColumns(_ source: ByteReader) throws(CodingError) {
    var reader = source
    for _ in 0..<(try reader.readCount()) {
      chunks.append(try ColumnChunk(from: &reader, blockCount: blockCount))
    }
  }

  private mutating func readStatistics(_ source: ByteReader) throws(CodingError) {
    var reader = source
    for index in chunks.indices {
      let kind = chunks[index].type.laneKind
      let present = try reader.readBool()
      guard present == (rowCount > 0) else { throw .invalid(field: "statistics", offset: 0) }
      if present {
        chunks[index].total = try BlockStatistics(from: &reader, rowCount: rowCount, kind: kind)
      }
      for block in 0..<blockCount {
        let rows = min(blockRowCount, rowCount - block * blockRowCount)
        chunks[index].statistics.append(
          try BlockStatistics(from: &reader, rowCount: rows, kind: kind)
        )
      }
    }
  }

  private mutating func readSketches(_ source: ByteReader) throws(CodingError) {
    var reader = source
    for _ in chunks.indices {
      guard let sketch = DistinctSketch(registers: try reader.readBytes()) else {
        throw .invalid(field: "sketch", offset: reader.offset)
      }
      sketches.append(sketch)
    }
  }
}

extension PageReference {
  func encode(to writer: inout ByteWriter) {
    writer.write(offset)
    writer.write(byteCount)
    writer.write(checksum)
  }

  init(from reader: inout ByteReader) throws(CodingError) {
    let start = reader.offset
    offset = try reader.read(Int64.self)
    byteCount = try reader.read(UInt32.self)
    checksum = try reader.read(UInt32.self)
    guard offset >= Int64(SegmentFormat.headBytes), offset < 1 << 48,
      byteCount <= SegmentFormat.pageBytesMax
    else { throw .invalid(field: "page", offset: start) }
  }

  /// The first byte behind the page.
  var end: Int64 { offset + Int64(byteCount) }
}

extension ColumnChunk {
  func encodePlaces(to writer: inout ByteWriter) {
    writer.write(id.rawValue)
    type.encode(to: &writer)
    for block in blocks { block.encode(to: &writer) }
    writer.writeOptional(dictionary) { $1.encode(to: &$0) }
    writer.writeOptional(symbols) { $1.encode(to: &$0) }
  }

  init(from reader: inout ByteReader, blockCount: Int) throws(CodingError) {
    id = ColumnID(try reader.read(UInt32.self))
    type = try LogicalType(from: &reader)
    guard reader.remaining >= blockCount * 16 else { throw .truncated(offset: reader.offset) }
    for _ in 0..<blockCount { blocks.append(try PageReference(from: &reader)) }
    dictionary = try reader.readOptional(PageReference.init(from:))
    symbols = try reader.readOptional(PageReference.init(from:))
  }
}

extension BlockStatistics {
  /// Reads the stored form (``encode(to:)``) and checks that the bounds are of the column's kind.
  init(from reader: inout ByteReader, rowCount: Int, kind: LaneKind) throws(CodingError) {
    let start = reader.offset
    try self.init(from: &reader, rowCount: rowCount)
    guard minimum.fits(kind), maximum.fits(kind) else {
      throw .invalid(field: "statistics", offset: start)
    }
  }
}

extension Datum {
  /// Whether a vector of `kind` can hold this.
  func fits(_ kind: LaneKind) -> Bool {
    switch (self, kind) {
    case (.null, _), (.boolean, .bool), (.int64, .int64), (.int128, .int128), (.double, .float64),
      (.decimal, .decimal), (.wide, .decimal), (.bytes, .bytes), (.uuid, .uuid),
      (.interval, .interval):
      true
    default: false
    }
  }
}
