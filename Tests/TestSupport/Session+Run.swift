package import Columnar
package import Engine
internal import Planning

extension Session {
  /// Runs a text as a simple query; the rows of its last statement, fields joined by `|`.
  @discardableResult
  package func run(_ text: String) throws(EngineError) -> [String] {
    var rows: [String] = []
    do throws(EngineError) {
      let bytes = Array(text.utf8)
      let statements = try parse(bytes)
      beginMessage(statementCount: statements.count)
      for statement in statements {
        rows = try Self.rows(of: try start(try prepare(statement, of: bytes)), timeZone)
      }
      try endMessage()
    } catch {
      messageFailed()
      throw error
    }
    return rows
  }

  /// The rows of a started statement, or its tag.
  package static func rows(of run: StatementRun, _ zone: TimeZone) throws(EngineError) -> [String] {
    guard case .rows(let columns) = run.kind else { return [try run.finish()] }
    let forms = columns.map { ValueForm($0.type) }
    var cursor = ZoneCursor(zone)
    var rows: [String] = []
    while let batch = try run.next() {
      for row in 0..<batch.rowCount {
        var fields: [String] = []
        for (vector, form) in zip(batch.columns, forms) {
          guard vector.isValid(row) else {
            fields.append("NULL")
            continue
          }
          var text = OutputBuffer()
          text.appendText(of: vector, row: row, form, &cursor)
          fields.append(text.string)
        }
        rows.append(fields.joined(separator: "|"))
      }
    }
    _ = try run.finish()
    return rows
  }

  /// The SQLSTATE of the error that a text raises; nil when it succeeds.
  package func failure(_ text: String) -> String? {
    do throws(EngineError) {
      try run(text)
      return nil
    } catch {
      return error.sqlState
    }
  }
}
