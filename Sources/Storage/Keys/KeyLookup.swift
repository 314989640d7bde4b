// Finding the live row of a key: first in the delta, by hash; then in the segments.

internal import Catalog
internal import ColumnEncoding
internal import Columnar

extension TableState {
  /// The columns of a key, for looking up: in key order, with their places in a definition-order batch.
  var keyColumns: [(id: ColumnID, index: Int)] {
    definition.primaryKey.compactMap { id in definition.index(of: id).map { (id, $0) } }
  }

  /// For so many keys ahead the memory of the key index is asked for.
  private static let keysAhead = 6

  /// Finds the live rows of keys.
  ///
  /// - Parameters:
  ///   - keys: The key columns, in key order.
  ///   - hashes: Their hashes.
  ///   - isNewSegment: When given, only segments for which it answers true are searched.
  ///   - isIgnored: Rows to be taken for deleted.
  /// - Returns: One locator a key, nil where there is no live row.
  /// - Throws: ``StorageError`` when a segment cannot be read.
  func locate(
    keys: Batch,
    hashes: KeyHashes,
    isNewSegment: ((UInt32) -> Bool)? = nil,
    ignoring isIgnored: (UInt64) -> Bool = { _ in false }
  ) throws(StorageError) -> [UInt64?] {
    var found = [UInt64?](repeating: nil, count: keys.rowCount)
    var missingCount = 0
    for row in 0..<keys.rowCount {
      if row + Self.keysAhead < keys.rowCount {
        deltaKeys.prefetch(hashes.values[row + Self.keysAhead])
      }
      found[row] = try deltaKeys.first(ofHash: hashes.values[row]) {
        (locator) throws(StorageError) -> UInt64? in
        guard let (entry, deltaRow) = liveDeltaRow(of: locator), !isIgnored(locator),
          try entry.batch.hasKey(keys, row, columns: definition.primaryKey, at: deltaRow)
        else { return nil }
        return locator
      }
      if found[row] == nil { missingCount += 1 }
    }
    guard missingCount > 0 else { return found }
    try locateInSegments(keys, hashes, isNewSegment, isIgnored, &found)
    return found
  }

  private func locateInSegments(
    _ keys: Batch,
    _ hashes: KeyHashes,
    _ isNewSegment: ((UInt32) -> Bool)?,
    _ isIgnored: (UInt64) -> Bool,
    _ found: inout [UInt64?]
  ) throws(StorageError) {
    var missing = KeySelection()
    for index in found.indices where found[index] == nil { missing.append(index) }
    let lone = loneKey(missing, keys)
    for entry in segmentDirectory {
      if let lone, !entry.bounds.contains(lone) { continue }
      guard isNewSegment?(entry.number) ?? true else { continue }
      let base = Locator.base(segment: entry.number)
      var deletions: DeleteVector??
      var count = 0
      try entry.handle.file.locate(missing, keys: hashes, of: keys) { index, row in
        let gone = deletions ?? segment(entry.number)?.deletions
        deletions = .some(gone)
        let locator = base + UInt64(row)
        if gone?.isDeleted(Int(row)) == true || isIgnored(locator) { return }
        found[index] = locator
        count += 1
      }
      if count > 0 { missing.remove { found[$0] != nil } }
      if missing.count == 0 { return }
    }
  }

  /// The first column of the only key that is wanted, where it is an integer: bounds alone rule out most segments then.
  private func loneKey(_ wanted: KeySelection, _ keys: Batch) -> Int64? {
    guard wanted.count == 1, let column = keys.columns.first, column.kind == .int64,
      let row = wanted.numbers.first.map({ Int($0) }), column.isValid(row)
    else { return nil }
    return column.int64[row]
  }
}

extension DeltaBatch {
  /// Whether a row has the key in row `row` of `keys`, whose columns are `columns`.
  func hasKey(
    _ keys: Batch,
    _ row: Int,
    columns ids: [ColumnID],
    at deltaRow: Int
  ) throws(StorageError) -> Bool {
    for (place, id) in ids.enumerated() {
      let block = try block(id, at: deltaRow / blockRowCount)
      let blockRow = deltaRow % blockRowCount
      if block.kind == .int64, block.nullCount == 0 {
        let column = keys.columns[place]
        guard column.isValid(row), column.int64[row] == block.integer(at: blockRow) else {
          return false
        }
        continue
      }
      do throws(EncodingError) {
        let value = try block.value(at: blockRow)
        guard keys.columns[place].isSameKey(row, as: value) else { return false }
      } catch {
        throw .encoding(error, file: "delta", base: 0)
      }
    }
    return true
  }
}

extension Vector {
  /// Whether a row's key value equals `value`; NULL equals nothing.
  func isSameKey(_ row: Int, as value: Datum) -> Bool {
    guard isValid(row) else { return false }
    switch (kind, value) {
    case (_, .null): return false
    case (.int64, .int64(let value)): return int64[row] == value
    case (.bytes, .bytes(let value)): return view(at: row).isEqual(to: value)
    case (.uuid, .uuid(let value)): return uuid[row] == value
    default:
      let other = Vector(kind: kind, capacity: 1)
      return other.set(value, at: 0) && isSameKey(row, as: other, 0)
    }
  }
}

extension ByteView {
  fileprivate func isEqual(to bytes: [UInt8]) -> Bool {
    guard count == bytes.count else { return false }
    let mine = span
    for index in bytes.indices where mine[index] != bytes[index] { return false }
    return true
  }
}
