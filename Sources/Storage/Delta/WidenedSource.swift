package import Catalog
package import ColumnEncoding
package import Columnar
internal import Synchronization

/// A source with columns that were added to its table after its rows were written.
package final class WidenedSource: RowSource {
  /// The rows as they were written.
  package let base: any RowSource
  private let added: [ColumnID: (kind: LaneKind, value: Datum)]
  private let blocks = Mutex<[ColumnID: [Int: EncodedBlock]]>([:])

  init(_ base: any RowSource, adding columns: [ColumnDefinition]) {
    self.base = base
    added = Dictionary(
      columns.map { ($0.id, ($0.type.laneKind, $0.missingValue)) },
      uniquingKeysWith: { first, _ in first }
    )
  }

  package var rowCount: Int { base.rowCount }
  package var blockRowCount: Int { base.blockRowCount }

  package func statistics(_ column: ColumnID, block: Int?) -> BlockStatistics? {
    guard let (_, value) = added[column] else { return base.statistics(column, block: block) }
    // Values without an order in statistics say nothing.
    guard value.isNull else { return nil }
    let rows = block.map { base.rows(ofBlock: $0).count } ?? rowCount
    return BlockStatistics(
      rowCount: rows,
      nullCount: rows,
      minimum: .null,
      maximum: .null,
      sum: nil,
      isSorted: false
    )
  }

  package func isCoded(_ column: ColumnID) -> Bool {
    added[column] == nil && base.isCoded(column)
  }

  package func dictionary(_ column: ColumnID) throws(StorageError) -> TextDictionary? {
    added[column] == nil ? try base.dictionary(column) : nil
  }

  package func block(_ column: ColumnID, at index: Int) throws(StorageError) -> EncodedBlock {
    guard let (kind, value) = added[column] else { return try base.block(column, at: index) }
    let rows = base.rows(ofBlock: index).count
    if let block = blocks.withLock({ $0[column]?[rows] }) { return block }
    let vector = Vector(kind: kind, capacity: rows)
    vector.fill(with: value, rowCount: rows)
    let (bytes, _) = BlockEncoder.encode(vector, rowCount: rows)
    do throws(EncodingError) {
      let block = try EncodedBlock(bytes: bytes, kind: kind, dictionary: nil)
      blocks.withLock { $0[column, default: [:]][rows] = block }
      return block
    } catch {
      throw .encoding(error, file: "memory", base: 0)
    }
  }
}
