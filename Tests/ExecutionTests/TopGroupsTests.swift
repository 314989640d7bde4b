import Catalog
import Columnar
import Execution
import Planning
import Testing

/// The first groups of a grouping by an order: the columns that are no keys of the order are made for few of them only.
@Suite struct TopGroupsTests {
  /// a every third integer, b integers far apart, c strings that are coded, d strings that all differ, e a number to add up.
  private static func table() throws -> TestTable {
    var random = SeededGenerator(seed: 7)
    let sources = (0..<3).map { _ in
      (0..<3000).map { place -> Row in
        let group = Int64(Int.random(in: 0..<2500, using: &random))
        return [
          .int64(group * 3), .int64(group * 1_000_000_007),
          place % 17 == 3 ? .null : .bytes(Array("string \(place / 12)".utf8)),
          .bytes(Array("text \(group * 77)".utf8)),
          .int64(Int64(Int.random(in: -100...100, using: &random))),
        ]
      }
    }
    return try TestTable(
      types: [.bigint, .bigint, .text, .text, .bigint],
      sources: sources,
      blockRowCount: 2048
    ) { _, row in row % 10 == 9 }
  }

  private static func groups(_ table: TestTable, by keys: [Int]) -> Plan {
    func call(_ function: AggregateFunction, _ column: Int, _ type: LogicalType) -> BoundAggregate {
      BoundAggregate(function: function, arguments: [table.column(column)], type: type)
    }
    let calls = [
      BoundAggregate(function: .countRows, arguments: [], type: .bigint),
      call(.minimum, 0, .bigint), call(.average, 4, .numeric(nil)), call(.maximum, 3, .text),
    ]
    let types = keys.map { table.definition.columns[$0].type } + calls.map(\.type)
    return Plan(
      .aggregate(table.scan(), keys: keys.map { table.column($0) }, aggregates: calls),
      output: types.map { OutputColumn(name: "", type: $0) }
    )
  }

  private static func integer(_ row: Row, _ column: Int) -> Int64 {
    if case .int64(let value) = row[column] { value } else { .min }
  }

  @Test(arguments: [[0], [1], [2], [3], [0, 1], [1, 2], [3, 2]], [0, 2])
  func `are the beginning of all groups in order, with all of their columns`(
    keys: [Int],
    threads: Int
  ) throws {
    let table = try Self.table()
    let tables = TestTables(table)
    let groups = Self.groups(table, by: keys)
    let all = try run(groups, tables, threads: threads)
    #expect(all.count > 200)
    // The count, falling; then the least of column a and as many texts as there are keys.
    let (count, least) = (keys.count, keys.count + 1)
    var order = [
      SortKey(expression: Self.column(groups, count), isDescending: true, nullsFirst: false),
      SortKey(expression: Self.column(groups, least), isDescending: false, nullsFirst: false),
    ]
    order += keys.indices.map {
      SortKey(expression: Self.column(groups, $0), isDescending: false, nullsFirst: false)
    }
    let sorted = all.sorted { left, right in
      let (a, b) = (Self.integer(left, count), Self.integer(right, count))
      if a != b { return a > b }
      let (c, d) = (Self.integer(left, least), Self.integer(right, least))
      return c != d ? c < d : Self.comesBefore(left, right, keys.count)
    }
    for limit in [1, 7, 200] {
      let plan = Plan(
        .limit(
          Plan(.sort(groups, order), output: groups.output),
          limit: constant(Int64(limit)),
          offset: nil
        ),
        output: groups.output
      )
      let first = try run(plan, tables, threads: threads)
      #expect(first.map(describe) == sorted.prefix(limit).map(describe), "limit \(limit)")
    }
  }

  private static func column(_ plan: Plan, _ place: Int) -> BoundExpression {
    BoundExpression(.column(place), plan.output[place].type)
  }

  /// The order of the keys, NULL last.
  private static func comesBefore(_ left: Row, _ right: Row, _ count: Int) -> Bool {
    for place in 0..<count {
      switch (left[place], right[place]) {
      case (.int64(let a), .int64(let b)) where a != b: return a < b
      case (.bytes(let a), .bytes(let b)) where a != b: return a.lexicographicallyPrecedes(b)
      case (.null, .bytes): return false
      case (.bytes, .null): return true
      default: continue
      }
    }
    return false
  }
}
