/// Where a statement's rows go: the four output formats share this shape.
///
/// Fields are text in PostgreSQL's output form; `nil` is NULL.
protocol ResultPrinter {
  /// A result begins.
  mutating func begin(columns: [ResultColumn])
  /// Rows, each with a field for every column.
  mutating func rows(_ rows: [[[UInt8]?]])
  /// The result ends with this command tag.
  mutating func end(tag: String)
  /// A statement without rows ended with this command tag.
  mutating func command(tag: String)
}

/// A result column as a printer needs it.
struct ResultColumn {
  var name: String
  /// Numbers stand at the right, and are bare in JSON.
  var isNumeric: Bool
  var isBoolean: Bool
}

/// The formats of `--format`.
enum OutputFormat: String, CaseIterable {
  case table, csv, json, markdown

  /// A printer that writes to `output`.
  func printer(to output: StandardOutput) -> any ResultPrinter {
    switch self {
    case .table: TablePrinter(output)
    case .csv: CSVPrinter(output)
    case .json: JSONPrinter(output)
    case .markdown: MarkdownPrinter(output)
    }
  }
}
