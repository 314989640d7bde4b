internal import CLibpq

/// The rows of a statement, values as text; nil is NULL.
package struct SourceResult: Sendable, Equatable {
  package var columns: [String] = []
  package var rows: [[String?]] = []

  package init(columns: [String] = [], rows: [[String?]] = []) {
    self.columns = columns
    self.rows = rows
  }

  /// Copies a result of libpq, which lives during the call.
  init(_ result: OpaquePointer) {
    let width = unsafe PQnfields(result)
    columns = (0..<width).map { unsafe String(cString: PQfname(result, $0)) }
    rows = (0..<(unsafe PQntuples(result))).map { row in
      (0..<width).map { column -> String? in
        guard unsafe PQgetisnull(result, row, column) == 0,
          let start = unsafe PQgetvalue(result, row, column)
        else { return nil }
        // SAFETY: a value of a result has PQgetlength bytes and lives as long as the result.
        let count = unsafe Int(PQgetlength(result, row, column))
        let bytes = unsafe UnsafeRawBufferPointer(start: start, count: count)
        return unsafe String(decoding: bytes, as: UTF8.self)
      }
    }
  }

  /// The value of the first row and column.
  package var single: String? { rows.first?.first ?? nil }
}

extension String {
  /// As an SQL identifier.
  package var sqlIdentifier: String {
    "\"" + split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
  }

  /// As an SQL string literal; `standard_conforming_strings` is on.
  package var sqlLiteral: String {
    "'" + split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
  }
}
