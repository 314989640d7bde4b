import Catalog
import Columnar
import Execution
import Planning
import SystemIO
import Testing

/// count(DISTINCT …) of integers that lie too far apart for bitmaps: in tables, and split by their hash where these are full.
@Suite struct DistinctCountTests {
  /// a: few, with NULLs; b: far apart, with NULLs and 0; c: far apart, few different ones; d: moments of some months.
  private static let types: [LogicalType] = [.integer, .bigint, .bigint, .timestamp]

  private static func table(_ random: inout SeededGenerator, rowCount: Int) throws -> TestTable {
    let different = [3, 40, 5_000].randomElement(using: &random) ?? 3
    func far(_ count: Int) -> Datum {
      let number = Int64.random(in: 0..<Int64(count), using: &random)
      return .int64(number &* 0x1234_5678_9ABC_DEF1)
    }
    let day: Int64 = 86_400_000_000
    let rows = (0..<rowCount).map { _ -> Row in
      [
        Int.random(in: 0..<6, using: &random) == 0
          ? .null : .int64(Int64.random(in: -3...3, using: &random)),
        Int.random(in: 0..<9, using: &random) == 0 ? .null : far(different),
        far(3),
        .int64(Int64.random(in: 0..<200, using: &random) * day + 1),
      ]
    }
    let cut = rowCount / 3
    return try TestTable(
      types: types,
      sources: [Array(rows[..<cut]), Array(rows[cut...])]
    ) { _, row in row % 5 == 1 }
  }

  private struct Call {
    var aggregate: BoundAggregate
    var model: ([Row]) -> Int
  }

  private static func calls(_ table: TestTable) -> [Call] {
    let isPositive = compare(table.column(0), .greater, constant(0, .integer))
    func count(_ column: Int, filter: BoundExpression? = nil) -> BoundAggregate {
      BoundAggregate(
        function: .count,
        arguments: [table.column(column)],
        isDistinct: true,
        filter: filter,
        type: .bigint
      )
    }
    func different(_ rows: [Row], _ column: Int) -> Int {
      Set(rows.map { $0[column] }.filter { !$0.isNull }.map { describe([$0]) }).count
    }
    return [
      Call(aggregate: count(1)) { different($0, 1) },
      Call(aggregate: count(2)) { different($0, 2) },
      Call(aggregate: count(1, filter: isPositive)) { rows in
        different(rows.filter { if case .int64(let a) = $0[0] { a > 0 } else { false } }, 1)
      },
      Call(aggregate: BoundAggregate(function: .countRows, arguments: [], type: .bigint)) {
        $0.count
      },
    ]
  }

  /// The month of d, and what a model says of it.
  private static func month(_ table: TestTable) -> BoundExpression {
    BoundExpression(
      .call(.dateTruncate, [constant("month"), table.column(3)]),
      .timestamp
    )
  }

  private static func month(_ row: Row) -> Int {
    guard case .int64(let moment) = row[3] else { return -1 }
    // 2000 was a leap year.
    let ends: [Int64] = [31, 60, 91, 121, 152, 182, 213, 244]
    return ends.firstIndex { moment / 86_400_000_000 < $0 } ?? -1
  }

  @Test(arguments: [0, 2]) func `counts equal a row-wise model`(threads: Int) throws {
    for seed in 0..<60 {
      var random = SeededGenerator(seed: UInt64(seed))
      let table = try Self.table(&random, rowCount: seed % 7 == 0 ? 20_000 : 900)
      var calls = Self.calls(table).shuffled(using: &random)
      calls = Array(calls.prefix(Int.random(in: 1...4, using: &random)))
      let form = seed % 3
      let keys = [[], [table.column(0)], [Self.month(table)]][form]
      let plan = Plan(
        .aggregate(table.scan(), keys: keys, aggregates: calls.map(\.aggregate)),
        output: keys.map { OutputColumn(name: "k", type: $0.type) }
          + calls.map { _ in OutputColumn(name: "n", type: .bigint) }
      )
      func counts(_ rows: [Row]) -> Row { calls.map { .int64(Int64($0.model(rows))) } }
      let expected =
        form == 0
        ? [counts(table.rows)]
        : Dictionary(grouping: table.rows) { form == 1 ? describe([$0[0]]) : "\(Self.month($0))" }
          .values.map { counts($0) }
      for (spills, tableMax) in [(false, 4), (false, 1 << 14), (true, 64)] {
        var written = 0
        let found = try run(
          plan,
          TestTables(table),
          threads: threads,
          inspect: { written = spilledBytes($0) }
        ) { options in
          options.localGroupsMax = tableMax
          options.alwaysSpills = spills
          options.spillDirectory = spillFolder
          options.fileSystem = PosixFileSystem()
        }
        let numbers = found.map { Array($0.dropFirst(keys.count)) }
        #expect(bag(numbers) == bag(expected), "seed \(seed), spills \(spills), \(tableMax)")
        if spills, form == 0, calls.contains(where: { $0.aggregate.isDistinct }) {
          #expect(written > 0, "seed \(seed)")
        }
      }
    }
  }

  /// Each slot's table has room, both together have not: only the merge fills it.
  @Test func `tables that are full when they are merged are counted`() throws {
    for seed in 0..<20 {
      var random = SeededGenerator(seed: UInt64(seed))
      let rows = (0..<900).map { number -> Row in
        let value = Int64.random(in: 0..<5_000, using: &random) &* 0x1234_5678_9ABC_DEF1
        return [.int64(Int64(number % 5)), .int64(value), .null, .null]
      }
      let table = try TestTable(types: Self.types, sources: [rows])
      let isGrouped = seed % 2 == 0
      let plan = Plan(
        .aggregate(
          table.scan(),
          keys: isGrouped ? [table.column(0)] : [],
          aggregates: [Self.calls(table)[0].aggregate]
        ),
        output: (isGrouped ? [OutputColumn(name: "k", type: .integer)] : [])
          + [OutputColumn(name: "n", type: .bigint)]
      )
      func count(_ rows: [Row]) -> Datum {
        .int64(Int64(Set(rows.map { describe([$0[1]]) }).count))
      }
      let expected =
        isGrouped
        ? (0..<5).map { key in
          [
            .int64(Int64(key)),
            count(rows.enumerated().filter { $0.offset % 5 == key }.map(\.element)),
          ]
        } : [[count(rows)]]
      for tableMax in stride(from: 200, to: 900, by: 50) {
        let found = try run(plan, TestTables(table), threads: 2) { options in
          options.localGroupsMax = tableMax
        }
        #expect(bag(found) == bag(expected), "seed \(seed), tables of \(tableMax)")
      }
    }
  }

  @Test func `many different values go to files where the memory is small`() throws {
    let rows = (0..<600_000 as Range<Int64>).map { number -> Row in
      let value = number % 300_000 &* 0x1234_5678_9ABC_DEF1
      return [.int64(1), .int64(value), .int64(number), .int64(number)]
    }
    let table = try TestTable(types: Self.types, sources: [rows], blockRowCount: 1024)
    let plan = Plan(
      .aggregate(table.scan(), keys: [], aggregates: [Self.calls(table)[0].aggregate]),
      output: [OutputColumn(name: "n", type: .bigint)]
    )
    func counted(_ files: (any FileSystem)?, inspect: (QueryExecution) -> Void) throws -> [Row] {
      try run(
        plan,
        TestTables(table),
        threads: 2,
        memoryBudgetBytes: 4 << 20,
        inspect: inspect
      ) { options in
        options.spillDirectory = spillFolder
        options.fileSystem = files
      }
    }
    var written = 0
    let found = try counted(PosixFileSystem()) { written = spilledBytes($0) }
    #expect(found == [[.int64(300_000)]])
    #expect(written > 1 << 20)
    let error = #expect(throws: ExecutionError.self) { try counted(nil) { _ in } }
    #expect(error?.sqlState == "53200")
  }
}
