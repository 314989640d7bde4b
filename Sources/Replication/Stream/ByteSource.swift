package import SystemIO

/// Where the bytes of a COPY come from: a socket, libpq, or a script of a test.
///
/// Bytes are messages of the protocol as a server sends them (`d` CopyData, `c`, `E`, `Z`, …), cut anywhere.
package protocol ByteSource: AnyObject, Sendable {
  /// Readable while there may be bytes.
  var pollDescriptor: Int32 { get }

  /// Begins a COPY: sends the statement. Its answer comes as bytes.
  func begin(_ statement: String) throws(ReplicationError)

  /// Reads what is there without waiting.
  ///
  /// - Parameter buffer: Not empty; filled from its start.
  /// - Returns: Bytes read; nil when there is nothing now.
  /// - Throws: ``ReplicationError/disconnected(_:)`` at the end of the connection.
  func readAvailable(into buffer: UnsafeMutableRawBufferPointer) throws(ReplicationError) -> Int?

  /// Sends a CopyData message, or keeps what does not fit now for the next call.
  func send(_ payload: [UInt8]) throws(ReplicationError)

  /// Ends the connection: the source hears it at once, after what was sent.
  func close()
}

extension SourceConnection {
  /// The fastest way to read from this connection, which must be idle.
  ///
  /// Where nothing lies between the socket and the protocol, bytes are read from the socket itself: libpq's buffers,
  /// copies and allocations cost twice what decoding does.
  package func makeByteSource() throws(ReplicationError) -> any ByteSource {
    isPlain ? try WireSource(self) : LibpqSource(self)
  }

  /// Reads through libpq whatever lies between.
  package func makeLibpqSource() -> any ByteSource { LibpqSource(self) }
}

/// The protocol's bytes from a socket; libpq has authenticated and knows nothing of what is said here.
package final class WireSource: ByteSource, @unchecked Sendable {
  // SAFETY: one thread uses it.
  private let socket: Socket
  /// Owns the connection that the socket is of.
  private let connection: SourceConnection?
  private var unsent: [UInt8] = []

  init(_ connection: SourceConnection) throws(ReplicationError) {
    socket = try connection.duplicateSocket()
    self.connection = connection
  }

  /// A socket whose other side plays the server, for tests.
  package init(_ socket: Socket) {
    self.socket = socket
    connection = nil
  }

  package var pollDescriptor: Int32 { socket.pollDescriptor }

  package func begin(_ statement: String) throws(ReplicationError) {
    try put(UInt8(ascii: "Q"), Array(statement.utf8) + [0])
  }

  package func readAvailable(
    into buffer: UnsafeMutableRawBufferPointer
  ) throws(ReplicationError) -> Int? {
    do throws(IOError) {
      guard let count = try unsafe socket.readAvailable(into: buffer) else { return nil }
      if count > 0 { return count }
    } catch { throw error.isDisconnect ? .disconnected(error.reason) : .system(error) }
    throw .disconnected("the source closed the connection")
  }

  package func close() { socket.shutdownBoth() }

  package func send(_ payload: [UInt8]) throws(ReplicationError) {
    try put(UInt8(ascii: "d"), payload)
  }

  private func put(_ kind: UInt8, _ payload: [UInt8]) throws(ReplicationError) {
    let size = UInt32(payload.count + 4)
    unsent.append(kind)
    for shift in [24, 16, 8, 0] as [UInt32] {
      unsent.append(UInt8(truncatingIfNeeded: size >> shift))
    }
    unsent += payload
    do throws(IOError) {
      let pending = unsent
      let bytes = unsafe pending.span.bytes
      let count = try unsafe bytes.withUnsafeBytes { (bytes) throws(IOError) -> Int in
        try unsafe socket.writeAvailable(bytes)
      }
      unsent.removeFirst(count)
    } catch { throw error.isDisconnect ? .disconnected(error.reason) : .system(error) }
    guard unsent.count < Self.unsentBytesMax else {
      throw .disconnected("the source reads nothing")
    }
  }

  /// Statuses are small and rare: so many are hours of a peer that does not read.
  private static let unsentBytesMax = 1 << 20
}
