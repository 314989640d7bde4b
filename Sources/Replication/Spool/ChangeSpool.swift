internal import ColumnEncoding
internal import Columnar
package import SystemIO

/// The messages of one relation that wait for its copy, as the stream brought them: first in memory, then in a file
/// without a name.
///
/// One thread's. Transactions are whole in it, each between its Begin and its Commit.
package final class ChangeSpool {
  /// Bytes that are gathered before they are written; a larger message is a block of its own.
  private static let blockBytes = 256 << 10

  /// Where a block lies, and its CRC-32C.
  private struct Block {
    var offset: Int64
    var byteCount: Int
    var checksum: UInt32
  }

  /// How the relation was described before; nil: it was not.
  package let relation: SourceRelation?
  private let fileSystem: any FileSystem
  private let directory: String
  private var file: (any File)?
  private var blocks: [Block] = []
  private var writtenBytes: Int64 = 0
  private var buffer: ByteBuffer?
  private var filled = 0
  /// Whether the Begin of the open transaction was taken.
  var hasBegun = false

  /// - Parameters:
  ///   - relation: How the stream has described the relation so far.
  ///   - fileSystem: The disk.
  ///   - directory: For the file; this process's alone.
  package init(
    _ relation: SourceRelation?,
    _ fileSystem: any FileSystem,
    in directory: String
  ) {
    self.relation = relation
    self.fileSystem = fileSystem
    self.directory = directory
  }

  // The name is gone already; nothing was written that anybody needs.
  deinit { try? file?.close() }

  /// Bytes in the file.
  package var fileBytes: Int { Int(writtenBytes) }

  /// Whether nothing waits.
  package var isEmpty: Bool { blocks.isEmpty && filled == 0 }

  /// Appends a whole CopyData message.
  func append(_ message: RawSpan) throws(IOError) {
    if filled > 0, filled + message.byteCount > Self.blockBytes { try write() }
    let target: ByteBuffer
    if let buffer, message.byteCount <= buffer.byteCount - filled {
      target = buffer
    } else {
      target = ByteBuffer(byteCount: max(Self.blockBytes, message.byteCount))
      buffer = target
    }
    unsafe message.withUnsafeBytes { bytes in
      guard let start = bytes.baseAddress else { return }
      // SAFETY: there is room for the message behind what is filled.
      unsafe (target.base + filled).copyMemory(from: start, byteCount: bytes.count)
    }
    filled += message.byteCount
  }

  /// Writes what was gathered.
  private func write() throws(IOError) {
    guard let buffer, filled > 0 else { return }
    let target: any File
    if let file { target = file } else { target = try fileSystem.openUnnamed(in: directory) }
    file = target
    let bytes = buffer.bytes.extracting(0..<filled)
    try target.write(bytes, at: writtenBytes)
    blocks.append(
      Block(offset: writtenBytes, byteCount: filled, checksum: Checksum.of(bytes))
    )
    writtenBytes += Int64(filled)
    filled = 0
    KillPoint.spooling.pass()
  }

  /// Gives everything to a decoder, block by block, in the order in which it came.
  ///
  /// - Parameters:
  ///   - decoder: Knows how to lay the relation's rows out.
  ///   - body: Takes each block's changes.
  /// - Throws: ``SpoolFailure``.
  package func replay<Failure: Error>(
    through decoder: StreamDecoder,
    _ body: (ChangeGroup) throws(Failure) -> Void
  ) throws(SpoolFailure<Failure>) {
    if let relation { decoder.describe(relation) }
    for number in 0..<blocks.count + (filled > 0 ? 1 : 0) {
      let group: ChangeGroup
      do throws(ReplicationError) {
        let (bytes, count) = try block(number)
        group = try decoder.decode(bytes, 0..<count)
      } catch { throw .stream(error) }
      do throws(Failure) { try body(group) } catch { throw .receiver(error) }
    }
  }

  private func block(_ number: Int) throws(ReplicationError) -> (ByteBuffer, Int) {
    guard number < blocks.count, let file else {
      guard let buffer else { return (ByteBuffer(byteCount: 0), 0) }
      return (buffer, filled)
    }
    let block = blocks[number]
    let buffer = ByteBuffer(byteCount: block.byteCount)
    let count: Int
    do throws(IOError) {
      var bytes = buffer.mutableBytes
      count = try file.read(into: &bytes, at: block.offset)
    } catch { throw .system(error) }
    guard count == block.byteCount, Checksum.of(buffer.bytes) == block.checksum else {
      throw .violation("data corrupted in temporary file \(file.path) at offset \(block.offset)")
    }
    return (buffer, count)
  }
}

/// Why a spool was not replayed.
package enum SpoolFailure<Receiver: Error>: Error {
  /// The file, or what is in it.
  case stream(ReplicationError)
  /// Whoever takes the changes.
  case receiver(Receiver)
}
