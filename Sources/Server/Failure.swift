import Catalog
import Columnar
import Engine
import Planning
import PostgresProtocol

/// Why a message could not be carried out.
enum Failure: Error {
  /// The client is told, and the conversation goes on.
  case refused(ErrorFields)
  case ended(ConnectionEnd)
}

/// Calls the engine.
@inline(__always)
func engine<Result>(_ body: () throws(EngineError) -> Result) throws(Failure) -> Result {
  do throws(EngineError) { return try body() } catch { throw .refused(ErrorFields(error)) }
}

/// Calls something of the protocol's.
@inline(__always)
func checked<Result>(_ body: () throws(ProtocolError) -> Result) throws(Failure) -> Result {
  do throws(ProtocolError) { return try body() } catch { throw .refused(ErrorFields(error)) }
}

/// Reads or writes the connection.
@inline(__always)
func connected<Result>(_ body: () throws(ConnectionEnd) -> Result) throws(Failure) -> Result {
  do throws(ConnectionEnd) { return try body() } catch { throw .ended(error) }
}

extension ErrorFields {
  init(_ error: EngineError) {
    self.init(severity: error.severity.rawValue, sqlState: error.sqlState, message: error.message)
    detail = error.detail
    hint = error.hint
    context = error.context
    position = error.position
    table = error.table
    column = error.column
    constraint = error.constraint
  }

  init(_ error: ValueError) {
    self.init(severity: "ERROR", sqlState: error.sqlState, message: error.message)
    detail = error.detail
    hint = error.hint
  }

  init(_ notice: Notice) {
    self.init(severity: notice.severity, sqlState: notice.sqlState, message: notice.message)
    detail = notice.detail
    context = notice.context
  }

  static let terminated = ErrorFields(
    severity: "FATAL",
    sqlState: "57P01",
    message: "terminating connection due to administrator command"
  )
}

extension ResultColumn {
  /// OIDs of tables begin where PostgreSQL's do.
  init(_ column: OutputColumn) {
    self.init(
      name: column.name,
      type: column.type,
      tableID: column.origin.map { $0.table.rawValue &+ 16_384 } ?? 0,
      columnNumber: column.origin.map { Int16(truncatingIfNeeded: $0.column.rawValue &+ 1) } ?? 0
    )
  }

  /// The columns of a result.
  ///
  /// - Throws: 54011 for more columns than PostgreSQL's clients are made for.
  static func described(_ columns: [OutputColumn]) throws(Failure) -> [ResultColumn] {
    guard columns.count <= 1_664 else {
      throw .refused(
        ErrorFields(
          severity: "ERROR",
          sqlState: "54011",
          message: "target lists can have at most 1664 entries"
        )
      )
    }
    return columns.map { ResultColumn($0) }
  }
}
