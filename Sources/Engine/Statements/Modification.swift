import Catalog
import Columnar
import Execution
import Planning
import ReportSyntax
import Storage

extension Session {
  /// Carries out INSERT, UPDATE or DELETE; rows of RETURNING wait in the run.
  func startModification(
    _ statement: Statement,
    _ request: StatementRequest
  ) throws(EngineError) -> StatementRun {
    var repeats = false
    if case .insert(let insert) = statement { repeats = insert.conflict != nil }
    let outcome = try write(as: statement.word, repeatsOnDuplicate: repeats) {
      transaction throws(EngineError) in
      let tables = SessionTables(self, transaction: transaction)
      let bound = try bindStatement(statement, request, tables)
      return try modify(bound, tables, transaction, request)
    }
    request.activity.end(rows: outcome.rowCount)
    let completed = CompletedStatement(tag: outcome.tag, batches: outcome.returned)
    guard let columns = outcome.columns else { return StatementRun(.command, completed) }
    return StatementRun(.rows(columns), completed)
  }

  private func modify(
    _ bound: BoundStatement,
    _ tables: SessionTables,
    _ transaction: Transaction,
    _ request: StatementRequest
  ) throws(EngineError) -> ModificationOutcome {
    switch bound {
    case .insert(let plan):
      let writer = try RowWriter(self, plan.table, transaction, plan.returning, request)
      return try writer.insert(plan, tables)
    case .update(let plan):
      let writer = try RowWriter(self, plan.table, transaction, plan.returning, request)
      return try writer.update(plan, tables)
    case .delete(let plan):
      let writer = try RowWriter(self, plan.table, transaction, plan.returning, request)
      return try writer.delete(plan, tables)
    case .query: throw EngineError("XX000", "a query is not a modification")
    }
  }

  func createTableAs(
    _ create: CreateTableAs,
    _ request: StatementRequest
  ) throws(EngineError) -> String {
    try write(as: "CREATE TABLE AS") { transaction throws(EngineError) in
      let name = try newName(create.name, in: transaction.catalog)
      if transaction.catalog.table(name) != nil || transaction.catalog.views[name] != nil {
        if create.ifNotExists {
          note("relation \"\(name.name)\" already exists, skipping", sqlState: "42P07")
          return "CREATE TABLE AS"
        }
        guard create.orReplace, let old = transaction.catalog.table(name) else {
          throw EngineError("42P07", "relation \"\(name.name)\" already exists")
        }
        try transaction.record(.dropTable(old.id))
      }
      let tables = SessionTables(self, transaction: transaction)
      let plan = try bindQuery(.query(create.query), request, tables)
      let builder = TableBuilder(session: self, text: request.text, catalog: transaction.catalog)
      let table = try builder.table(create, name, output: plan.output)
      try transaction.record(.createTable(table))
      guard create.withData else { return "CREATE TABLE AS" }
      let execution = try makeExecution(plan, tables, request)
      var count = 0
      while let batch = try executed({ () throws(ExecutionError) in try execution.next() }) {
        try stored { () throws(StorageError) in try transaction.insert(table.id, batch) }
        count += batch.rowCount
      }
      return "SELECT \(count)"
    }
  }
}

/// What a modification did.
struct ModificationOutcome {
  var tag: String
  var rowCount: Int
  var columns: [OutputColumn]?
  var returned: [Batch] = []
}

/// Writes the rows of one INSERT, UPDATE or DELETE into a transaction.
final class RowWriter {
  let session: Session
  let table: TableDefinition
  let transaction: Transaction
  let request: StatementRequest
  let context: EvaluationContext
  private let returning: Projection?
  private var returningEvaluators: [Evaluator] = []
  private var returned: [Batch] = []
  /// Positions of the key among the table's columns.
  let keyColumns: [Int]

  init(
    _ session: Session,
    _ table: TableDefinition,
    _ transaction: Transaction,
    _ returning: Projection?,
    _ request: StatementRequest
  ) throws(EngineError) {
    self.session = session
    self.table = table
    self.transaction = transaction
    self.request = request
    self.returning = returning
    context = session.evaluationContext(request)
    try transaction.refuseReplicated(table.id)
    keyColumns = table.primaryKey.compactMap { table.index(of: $0) }
    for expression in returning?.expressions ?? [] {
      returningEvaluators.append(try evaluator(expression))
    }
  }

  func evaluator(_ expression: BoundExpression) throws(EngineError) -> Evaluator {
    try executed { () throws(ExecutionError) in try Evaluator(expression, context: context) }
  }

  private func outcome(_ word: String, _ count: Int) -> ModificationOutcome {
    ModificationOutcome(
      tag: "\(word) \(count)",
      rowCount: count,
      columns: returning?.output,
      returned: returned
    )
  }

  /// Runs `plan` and hands each batch on.
  private func forEachBatch(
    of plan: Plan,
    _ tables: SessionTables,
    _ body: (Batch) throws(EngineError) -> Void
  ) throws(EngineError) {
    let execution = try session.makeExecution(plan, tables, request)
    while let batch = try executed({ () throws(ExecutionError) in try execution.next() }) {
      try body(batch)
    }
  }

  /// Evaluates RETURNING over rows and keeps the result.
  func keepReturning(_ rows: Batch) throws(EngineError) {
    guard returning != nil, rows.rowCount > 0 else { return }
    var columns: [Vector] = []
    for evaluator in returningEvaluators {
      columns.append(try executed { () throws(ExecutionError) in try evaluator.evaluate(rows) })
    }
    returned.append(Batch(columns: columns, rowCount: rows.rowCount).ownedCopy())
  }

  // MARK: INSERT

  func insert(
    _ plan: InsertPlan,
    _ tables: SessionTables
  ) throws(EngineError) -> ModificationOutcome {
    var count = 0
    let upsert = try Upsert(plan.conflict, self)
    try forEachBatch(of: plan.source, tables) { batch throws(EngineError) in
      if let upsert {
        count += try upsert.write(batch)
      } else {
        try insertNew(batch)
        try keepReturning(batch)
        count += batch.rowCount
      }
    }
    return outcome("INSERT 0", count)
  }

  /// Inserts rows whose keys must not exist.
  ///
  /// Inside a block the statement itself reports a duplicate; on its own the commit finds it.
  func insertNew(_ batch: Batch) throws(EngineError) {
    if session.block.open != nil { try refuseDuplicates(batch) }
    try stored { () throws(StorageError) in try transaction.insert(table.id, batch) }
  }

  private func refuseDuplicates(_ batch: Batch) throws(EngineError) {
    guard !keyColumns.isEmpty else { return }
    let keys = keys(of: batch)
    let found = try stored { () throws(StorageError) in try transaction.locate(table.id, keys: keys)
    }
    for row in 0..<batch.rowCount where found[row] != nil {
      throw EngineError(
        StorageError.uniqueViolation(
          table: table.name,
          columns: keyColumns.map { table.columns[$0].name },
          key: keys.columns.map { $0.datum(at: row) }
        )
      )
    }
  }

  func keys(of batch: Batch) -> Batch {
    Batch(columns: keyColumns.map { batch.columns[$0] }, rowCount: batch.rowCount)
  }

  // MARK: UPDATE and DELETE

  func update(
    _ plan: UpdatePlan,
    _ tables: SessionTables
  ) throws(EngineError) -> ModificationOutcome {
    var evaluators: [Evaluator] = []
    for value in plan.values { evaluators.append(try evaluator(value)) }
    let changesKey = keyColumns.contains { index in
      plan.values[index].node.columnIndex != index
    }
    var count = 0
    var waiting: [Batch] = []
    var seen: Set<UInt64> = []
    try forEachBatch(of: plan.source, tables) { batch throws(EngineError) in
      let rows = try firstOccurrences(of: batch, seen: &seen)
      let locators = Self.locators(of: rows)
      guard !locators.isEmpty else { return }
      var columns: [Vector] = []
      for evaluator in evaluators {
        columns.append(try executed { () throws(ExecutionError) in try evaluator.evaluate(rows) })
      }
      let new = Batch(columns: columns, rowCount: rows.rowCount)
      try stored { () throws(StorageError) in
        if changesKey {
          // Keys may move among the rows of the statement: all old rows go before any new one is checked.
          _ = try transaction.delete(table.id, locators: locators)
          waiting.append(new.ownedCopy())
        } else {
          try transaction.replace(table.id, locators: locators, by: new)
        }
      }
      count += rows.rowCount
      // RETURNING sees the new row in front of the other tables' columns.
      try keepReturning(
        Batch(
          columns: columns + rows.columns.dropFirst(columns.count),
          rowCount: rows.rowCount
        )
      )
    }
    for batch in waiting { try insertNew(batch) }
    return outcome("UPDATE", count)
  }

  func delete(
    _ plan: DeletePlan,
    _ tables: SessionTables
  ) throws(EngineError) -> ModificationOutcome {
    var count = 0
    var seen: Set<UInt64> = []
    try forEachBatch(of: plan.source, tables) { batch throws(EngineError) in
      let rows = try firstOccurrences(of: batch, seen: &seen)
      let locators = Self.locators(of: rows)
      guard !locators.isEmpty else { return }
      _ = try stored { () throws(StorageError) in
        try transaction.delete(table.id, locators: locators)
      }
      try keepReturning(rows)
      count += rows.rowCount
    }
    return outcome("DELETE", count)
  }

  /// A join may meet a target row several times; the first time counts, as in PostgreSQL.
  private func firstOccurrences(
    of batch: Batch,
    seen: inout Set<UInt64>
  ) throws(EngineError) -> Batch {
    let locators = Self.locators(of: batch)
    var kept: [UInt16] = []
    for (row, locator) in locators.enumerated() where seen.insert(locator).inserted {
      kept.append(UInt16(row))
    }
    return kept.count == batch.rowCount ? batch : batch.gathered(kept)
  }

  /// The locators in the last column.
  static func locators(of batch: Batch) -> [UInt64] {
    guard let last = batch.columns.last else { return [] }
    let lanes = last.int64
    return (0..<batch.rowCount).map { UInt64(bitPattern: lanes[$0]) }
  }
}

extension BoundNode {
  /// The position of a plain column reference.
  var columnIndex: Int? { if case .column(let index) = self { index } else { nil } }
}
