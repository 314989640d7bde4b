// The primary-key index of a segment: which row holds a key.
//
// Dense form, for one int64 key column whose range is at most 2.5 times the rows: entry key - minimum
// holds row + 1, or 0; packed pages of 1,024 entries. Hashed form, for all other keys: pages of 512
// entries sorted by the upper half of the key's hash, u32 tops and then u32 rows, and a Bloom filter
// over the hashes. The key columns themselves decide.

internal import Catalog
internal import ColumnEncoding
internal import Columnar

/// What the footer says of the key run.
struct KeyRunFooter: Sendable {
  enum Form: Sendable {
    case dense(minimum: Int64, entryCount: Int, width: Int)
    case hashed(firstTops: [UInt32], filter: PageReference)
  }

  static let hashedEntriesPerPage = 512

  var columns: [ColumnID]
  var form: Form
  var pages: [PageReference]

  func encode(to writer: inout ByteWriter) {
    writer.writeCount(columns.count)
    for column in columns { writer.write(column.rawValue) }
    writer.writeCount(pages.count)
    for page in pages { page.encode(to: &writer) }
    switch form {
    case .dense(let minimum, let entryCount, let width):
      writer.write(UInt8(1))
      writer.write(minimum)
      writer.write(UInt64(entryCount))
      writer.write(UInt8(width))
    case .hashed(let firstTops, let filter):
      writer.write(UInt8(2))
      for top in firstTops { writer.write(top) }
      filter.encode(to: &writer)
    }
  }

  init(columns: [ColumnID], form: Form, pages: [PageReference]) {
    self.columns = columns
    self.form = form
    self.pages = pages
  }

  init(from reader: inout ByteReader) throws(CodingError) {
    columns = []
    for _ in 0..<(try reader.readCount()) {
      columns.append(ColumnID(try reader.read(UInt32.self)))
    }
    pages = []
    for _ in 0..<(try reader.readCount()) { pages.append(try PageReference(from: &reader)) }
    let start = reader.offset
    switch try reader.read(UInt8.self) {
    case 1:
      let minimum = try reader.read(Int64.self)
      let entryCount = try reader.read(UInt64.self)
      let width = Int(try reader.read(UInt8.self))
      let pageCount =
        (entryCount + UInt64(PackedPage.entryCount) - 1) / UInt64(PackedPage.entryCount)
      guard entryCount < 1 << 33, width <= 32, pageCount == UInt64(pages.count),
        pages.allSatisfy({ $0.byteCount == PackedPage.byteCount(width: width) })
      else { throw .invalid(field: "dense keys", offset: start) }
      form = .dense(minimum: minimum, entryCount: Int(entryCount), width: width)
    case 2:
      var firstTops: [UInt32] = []
      for _ in pages { firstTops.append(try reader.read(UInt32.self)) }
      let filter = try PageReference(from: &reader)
      guard pages.allSatisfy({ $0.byteCount % 8 == 0 && $0.byteCount > 0 }),
        filter.byteCount >= 32, filter.byteCount % 32 == 0
      else { throw .invalid(field: "hashed keys", offset: start) }
      form = .hashed(firstTops: firstTops, filter: filter)
    default: throw .invalid(field: "key form", offset: start)
    }
  }
}

/// Collects the keys of a segment and writes its run: 8 bytes a row until then.
struct KeyRunBuilder {
  private let columns: [ColumnID]
  /// Places of the key columns in the definition.
  let places: [Int]
  /// Keys of the single int64 form, else hashes, in row order.
  private(set) var words: [UInt64] = []
  private let isSingleInteger: Bool

  init(_ definition: TableDefinition) {
    columns = definition.primaryKey
    places = columns.compactMap { definition.index(of: $0) }
    isSingleInteger =
      places.count == 1 && definition.columns[places[0]].type.laneKind == .int64
  }

  mutating func append(_ rows: Batch) {
    append(keys: places.map { rows.columns[$0] }, rowCount: rows.rowCount)
  }

  /// Appends rows by their key columns, in key order.
  mutating func append(keys: [Vector], rowCount: Int) {
    guard isSingleInteger else {
      words += KeyHashes(of: keys, rowCount: rowCount).values
      return
    }
    let column = keys[0]
    words.append(addingCapacity: rowCount) { output in
      let lanes = column.int64
      for row in 0..<rowCount { output.append(UInt64(bitPattern: lanes[row])) }
    }
  }

  func write(to output: SegmentOutput) throws(StorageError) -> KeyRunFooter {
    guard isSingleInteger, !words.isEmpty else { return try writeHashed(words, to: output) }
    let keys = words.map { Int64(bitPattern: $0) }
    let minimum = keys.min() ?? 0
    let range = UInt64(bitPattern: keys.max() ?? 0) &- UInt64(bitPattern: minimum)
    if range < UInt64(keys.count) * 5 / 2,
      let footer = try writeDense(keys, minimum, entryCount: Int(range) + 1, to: output)
    {
      return footer
    }
    let vector = Vector(kind: .int64, capacity: keys.count)
    var lanes = vector.mutableInt64
    for row in keys.indices { lanes[row] = keys[row] }
    return try writeHashed(KeyHashes(of: [vector], rowCount: keys.count).values, to: output)
  }

  /// Writes the dense form; nil when two rows have one key.
  private func writeDense(
    _ keys: [Int64],
    _ minimum: Int64,
    entryCount: Int,
    to output: SegmentOutput
  ) throws(StorageError) -> KeyRunFooter? {
    var entries = [UInt32](repeating: 0, count: entryCount)
    for row in keys.indices {
      let place = Int(keys[row] &- minimum)
      if entries[place] != 0 { return nil }
      entries[place] = UInt32(row + 1)
    }
    let width = PackedPage.width(for: UInt32(keys.count))
    var pages: [PageReference] = []
    for first in stride(from: 0, to: entryCount, by: PackedPage.entryCount) {
      let end = min(entryCount, first + PackedPage.entryCount)
      let page = PackedPage.encode(entries.span.extracting(first..<end), width: width)
      pages.append(try output.append(page))
    }
    let form = KeyRunFooter.Form.dense(minimum: minimum, entryCount: entryCount, width: width)
    return KeyRunFooter(columns: columns, form: form, pages: pages)
  }

  private func writeHashed(
    _ hashes: [UInt64],
    to output: SegmentOutput
  ) throws(StorageError) -> KeyRunFooter {
    var entries = hashes.indices.map { hashes[$0] & ~0xffff_ffff | UInt64($0) }
    radixSort(&entries, fromBit: 32, throughBit: 63)
    var pages: [PageReference] = []
    var firstTops: [UInt32] = []
    for first in stride(from: 0, to: entries.count, by: KeyRunFooter.hashedEntriesPerPage) {
      let end = min(entries.count, first + KeyRunFooter.hashedEntriesPerPage)
      firstTops.append(UInt32(entries[first] >> 32))
      pages.append(try output.append(Self.hashedPage(entries.span.extracting(first..<end))))
    }
    let filter = try output.append(BloomFilter(hashes: hashes).page)
    let form = KeyRunFooter.Form.hashed(firstTops: firstTops, filter: filter)
    return KeyRunFooter(columns: columns, form: form, pages: pages)
  }

  /// The upper halves of the entries, then the lower ones.
  private static func hashedPage(_ entries: Span<UInt64>) -> ByteBuffer {
    let page = ByteBuffer(byteCount: entries.count * 8)
    // SAFETY: the page has room for two lanes an entry.
    var lanes = unsafe MutableSpan(
      _unsafeStart: page.base.assumingMemoryBound(to: UInt32.self),
      count: entries.count * 2
    )
    for index in entries.indices {
      lanes[index] = UInt32(truncatingIfNeeded: entries[index] >> 32).littleEndian
      lanes[entries.count + index] = UInt32(truncatingIfNeeded: entries[index]).littleEndian
    }
    return page
  }
}
