internal import ColumnEncoding
internal import Glibc
package import SystemIO

/// Bytes of a file to load, from start to end.
///
/// Used by one thread at a time.
package protocol ByteSource: AnyObject, Sendable {
  /// Fills some of `buffer`.
  ///
  /// - Returns: Bytes filled; 0 only at the end.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(LoadError) -> Int
}

/// A file, read in order.
package final class FileSource: ByteSource, @unchecked Sendable {
  // SAFETY: one thread at a time, as the protocol demands.
  private let file: any File
  private var offset: Int64 = 0

  package init(_ file: any File) { self.file = file }

  package func read(into buffer: UnsafeMutableRawBufferPointer) throws(LoadError) -> Int {
    do throws(IOError) {
      let count = try unsafe file.read(into: buffer, at: offset)
      offset += Int64(count)
      return count
    } catch {
      throw .io(error)
    }
  }
}

/// The program's standard input.
package final class StandardInputSource: ByteSource {
  private let isStopped: @Sendable () -> Bool

  /// - Parameter isStopped: Asked ten times a second while nothing comes; true ends reading with ``LoadError/cancelled``.
  package init(isStopped: @escaping @Sendable () -> Bool = { false }) {
    self.isStopped = isStopped
  }

  package func read(into buffer: UnsafeMutableRawBufferPointer) throws(LoadError) -> Int {
    while true {
      var waiting = pollfd(fd: 0, events: Int16(POLLIN), revents: 0)
      // SAFETY: one entry, which lives as long as the call.
      let ready = unsafe poll(&waiting, 1, 100)
      if isStopped() { throw .cancelled }
      if ready == 0 || ready < 0 && errno == EINTR { continue }
      // SAFETY: the buffer has `count` writable bytes.
      let count = unsafe Glibc.read(0, buffer.baseAddress, buffer.count)
      if count >= 0 { return count }
      guard errno == EINTR else { throw .io(IOError(.read, path: "-", errno: errno)) }
    }
  }
}

/// Counts and hashes what goes through: the identity of a file is that of its bytes as they are stored.
final class HashingSource: ByteSource, @unchecked Sendable {
  // SAFETY: one thread at a time, as the protocol demands.
  private let source: any ByteSource
  private var identity = ContentIdentity()

  init(_ source: any ByteSource) { self.source = source }

  var byteCount: Int64 { identity.byteCount }
  var contentHash: [UInt8] { identity.bytes }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(LoadError) -> Int {
    let count = try unsafe source.read(into: buffer)
    unsafe identity.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    return count
  }
}

/// Size and a 128-bit hash of some bytes, however they are cut.
struct ContentIdentity {
  private static let pieceBytes = 4096

  private(set) var byteCount: Int64 = 0
  private var checksum = Checksum()
  private var first: UInt64 = 0x243f_6a88_85a3_08d3
  private var second: UInt64 = 0x1319_8a2e_0370_7344
  private var pieceCount = 0

  /// The identity: 8 bytes of size, 16 of hash.
  var bytes: [UInt8] {
    var copy = self
    copy.endPiece()
    return [UInt64(bitPattern: byteCount), copy.first, copy.second].flatMap { word in
      (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64($0 * 8)) }
    }
  }

  mutating func update(_ bytes: UnsafeRawBufferPointer) {
    byteCount += Int64(bytes.count)
    var rest = unsafe bytes
    // Pieces of a fixed size, so that the cuts of reading do not matter.
    while rest.count > 0 {
      let count = min(rest.count, Self.pieceBytes - pieceCount)
      unsafe checksum.update(
        RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: rest[..<count]))
      )
      pieceCount += count
      if pieceCount == Self.pieceBytes { endPiece() }
      unsafe rest = UnsafeRawBufferPointer(rebasing: rest[count...])
    }
  }

  private mutating func endPiece() {
    guard pieceCount > 0 else { return }
    first = stableHash(first ^ UInt64(checksum.value))
    second = stableHash(second &+ UInt64(checksum.value) << 32 &+ UInt64(pieceCount))
    pieceCount = 0
  }
}
