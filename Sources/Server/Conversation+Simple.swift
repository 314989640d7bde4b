import Columnar
import Engine
import Planning
import PostgresProtocol

extension Conversation {
  /// Runs every statement of a text; several are one transaction.
  func runSimpleQuery(_ text: [UInt8]) throws(Failure) {
    // As in PostgreSQL, a simple query takes the unnamed statement and portal away.
    statements.remove("")
    portals.remove("")
    do throws(ValueError) { try validateUTF8(text.span) } catch {
      throw .refused(ErrorFields(error))
    }
    if let run = try engine({ () throws(EngineError) in try session.startKnown(text) }) {
      return try complete(run, isLast: true)
    }
    let parsed = try engine { () throws(EngineError) in try session.parse(text) }
    guard !parsed.isEmpty else {
      stream.output.emptyQueryResponse()
      return
    }
    session.beginMessage(statementCount: parsed.count)
    for (index, statement) in parsed.enumerated() {
      let run = try engine { () throws(EngineError) in
        try session.start(session.unprepared(statement, of: text))
      }
      try complete(run, isLast: index == parsed.count - 1)
    }
  }

  /// Sends all that a statement gives, and how it ended.
  private func complete(_ run: StatementRun, isLast: Bool) throws(Failure) {
    let tag = try send(run)
    // The last tag promises that all is committed.
    if isLast { try engine { () throws(EngineError) in try session.endMessage() } }
    sendNotices()
    if let tag { stream.output.commandComplete(tag) } else { stream.output.emptyQueryResponse() }
  }

  /// Sends all that a run gives.
  ///
  /// - Returns: The command tag; `nil` for an empty statement.
  private func send(_ run: StatementRun) throws(Failure) -> String? {
    switch run.kind {
    case .empty: return nil
    case .command: return try engine { () throws(EngineError) in try run.finish() }
    case .rows(let columns):
      stream.output.rowDescription(try ResultColumn.described(columns))
      let rows = RowSender(run, columns, [], zone: session.timeZone)
      _ = try rows.send(0, to: stream)
      return try engine { () throws(EngineError) in try run.finish() }
    case .copyIn(let format, let columnCount):
      return try receiveCopy(run, format, columnCount: columnCount)
    case .copyOut(let format, let columnCount):
      return try sendCopy(run, format, columnCount: columnCount)
    }
  }
}
