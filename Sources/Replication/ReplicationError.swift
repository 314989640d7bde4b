package import Columnar
package import SystemIO

/// Why a stream or a copy from the source ended.
package enum ReplicationError: Error, Equatable, Sendable {
  /// The bytes are not what the protocol says; `offset` counts from the start of the piece that was decoded.
  case malformed(what: String, offset: Int)
  /// The stream breaks a promise of PostgreSQL's: a wrong order of positions, an unknown relation.
  case violation(String)
  /// The server said no; SQLSTATE and its words.
  case server(ServerFailure)
  /// No connection, or it is gone; reconnecting may help.
  case disconnected(String)
  /// Nothing was heard from the server for so long that it must be gone.
  case silent(seconds: Int)
  /// A copy met a value that a column here cannot take.
  case value(RowFailure)
  /// The socket or the spool file.
  case system(IOError)
  /// Somebody called `stop()`.
  case stopped
}

/// What the source says about a statement that failed.
package struct ServerFailure: Error, Equatable, Sendable {
  package var sqlState: String
  package var message: String
  package var detail: String?
  package var hint: String?

  package init(sqlState: String, message: String, detail: String? = nil, hint: String? = nil) {
    self.sqlState = sqlState
    self.message = message
    self.detail = detail
    self.hint = hint
  }
}

extension ReplicationError {
  /// Whether the same attempt may succeed a little later: the connection, the server's start or its load.
  package var mayPass: Bool {
    switch self {
    case .disconnected, .silent: true
    case .server(let failure):
      // Connection, resources, operator intervention; 55006: the slot is still in use by our last connection.
      ["08", "53", "57"].contains(String(failure.sqlState.prefix(2))) || failure.sqlState == "55006"
    case .malformed, .violation, .value, .system, .stopped: false
    }
  }
}

extension ReplicationError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .malformed(let what, let offset): "malformed replication stream: \(what) at byte \(offset)"
    case .violation(let what): "the replication stream is inconsistent: \(what)"
    case .server(let failure): "\(failure.message) (\(failure.sqlState))"
    case .disconnected(let why): "connection to the source lost: \(why)"
    case .silent(let seconds): "nothing was heard from the source for \(seconds) s"
    case .value(let failure):
      "row \(failure.row + 1), column \"\(failure.column)\": \(failure.error.message)"
    case .system(let error): error.description
    case .stopped: "stopped"
    }
  }
}

/// A value of the source that a column here cannot take.
package struct RowFailure: Error, Equatable, Sendable {
  /// Row of the batch.
  package var row: Int
  /// The source's name of the column.
  package var column: String
  package var error: ValueError

  package init(row: Int, column: String, error: ValueError) {
    self.row = row
    self.column = column
    self.error = error
  }

  /// What was not taken, and why.
  package var text: String {
    let place = column.isEmpty ? "a row" : "column \"\(column)\""
    return "\(place): \(error.message)" + (error.detail.map { " (\($0))" } ?? "")
  }
}
