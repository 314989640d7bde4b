/// Why a text is not a statement of the report language.
///
/// Messages are PostgreSQL's words. One word wide, because every frame of the parser holds places for
/// the errors it may pass on.
package struct SyntaxError: Error, Hashable, Sendable {
  private let facts: Facts

  /// The five characters of SQLSTATE.
  package var sqlState: String { facts.sqlState }
  package var message: String { facts.message }
  /// The bytes the message speaks of; its lower end is the reported position.
  package var range: SourceRange { facts.range }
  package var detail: String? { facts.detail }
  package var hint: String? { facts.hint }

  package init(
    sqlState: String,
    message: String,
    range: SourceRange,
    detail: String? = nil,
    hint: String? = nil
  ) {
    facts = Facts(
      sqlState: sqlState,
      message: message,
      range: range,
      detail: detail,
      hint: hint
    )
  }

  private final class Facts: Hashable, Sendable {
    let sqlState: String
    let message: String
    let range: SourceRange
    let detail: String?
    let hint: String?

    init(
      sqlState: String,
      message: String,
      range: SourceRange,
      detail: String?,
      hint: String?
    ) {
      self.sqlState = sqlState
      self.message = message
      self.range = range
      self.detail = detail
      self.hint = hint
    }

    static func == (a: Facts, b: Facts) -> Bool {
      a.sqlState == b.sqlState && a.message == b.message && a.range == b.range
        && a.detail == b.detail && a.hint == b.hint
    }

    func hash(into hasher: inout Hasher) {
      hasher.combine(sqlState)
      hasher.combine(message)
      hasher.combine(range)
    }
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
  package static let height = 200
}
