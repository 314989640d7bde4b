internal import CLibpq
internal import Glibc
internal import SystemIO

/// A connection to the source through libpq; calls block, and one thread at a time uses it.
///
/// A source that says nothing for ``silenceSeconds`` counts as gone, even while its kernel or a proxy keeps the
/// connection open: twice the `tcp_user_timeout` of the connection string (milliseconds, 30000 where it has none).
///
/// Sessions speak ISO dates, UTC, UTF-8 and full precision, as PostgreSQL's own subscriber does, and no timeout of
/// the source's configuration ends them.
@safe
package final class SourceConnection: @unchecked Sendable {
  /// What the connection is for.
  package enum Role: Sendable {
    /// SQL.
    case ordinary
    /// Replication commands, and SQL through the simple protocol.
    case replication
  }

  // SAFETY: made in init, freed in deinit; PQcancel is the only call from another thread, and libpq allows it.
  let handle: OpaquePointer
  /// A second descriptor of the socket, for other threads; nil without a connection.
  ///
  /// libpq may close its own at any time.
  private let line: Socket?
  /// The user's connection string.
  private let connection: String
  /// Such as 150008.
  package let serverVersion: Int
  /// Longest wait for a word of the source.
  package let silenceSeconds: Int

  /// Why libpq does not understand a connection string; nil: it does.
  package static func problem(of connection: String) -> String? {
    var message: UnsafeMutablePointer<CChar>?
    // SAFETY: both results are ours to free; the message is none or ends with a zero.
    let options = unsafe PQconninfoParse(connection, &message)
    defer {
      unsafe PQconninfoFree(options)
      unsafe PQfreemem(message)
    }
    guard unsafe options == nil else { return nil }
    let text = unsafe message.map { unsafe String(cString: $0) } ?? "out of memory"
    return text.split(separator: "\n").joined(separator: " ")
  }

  /// Connects.
  ///
  /// - Parameters:
  ///   - connection: libpq's connection string or URI.
  ///   - role: What for.
  ///   - applicationName: Shown by the source's pg_stat_activity.
  /// - Throws: ``ReplicationError/disconnected(_:)`` with libpq's words, or the server's refusal of a setting.
  package init(
    _ connection: String,
    role: Role = .ordinary,
    applicationName: String = "almanac"
  ) throws(ReplicationError) {
    // What comes later wins: the user's string may not change the role, but everything before `dbname`.
    let options: [(String, String)] = [
      ("connect_timeout", "10"), ("keepalives", "1"), ("keepalives_idle", "10"),
      ("keepalives_interval", "5"), ("keepalives_count", "3"), ("tcp_user_timeout", "30000"),
      ("dbname", connection), ("client_encoding", "UTF8"), ("application_name", applicationName),
    ]
    let all = options + (role == .replication ? [("replication", "database")] : [])
    guard let handle = unsafe connectionHandle(all) else {
      throw .disconnected("libpq is out of memory")
    }
    unsafe self.handle = unsafe handle
    self.connection = connection
    serverVersion = Int(unsafe PQserverVersion(handle))
    silenceSeconds = unsafe patience(of: handle)
    let isConnected = unsafe PQstatus(handle) == CONNECTION_OK
    do throws(IOError) {
      line = isConnected ? try .duplicating(unsafe PQsocket(handle), peer: "source") : nil
    } catch {
      unsafe PQfinish(handle)
      throw .system(error)
    }
    guard isConnected else { throw lostConnection() }
    _ = unsafe PQsetNoticeProcessor(handle, { _, _ in }, nil)
    guard serverVersion >= 100_000 else {
      throw .violation("the source is older than PostgreSQL 10 (server version \(serverVersion))")
    }
    try run(settings(role))
  }

  deinit { unsafe PQfinish(handle) }

  /// What every session sets.
  private func settings(_ role: Role) -> String {
    var settings = [
      ("datestyle", "ISO"), ("intervalstyle", "postgres"), ("extra_float_digits", "3"),
      ("timezone", "UTC"), ("bytea_output", "hex"), ("statement_timeout", "0"),
      ("idle_in_transaction_session_timeout", "0"), ("lock_timeout", "30s"), ("search_path", ""),
      // COPY must fail rather than leave out rows that a policy hides.
      ("row_security", "off"),
    ]
    // Such a source does not look at bytes: asked for UTF-8 it would refuse to send some, and the stream with them.
    if serverEncoding == "SQL_ASCII" { settings.append(("client_encoding", "SQL_ASCII")) }
    if serverVersion >= 140_000 { settings.append(("idle_session_timeout", "0")) }
    if role == .replication && serverVersion >= 120_000 {
      settings.append(("wal_sender_timeout", "\(Self.senderTimeoutSeconds)s"))
    }
    return settings.map { "SET \($0.0) = '\($0.1)'" }.joined(separator: "; ")
  }

  private var serverEncoding: String {
    // SAFETY: the text belongs to the connection and is copied.
    unsafe PQparameterStatus(handle, "server_encoding").map { unsafe String(cString: $0) } ?? ""
  }

  /// After so long without a word from us the source drops the connection and frees its slot.
  package static let senderTimeoutSeconds = 30

  /// Runs statements and forgets their results.
  package func run(_ sql: String) throws(ReplicationError) { _ = try query(sql) }

  /// Runs statements through the simple protocol.
  ///
  /// - Parameters:
  ///   - sql: The statements.
  ///   - mayTakeLong: Whether the source may be silent as long as it wishes, if only it answers others.
  /// - Returns: The rows of the last one, values as text.
  /// - Throws: ``ReplicationError/server(_:)``, ``ReplicationError/disconnected(_:)``, or
  ///   ``ReplicationError/silent(seconds:)``, after which the connection is of no use.
  @discardableResult
  package func query(
    _ sql: String,
    mayTakeLong: Bool = false
  ) throws(ReplicationError) -> SourceResult {
    guard unsafe PQsendQuery(handle, sql) == 1 else { throw lostConnection() }
    var result = SourceResult()
    var failure: ReplicationError?
    while true {
      try waitForResult(mayTakeLong)
      guard let next = unsafe PQgetResult(handle) else { break }
      defer { unsafe PQclear(next) }
      switch unsafe PQresultStatus(next) {
      case PGRES_TUPLES_OK, PGRES_COMMAND_OK: unsafe result = SourceResult(next)
      case PGRES_EMPTY_QUERY: result = SourceResult()
      default: failure = unsafe failure ?? self.failure(of: next)
      }
    }
    if let failure { throw failure }
    return result
  }

  /// Reads until libpq has a result, or none.
  private func waitForResult(_ mayTakeLong: Bool) throws(ReplicationError) {
    while unsafe PQisBusy(handle) == 1 {
      let isReadable: Bool
      do throws(IOError) {
        isReadable = try waitFor(
          .readable,
          of: unsafe PQsocket(handle),
          timeoutMilliseconds: silenceSeconds * 1000
        )
      } catch { throw .system(error) }
      if !isReadable, mayTakeLong, isAtWork() { continue }
      guard isReadable else {
        disconnect()
        throw .silent(seconds: silenceSeconds)
      }
      guard unsafe PQconsumeInput(handle) == 1 else { throw lostConnection() }
    }
  }

  /// Whether the source answers another connection, and says that it still has this one.
  private func isAtWork() -> Bool {
    do throws(ReplicationError) {
      let other = try SourceConnection(connection, applicationName: "almanac probe")
      let process = unsafe PQbackendPID(handle)
      return try other.query("SELECT 1 FROM pg_stat_activity WHERE pid = \(process)").rows.count
        == 1
    } catch { return false }
  }

  /// Asks the server to cancel what runs here; any thread may call it.
  ///
  /// The request goes over a connection of its own, whose peer may say nothing; then this one ends.
  package func cancel() {
    guard let request = unsafe CancelRequest(handle) else { return }
    let isSent = Monitor(false)
    do throws(IOError) {
      _ = try Thread.start(name: "source-cancel") {
        request.send()
        isSent.update { $0 = true }
      }
    } catch { return disconnect() }
    let isDone = isSent.wait(nanoseconds: 2_000_000_000) { $0 ? true : nil }
    if isDone == nil { disconnect() }
  }

  /// Ends the connection without a word: whoever waits for the source gets an error.
  ///
  /// Any thread may call it.
  package func disconnect() { line?.shutdownBoth() }

  /// Whether bytes on the socket are the protocol's own: neither TLS nor GSSAPI lies between.
  var isPlain: Bool {
    unsafe PQsslInUse(handle) == 0 && PQgssEncInUse(handle) == 0
  }

  /// A second descriptor of the socket.
  func duplicateSocket() throws(ReplicationError) -> Socket {
    do throws(IOError) {
      return try Socket.duplicating(unsafe PQsocket(handle), peer: "source")
    } catch { throw .system(error) }
  }

  /// What libpq says about the connection.
  func lostConnection() -> ReplicationError {
    .disconnected(unsafe trimmedText(PQerrorMessage(handle)))
  }

  /// What a failed result says.
  func failure(of result: OpaquePointer) -> ReplicationError {
    func field(_ code: Unicode.Scalar) -> String? {
      // SAFETY: the text belongs to the result and is copied.
      unsafe PQresultErrorField(result, Int32(code.value)).map { unsafe String(cString: $0) }
    }
    guard let sqlState = field("C") else { return lostConnection() }
    return .server(
      ServerFailure(
        sqlState: sqlState,
        message: field("M") ?? "",
        detail: field("D"),
        hint: field("H")
      )
    )
  }
}

/// What libpq needs to cancel what a connection runs.
@safe
private final class CancelRequest: @unchecked Sendable {
  // SAFETY: made here and freed here; only `send` uses it, once.
  private let request: OpaquePointer

  init?(_ handle: OpaquePointer) {
    guard let request = unsafe PQgetCancel(handle) else { return nil }
    unsafe self.request = request
  }

  deinit { unsafe PQfreeCancel(request) }

  func send() {
    var message = [CChar](repeating: 0, count: 256)
    _ = unsafe PQcancel(request, &message, 256)
  }
}

/// Seconds after which a silent source is gone, by what the connection was told.
private func patience(of handle: OpaquePointer) -> Int {
  let byDefault = SourceConnection.senderTimeoutSeconds * 2
  guard let options = unsafe PQconninfo(handle) else { return byDefault }
  // SAFETY: libpq's array ends with an entry without a name; it is freed behind the last look.
  defer { unsafe PQconninfoFree(options) }
  var option = unsafe options
  while let name = unsafe option.pointee.keyword {
    if unsafe String(cString: name) == "tcp_user_timeout", let text = unsafe option.pointee.val,
      let milliseconds = unsafe Int(String(cString: text)), milliseconds > 0
    {
      return max(2, 2 * milliseconds / 1000)
    }
    unsafe option += 1
  }
  return byDefault
}

/// Connects with these options, in order.
private func connectionHandle(_ options: [(String, String)]) -> OpaquePointer? {
  // SAFETY: libpq copies the texts during the call; they are freed behind it.
  let keys = unsafe options.map { unsafe UnsafePointer(strdup($0.0)) } + [nil]
  let values = unsafe options.map { unsafe UnsafePointer(strdup($0.1)) } + [nil]
  defer {
    for place in options.indices {
      unsafe free(UnsafeMutableRawPointer(mutating: keys[place]))
      unsafe free(UnsafeMutableRawPointer(mutating: values[place]))
    }
  }
  return unsafe PQconnectdbParams(keys, values, 1)
}

private func trimmedText(_ pointer: UnsafePointer<CChar>?) -> String {
  guard let pointer = unsafe pointer else { return "" }
  var text = unsafe String(cString: pointer)
  while text.last?.isNewline == true { text.removeLast() }
  return text
}
