// The seam between the engine and the disk. Everything that the engine reads or writes passes
// through these two protocols, so that a test can stand in for the disk: lose unsynced bytes, tear a
// write, run out of space. One call moves a block or more; never a row.

/// How a file is opened.
package enum OpenMode: Sendable {
  /// For reading; the file must exist.
  case read
  /// For reading and writing a new file; a file of that name is an error (`EEXIST`).
  case createNew
  /// For reading and writing; made when it does not exist.
  case readWrite
}

/// What stands at a path.
package struct FileInformation: Equatable, Sendable {
  package var sizeBytes: Int64
  package var isDirectory: Bool
  /// Microseconds since 1970-01-01 00:00 UTC.
  package var modifiedUnixMicroseconds: Int64

  package init(sizeBytes: Int64, isDirectory: Bool, modifiedUnixMicroseconds: Int64) {
    self.sizeBytes = sizeBytes
    self.isDirectory = isDirectory
    self.modifiedUnixMicroseconds = modifiedUnixMicroseconds
  }
}

/// One name in a directory.
package struct DirectoryEntry: Equatable, Sendable {
  package var name: String
  package var isDirectory: Bool

  package init(name: String, isDirectory: Bool) {
    self.name = name
    self.isDirectory = isDirectory
  }
}

/// An open file.
///
/// Calls with an explicit offset may run on several threads at once.
package protocol File: AnyObject, Sendable {
  /// The path it was opened by, for error texts.
  var path: String { get }

  /// Bytes in the file now.
  func size() throws(IOError) -> Int64

  /// Fills `buffer` from `offset` on.
  ///
  /// - Returns: Bytes read; fewer than asked only at the end of the file.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(IOError) -> Int

  /// Writes all of `bytes` at `offset`. After an error any part may have been written.
  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(IOError)

  /// Writes the buffers one after another at `offset`, in one system call where possible.
  func write(_ buffers: [UnsafeRawBufferPointer], at offset: Int64) throws(IOError)

  /// Makes content and metadata durable.
  ///
  /// After an error the state of everything written since the last success is unknown: the kernel
  /// may have dropped the dirty pages, so a second try proves nothing.
  func sync() throws(IOError)

  /// Makes content and size durable, not the times.
  func syncData() throws(IOError)

  /// Asks the kernel to start writing a range back; promises nothing.
  func startWriteback(at offset: Int64, byteCount: Int64)

  /// Cuts or extends (with zeros) the file.
  func truncate(to sizeBytes: Int64) throws(IOError)

  /// Reserves disk space for `byteCount` bytes from `offset`; the size of the file stays.
  func preallocate(at offset: Int64, byteCount: Int64) throws(IOError)

  /// Closes; a second call does nothing. An error means that buffered data may be lost.
  func close() throws(IOError)
}

/// A held lock; let go by ``release()`` or when the object goes away.
package protocol FileLock: AnyObject, Sendable {
  /// Lets go of the lock.
  func release()
}

/// Names, directories and locks.
package protocol FileSystem: AnyObject, Sendable {
  /// Opens a file.
  func open(_ path: String, _ mode: OpenMode) throws(IOError) -> any File

  /// Renames, replacing a file at `target` in one step. Durable after ``syncDirectory(_:)``.
  func rename(_ source: String, to target: String) throws(IOError)

  /// Gives a file a second name; `EEXIST` when it is taken.
  func link(_ source: String, to target: String) throws(IOError)

  /// Removes a file's name. Open files keep their content.
  func remove(_ path: String) throws(IOError)

  /// Makes one directory; one that exists is fine.
  func makeDirectory(_ path: String) throws(IOError)

  /// Removes an empty directory.
  func removeDirectory(_ path: String) throws(IOError)

  /// The names in a directory, in bytewise order, without `.` and `..`.
  func list(_ directory: String) throws(IOError) -> [DirectoryEntry]

  /// Makes the names created, renamed and removed in a directory durable.
  func syncDirectory(_ directory: String) throws(IOError)

  /// What stands at `path`; nil when nothing does.
  func information(_ path: String) throws(IOError) -> FileInformation?

  /// Takes an exclusive advisory lock without waiting; the file is made when it does not exist.
  ///
  /// - Throws: An error with ``IOError/wouldBlock`` when another holder has it.
  func lock(_ path: String) throws(IOError) -> any FileLock

  /// Bytes an ordinary user may still write on the file system of `path`.
  func availableBytes(_ path: String) throws(IOError) -> Int64
}
