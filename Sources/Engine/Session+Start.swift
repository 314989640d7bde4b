import Catalog
package import Columnar
import Execution
import Planning
import ReportSyntax
import Storage
import SystemIO

extension Session {
  /// Starts a statement with its parameters' values.
  ///
  /// After an error the caller says ``messageFailed()``.
  package func start(
    _ prepared: PreparedStatement,
    parameters: [Datum] = []
  ) throws(EngineError) -> StatementRun {
    takeSettingChanges()
    guard let statement = prepared.statement else {
      return StatementRun(.empty, CompletedStatement(tag: ""))
    }
    if case .failed = block, !statement.endsFailedTransaction { throw Self.blockFailed }
    guard parameters.count >= prepared.parameterTypes.count else {
      throw EngineError(
        "08P01",
        "bind message supplies \(parameters.count) parameters, but the statement requires "
          + "\(prepared.parameterTypes.count)"
      )
    }
    if let run = try startKnown(prepared, parameters) { return run }
    let entry = ActivityEntry(
      session: self.entry,
      text: prepared.shownText,
      startedAt: database.clock.postgresMicroseconds,
      timeoutMilliseconds: settings.statementTimeoutMilliseconds,
      registry: database.activity
    )
    database.deadlines.add(entry)
    let request = StatementRequest(
      text: prepared.text,
      parameterTypes: prepared.parameterTypes,
      parameters: parameters,
      activity: entry
    )
    do throws(EngineError) {
      return try start(statement, request)
    } catch {
      entry.end(rows: 0, failure: error.sqlState)
      throw error
    }
  }

  private func start(
    _ statement: Statement,
    _ request: StatementRequest
  ) throws(EngineError) -> StatementRun {
    switch statement {
    case .query: return try startQuery(statement, request)
    case .insert, .update, .delete: return try startModification(statement, request)
    case .copy(let copy): return try startCopy(copy, request)
    case .explain(let explain): return try startExplain(explain, request)
    case .show(let show): return try startShow(show, request)
    case .fetch(let fetch): return try startFetch(fetch, request)
    case .execute(let execute): return try startExecute(execute, request)
    case .checkRollup(let check): return try startCheck(check, request)
    case .suggestRollups: return try startSuggestions(request)
    default:
      let tag = try run(statement, request)
      request.activity.end(rows: 0)
      return StatementRun(.command, CompletedStatement(tag: tag))
    }
  }

  /// Statements that only change something.
  private func run(
    _ statement: Statement,
    _ request: StatementRequest
  ) throws(EngineError) -> String {
    switch statement {
    case .transaction(let command): return try run(command)
    case .createTable(let create): return try createTable(create, request)
    case .createTableAs(let create): return try createTableAs(create, request)
    case .createView(let create): return try createView(create, request)
    case .createSchema(let create): return try createSchema(create)
    case .createReport(let create): return try createReport(create, request)
    case .createRollup(let create): return try createRollup(create, request)
    case .drop(let drop): return try run(drop)
    case .alterTable(let alter): return try alterTable(alter, request)
    case .truncate(let truncate): return try run(truncate)
    case .compactTable(let compact): return try run(compact)
    case .replication(let command): return try run(command)
    case .set(let set): return try run(set)
    case .reset(let reset): return try run(reset)
    case .discard(let discard): return try run(discard)
    case .prepare(let prepare): return try run(prepare, request)
    case .deallocate(let deallocate): return try run(deallocate)
    case .declareCursor(let declare): return try run(declare, request)
    case .closeCursor(let close): return try run(close)
    case .checkpoint:
      try stored { () throws(StorageError) in try database.store.checkpoint() }
      return "CHECKPOINT"
    case .maintenance(let maintenance): return try run(maintenance)
    case .notification(let notification): return try run(notification)
    case .query, .insert, .update, .delete, .copy, .explain, .show, .fetch, .execute, .checkRollup,
      .suggestRollups:
      throw EngineError("XX000", "the statement has rows")
    }
  }

  private func run(_ notification: Notification) throws(EngineError) -> String {
    switch notification {
    case .unlisten: return "UNLISTEN"
    case .listen: throw .unsupported("LISTEN")
    case .notify: throw .unsupported("NOTIFY")
    }
  }

  // MARK: Queries

  private func startQuery(
    _ statement: Statement,
    _ request: StatementRequest
  ) throws(EngineError) -> StatementRun {
    let tables = currentTables()
    let evaluation = evaluationContext(request, catalog: tables.catalog)
    let plan = try bindQuery(statement, request, tables, evaluation)
    let execution = try makeExecution(plan, tables, request, evaluation)
    return StatementRun(
      .rows(plan.output),
      QueryStatement(execution, activity: request.activity)
    )
  }

  /// The rows that a statement sees: its transaction's, or the newest durable state.
  func currentTables() -> SessionTables {
    if let open = block.open {
      return SessionTables(self, transaction: open.transaction)
    }
    return SessionTables(self, snapshot: database.store.published)
  }

  func bindQuery(
    _ statement: Statement,
    _ request: StatementRequest,
    _ tables: SessionTables,
    _ evaluation: EvaluationContext? = nil
  ) throws(EngineError) -> Plan {
    guard case .query(let plan) = try bindStatement(statement, request, tables, evaluation) else {
      throw EngineError("XX000", "the statement is not a query")
    }
    return plan
  }

  func bindStatement(
    _ statement: Statement,
    _ request: StatementRequest,
    _ tables: SessionTables,
    _ evaluation: EvaluationContext? = nil
  ) throws(EngineError) -> BoundStatement {
    let context = bindingContext(
      parameterTypes: request.parameterTypes.map { $0 },
      values: request.parameters,
      catalog: tables.catalog,
      evaluation: evaluation ?? evaluationContext(request, catalog: tables.catalog)
    )
    context.statistics = tables
    if case .query = statement, settings.isOn("rollups") { context.rollups = tables.rollupChoice }
    return try planned(in: request.text) { () throws(PlanningError) in
      try Binder(context: context, systemTables: SystemTables.catalog).bind(statement)
    }
  }

  func makeExecution(
    _ plan: Plan,
    _ tables: any TableProvider,
    _ request: StatementRequest,
    _ evaluation: EvaluationContext? = nil,
    measures: Bool = false
  ) throws(EngineError) -> QueryExecution {
    try executed { () throws(ExecutionError) in
      try QueryExecution(
        plan: plan,
        tables: tables,
        context: evaluation ?? evaluationContext(request),
        options: executionOptions(measures: measures),
        pool: database.pool
      )
    }
  }

  func evaluationContext(
    _ request: StatementRequest,
    catalog: CatalogSnapshot? = nil
  ) -> EvaluationContext {
    evaluationContext(
      parameters: request.parameters,
      cancellation: request.activity.cancellation,
      catalog: catalog
    )
  }

  func executionOptions(measures: Bool = false) -> ExecutionOptions {
    var options = ExecutionOptions()
    options.memoryBudgetBytes = Int(clamping: settings.number("work_mem")) << 10
    options.fileSystem = database.options.fileSystem
    options.spillDirectory = database.options.directory + "/temporary"
    let threads = Int(clamping: settings.number("max_threads"))
    if threads > 0 { options.threads = threads }
    options.measuresTime = measures
    return options
  }

  // MARK: Description

  /// The columns of a statement's result; settles the parameters' types in `context`.
  func describe(
    _ statement: Statement,
    in text: [UInt8],
    _ context: BindingContext
  ) throws(EngineError) -> [OutputColumn]? {
    switch statement {
    case .query, .insert, .update, .delete:
      let bound = try planned(in: text) { () throws(PlanningError) in
        try Binder(context: context, systemTables: SystemTables.catalog).bind(statement)
      }
      return bound.resultColumns
    case .explain(let explain): return Self.explainColumns(explain.format)
    case .show(let show): return try showColumns(show)
    case .checkRollup: return Self.checkColumns
    case .suggestRollups: return Self.suggestionColumns
    case .fetch(let fetch): return fetch.isMove ? nil : fetchedColumns(fetch.cursor.text)
    case .execute(let execute): return prepared[execute.name.text]?.columns
    default: return nil
    }
  }
}

/// What one start of a statement was given.
struct StatementRequest {
  /// The client's text, for positions.
  var text: [UInt8]
  var parameterTypes: [LogicalType]
  var parameters: [Datum]
  var activity: ActivityEntry
}

extension BoundStatement {
  var resultColumns: [OutputColumn]? {
    switch self {
    case .query(let plan): plan.output
    case .insert(let plan): plan.returning?.output
    case .update(let plan): plan.returning?.output
    case .delete(let plan): plan.returning?.output
    }
  }
}
