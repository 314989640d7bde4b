import Columnar
import Engine
import Planning
import PostgresProtocol

extension Conversation {
  func parse(_ request: ParseRequest) throws(Failure) {
    do throws(ValueError) { try validateUTF8(request.text.span) } catch {
      throw .refused(ErrorFields(error))
    }
    var types: [LogicalType?] = []
    for typeID in request.parameterTypeIDs {
      types.append(try checked { () throws(ProtocolError) in try LogicalType.named(by: typeID) })
    }
    let prepared = try engine { () throws(EngineError) in
      try session.prepare(request.text, parameterTypes: types)
    }
    let statement = NamedStatement(prepared, declared: request.parameterTypeIDs)
    try checked { () throws(ProtocolError) in try statements.add(statement, named: request.name) }
    stream.output.parseComplete()
  }

  func bind(_ request: BindRequest) throws(Failure) {
    let statement = try statement(request.statement)
    let parameters: [Datum]
    do throws(ValueError) {
      parameters = try request.values(
        of: statement.prepared.parameterTypes,
        typeIDs: statement.parameterTypeIDs,
        session.dateTimeContext
      )
    } catch {
      throw .refused(ErrorFields(error))
    }
    let columnCount = statement.prepared.columns?.count ?? 0
    let formatCount = request.resultFormats.count
    guard formatCount <= 1 || formatCount == columnCount else {
      throw .refused(
        ErrorFields(
          ProtocolError(
            "08P01",
            "bind message has \(formatCount) result formats but query has \(columnCount) columns"
          )
        )
      )
    }
    let portal = Portal(statement, parameters, request.resultFormats)
    try checked { () throws(ProtocolError) in try portals.add(portal, named: request.portal) }
    stream.output.bindComplete()
  }

  func describe(_ object: NamedObject) throws(Failure) {
    switch object {
    case .statement(let name):
      let statement = try statement(name)
      stream.output.parameterDescription(statement.parameterTypeIDs)
      try describe(statement.prepared, formats: [])
    case .portal(let name):
      if let columns = session.cursorColumns(name) {
        stream.output.rowDescription(try ResultColumn.described(columns), formats: [])
        return
      }
      let portal = try portal(name)
      try describe(portal.statement.prepared, formats: portal.formats)
    }
  }

  private func describe(_ prepared: PreparedStatement, formats: [ValueFormat]) throws(Failure) {
    if let columns = prepared.columns {
      stream.output.rowDescription(try ResultColumn.described(columns), formats: formats)
    } else {
      stream.output.noData()
    }
  }

  private func statement(_ name: String) throws(Failure) -> NamedStatement {
    try checked { () throws(ProtocolError) in try statements.object(named: name) }
  }

  private func portal(_ name: String) throws(Failure) -> Portal {
    try checked { () throws(ProtocolError) in try portals.object(named: name) }
  }

  // MARK: Execute

  func execute(_ name: String, maxRows: Int) throws(Failure) {
    let portal = try portal(name)
    switch portal.state {
    case .new: break
    case .suspended:
      if let rows = portal.rows { try resume(portal, rows, maxRows: maxRows) }
      return
    case .drained:
      stream.output.commandComplete("SELECT 0")
      return
    case .done:
      throw .refused(
        ErrorFields(
          severity: "ERROR",
          sqlState: "55000",
          message: "portal \"\(name)\" cannot be run anymore"
        )
      )
    }
    shareTransaction()
    let run = try engine { () throws(EngineError) in try start(portal) }
    switch run.kind {
    case .empty:
      stream.output.emptyQueryResponse()
      portal.state = .new
    case .command: try complete(run)
    case .rows(let columns):
      try resume(portal, hold(run, columns, in: portal), maxRows: maxRows)
    case .copyIn(let format, let columnCount):
      let tag = try receiveCopy(run, format, columnCount: columnCount)
      stream.output.commandComplete(tag)
    case .copyOut(let format, let columnCount):
      let tag = try sendCopy(run, format, columnCount: columnCount)
      stream.output.commandComplete(tag)
    }
    sendNotices()
  }

  private func start(_ portal: Portal) throws(EngineError) -> StatementRun {
    let run = try session.start(portal.statement.prepared, parameters: portal.parameters)
    portal.state = .done
    return run
  }

  /// The rows of a portal that has just been started.
  private func hold(
    _ run: StatementRun,
    _ columns: [OutputColumn],
    in portal: Portal
  ) -> RowSender {
    let rows = RowSender(run, columns, portal.formats, zone: session.timeZone)
    portal.rows = rows
    return rows
  }

  /// Statements that come without a Sync after each are one transaction, as in PostgreSQL.
  ///
  /// One alone commits by itself, which costs less and can be tried again after a conflict.
  private func shareTransaction() {
    guard !isTransactionImplicit, stream.decoder.nextKind != UInt8(ascii: "S") else { return }
    session.beginMessage(statementCount: 2)
    isTransactionImplicit = true
  }

  private func resume(_ portal: Portal, _ rows: RowSender, maxRows: Int) throws(Failure) {
    let wasSuspended = portal.state == .suspended
    let sent = try rows.send(maxRows, to: stream)
    guard rows.isDrained else {
      portal.state = .suspended
      stream.output.portalSuspended()
      return
    }
    portal.rows = nil
    portal.state = .drained
    var tag = try engine { () throws(EngineError) in try rows.run.finish() }
    // The tag counts the rows of this Execute.
    if wasSuspended, tag.hasPrefix("SELECT ") { tag = "SELECT \(sent)" }
    stream.output.commandComplete(tag)
  }

  private func complete(_ run: StatementRun) throws(Failure) {
    let tag = try engine { () throws(EngineError) in try run.finish() }
    stream.output.commandComplete(tag)
  }
}

// FETCH and MOVE of a portal.
extension Conversation: PortalSource {
  func columns(ofPortal name: String) -> [OutputColumn]? {
    // The table throws for a name that nobody has.
    (try? portals.object(named: name))?.statement.prepared.columns
  }

  func rows(ofPortal name: String, _ count: Int?) throws(EngineError) -> [Batch] {
    guard let portal = try? portals.object(named: name) else { return [] }
    if portal.state == .new {
      let run = try start(portal)
      guard case .rows(let columns) = run.kind else { return [] }
      _ = hold(run, columns, in: portal)
    }
    guard let rows = portal.rows else { return [] }
    let batches = try rows.take(count)
    portal.state = rows.isDrained ? .drained : .suspended
    return batches
  }
}
