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
    var wanted = KeySelection()
    for index in 0..<batch.rowCount where rows[index] < 0 { wanted.append(index) }
    try locate(wanted, keys: hashes, of: batch) { rows[$0] = $1 }
  }

  /// Finds the rows that hold some of the keys of a batch, deleted rows included.
  ///
  /// - Parameters:
  ///   - wanted: Which keys.
  ///   - hashes: The hashes of all keys.
  ///   - batch: The key columns in key order.
  ///   - found: Called with a key and its row, at most once a key.
  /// - Throws: ``StorageError`` when a page cannot be read.
  func locate(
    _ wanted: KeySelection,
    keys hashes: KeyHashes,
    of batch: Batch,
    _ found: (Int, Int32) -> Void
  ) throws(StorageError) {
    guard let keys = footer.keys, keys.columns.count == batch.columns.count else { return }
    var inBounds = KeySelection()
    if let bounds = keyBounds, batch.columns[0].kind == .int64 {
      wanted.copyKeys(of: batch.columns[0], in: bounds, to: &inBounds)
    } else {
      inBounds = wanted
    }
    guard inBounds.count > 0 else { return }
    switch keys.form {
    case .dense(let minimum, let entryCount, let width):
      try locateDense(batch, inBounds, minimum, entryCount, width, keys.pages, found)
    case .hashed(let firstTops, let filter):
      let filter = try keyFilter(filter)
      var passed = inBounds.numbers.filter { filter.mayContain(hashes.values[Int($0)]) }
      // In hash order each key page is fetched once.
      passed.sort { hashes.values[Int($0)] < hashes.values[Int($1)] }
      try locateHashed(hashes, batch, passed, firstTops, keys, found)
    }
  }

  private func keyPage(_ index: Int, _ pages: [PageReference]) throws(StorageError) -> ByteBuffer {
    let key = PageKey(file: cacheNumber, slot: PageKey.keySlot, index: UInt32(index))
    if case .bytes(let buffer)? = cache.page(key) { return buffer }
    let buffer = try readPage(pages[index])
    cache.insert(.bytes(buffer), as: key)
    return buffer
  }

  /// An entry of the dense form is exact: its place is the key, so the key column need not be read.
  private func locateDense(
    _ batch: Batch,
    _ wanted: KeySelection,
    _ minimum: Int64,
    _ entryCount: Int,
    _ width: Int,
    _ pages: [PageReference],
    _ found: (Int, Int32) -> Void
  ) throws(StorageError) {
    let column = batch.columns[0]
    guard column.kind == .int64 else { return }
    var loaded: (index: Int, page: ByteBuffer)?
    let lanes = column.int64
    // First all places, then all entries: what must come from memory comes at the same time.
    var entries: [(number: Int32, page: ByteBuffer, place: Int)] = []
    entries.reserveCapacity(wanted.count)
    for number in wanted.numbers where column.isValid(Int(number)) {
      let key = lanes[Int(number)]
      let offset = UInt64(bitPattern: key &- minimum)
      guard key >= minimum, offset < UInt64(entryCount) else { continue }
      let pageIndex = Int(offset) / PackedPage.entryCount
      if loaded?.index != pageIndex { loaded = (pageIndex, try keyPage(pageIndex, pages)) }
      guard let page = loaded?.page else { continue }
      let place = Int(offset) % PackedPage.entryCount
      PackedPage.prefetch(page, width: width, at: place)
      entries.append((number, page, place))
    }
    for (number, page, place) in entries {
      let entry = PackedPage.value(in: page, width: width, at: place)
      guard entry > 0, Int(entry) <= rowCount else { continue }
      found(Int(number), Int32(entry) - 1)
    }
  }

  private func locateHashed(
    _ hashes: KeyHashes,
    _ batch: Batch,
    _ wanted: [Int32],
    _ firstTops: [UInt32],
    _ keys: KeyRunFooter,
    _ found: (Int, Int32) -> Void
  ) throws(StorageError) {
    for number in wanted {
      let index = Int(number)
      var isFound = false
      let top = UInt32(hashes.values[index] >> 32)
      var page = firstPage(of: top, firstTops)
      while page < firstTops.count, firstTops[page] <= top, !isFound {
        let bytes = try keyPage(page, keys.pages)
        let entries = HashedKeyPage(bytes)
        var entry = entries.lowerBound(top)
        while entry < entries.count, entries.top(entry) == top, !isFound {
          let row = Int(entries.row(entry))
          if row < rowCount, try isKey(batch, index, at: row) {
            isFound = true
            found(index, Int32(row))
          }
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

/// Numbers of keys of a batch that are to be looked up.
struct KeySelection {
  private(set) var numbers: [Int32] = []

  var count: Int { numbers.count }

  mutating func append(_ number: Int) { numbers.append(Int32(truncatingIfNeeded: number)) }

  /// Drops the keys for which `isFound` answers true.
  mutating func remove(_ isFound: (Int) -> Bool) { numbers.removeAll { isFound(Int($0)) } }

  /// Copies the keys whose first column lies within bounds: no branch a key, most segments hold none.
  func copyKeys(of column: Vector, in bounds: ClosedRange<Int64>, to target: inout KeySelection) {
    let lanes = column.int64
    let span = UInt64(bitPattern: bounds.upperBound &- bounds.lowerBound)
    target.numbers = unsafe [Int32](unsafeUninitializedCapacity: numbers.count) { places, count in
      for number in numbers {
        // SAFETY: `count` never passes the number of keys seen before, and there is room for all.
        unsafe places[count] = number
        let offset = UInt64(bitPattern: lanes[Int(number)] &- bounds.lowerBound)
        count &+= offset <= span ? 1 : 0
      }
    }
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
