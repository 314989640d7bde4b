package import Columnar
package import Planning
import ReportSyntax

/// A statement that was parsed and whose parameters and result are known.
///
/// It is bound again each time it starts, with its values as constants: zone maps, partitions and numeric shapes
/// then see them, and a changed definition is never used stale.
package final class PreparedStatement {
  /// The client's text and the statement's place in it; messages point into it.
  let text: [UInt8]
  let statement: Statement?
  let range: SourceRange
  /// Where `:name` is allowed, the values.
  ///
  /// The types of `$1…`.
  package let parameterTypes: [LogicalType]
  /// The result's columns; `nil` for a statement without rows, or one from ``Session/unprepared(_:of:)``.
  package let columns: [OutputColumn]?

  /// Whether the text held no statement at all.
  package var isEmpty: Bool { statement == nil }

  init(
    text: [UInt8],
    statement: Statement?,
    range: SourceRange,
    parameterTypes: [LogicalType],
    columns: [OutputColumn]?
  ) {
    self.text = text
    self.statement = statement
    self.range = range
    self.parameterTypes = parameterTypes
    self.columns = columns
  }

  /// The statement's own text, as `almanac.queries` and `pg_stat_activity` show it.
  var shownText: String { SourceText.slice(range, of: text) }
}
