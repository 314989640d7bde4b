import Catalog
import Columnar
import Execution
import Planning
import Testing

/// Groupings of blocks of which some rows are deleted: what statistics say of all rows, less the deleted ones.
@Suite struct LiveStatisticsTests {
  /// a: the same for some blocks; b: few integers with NULLs, so that deleted rows often are the extremes.
  private static let types: [LogicalType] = [.integer, .integer]

  private static func table(_ random: inout SeededGenerator) throws -> TestTable {
    let sources = (0..<2).map { source in
      (0..<700).map { row -> Row in
        let value = Int64.random(in: -4...4, using: &random)
        return [.int64(Int64(source * 2 + row / 300)), value == 0 ? .null : .int64(value)]
      }
    }
    // Of some blocks no row is deleted, of some a few, of others many or all.
    let shares = (0..<40).map { _ in [0, 0.02, 0.1, 0.3, 1][Int.random(in: 0..<5, using: &random)] }
    let gone = Set(
      (0..<2000).filter { Double.random(in: 0..<1, using: &random) < shares[$0 / 64 % 40] }
    )
    return try TestTable(types: types, sources: sources) { source, row in
      gone.contains(source * 1000 + row)
    }
  }

  private struct Call {
    var function: AggregateFunction
    var column: Int?
    var type: LogicalType
    var model: ([Int64], _ rowCount: Int) -> Datum

    func aggregate(_ table: TestTable) -> BoundAggregate {
      BoundAggregate(
        function: function,
        arguments: column.map { [table.column($0)] } ?? [],
        type: type
      )
    }
  }

  private static var calls: [Call] {
    [
      Call(function: .countRows, type: .bigint) { .int64(Int64($1)) },
      Call(function: .count, column: 1, type: .bigint) { values, _ in .int64(Int64(values.count)) },
      Call(function: .sum, column: 1, type: .bigint) { values, _ in
        values.isEmpty ? .null : .int64(values.reduce(0, +))
      },
      Call(function: .minimum, column: 1, type: .integer) { values, _ in
        values.min().map { .int64($0) } ?? .null
      },
      Call(function: .maximum, column: 1, type: .integer) { values, _ in
        values.max().map { .int64($0) } ?? .null
      },
    ]
  }

  private func plan(
    _ table: TestTable,
    _ calls: [Call],
    isGrouped: Bool,
    isFiltered: Bool
  ) -> Plan {
    let filters = isFiltered ? [compare(table.column(0), .greater, constant(0, .integer))] : []
    return Plan(
      .aggregate(
        table.scan(filters),
        keys: isGrouped ? [table.column(0)] : [],
        aggregates: calls.map { $0.aggregate(table) }
      ),
      output: (isGrouped ? [OutputColumn(name: "a", type: .integer)] : [])
        + calls.map { OutputColumn(name: "n", type: $0.type) }
    )
  }

  private func model(_ rows: [Row], _ calls: [Call]) -> Row {
    let values = rows.compactMap { if case .int64(let value) = $0[1] { value } else { nil } }
    return calls.map { $0.model(values, rows.count) }
  }

  @Test(arguments: [0, 2]) func `groupings equal a row-wise model`(threads: Int) throws {
    for seed in 0..<80 {
      var random = SeededGenerator(seed: UInt64(seed))
      let table = try Self.table(&random)
      let calls = Self.calls.filter { _ in Bool.random(using: &random) }
      if calls.isEmpty { continue }
      let (isGrouped, isFiltered) = (seed % 2 == 0, seed % 3 == 0)
      let rows = table.rows.filter { row in
        if case .int64(let value) = row[0] { !isFiltered || value > 0 } else { false }
      }
      var expected = [model(rows, calls)]
      if isGrouped {
        expected = Dictionary(grouping: rows) { $0[0] }.map { [$0] + model($1, calls) }
      }
      let plan = plan(table, calls, isGrouped: isGrouped, isFiltered: isFiltered)
      // Again: what was found out of deleted rows is known then.
      for time in 0..<2 {
        let found = try run(plan, TestTables(table), threads: threads)
        #expect(bag(found) == bag(expected), "seed \(seed).\(time), \(calls.map(\.function))")
      }
    }
  }

  @Test func `of blocks that have lost few rows only these are read`() throws {
    let rows = (0..<640).map { row -> Row in [.int64(7), .int64(Int64(row % 9))] }
    let table = try TestTable(types: Self.types, sources: [rows]) { _, row in row % 64 == 20 }
    // Of the summed column; the key's are not. What was found out of deleted rows is kept.
    for blocksRead in [10, 0] {
      let execution = try QueryExecution(
        plan: plan(table, [Self.calls[0], Self.calls[2]], isGrouped: true, isFiltered: false),
        tables: TestTables(table),
        context: EvaluationContext(),
        options: ExecutionOptions(),
        pool: nil
      )
      let found = try collect(execution)
      #expect(found == [[.int64(7)] + model(table.rows, [Self.calls[0], Self.calls[2]])])
      let scan = try #require(execution.statistics.first { $0.name.hasPrefix("Scan") })
      #expect(scan.blocksRead == blocksRead)
      #expect(scan.blocksSkipped == 20 - blocksRead)
    }
  }
}
