import Columnar
import PostgresProtocol
import SystemIO

/// Why a connection ends.
enum ConnectionEnd: Error {
  /// The client said goodbye, vanished, or was told why and sent away.
  case gone
  /// Somebody here ended it: the client is told 57P01.
  case terminated
}

/// The two directions of a connection, buffered.
///
/// Output waits until a message cycle ends or 64 KiB have come together, and then until the client takes it: a result of any
/// size costs no more memory than that.
final class ClientStream {
  static let flushBytes = 64 << 10
  /// Buffers that a long message made larger than this are given back.
  private static let keptBytes = 256 << 10

  let seat: Seat
  var decoder: FrontendDecoder
  var output = OutputBuffer(capacity: 2048)

  init(_ seat: Seat, messageBytesMax: Int) {
    self.seat = seat
    decoder = FrontendDecoder(messageBytesMax: messageBytesMax)
  }

  /// Waits for more bytes of the client.
  func receive(timeoutMilliseconds: Int? = nil) throws(ConnectionEnd) {
    let socket = seat.socket
    do throws(IOError) {
      let count = try unsafe decoder.receive { (place) throws(IOError) in
        try unsafe socket.read(into: place, timeoutMilliseconds: timeoutMilliseconds)
      }
      if count > 0 { return }
    } catch {
      throw seat.isEnding ? .terminated : .gone
    }
    throw seat.isEnding ? .terminated : .gone
  }

  /// The next message, waiting for it.
  ///
  /// - Throws: Also after telling the client that its bytes are no messages.
  func nextMessage() throws(ConnectionEnd) -> FrontendMessage {
    while true {
      do throws(ProtocolError) {
        if let message = try decoder.nextMessage() { return message }
      } catch {
        output.errorResponse(ErrorFields(error))
        flushOnce()
        throw .gone
      }
      try receive()
    }
  }

  /// Sends what waits, for as long as the client takes.
  func flush() throws(ConnectionEnd) {
    var done = 0
    while done < output.count {
      let count = try write(from: done)
      done += count
      if count == 0 { try waitForRoom() }
    }
    if output.count > Self.keptBytes {
      output = OutputBuffer(capacity: 2048)
    } else {
      output.removeAll()
    }
  }

  /// Sends what waits when it is worth a call.
  @inline(__always)
  func flushWhenFull() throws(ConnectionEnd) {
    if output.count >= Self.flushBytes { try flush() }
  }

  /// Sends what the client takes at once: last words.
  func flushOnce() {
    _ = try? write(from: 0)
    output.removeAll()
  }

  private func write(from place: Int) throws(ConnectionEnd) -> Int {
    let count = output.write(from: place, to: seat.socket)
    guard count >= 0 else { throw .gone }
    return count
  }

  /// A client that does not read may take its time, but not after the connection was ended.
  private func waitForRoom() throws(ConnectionEnd) {
    if seat.isEnding { throw .terminated }
    let socket = seat.socket
    guard (try? waitFor(.writable, of: socket.pollDescriptor, timeoutMilliseconds: 500)) != nil
    else { throw .gone }
  }
}

extension OutputBuffer {
  /// Writes what the socket takes at once; negative: the connection is broken.
  fileprivate func write(from place: Int, to socket: Socket) -> Int {
    unsafe bytes.withUnsafeBufferPointer { bytes in
      let rest = unsafe UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: bytes[place...]))
      // A closure that throws would lose the error's type.
      return (try? unsafe socket.writeAvailable(rest)) ?? -1
    }
  }
}
