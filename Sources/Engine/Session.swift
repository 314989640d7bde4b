import Catalog
package import Columnar
import Execution
import Planning
package import ReportSyntax
import Replication
import Storage
import SystemIO

/// One client's conversation with the database; used by one thread at a time.
package final class Session {
  package let database: Database
  let entry: SessionEntry
  var settings: SessionSettings
  var block: TransactionBlock = .none
  /// PREPAREd statements by name.
  var prepared: [String: PreparedStatement] = [:]
  private var preparedTexts = PreparedTexts()
  /// Statements about single keys that simple queries brought.
  var keyStatements = KeyStatementCache()
  /// DECLAREd cursors by name.
  var cursors: [String: Cursor] = [:]
  /// The client's portals, which FETCH and MOVE take for cursors too.
  package weak var portals: (any PortalSource)?
  /// What set_config asked for while a statement ran; taken over when it ends.
  let settingChanges: SettingChanges
  private var notices: [Notice] = []

  init(_ database: Database, _ startup: SessionStartup) throws(EngineError) {
    self.database = database
    var secret: [UInt8] = []
    do throws(IOError) { secret = try SystemIO.entropy(byteCount: 32) } catch {
      throw EngineError(StorageError.io(error))
    }
    let now = database.clock.postgresMicroseconds
    let user = startup.user
    entry = database.activity.register { [secret] processID in
      SessionEntry(processID: processID, secret: secret, user: user, startedAt: now)
    }
    settings = SessionSettings()
    let zones = database.timeZones
    settingChanges = SettingChanges { zones.zone(named: $0) != nil }
    do throws(EngineError) {
      for (name, value) in startup.settings {
        try settings.setDefault(name, to: value, timeZones: isTimeZone)
      }
    } catch {
      database.activity.remove(entry.processID)
      var fatal = error
      fatal.severity = .fatal
      throw fatal
    }
    entry.applicationName = settings.text("application_name")
  }

  deinit { database.activity.remove(entry.processID) }

  /// The number that CancelRequest and pg_cancel_backend name.
  package var processID: Int32 { entry.processID }

  /// The first bytes of the session's secret: 4 for protocol 3.0, 32 for 3.2.
  package func secret(count: Int) -> [UInt8] { Array(entry.secret.prefix(count)) }

  /// What to do when another session or a shutdown ends this one.
  package func onTerminate(_ action: @escaping @Sendable () -> Void) { entry.onTerminate(action) }

  /// The status byte of ReadyForQuery.
  package var transactionStatus: TransactionStatus {
    switch block {
    case .none, .implicit: .idle
    case .explicit: .inTransaction
    case .failed: .failed
    }
  }

  /// The messages that came up since the last call.
  package func takeNotices() -> [Notice] {
    defer { notices.removeAll() }
    return notices
  }

  func note(_ notice: Notice) { notices.append(notice) }

  func note(_ message: String, severity: String = "NOTICE", sqlState: String = "00000") {
    note(Notice(severity: severity, sqlState: sqlState, message: message))
  }

  /// Settings that the client is to be told of.
  package func takeParameterChanges() -> [(name: String, value: String)] { settings.takeReports() }

  /// Settings that the client is told when it starts.
  package func reportedParameters() -> [(name: String, value: String)] { settings.allReports() }

  /// The session's time zone, for text output of timestamptz.
  package var timeZone: TimeZone {
    database.timeZones.zone(named: settings.text("TimeZone")) ?? .utc
  }

  /// Ends the session: an open transaction is rolled back.
  package func close() {
    cursors.removeAll()
    if let transaction = block.transaction { transaction.rollback() }
    block = .none
    database.activity.remove(entry.processID)
  }

  func isTimeZone(_ name: String) -> Bool { database.timeZones.zone(named: name) != nil }

  // MARK: Texts

  /// The statements of a simple query's text.
  package func parse(_ text: [UInt8]) throws(EngineError) -> [ParsedStatement] {
    try parsed(text) { () throws(SyntaxError) in try Parser.parseStatements(text) }
  }

  /// Settles a statement's parameters and result.
  ///
  /// `text`: At most one statement.
  /// `parameterTypes`: What the client declared; `nil` where it left the type to us.
  package func prepare(
    _ text: [UInt8],
    parameterTypes: [LogicalType?] = []
  ) throws(EngineError) -> PreparedStatement {
    let basis = planBasis
    if let basis, let known = preparedTexts.statement(text, parameterTypes, basis) { return known }
    let statements = try parse(text)
    guard statements.count <= 1 else {
      throw EngineError("42601", "cannot insert multiple commands into a prepared statement")
    }
    let prepared = try prepare(statements.first, of: text, parameterTypes: parameterTypes)
    if let basis, prepared.isPlanned {
      preparedTexts.keep(prepared, text, parameterTypes, basis)
    }
    return prepared
  }

  /// As ``prepare(_:parameterTypes:)`` for a statement that is parsed already.
  package func prepare(
    _ parsed: ParsedStatement?,
    of text: [UInt8],
    parameterTypes: [LogicalType?] = []
  ) throws(EngineError) -> PreparedStatement {
    guard let parsed else {
      return PreparedStatement(
        text: text,
        statement: nil,
        range: .none,
        parameterTypes: [],
        columns: nil
      )
    }
    if case .failed = block, !parsed.statement.endsFailedTransaction { throw Self.blockFailed }
    let context = bindingContext(parameterTypes: parameterTypes)
    let columns = try describe(parsed.statement, in: text, context)
    return PreparedStatement(
      text: text,
      statement: parsed.statement,
      range: parsed.range,
      parameterTypes: context.parameterTypes.map { $0 ?? .text },
      columns: columns
    )
  }

  /// A statement of a simple query: it runs once and has no parameters, so starting it settles its result.
  package func unprepared(_ parsed: ParsedStatement, of text: [UInt8]) -> PreparedStatement {
    PreparedStatement(
      text: text,
      statement: parsed.statement,
      range: parsed.range,
      parameterTypes: [],
      columns: nil
    )
  }

  static let blockFailed = EngineError(
    "25P02",
    "current transaction is aborted, commands ignored until end of transaction block"
  )

  // MARK: Contexts

  /// The definitions that the next statement sees.
  var catalog: CatalogSnapshot {
    block.transaction?.catalog ?? database.store.published.catalog
  }

  func bindingContext(
    parameterTypes: [LogicalType?] = [],
    values: [Datum]? = nil,
    catalog: CatalogSnapshot? = nil,
    evaluation: EvaluationContext? = nil
  ) -> BindingContext {
    let catalog = catalog ?? self.catalog
    let evaluation = evaluation ?? evaluationContext(parameters: [], catalog: catalog)
    let context = BindingContext(
      catalog: catalog,
      settings: BindingSettings(
        searchPath: settings.searchPath,
        timeZoneName: settings.text("TimeZone"),
        userName: entry.user,
        databaseName: Database.name
      ),
      folding: ExpressionFolding(context: evaluation),
      parameterTypes: parameterTypes
    )
    context.parameterValues = values
    return context
  }

  func evaluationContext(
    parameters: [Datum],
    cancellation: CancellationFlag = CancellationFlag(),
    catalog: CatalogSnapshot? = nil
  ) -> EvaluationContext {
    let catalog = catalog ?? self.catalog
    var values = SessionValues()
    values.user = entry.user
    values.database = Database.name
    values.schema = settings.searchPath.first { catalog.schemas.contains($0) }
    values.backendPID = Int64(processID)
    values.version = Self.version
    let snapshot = settings
    values.setting = { name in try? snapshot.show(name) }
    let activity = database.activity
    values.signalBackend = { processID, terminates in
      guard let target = Int32(exactly: processID).flatMap(activity.session) else { return false }
      if terminates { target.end() } else { target.cancel() }
      return true
    }
    let replications = database.replications
    values.replicatedPosition = { name throws(ExecutionError) in
      try executable { () throws(EngineError) in try replications.position(of: name).description }
    }
    values.waitForPosition = { text, milliseconds, name throws(ExecutionError) in
      try executable { () throws(EngineError) in
        guard let target = LSN(text) else {
          throw EngineError("22P02", "invalid input syntax for type pg_lsn: \"\(text)\"")
        }
        return try replications.wait(for: name, target: target, milliseconds: milliseconds) {
          cancellation.reason != .none
        }
      }
    }
    let answers = CatalogAnswers(
      catalog,
      searchPath: settings.searchPath,
      user: entry.user,
      database
    )
    values.catalog = { function, arguments throws(ExecutionError) in
      try answers.answer(function, arguments)
    }
    let changes = settingChanges
    values.setSetting = { name, value, isLocal throws(ExecutionError) in
      try executable { () throws(EngineError) in
        try changes.add(name, value, isLocal: isLocal, to: snapshot)
      }
    }
    var context = EvaluationContext(
      parameters: parameters,
      statementStart: block.startedAt ?? database.clock.postgresMicroseconds,
      timeZone: timeZone,
      timeZones: database.timeZones,
      session: values,
      cancellation: cancellation
    )
    let clock = database.clock
    context.clock = { clock.postgresMicroseconds }
    return context
  }

  static let version =
    "PostgreSQL \(SettingCatalog.serverVersion) (Almanac \(Database.version)) on x86_64-pc-linux-gnu"
}

/// Runs what an expression asks of the engine; its error becomes the expression's.
private func executable<Result>(
  _ body: () throws(EngineError) -> Result
) throws(ExecutionError) -> Result {
  do throws(EngineError) {
    return try body()
  } catch {
    throw .sql(error.sqlState, error.message, detail: error.detail, hint: error.hint)
  }
}
