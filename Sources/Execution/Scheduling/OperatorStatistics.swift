internal import Synchronization
internal import SystemIO

/// What one operator did, for EXPLAIN ANALYZE.
package struct OperatorStatistics: Sendable {
  /// As in EXPLAIN: `Scan deals`.
  package var name: String
  /// Steps below the top of the plan; operators are listed parents first.
  package var depth: Int
  /// Rows handed on.
  package var rows: Int
  /// Blocks that were decoded, at least partly; counted once a column.
  package var blocksRead: Int
  /// Blocks that statistics or partitions ruled out or answered; counted once a column.
  package var blocksSkipped: Int
  /// Encoded bytes of the blocks read.
  package var bytesRead: Int
  /// Bytes written to temporary files.
  package var bytesSpilled: Int
  /// Time of all threads together, inputs included; 0 unless measured.
  package var nanoseconds: UInt64
}

/// Counters of one operator, added to by its streams.
final class OperatorCounters: Sendable {
  let name: String
  let depth: Int
  private let rows = Atomic<Int>(0)
  private let blocksRead = Atomic<Int>(0)
  private let blocksSkipped = Atomic<Int>(0)
  private let bytesRead = Atomic<Int>(0)
  private let bytesSpilled = Atomic<Int>(0)
  private let nanoseconds = Atomic<UInt64>(0)
  private let clock = SystemClock()

  init(name: String, depth: Int) {
    self.name = name
    self.depth = depth
  }

  var now: UInt64 { clock.monotonicNanoseconds }

  func add(rows count: Int) { rows.add(count, ordering: .relaxed) }
  func add(nanoseconds time: UInt64) { nanoseconds.add(time, ordering: .relaxed) }
  func add(blocksRead read: Int, skipped: Int, bytes: Int) {
    blocksRead.add(read, ordering: .relaxed)
    blocksSkipped.add(skipped, ordering: .relaxed)
    bytesRead.add(bytes, ordering: .relaxed)
  }
  func add(bytesSpilled bytes: Int) { bytesSpilled.add(bytes, ordering: .relaxed) }

  var statistics: OperatorStatistics {
    OperatorStatistics(
      name: name,
      depth: depth,
      rows: rows.load(ordering: .relaxed),
      blocksRead: blocksRead.load(ordering: .relaxed),
      blocksSkipped: blocksSkipped.load(ordering: .relaxed),
      bytesRead: bytesRead.load(ordering: .relaxed),
      bytesSpilled: bytesSpilled.load(ordering: .relaxed),
      nanoseconds: nanoseconds.load(ordering: .relaxed)
    )
  }
}
