internal import CLibpq
internal import SystemIO

/// The protocol's bytes through libpq, for TLS and GSSAPI: CopyData messages are framed again, what ends a COPY is
/// made anew.
@safe
final class LibpqSource: ByteSource, @unchecked Sendable {
  // SAFETY: one thread uses it; a buffer of libpq's lives from PQgetCopyData to PQfreemem.
  private let connection: SourceConnection
  private var header: [UInt8] = []
  private var headerPlace = 0
  private var message: UnsafeMutablePointer<CChar>?
  private var messageCount = 0
  private var messagePlace = 0
  private var isBegun = false
  private var isEnded = false

  init(_ connection: SourceConnection) { self.connection = connection }

  deinit { if let message = unsafe message { unsafe PQfreemem(message) } }

  var pollDescriptor: Int32 { unsafe PQsocket(connection.handle) }

  func begin(_ statement: String) throws(ReplicationError) {
    guard unsafe PQsendQuery(connection.handle, statement) == 1 else {
      throw connection.lostConnection()
    }
    (isBegun, isEnded) = (false, false)
    guard let result = unsafe PQgetResult(connection.handle) else {
      throw connection.lostConnection()
    }
    defer { unsafe PQclear(result) }
    switch unsafe PQresultStatus(result) {
    case PGRES_COPY_BOTH: put(UInt8(ascii: "W"), [])
    case PGRES_COPY_OUT: put(UInt8(ascii: "H"), [])
    default:
      let failure = unsafe connection.failure(of: result)
      while let rest = unsafe PQgetResult(connection.handle) { unsafe PQclear(rest) }
      throw failure
    }
    guard unsafe PQsetnonblocking(connection.handle, 1) == 0 else {
      throw connection.lostConnection()
    }
    isBegun = true
  }

  private func put(_ kind: UInt8, _ payload: [UInt8]) {
    header.removeFirst(headerPlace)
    headerPlace = 0
    let size = UInt32(payload.count + 4)
    header.append(kind)
    for shift in [24, 16, 8, 0] as [UInt32] {
      header.append(UInt8(truncatingIfNeeded: size >> shift))
    }
    header += payload
  }

  func readAvailable(
    into buffer: UnsafeMutableRawBufferPointer
  ) throws(ReplicationError) -> Int? {
    var count = 0
    while count < buffer.count {
      if headerPlace < header.count {
        unsafe buffer[count] = header[headerPlace]
        headerPlace += 1
        count += 1
      } else if let message = unsafe message {
        let part = min(messageCount - messagePlace, buffer.count - count)
        // SAFETY: the part lies in both.
        unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[count..<count + part]).copyMemory(
          from: UnsafeRawBufferPointer(start: message + messagePlace, count: part)
        )
        count += part
        messagePlace += part
        if messagePlace == messageCount {
          unsafe PQfreemem(message)
          unsafe self.message = nil
        }
      } else if try !fetch() {
        break
      }
    }
    return count > 0 ? count : nil
  }

  /// Takes the next message from libpq; false: there is none now.
  private func fetch() throws(ReplicationError) -> Bool {
    guard isBegun, !isEnded else { return false }
    let handle = unsafe connection.handle
    var next: UnsafeMutablePointer<CChar>?
    var count = unsafe PQgetCopyData(handle, &next, 1)
    if count == 0 {
      guard unsafe PQconsumeInput(handle) == 1 else { throw connection.lostConnection() }
      count = unsafe PQgetCopyData(handle, &next, 1)
    }
    switch count {
    case 0: return false
    case 1...:
      unsafe message = unsafe next
      (messageCount, messagePlace) = (Int(count), 0)
      let size = UInt32(count) + 4
      header.removeAll(keepingCapacity: true)
      headerPlace = 0
      header.append(UInt8(ascii: "d"))
      for shift in [24, 16, 8, 0] as [UInt32] {
        header.append(UInt8(truncatingIfNeeded: size >> shift))
      }
    case -1: try end()
    default: throw connection.lostConnection()
    }
    return true
  }

  /// The COPY is over: its results become the messages that a socket would show.
  private func end() throws(ReplicationError) {
    isEnded = true
    _ = unsafe PQsetnonblocking(connection.handle, 0)
    put(UInt8(ascii: "c"), [])
    while let result = unsafe PQgetResult(connection.handle) {
      defer { unsafe PQclear(result) }
      switch unsafe PQresultStatus(result) {
      case PGRES_COMMAND_OK:
        put(UInt8(ascii: "C"), unsafe Array(String(cString: PQcmdStatus(result)).utf8) + [0])
      case PGRES_COPY_BOTH, PGRES_COPY_IN:
        // The server has ended its half; ours ends with it.
        guard unsafe PQputCopyEnd(connection.handle, nil) == 1 else {
          throw connection.lostConnection()
        }
      default: throw unsafe connection.failure(of: result)
      }
    }
    put(UInt8(ascii: "Z"), [UInt8(ascii: "I")])
  }

  /// libpq itself ends with the connection's object.
  func close() { connection.disconnect() }

  func send(_ payload: [UInt8]) throws(ReplicationError) {
    let handle = unsafe connection.handle
    let status = unsafe payload.withUnsafeBytes { bytes in
      unsafe PQputCopyData(
        handle,
        bytes.baseAddress?.assumingMemoryBound(to: CChar.self),
        Int32(bytes.count)
      )
    }
    // 0: libpq has no room now; the next status says the same and more.
    guard status >= 0, unsafe PQflush(handle) >= 0 else { throw connection.lostConnection() }
  }
}
