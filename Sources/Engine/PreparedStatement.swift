package import Columnar
package import Planning
import ReportSyntax

/// A statement that was parsed and whose parameters and result are known.
///
/// It is bound again each time it starts, with its values as constants: zone maps, partitions and numeric shapes
/// then see them, and a changed definition is never used stale. A statement about one key keeps its plan.
package final class PreparedStatement {
  /// The client's text and the statement's place in it; messages point into it.
  let text: [UInt8]
  let statement: Statement?
  let range: SourceRange
  /// Where `:name` is allowed, the values.
  ///
  /// The types of `$1…`.
  package let parameterTypes: [LogicalType]
  /// Its plan as a statement about one key, and under what that holds.
  var keyPlan = KeyPlan.awaited
  var keyBasis: PlanBasis?
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

  /// Whether it is a query or a change: what it gives depends on definitions and settings only.
  var isPlanned: Bool {
    switch statement {
    case .query, .insert, .update, .delete: true
    default: false
    }
  }

  /// The statement's own text, as `almanac.queries` and `pg_stat_activity` show it.
  var shownText: String { SourceText.slice(range, of: text) }
}

/// What is known of a prepared statement as one about a single key.
enum KeyPlan {
  case awaited, refused
  case made(KeyStatement)
}
