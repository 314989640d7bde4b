package import Catalog
package import Columnar

/// Collects rows that stay in memory, in the form of a stored source: encoded blocks with statistics.
///
/// Used by one thread.
package final class MemoryRows {
  private let definition: TableDefinition
  private let blockRowCount: Int
  private let vectors: [Vector]
  package private(set) var rowCount = 0

  package init(definition: TableDefinition, blockRowCount: Int) {
    self.definition = definition
    self.blockRowCount = blockRowCount
    vectors = definition.columns.map { Vector(kind: $0.type.laneKind, capacity: 64) }
  }

  /// Copies the rows of a batch with the definition's columns.
  package func append(_ batch: Batch) {
    let rows = (0..<Int32(batch.rowCount)).map { $0 }
    for (vector, column) in zip(vectors, batch.columns) {
      vector.append(from: column, rows: rows, at: rowCount)
    }
    rowCount += batch.rowCount
  }

  /// The rows as a source; nil when there is none.
  ///
  /// - Throws: ``StorageError`` when a block cannot be made.
  package func finish() throws(StorageError) -> (any RowSource)? {
    guard rowCount > 0 else { return nil }
    return try DeltaBatch(
      encoding: zip(definition.columns, vectors).map { (id: $0.id, vector: $1) },
      rowCount: rowCount,
      blockRowCount: blockRowCount,
      DeltaEncoders()
    )
  }
}
