import CLibpq

/// An error or a notice of a server.
struct ServerMessage {
  var sqlState = ""
  var text: String
  var detail: String?
  var hint: String?
  /// Such as `COPY deals, line 7, column amount`.
  var context: String?

  init(text: String) { self.text = text }

  /// From a result of libpq, which lives during the call.
  init(_ result: OpaquePointer?) {
    text = unsafe Self.field(result, "M") ?? Self.whole(result)
    sqlState = unsafe Self.field(result, "C") ?? ""
    detail = unsafe Self.field(result, "D")
    hint = unsafe Self.field(result, "H")
    context = unsafe Self.field(result, "W")
  }

  private static func field(_ result: OpaquePointer?, _ code: Unicode.Scalar) -> String? {
    // SAFETY: the text belongs to the result and is copied.
    let text = unsafe PQresultErrorField(result, Int32(code.value))
    return unsafe text.map { unsafe String(cString: $0) }
  }

  private static func whole(_ result: OpaquePointer?) -> String {
    // SAFETY: as above.
    unsafe PQresultErrorMessage(result).map { unsafe String(cString: $0) } ?? "unknown error"
  }

  /// The line of the file that it is about.
  var line: Int? { part(after: ", line ").flatMap { Int($0) } }

  /// The column that it is about.
  var column: String? { part(after: ", column ") }

  private func part(after word: String) -> String? {
    guard let context, let range = context.firstRange(of: word) else { return nil }
    return String(context[range.upperBound...].prefix { $0 != "," && $0 != ":" })
  }
}

/// Where libpq puts notices of a COPY.
final class NoticeBox {
  private let notice: (ServerMessage) -> Void
  /// Messages that tell how it ended.
  private(set) var information: [ServerMessage] = []
  /// The server reads no more bytes; libpq shows its error only at the end.
  private(set) var hasEnded = false

  init(_ notice: @escaping (ServerMessage) -> Void) { self.notice = notice }

  func add(_ message: ServerMessage) {
    switch message.sqlState {
    case "00000": information.append(message)
    case "AL001": hasEnded = true
    default: notice(message)
    }
  }
}

/// Called by libpq with each notice; the context is a ``NoticeBox``.
func receiveNotice(_ context: UnsafeMutableRawPointer?, _ result: OpaquePointer?) {
  guard let context = unsafe context else { return }
  // SAFETY: whoever sets the receiver keeps the box alive until it takes the receiver back.
  unsafe Unmanaged<NoticeBox>.fromOpaque(context).takeUnretainedValue().add(ServerMessage(result))
}
