import Columnar
package import ReportSyntax

/// Why a statement cannot be planned, in PostgreSQL's words.
package struct PlanningError: Error, Sendable {
  package var sqlState: String
  package var message: String
  /// The bytes the message speaks of; `nil` where PostgreSQL reports no position either.
  package var range: SourceRange?
  package var detail: String?
  package var hint: String?

  package init(
    _ sqlState: String,
    _ message: String,
    at range: SourceRange? = nil,
    detail: String? = nil,
    hint: String? = nil
  ) {
    self.sqlState = sqlState
    self.message = message
    self.range = range
    self.detail = detail
    self.hint = hint
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
