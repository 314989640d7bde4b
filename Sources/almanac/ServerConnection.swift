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
