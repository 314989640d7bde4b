/// Cuts a client's bytes into messages, wherever the network has cut them.
///
/// Memory is taken as bytes arrive, never because a length says so, and no message is longer than the limits.
package struct FrontendDecoder {
  /// PostgreSQL's own limit.
  package static let startupBytesMax = 10_000
  /// Of messages that are short by nature: Describe, Execute, Sync and their kin.
  package static let smallMessageBytesMax = 10_000

  private var storage: [UInt8]
  private var start = 0
  private var end = 0
  private let initialBytes: Int
  private let messageBytesMax: Int

  /// - Parameters:
  ///   - messageBytesMax: The longest message that is taken.
  ///   - initialBytes: Memory of an idle connection.
  package init(messageBytesMax: Int = 64 << 20, initialBytes: Int = 8192) {
    self.messageBytesMax = messageBytesMax
    self.initialBytes = max(64, initialBytes)
    storage = [UInt8](repeating: 0, count: self.initialBytes)
  }

  /// Bytes that have come and are not part of a message yet.
  package var pendingByteCount: Int { end - start }

  /// Lets `read` put new bytes behind the old ones.
  ///
  /// - Parameter read: Fills a place of at least 64 bytes and returns how many came.
  /// - Returns: What `read` returned.
  /// - Throws: What `read` throws.
  package mutating func receive<Failure: Error>(
    _ read: (UnsafeMutableRawBufferPointer) throws(Failure) -> Int
  ) throws(Failure) -> Int {
    makeRoom()
    let place = end
    var failure: Failure?
    // SAFETY: `read` is handed exactly the free part of the array.
    let count = unsafe storage.withUnsafeMutableBytes { bytes in
      do throws(Failure) {
        return try unsafe read(UnsafeMutableRawBufferPointer(rebasing: bytes[place...]))
      } catch {
        failure = error
        return 0
      }
    }
    if let failure { throw failure }
    end += max(0, min(count, storage.count - end))
    return count
  }

  /// Takes bytes that have come.
  package mutating func receive(_ bytes: some Collection<UInt8>) {
    makeRoom(for: bytes.count)
    storage.replaceSubrange(end..<end + bytes.count, with: bytes)
    end += bytes.count
  }

  private mutating func makeRoom(for count: Int = 64) {
    if start == end {
      start = 0
      end = 0
      // One long message must not keep its memory for the connection's life.
      if storage.count > 16 * initialBytes {
        storage = [UInt8](repeating: 0, count: initialBytes)
      }
    }
    if storage.count - end >= count { return }
    if start > 0 {
      storage.removeSubrange(0..<start)
      storage.append(contentsOf: repeatElement(0, count: start))
      end -= start
      start = 0
    }
    let missing = count - (storage.count - end)
    if missing > 0 {
      storage.append(contentsOf: repeatElement(0, count: max(storage.count, missing)))
    }
  }

  /// The next packet of the start-up; `nil` until it is whole.
  ///
  /// - Throws: Always fatal.
  package mutating func nextStartupPacket() throws(ProtocolError) -> StartupPacket? {
    guard pendingByteCount >= 4 else { return nil }
    let length = Int(bigEndian32(storage, at: start))
    guard length >= 8, length <= Self.startupBytesMax else {
      throw ProtocolError("08P01", "invalid length of startup packet", isFatal: true)
    }
    guard pendingByteCount >= length else { return nil }
    let range = start + 4..<start + length
    start += length
    do throws(ProtocolError) {
      return try StartupPacket(storage, in: range)
    } catch {
      throw ProtocolError(error.sqlState, error.message, isFatal: true)
    }
  }

  /// The next message; `nil` until it is whole.
  ///
  /// - Throws: Always fatal: the frame itself is broken.
  package mutating func nextMessage() throws(ProtocolError) -> FrontendMessage? {
    guard pendingByteCount >= 1 else { return nil }
    let kind = storage[start]
    guard let limit = limit(of: kind) else {
      throw ProtocolError("08P01", "invalid frontend message type \(kind)", isFatal: true)
    }
    guard pendingByteCount >= 5 else { return nil }
    let length = Int(bigEndian32(storage, at: start + 1))
    guard length >= 4, length <= limit else {
      throw ProtocolError("08P01", "invalid message length", isFatal: true)
    }
    guard pendingByteCount >= length + 1 else { return nil }
    let range = start + 5..<start + length + 1
    start += length + 1
    do throws(ProtocolError) {
      return try FrontendMessage(kind: kind, storage, in: range)
    } catch {
      if error.isFatal { throw error }
      return .malformed(kind: kind, error)
    }
  }

  /// The kind of the message that comes next, when its first byte is there.
  package var nextKind: UInt8? { pendingByteCount > 0 ? storage[start] : nil }

  private func limit(of kind: UInt8) -> Int? {
    switch kind {
    case UInt8(ascii: "Q"), UInt8(ascii: "P"), UInt8(ascii: "B"), UInt8(ascii: "d"),
      UInt8(ascii: "F"):
      messageBytesMax
    case UInt8(ascii: "D"), UInt8(ascii: "E"), UInt8(ascii: "C"), UInt8(ascii: "H"),
      UInt8(ascii: "S"), UInt8(ascii: "X"), UInt8(ascii: "c"), UInt8(ascii: "f"):
      Self.smallMessageBytesMax
    default: nil
    }
  }
}
