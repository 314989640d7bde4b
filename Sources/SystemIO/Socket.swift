// Streams over TCP and Unix sockets. A call takes a deadline instead of relying on socket options,
// and works the same on blocking and non-blocking sockets.

internal import CSystemShims
internal import Glibc

/// A connected stream socket.
///
/// One thread reads while another writes.
package final class Socket: Sendable {
  private let descriptor: Descriptor
  /// Who is at the other side, for error texts.
  package let peer: String

  init(descriptor: Int32, peer: String) {
    self.descriptor = Descriptor(descriptor)
    self.peer = peer
  }

  /// Connects over TCP.
  package static func connect(
    host: String,
    port: UInt16,
    timeoutMilliseconds: Int
  ) throws(IOError) -> Socket {
    let peer = "\(host):\(port)"
    let descriptor = try check(.connect, peer) {
      unsafe sys_tcp_connect(host, port, Int32(clamping: timeoutMilliseconds))
    }
    return Socket(descriptor: descriptor, peer: peer)
  }

  /// Connects to a socket file.
  package static func connect(unixPath: String) throws(IOError) -> Socket {
    let descriptor = try check(.connect, unixPath) { unsafe sys_unix_connect(unixPath) }
    return Socket(descriptor: descriptor, peer: unixPath)
  }

  /// The descriptor, for ``poll(_:timeoutMilliseconds:)``.
  package var pollDescriptor: Int32 { descriptor.number }

  /// Switches between waiting calls and calls that fail with `EWOULDBLOCK`.
  package func setNonBlocking(_ isOn: Bool) throws(IOError) {
    try check(.configureSocket, peer) { sys_set_nonblocking(descriptor.number, isOn ? 1 : 0) }
  }

  /// Sends small messages at once instead of collecting them.
  package func setNoDelay() throws(IOError) {
    try check(.configureSocket, peer) { sys_set_no_delay(descriptor.number) }
  }

  /// Lets the kernel find out that a silent peer is gone.
  package func setKeepAlive(idleSeconds: Int) throws(IOError) {
    try check(.configureSocket, peer) {
      sys_set_keep_alive(descriptor.number, Int32(clamping: idleSeconds))
    }
  }

  /// Reads what is there, waiting for the first byte.
  ///
  /// - Parameters:
  ///   - buffer: Filled from its start.
  ///   - timeoutMilliseconds: Nil waits without end.
  /// - Returns: Bytes read; 0 when the peer has ended its stream.
  /// - Throws: ``IOError`` with ``IOError/isTimeout`` when the time is over.
  package func read(
    into buffer: UnsafeMutableRawBufferPointer,
    timeoutMilliseconds: Int? = nil
  ) throws(IOError) -> Int {
    while true {
      if timeoutMilliseconds != nil { try waitUntil(.readable, timeoutMilliseconds, .read) }
      do throws(IOError) {
        return try check(.read, peer) {
          unsafe Glibc.read(descriptor.number, buffer.baseAddress, buffer.count)
        }
      } catch {
        guard error.wouldBlock else { throw error }
        try waitUntil(.readable, timeoutMilliseconds, .read)
      }
    }
  }

  /// Reads what is there without waiting.
  ///
  /// - Returns: Bytes read, 0 at the end of the stream, nil when there is nothing yet.
  package func readAvailable(
    into buffer: UnsafeMutableRawBufferPointer
  ) throws(IOError) -> Int? {
    let flags = Int32(MSG_DONTWAIT)
    do throws(IOError) {
      return try check(.read, peer) {
        unsafe recv(descriptor.number, buffer.baseAddress, buffer.count, flags)
      }
    } catch {
      if error.wouldBlock { return nil }
      throw error
    }
  }

  /// Writes all bytes, waiting while the peer's window is full.
  ///
  /// - Parameters:
  ///   - bytes: What to send.
  ///   - timeoutMilliseconds: Longest wait without progress; nil waits without end.
  /// - Throws: ``IOError``, with ``IOError/isTimeout`` when the time is over.
  package func write(
    _ bytes: UnsafeRawBufferPointer,
    timeoutMilliseconds: Int? = nil
  ) throws(IOError) {
    guard let base = bytes.baseAddress else { return }
    var done = 0
    while done < bytes.count {
      if timeoutMilliseconds != nil { try waitUntil(.writable, timeoutMilliseconds, .write) }
      do throws(IOError) {
        // SAFETY: `done` is below the count.
        done += try check(.write, peer) {
          unsafe sendPart(base + done, bytes.count - done, waits: timeoutMilliseconds == nil)
        }
      } catch {
        guard error.wouldBlock else { throw error }
        try waitUntil(.writable, timeoutMilliseconds, .write)
      }
    }
  }

  /// Writes what fits without waiting.
  ///
  /// - Returns: Bytes taken; 0 when the peer's window is full.
  package func writeAvailable(_ bytes: UnsafeRawBufferPointer) throws(IOError) -> Int {
    guard let base = bytes.baseAddress else { return 0 }
    do throws(IOError) {
      return try check(.write, peer) { unsafe sendPart(base, bytes.count, waits: false) }
    } catch {
      if error.wouldBlock { return 0 }
      throw error
    }
  }

  /// Ends our stream; the peer reads the end after what was written.
  package func shutdownWriting() { _ = shutdown(descriptor.number, Int32(SHUT_WR)) }

  /// Stops reading: a waiting read returns 0, what was not written yet can still be.
  package func shutdownReading() { _ = shutdown(descriptor.number, Int32(SHUT_RD)) }

  /// Ends both directions: waiting calls of other threads return.
  package func shutdownBoth() { _ = shutdown(descriptor.number, Int32(SHUT_RDWR)) }

  /// Closes the descriptor.
  ///
  /// No other thread may be inside a call.
  package func close() { descriptor.close() }

  private func sendPart(_ base: UnsafeRawPointer, _ count: Int, waits: Bool) -> Int {
    unsafe sys_send(descriptor.number, base, count, waits ? 1 : 0)
  }

  private func waitUntil(
    _ events: PollEntry.Events,
    _ timeoutMilliseconds: Int?,
    _ operation: IOError.Operation
  ) throws(IOError) {
    let isReady = try waitFor(
      events,
      of: descriptor.number,
      timeoutMilliseconds: timeoutMilliseconds
    )
    guard isReady else { throw IOError(operation, path: peer, errno: ETIMEDOUT) }
  }
}

extension Socket {
  /// A second descriptor of a socket that somebody else owns, such as libpq's connection.
  ///
  /// Closing it leaves the other open; both share the stream, so only one may read.
  ///
  /// - Parameters:
  ///   - descriptor: The owner's.
  ///   - peer: Who is at the other side, for error texts.
  /// - Returns: The socket.
  /// - Throws: ``IOError`` when there are no descriptors left.
  package static func duplicating(_ descriptor: Int32, peer: String) throws(IOError) -> Socket {
    Socket(
      descriptor: try check(.createDescriptor, peer) { fcntl(descriptor, F_DUPFD_CLOEXEC, 0) },
      peer: peer
    )
  }
}
