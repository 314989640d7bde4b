internal import Catalog

/// A bulk-loaded file, so that loading it twice can be refused.
struct LoadedFile: Hashable, Sendable {
  var table: TableID
  var contentHash: [UInt8]
  var name: String
}

/// Everything at one commit.
///
/// A value of shared parts: a commit copies what it touches.
struct StoreState: Sendable {
  /// The commit that made this state; 0: nothing yet.
  var sequence: UInt64 = 0
  var catalog = CatalogSnapshot()
  var tables: [TableID: TableState] = [:]
  var nextSlot: UInt32 = 0
  /// The highest segment number that was ever in a state.
  var lastSegmentNumber: UInt32 = 0
  /// Positions of change streams by name, committed with the rows they stand for.
  var positions: [String: UInt64] = [:]
  var loadedFiles: Set<LoadedFile> = []
  /// Wall clock of the last commit, microseconds since 1970.
  var commitMicroseconds: Int64 = 0

  /// All segment handles.
  func forEachSegment(_ body: (SegmentEntry) -> Void) {
    for table in tables.values {
      for partition in table.partitions.values {
        for entry in partition.segments { body(entry) }
      }
    }
  }
}
