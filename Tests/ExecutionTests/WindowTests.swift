import Catalog
import Columnar
import Execution
import Planning
import Testing

@Suite struct WindowTests {
  @Test func `ranks and running sums follow ties and partitions`() throws {
    // partition, order, value; the second partition has a tie and a NULL value.
    let rows: [Row] = [
      [.int64(2), .int64(5), .int64(10)], [.int64(1), .int64(1), .int64(3)],
      [.int64(2), .int64(5), .null], [.int64(2), .int64(1), .int64(4)],
      [.int64(1), .int64(2), .int64(6)], [.int64(2), .int64(7), .int64(1)],
    ]
    let table = try TestTable(types: [.bigint, .bigint, .bigint], sources: [rows])
    let order = [SortKey(expression: table.column(1), isDescending: false, nullsFirst: false)]
    func call(
      _ function: WindowFunction,
      _ arguments: [BoundExpression],
      ordered: Bool = true
    ) -> BoundWindow {
      BoundWindow(
        function: function,
        arguments: arguments,
        partition: [table.column(0)],
        order: ordered ? order : [],
        type: .bigint
      )
    }
    let calls = [
      call(.rowNumber, []), call(.rank, []), call(.denseRank, []),
      call(.aggregate(.countRows), []),
      call(.aggregate(.maximum), [table.column(2)], ordered: false),
    ]
    let plan = Plan(
      .window(table.scan(), calls),
      output: table.scan().output + calls.map { _ in OutputColumn(name: "w", type: .bigint) }
    )
    var found = try run(plan, TestTables(table)).map(describe)
    // Rows that tie may have either row number.
    found = found.map {
      $0.replacing("2|5|∅|3|", with: "2|5|∅|n|").replacing("2|5|∅|2|", with: "2|5|∅|n|")
    }
    found = found.map {
      $0.replacing("2|5|10|3|", with: "2|5|10|n|").replacing("2|5|10|2|", with: "2|5|10|n|")
    }
    #expect(
      found.sorted() == [
        "1|1|3|1|1|1|1|6", "1|2|6|2|2|2|2|6", "2|1|4|1|1|1|1|10", "2|5|10|n|2|2|3|10",
        "2|5|∅|n|2|2|3|10", "2|7|1|4|4|3|4|10",
      ]
    )
  }

  @Test func `unnest gives the members of an array`() throws {
    let array = BoundExpression(
      .constant(.array([.int64(3), .null, .int64(1)])),
      .array(.bigint)
    )
    let plan = Plan(
      .tableFunction(.unnest, arguments: [array]),
      output: [OutputColumn(name: "u", type: .bigint)]
    )
    let tables = TestTables(try TestTable(types: [.bigint], sources: []))
    #expect(try run(plan, tables).map(describe) == ["3", "∅", "1"])
  }

  @Test func `percentile_cont of a numeric is in its units`() throws {
    let shape: LogicalType = .numeric(NumericShape(precision: 10, scale: 2))
    let rows = [100, 250, 400].map { [Datum.int64($0)] }
    let table = try TestTable(types: [shape], sources: [rows])
    let call = BoundAggregate(
      function: .percentileContinuous(0.5),
      arguments: [table.column(0)],
      type: .double
    )
    let plan = Plan(
      .aggregate(table.scan(), keys: [], aggregates: [call]),
      output: [OutputColumn(name: "p", type: .double)]
    )
    #expect(try run(plan, TestTables(table)).map(describe) == ["2.5"])
  }
}
