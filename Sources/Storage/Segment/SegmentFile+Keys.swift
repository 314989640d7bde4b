// Finding rows of a segment by primary key.

internal import Catalog
internal import ColumnEncoding
package import Columnar
internal import SystemIO

extension SegmentFile {
  /// Finds the rows that hold keys, deleted rows included.
  ///
  /// - Parameters:
  ///   - hashes: The hashes of the keys.
  ///   - batch: The key columns in key order.
  ///   - rows: One row a key; those that are -1 are looked up and stay -1 when the key is not here.
  /// - Throws: ``StorageError`` when a page cannot be read.
  /// - Complexity: A filter's cache line for most absent keys; a key page and a block for the others.
  package func locate(
    keys hashes: KeyHashes,
    of batch: Batch,
    into rows: inout [Int32]
  ) throws(StorageError) {
    guard let keys = footer.keys, keys.columns.count == batch.columns.count else { return }
    let wanted = wantedKeys(of: batch, keys.columns, rows)
    guard !wanted.isEmpty else { return }
    switch keys.form {
    case .dense(let minimum, let entryCount, let width):
      try locateDense(batch, wanted, minimum, entryCount, width, keys.pages, &rows)
    case .hashed(let firstTops, let filter):
      let filter = try keyFilter(filter)
      var passed = wanted.filter { filter.mayContain(hashes.values[$0]) }
      // In hash order each key page is fetched once.
      passed.sort { hashes.values[$0] < hashes.values[$1] }
      try locateHashed(hashes, batch, passed, firstTops, keys, &rows)
    }
  }

  /// The keys that are still to be found and lie within the bounds of the first key column.
  private func wantedKeys(of batch: Batch, _ columns: [ColumnID], _ rows: [Int32]) -> [Int] {
    let all = (0..<batch.rowCount).filter { rows[$0] < 0 }
    let first = batch.columns[0]
    guard first.kind == .int64, let id = columns.first, let known = statistics(id, block: nil),
      case .int64(let low) = known.minimum, case .int64(let high) = known.maximum
    else { return all }
    let lanes = first.int64
    return all.filter { low <= lanes[$0] && lanes[$0] <= high }
  }

  private func keyPage(_ index: Int, _ pages: [PageReference]) throws(StorageError) -> ByteBuffer {
    let key = PageKey(file: cacheNumber, slot: PageKey.keySlot, index: UInt32(index))
    if case .bytes(let buffer)? = cache.page(key) { return buffer }
    let buffer = try readPage(pages[index])
    cache.insert(.bytes(buffer), as: key)
    return buffer
  }

  private func locateDense(
    _ batch: Batch,
    _ wanted: [Int],
    _ minimum: Int64,
    _ entryCount: Int,
    _ width: Int,
    _ pages: [PageReference],
    _ rows: inout [Int32]
  ) throws(StorageError) {
    let column = batch.columns[0]
    guard column.kind == .int64 else { return }
    var loaded: (index: Int, page: ByteBuffer)?
    for index in wanted where column.isValid(index) {
      let offset = UInt64(bitPattern: column.int64[index] &- minimum)
      guard column.int64[index] >= minimum, offset < UInt64(entryCount) else { continue }
      let pageIndex = Int(offset) / PackedPage.entryCount
      if loaded?.index != pageIndex { loaded = (pageIndex, try keyPage(pageIndex, pages)) }
      guard let page = loaded?.page else { continue }
      let place = Int(offset) % PackedPage.entryCount
      let entry = PackedPage.value(in: page, width: width, at: place)
      guard entry > 0, Int(entry) <= rowCount else { continue }
      if try isKey(batch, index, at: Int(entry) - 1) { rows[index] = Int32(entry) - 1 }
    }
  }

  private func locateHashed(
    _ hashes: KeyHashes,
    _ batch: Batch,
    _ wanted: [Int],
    _ firstTops: [UInt32],
    _ keys: KeyRunFooter,
    _ rows: inout [Int32]
  ) throws(StorageError) {
    for index in wanted {
      let top = UInt32(hashes.values[index] >> 32)
      var page = firstPage(of: top, firstTops)
      while page < firstTops.count, firstTops[page] <= top, rows[index] < 0 {
        let bytes = try keyPage(page, keys.pages)
        let entries = HashedKeyPage(bytes)
        var entry = entries.lowerBound(top)
        while entry < entries.count, entries.top(entry) == top, rows[index] < 0 {
          let row = Int(entries.row(entry))
          if row < rowCount, try isKey(batch, index, at: row) { rows[index] = Int32(row) }
          entry += 1
        }
        page += 1
      }
    }
  }

  /// The first page that may hold `top`: the last one that begins below it.
  private func firstPage(of top: UInt32, _ firstTops: [UInt32]) -> Int {
    var low = 0
    var high = firstTops.count
    while low < high {
      let middle = (low + high) / 2
      if firstTops[middle] < top { low = middle + 1 } else { high = middle }
    }
    return max(0, low - 1)
  }

  /// Whether the key columns of a row hold key `index` of the batch.
  func isKey(_ batch: Batch, _ index: Int, at row: Int) throws(StorageError) -> Bool {
    guard let keys = footer.keys else { return false }
    for (place, id) in keys.columns.enumerated() {
      let block = try block(id, at: row / blockRowCount)
      do throws(EncodingError) {
        let value = try block.value(at: row % blockRowCount)
        guard batch.columns[place].isSameKey(index, as: value) else { return false }
      } catch {
        throw .encoding(error, file: file.path, base: 0)
      }
    }
    return true
  }
}

/// A page of the hashed form: tops, then rows.
struct HashedKeyPage {
  private let bytes: ByteBuffer
  let count: Int

  init(_ bytes: ByteBuffer) {
    self.bytes = bytes
    count = bytes.byteCount / 8
  }

  func top(_ entry: Int) -> UInt32 { word(entry) }
  func row(_ entry: Int) -> UInt32 { word(count + entry) }

  private func word(_ index: Int) -> UInt32 {
    precondition(index >= 0 && index * 4 + 4 <= bytes.byteCount)
    // SAFETY: inside by the check above; buffers are aligned to 64 bytes.
    return unsafe bytes.base.load(fromByteOffset: index * 4, as: UInt32.self)
  }

  /// The first entry whose top is not below `top`.
  func lowerBound(_ top: UInt32) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if self.top(middle) < top { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
