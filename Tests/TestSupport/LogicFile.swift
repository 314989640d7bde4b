/// A parsed `.slt` file: SQL statements with what they must answer.
///
/// The form is sqllogictest's with these additions: result types are PostgreSQL's type names, an
/// error names its SQLSTATE, and the text inside `/*almanac … */` is live SQL on Almanac and a
/// comment on PostgreSQL (and `/*postgres … */` the other way round), so that one CREATE TABLE
/// serves both.
package struct LogicFile: Sendable {
  package var path: String
  /// The file's lines, for rewriting.
  package var lines: [String]
  package var records: [LogicRecord]
}

/// One statement of a file and its expectation.
package struct LogicRecord: Sendable {
  /// Lines of the record in its file, from 0, from its head line to its last expected line.
  package var lines: Range<Int>
  package var sql: String
  package var expectation: LogicExpectation
  /// Products that do not run this record.
  package var skipped: Set<LogicProduct> = []
  /// Failures are compared with hint and position.
  package var comparesErrorDetails = false
  /// Results of more values are compared by hash; 0 means never.
  package var hashThreshold = 0
}

/// What a record expects.
///
/// `nil` parts are unknown until `LOGIC_REWRITE` fills them.
package enum LogicExpectation: Sendable, Equatable {
  /// The statement succeeds.
  case success
  /// The statement succeeds and touches that many rows.
  case count(Int?)
  /// The statement fails with this SQLSTATE; the lines are the message and, where details are
  /// compared, `HINT:` and `POSITION:` lines; the pattern is looked for in the message.
  case failure(sqlState: String, pattern: String?, lines: [String]?)
  /// The statement gives these rows.
  case rows(types: [String]?, sort: LogicSort, label: String?, lines: [String]?)
  /// Whatever the oracle says: the head `record`, to be filled by `LOGIC_REWRITE`.
  case unknown
}

/// How rows are brought in order before they are compared.
package enum LogicSort: String, Sendable {
  case nosort, rowsort, valuesort
}

/// Whose SQL a target speaks.
package enum LogicProduct: String, Sendable, CaseIterable {
  case almanac, postgres
}

/// A file that is not in the form; `line` counts from 1.
package struct LogicSyntaxFailure: Error, CustomStringConvertible {
  package var path: String
  package var line: Int
  package var reason: String

  package var description: String { "\(path):\(line): \(reason)" }
}
