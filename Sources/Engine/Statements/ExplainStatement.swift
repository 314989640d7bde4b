import Catalog
import Columnar
import Execution
import Planning
import ReportSyntax
import Storage

extension Session {
  static func explainColumns(_ format: Explain.Format) -> [OutputColumn] {
    [OutputColumn(name: "QUERY PLAN", type: .text)]
  }

  func startExplain(
    _ explain: Explain,
    _ request: StatementRequest
  ) throws(EngineError) -> StatementRun {
    guard explain.format == .text || explain.format == .json else {
      throw .unsupported("EXPLAIN (FORMAT \(explain.format.rawValue.uppercased()))")
    }
    let tables = currentTables()
    tables.isExplained = true
    let bound = try bindStatement(explain.statement, request, tables)
    var lines =
      explain.isAnalyze
      ? try analyze(bound, explain.statement, tables, request) : plain(bound.sourcePlan, tables)
    if case .query = bound { lines += tables.rollupChoice?.notes ?? [] }
    request.activity.end(rows: lines.count)
    let text = explain.format == .json ? [Self.json(lines)] : lines
    return StatementRun(
      .rows(Self.explainColumns(explain.format)),
      CompletedStatement(tag: "EXPLAIN", batches: [Batch(texts: text)])
    )
  }

  /// The plan without running it.
  ///
  /// The first line has PostgreSQL's form of costs, which BI tools look for; our cost is
  /// the rows that the scans hold.
  private func plain(_ plan: Plan, _ tables: SessionTables) -> [String] {
    var lines = PlanPrinter.lines(of: plan)
    let rows = plan.scannedTables.reduce(0) { $0 + (tables.table($1)?.liveRowCount ?? 0) }
    if let first = lines.first {
      lines[0] = "\(first)  (cost=0.00..\(rows).00 rows=\(rows) width=\(plan.output.count * 8))"
    }
    return lines
  }

  private func analyze(
    _ bound: BoundStatement,
    _ statement: Statement,
    _ tables: SessionTables,
    _ request: StatementRequest
  ) throws(EngineError) -> [String] {
    guard case .query(let plan) = bound else {
      // A change is carried out; its source's figures are not kept apart.
      var lines = plain(bound.sourcePlan, tables)
      let run = try startModification(statement, request)
      while try run.next() != nil {}
      lines.append("Result: \(try run.finish())")
      lines.append("Execution Time: \(Self.milliseconds(request.activity.elapsedNanoseconds))")
      return lines
    }
    let execution = try makeExecution(plan, tables, request, measures: true)
    let planned = request.activity.elapsedNanoseconds
    var rows = 0
    while let batch = try executed({ () throws(ExecutionError) in try execution.next() }) {
      rows += batch.rowCount
    }
    var lines = execution.statistics.enumerated().map { index, entry in
      Self.line(of: entry, isFirst: index == 0, width: plan.output.count * 8)
    }
    lines.append("Planning Time: \(Self.milliseconds(planned))")
    lines.append(
      "Execution Time: \(Self.milliseconds(request.activity.elapsedNanoseconds - planned))"
    )
    lines.append("Peak Memory: \(execution.peakMemoryBytes / 1024) kB")
    lines.append("Rows: \(rows)")
    return lines
  }

  private static func line(of entry: OperatorStatistics, isFirst: Bool, width: Int) -> String {
    let indent = entry.depth == 0 ? "" : String(repeating: "  ", count: entry.depth - 1) + "->  "
    var text = indent + entry.name
    if isFirst { text += "  (cost=0.00..\(entry.rows).00 rows=\(entry.rows) width=\(width))" }
    text += "  (actual rows=\(entry.rows) time=\(milliseconds(entry.nanoseconds)))"
    if entry.blocksRead + entry.blocksSkipped > 0 {
      text +=
        "  (blocks read=\(entry.blocksRead) skipped=\(entry.blocksSkipped) bytes=\(entry.bytesRead))"
    }
    if entry.bytesSpilled > 0 { text += "  (spilled bytes=\(entry.bytesSpilled))" }
    return text
  }

  static func milliseconds(_ nanoseconds: UInt64) -> String {
    let thousandths = (nanoseconds + 500) / 1_000
    let rest = String(thousandths % 1_000)
    return "\(thousandths / 1_000).\(String(repeating: "0", count: 3 - rest.count))\(rest) ms"
  }

  private static func json(_ lines: [String]) -> String {
    let quoted = lines.map { line in
      "\"" + line.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : String($0) }.joined() + "\""
    }
    return "[\n  {\n    \"Plan\": [\n      " + quoted.joined(separator: ",\n      ")
      + "\n    ]\n  }\n]"
  }
}

extension BoundStatement {
  /// What produces the rows.
  var sourcePlan: Plan {
    switch self {
    case .query(let plan): plan
    case .insert(let plan): plan.source
    case .update(let plan): plan.source
    case .delete(let plan): plan.source
    }
  }
}

extension Plan {
  /// The stored tables that the plan reads.
  var scannedTables: [TableID] {
    if case .scan(let scan) = node { return [scan.table.id] }
    return inputs.flatMap(\.scannedTables)
  }
}
