import Columnar
import TestSupport
import Testing

/// PostgreSQL as the judge: expressions are evaluated there, one by one, errors included.
struct Oracle {
  private let connection: LibpqConnection

  init() throws {
    connection = try LibpqConnection(PostgresServer.shared().connectionString())
    try connection.execute(
      """
      CREATE OR REPLACE FUNCTION pg_temp.attempt(expression text) RETURNS text
      LANGUAGE plpgsql AS $$
      DECLARE result text;
      BEGIN
        EXECUTE 'SELECT (' || expression || ')::text' INTO result;
        RETURN result;
      EXCEPTION WHEN OTHERS THEN
        RETURN SQLSTATE || ' ' || SQLERRM;
      END $$
      """
    )
    try connection.execute("CREATE TEMP TABLE cases (number serial, expression text)")
  }

  func execute(_ sql: String) throws { try connection.execute(sql) }

  /// What PostgreSQL answers to each expression; `22003 …` for an error, nil for NULL.
  func answers(_ expressions: [String]) throws -> [String?] {
    try connection.execute("TRUNCATE cases RESTART IDENTITY")
    let lines = expressions.map { expression in
      var line = ""
      for character in expression.unicodeScalars {
        switch character {
        case "\\": line += "\\\\"
        case "\t": line += "\\t"
        case "\n": line += "\\n"
        case "\r": line += "\\r"
        default: line.unicodeScalars.append(character)
        }
      }
      return Array((line + "\n").utf8)
    }
    try connection.copyIn("COPY cases (expression) FROM STDIN", chunks: [lines.flatMap { $0 }])
    let result = try connection.execute(
      "SELECT pg_temp.attempt(expression) FROM cases ORDER BY number"
    )
    return result.last?.texts.map { $0[0] } ?? []
  }

  /// Compares our answers with PostgreSQL's and reports the first few differences.
  func check(
    _ cases: [(sql: String, ours: String?)],
    location: SourceLocation = #_sourceLocation
  ) throws {
    let expected = try answers(cases.map(\.sql))
    #expect(expected.count == cases.count, sourceLocation: location)
    var wrong = 0
    for (index, answer) in expected.enumerated() where answer != cases[index].ours {
      wrong += 1
      guard wrong <= 12 else { continue }
      Issue.record(
        "\(cases[index].sql): PostgreSQL \(answer ?? "NULL"), ours \(cases[index].ours ?? "NULL")",
        sourceLocation: location
      )
    }
    #expect(wrong == 0, "\(wrong) of \(cases.count) differ", sourceLocation: location)
  }
}

/// The text of a value, or `sqlState message` of the error that making it threw.
func attempt(_ body: (inout OutputBuffer) throws(ValueError) -> Void) -> String {
  var buffer = OutputBuffer()
  do {
    try body(&buffer)
    return buffer.string
  } catch {
    return "\(error.sqlState) \(error.message)"
  }
}

/// A quoted SQL literal.
func quoted(_ text: String) -> String {
  "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
}
