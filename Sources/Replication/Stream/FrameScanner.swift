// Walks the messages of a replication connection as they arrive, without decoding rows: where transactions end,
// what the server says besides, which positions it names.

internal import Columnar

/// What the walk has seen.
struct FrameScanner {
  /// What a message that is no CopyData means.
  enum Event: Equatable {
    /// The COPY has begun.
    case begun
    /// The server has ended the COPY.
    case done
    case failed(ServerFailure)
    /// Ready for the next statement.
    case ready
    /// Command tag of a statement that ended well.
    case complete(String)
  }

  /// Whether a transaction has begun and not ended.
  private(set) var isInTransaction = false
  /// End of the last commit seen.
  private(set) var receivedLSN = LSN.zero
  /// The server waits for a status.
  var isReplyRequested = false

  /// The size of the message at `place` with kind and size, or nil: not all of it is there.
  ///
  /// - Throws: ``ReplicationError/malformed(what:offset:)`` for a size that no message has.
  static func size(
    _ base: UnsafePointer<UInt8>,
    _ place: Int,
    _ end: Int
  ) throws(ReplicationError) -> Int? {
    guard end - place >= 5 else { return nil }
    var cursor = unsafe ByteCursor(base: base, offset: place + 1, end: end)
    let size = cursor.take(UInt32.self)
    guard size >= 4, size < 1 << 30 + 1 << 20 else {
      throw .malformed(what: "size of a message", offset: place)
    }
    return Int(size) + 1
  }

  /// Looks at a CopyData message of the stream.
  ///
  /// - Parameters:
  ///   - base: The slab.
  ///   - place: Where its payload begins.
  ///   - count: Bytes of payload.
  @inline(__always)
  mutating func look(_ base: UnsafePointer<UInt8>, _ place: Int, _ count: Int) {
    // SAFETY: the payload has `count` bytes.
    if count > 25, unsafe base[place] == 0x77 {
      switch unsafe base[place + 25] {
      case UInt8(ascii: "B"): isInTransaction = true
      case UInt8(ascii: "C"):
        isInTransaction = false
        if count >= 43 {
          var cursor = unsafe ByteCursor(base: base, offset: place + 35, end: place + count)
          receivedLSN = LSN(cursor.take(UInt64.self))
        }
      default: break
      }
    } else if count == 18, unsafe base[place] == 0x6b, unsafe base[place + 17] != 0 {
      isReplyRequested = true
    }
  }

  /// Reads a message that is no CopyData; nil: it says nothing to us.
  ///
  /// - Parameters:
  ///   - base: The bytes.
  ///   - place: Where its kind stands.
  ///   - end: Behind it.
  /// - Returns: What it means.
  static func event(_ base: UnsafePointer<UInt8>, _ place: Int, _ end: Int) -> Event? {
    var cursor = unsafe ByteCursor(base: base, offset: place + 5, end: end)
    // SAFETY: the message has five bytes at least.
    switch unsafe base[place] {
    case UInt8(ascii: "W"), UInt8(ascii: "H"): return .begun
    case UInt8(ascii: "c"): return .done
    case UInt8(ascii: "Z"): return .ready
    case UInt8(ascii: "C"): return .complete(cursor.nextString() ?? "")
    case UInt8(ascii: "E"):
      var failure = ServerFailure(sqlState: "XX000", message: "")
      while let code = cursor.next(UInt8.self), code != 0, let text = cursor.nextString() {
        switch code {
        case UInt8(ascii: "C"): failure.sqlState = text
        case UInt8(ascii: "M"): failure.message = text
        case UInt8(ascii: "D"): failure.detail = text
        case UInt8(ascii: "H"): failure.hint = text
        default: break
        }
      }
      return .failed(failure)
    default: return nil
    }
  }
}
