// Stands in for the segment part until it lands; whoever lands it deletes this file.

package import Catalog
package import ColumnEncoding
internal import Columnar
internal import SystemIO
package struct SegmentOptions: Sendable { package var blockRowCount = 8192; package init() {} }
package struct SegmentSummary: Sendable {
  var rowCount: Int; var sizeBytes: Int64; var contentHash: [UInt8]
}
package final class BlockCache: Sendable { init(capacityBytes: Int) {} }
package final class SegmentWriter {
  init(
    fileSystem: any FileSystem,
    path: String,
    definition: TableDefinition,
    partition: PartitionKey,
    options: SegmentOptions
  ) throws(StorageError) {}
  func append(_ rows: Batch) throws(StorageError) {}
  func finish() throws(StorageError) -> SegmentSummary { throw .closed }
  func abandon() {}
}
package final class SegmentFile: RowSource {
  package var rowCount: Int { 0 }
  package var blockRowCount: Int { 1 }
  package func statistics(_ column: ColumnID, block: Int?) -> BlockStatistics? { nil }
  package func block(_ column: ColumnID, at index: Int) throws(StorageError) -> EncodedBlock {
    throw .closed
  }
  static func open(
    fileSystem: any FileSystem,
    path: String,
    definition: TableDefinition,
    cache: BlockCache,
    expected: SegmentSummary?
  ) throws(StorageError) -> SegmentFile { throw .closed }
  func locate(keys: KeyHashes, of batch: Batch, into rows: inout [Int32]) throws(StorageError) {}
}
