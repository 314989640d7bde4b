package import Catalog
package import Columnar

/// Which values a column of a source may have: absent ones are told without reading a block.
package struct ValueFilter: Sendable {
  private let filter: BloomFilter

  /// Reads the whole column.
  ///
  /// - Parameters:
  ///   - column: A column of the source.
  ///   - source: Not empty.
  /// - Throws: ``StorageError`` when it cannot be read.
  package init(of column: ColumnID, in source: any RowSource) throws(StorageError) {
    let values = try source.decodeColumn(column)
    filter = BloomFilter(hashes: KeyHashes(of: [values], rowCount: source.rowCount).values)
  }

  /// Which of some values may be there: one in some hundred that are not is among them.
  ///
  /// - Parameters:
  ///   - values: Of the column's kind.
  ///   - count: How many.
  /// - Returns: True or false for each.
  package func mayContain(_ values: Vector, count: Int) -> [Bool] {
    KeyHashes(of: [values], rowCount: count).values.map { filter.mayContain($0) }
  }
}
