// Reading the row of one key: what a statement about a single row needs of a table, without the table being made
// ready for scans.

package import Catalog
internal import ColumnEncoding
package import Columnar

/// Which columns of a table are read, and into what.
///
/// Used by one thread.
package final class KeyRowReader {
  package let table: TableID
  package let columns: [ColumnID]
  /// One a column, of its kind; strings come as views, not as codes.
  package let vectors: [Vector]
  private var blocks: [EncodedBlock] = []

  package init(_ table: TableID, columns: [ColumnID], vectors: [Vector]) {
    self.table = table
    self.columns = columns
    self.vectors = vectors
  }

  fileprivate func read(_ row: Int, of source: any RowSource) throws(StorageError) {
    let rowsInBlock = source.blockRowCount
    let number = row / rowsInBlock
    blocks.removeAll(keepingCapacity: true)
    // As in RowGather: what must come from memory is asked for before the first column is read.
    for pass in 0...1 { source.prefetchBlocks(columns, at: number, pass: pass) }
    try source.appendBlocks(columns, at: number, to: &blocks)
    for block in blocks { block.prefetch(row % rowsInBlock) }
    let place: InlineArray<1, UInt16> = [UInt16(truncatingIfNeeded: row % rowsInBlock)]
    do throws(EncodingError) {
      for (block, vector) in zip(blocks, vectors) {
        try block.gather(place.span, into: vector, at: 0)
        vector.replaceCodesByViews(rowCount: 1)
      }
    } catch {
      throw .encoding(error, file: "a block", base: 0)
    }
  }

  fileprivate func read(_ row: Int, of rows: OwnRows) {
    let place = [Int32(truncatingIfNeeded: row)]
    for (column, vector) in zip(columns, vectors) {
      guard let index = rows.columns.firstIndex(of: column) else { continue }
      vector.reset()
      vector.append(from: rows.vectors[index], rows: place, at: 0)
    }
  }
}

extension Snapshot {
  /// Reads the row of a key.
  ///
  /// - Parameters:
  ///   - key: The key columns in key order, one row without NULL.
  ///   - reader: Its vectors hold the row afterwards, if there is one.
  /// - Returns: Where the row is; nil: there is none.
  /// - Throws: ``StorageError/unknownTable(_:)``, or what reading a segment gives.
  package func readRow(_ key: Batch, _ reader: KeyRowReader) throws(StorageError) -> UInt64? {
    guard let table = state.tables[reader.table] else { throw .unknownTable(reader.table) }
    guard let locator = try table.locate(keys: key, hashes: KeyHashes(of: key))[0] else {
      return nil
    }
    try table.read(locator, reader)
    return locator
  }
}

extension Transaction {
  /// As a snapshot's; own changes included.
  package func readRow(_ key: Batch, _ reader: KeyRowReader) throws(StorageError) -> UInt64? {
    guard let table = working.tables[reader.table] else { throw .unknownTable(reader.table) }
    let found = try locate(table, keys: key, hashes: KeyHashes(of: key))
    guard let locator = found[0] else { return nil }
    guard Locator.isOwn(locator) else {
      try table.read(locator, reader)
      return locator
    }
    guard let own = tables[reader.table], let rows = own.rows(of: locator) else { return nil }
    reader.read(Int(Locator.deltaRow(of: locator)), of: rows)
    return locator
  }
}

extension TableState {
  /// Reads a committed row, which is there.
  fileprivate func read(_ locator: UInt64, _ reader: KeyRowReader) throws(StorageError) {
    if Locator.isDelta(locator) {
      guard let entry = deltaEntry(of: locator) else { return }
      try reader.read(Int(Locator.deltaRow(of: locator) - entry.firstRow), of: entry.source)
    } else {
      guard let entry = segment(Locator.segment(of: locator)), let source = entry.source else {
        return
      }
      try reader.read(Locator.segmentRow(of: locator), of: source)
    }
  }
}
