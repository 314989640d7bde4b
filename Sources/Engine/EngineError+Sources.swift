import Catalog
import Columnar
import Execution
package import Loading
import Planning
import ReportSyntax
package import Storage
import SystemIO

// The one place where errors of the floors below get SQLSTATE, words and position.

extension EngineError {
  /// An error of the parser; `text` is the whole text that was parsed.
  init(_ error: SyntaxError, in text: [UInt8]) {
    self.init(
      error.sqlState,
      error.message,
      detail: error.detail,
      hint: error.hint,
      position: SourceText.characterPosition(of: error.range.lower, in: text)
    )
  }

  /// An error of the binder; `text` is `nil` where the statement is not the client's own text.
  init(_ error: PlanningError, in text: [UInt8]?) {
    self.init(error.sqlState, error.message, detail: error.detail, hint: error.hint)
    if let range = error.range, range != .none, let text {
      position = SourceText.characterPosition(of: range.lower, in: text)
    }
  }

  /// An error raised while a statement ran.
  init(_ error: ExecutionError) {
    self.init(error.sqlState, error.message, detail: error.detail, hint: error.hint)
  }

  /// An error of storage.
  package init(_ error: StorageError) {
    switch error {
    case .io(let cause) where cause.isDiskFull:
      self.init(
        "53100",
        "could not write to the data directory: No space left on device",
        detail: "\(cause)",
        hint: "Free disk space, then repeat the statement; reads go on working."
      )
    case .io(let cause): self.init("58030", "\(cause)")
    case .corrupt(let file, let offset, let what):
      self.init(
        "XX001",
        "file \"\(file)\" is damaged at offset \(offset): \(what)",
        hint: "Run \"almanac check\" on the data directory; restore the file from a backup."
      )
    case .formatVersion(let file, let found, let supported):
      self.init(
        "XX001",
        "file \"\(file)\" has format version \(found); this build reads version \(supported)"
      )
    case .foreign(let path, let what):
      self.init("XX001", "\"\(path)\" is not a file of Almanac: \(what)")
    case .locked(let directory):
      self.init(
        "55006",
        "data directory \"\(directory)\" is in use by another process",
        hint: "Stop the other server, or send the statement to it with --connect."
      )
    case .uniqueViolation(let table, let columns, let key):
      let names = columns.joined(separator: ", ")
      let values = key.map { ValueText.plain($0) }.joined(separator: ", ")
      self.init(
        "23505",
        "duplicate key value violates unique constraint \"\(table)_pkey\"",
        detail: "Key (\(names))=(\(values)) already exists."
      )
      self.table = table
      constraint = "\(table)_pkey"
    case .notNullViolation(let table, let column):
      self.init(
        "23502",
        "null value in column \"\(column)\" of relation \"\(table)\" violates not-null constraint"
      )
      self.table = table
      self.column = column
    case .serialization(let table):
      self.init(
        "40001",
        "could not serialize access due to concurrent update",
        detail: "Table \"\(table)\" was changed by another transaction.",
        hint: "Retry the transaction."
      )
      self.table = table
    case .unknownTable(let id):
      self.init("42P01", "the table with the number \(id.rawValue) does not exist any more")
    case .transactionTooLarge(let bytes):
      self.init(
        "54000",
        "the transaction's changes (\(bytes) bytes) are more than one commit holds",
        hint: "Load large files with almanac load, or change fewer rows at a time."
      )
    case .failed(let cause):
      self.init(
        "58030",
        "the store refuses writes since a sync to disk failed: \(cause)",
        hint: "Check the disk, then restart the server."
      )
    case .closed: self.init("57P01", "the server is shutting down")
    }
  }
}

extension EngineError {
  /// An error of a load into a table.
  package init(_ error: LoadError, table: String) {
    switch error {
    case .row(let row): self.init(row, table: table)
    case .duplicateKey(let table, let columns, let key):
      self.init(StorageError.uniqueViolation(table: table, columns: columns, key: key))
    case .loadedBefore(let name):
      self.init(
        "42710",
        "this file was loaded into \"\(table)\" before, as \(name)",
        hint: "Load it again with --again (COPY: AGAIN)."
      )
    case .compression(let what): self.init("22P04", "the file cannot be unpacked: \(what)")
    case .columns(let what): self.init("42703", what)
    case .io(let cause): self.init(StorageError.io(cause))
    case .storage(let cause): self.init(cause)
    case .cancelled: self.init("57014", "canceling statement due to user request")
    }
  }

  /// An error of a row of COPY data.
  init(_ row: RowError, table: String) {
    self.init(
      row.error.sqlState,
      row.error.message,
      detail: row.error.detail,
      hint: row.error.hint
    )
    context = Self.place(of: row, table)
  }

  /// `COPY deals, line 7, column amount: "x"`, as PostgreSQL tells it.
  static func place(of row: RowError, _ table: String) -> String {
    let column = row.column.map { ", column \($0)" } ?? ""
    let place = "COPY \(table), line \(row.line)\(column)"
    guard let excerpt = row.excerpt else { return place }
    let shown = String(decoding: excerpt.prefix(excerptBytesMax), as: UTF8.self)
    return place + ": \"\(shown)\(excerpt.count > excerptBytesMax ? "..." : "")\""
  }

  /// Bytes of a bad value that are shown.
  private static let excerptBytesMax = 100
}

/// Runs a call of storage with its error in the engine's form.
func stored<Result>(_ body: () throws(StorageError) -> Result) throws(EngineError) -> Result {
  do throws(StorageError) { return try body() } catch { throw EngineError(error) }
}

/// Runs a call of the executor with its error in the engine's form.
func executed<Result>(_ body: () throws(ExecutionError) -> Result) throws(EngineError) -> Result {
  do throws(ExecutionError) { return try body() } catch { throw EngineError(error) }
}

/// Runs a call of the binder with its error in the engine's form.
func planned<Result>(
  in text: [UInt8]?,
  _ body: () throws(PlanningError) -> Result
) throws(EngineError) -> Result {
  do throws(PlanningError) { return try body() } catch { throw EngineError(error, in: text) }
}

/// Runs a call of the parser with its error in the engine's form.
func parsed<Result>(
  _ text: [UInt8],
  _ body: () throws(SyntaxError) -> Result
) throws(EngineError) -> Result {
  do throws(SyntaxError) { return try body() } catch { throw EngineError(error, in: text) }
}

/// Values in messages, where their type is not at hand.
enum ValueText {
  static func plain(_ value: Datum) -> String {
    switch value {
    case .null: "null"
    case .boolean(let value): value ? "t" : "f"
    case .int64(let value): String(value)
    case .int128(let value): String(value)
    case .double(let value): String(value)
    case .bytes(let bytes): String(decoding: bytes, as: UTF8.self)
    case .uuid(let value):
      Self.uuid(value)
    case .decimal(let value): "\(value.coefficient)e-\(value.scale)"
    case .wide(let value):
      String(decoding: value.magnitude.decimalText, as: UTF8.self) + "e-\(value.scale)"
    case .interval(let value): "\(value.months) mons \(value.days) days \(value.microseconds) us"
    case .array(let values): "{" + values.map(plain).joined(separator: ",") + "}"
    }
  }

  private static func uuid(_ value: UInt128) -> String {
    let digits = String(value, radix: 16)
    let text = Array(String(repeating: "0", count: 32 - digits.count) + digits)
    let parts = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(text[$0]) }
    return parts.joined(separator: "-")
  }
}

/// Runs a call of the system with its error as storage's.
func world<Result>(_ body: () throws(IOError) -> Result) throws(StorageError) -> Result {
  do throws(IOError) { return try body() } catch { throw .io(error) }
}
