package import Columnar

/// Why a statement stopped while it ran, in PostgreSQL's words.
package enum ExecutionError: Error, Sendable {
  /// What PostgreSQL says about a value or a statement: division by zero, invalid input, ….
  case sql(SQLFault)
  /// The user asked for it (57014).
  case cancelled
  /// The statement's time limit has passed (57014).
  case timeout
  /// The statement's memory limit does not suffice (53200).
  case outOfMemory(detail: String)
  /// No room to spill (53100).
  case diskFull(detail: String)

  /// An error with PostgreSQL's code and message.
  package static func sql(
    _ sqlState: String,
    _ message: String,
    detail: String? = nil,
    hint: String? = nil
  ) -> ExecutionError {
    .sql(SQLFault(sqlState: sqlState, message: message, detail: detail, hint: hint))
  }

  /// What the values' own code says.
  package init(_ error: ValueError) {
    self = .sql(error.sqlState, error.message, detail: error.detail, hint: error.hint)
  }

  /// Five characters.
  package var sqlState: String {
    switch self {
    case .sql(let fault): fault.sqlState
    case .cancelled, .timeout: "57014"
    case .outOfMemory: "53200"
    case .diskFull: "53100"
    }
  }

  package var message: String {
    switch self {
    case .sql(let fault): fault.message
    case .cancelled: "canceling statement due to user request"
    case .timeout: "canceling statement due to statement timeout"
    case .outOfMemory: "out of memory"
    case .diskFull: "could not write to file: No space left on device"
    }
  }

  package var detail: String? {
    switch self {
    case .sql(let fault): fault.detail
    case .outOfMemory(let detail), .diskFull(let detail): detail
    case .cancelled, .timeout: nil
    }
  }

  package var hint: String? {
    if case .sql(let fault) = self { fault.hint } else { nil }
  }
}

/// An error with PostgreSQL's code and words.
package struct SQLFault: Error, Equatable, Sendable {
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

extension ExecutionError {
  static let divisionByZero = sql("22012", "division by zero")
  static let smallintOutOfRange = sql("22003", "smallint out of range")
  static let integerOutOfRange = sql("22003", "integer out of range")
  static let bigintOutOfRange = sql("22003", "bigint out of range")
  static let numericOverflow = sql("22003", "value overflows numeric format")
  static let floatOverflow = sql("22003", "value out of range: overflow")
  static let floatUnderflow = sql("22003", "value out of range: underflow")
  static let timestampOutOfRange = sql("22008", "timestamp out of range")
  static let dateOutOfRange = sql("22008", "date out of range")
  static let intervalOutOfRange = sql("22008", "interval out of range")
}

/// Calls code that throws the values' own errors.
@inline(__always)
func raising<T>(_ body: () throws(ValueError) -> T) throws(ExecutionError) -> T {
  do throws(ValueError) { return try body() } catch { throw ExecutionError(error) }
}
