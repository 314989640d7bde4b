import Catalog
import Columnar
import Execution
import Planning
import Testing

/// Groupings by stretches of time whose column the scan need not read where a block lies in one: they equal those of a projection, for
/// which it is read.
@Suite struct CoarseColumnTests {
  private static let types: [LogicalType] = [.timestamp, .integer]

  /// Moments that mostly rise, so that many blocks of 64 rows lie in one month; some are NULL or infinite.
  private static func table(_ random: inout SeededGenerator) throws -> TestTable {
    let step = Int64.random(in: 1...200, using: &random) * 3_600_000_000
    let nullShare: Double = [0, 0, 0.01, 0.2].randomElement(using: &random) ?? 0
    let isInfinite = Int.random(in: 0..<4, using: &random) == 0
    let sources = (0..<2).map { _ -> [Row] in
      var moment = Int64.random(in: -400...400, using: &random) * 86_400_000_000
      return (0..<500).map { row -> Row in
        moment += Int64.random(in: 0...step, using: &random) / 8
        var value = Datum.int64(moment)
        if Double.random(in: 0..<1, using: &random) < nullShare { value = .null }
        if isInfinite, row / 64 % 3 == 1 { value = .int64(row % 7 == 0 ? .max : moment) }
        return [value, .int64(Int64.random(in: 0..<5, using: &random))]
      }
    }
    return try TestTable(types: types, sources: sources) { _, row in row % 11 == 4 }
  }

  private static func truncated(_ unit: String, _ table: TestTable) -> BoundExpression {
    BoundExpression(.call(.dateTruncate, [constant(unit), table.column(0)]), .timestamp)
  }

  @Test(arguments: [0, 2]) func `groups are those of a projection`(threads: Int) throws {
    for seed in 0..<120 {
      var random = SeededGenerator(seed: UInt64(seed))
      let table = try Self.table(&random)
      let unit = ["day", "week", "month", "quarter", "year"].randomElement(using: &random) ?? "day"
      let key = Self.truncated(unit, table)
      let calls = [
        BoundAggregate(function: .countRows, arguments: [], type: .bigint),
        BoundAggregate(function: .count, arguments: [key], type: .bigint),
        BoundAggregate(function: .sum, arguments: [table.column(1)], type: .bigint),
        // The moment itself: it must be read then.
        BoundAggregate(function: .maximum, arguments: [table.column(0)], type: .timestamp),
        BoundAggregate(
          function: .minimum,
          arguments: [Self.truncated("week", table)],
          type: .timestamp
        ),
      ].prefix(seed % 3 == 0 ? 3 : 3 + seed % 3)
      let filters = seed % 2 == 0 ? [] : [compare(table.column(1), .less, constant(3, .integer))]
      let output =
        [OutputColumn(name: "k", type: key.type)]
        + calls.map { OutputColumn(name: "n", type: $0.type) }
      func grouped(_ input: Plan) -> Plan {
        Plan(.aggregate(input, keys: [key], aggregates: Array(calls)), output: output)
      }
      let scan = table.scan(filters)
      let read = Plan(.project(scan, [table.column(0), table.column(1)]), output: scan.output)
      let found = try run(grouped(scan), TestTables(table), threads: threads)
      let expected = try run(grouped(read), TestTables(table), threads: threads)
      #expect(bag(found) == bag(expected), "seed \(seed), \(unit)")
    }
  }

  @Test func `a month's blocks are not read for its name`() throws {
    let rows = (0..<640 as Range<Int64>).map { row -> Row in
      [.int64(row * 60_000_000), .int64(row % 7)]
    }
    let table = try TestTable(types: Self.types, sources: [rows]) { _, _ in false }
    let key = Self.truncated("month", table)
    let sum = BoundAggregate(function: .sum, arguments: [table.column(1)], type: .bigint)
    let plan = Plan(
      .aggregate(
        table.scan([compare(table.column(1), .greater, constant(2, .integer))]),
        keys: [key],
        aggregates: [sum]
      ),
      output: [OutputColumn(name: "k", type: .timestamp), OutputColumn(name: "n", type: .bigint)]
    )
    var blocksRead = -1
    let found = try run(
      plan,
      TestTables(table),
      inspect: { execution in
        blocksRead = execution.statistics.first { $0.name.hasPrefix("Scan") }?.blocksRead ?? -1
      }
    )
    let expected = (0..<640 as Range<Int64>).map { $0 % 7 }.filter { $0 > 2 }.reduce(0, +)
    #expect(found == [[.int64(0), .int64(expected)]])
    #expect(blocksRead == 10)
  }
}
