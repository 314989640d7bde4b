import Catalog
import ColumnEncoding
import Columnar
import Planning
import ReportSyntax
import Storage

extension Session {
  static let suggestionColumns = [
    OutputColumn(name: "statement", type: .text), OutputColumn(name: "queries", type: .bigint),
    OutputColumn(name: "milliseconds", type: .numeric(NumericShape(precision: 18, scale: 3))),
    OutputColumn(name: "estimated_groups", type: .bigint),
    OutputColumn(name: "table_rows", type: .bigint),
  ]

  /// What queries took that a rollup would serve.
  private struct Weight {
    var queries = 0
    var microseconds: Int64 = 0
  }

  /// SUGGEST ROLLUPS: definitions that would serve the queries run last, the most time first.
  ///
  /// A rollup must have at most a quarter of the groups that its table has rows.
  func startSuggestions(_ request: StatementRequest) throws(EngineError) -> StatementRun {
    let tables = currentTables()
    var weights: [RollupSuggestion: Weight] = [:]
    for statement in database.activity.history where statement.sqlState == nil {
      for suggestion in Set(suggestions(for: statement.text, tables)) {
        weights[suggestion, default: Weight()].queries += 1
        weights[suggestion, default: Weight()].microseconds += statement.durationMicroseconds
      }
    }
    var rows: [[Datum]] = []
    let ordered = weights.sorted {
      ($1.value.microseconds, $0.key.keys.joined()) < ($0.value.microseconds, $1.key.keys.joined())
    }
    for (suggestion, weight) in ordered {
      guard let snapshot = tables.table(suggestion.table) else { continue }
      let groups = Self.estimatedGroups(suggestion, snapshot)
      guard groups * 4 <= snapshot.liveRowCount else { continue }
      let table = snapshot.definition
      rows.append([
        .text(
          "CREATE ROLLUP \(Printer.quoted("\(table.name)_rollup_\(rows.count + 1)")) ON "
            + "\(Printer.quoted(table.schema)).\(Printer.quoted(table.name)) "
            + "KEY (\(suggestion.keys.joined(separator: ", "))) "
            + "STORE (\(suggestion.aggregates.joined(separator: ", ")))"
        ),
        .count(weight.queries), .int64(weight.microseconds), .count(groups),
        .count(snapshot.liveRowCount),
      ])
    }
    request.activity.end(rows: rows.count)
    return StatementRun(
      .rows(Self.suggestionColumns),
      CompletedStatement(
        tag: "SUGGEST ROLLUPS",
        batches: SystemTable.batches(of: rows, Self.suggestionColumns)
      )
    )
  }

  /// What would serve a recorded text; nothing where it cannot be bound any more.
  private func suggestions(for text: String, _ tables: SessionTables) -> [RollupSuggestion] {
    let source = Array(text.utf8)
    guard let parsed = try? Parser.parseStatements(source).first,
      case .query(let query) = parsed.statement
    else { return [] }
    let binder = Binder(
      context: bindingContext(catalog: tables.catalog),
      systemTables: SystemTables.catalog
    )
    return (try? RollupSuggestion.suggestions(for: query, in: binder)) ?? []
  }

  /// Combinations of the keys' values, no more than there are rows; columns of which nothing is known count as 1,000.
  private static func estimatedGroups(
    _ suggestion: RollupSuggestion,
    _ snapshot: TableSnapshot
  ) -> Int {
    var groups = 1.0
    for (id, text) in zip(suggestion.keyColumns, suggestion.keys) {
      groups *= max(1, values(of: id, isDays: text.hasPrefix("date_trunc("), snapshot))
    }
    return Int(min(groups, Double(snapshot.liveRowCount)))
  }

  private static func values(of id: ColumnID, isDays: Bool, _ snapshot: TableSnapshot) -> Double {
    if isDays {
      var low = Int64.max
      var high = Int64.min
      for source in snapshot.sources {
        guard let known = source.source.statistics(id, block: nil),
          case .int64(let from) = known.minimum, case .int64(let to) = known.maximum,
          from > .min, to < .max
        else { continue }
        low = min(low, from)
        high = max(high, to)
      }
      return low <= high ? Double(high - low) / Double(Civil.microsecondsPerDay) + 1 : 1_000
    }
    var sketch: DistinctSketch?
    for source in snapshot.sources {
      guard let own = (source.source as? SegmentFile)?.sketch(id) else { continue }
      if sketch == nil { sketch = own } else { sketch?.merge(own) }
    }
    return sketch?.estimate.rounded() ?? 1_000
  }
}
