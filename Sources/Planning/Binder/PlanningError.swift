import Columnar
package import ReportSyntax

/// Why a statement cannot be planned, in PostgreSQL's words.
///
/// One word wide: every frame of the binder holds places for the errors it may pass on.
package struct PlanningError: Error, Sendable, CustomStringConvertible {
  private let facts: Facts

  package var sqlState: String { facts.sqlState }
  package var message: String { facts.message }
  /// The bytes the message speaks of; `nil` where PostgreSQL reports no position either.
  package var range: SourceRange? { facts.range }
  package var detail: String? { facts.detail }
  package var hint: String? { facts.hint }

  package init(
    _ sqlState: String,
    _ message: String,
    at range: SourceRange? = nil,
    detail: String? = nil,
    hint: String? = nil
  ) {
    facts = Facts(sqlState, message, range, detail, hint)
  }

  private final class Facts: Sendable {
    let sqlState: String
    let message: String
    let range: SourceRange?
    let detail: String?
    let hint: String?

    init(
      _ sqlState: String,
      _ message: String,
      _ range: SourceRange?,
      _ detail: String?,
      _ hint: String?
    ) {
      self.sqlState = sqlState
      self.message = message
      self.range = range
      self.detail = detail
      self.hint = hint
    }
  }

  package var description: String { "\(sqlState): \(message)" }

  /// 54001: the statement nests deeper than the thread's stack is trusted to hold.
  static func tooDeep(at range: SourceRange?) -> PlanningError {
    PlanningError(
      "54001",
      "stack depth limit exceeded",
      at: range,
      hint: "The statement nests too many expressions or sub-queries in each other."
    )
  }

  /// 0A000: PostgreSQL has it, this engine does not.
  package static func unsupported(_ what: String, at range: SourceRange?) -> PlanningError {
    PlanningError("0A000", "\(what) is not supported", at: range)
  }

  /// 42804.
  static func mismatch(_ message: String, at range: SourceRange?) -> PlanningError {
    PlanningError("42804", message, at: range)
  }

  /// 42883 for an operator.
  static func noOperator(
    _ symbol: String,
    _ left: LogicalType?,
    _ right: LogicalType,
    at range: SourceRange
  ) -> PlanningError {
    let operands = (left.map { "\($0.displayName) " } ?? "") + "\(symbol) \(right.displayName)"
    return PlanningError(
      "42883",
      "operator does not exist: \(operands)",
      at: range,
      hint: "No operator matches the given name and argument \(left == nil ? "type" : "types"). "
        + "You might need to add \(left == nil ? "an explicit type cast" : "explicit type casts")."
    )
  }
}
