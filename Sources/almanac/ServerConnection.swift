import CLibpq
import Engine

/// A connection to a running server, through libpq: the door of `--connect`.
@safe
final class ServerConnection {
  // SAFETY: the handle is libpq's, owned here from connect to deinit and used by one thread, except for PQcancel,
  // which libpq allows from any.
  private let handle: OpaquePointer
  /// Types that stand at the right: pg_type.oid of the numbers.
  private static let numericTypes: Set<UInt32> = [20, 21, 23, 26, 700, 701, 1700]
  private static let booleanType: UInt32 = 16

  /// `address`: `HOST:PORT`.
  init(address: String) throws(CommandFailure) {
    guard let colon = address.lastIndex(of: ":") else {
      throw CommandFailure("--connect takes HOST:PORT, not \(address)", exitCode: ExitCode.usage)
    }
    let host = address[..<colon]
    let port = address[address.index(after: colon)...]
    let text = "host='\(host)' port='\(port)' user=almanac dbname=almanac application_name=almanac"
    guard let connection = unsafe PQconnectdb(text) else {
      throw CommandFailure("out of memory", exitCode: ExitCode.unavailable)
    }
    unsafe handle = unsafe connection
    guard unsafe PQstatus(handle) == CONNECTION_OK else {
      throw CommandFailure(
        "cannot connect to \(address): \(lastError)",
        exitCode: ExitCode.unavailable
      )
    }
  }

  deinit { unsafe PQfinish(handle) }

  private var lastError: String { unsafe Self.text(PQerrorMessage(handle)) }

  /// What Ctrl-C does: asks the server to cancel.
  func makeCanceller() -> @Sendable () -> Void {
    let cancel = unsafe CancelHandle(PQgetCancel(handle))
    return { cancel.send() }
  }

  /// Runs a text and prints every result, row by row as it comes.
  ///
  /// - Returns: The exit code.
  func run(_ text: String, _ printer: inout any ResultPrinter, _ output: StandardOutput) -> Int32 {
    guard unsafe PQsendQuery(handle, text) == 1 else {
      output.note("ERROR:  \(lastError)")
      return ExitCode.failed
    }
    unsafe PQsetSingleRowMode(handle)
    var code = ExitCode.success
    var isInside = false
    while let result = unsafe PQgetResult(handle) {
      defer { unsafe PQclear(result) }
      switch unsafe PQresultStatus(result) {
      case PGRES_SINGLE_TUPLE, PGRES_TUPLES_OK:
        if !isInside { printer.begin(columns: unsafe Self.columns(of: result)) }
        isInside = true
        let rows = unsafe Self.rows(of: result)
        if !rows.isEmpty { printer.rows(rows) }
        if unsafe PQresultStatus(result) == PGRES_TUPLES_OK {
          isInside = false
          printer.end(tag: unsafe Self.text(PQcmdStatus(result)))
        }
      case PGRES_COMMAND_OK: printer.command(tag: unsafe Self.text(PQcmdStatus(result)))
      case PGRES_EMPTY_QUERY: break
      case PGRES_COPY_OUT: copyOut(output)
      case PGRES_COPY_IN:
        unsafe PQputCopyEnd(handle, "use psql's \\copy or almanac load for COPY FROM STDIN")
      default:
        code = ExitCode.failed
        output.note(unsafe Self.text(PQresultErrorMessage(result)))
      }
    }
    return code
  }

  private func copyOut(_ output: StandardOutput) {
    while true {
      var buffer: UnsafeMutablePointer<CChar>?
      let count = unsafe PQgetCopyData(handle, &buffer, 0)
      guard count > 0, let start = unsafe buffer else { return }
      // SAFETY: libpq gives `count` bytes, which PQfreemem returns.
      output.write(unsafe Array(UnsafeRawBufferPointer(start: start, count: Int(count))))
      unsafe PQfreemem(start)
    }
  }

  /// What a COPY … FROM STDIN ended with.
  struct CopyOutcome {
    /// The server's error, in its words; nil: it succeeded.
    var failure: ServerMessage?
    /// What the server said besides.
    var information: [ServerMessage] = []
  }

  /// Runs a COPY … FROM STDIN.
  ///
  /// - Parameters:
  ///   - statement: The statement.
  ///   - nextPiece: The next bytes; nil at the end. What it throws is told to the server, which undoes
  ///     everything, and thrown on.
  ///   - notice: Called with each notice as it comes.
  /// - Returns: How it ended.
  /// - Throws: What `nextPiece` threw.
  func copyIn<Failure: Error>(
    _ statement: String,
    nextPiece: () throws(Failure) -> [UInt8]?,
    notice: @escaping (ServerMessage) -> Void
  ) throws(Failure) -> CopyOutcome {
    let box = NoticeBox(notice)
    // SAFETY: the box lives until the receiver is taken back below.
    let context = unsafe Unmanaged.passUnretained(box).toOpaque()
    unsafe PQsetNoticeReceiver(handle, { unsafe receiveNotice($0, $1) }, context)
    defer {
      unsafe PQsetNoticeReceiver(handle, { _, _ in }, nil)
      withExtendedLifetime(box) {}
    }
    guard let first = unsafe PQexec(handle, statement) else {
      return CopyOutcome(failure: ServerMessage(text: lastError))
    }
    let isReady = unsafe PQresultStatus(first) == PGRES_COPY_IN
    let refusal = unsafe ServerMessage(first)
    unsafe PQclear(first)
    guard isReady else { return CopyOutcome(failure: refusal) }
    do throws(Failure) {
      while !box.hasEnded, let piece = try nextPiece(), put(piece) {}
    } catch {
      unsafe PQputCopyEnd(handle, "the client gave up")
      _ = endOfCopy()
      throw error
    }
    unsafe PQputCopyEnd(handle, nil)
    return CopyOutcome(failure: endOfCopy(), information: box.information)
  }

  /// Sends a piece; false when the server has ended the statement already.
  private func put(_ piece: [UInt8]) -> Bool {
    let isSent = unsafe piece.withUnsafeBytes { bytes in
      unsafe PQputCopyData(
        handle,
        bytes.baseAddress?.assumingMemoryBound(to: CChar.self),
        Int32(bytes.count)
      ) == 1
    }
    // Notices that have come are handed on with the next piece.
    return unsafe isSent && PQconsumeInput(handle) == 1
  }

  /// Reads all results that are left; the error among them.
  private func endOfCopy() -> ServerMessage? {
    var failure: ServerMessage?
    while let result = unsafe PQgetResult(handle) {
      if unsafe PQresultStatus(result) != PGRES_COMMAND_OK {
        failure = failure ?? (unsafe ServerMessage(result))
      }
      unsafe PQclear(result)
    }
    return failure
  }

  private static func columns(of result: OpaquePointer) -> [ResultColumn] {
    (0..<(unsafe PQnfields(result))).map { index in
      let type = unsafe PQftype(result, index)
      return ResultColumn(
        name: unsafe text(PQfname(result, index)),
        isNumeric: numericTypes.contains(type),
        isBoolean: type == booleanType
      )
    }
  }

  private static func rows(of result: OpaquePointer) -> [[[UInt8]?]] {
    let width = unsafe PQnfields(result)
    return (0..<(unsafe PQntuples(result))).map { row in
      (0..<width).map { column -> [UInt8]? in
        guard unsafe PQgetisnull(result, row, column) == 0,
          let start = unsafe PQgetvalue(result, row, column)
        else { return nil }
        // SAFETY: a value of a result has PQgetlength bytes and lives as long as the result.
        let count = unsafe Int(PQgetlength(result, row, column))
        return unsafe Array(UnsafeRawBufferPointer(start: start, count: count))
      }
    }
  }

  private static func text(_ pointer: UnsafePointer<CChar>?) -> String {
    guard let pointer = unsafe pointer else { return "" }
    var text = unsafe String(cString: pointer)
    while text.last?.isNewline == true { text.removeLast() }
    return text
  }
}

/// libpq's handle for cancelling, which any thread may use.
@safe
private final class CancelHandle: @unchecked Sendable {
  // SAFETY: PGcancel is immutable after it was made; PQcancel is documented as thread-safe.
  private let handle: OpaquePointer?

  init(_ handle: OpaquePointer?) { unsafe self.handle = unsafe handle }

  deinit { unsafe PQfreeCancel(handle) }

  func send() {
    var message = [CChar](repeating: 0, count: 256)
    _ = unsafe message.withUnsafeMutableBufferPointer { buffer in
      unsafe PQcancel(handle, buffer.baseAddress, 256)
    }
  }
}
