internal import Catalog
internal import SystemIO

/// A data directory made ready for writing.
struct OpenedStore {
  var state: StoreState
  var log: LogWriter
  var manifestSequence: UInt64
  var lastSegmentNumber: UInt32
  var lastDeltaFile: UInt64
}

/// Makes a data directory ready for writing: recovers it or creates it, and clears what a crash left.
struct StoreOpening {
  private let fileSystem: any FileSystem
  private let directory: String

  init(_ fileSystem: any FileSystem, _ directory: String) {
    self.fileSystem = fileSystem
    self.directory = directory
  }

  func run(
    open: (SegmentReference, TableDefinition) throws(StorageError) -> SegmentHandle
  ) throws(StorageError) -> OpenedStore {
    guard var recovered = try Recovered.read(fileSystem, directory: directory) else {
      return try create()
    }
    try recovered.state.openSegments(open)
    let log: LogWriter
    if let newest = recovered.newestLog {
      log = try LogWriter.resume(fileSystem, directory: directory, newest)
    } else {
      log = try LogWriter.create(fileSystem, directory: directory, firstSequence: 1)
    }
    let (segment, delta) = try removeLeftovers(recovered)
    return OpenedStore(
      state: recovered.state,
      log: log,
      manifestSequence: recovered.manifestSequence,
      lastSegmentNumber: max(segment, recovered.state.lastSegmentNumber),
      lastDeltaFile: delta
    )
  }

  private func create() throws(StorageError) -> OpenedStore {
    try world { () throws(IOError) in
      try fileSystem.replaceFile(
        "\(directory)/\(FileNames.manifest)",
        in: directory,
        with: Manifest.encode(StoreState())
      )
    }
    let log = try LogWriter.create(fileSystem, directory: directory, firstSequence: 1)
    return OpenedStore(
      state: StoreState(),
      log: log,
      manifestSequence: 0,
      lastSegmentNumber: 0,
      lastDeltaFile: 0
    )
  }

  /// Removes files that no state refers to; answers the highest numbers that were there.
  private func removeLeftovers(
    _ recovered: Recovered
  ) throws(StorageError) -> (segment: UInt32, delta: UInt64) {
    var live: Set<UInt32> = []
    recovered.state.forEachSegment { live.insert($0.reference.number) }
    var highest: (segment: UInt32, delta: UInt64) = (0, 0)
    try world { () throws(IOError) in
      for path in recovered.needlessLogs { try fileSystem.remove(path) }
      for entry in try fileSystem.list(directory) {
        let path = "\(directory)/\(entry.name)"
        if let number = FileNames.segmentNumber(entry.name) {
          highest.segment = max(highest.segment, number)
          if !live.contains(number) { try fileSystem.remove(path) }
        } else if let number = FileNames.deltaNumber(entry.name) {
          highest.delta = max(highest.delta, number)
          if !recovered.deltaFiles.contains(number) { try fileSystem.remove(path) }
        } else if entry.name == FileNames.manifest + ".new" {
          try fileSystem.remove(path)
        }
      }
      try fileSystem.syncDirectory(directory)
    }
    return highest
  }
}
