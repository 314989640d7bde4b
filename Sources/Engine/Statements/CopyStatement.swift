import Catalog
import Columnar
import Execution
import Planning
import ReportSyntax
import Storage

extension Session {
  func startCopy(_ copy: Copy, _ request: StatementRequest) throws(EngineError) -> StatementRun {
    let options = try CopyOptions(copy.options)
    switch copy.direction {
    case .to: return try startCopyOut(copy, options, request)
    case .from: return try startCopyIn(copy, options, request)
    }
  }

  private func startCopyOut(
    _ copy: Copy,
    _ options: CopyOptions,
    _ request: StatementRequest
  ) throws(EngineError) -> StatementRun {
    let tables = currentTables()
    let plan = try bindQuery(.query(try sourceQuery(of: copy, tables, request)), request, tables)
    let execution = try makeExecution(plan, tables, request)
    let body = CopyOut(
      execution,
      columns: plan.output,
      options: options,
      zone: timeZone,
      activity: request.activity
    )
    return StatementRun(
      .copyOut(format: options.format, columnCount: plan.output.count),
      body
    )
  }

  /// COPY t (a, b) TO is COPY (SELECT a, b FROM t) TO.
  private func sourceQuery(
    of copy: Copy,
    _ tables: SessionTables,
    _ request: StatementRequest
  ) throws(EngineError) -> Query {
    switch copy.source {
    case .query(let query): return query
    case .table(let name, let columns):
      _ = try existingTable(name, in: tables.catalog)
      let items =
        columns.isEmpty
        ? [SelectItem(value: Expression(.wildcard([]), range: name.range))]
        : columns.map { SelectItem(value: Expression(.column([$0]), range: $0.range)) }
      let from = FromItem(.table(name), alias: nil, range: name.range, height: 1)
      let select = Select(items: items, from: [from], range: name.range)
      return Query(body: .select(select), range: name.range, height: 3)
    }
  }
}
