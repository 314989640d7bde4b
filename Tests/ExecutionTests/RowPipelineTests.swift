import Catalog
import Columnar
import Execution
import Planning
import Storage
import SystemIO
import Testing

/// What pipelines over few rows hand out is what an execution does.
@Suite struct RowPipelineTests {
  private static func table(
    _ id: UInt32,
    _ count: Int,
    _ random: inout SeededGenerator
  ) throws
    -> TestTable
  {
    let sources = (0..<2).map { _ in JoinTests.rows(count, spread: 40, &random) }
    var table = try TestTable(id: id, types: JoinTests.types, sources: sources) { _, row in
      row % 7 == 3
    }
    guard id == 2 else { return table }
    // Of the second table only some rows are wanted.
    for source in sources.indices {
      table.snapshot.partitions[0].sources[source].deletions = nil
      table.snapshot.partitions[0].sources[source].wantedRows = (0..<count).filter { $0 % 3 != 1 }
    }
    return table
  }

  /// Both sides' scans under a condition, joined by a and c, a condition above, expressions, and the same once more.
  private static func plan(_ left: TestTable, _ right: TestTable, _ kind: JoinKind) -> Plan {
    let few = compare(left.column(0), .less, BoundExpression(.constant(.int64(35)), .integer))
    let isThere = BoundExpression(.isNull(right.column(1), negated: true), .boolean)
    let pairs = [0, 2].map { (left: left.column($0), right: right.column($0)) }
    let (first, second) = (left.scan([few]), right.scan([isThere]))
    let both = Plan(
      .join(first, second, kind, keys: pairs, residual: nil),
      output: first.output + second.output
    )
    func column(_ place: Int) -> BoundExpression {
      BoundExpression(.column(place), both.output[place].type)
    }
    let isOwn = BoundExpression(.isNull(column(3), negated: true), .boolean)
    let kept = Plan(.filter(both, isOwn), output: both.output)
    let sum = BoundExpression(.call(.add, [column(0), column(4)]), .integer)
    let list = [column(1), sum, column(5), column(3), column(7)]
    let output = list.map { OutputColumn(name: "", type: $0.type) }
    let rows = Plan(.project(kept, list), output: output)
    return Plan(.setOperation(.union, rows, rows, isAll: true), output: output)
  }

  private static func rows(
    _ pipeline: RowPipeline,
    _ tables: TestTables,
    held: [TableID: HeldRows] = [:]
  ) throws(ExecutionError) -> [String] {
    var rows: [String] = []
    try pipeline.run(tables, held: held) { batch in
      for row in 0..<batch.rowCount { rows.append(describe(batch.columns.map { datum($0, row) })) }
    }
    return rows.sorted()
  }

  @Test(arguments: [JoinKind.inner, .left, .right])
  func `its rows are an execution's, each time that it runs`(kind: JoinKind) throws {
    var random = SeededGenerator(seed: 11)
    let pair = (try Self.table(1, 10, &random), try Self.table(2, 10, &random))
    let plan = Self.plan(pair.0, pair.1, kind)
    let pipeline = try #require(try RowPipeline(plan, context: EvaluationContext()))
    for count in [0, 1, 60, 700, 12] {
      let tables = TestTables(
        try Self.table(1, count, &random),
        try Self.table(2, count, &random)
      )
      let expected = try run(plan, tables).map(describe).sorted()
      #expect(try Self.rows(pipeline, tables) == expected)
      if count == 700 { #expect(expected.count > 100) }
    }
  }

  @Test func `rows that were read already are scanned as a table is`() throws {
    var random = SeededGenerator(seed: 13)
    let pair = (try Self.table(1, 300, &random), try Self.table(2, 300, &random))
    let plan = Self.plan(pair.0, pair.1, .left)
    let pipeline = try #require(try RowPipeline(plan, context: EvaluationContext()))
    let expected = try run(plan, TestTables(pair.0, pair.1)).map(describe).sorted()
    let second = pair.1.snapshot.definition
    let gather = try #require(RowGather(pair.1.snapshot.rowByRow))
    let batch = Batch(kinds: second.columns.map(\.type.laneKind), capacity: gather.rowCount)
    try gather.read(0..<gather.rowCount, columns: second.columns.map(\.id), into: batch.columns)
    batch.rowCount = gather.rowCount
    let rows = HeldRows(second.columns.map(\.id), batch)
    // The table itself is not there.
    let tables = TestTables(pair.0)
    #expect(try Self.rows(pipeline, tables, held: [second.id: rows]) == expected)
    #expect(expected.count > 100)
    // Those of the second source alone.
    var half = pair.1
    let count = Int32(half.snapshot.partitions[0].sources.removeFirst().wantedRows?.count ?? 0)
    let picked = rows.picking((0..<Int32(rows.rowCount)).filter { $0 >= count })
    let fewer = try run(plan, TestTables(pair.0, half)).map(describe).sorted()
    #expect(try Self.rows(pipeline, tables, held: [second.id: picked]) == fewer)
  }

  @Test func `more rows than a vector holds come in several batches`() throws {
    var random = SeededGenerator(seed: 12)
    let table = try Self.table(1, 9_000, &random)
    let plan = table.scan([compare(table.column(0), .less, table.column(2))])
    let pipeline = try #require(try RowPipeline(plan, context: EvaluationContext()))
    let expected = try run(plan, TestTables(table)).map(describe).sorted()
    #expect(try Self.rows(pipeline, TestTables(table)) == expected)
    #expect(expected.count > 4096)
  }

  @Test func `there is none for other operators, and for joins by other keys`() throws {
    var random = SeededGenerator(seed: 13)
    let (left, right) = (try Self.table(1, 3, &random), try Self.table(2, 3, &random))
    let scan = left.scan()
    let plans = [
      Plan(.distinct(scan), output: scan.output),
      Plan(
        .join(
          scan,
          right.scan(),
          .inner,
          keys: [(left: left.column(1), right: right.column(1))],
          residual: nil
        ),
        output: scan.output + right.scan().output
      ),
      left.scan(locator: true),
    ]
    for plan in plans { #expect(try RowPipeline(plan, context: EvaluationContext()) == nil) }
  }
}
