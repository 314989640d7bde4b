// Statements about the row of one key, by a way of their own: such a statement takes some microseconds, of which parsing,
// planning and making operators ready were nearly all.
//
// The way is left, and the statement carried out as any other, wherever something is not as usual. Nothing was changed
// by then, so errors are those of the usual way too.

import Catalog
import Columnar
import Execution
import Planning
import ReportSyntax
import Storage
import SystemIO

extension Session {
  /// Carries out the statement of a simple query when it is about one key and was planned before.
  ///
  /// - Parameter text: UTF-8.
  /// - Returns: Nil: nothing was done, the text is to be parsed.
  /// - Throws: What the statement's commit gives.
  package func startKnown(_ text: [UInt8]) throws(EngineError) -> StatementRun? {
    takeSettingChanges()
    guard let pattern = StatementPattern(text), let basis = planBasis,
      let entry = keyStatements.entry(pattern, basis)
    else { return nil }
    let known = entry.plan(pattern) { text, statement, types in
      keyStatement(statement, in: text, types, basis)
    }
    guard let (plan, parameters) = known else { return nil }
    let shown = SourceText.slice(SourceRange(pattern.range), of: text)
    return try start(plan, basis, parameters, shown: shown)
  }

  /// As ``startKnown(_:)`` for a prepared statement.
  func startKnown(
    _ prepared: PreparedStatement,
    _ parameters: [Datum]
  ) throws(EngineError) -> StatementRun? {
    takeSettingChanges()
    guard let statement = prepared.statement, statement.mayConcernOneKey, let basis = planBasis
    else { return nil }
    if prepared.keyBasis != basis {
      // One that is started once is not worth a plan of its own.
      prepared.keyBasis = basis
      prepared.keyPlan = .awaited
      return nil
    }
    if case .awaited = prepared.keyPlan {
      let plan = keyStatement(statement, in: prepared.text, prepared.parameterTypes, basis)
      prepared.keyPlan = plan.map { .made($0) } ?? .refused
    }
    guard case .made(let plan) = prepared.keyPlan else { return nil }
    return try start(plan, basis, parameters, shown: prepared.shownText)
  }

  /// What plans depend on; nil where none must be used.
  var planBasis: PlanBasis? {
    let version: UInt64
    switch block {
    case .failed: return nil
    case .none: version = database.store.published.catalog.version
    case .implicit(let open), .explicit(let open):
      // Definitions of an open transaction's own have no number that is theirs alone.
      guard !open.transaction.hasOwnDefinitions else { return nil }
      version = open.transaction.catalog.version
    }
    return PlanBasis(
      catalogVersion: version,
      settingsGeneration: settings.generation
    )
  }

  /// Plans a statement for all values of its parameters; nil: it must be planned for each.
  ///
  /// `types`: Nil for strings, of which the first binding says what they are read as.
  private func keyStatement(
    _ statement: Statement,
    in text: [UInt8],
    _ types: [LogicalType?],
    _ basis: PlanBasis
  ) -> KeyStatement? {
    let catalog = catalog
    guard catalog.version == basis.catalogVersion, !namesMoment(text) else { return nil }
    if let read = statement.relationRead,
      catalog.views.keys.contains(where: { $0.name == read.name.text })
    {
      // Its text is not this one.
      return nil
    }
    let evaluation = evaluationContext(parameters: [], catalog: catalog)
    func bound(_ types: [LogicalType?]) -> (statement: BoundStatement, types: [LogicalType])? {
      let context = bindingContext(
        parameterTypes: types,
        catalog: catalog,
        evaluation: evaluation
      )
      let binder = Binder(context: context, systemTables: SystemTables.catalog)
      guard let bound = try? binder.bind(statement) else { return nil }
      let settled = context.parameterTypes.compactMap { $0 }
      return settled.count == types.count ? (bound, settled) : nil
    }
    let areStrings = types.map { $0 == nil }
    guard let first = bound(types),
      let (settled, settledTypes) = areStrings.contains(true) ? bound(first.types) : first,
      let key = BoundKeyStatement(settled, parameterTypes: settledTypes, areStrings: areStrings)
    else { return nil }
    let columns = key.table.columns
    guard !columns.contains(where: { namesMoment(Array(($0.defaultText ?? "").utf8)) }),
      !areStrings.contains(true) || !columns.contains(where: \.isBlankPadded)
    else { return nil }
    return try? KeyStatement(key, context: evaluation)
  }

  private func start(
    _ plan: KeyStatement,
    _ basis: PlanBasis,
    _ parameters: [Datum],
    shown: String
  ) throws(EngineError) -> StatementRun? {
    let now = database.clock.postgresMicroseconds
    guard (try? plan.take(parameters, moment: block.startedAt ?? now)) == true else { return nil }
    let activity = ActivityEntry(
      session: entry,
      text: shown,
      startedAt: now,
      timeoutMilliseconds: 0,
      registry: database.activity
    )
    do throws(EngineError) {
      guard let result = try carryOut(plan, basis) else { return nil }
      activity.end(rows: result.rowCount)
      let tag = "\(plan.action.tag) \(result.rowCount)"
      let rows = CompletedStatement(tag: tag, batches: result.returned.map { [$0] } ?? [])
      return StatementRun(plan.output.map { .rows($0) } ?? .command, rows)
    } catch {
      activity.end(rows: 0, failure: error.sqlState)
      throw error
    }
  }

  private struct Result {
    var rowCount: Int
    var returned: Batch?
  }

  /// Nil: nothing was done.
  private func carryOut(_ plan: KeyStatement, _ basis: PlanBasis) throws(EngineError) -> Result? {
    if plan.action == .select { return read(plan, basis) }
    if let open = block.open {
      return open.isReadOnly ? nil : change(plan, basis, open.transaction)
    }
    guard !settings.isReadOnlyByDefault else { return nil }
    return try write(as: plan.action.word) { transaction throws(EngineError) in
      change(plan, basis, transaction)
    }
  }

  private func read(_ plan: KeyStatement, _ basis: PlanBasis) -> Result? {
    let transaction = block.transaction
    let snapshot = transaction?.snapshot ?? database.store.published
    guard snapshot.catalog.version == basis.catalogVersion else { return nil }
    do throws(EngineError) {
      let found = try plan.find { (key, reader) throws(StorageError) in
        if let transaction { return try transaction.readRow(key, reader) }
        return try snapshot.readRow(key, reader)
      }
      guard found != nil else { return Result(rowCount: 0) }
      return Result(rowCount: 1, returned: try plan.result())
    } catch {
      return nil
    }
  }

  /// Changes the row in a transaction; nil: something is wrong with it, and nothing was changed.
  private func change(
    _ plan: KeyStatement,
    _ basis: PlanBasis,
    _ transaction: Transaction
  ) -> Result? {
    // It may have begun, or begun again, behind a change of definitions.
    guard transaction.catalog.version == basis.catalogVersion, !transaction.hasOwnDefinitions else {
      return nil
    }
    do throws(EngineError) {
      try transaction.refuseReplicated(plan.table.id)
      if plan.action == .insert {
        let new = try plan.newRow()
        let returned = try plan.result(of: new)
        try stored { () throws(StorageError) in try transaction.insert(plan.table.id, new) }
        return Result(rowCount: 1, returned: returned)
      }
      let found = try plan.find { (key, reader) throws(StorageError) in
        try transaction.readRow(key, reader)
      }
      guard let found else { return Result(rowCount: 0) }
      if plan.action == .delete {
        let returned = try plan.result()
        try stored { () throws(StorageError) in
          _ = try transaction.delete(plan.table.id, locators: [found])
        }
        return Result(rowCount: 1, returned: returned)
      }
      let new = try plan.newRow()
      let returned = try plan.result(of: new)
      try stored { () throws(StorageError) in
        try transaction.replace(plan.table.id, locators: [found], by: new)
      }
      return Result(rowCount: 1, returned: returned)
    } catch {
      return nil
    }
  }
}

extension KeyStatement.Action {
  var word: String {
    switch self {
    case .select: "SELECT"
    case .update: "UPDATE"
    case .delete: "DELETE"
    case .insert: "INSERT"
    }
  }

  /// The words of the command tag.
  var tag: String { self == .insert ? "INSERT 0" : word }
}

extension Catalog.ColumnDefinition {
  /// Whether strings beside the column lose their last blanks, which typed ones do not.
  fileprivate var isBlankPadded: Bool { if case .char = type { true } else { false } }
}
