import Catalog
import Columnar
import Execution
import Planning
import Storage
import SystemIO

/// The queries of prototypes.md §A as whole plans over an encoded table in memory.
struct ExecutionBenchmark {
  let table: BenchmarkTable
  let pool: WorkerPool
  let clock = SystemClock()

  init(rowCount: Int) throws {
    let start = clock.monotonicNanoseconds
    table = try BenchmarkTable(rowCount: rowCount)
    pool = try WorkerPool(threads: 2)
    let seconds = Double(clock.monotonicNanoseconds - start) / 1e9
    print("\(table.snapshot.liveRowCount) rows, \(table.byteCount >> 20) MB, made in \(seconds) s")
  }

  func run(only names: [String]) throws {
    print("query                        1T ms     2T ms   rows")
    for (name, plan) in queries where names.isEmpty || names.contains(name) {
      var line = name + String(repeating: " ", count: max(1, 26 - name.count))
      var rows = 0
      for threads in 1...2 {
        var best = Double.infinity
        for _ in 0..<3 {
          let start = clock.monotonicNanoseconds
          rows = try execute(plan, threads: threads)
          best = min(best, Double(clock.monotonicNanoseconds - start) / 1e6)
        }
        let text = "\((best * 10).rounded() / 10)"
        line += String(repeating: " ", count: max(1, 10 - text.count)) + text
      }
      print(line + "   \(rows)")
    }
  }

  private func execute(_ plan: Plan, threads: Int) throws -> Int {
    let execution = try QueryExecution(
      plan: plan,
      tables: table,
      context: EvaluationContext(),
      options: ExecutionOptions(memoryBudgetBytes: 8 << 30, threads: threads),
      pool: pool
    )
    var rows = 0
    while let batch = try execution.next() { rows += batch.rowCount }
    return rows
  }

  // MARK: Plans

  /// A scan of named columns, and these columns as expressions.
  private func scan(
    _ names: [String],
    _ filters: ([BoundExpression]) -> [BoundExpression] = { _ in [] }
  ) -> (plan: Plan, columns: [BoundExpression]) {
    let places = names.compactMap { BenchmarkTable.names.firstIndex(of: $0) }
    let columns = places.enumerated().map {
      BoundExpression(.column($0.offset), BenchmarkTable.types[$0.element])
    }
    let scan = TableScan(
      table: table.definition,
      columns: places.map { ColumnID(UInt32($0)) },
      filters: filters(columns)
    )
    let output = places.map {
      OutputColumn(name: BenchmarkTable.names[$0], type: BenchmarkTable.types[$0])
    }
    return (Plan(.scan(scan), output: output), columns)
  }

  private func group(
    _ input: Plan,
    _ keys: [BoundExpression],
    _ calls: [BoundAggregate]
  ) -> Plan {
    let types = keys.map(\.type) + calls.map(\.type)
    return Plan(
      .aggregate(input, keys: keys, aggregates: calls),
      output: types.map { OutputColumn(name: "c", type: $0) }
    )
  }

  private func top(_ input: Plan, by column: Int, _ limit: Int64) -> Plan {
    let key = SortKey(
      expression: BoundExpression(.column(column), input.output[column].type),
      isDescending: true,
      nullsFirst: true
    )
    let sort = Plan(.sort(input, [key]), output: input.output)
    let count = BoundExpression(.constant(.int64(limit)), .bigint)
    return Plan(.limit(sort, limit: count, offset: nil), output: input.output)
  }

  private let rowsCall = BoundAggregate(function: .countRows, arguments: [], type: .bigint)

  private func call(
    _ function: AggregateFunction,
    _ argument: BoundExpression,
    _ type: LogicalType
  )
    -> BoundAggregate
  {
    BoundAggregate(function: function, arguments: [argument], type: type)
  }

  private func text(_ value: String) -> BoundExpression {
    BoundExpression(.constant(.bytes(Array(value.utf8))), .text)
  }

  private func truncate(_ unit: String, _ column: BoundExpression) -> BoundExpression {
    BoundExpression(.call(.dateTruncate, [text(unit), column]), .timestamp)
  }

  private func compare(
    _ column: BoundExpression,
    _ comparison: ComparisonOperator,
    _ lane: Int64
  ) -> BoundExpression {
    let value = BoundExpression(.constant(.int64(lane)), column.type)
    return BoundExpression(.call(.compare(comparison), [column, value]), .boolean)
  }

  private let wide: LogicalType = .numeric(NumericShape(precision: 38, scale: 2))

  private var queries: [(String, Plan)] {
    var all: [(String, Plan)] = []
    func distinct(_ column: BoundExpression) -> BoundAggregate {
      BoundAggregate(function: .count, arguments: [column], isDistinct: true, type: .bigint)
    }
    let customers = scan(["customer"])
    all.append(("distinct", group(customers.plan, [], [distinct(customers.columns[0])])))
    let sparse = scan(["sparse"])
    all.append(("distinct-sparse", group(sparse.plan, [], [distinct(sparse.columns[0])])))
    let byMonth = scan(["created_at", "customer"])
    all.append(
      (
        "distinct-by-month",
        group(
          byMonth.plan,
          [truncate("month", byMonth.columns[0])],
          [distinct(byMonth.columns[1])]
        )
      )
    )
    let months = scan(["created_at", "amount"])
    let monthKey = truncate("month", months.columns[0])
    all.append(
      (
        "months",
        group(months.plan, [monthKey], [rowsCall, call(.sum, months.columns[1], wide)])
      )
    )
    for (name, column) in [("top-customers", "customer"), ("top-customers-sparse", "sparse")] {
      let sums = scan([column, "amount"])
      let grouped = group(
        sums.plan,
        [sums.columns[0]],
        [rowsCall, call(.sum, sums.columns[1], wide)]
      )
      all.append((name, top(grouped, by: 2, 10)))
    }
    let medians = scan(["source", "amount"])
    all.append(
      (
        "median-p90",
        group(
          medians.plan,
          [medians.columns[0]],
          [
            call(.percentileDiscrete(0.5), medians.columns[1], medians.columns[1].type),
            call(.percentileDiscrete(0.9), medians.columns[1], medians.columns[1].type),
          ]
        )
      )
    )
    let titles = scan(["title"]) { columns in
      [
        BoundExpression(
          .call(.like(caseInsensitive: false), [columns[0], text("%777%")]),
          .boolean
        )
      ]
    }
    all.append(("like", group(titles.plan, [], [rowsCall])))
    let byTitle = scan(["title"])
    all.append(("by-title", top(group(byTitle.plan, [byTitle.columns[0]], [rowsCall]), by: 1, 10)))
    let three = scan(["tenant", "source", "stage", "amount"])
    all.append(
      (
        "three-keys",
        group(
          three.plan,
          Array(three.columns[0..<3]),
          [rowsCall, call(.sum, three.columns[3], wide)]
        )
      )
    )
    let days = scan(["created_at", "manager", "amount"])
    let daily = group(
      days.plan,
      [truncate("day", days.columns[0]), days.columns[1]],
      [rowsCall, call(.sum, days.columns[2], wide)]
    )
    all.append(("day-manager", top(daily, by: 3, 100)))
    let start = 8766 * BenchmarkTable.day + 360 * BenchmarkTable.day
    let won = scan(["closed_at", "stage", "amount"]) { columns in
      [
        BoundExpression(.call(.compare(.equal), [columns[1], text("won")]), .boolean),
        compare(columns[0], .greaterOrEqual, start),
        compare(columns[0], .less, start + 365 * BenchmarkTable.day),
      ]
    }
    all.append(
      (
        "won-by-month",
        group(
          won.plan,
          [truncate("month", won.columns[0])],
          [rowsCall, call(.sum, won.columns[2], wide)]
        )
      )
    )
    let hours = scan(["created_at", "amount"]) { [compare($0[1], .greater, 18_000_000)] }
    let hour = BoundExpression(
      .call(.extract, [text("hour"), hours.columns[0]]),
      .numeric(NumericShape(precision: 18, scale: 0))
    )
    all.append(("hours", group(hours.plan, [hour], [rowsCall])))
    let latest = scan(["created_at", "id", "amount"]) { _ in [] }
    all.append(("latest-50", top(latest.plan, by: 0, 50)))
    let one = scan(["id", "amount"]) { [compare($0[0], .equal, 12_345)] }
    all.append(("point", one.plan))
    let sums = scan(["amount"])
    all.append(("sum", group(sums.plan, [], [rowsCall, call(.sum, sums.columns[0], wide)])))
    return all
  }
}
