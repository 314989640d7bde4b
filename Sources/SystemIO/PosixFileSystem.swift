// The real disk. Every file system call of the engine is made in this file.
//
// EINTR: a call that a signal interrupted is made again, except close, which on Linux has given the
// descriptor back by then. Short reads and writes are completed: the caller sees all of its bytes,
// the end of the file, or an error.

internal import CSystemShims
internal import Glibc

/// The file system of this machine.
package final class PosixFileSystem: FileSystem {
  package init() {}

  package func open(_ path: String, _ mode: OpenMode) throws(IOError) -> any File {
    let flags =
      switch mode {
      case .read: O_RDONLY
      case .createNew: O_RDWR | O_CREAT | O_EXCL
      case .readWrite: O_RDWR | O_CREAT
      }
    let descriptor = try check(.open, path) { unsafe Glibc.open(path, flags | O_CLOEXEC, 0o600) }
    return PosixFile(descriptor: descriptor, path: path)
  }

  package func rename(_ source: String, to target: String) throws(IOError) {
    try check(.rename, target) { unsafe Glibc.rename(source, target) }
  }

  package func link(_ source: String, to target: String) throws(IOError) {
    try check(.link, target) { unsafe Glibc.link(source, target) }
  }

  package func remove(_ path: String) throws(IOError) {
    try check(.remove, path) { unsafe unlink(path) }
  }

  package func makeDirectory(_ path: String) throws(IOError) {
    do {
      try check(.makeDirectory, path) { unsafe mkdir(path, 0o700) }
    } catch {
      guard error.isAlreadyThere, try information(path)?.isDirectory == true else { throw error }
    }
  }

  package func removeDirectory(_ path: String) throws(IOError) {
    try check(.remove, path) { unsafe rmdir(path) }
  }

  package func list(_ directory: String) throws(IOError) -> [DirectoryEntry] {
    guard let stream = unsafe opendir(directory) else {
      throw IOError(.list, path: directory, errno: errno)
    }
    defer { unsafe closedir(stream) }
    var entries: [DirectoryEntry] = []
    while true {
      errno = 0
      guard let entry = unsafe readdir(stream) else {
        guard errno == 0 else { throw IOError(.list, path: directory, errno: errno) }
        break
      }
      // SAFETY: the entry lives until the next readdir on this stream; d_name ends with a zero.
      let name = unsafe String(cString: sys_entry_name(entry))
      if name == "." || name == ".." { continue }
      let kind = unsafe entry.pointee.d_type
      var isDirectory = kind == UInt8(DT_DIR)
      if kind == UInt8(DT_UNKNOWN) {
        isDirectory = try information("\(directory)/\(name)")?.isDirectory ?? false
      }
      entries.append(DirectoryEntry(name: name, isDirectory: isDirectory))
    }
    return entries.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }

  package func syncDirectory(_ directory: String) throws(IOError) {
    let descriptor = try check(.syncDirectory, directory) {
      unsafe Glibc.open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    }
    defer { _ = Glibc.close(descriptor) }
    try check(.syncDirectory, directory) { fsync(descriptor) }
  }

  package func information(_ path: String) throws(IOError) -> FileInformation? {
    var status = stat()
    do {
      try check(.information, path) { unsafe stat(path, &status) }
    } catch {
      if error.isNotFound { return nil }
      throw error
    }
    let modified = status.st_mtim
    return FileInformation(
      sizeBytes: Int64(status.st_size),
      isDirectory: status.st_mode & S_IFMT == S_IFDIR,
      modifiedUnixMicroseconds: Int64(modified.tv_sec) * 1_000_000 + Int64(modified.tv_nsec / 1000)
    )
  }

  package func lock(_ path: String) throws(IOError) -> any FileLock {
    let descriptor = try check(.lock, path) {
      unsafe Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    }
    do {
      try check(.lock, path) { flock(descriptor, LOCK_EX | LOCK_NB) }
    } catch {
      _ = Glibc.close(descriptor)
      throw error
    }
    return PosixFileLock(descriptor: descriptor)
  }

  package func availableBytes(_ path: String) throws(IOError) -> Int64 {
    var status = statvfs()
    try check(.availableBytes, path) { unsafe statvfs(path, &status) }
    return Int64(clamping: status.f_bavail).multipliedReportingOverflow(
      by: Int64(clamping: status.f_frsize)
    ).partialValue
  }
}

/// An open file of this machine.
final class PosixFile: File {
  let path: String
  private let descriptor: Descriptor

  init(descriptor: Int32, path: String) {
    self.path = path
    self.descriptor = Descriptor(descriptor)
  }

  func size() throws(IOError) -> Int64 {
    var status = stat()
    try check(.size, path) { unsafe fstat(descriptor.number, &status) }
    return Int64(status.st_size)
  }

  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(IOError) -> Int {
    guard let base = buffer.baseAddress else { return 0 }
    var done = 0
    while done < buffer.count {
      let place = offset + Int64(done)
      // SAFETY: `done` is below the buffer's count, so the rest of it is writable.
      let count = try check(.read, path, offset: place) {
        unsafe pread(descriptor.number, base + done, buffer.count - done, Int(place))
      }
      if count == 0 { break }
      done += count
    }
    return done
  }

  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(IOError) {
    guard let base = bytes.baseAddress else { return }
    var done = 0
    while done < bytes.count {
      let place = offset + Int64(done)
      // SAFETY: `done` is below the buffer's count, so the rest of it is readable.
      done += try check(.write, path, offset: place) {
        unsafe pwrite(descriptor.number, base + done, bytes.count - done, Int(place))
      }
    }
  }

  func write(_ buffers: [UnsafeRawBufferPointer], at offset: Int64) throws(IOError) {
    let vectorLimit = 1024
    var first = 0
    var place = offset
    while unsafe first < buffers.count {
      let last = unsafe min(first + vectorLimit, buffers.count)
      let vectors = unsafe buffers[first..<last].map { buffer in
        unsafe iovec(
          iov_base: UnsafeMutableRawPointer(mutating: buffer.baseAddress),
          iov_len: buffer.count
        )
      }
      var written = Int64(
        try check(.write, path, offset: place) {
          unsafe pwritev(descriptor.number, vectors, Int32(vectors.count), Int(place))
        }
      )
      // The kernel may stop in the middle: what it left of each buffer is written singly.
      for index in first..<last {
        let buffer = unsafe buffers[index]
        let taken = Int(min(written, Int64(buffer.count)))
        written -= Int64(taken)
        if taken < buffer.count {
          let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[taken...])
          try unsafe write(rest, at: place + Int64(taken))
        }
        place += Int64(buffer.count)
      }
      first = last
    }
  }

  func sync() throws(IOError) {
    try check(.sync, path) { fsync(descriptor.number) }
  }

  func syncData() throws(IOError) {
    try check(.sync, path) { fdatasync(descriptor.number) }
  }

  func startWriteback(at offset: Int64, byteCount: Int64) {
    _ = sys_start_writeback(descriptor.number, offset, byteCount)
  }

  func truncate(to sizeBytes: Int64) throws(IOError) {
    try check(.truncate, path, offset: sizeBytes) { ftruncate(descriptor.number, Int(sizeBytes)) }
  }

  func preallocate(at offset: Int64, byteCount: Int64) throws(IOError) {
    do {
      try check(.preallocate, path, offset: offset) {
        sys_preallocate(descriptor.number, offset, byteCount)
      }
    } catch {
      // A file system without this gift is no reason to stop: space is then found at the write.
      if error.errno != EOPNOTSUPP { throw error }
    }
  }

  func close() throws(IOError) {
    let failure = descriptor.close()
    if failure != 0 { throw IOError(.close, path: path, errno: failure) }
  }
}

/// A lock held through an open descriptor.
final class PosixFileLock: FileLock {
  private let descriptor: Descriptor

  init(descriptor: Int32) { self.descriptor = Descriptor(descriptor) }

  func release() { _ = descriptor.close() }
}
