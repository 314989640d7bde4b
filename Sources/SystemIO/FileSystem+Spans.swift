// The safe doors of File and FileSystem: spans and arrays instead of pointers, and whole files.

internal import Glibc

extension File {
  /// Fills `bytes` from `offset` on.
  ///
  /// - Returns: Bytes read; fewer than asked only at the end of the file.
  package func read(
    into bytes: inout MutableRawSpan,
    at offset: Int64
  ) throws(IOError) -> Int {
    // SAFETY: the span's memory outlives the call.
    try unsafe bytes.withUnsafeMutableBytes { (buffer) throws(IOError) -> Int in
      try unsafe read(into: buffer, at: offset)
    }
  }

  /// Writes all of `bytes` at `offset`.
  package func write(_ bytes: RawSpan, at offset: Int64) throws(IOError) {
    // SAFETY: the span's memory outlives the call.
    try unsafe bytes.withUnsafeBytes { (buffer) throws(IOError) in
      try unsafe write(buffer, at: offset)
    }
  }

  /// Writes all of `bytes` at `offset`.
  package func write(_ bytes: [UInt8], at offset: Int64) throws(IOError) {
    // SAFETY: bytes have no padding.
    try unsafe write(bytes.span.bytes, at: offset)
  }

  /// Reads `byteCount` bytes from `offset`.
  ///
  /// - Returns: The bytes; fewer than asked only at the end of the file.
  package func read(byteCount: Int, at offset: Int64) throws(IOError) -> [UInt8] {
    var failure: IOError?
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
      do throws(IOError) {
        // SAFETY: the buffer has room for byteCount bytes, and `count` says how many were filled.
        count = try unsafe read(into: UnsafeMutableRawBufferPointer(buffer), at: offset)
      } catch {
        failure = error
        count = 0
      }
    }
    if let failure { throw failure }
    return bytes
  }
}

extension FileSystem {
  /// True when a file or a directory stands at `path`.
  package func exists(_ path: String) throws(IOError) -> Bool {
    try information(path) != nil
  }

  /// Reads a whole file into memory.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - limitBytes: A larger file is refused with `EFBIG`.
  /// - Returns: Its content.
  /// - Throws: ``IOError`` of any of the calls.
  package func readFile(_ path: String, limitBytes: Int) throws(IOError) -> [UInt8] {
    let file = try open(path, .read)
    let size = try file.size()
    guard size <= Int64(limitBytes) else { throw IOError(.read, path: path, errno: EFBIG) }
    let bytes = try file.read(byteCount: Int(size), at: 0)
    try file.close()
    return bytes
  }

  /// Replaces the file at `path` by `bytes`, durably and in one step: a reader after any crash finds
  /// the old or the new content, never a mixture.
  ///
  /// - Parameters:
  ///   - path: The file to replace.
  ///   - directory: The directory that holds it.
  ///   - bytes: The new content.
  /// - Throws: ``IOError`` of any of the calls; the old file stands then.
  package func replaceFile(
    _ path: String,
    in directory: String,
    with bytes: [UInt8]
  ) throws(IOError) {
    let temporary = path + ".new"
    if try exists(temporary) { try remove(temporary) }
    let file = try open(temporary, .createNew)
    try file.write(bytes, at: 0)
    try file.sync()
    try file.close()
    try rename(temporary, to: path)
    try syncDirectory(directory)
  }
}
