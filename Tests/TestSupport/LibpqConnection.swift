import CLibpq
import Glibc

/// A connection through libpq, the client library of PostgreSQL itself; calls block.
///
/// Not for two threads at once, except `cancel()`.
@safe
package final class LibpqConnection: @unchecked Sendable {
  // SAFETY: made in `init`, freed in `deinit`, never handed out.
  private let handle: OpaquePointer

  /// Connects; `connectionString` is libpq's, `host=… port=… user=… dbname=…`.
  package init(_ connectionString: String) throws(PostgresFailure) {
    guard let handle = unsafe PQconnectdb(connectionString) else {
      throw PostgresFailure(sqlState: "53200", message: "libpq is out of memory")
    }
    unsafe self.handle = handle
    guard unsafe PQstatus(handle) == CONNECTION_OK else { throw connectionFailure() }
    // Notices would go to stderr and clutter the test log.
    _ = unsafe PQsetNoticeProcessor(handle, { _, _ in }, nil)
  }

  deinit {
    unsafe PQfinish(handle)
  }

  /// The server's parameter, such as `server_version`.
  package func parameter(_ name: String) -> String? {
    unsafe PQparameterStatus(handle, name).map { unsafe String(cString: $0) }
  }

  /// `I` idle, `T` in a transaction, `E` in a failed one, `A` active, `?` not connected.
  package var transactionState: Character {
    switch unsafe PQtransactionStatus(handle) {
    case PQTRANS_IDLE: "I"
    case PQTRANS_INTRANS: "T"
    case PQTRANS_INERROR: "E"
    case PQTRANS_ACTIVE: "A"
    default: "?"
    }
  }

  /// Runs statements through the simple protocol; a result for each that succeeded before the first
  /// failure is lost with the failure.
  @discardableResult
  package func execute(_ sql: String) throws(PostgresFailure) -> [PostgresResult] {
    guard unsafe PQsendQuery(handle, sql) == 1 else { throw connectionFailure() }
    return try results()
  }

  /// Runs one statement through the extended protocol.
  package func execute(
    _ sql: String,
    parameters: [PostgresParameter],
    binaryResult: Bool = false
  ) throws(PostgresFailure) -> PostgresResult {
    let types = parameters.map(\.typeID)
    let formats = parameters.map { Int32($0.isBinary ? 1 : 0) }
    let lengths = parameters.map { Int32($0.value?.count ?? 0) }
    // SAFETY: libpq reads the arrays and copies the values during the call; each value is followed
    // by a zero as libpq wants for text, and freed after it.
    let values: [UnsafeMutablePointer<CChar>?] = unsafe parameters.map { parameter in
      guard let bytes = parameter.value else { return nil }
      let copy = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count + 1)
      for (index, byte) in bytes.enumerated() { unsafe copy[index] = CChar(bitPattern: byte) }
      unsafe copy[bytes.count] = 0
      return unsafe copy
    }
    defer {
      let count = unsafe values.count
      for index in 0..<count { unsafe values[index]?.deallocate() }
    }
    let constants = unsafe values.map { unsafe UnsafePointer($0) }
    let sent = unsafe PQsendQueryParams(
      handle,
      sql,
      Int32(parameters.count),
      types,
      constants,
      lengths,
      formats,
      binaryResult ? 1 : 0
    )
    guard sent == 1 else { throw connectionFailure() }
    return try results().last ?? PostgresResult()
  }

  /// Runs `COPY … FROM STDIN` and sends the chunks.
  @discardableResult
  package func copyIn(
    _ sql: String,
    chunks: some Sequence<[UInt8]>
  ) throws(PostgresFailure) -> PostgresResult {
    try begin(copy: sql, expecting: PGRES_COPY_IN)
    for chunk in chunks where !chunk.isEmpty {
      let status = unsafe chunk.withUnsafeBytes { bytes in
        unsafe PQputCopyData(
          handle,
          bytes.baseAddress?.assumingMemoryBound(to: CChar.self),
          Int32(bytes.count)
        )
      }
      guard status == 1 else { throw connectionFailure() }
    }
    guard unsafe PQputCopyEnd(handle, nil) == 1 else { throw connectionFailure() }
    return try results().last ?? PostgresResult()
  }

  /// Runs `COPY … TO STDOUT` and gives all its bytes.
  package func copyOut(_ sql: String) throws(PostgresFailure) -> [UInt8] {
    try begin(copy: sql, expecting: PGRES_COPY_OUT)
    var bytes: [UInt8] = []
    while true {
      var buffer: UnsafeMutablePointer<CChar>?
      // SAFETY: libpq gives a buffer of `count` bytes that is ours until PQfreemem.
      let count = unsafe PQgetCopyData(handle, &buffer, 0)
      guard count > 0, let buffer = unsafe buffer else { break }
      unsafe bytes.append(
        contentsOf: UnsafeRawBufferPointer(start: buffer, count: Int(count))
      )
      unsafe PQfreemem(buffer)
    }
    _ = try results()
    return bytes
  }

  /// Asks the server to cancel what runs here; safe from another thread.
  package func cancel() {
    guard let request = unsafe PQgetCancel(handle) else { return }
    var message = [CChar](repeating: 0, count: 256)
    _ = unsafe PQcancel(request, &message, 256)
    unsafe PQfreeCancel(request)
  }

  private func begin(copy sql: String, expecting status: ExecStatusType) throws(PostgresFailure) {
    guard unsafe PQsendQuery(handle, sql) == 1 else { throw connectionFailure() }
    guard let result = unsafe PQgetResult(handle) else { throw connectionFailure() }
    defer { unsafe PQclear(result) }
    if unsafe PQresultStatus(result) == status { return }
    let failure = unsafe failure(of: result)
    while let rest = unsafe PQgetResult(handle) { unsafe PQclear(rest) }
    throw failure
  }

  private func results() throws(PostgresFailure) -> [PostgresResult] {
    var results: [PostgresResult] = []
    var failed: PostgresFailure?
    while let result = unsafe PQgetResult(handle) {
      defer { unsafe PQclear(result) }
      switch unsafe PQresultStatus(result) {
      case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_SINGLE_TUPLE, PGRES_EMPTY_QUERY:
        unsafe results.append(read(result))
      case PGRES_COPY_IN:
        _ = unsafe PQputCopyEnd(handle, "COPY is not expected here")
      case PGRES_COPY_OUT:
        var buffer: UnsafeMutablePointer<CChar>?
        while unsafe PQgetCopyData(handle, &buffer, 0) > 0 { unsafe PQfreemem(buffer) }
      default:
        failed = unsafe failed ?? failure(of: result)
      }
    }
    if let failed { throw failed }
    return results
  }

  private func read(_ source: OpaquePointer) -> PostgresResult {
    var result = PostgresResult()
    let width = unsafe PQnfields(source)
    for column in 0..<width {
      let name = unsafe PQfname(source, column).map { unsafe String(cString: $0) } ?? ""
      unsafe result.columns.append(
        PostgresColumn(name: name, typeID: PQftype(source, column))
      )
    }
    let height = unsafe PQntuples(source)
    for row in 0..<height {
      result.rows.append(
        (0..<width).map { column in
          guard unsafe PQgetisnull(source, row, column) == 0 else { return nil }
          // SAFETY: libpq holds that many bytes there until PQclear.
          return unsafe Array(
            UnsafeRawBufferPointer(
              start: PQgetvalue(source, row, column),
              count: Int(PQgetlength(source, row, column))
            )
          )
        }
      )
    }
    result.commandTag = unsafe PQcmdStatus(source).map { unsafe String(cString: $0) } ?? ""
    result.affectedRows = unsafe PQcmdTuples(source).flatMap { unsafe Int(String(cString: $0)) }
    return result
  }

  private func failure(of result: OpaquePointer) -> PostgresFailure {
    func field(_ code: Character) -> String? {
      let code = Int32(code.asciiValue ?? 0)
      return unsafe PQresultErrorField(result, code).map { unsafe String(cString: $0) }
    }
    let fallback = unsafe String(cString: PQresultErrorMessage(result))
    return PostgresFailure(
      sqlState: field("C") ?? "",
      message: field("M") ?? fallback,
      detail: field("D"),
      hint: field("H"),
      position: field("P").flatMap { Int($0) }
    )
  }

  private func connectionFailure() -> PostgresFailure {
    PostgresFailure(sqlState: "", message: unsafe String(cString: PQerrorMessage(handle)))
  }
}
