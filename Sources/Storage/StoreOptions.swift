package import SystemIO

/// How a store behaves; the defaults are for service, tests make everything small.
package struct StoreOptions: Sendable {
  /// Rows in a block of new segments and delta batches: 8,192, or 64 in small-block tests.
  package var blockRowCount = 8192
  /// Delta rows of a partition at which it is sealed into a segment, at the latest: a partition with fewer than
  /// 16 times as many rows is sealed earlier.
  package var sealRowCount = 131_072
  /// Delta batches of one size class that are merged into one of the next.
  package var mergeBatchCount = 16
  /// Rows at which a new segment is cut.
  package var segmentRowsMax = 4_194_304
  /// Segments of a partition at which its small ones are merged.
  package var compactSegmentCount = 8
  /// Deleted rows, in hundredths of a segment's rows, at which it is written anew.
  package var compactDeletedPercent = 10
  /// How long a partition must have been left alone until it is tidied: sealed and written anew for fewer
  /// changes than the limits above, because nothing else is to be done.
  package var quietNanoseconds: UInt64 = 3_000_000_000
  /// A partition is tidied when one of so many rows was changed.
  package var quietRowsPerChange = 64
  /// Bytes of log after which a checkpoint is written.
  package var checkpointLogBytes = 64 << 20
  /// Bytes of encoded blocks kept in memory, filled as blocks are read: a quarter of the machine's memory.
  package var cacheBytes = max(256 << 20, Machine.physicalMemoryBytes / 4)
  /// Whether a thread seals, compacts, drops old partitions and writes checkpoints by itself.
  package var runsInBackground = true
  /// Tells the time for retention and commit times.
  package var clock: any TimeSource = SystemClock()

  package init() {}
}

/// When a commit returns.
package enum CommitMode: Sendable {
  /// When its record is on disk.
  case durable
  /// When its record is with the kernel: a kill of the process loses nothing, a power loss may lose
  /// the last commits, never the middle of the row.
  case relaxed
}
