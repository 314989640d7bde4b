import Catalog
import Columnar
import Execution
import Planning
import SystemIO
import Testing

@Suite struct AggregateTests {
  /// a rising, b small with NULLs, c few strings with NULLs, d many strings, e quarters, f boolean, g large
  /// integers, h numeric(30,2), i interval, j numeric without a shape.
  static let types: [LogicalType] = [
    .bigint, .integer, .text, .text, .double, .boolean, .bigint,
    .numeric(NumericShape(precision: 30, scale: 2)), .interval, .numeric(nil),
  ]

  static func row(_ number: Int, _ random: inout SeededGenerator) -> Row {
    let small = Int.random(in: 0..<8, using: &random)
    let wide = Int128(Int64.random(in: -1 << 40...1 << 40, using: &random)) * 1_000_003
    return [
      .int64(Int64(number)),
      small == 0 ? .null : .int64(Int64.random(in: -5...5, using: &random)),
      Int.random(in: 0..<9, using: &random) == 0
        ? .null : .bytes(Array("s\(Int.random(in: 0..<5, using: &random))".utf8)),
      .bytes(Array("text \(Int.random(in: 0..<300, using: &random))".utf8)),
      small == 3 ? .null : .double(Double(Int.random(in: -9...9, using: &random)) / 4),
      .boolean(Bool.random(using: &random)),
      .int64(Int64.random(in: -1 << 62...1 << 62, using: &random)),
      .int128(wide),
      .interval(
        Interval(
          months: Int32.random(in: 0...2, using: &random),
          days: Int32.random(in: 0...2, using: &random) * 30
        )
      ),
      .decimal(
        Decimal(
          coefficient: Int128(Int.random(in: -50...50, using: &random)),
          scale: Int.random(in: 0...2, using: &random)
        )
      ),
    ]
  }

  static func table(
    _ random: inout SeededGenerator,
    rowCount: Int,
    deleted: Bool,
    clustered: Bool = false
  ) throws -> TestTable {
    var sources: [[Row]] = []
    var number = 0
    for _ in 0..<3 {
      sources.append((0..<rowCount / 3 + 1).map { Self.row(number + $0, &random) })
      number += sources[sources.count - 1].count
      guard clustered, var last = sources.popLast() else { continue }
      for row in last.indices.dropFirst() where Int.random(in: 0..<4, using: &random) > 0 {
        for column in [1, 6] { last[row][column] = last[row - 1][column] }
      }
      sources.append(last)
    }
    return try TestTable(types: types, sources: sources) { _, row in deleted && row % 7 == 3 }
  }

  /// A call and the model of its result over a group's rows.
  struct Call {
    var aggregate: BoundAggregate
    var model: ([Row]) -> Datum
  }

  static func calls(_ table: TestTable) -> [Call] {
    func values(_ rows: [Row], _ column: Int) -> [Datum] {
      rows.map { $0[column] }.filter { !$0.isNull }
    }
    func integers(_ rows: [Row], _ column: Int) -> [Int128] {
      values(rows, column).map { value in
        switch value {
        case .int64(let value): Int128(value)
        case .int128(let value): value
        default: 0
        }
      }
    }
    func doubles(_ rows: [Row]) -> [Double] {
      values(rows, 4).map { if case .double(let value) = $0 { value } else { 0 } }
    }
    func call(
      _ function: AggregateFunction,
      _ column: Int?,
      _ type: LogicalType,
      distinct: Bool = false,
      filter: BoundExpression? = nil,
      order: [SortKey] = []
    ) -> BoundAggregate {
      BoundAggregate(
        function: function,
        arguments: column.map { [table.column($0)] } ?? [],
        isDistinct: distinct,
        filter: filter,
        order: order,
        type: type
      )
    }
    let positive = compare(table.column(1), .greater, constant(0, .integer))
    func isPositive(_ row: Row) -> Bool {
      if case .int64(let value) = row[1] { value > 0 } else { false }
    }
    let wide: LogicalType = .numeric(NumericShape(precision: 38, scale: 0))
    let wide2: LogicalType = .numeric(NumericShape(precision: 38, scale: 2))
    func average(_ sum: Int128, _ scale: Int, _ count: Int) -> Datum {
      count == 0
        ? .null
        : .decimal(
          (try? Decimal(coefficient: sum, scale: scale).dividing(by: Decimal(Int64(count))))
            ?? Decimal(coefficient: -1, scale: 0)
        )
    }
    return [
      Call(aggregate: call(.countRows, nil, .bigint)) { .int64(Int64($0.count)) },
      Call(aggregate: call(.count, 1, .bigint)) { .int64(Int64(values($0, 1).count)) },
      Call(aggregate: call(.count, 2, .bigint, distinct: true)) {
        .int64(Int64(Set(values($0, 2).map { describe([$0]) }).count))
      },
      Call(aggregate: call(.count, 3, .bigint, distinct: true)) {
        .int64(Int64(Set(values($0, 3).map { describe([$0]) }).count))
      },
      Call(aggregate: call(.count, 1, .bigint, distinct: true)) {
        .int64(Int64(Set(integers($0, 1)).count))
      },
      Call(aggregate: call(.count, 6, .bigint, distinct: true)) {
        .int64(Int64(Set(integers($0, 6)).count))
      },
      Call(aggregate: call(.count, 4, .bigint, distinct: true)) {
        .int64(Int64(Set(doubles($0)).count))
      },
      Call(aggregate: call(.sum, 1, .bigint)) { rows in
        let all = integers(rows, 1)
        return all.isEmpty ? .null : .int64(Int64(all.reduce(0, +)))
      },
      Call(aggregate: call(.sum, 1, .bigint, distinct: true)) { rows in
        let all = Set(integers(rows, 1))
        return all.isEmpty ? .null : .int64(Int64(all.reduce(0, +)))
      },
      Call(aggregate: call(.sum, 1, .bigint, filter: positive)) { rows in
        let all = integers(rows.filter(isPositive), 1)
        return all.isEmpty ? .null : .int64(Int64(all.reduce(0, +)))
      },
      Call(aggregate: call(.countRows, nil, .bigint, filter: positive)) {
        .int64(Int64($0.filter(isPositive).count))
      },
      Call(aggregate: call(.sum, 6, wide)) { rows in
        rows.isEmpty ? .null : .int128(integers(rows, 6).reduce(0, +))
      },
      Call(aggregate: call(.sum, 7, wide2)) { rows in
        rows.isEmpty ? .null : .int128(integers(rows, 7).reduce(0, +))
      },
      Call(aggregate: call(.average, 1, .numeric(nil))) { rows in
        let all = integers(rows, 1)
        return average(all.reduce(0, +), 0, all.count)
      },
      Call(aggregate: call(.average, 7, .numeric(nil))) { rows in
        average(integers(rows, 7).reduce(0, +), 2, rows.count)
      },
      Call(aggregate: call(.sum, 4, .double)) { rows in
        let all = doubles(rows)
        return all.isEmpty ? .null : .double(all.reduce(0, +))
      },
      Call(aggregate: call(.minimum, 1, .integer)) { rows in
        integers(rows, 1).min().map { .int64(Int64($0)) } ?? .null
      },
      Call(aggregate: call(.maximum, 6, .bigint)) { rows in
        integers(rows, 6).max().map { .int64(Int64($0)) } ?? .null
      },
      Call(aggregate: call(.maximum, 7, wide2)) { rows in
        integers(rows, 7).max().map { .int128($0) } ?? .null
      },
      Call(aggregate: call(.minimum, 3, .text)) { rows in
        values(rows, 3).min { describe([$0]) < describe([$1]) } ?? .null
      },
      Call(aggregate: call(.maximum, 2, .text)) { rows in
        values(rows, 2).max { describe([$0]) < describe([$1]) } ?? .null
      },
      Call(aggregate: call(.maximum, 4, .double)) { rows in
        doubles(rows).max().map { .double($0) } ?? .null
      },
      Call(aggregate: call(.boolAnd, 5, .boolean)) { rows in
        rows.isEmpty ? .null : .boolean(rows.allSatisfy { describe([$0[5]]) == "true" })
      },
      Call(aggregate: call(.boolOr, 5, .boolean)) { rows in
        rows.isEmpty ? .null : .boolean(rows.contains { describe([$0[5]]) == "true" })
      },
      Call(aggregate: call(.percentileDiscrete(0.3), 1, .integer)) { rows in
        let all = integers(rows, 1).sorted()
        if all.isEmpty { return .null }
        return .int64(Int64(all[max(1, Int((0.3 * Double(all.count)).rounded(.up))) - 1]))
      },
      Call(aggregate: call(.percentileContinuous(0.5), 4, .double)) { rows in
        let all = doubles(rows).sorted()
        if all.isEmpty { return .null }
        let place = 0.5 * Double(all.count - 1)
        let (low, high) = (all[Int(place.rounded(.down))], all[Int(place.rounded(.up))])
        return .double(low == high ? low : low + (high - low) * (place - place.rounded(.down)))
      },
      Call(aggregate: call(.mode, 2, .text)) { rows in
        let counted = Dictionary(grouping: values(rows, 2).map { describe([$0]) }, by: { $0 })
        let best = counted.min { a, b in
          a.value.count != b.value.count ? a.value.count > b.value.count : a.key < b.key
        }
        return best.map { .bytes(Array($0.key.dropFirst().dropLast().utf8)) } ?? .null
      },
      Call(aggregate: call(.mode, 1, .integer)) { rows in
        let counted = Dictionary(grouping: integers(rows, 1), by: { $0 })
        let best = counted.min { a, b in
          a.value.count != b.value.count ? a.value.count > b.value.count : a.key < b.key
        }
        return best.map { .int64(Int64($0.key)) } ?? .null
      },
      Call(
        aggregate: BoundAggregate(
          function: .stringAggregate,
          arguments: [table.column(3), constant(",")],
          order: [SortKey(expression: table.column(0), isDescending: true, nullsFirst: false)],
          type: .text
        )
      ) { rows in
        if rows.isEmpty { return .null }
        let sorted = rows.sorted { integers([$0], 0)[0] > integers([$1], 0)[0] }
        let texts = sorted.map { String(describe([$0[3]]).dropFirst().dropLast()) }
        return .bytes(Array(texts.joined(separator: ",").utf8))
      },
    ]
  }

  static func check(
    _ seed: UInt64,
    inspect: (QueryExecution) -> Void = { _ in },
    threads: Int,
    clustered: Bool = false,
    adjust: (inout ExecutionOptions) -> Void = { _ in }
  ) throws {
    var random = SeededGenerator(seed: seed)
    let sizes = [0, 5, 700, 4000]
    let table = try Self.table(
      &random,
      rowCount: sizes[Int(seed % 4)],
      deleted: seed % 3 == 0,
      clustered: clustered
    )
    let all = calls(table)
    let chosen = (0..<Int.random(in: 1...5, using: &random)).map { _ in
      all[Int.random(in: 0..<all.count, using: &random)]
    }
    let keys = (0..<Int.random(in: clustered ? 1...2 : 0...3, using: &random)).map { _ in
      clustered
        ? [1, 6][Int.random(in: 0..<2, using: &random)]
        : [0, 1, 1, 2, 2, 3, 4, 5, 6, 7, 8][Int.random(in: 0..<11, using: &random)]
    }
    let output =
      keys.map { OutputColumn(name: "k", type: types[$0]) }
      + chosen.map { OutputColumn(name: "a", type: $0.aggregate.type) }
    let plan = Plan(
      .aggregate(
        table.scan(),
        keys: keys.map { table.column($0) },
        aggregates: chosen.map(\.aggregate)
      ),
      output: output
    )
    var expected: [Row] = []
    let groups = Dictionary(grouping: table.rows) { row in groupKey(keys.map { row[$0] }) }
    for (_, rows) in groups {
      expected.append(keys.map { rows[0][$0] } + chosen.map { $0.model(rows) })
    }
    if keys.isEmpty && groups.isEmpty { expected = [chosen.map { $0.model([]) }] }
    let found = try run(
      plan,
      TestTables(table),
      threads: threads,
      inspect: inspect,
      adjust: adjust
    )
    let normal = { (rows: [Row]) in
      bag(rows.map { groupValues(Array($0.prefix(keys.count))) + $0.dropFirst(keys.count) })
    }
    #expect(
      normal(found) == normal(expected),
      "seed \(seed), keys \(keys), calls \(chosen.map(\.aggregate.function))"
    )
  }

  /// Intervals by their length: several forms are one group.
  static func groupValues(_ row: Row) -> Row {
    row.map { value in
      guard case .interval(let value) = value else { return value }
      return .int64(Int64(value.months) * 30 + Int64(value.days))
    }
  }

  static func groupKey(_ row: Row) -> String { describe(groupValues(row)) }

  @Test(arguments: [0, 2]) func `random groupings equal a row-wise model`(threads: Int) throws {
    for seed in 1...150 as ClosedRange<UInt64> { try Self.check(seed, threads: threads) }
  }

  @Test(arguments: [0, 2]) func `groupings by partition equal a row-wise model`(threads: Int) throws
  {
    for seed in 151...300 as ClosedRange<UInt64> {
      try Self.check(seed, threads: threads) { options in
        options.localGroupsMax = [2, 16, 300][Int(seed % 3)]
        // All slots, or every second one while the others keep their rows.
        if seed % 2 == 0 { options.partitionsKnownGroups = { seed % 4 == 0 || $0 % 2 == 0 } }
      }
    }
  }

  @Test(arguments: [0, 2]) func `groupings of runs of equal keys equal a row-wise model`(
    threads: Int
  ) throws {
    for seed in 401...600 as ClosedRange<UInt64> {
      try Self.check(seed, threads: threads, clustered: true) { options in
        options.localGroupsMax = [2, 16, 1 << 14][Int(seed % 3)]
        guard seed % 5 == 0 else { return }
        options.alwaysSpills = true
        options.spillDirectory = spillFolder
        options.fileSystem = PosixFileSystem()
      }
    }
  }

  @Test(arguments: [0, 2]) func `groupings through files equal a row-wise model`(
    threads: Int
  ) throws {
    var spilling = 0
    let note = { (execution: QueryExecution) in spilling += spilledBytes(execution) > 0 ? 1 : 0 }
    for seed in 301...400 as ClosedRange<UInt64> {
      try Self.check(seed, inspect: note, threads: threads) { options in
        options.alwaysSpills = true
        options.spillDirectory = spillFolder
        options.fileSystem = PosixFileSystem()
        options.localGroupsMax = [2, 300, 1 << 14][Int(seed % 3)]
        if seed % 2 == 0 { options.partitionsKnownGroups = { seed % 4 == 0 || $0 % 2 == 0 } }
      }
    }
    // Others have no rows, no keys, or states that cannot be written.
    #expect(spilling > 20)
  }

  @Test func `groups beyond the budget go through files, without files they are out of memory`()
    throws
  {
    let rows = (0..<200_000).map {
      [Datum.int64($0 &* 7_919 &* 1_000_003 % 99_991), .int64($0 % 3)]
    }
    let table = try TestTable(types: [.bigint, .bigint], sources: [rows], blockRowCount: 1024)
    let inner = Plan(
      .aggregate(
        table.scan(),
        keys: [table.column(0), table.column(1)],
        aggregates: [BoundAggregate(function: .countRows, arguments: [], type: .bigint)]
      ),
      output: ["a", "b", "n"].map { OutputColumn(name: $0, type: .bigint) }
    )
    func grouped(_ files: (any FileSystem)?) throws(ExecutionError) -> [Row] {
      try run(inner, TestTables(table), threads: 2, memoryBudgetBytes: 2 << 20) { options in
        options.localGroupsMax = 1 << 10
        options.spillDirectory = spillFolder
        options.fileSystem = files
      }
    }
    let expected = Dictionary(grouping: rows, by: describe).map {
      $0.value[0] + [.int64(Int64($0.value.count))]
    }
    #expect(bag(try grouped(PosixFileSystem())) == bag(expected))
    let error = #expect(throws: ExecutionError.self) { try grouped(nil) }
    #expect(error?.sqlState == "53200")
  }

  @Test func `one slot's table and another's partitions are one grouping`() throws {
    var random = SeededGenerator(seed: 7)
    let rows = (0..<60_000).map { _ -> Row in [.int64(Int64.random(in: 0..<9_000, using: &random))]
    }
    let table = try TestTable(types: [.bigint], sources: [rows], blockRowCount: 64)
    let count = BoundAggregate(function: .countRows, arguments: [], type: .bigint)
    let plan = Plan(
      .aggregate(table.scan(), keys: [table.column(0)], aggregates: [count]),
      output: [OutputColumn(name: "a", type: .bigint), OutputColumn(name: "n", type: .bigint)]
    )
    let expected = Dictionary(grouping: rows, by: describe).map {
      $0.value[0] + [.int64(Int64($0.value.count))]
    }
    for scattering in 0..<2 {
      let found = try run(plan, TestTables(table), threads: 2) { options in
        options.partitionsKnownGroups = { $0 % 2 == scattering }
      }
      #expect(bag(found) == bag(expected))
    }
  }

  @Test func `wide ranges and many groups leave the dense table`() throws {
    var random = SeededGenerator(seed: 99)
    let rows = (0..<30_000).map { _ -> Row in
      [
        .int64(Int64.random(in: -1 << 60...1 << 60, using: &random) / 3_000_000_000_000),
        .int64(Int64.random(in: 0..<100, using: &random)),
      ]
    }
    let table = try TestTable(types: [.bigint, .bigint], sources: [rows], blockRowCount: 1024)
    let plan = Plan(
      .aggregate(
        table.scan(),
        keys: [table.column(0), table.column(1)],
        aggregates: [BoundAggregate(function: .countRows, arguments: [], type: .bigint)]
      ),
      output: [
        OutputColumn(name: "a", type: .bigint), OutputColumn(name: "b", type: .bigint),
        OutputColumn(name: "n", type: .bigint),
      ]
    )
    let expected = Dictionary(grouping: rows, by: describe).map {
      $0.value[0] + [.int64(Int64($0.value.count))]
    }
    #expect(bag(try run(plan, TestTables(table))) == bag(expected))
  }

  @Test func `a sum beyond bigint is an error for bigint and a value for numeric`() throws {
    let rows: [Row] = [[.int64(.max)], [.int64(.max)]]
    let table = try TestTable(types: [.bigint], sources: [rows])
    func plan(_ type: LogicalType) -> Plan {
      let sum = BoundAggregate(function: .sum, arguments: [table.column(0)], type: type)
      return Plan(
        .aggregate(table.scan(), keys: [], aggregates: [sum]),
        output: [OutputColumn(name: "s", type: type)]
      )
    }
    let wide: LogicalType = .numeric(NumericShape(precision: 38, scale: 0))
    #expect(try run(plan(wide), TestTables(table)).map(describe) == ["18446744073709551614"])
    let error = #expect(throws: ExecutionError.self) { try run(plan(.bigint), TestTables(table)) }
    #expect(error?.sqlState == "22003")
  }

  /// Tables that cannot be written out are taken apart by several threads at a time, whatever scales their sums have.
  @Test func `partitions of spreads leave the tables that they are taken from alone`() throws {
    let call = { (table: TestTable) in
      BoundAggregate(
        function: .variance(isSample: false),
        arguments: [table.column(1)],
        type: .numeric(nil)
      )
    }
    // Of two numbers d apart the variance is d²/4: 0.25, as all scales say it.
    let rows = (0..<6_000).map { number -> Row in
      let scale = number % 17
      var one: Int128 = 1
      for _ in 0..<scale { one *= 10 }
      let value = Int128(number / 3_000) * one + 5 * one
      return [
        .int64(Int64(number % 3_000) &* 0x1234_5678_9ABC),
        .decimal(Decimal(coefficient: value, scale: scale)),
      ]
    }
    let table = try TestTable(types: [.bigint, .numeric(nil)], sources: [rows])
    let plan = Plan(
      .aggregate(table.scan(), keys: [table.column(0)], aggregates: [call(table)]),
      output: [
        OutputColumn(name: "a", type: .bigint), OutputColumn(name: "v", type: .numeric(nil)),
      ]
    )
    let quarter = Decimal(coefficient: 25, scale: 2)
    for _ in 0..<20 {
      let found = try run(plan, TestTables(table), threads: 2) { $0.localGroupsMax = 300 }
      #expect(found.count == 3_000)
      let wrong = found.filter { row in
        guard case .decimal(let value) = row[1] else { return true }
        return value.compare(quarter) != 0
      }
      #expect(wrong.isEmpty, "\(wrong.prefix(3).map(describe))")
    }
  }

  /// The groups of the second step may be too many for the memory, too.
  @Test func `distinct counts of many groups go through files in both steps`() throws {
    let rows = (0..<120_000 as Range<Int64>).map { number -> Row in
      [
        .int64(number % 40_000 &* 0x1234_5678_9ABC),
        .bytes(Array("value \(number / 40_000 % (1 + number % 3))".utf8)),
      ]
    }
    let table = try TestTable(types: [.bigint, .text], sources: [rows], blockRowCount: 1024)
    let calls = [
      BoundAggregate(
        function: .count,
        arguments: [table.column(1)],
        isDistinct: true,
        type: .bigint
      ), BoundAggregate(function: .countRows, arguments: [], type: .bigint),
    ]
    let plan = Plan(
      .aggregate(table.scan(), keys: [table.column(0)], aggregates: calls),
      output: ["a", "d", "n"].map { OutputColumn(name: $0, type: .bigint) }
    )
    let expected = Dictionary(grouping: rows) { describe([$0[0]]) }
      .map { _, group in
        [
          group[0][0], .int64(Int64(Set(group.map { describe([$0[1]]) }).count)),
          .int64(Int64(group.count)),
        ]
      }
    let wanted = bag(expected)
    func grouped(
      _ files: (any FileSystem)?,
      always: Bool = false
    ) throws(ExecutionError) -> [Row] {
      try run(
        plan,
        TestTables(table),
        threads: 2,
        memoryBudgetBytes: always ? 1 << 30 : 1 << 20
      ) { options in
        options.localGroupsMax = 1 << 10
        options.alwaysSpills = always
        options.spillDirectory = spillFolder
        options.fileSystem = files
      }
    }
    #expect(bag(try grouped(PosixFileSystem())) == wanted)
    #expect(bag(try grouped(PosixFileSystem(), always: true)) == wanted)
    let error = #expect(throws: ExecutionError.self) { try grouped(nil) }
    #expect(error?.sqlState == "53200")
  }
}
