package import Catalog
package import ColumnEncoding
package import Columnar
internal import Synchronization
package import SystemIO

/// An open segment: its footer in memory, its blocks through the cache.
///
/// Immutable; shared by threads.
package final class SegmentFile: RowSource {
  let file: any File
  let footer: SegmentFooter
  let cache: BlockCache
  /// Names this opening in the cache.
  let cacheNumber: UInt64
  private let chunkPlaces: [ColumnID: Int]
  /// The same for small column numbers; negative: the file has no such column.
  private let placesByNumber: [Int32]
  private let missing: [ColumnID: (kind: LaneKind, value: Datum)]
  private let dictionaries: Mutex<[Int: WeakDictionary]>
  private let symbolTables = Mutex<[Int: SymbolTable]>([:])
  /// By place in the file, of the columns that were asked for.
  private let blockBounds = Mutex<[Int: BlockBounds]>([:])
  private let filter = Mutex<BloomFilter?>(nil)
  package let summary: SegmentSummary
  /// Bounds of the first key column; nil when it is not an integer, or unknown.
  let keyBounds: ClosedRange<Int64>?

  private static let opened = Atomic<UInt64>(0)

  /// Opens a segment and checks its head, trailer and footer.
  ///
  /// - Parameters:
  ///   - fileSystem: Where the file is.
  ///   - path: The file.
  ///   - definition: The table; columns that the file does not have give their missing value.
  ///   - cache: Keeps pages.
  ///   - expected: What log or manifest say of the file; nil skips the comparison.
  /// - Returns: The open segment.
  /// - Throws: ``StorageError``: `.io`, `.corrupt`, `.foreign`, `.formatVersion`.
  package static func open(
    fileSystem: any FileSystem,
    path: String,
    definition: TableDefinition,
    cache: BlockCache,
    expected: SegmentSummary?
  ) throws(StorageError) -> SegmentFile {
    let file = try world { () throws(IOError) in try fileSystem.open(path, .read) }
    let (footer, summary) = try readFooter(of: file, path: path)
    if let expected, expected != summary {
      throw .corrupt(file: path, offset: 0, what: "not the segment that was published")
    }
    guard footer.table == definition.id else {
      throw .foreign(path: path, what: "segment of table \(footer.table.rawValue)")
    }
    return try SegmentFile(file, footer, summary, definition, cache)
  }

  private init(
    _ file: any File,
    _ footer: SegmentFooter,
    _ summary: SegmentSummary,
    _ definition: TableDefinition,
    _ cache: BlockCache
  ) throws(StorageError) {
    self.file = file
    self.footer = footer
    self.summary = summary
    self.cache = cache
    cacheNumber = Self.opened.add(1, ordering: .relaxed).newValue
    dictionaries = Mutex([:])
    let chunkPlaces = Dictionary(
      footer.chunks.enumerated().map { ($1.id, $0) },
      uniquingKeysWith: { first, _ in first }
    )
    self.chunkPlaces = chunkPlaces
    let numbers = footer.chunks.reduce(0) { max($0, Int($1.id.rawValue) + 1) }
    placesByNumber = (0..<min(numbers, 1024)).map { number in
      Int32(truncatingIfNeeded: chunkPlaces[ColumnID(UInt32(number))] ?? -1)
    }
    var missing: [ColumnID: (kind: LaneKind, value: Datum)] = [:]
    for column in definition.columns {
      let kind = column.type.laneKind
      if let place = chunkPlaces[column.id] {
        guard footer.chunks[place].type.laneKind == kind else {
          throw .corrupt(file: file.path, offset: 0, what: "type of column \(column.id.rawValue)")
        }
      } else {
        missing[column.id] = (kind, column.missingValue)
      }
    }
    self.missing = missing
    if let first = footer.keys?.columns.first, let place = chunkPlaces[first],
      let known = footer.chunks[place].total, case .int64(let low) = known.minimum,
      case .int64(let high) = known.maximum, low <= high
    {
      keyBounds = low...high
    } else {
      keyBounds = nil
    }
  }

  deinit {
    // Nothing was written through this descriptor, so an error of close says nothing.
    do throws(IOError) { try file.close() } catch {}
  }

  package var rowCount: Int { footer.rowCount }
  /// The file that holds the segment.
  package var path: String { file.path }
  package var blockRowCount: Int { footer.blockRowCount }
  /// The partition that all rows belong to.
  package var partition: PartitionKey { footer.partition }

  package func statistics(_ column: ColumnID, block: Int?) -> BlockStatistics? {
    guard let place = chunkPlace(column) else { return missingStatistics(column, block: block) }
    guard let block else { return footer.chunks[place].total }
    return footer.chunks[place].statistics[block]
  }

  package func bounds(_ column: ColumnID) -> BlockBounds? {
    guard let place = chunkPlace(column), footer.chunks[place].type.laneKind == .int64 else {
      return nil
    }
    if let known = blockBounds.withLock({ $0[place] }) { return known }
    let fresh = BlockBounds(footer.chunks[place].statistics)
    blockBounds.withLock { $0[place] = fresh }
    return fresh
  }

  private func missingStatistics(_ column: ColumnID, block: Int?) -> BlockStatistics? {
    guard let (_, value) = missing[column], value.isNull else { return nil }
    let rows = block.map { self.rows(ofBlock: $0).count } ?? rowCount
    return BlockStatistics(
      rowCount: rows,
      nullCount: rows,
      minimum: .null,
      maximum: .null,
      sum: nil,
      isSorted: false
    )
  }

  /// The sketch of a column's different values; nil for a column that is not stored.
  package func sketch(_ column: ColumnID) -> DistinctSketch? {
    guard let place = chunkPlace(column), place < footer.sketches.count else { return nil }
    return footer.sketches[place]
  }

  /// Bytes of a column's blocks, dictionary and symbol table in the file.
  package func storedBytes(_ column: ColumnID) -> Int {
    guard let place = chunkPlace(column) else { return 0 }
    let chunk = footer.chunks[place]
    let shared = Int(chunk.dictionary?.byteCount ?? 0) + Int(chunk.symbols?.byteCount ?? 0)
    return chunk.blocks.reduce(shared) { $0 + Int($1.byteCount) }
  }

  /// The symbol table of a column's strings; nil when none of its blocks has codes.
  func symbolTable(_ column: ColumnID) throws(StorageError) -> SymbolTable? {
    guard let place = chunkPlace(column), footer.chunks[place].symbols != nil else { return nil }
    return try symbolTable(ofChunk: place)
  }

  package func block(_ column: ColumnID, at index: Int) throws(StorageError) -> EncodedBlock {
    guard index >= 0 && index < footer.blockCount else {
      throw .corrupt(file: file.path, offset: 0, what: "no block \(index)")
    }
    guard let place = chunkPlace(column) else { return try missingBlock(column, at: index) }
    let key = PageKey(file: cacheNumber, slot: UInt32(place), index: UInt32(index))
    if case .block(let block)? = cache.page(key) { return block }
    let chunk = footer.chunks[place]
    let reference = chunk.blocks[index]
    let bytes = try readPage(reference)
    do throws(EncodingError) {
      let block = try EncodedBlock(
        bytes: bytes,
        kind: chunk.type.laneKind,
        dictionary: chunk.dictionary == nil ? nil : try dictionaryOrError(place),
        symbols: chunk.symbols == nil ? nil : try symbolsOrError(place)
      )
      guard block.rowCount == rows(ofBlock: index).count else {
        throw .corrupt(field: "rowCount", offset: 4)
      }
      cache.insert(.block(block), as: key)
      return block
    } catch {
      throw .encoding(error, file: file.path, base: reference.offset)
    }
  }

  package func prefetchBlocks(_ columns: [ColumnID], at index: Int, pass: Int) {
    let first = PageKey(file: cacheNumber, slot: 0, index: UInt32(truncatingIfNeeded: index))
    if pass == 0 {
      cache.prefetchPlaces(first, count: columns.count)
    } else {
      withSlots(of: columns) { cache.prefetchBlocks($0, first) }
    }
  }

  package func appendBlocks(
    _ columns: [ColumnID],
    at index: Int,
    to blocks: inout [EncodedBlock]
  ) throws(StorageError) {
    let first = PageKey(file: cacheNumber, slot: 0, index: UInt32(truncatingIfNeeded: index))
    if withSlots(of: columns, { cache.appendBlocks($0, first, to: &blocks) }) { return }
    for column in columns { blocks.append(try block(column, at: index)) }
  }

  /// Calls `body` with the columns' places in the file; not, and false, when one is not stored.
  @discardableResult
  private func withSlots(of columns: [ColumnID], _ body: (Span<UInt32>) -> Bool) -> Bool {
    // SAFETY: the span ends with the call, before the room does.
    unsafe withUnsafeTemporaryAllocation(of: UInt32.self, capacity: columns.count) { room in
      var slots = unsafe OutputSpan(buffer: room, initializedCount: 0)
      for column in columns {
        guard let place = chunkPlace(column) else { return false }
        slots.append(UInt32(truncatingIfNeeded: place))
      }
      return body(slots.span)
    }
  }

  /// The place of a column's chunk.
  private func chunkPlace(_ column: ColumnID) -> Int? {
    let number = Int(column.rawValue)
    guard number < placesByNumber.count else { return chunkPlaces[column] }
    let place = placesByNumber[number]
    return place < 0 ? nil : Int(place)
  }

  /// The dictionary, with a storage error thrown as the encoding error of a block that lacks it.
  private func dictionaryOrError(_ place: Int) throws(EncodingError) -> TextDictionary {
    do throws(StorageError) {
      return try dictionary(ofChunk: place)
    } catch {
      throw .corrupt(field: "dictionary: \(error)", offset: 0)
    }
  }

  /// The symbol table, with a storage error thrown as the encoding error of a block that lacks it.
  private func symbolsOrError(_ place: Int) throws(EncodingError) -> SymbolTable? {
    do throws(StorageError) {
      return try symbolTable(ofChunk: place)
    } catch {
      throw .corrupt(field: "symbols: \(error)", offset: 0)
    }
  }

  /// The symbol table of a chunk; nil when it has none.
  ///
  /// Kept while the file is open: most segments of a column have the same object.
  func symbolTable(ofChunk place: Int) throws(StorageError) -> SymbolTable? {
    guard let reference = footer.chunks[place].symbols else { return nil }
    if let known = symbolTables.withLock({ $0[place] }) { return known }
    let page = try readPage(reference)
    do throws(EncodingError) {
      let table = try SymbolTable.stored(page)
      symbolTables.withLock { $0[place] = table }
      return table
    } catch {
      throw .encoding(error, file: file.path, base: reference.offset)
    }
  }

  private func missingBlock(
    _ column: ColumnID,
    at index: Int
  ) throws(StorageError) -> EncodedBlock {
    guard let (kind, value) = missing[column] else {
      throw .corrupt(file: file.path, offset: 0, what: "no column \(column.rawValue)")
    }
    do throws(EncodingError) {
      return try .constant(value, kind: kind, rowCount: rows(ofBlock: index).count)
    } catch {
      throw .encoding(error, file: file.path, base: 0)
    }
  }

  package func isCoded(_ column: ColumnID) -> Bool {
    guard let place = chunkPlace(column) else { return false }
    return footer.chunks[place].isCoded
  }

  package func dictionary(_ column: ColumnID) throws(StorageError) -> TextDictionary? {
    guard let place = chunkPlace(column), footer.chunks[place].dictionary != nil else { return nil }
    return try dictionary(ofChunk: place)
  }

  /// The dictionary of a chunk; one object for as long as anybody holds it.
  func dictionary(ofChunk place: Int) throws(StorageError) -> TextDictionary {
    if let known = dictionaries.withLock({ $0[place]?.value }) { return known }
    guard let reference = footer.chunks[place].dictionary else {
      throw .corrupt(file: file.path, offset: 0, what: "no dictionary")
    }
    let page = try readPage(reference)
    let fresh: TextDictionary
    do throws(EncodingError) {
      fresh = try TextDictionary(page: page)
    } catch {
      throw .encoding(error, file: file.path, base: reference.offset)
    }
    let winner = dictionaries.withLock { known in
      if let other = known[place]?.value { return other }
      known[place] = WeakDictionary(value: fresh)
      return fresh
    }
    let index = PageKey.dictionaryIndex
    let key = PageKey(file: cacheNumber, slot: UInt32(place), index: index)
    cache.insert(.dictionary(winner), as: key)
    return winner
  }

  /// Reads a page and verifies its checksum.
  func readPage(_ reference: PageReference) throws(StorageError) -> ByteBuffer {
    let buffer = ByteBuffer(byteCount: Int(reference.byteCount))
    let count = try world { () throws(IOError) in
      try unsafe file.read(
        into: UnsafeMutableRawBufferPointer(start: buffer.base, count: buffer.byteCount),
        at: reference.offset
      )
    }
    guard count == buffer.byteCount else {
      throw .corrupt(file: file.path, offset: reference.offset, what: "truncated page")
    }
    guard Checksum.of(buffer) == reference.checksum else {
      throw .corrupt(file: file.path, offset: reference.offset, what: "checksum of a page")
    }
    return buffer
  }

  /// The filter over key hashes, read once and then resident (1.5 bytes a row).
  func keyFilter(_ reference: PageReference) throws(StorageError) -> BloomFilter {
    if let known = filter.withLock({ $0 }) { return known }
    guard let fresh = BloomFilter(page: try readPage(reference)) else {
      throw .corrupt(file: file.path, offset: reference.offset, what: "key filter")
    }
    filter.withLock { $0 = fresh }
    return fresh
  }
}

/// A dictionary that lives as long as a block or the cache holds it.
private struct WeakDictionary {
  weak var value: TextDictionary?
}
