internal import SystemIO

/// Appends commit records to the newest log file.
///
/// Used by one thread at a time: the leader of a group.
final class LogWriter: @unchecked Sendable {
  // SAFETY: the commit pipeline lets only the current leader in.
  private let fileSystem: any FileSystem
  private let directory: String
  private var file: any File
  private var salt: UInt64
  /// Where the next frame goes.
  private(set) var end: Int64
  /// Every byte before is durable.
  private(set) var synced: Int64
  private var firstSequence: UInt64
  private var lastSequence: UInt64
  private var isMarked = true
  /// A mark that the disk refused may have left bytes behind the end.
  private var hasRest = false

  /// Bytes of records in the newest file.
  var byteCount: Int64 { end - Int64(LogFormat.headerBytes) }

  private init(
    fileSystem: any FileSystem,
    directory: String,
    file: any File,
    salt: UInt64,
    end: Int64,
    firstSequence: UInt64,
    lastSequence: UInt64
  ) {
    self.fileSystem = fileSystem
    self.directory = directory
    self.file = file
    self.salt = salt
    self.end = end
    synced = end
    self.firstSequence = firstSequence
    self.lastSequence = lastSequence
  }

  /// Starts a new file.
  static func create(
    _ fileSystem: any FileSystem,
    directory: String,
    firstSequence: UInt64
  ) throws(StorageError) -> LogWriter {
    let (file, salt) = try makeFile(fileSystem, directory, firstSequence)
    return LogWriter(
      fileSystem: fileSystem,
      directory: directory,
      file: file,
      salt: salt,
      end: Int64(LogFormat.headerBytes),
      firstSequence: firstSequence,
      lastSequence: firstSequence - 1
    )
  }

  /// Goes on behind the valid frames of a file, cutting what lies behind them.
  static func resume(
    _ fileSystem: any FileSystem,
    directory: String,
    _ log: LogFile
  ) throws(StorageError) -> LogWriter {
    try world { () throws(IOError) in
      let file = try fileSystem.open(log.path, .readWrite)
      if log.byteCount > log.validEnd { try file.truncate(to: log.validEnd) }
      // After a kill the frames may be with the kernel only.
      try file.sync()
      return LogWriter(
        fileSystem: fileSystem,
        directory: directory,
        file: file,
        salt: log.salt,
        end: log.validEnd,
        firstSequence: log.firstSequence,
        lastSequence: log.frames.last?.sequence ?? log.firstSequence - 1
      )
    }
  }

  private static func makeFile(
    _ fileSystem: any FileSystem,
    _ directory: String,
    _ firstSequence: UInt64
  ) throws(StorageError) -> (any File, salt: UInt64) {
    try world { () throws(IOError) in
      let path = "\(directory)/\(LogFormat.fileName(firstSequence: firstSequence))"
      var salt: UInt64 = 0
      for byte in try entropy(byteCount: 8) { salt = salt << 8 | UInt64(byte) }
      if try fileSystem.exists(path) { try fileSystem.remove(path) }
      let file = try fileSystem.open(path, .createNew)
      try file.write(LogFormat.header(firstSequence: firstSequence, salt: salt), at: 0)
      try file.sync()
      try fileSystem.syncDirectory(directory)
      return (file, salt)
    }
  }

  /// Writes a group of records, the first of which has sequence `firstSequence`.
  ///
  /// - Throws: ``StorageError/io(_:)``; the file then ends where it ended before, durably, unless
  ///   the error is ``StorageError/failed(_:)``, after which nothing may be written any more.
  func append(
    _ payloads: [[UInt8]],
    firstSequence: UInt64,
    syncs: Bool
  ) throws(StorageError) {
    precondition(firstSequence == lastSequence + 1, "a record is missing in the log")
    var bytes: [UInt8] = []
    bytes.reserveCapacity(payloads.reduce(0) { $0 + $1.count + 32 })
    for (index, payload) in payloads.enumerated() {
      LogFormat.appendFrame(
        to: &bytes,
        base: end,
        sequence: firstSequence + UInt64(index),
        synced: synced,
        salt: salt,
        payload: payload
      )
    }
    do throws(IOError) {
      try file.write(bytes, at: end)
    } catch {
      try takeBack(after: error)
    }
    KillPoint.logWritten.pass()
    if syncs {
      do throws(IOError) {
        try file.syncData()
      } catch {
        throw .failed(error)
      }
    }
    KillPoint.logSynced.pass()
    end += Int64(bytes.count)
    if syncs { synced = end }
    lastSequence += UInt64(payloads.count)
    isMarked = false
  }

  /// Makes relaxed commits durable.
  func sync() throws(StorageError) {
    guard synced < end else { return }
    do throws(IOError) {
      try file.syncData()
    } catch {
      throw .failed(error)
    }
    synced = end
  }

  /// Removes what a failed write left, so that no later reader finds half of a refused commit.
  private func takeBack(after error: IOError) throws(StorageError) -> Never {
    do throws(IOError) {
      try file.truncate(to: end)
      try file.syncData()
      synced = end
    } catch {
      throw .failed(error)
    }
    throw .io(error)
  }

  /// Notes, unsynced, that everything before is durable; done when the log falls idle.
  func mark() {
    guard !isMarked, synced == end else { return }
    var bytes: [UInt8] = []
    LogFormat.appendFrame(
      to: &bytes,
      base: end,
      sequence: lastSequence,
      synced: synced,
      salt: salt,
      payload: []
    )
    do throws(IOError) {
      try file.write(bytes, at: end)
      end += Int64(bytes.count)
    } catch {
      hasRest = true
      // Only a help for diagnosis: without it a damaged last commit looks like a torn one. What was
      // written in part is overwritten by the next commit.
    }
    isMarked = true
  }

  /// Ends this file and starts the next one, unless it is empty; all records so far are durable
  /// afterwards.
  func rotate() throws(StorageError) {
    if hasRest {
      try world { () throws(IOError) in try file.truncate(to: end) }
      synced = min(synced, end - 1)
      hasRest = false
    }
    try sync()
    guard lastSequence >= firstSequence else { return }
    let (next, nextSalt) = try makeNextFile()
    do throws(IOError) { try file.close() } catch { /* It was synced: nothing is at stake. */  }
    file = next
    salt = nextSalt
    end = Int64(LogFormat.headerBytes)
    synced = end
    isMarked = true
    firstSequence = lastSequence + 1
  }

  /// Makes the next file, or leaves no trace of it: an empty later file would make recovery believe
  /// that this one is complete.
  private func makeNextFile() throws(StorageError) -> (any File, salt: UInt64) {
    do throws(StorageError) {
      return try Self.makeFile(fileSystem, directory, lastSequence + 1)
    } catch {
      let path = "\(directory)/\(LogFormat.fileName(firstSequence: lastSequence + 1))"
      do throws(IOError) {
        if try fileSystem.exists(path) { try fileSystem.remove(path) }
        try fileSystem.syncDirectory(directory)
      } catch {
        throw .failed(error)
      }
      throw error
    }
  }
}
