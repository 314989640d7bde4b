internal import Catalog
internal import SystemIO

/// What maintenance remembers; its lock also lets only one piece of maintenance run at a time.
struct MaintenanceState {
  /// The commit the manifest on disk stands for.
  var checkpointSequence: UInt64
  var lastDeltaFile: UInt64
  var isBusy = false
  var isClosing = false
  /// Why background work failed last; nil after a success.
  var failure: StorageError?
  /// Work done since the store was opened; tests prove by it that they met all kinds.
  var counters = MaintenanceCounters()
  /// When rows of a partition were committed last, by the monotonic clock.
  var changeTimes: [PartitionPlace: UInt64] = [:]
  /// When quiet partitions may be tidied again, by the monotonic clock.
  var tidiesFrom: UInt64 = 0
  /// Partitions with many small delta batches.
  var placesToMerge: Set<PartitionPlace> = []

  init(checkpointSequence: UInt64, lastDeltaFile: UInt64) {
    self.checkpointSequence = checkpointSequence
    self.lastDeltaFile = lastDeltaFile
  }
}

/// A partition of a table.
struct PartitionPlace: Hashable {
  var table: TableID
  var key: PartitionKey
}

/// How often each kind of maintenance was done.
package struct MaintenanceCounters: Equatable, Sendable {
  package var checkpoints = 0
  package var seals = 0
  package var compactions = 0
  package var merges = 0
  package var droppedPartitions = 0

  package init() {}
}

extension Store {
  /// Work done since the store was opened.
  package var maintenanceCounters: MaintenanceCounters {
    maintenance.withLock { $0.counters }
  }

  /// Why the background thread failed last; nil after a success.
  package var maintenanceFailure: StorageError? { maintenance.withLock { $0.failure } }

  /// Runs maintenance alone.
  func exclusively<Result>(
    _ body: () throws(StorageError) -> Result
  ) throws(StorageError) -> Result {
    maintenance.wait { state -> Void? in
      guard !state.isBusy else { return nil }
      state.isBusy = true
      return ()
    }
    defer { maintenance.update { $0.isBusy = false } }
    return try body()
  }

  /// Writes all state to a new manifest, so that a start needs only the log behind it.
  ///
  /// - Throws: ``StorageError``; the old manifest and its log stand then.
  package func checkpoint() throws(StorageError) {
    try exclusively { () throws(StorageError) in try writeCheckpoint() }
  }

  private func writeCheckpoint() throws(StorageError) {
    let state = try pipeline.rotateLog()
    let last = maintenance.withLock { $0.checkpointSequence }
    guard state.sequence > last else { return }
    try writeDelta(of: state)
    let manifest = Manifest.encode(state)
    try world { () throws(IOError) in
      try fileSystem.replaceFile(
        "\(directory)/\(FileNames.manifest)",
        in: directory,
        with: manifest
      )
    }
    KillPoint.manifestWritten.pass()
    maintenance.withLock {
      $0.checkpointSequence = state.sequence
      $0.counters.checkpoints += 1
    }
    try removeNeedless(state)
  }

  /// Writes delta batches that are only in the log so far.
  private func writeDelta(of state: StoreState) throws(StorageError) {
    var batches: [DeltaBatch] = []
    state.forEachDeltaBatch { if $0.storedPlace == nil { batches.append($0) } }
    guard !batches.isEmpty else { return }
    let number = maintenance.withLock { state -> UInt64 in
      state.lastDeltaFile += 1
      return state.lastDeltaFile
    }
    try DeltaFile.write(
      batches,
      number: number,
      directory: directory,
      fileSystem: fileSystem
    )
    // The manifest's own directory sync comes after its rename: the file's name must not come later.
    try world { () throws(IOError) in try fileSystem.syncDirectory(directory) }
  }

  /// Removes log and delta files that the new manifest made needless.
  private func removeNeedless(_ state: StoreState) throws(StorageError) {
    var used: Set<UInt64> = []
    state.forEachDeltaBatch { batch in
      if let place = batch.storedPlace { used.insert(place.fileNumber) }
    }
    try world { () throws(IOError) in
      for entry in try fileSystem.list(directory) {
        let path = "\(directory)/\(entry.name)"
        if let first = LogFormat.firstSequence(ofName: entry.name), first <= state.sequence {
          try fileSystem.remove(path)
        } else if let number = FileNames.deltaNumber(entry.name), !used.contains(number) {
          try fileSystem.remove(path)
        }
      }
    }
  }
}
