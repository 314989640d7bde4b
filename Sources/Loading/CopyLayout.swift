package import Columnar

/// How rows are written in COPY data and in files to load: PostgreSQL's COPY options.
package struct CopyLayout: Sendable {
  package enum Form: Sendable {
    case text, csv, binary
  }

  /// What the first line is.
  package enum HeaderLine: Sendable {
    /// A row.
    case none
    /// Names that nobody reads.
    case skip
    /// Names that must be those of the columns, in order.
    case match
  }

  package var form: Form
  package var delimiter: UInt8
  package var quote: UInt8 = 0x22
  package var escape: UInt8 = 0x22
  /// The text of NULL; in CSV only where it is not quoted.
  package var null: [UInt8]
  package var header = HeaderLine.none

  /// The defaults of a format: tab and `\N`, or comma and nothing.
  package init(_ form: Form) {
    self.form = form
    delimiter = form == .csv ? 0x2c : 0x09
    null = form == .csv ? [] : [0x5c, 0x4e]
  }

  /// Refuses what PostgreSQL refuses.
  ///
  /// - Throws: 22023 or 0A000.
  package func check() throws(ValueError) {
    if delimiter == 0x0a || delimiter == 0x0d {
      throw ValueError("22023", "COPY delimiter cannot be newline or carriage return")
    }
    if null.contains(0x0a) || null.contains(0x0d) {
      throw ValueError("22023", "COPY null representation cannot use newline or carriage return")
    }
    if null.contains(delimiter) {
      throw ValueError(
        "22023",
        "COPY delimiter must not appear in the NULL specification"
      )
    }
    if form == .text,
      "\\.abcdefghijklmnopqrstuvwxyz0123456789".utf8.contains(delimiter)
    {
      let character = String(UnicodeScalar(delimiter))
      throw ValueError("22023", "COPY delimiter cannot be \"\(character)\"")
    }
    guard form == .csv else { return }
    if delimiter == quote {
      throw ValueError("22023", "COPY delimiter and quote must be different")
    }
    if null.contains(quote) {
      throw ValueError("22023", "CSV quote character must not appear in the NULL specification")
    }
  }
}

/// A column that data is read into.
package struct CopyColumn: Sendable {
  package var name: String
  package var type: LogicalType
  package var isNullable: Bool

  package init(name: String, type: LogicalType, isNullable: Bool) {
    self.name = name
    self.type = type
    self.isNullable = isNullable
  }
}

/// Why a row could not be read.
package struct RowError: Error, Equatable, Sendable {
  /// The line on which the row begins, from 1; binary: the row's number.
  package var line: Int
  package var column: String?
  /// The field's text, or the row's where no column is to blame; nil in binary data.
  package var excerpt: [UInt8]?
  package var error: ValueError

  package init(line: Int, column: String? = nil, error: ValueError) {
    self.line = line
    self.column = column
    self.error = error
  }
}

extension RowError {
  /// Bad structure of COPY data: 22P04.
  static func format(_ line: Int, _ message: String, column: String? = nil) -> RowError {
    RowError(line: line, column: column, error: ValueError("22P04", message))
  }
}
