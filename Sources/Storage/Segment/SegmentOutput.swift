// Pages on their way into a segment file, written in pieces of about a megabyte.

internal import ColumnEncoding
internal import Columnar
internal import SystemIO

/// A file that is written once from start to end.
final class SegmentOutput {
  private static let flushBytes = 1 << 20

  let file: any File
  /// Bytes written and waiting: where the next page will begin.
  private(set) var offset: Int64 = 0
  private var waiting: [ByteBuffer] = []
  private var writtenBytes: Int64 = 0

  init(_ fileSystem: any FileSystem, path: String) throws(StorageError) {
    file = try world { () throws(IOError) in try fileSystem.open(path, .createNew) }
  }

  /// Appends a page.
  func append(_ page: ByteBuffer) throws(StorageError) -> PageReference {
    let checksum = unsafe Checksum.of(
      UnsafeRawBufferPointer(start: page.base, count: page.byteCount)
    )
    let reference = PageReference(
      offset: offset,
      byteCount: UInt32(page.byteCount),
      checksum: checksum
    )
    try appendBytes(page)
    return reference
  }

  /// Appends bytes that carry their own checksum.
  func append(_ bytes: [UInt8]) throws(StorageError) {
    try appendBytes(unsafe ByteBuffer(copying: bytes.span.bytes))
  }

  private func appendBytes(_ buffer: ByteBuffer) throws(StorageError) {
    waiting.append(buffer)
    offset += Int64(buffer.byteCount)
    if offset - writtenBytes >= Self.flushBytes { try flush() }
  }

  /// Writes what waits, and asks the kernel to begin with the disk.
  func flush() throws(StorageError) {
    guard !waiting.isEmpty else { return }
    // SAFETY: `waiting` keeps the buffers alive over the call.
    let pieces = unsafe waiting.map {
      unsafe UnsafeRawBufferPointer(start: $0.base, count: $0.byteCount)
    }
    let place = writtenBytes
    try world { () throws(IOError) in try unsafe file.write(pieces, at: place) }
    file.startWriteback(at: place, byteCount: offset - place)
    writtenBytes = offset
    waiting.removeAll(keepingCapacity: true)
  }

  /// Makes what was flushed durable and closes the file.
  func sync() throws(StorageError) {
    try world { () throws(IOError) in
      try file.sync()
      try file.close()
    }
  }
}
