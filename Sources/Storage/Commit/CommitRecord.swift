// One commit: what changes from one state to the next. The same value is applied to the head state
// when it is committed and, read back from the log, when a store is opened.

internal import Catalog
internal import Columnar

/// A segment that enters the state; without a handle only while the log is replayed.
struct NewSegment: Sendable {
  var reference: SegmentReference
  var handle: SegmentHandle?
}

/// Rows of one partition, committed together.
struct NewRows: Sendable {
  var table: TableID
  var partition: PartitionKey
  /// Set when the commit takes its place in the order.
  var firstRow: UInt64
  var batch: DeltaBatch
  /// Key hashes, row by row; empty for tables without a key, and for rows read back from the log.
  var keyHashes: [UInt64]
}

/// One step of a commit.
enum CommitPart: Sendable {
  case catalog(CatalogChange)
  case rows(NewRows)
  /// Rows to delete, by ascending locator.
  case delete(TableID, [UInt64])
  /// Segments of a bulk load.
  case publish(TableID, PartitionKey, [NewSegment])
  /// Delta rows below `end` are now in segments; `deleted` are their rows deleted meanwhile.
  case seal(TableID, PartitionKey, end: UInt64, [NewSegment], deleted: [UInt64])
  /// Segments written anew.
  case compact(TableID, PartitionKey, removed: [UInt32], [NewSegment], deleted: [UInt64])
  /// How far a change stream is applied.
  case position(String, UInt64)
}

/// A whole commit.
struct CommitRecord: Sendable {
  static let version: UInt8 = 1

  /// Wall clock, microseconds since 1970.
  var timeMicroseconds: Int64
  var parts: [CommitPart]
}
