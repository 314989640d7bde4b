internal import Catalog
internal import ColumnEncoding
internal import Synchronization
package import SystemIO

/// A data directory, open in this process.
package final class Store: Sendable {
  package let fileSystem: any FileSystem
  package let directory: String
  package let options: StoreOptions
  let cache: BlockCache
  let pipeline: CommitPipeline
  let maintenance: Monitor<MaintenanceState>
  private let lock: any FileLock
  private let segmentNumber: Atomic<UInt32>
  private let worker = Mutex<Thread?>(nil)
  /// Encoders of transactions that ended: to make some for every small commit took longer than its rows.
  let spareEncoders = Mutex<[DeltaEncoders]>([])
  static let spareEncodersMax = 8
  let symbols = Mutex<[TableID: [ColumnID: SharedSymbols]]>([:])

  /// Opens a data directory, making it when it does not exist.
  ///
  /// - Parameters:
  ///   - fileSystem: The disk.
  ///   - directory: Its path; the parent must exist.
  ///   - options: Sizes and habits.
  /// - Returns: The store, recovered to the last durable commit.
  /// - Throws: ``StorageError/locked(directory:)`` when another process has it;
  ///   ``StorageError/corrupt(file:offset:what:)`` when durable bytes are damaged.
  package static func open(
    _ fileSystem: any FileSystem,
    at directory: String,
    options: StoreOptions = StoreOptions()
  ) throws(StorageError) -> Store {
    try world { () throws(IOError) in try fileSystem.makeDirectory(directory) }
    let lock = try takeLock(fileSystem, directory)
    do throws(StorageError) {
      let store = try Store(fileSystem, directory, options, lock)
      try store.startWorker()
      return store
    } catch {
      lock.release()
      throw error
    }
  }

  private static func takeLock(
    _ fileSystem: any FileSystem,
    _ directory: String
  ) throws(StorageError) -> any FileLock {
    do throws(IOError) {
      return try fileSystem.lock("\(directory)/\(FileNames.lock)")
    } catch {
      if error.wouldBlock { throw .locked(directory: directory) }
      throw .io(error)
    }
  }

  private init(
    _ fileSystem: any FileSystem,
    _ directory: String,
    _ options: StoreOptions,
    _ lock: any FileLock
  ) throws(StorageError) {
    self.fileSystem = fileSystem
    self.directory = directory
    self.options = options
    self.lock = lock
    let cache = BlockCache(capacityBytes: options.cacheBytes)
    self.cache = cache
    let opened = try StoreOpening(fileSystem, directory).run {
      (reference, definition) throws(StorageError) in
      try Self.openFile(reference, of: definition, fileSystem, directory, cache)
    }
    pipeline = CommitPipeline(state: opened.state, log: opened.log)
    segmentNumber = Atomic(opened.lastSegmentNumber)
    maintenance = Monitor(
      MaintenanceState(
        checkpointSequence: opened.manifestSequence,
        lastDeltaFile: opened.lastDeltaFile
      )
    )
  }

  private func startWorker() throws(StorageError) {
    guard options.runsInBackground else { return }
    let store = WeakStore(self)
    let thread = try world { () throws(IOError) in
      try Thread.start(name: "maintenance") { Store.maintain { store.value } }
    }
    worker.withLock { $0 = thread }
  }

  /// The newest durable state.
  package var published: Snapshot { pipeline.published }

  /// Begins a transaction over the newest durable state.
  package func begin() -> Transaction { Transaction(published, store: self) }

  /// Begins a transaction over an older snapshot of this store.
  package func begin(over snapshot: Snapshot) -> Transaction {
    Transaction(snapshot, store: self)
  }

  /// Makes relaxed commits durable.
  package func flush() throws(StorageError) { try pipeline.flush() }

  /// Ends all writing, writes a checkpoint and gives the directory back.
  ///
  /// - Throws: What the checkpoint gives; the directory is given back all the same.
  package func close() throws(StorageError) {
    maintenance.update { $0.isClosing = true }
    let thread = worker.withLock { thread in
      defer { thread = nil }
      return thread
    }
    thread?.join()
    defer { lock.release() }
    defer { pipeline.close() }
    if pipeline.withQueue({ $0.failure }) == nil { try checkpoint() }
  }

  /// Ends without a checkpoint, as a kill would; for tests.
  package func abandon() {
    maintenance.update { $0.isClosing = true }
    worker.withLock { $0 }?.join()
    pipeline.close()
    lock.release()
  }

  /// A number for a new segment file.
  func nextSegmentNumber() -> UInt32 {
    segmentNumber.add(1, ordering: .relaxed).newValue
  }

  func openSegment(
    _ reference: SegmentReference,
    of definition: TableDefinition
  ) throws(StorageError) -> SegmentHandle {
    try Self.openFile(reference, of: definition, fileSystem, directory, cache)
  }

  private static func openFile(
    _ reference: SegmentReference,
    of definition: TableDefinition,
    _ fileSystem: any FileSystem,
    _ directory: String,
    _ cache: BlockCache
  ) throws(StorageError) -> SegmentHandle {
    let path = "\(directory)/\(FileNames.segment(reference.number))"
    let size = try world { () throws(IOError) in try fileSystem.information(path)?.sizeBytes }
    guard let size else { throw .corrupt(file: path, offset: 0, what: "segment is missing") }
    guard size == reference.sizeBytes else {
      throw .corrupt(file: path, offset: min(size, reference.sizeBytes), what: "segment size")
    }
    let file = try SegmentFile.open(
      fileSystem: fileSystem,
      path: path,
      definition: definition,
      cache: cache,
      expected: reference.summary
    )
    guard file.rowCount == reference.rowCount else {
      throw .corrupt(file: path, offset: 0, what: "segment row count")
    }
    return SegmentHandle(reference, file: file, path: path, fileSystem: fileSystem)
  }
}

/// Lets the background thread see that its store is gone.
private final class WeakStore: Sendable {
  weak let value: Store?

  init(_ value: Store) { self.value = value }
}
