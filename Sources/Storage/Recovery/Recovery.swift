// Opening a data directory: manifest, then the log behind it. Reading changes nothing on disk; what has
// to be cut or removed is done afterwards, so that `check` can share the reading.

internal import Catalog
internal import SystemIO

/// A data directory as it was read.
struct Recovered {
  /// Segments without handles.
  var state: StoreState
  /// The commit that the manifest stands for.
  var manifestSequence: UInt64
  /// The newest log file; nil when none was ever made.
  var newestLog: LogFile?
  /// Log files whose records the manifest holds, and one whose creation was cut short.
  var needlessLogs: [String]
  /// Delta files that the manifest refers to.
  var deltaFiles: Set<UInt64>

  /// Reads a data directory.
  ///
  /// - Returns: Nil when there is none yet: an empty directory, or one whose creation was cut short.
  /// - Throws: ``StorageError/corrupt(file:offset:what:)`` and friends.
  static func read(
    _ fileSystem: any FileSystem,
    directory: String
  ) throws(StorageError) -> Recovered? {
    let names = try world { () throws(IOError) in
      try fileSystem.list(directory).filter { !$0.isDirectory }.map(\.name)
    }
    guard let state = try Manifest.read(directory: directory, fileSystem: fileSystem) else {
      try checkEmpty(names, directory)
      return nil
    }
    var recovered = Recovered(
      state: state,
      manifestSequence: state.sequence,
      newestLog: nil,
      needlessLogs: [],
      deltaFiles: []
    )
    state.forEachDeltaBatch { batch in
      if let place = batch.storedPlace { recovered.deltaFiles.insert(place.fileNumber) }
    }
    try recovered.replay(names, fileSystem, directory)
    return recovered
  }

  private static func checkEmpty(_ names: [String], _ directory: String) throws(StorageError) {
    let known = [FileNames.lock, FileNames.manifest + ".new"]
    guard let other = names.first(where: { !known.contains($0) }) else { return }
    let isOurs =
      LogFormat.firstSequence(ofName: other) != nil || FileNames.segmentNumber(other) != nil
      || FileNames.deltaNumber(other) != nil
    let path = "\(directory)/\(FileNames.manifest)"
    if isOurs { throw .corrupt(file: path, offset: 0, what: "manifest is missing") }
    throw .foreign(path: "\(directory)/\(other)", what: "data directory")
  }

  private mutating func replay(
    _ names: [String],
    _ fileSystem: any FileSystem,
    _ directory: String
  ) throws(StorageError) {
    let logs = names.filter { LogFormat.firstSequence(ofName: $0) != nil }.sorted()
    for (index, name) in logs.enumerated() {
      let path = "\(directory)/\(name)"
      let log = try LogFile.read(fileSystem, path: path, isNewest: index == logs.count - 1)
      guard let log else {
        needlessLogs.append(path)
        continue
      }
      guard log.firstSequence == LogFormat.firstSequence(ofName: name) else {
        throw .corrupt(file: path, offset: 16, what: "first sequence")
      }
      try apply(log)
      newestLog = log
      if index < logs.count - 1, state.sequence <= manifestSequence { needlessLogs.append(path) }
    }
    if newestLog == nil && manifestSequence > 0 {
      throw .corrupt(
        file: "\(directory)/\(LogFormat.fileName(firstSequence: manifestSequence + 1))",
        offset: 0,
        what: "log is missing"
      )
    }
  }

  private mutating func apply(_ log: LogFile) throws(StorageError) {
    // Of the files that a checkpoint made needless any may be gone and any be back after a crash: only
    // what lies behind the manifest must be without a gap.
    guard log.firstSequence <= state.sequence + 1 else {
      throw .corrupt(file: log.path, offset: 16, what: "log before this is missing")
    }
    for frame in log.frames where frame.sequence > manifestSequence {
      let record = try CommitRecord(
        from: frame.payload,
        file: log.path,
        base: frame.payloadOffset
      )
      var effects = ApplyEffects()
      do throws(ApplyError) {
        try state.apply(record, sequence: frame.sequence, effects: &effects)
      } catch {
        throw .corrupt(file: log.path, offset: frame.payloadOffset, what: error.what)
      }
    }
  }
}

extension StoreState {
  /// All delta batches.
  func forEachDeltaBatch(_ body: (DeltaBatch) -> Void) {
    for table in tables.values {
      for partition in table.partitions.values {
        for entry in partition.delta { body(entry.batch) }
      }
    }
  }

  /// Opens the segments of a state that was read from disk.
  mutating func openSegments(
    _ open: (SegmentReference, TableDefinition) throws(StorageError) -> SegmentHandle
  ) throws(StorageError) {
    for id in tables.keys {
      guard var table = tables[id] else { continue }
      for key in table.partitions.keys {
        guard var partition = table.partitions[key] else { continue }
        for index in partition.segments.indices {
          let handle = try open(partition.segments[index].reference, table.definition)
          partition.segments[index].handle = handle
          partition.segments[index].source = handle.file
        }
        table.partitions[key] = partition
      }
      tables[id] = table
    }
  }
}
