/// Everything an ErrorResponse tells: the one form in which errors leave the engine.
///
/// Fields and words follow PostgreSQL 15 (chapter 55.8, "Error and Notice Message Fields").
package struct EngineError: Error, Sendable {
  package enum Severity: String, Sendable { case error = "ERROR", fatal = "FATAL" }

  package var severity: Severity = .error
  /// Five characters, PostgreSQL's appendix A.
  package var sqlState: String
  package var message: String
  package var detail: String?
  package var hint: String?
  /// Where it happened, such as `COPY deals, line 7, column amount`.
  package var context: String?
  /// 1-based character (not byte) in the statement's text.
  package var position: Int?
  package var table: String?
  package var column: String?
  package var constraint: String?

  package init(
    _ sqlState: String,
    _ message: String,
    detail: String? = nil,
    hint: String? = nil,
    position: Int? = nil
  ) {
    self.sqlState = sqlState
    self.message = message
    self.detail = detail
    self.hint = hint
    self.position = position
  }

  /// A clause or statement that PostgreSQL has and this engine does not.
  package static func unsupported(_ what: String) -> EngineError {
    EngineError("0A000", "\(what) is not supported")
  }
}

/// A message that does not end a statement.
package struct Notice: Sendable {
  package var severity: String
  package var sqlState: String
  package var message: String
  package var detail: String?
  /// As ``EngineError/context``.
  package var context: String?

  package init(
    severity: String = "NOTICE",
    sqlState: String = "00000",
    message: String,
    detail: String? = nil,
    context: String? = nil
  ) {
    self.severity = severity
    self.sqlState = sqlState
    self.message = message
    self.detail = detail
    self.context = context
  }
}

/// The status byte of ReadyForQuery.
package enum TransactionStatus: UInt8, Sendable {
  case idle = 0x49
  case inTransaction = 0x54
  case failed = 0x45
}
