/// Why a text is not a statement of the report language.
///
/// Messages are PostgreSQL's words.
package struct SyntaxError: Error, Hashable, Sendable {
  /// The five characters of SQLSTATE.
  package let sqlState: String
  package let message: String
  /// The bytes the message speaks of; its lower end is the reported position.
  package let range: SourceRange
  package let detail: String?
  package let hint: String?

  package init(
    sqlState: String,
    message: String,
    range: SourceRange,
    detail: String? = nil,
    hint: String? = nil
  ) {
    self.sqlState = sqlState
    self.message = message
    self.range = range
    self.detail = detail
    self.hint = hint
  }
}

extension SyntaxError {
  /// 42601, with a message of its own.
  static func syntax(_ message: String, at range: SourceRange, hint: String? = nil) -> SyntaxError {
    SyntaxError(sqlState: "42601", message: message, range: range, hint: hint)
  }

  /// 0A000: the clause is PostgreSQL's, but not ours.
  static func unsupported(
    _ clause: String,
    at range: SourceRange,
    hint: String? = nil
  )
    -> SyntaxError
  {
    SyntaxError(
      sqlState: "0A000",
      message: "\(clause) is not supported",
      range: range,
      hint: hint
    )
  }

  /// 54001: the statement nests deeper than any thread's stack is trusted to hold.
  static func tooDeep(at range: SourceRange) -> SyntaxError {
    SyntaxError(
      sqlState: "54001",
      message: "stack depth limit exceeded",
      range: range,
      hint: "The statement nests more than \(NestingLimit.height) levels deep."
    )
  }
}

/// How deep a statement may nest.
///
/// Binding, planning and releasing walk a tree recursively. The limits are measured to be safe on a
/// stack of 512 KiB, so that no text overflows it.
package enum NestingLimit {
  /// Levels the parser may recurse: parentheses, sub-selects, prefix operators.
  package static let recursion = 150
  /// Levels of any tree, with chains of operators, which the parser reads in a loop.
  package static let height = 400
}
