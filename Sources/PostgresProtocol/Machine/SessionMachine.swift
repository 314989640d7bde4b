// Which message is answered how, and which is passed over: the part of the protocol that has a memory.
//
//            error in an extended message
//   ready ───────────────────────────────▶ skipping ── Sync ──▶ ready
//     │ ▲                                      ▲
//     │ └── CopyDone, CopyFail, error ──┐      │ error during a COPY that Execute began
//     └──── COPY FROM STDIN began ──▶ copying ─┘

/// The conversation of one session: messages in, actions out; no socket, no statement.
package struct SessionMachine {
  /// What the server is to do about a message.
  package enum Action: Equatable, Sendable {
    /// Run the text's statements, then say ReadyForQuery, also after an error.
    case query([UInt8])
    case parse(ParseRequest)
    case bind(BindRequest)
    case describe(NamedObject)
    case execute(portal: String, maxRows: Int)
    case close(NamedObject)
    /// Send what waits in the buffer.
    case flush
    /// End the implicit transaction and say ReadyForQuery.
    case sync
    case copyData([UInt8])
    case copyDone
    case copyFail(String)
    /// Nothing: the message came too late or is meaningless here.
    case ignore
    /// Tell the error as if the message had been carried out and failed. ``failed()`` has been called already.
    case fail(ProtocolError, thenReady: Bool)
    /// The client says goodbye.
    case terminate
  }

  private enum State { case ready, copying, skipping }
  private var state = State.ready
  /// Whether the message being carried out is one of the extended protocol, whose errors skip to Sync.
  private var isExtended = false

  package init() {}

  /// Whether COPY FROM STDIN is under way.
  package var isCopying: Bool { state == .copying }

  /// Takes the next message.
  package mutating func receive(_ message: FrontendMessage) -> Action {
    if case .terminate = message { return .terminate }
    switch state {
    case .ready: return receiveReady(message)
    case .copying: return receiveCopying(message)
    case .skipping:
      guard case .sync = message else { return .ignore }
      state = .ready
      isExtended = false
      return .sync
    }
  }

  private mutating func receiveReady(_ message: FrontendMessage) -> Action {
    isExtended = message.isExtended
    switch message {
    case .query(let text): return .query(text)
    case .parse(let request): return .parse(request)
    case .bind(let request): return .bind(request)
    case .describe(let object): return .describe(object)
    case .execute(let portal, let maxRows): return .execute(portal: portal, maxRows: maxRows)
    case .close(let object): return .close(object)
    case .flush: return .flush
    case .sync: return .sync
    case .copyData, .copyDone, .copyFail:
      // The rest of a COPY that has failed: the client did not know yet.
      return .ignore
    case .malformed(_, let error):
      let thenReady = !isExtended
      failed()
      return .fail(error, thenReady: thenReady)
    case .terminate: return .terminate
    }
  }

  private mutating func receiveCopying(_ message: FrontendMessage) -> Action {
    switch message {
    case .copyData(let bytes): return .copyData(bytes)
    case .copyDone:
      state = .ready
      return .copyDone
    case .copyFail(let reason):
      state = .ready
      return .copyFail(reason)
    case .flush, .sync: return .ignore
    default:
      // An error inside the COPY: how it ends is settled by the message that began it.
      state = .ready
      return .fail(
        ProtocolError("08P01", "unexpected message type \(message.letter) during COPY from stdin"),
        thenReady: false
      )
    }
  }

  /// COPY FROM STDIN begins: CopyInResponse has been written.
  package mutating func copyInBegan() { state = .copying }

  /// An ErrorResponse has been written for the message being carried out.
  package mutating func failed() { state = isExtended ? .skipping : .ready }
}

extension FrontendMessage {
  /// Whether an error in this message is followed by silence until Sync.
  fileprivate var isExtended: Bool {
    switch self {
    case .parse, .bind, .describe, .execute, .close, .flush: true
    case .malformed(let kind, _): "PBDECH".utf8.contains(kind)
    case .query, .sync, .terminate, .copyData, .copyDone, .copyFail: false
    }
  }

  /// The message's kind as PostgreSQL's log shows it.
  fileprivate var letter: String {
    let byte: UInt8 =
      switch self {
      case .query: UInt8(ascii: "Q")
      case .parse: UInt8(ascii: "P")
      case .bind: UInt8(ascii: "B")
      case .describe: UInt8(ascii: "D")
      case .execute: UInt8(ascii: "E")
      case .close: UInt8(ascii: "C")
      case .flush: UInt8(ascii: "H")
      case .sync: UInt8(ascii: "S")
      case .terminate: UInt8(ascii: "X")
      case .copyData: UInt8(ascii: "d")
      case .copyDone: UInt8(ascii: "c")
      case .copyFail: UInt8(ascii: "f")
      case .malformed(let kind, _): kind
      }
    return "0x" + String(byte, radix: 16, uppercase: true)
  }
}
