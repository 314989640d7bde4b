// The background thread: seals what has grown, compacts, drops months that are too old, writes
// checkpoints. Everything it does can also be called; tests do so, in an order they choose.

internal import Catalog
internal import Columnar
internal import SystemIO

extension Store {
  /// Body of the thread: works until the store is closed or gone.
  static func maintain(_ store: @escaping @Sendable () -> Store?) {
    var round = 0
    while true {
      guard let store = store() else { return }
      let isClosing = store.maintenance.wait(nanoseconds: 100_000_000) { state -> Bool? in
        state.isClosing ? true : nil
      }
      if isClosing == true { return }
      store.runRound(checksRetention: round % 600 == 0)
      round += 1
    }
  }

  private func runRound(checksRetention: Bool) {
    do throws(StorageError) {
      try pipeline.flush()
      if checksRetention { try dropExpiredPartitions() }
      try maintainPartitions()
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
        if partition.deltaRowCount >= options.sealRowCount {
          try seal(table.definition.id, partition.key)
        }
        if !partition.segmentsToCompact(options, false).isEmpty {
          try compact(table.definition.id, partition.key)
        }
      }
    }
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
