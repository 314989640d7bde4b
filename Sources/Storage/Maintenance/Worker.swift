// The background thread: seals what has grown, compacts, drops months that are too old, writes
// checkpoints. Everything it does can also be called; tests do so, in an order they choose.

internal import Catalog
internal import Columnar
internal import SystemIO

extension Store {
  /// What the thread does next.
  private enum Work {
    case close, round
    case merge(Set<PartitionPlace>)
  }

  /// Body of the thread: works until the store is closed or gone.
  static func maintain(_ store: @escaping @Sendable () -> Store?) {
    var round = 0
    var lastRound: UInt64 = 0
    var tidying = Tidying()
    while true {
      guard let store = store() else { return }
      switch store.nextWork(since: lastRound) {
      case .close: return
      case .merge(let places): for place in places { store.mergeQuietly(place) }
      case .round:
        store.runRound(checksRetention: round % 600 == 0, &tidying)
        round += 1
        lastRound = store.options.clock.monotonicNanoseconds
      }
    }
  }

  /// Waits for work: a round is due ten times a second; between them batches are merged.
  private func nextWork(since lastRound: UInt64) -> Work {
    let passed = options.clock.monotonicNanoseconds &- lastRound
    guard passed < Self.roundNanoseconds else {
      return maintenance.withLock { $0.isClosing ? .close : .round }
    }
    let work = maintenance.wait(nanoseconds: Self.roundNanoseconds - passed) { state -> Work? in
      if state.isClosing { return .close }
      guard !state.placesToMerge.isEmpty else { return nil }
      defer { state.placesToMerge = [] }
      return .merge(state.placesToMerge)
    }
    return work ?? .round
  }

  private static let roundNanoseconds: UInt64 = 100_000_000

  private func runRound(checksRetention: Bool, _ tidying: inout Tidying) {
    do throws(StorageError) {
      try pipeline.flush()
      if checksRetention { try dropExpiredPartitions() }
      try maintainPartitions()
      if tidying.isDue(options.clock.monotonicNanoseconds, options) {
        let hadWork = tidying.foundWork
        tidying.foundWork = try tidyQuietPartition(since: tidying.startedAt)
        // What the new segments replaced goes with a checkpoint.
        if hadWork, !tidying.foundWork { try checkpoint() }
      }
      if pipeline.logByteCount >= Int64(options.checkpointLogBytes) { try checkpoint() }
      maintenance.withLock { $0.failure = nil }
    } catch {
      maintenance.withLock { $0.failure = error }
    }
  }

  /// Seals and compacts wherever a limit is reached.
  package func maintainPartitions() throws(StorageError) {
    let state = pipeline.withQueue { $0.head }
    for table in state.tables.values {
      for partition in table.partitions.values {
        if maintenance.withLock({ $0.isClosing }) { return }
        if partition.isFull(options) { try seal(table.definition.id, partition.key) }
        if !partition.segmentsToCompact(options, .limits).isEmpty {
          try compact(table.definition.id, partition.key)
        }
      }
    }
  }

  /// Seals and writes anew the partition with the most changes among those that nobody has changed for a while.
  ///
  /// - Parameter start: What counts as the last change of a partition without one since the store was opened.
  /// - Returns: Whether there was one.
  /// - Throws: ``StorageError``; the partition stays as it was then.
  @discardableResult
  package func tidyQuietPartition(since start: UInt64 = 0) throws(StorageError) -> Bool {
    let now = options.clock.monotonicNanoseconds
    let state = pipeline.withQueue { $0.head }
    guard now >= maintenance.withLock({ $0.tidiesFrom }) else { return false }
    let times = maintenance.withLock { maintenance in
      maintenance.changeTimes = maintenance.changeTimes.filter { place, _ in
        state.tables[place.table]?.partitions[place.key] != nil
      }
      return maintenance.changeTimes
    }
    var found: (place: PartitionPlace, changed: Int)?
    for table in state.tables.values {
      for partition in table.partitions.values {
        let place = PartitionPlace(table: table.definition.id, key: partition.key)
        let quietSince = times[place] ?? start
        guard now >= quietSince + options.quietNanoseconds, partition.isUntidy(options) else {
          continue
        }
        let changed = partition.changedRowCount
        if changed > found?.changed ?? 0 { found = (place, changed) }
      }
    }
    guard let place = found?.place else { return false }
    let isSealed = try seal(place.table, place.key)
    let isCompacted = try compact(place.table, place.key, .quiet)
    return isSealed || isCompacted
  }

  /// Leaves quiet partitions alone for a second: whoever is behind with changes needs the processor more.
  package func deferTidying() {
    let from = options.clock.monotonicNanoseconds + 1_000_000_000
    maintenance.withLock { $0.tidiesFrom = from }
  }

  /// Drops the months that `RETAIN n MONTHS` does not keep: those that ended n months ago or earlier.
  ///
  /// - Throws: ``StorageError`` when the drop cannot be committed.
  package func dropExpiredPartitions() throws(StorageError) {
    let month = PartitionKey(microseconds: options.clock.postgresMicroseconds).rawValue
    let state = published.state
    for table in state.tables.values {
      guard let months = table.definition.retainMonths else { continue }
      for key in table.partitions.keys.sorted()
      where key.isMonth && Int64(key.rawValue) < Int64(month) - Int64(months) {
        let transaction = begin()
        try transaction.change(.dropPartition(table.definition.id, key))
        try transaction.commit()
        maintenance.withLock { $0.counters.droppedPartitions += 1 }
      }
    }
  }
}

/// When the background thread looks for quiet partitions.
private struct Tidying {
  /// When the thread began, by the monotonic clock.
  var startedAt: UInt64 = 0
  /// Whether the last look found work: then the next round looks again.
  var foundWork = false
  private var lastLook: UInt64 = 0

  /// Looks once in a while, as long as it finds work in every round.
  mutating func isDue(_ now: UInt64, _ options: StoreOptions) -> Bool {
    if startedAt == 0 { (startedAt, lastLook) = (now, now) }
    guard foundWork || now - lastLook >= options.quietNanoseconds / 2 else { return false }
    lastLook = now
    return true
  }
}

extension PartitionState {
  /// Whether its delta is to be sealed.
  func isFull(_ options: StoreOptions) -> Bool {
    let count = deltaRowCount
    if count >= options.sealRowCount { return true }
    // 16 K rows are two blocks; below that a segment is dust.
    return count > options.sealRowCount / 8 && count >= liveRowCount / 16
  }

  /// Rows that came or went since the segments were written.
  var changedRowCount: Int {
    segments.reduce(deltaRowCount) { $0 + ($1.deletions?.deletedCount ?? 0) }
  }

  /// Whether it is worth writing anew when nothing else is to be done.
  func isUntidy(_ options: StoreOptions) -> Bool {
    let few = max(options.sealRowCount / 128, liveRowCount / options.quietRowsPerChange)
    return deltaRowCount > few || !segmentsToCompact(options, .quiet).isEmpty
  }
}
