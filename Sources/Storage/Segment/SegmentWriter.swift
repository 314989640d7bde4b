package import Catalog
package import ColumnEncoding
package import Columnar
package import SystemIO

/// Writes one segment file.
///
/// Rows come sorted by the table's sort key; used by one thread.
///
/// Memory: one block of every column, pages that wait to be written (1 MB), and 8 bytes a row for the
/// key run.
package final class SegmentWriter {
  private let fileSystem: any FileSystem
  private let path: String
  private let definition: TableDefinition
  private let partition: PartitionKey
  private let options: SegmentOptions
  private let output: SegmentOutput
  private var encoders: [ChunkEncoder]
  private var chunks: [ColumnChunk]
  private var keys: KeyRunBuilder?
  /// Whether the rows came column by column, and all blocks are finished.
  private var hasWholeColumns = false
  /// Rows appended so far.
  package private(set) var rowCount = 0

  /// Creates the file.
  ///
  /// - Parameters:
  ///   - fileSystem: Where the file is made.
  ///   - path: A path at which nothing stands.
  ///   - definition: The table.
  ///   - partition: The partition that all rows belong to.
  ///   - options: Size of blocks and compression.
  ///   - symbols: Gives a column the symbol table that it shares with other segments.
  /// - Throws: ``StorageError/io(_:)``.
  package init(
    fileSystem: any FileSystem,
    path: String,
    definition: TableDefinition,
    partition: PartitionKey,
    options: SegmentOptions,
    symbols: (ColumnID) -> SharedSymbols = { _ in SharedSymbols() }
  ) throws(StorageError) {
    self.fileSystem = fileSystem
    self.path = path
    self.definition = definition
    self.partition = partition
    self.options = options
    output = try SegmentOutput(fileSystem, path: path)
    encoders = definition.columns.map {
      ChunkEncoder(
        kind: $0.type.laneKind,
        blockRowCount: options.blockRowCount,
        codec: options.compression.codec,
        symbols: symbols($0.id)
      )
    }
    chunks = definition.columns.map { ColumnChunk(id: $0.id, type: $0.type) }
    if !definition.primaryKey.isEmpty { keys = KeyRunBuilder(definition) }
    var head = ByteWriter()
    head.bytes = SegmentFormat.magic
    head.write(SegmentFormat.version)
    head.write(unsafe Checksum.of(head.bytes.span.bytes))
    try output.append(head.bytes)
  }

  /// Appends rows; columns in the definition's order.
  ///
  /// - Parameter rows: Belong to the partition and follow the rows before in sort order.
  /// - Throws: ``StorageError/io(_:)``; the file is then to be abandoned.
  package func append(_ rows: Batch) throws(StorageError) {
    precondition(rows.columns.count == encoders.count)
    precondition(!hasWholeColumns && rowCount + rows.rowCount < 1 << 31)
    keys?.append(rows)
    var first = 0
    while first < rows.rowCount {
      let room = options.blockRowCount - rowCount % options.blockRowCount
      let end = min(rows.rowCount, first + room)
      for (encoder, column) in zip(encoders, rows.columns) {
        encoder.append(column, rows: first..<end)
      }
      rowCount += end - first
      first = end
      if rowCount % options.blockRowCount == 0 { try finishBlocks() }
    }
  }

  /// Writes all rows of the segment, one column after the other, without copying them once more.
  ///
  /// - Parameters:
  ///   - rowCount: All rows; none was appended before.
  ///   - gather: Gives rows of a column, at most a block's, in sort order. The vector is the writer's until
  ///     the next call: lanes of NULL rows may be changed.
  /// - Throws: ``StorageError/io(_:)``; the file is then to be abandoned.
  package func append(
    rowCount: Int,
    gather: (_ column: Int, _ rows: Range<Int>) -> Vector
  ) throws(StorageError) {
    precondition(self.rowCount == 0 && rowCount < 1 << 31)
    let step = options.blockRowCount
    let blocks = stride(from: 0, to: rowCount, by: step).map { $0..<min(rowCount, $0 + step) }
    if let places = keys?.places {
      for rows in blocks {
        keys?.append(keys: places.map { gather($0, rows) }, rowCount: rows.count)
      }
    }
    for index in encoders.indices {
      for rows in blocks {
        let block = encoders[index].encodeBlock(gather(index, rows), rowCount: rows.count)
        chunks[index].blocks.append(try output.append(block.bytes))
        chunks[index].statistics.append(block.statistics)
      }
    }
    self.rowCount = rowCount
    hasWholeColumns = true
  }

  /// Single int64 keys as they are, else hashes, in row order, until the file is finished; empty without
  /// a primary key.
  package var keyWords: [UInt64] { keys?.words ?? [] }

  private func finishBlocks() throws(StorageError) {
    for index in encoders.indices {
      let (bytes, statistics) = encoders[index].finishBlock()
      chunks[index].blocks.append(try output.append(bytes))
      chunks[index].statistics.append(statistics)
    }
  }

  /// Writes what is left and the footer, and makes the file durable, unless ``sync()`` shall do that later.
  ///
  /// The directory is the caller's to sync.
  ///
  /// - Parameter isDurable: Whether to wait until the disk has the file.
  /// - Returns: Size and hash, by which the file is published.
  /// - Throws: ``StorageError/io(_:)``; the file is then to be abandoned.
  package func finish(isDurable: Bool = true) throws(StorageError) -> SegmentSummary {
    if !hasWholeColumns, rowCount % options.blockRowCount != 0 { try finishBlocks() }
    var sketches: [DistinctSketch] = []
    for index in encoders.indices {
      let chunk = encoders[index].finish()
      chunks[index].total = chunk.statistics
      chunks[index].isCoded = chunk.isCoded
      sketches.append(chunk.sketch)
      if let page = chunk.dictionaryPage { chunks[index].dictionary = try output.append(page) }
      if let table = chunk.symbolTable { chunks[index].symbols = try output.append(table.page) }
    }
    let keyFooter = try keys?.write(to: output)
    let footer = SegmentFooter(
      table: definition.id,
      generation: definition.generation,
      partition: partition,
      rowCount: rowCount,
      blockRowCount: options.blockRowCount,
      sortKey: definition.sortKey,
      chunks: chunks,
      sketches: sketches,
      keys: keyFooter
    )
    let bytes = footer.encoded()
    let footerOffset = output.offset
    try output.append(bytes)
    try output.append(Self.trailer(of: bytes, at: footerOffset))
    try output.flush()
    // What waits for the disk shall not hold memory.
    encoders = []
    keys = nil
    if isDurable { try sync() }
    return SegmentSummary(
      rowCount: rowCount,
      sizeBytes: output.offset,
      contentHash: contentHash(ofFooter: bytes)
    )
  }

  /// Makes the finished file durable and closes it; on any thread.
  package func sync() throws(StorageError) { try output.sync() }

  private static func trailer(of footer: [UInt8], at offset: Int64) -> [UInt8] {
    var writer = ByteWriter()
    writer.write(offset)
    writer.write(UInt32(footer.count))
    writer.write(unsafe Checksum.of(footer.span.bytes))
    writer.write(SegmentFormat.version)
    writer.write(unsafe Checksum.of(writer.bytes.span.bytes))
    return writer.bytes + SegmentFormat.magic
  }

  /// Gives up: closes and removes the file.
  ///
  /// Errors do not matter any more.
  package func abandon() {
    do throws(IOError) {
      try output.file.close()
      try fileSystem.remove(path)
    } catch {}
  }
}

/// 16 bytes that change with any byte of the footer.
func contentHash(ofFooter bytes: [UInt8]) -> [UInt8] {
  let buffer = unsafe ByteBuffer(copying: bytes.span.bytes)
  let first = stableHash(buffer.view(offset: 0, count: buffer.byteCount))
  let second = stableHash(first ^ UInt64(Checksum.of(buffer)) &* 0x9E37_79B9_7F4A_7C15)
  var writer = ByteWriter()
  writer.write(first)
  writer.write(second)
  return writer.bytes
}

extension Checksum {
  /// The checksum of a whole buffer.
  static func of(_ buffer: ByteBuffer) -> UInt32 {
    unsafe of(UnsafeRawBufferPointer(start: buffer.base, count: buffer.byteCount))
  }
}
