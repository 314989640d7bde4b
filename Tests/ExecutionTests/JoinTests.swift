import Catalog
import Columnar
import Execution
import Planning
import SystemIO
import Testing

@Suite struct JoinTests {
  static let types: [LogicalType] = [.integer, .text, .bigint, .numeric(nil)]

  /// Keys with NULLs and duplicates: small integers, strings, spread integers, numerics of several scales.
  static func rows(_ count: Int, spread: Int64, _ random: inout SeededGenerator) -> [Row] {
    (0..<count).map { _ in
      let small = Int64.random(in: 0..<max(1, spread), using: &random)
      return [
        Int.random(in: 0..<10, using: &random) == 0 ? .null : .int64(small),
        Int.random(in: 0..<10, using: &random) == 0
          ? .null : .bytes(Array("k\(Int64.random(in: 0..<max(1, spread), using: &random))".utf8)),
        .int64(Int64.random(in: 0..<max(1, spread), using: &random) &* 0x1234_5678_9ABC),
        .decimal(
          Decimal(
            coefficient: Int128(small) * (small % 2 == 0 ? 10 : 1),
            scale: small % 2 == 0 ? 1 : 0
          )
        ),
      ]
    }
  }

  /// Joins on the first column of both tables.
  static func joined(_ left: TestTable, _ right: TestTable, _ kind: JoinKind) -> Plan {
    Plan(
      .join(
        left.scan(),
        right.scan(),
        kind,
        keys: [(left: left.column(0), right: right.column(0))],
        residual: nil
      ),
      output: left.scan().output + right.scan().output
    )
  }

  /// A statement that makes tables by partition from `splitRows` rows of the build side on.
  static func execution(
    _ plan: Plan,
    _ left: TestTable,
    _ right: TestTable,
    splitRows: Int
  ) throws -> QueryExecution {
    var options = ExecutionOptions()
    options.joinSplitRows = splitRows
    options.spillDirectory = spillFolder
    options.fileSystem = PosixFileSystem()
    return try QueryExecution(
      plan: plan,
      tables: TestTables(left, right),
      context: EvaluationContext(),
      options: options,
      pool: nil
    )
  }

  static func matches(_ a: Row, _ b: Row, _ keys: [Int]) -> Bool {
    keys.allSatisfy { key in
      if a[key].isNull || b[key].isNull { return false }
      if case .decimal(let x) = a[key], case .decimal(let y) = b[key] { return x.compare(y) == 0 }
      return describe([a[key]]) == describe([b[key]])
    }
  }

  static func check(
    _ seed: UInt64,
    inspect: (QueryExecution) -> Void = { _ in },
    threads: Int,
    adjust: (inout ExecutionOptions) -> Void = { _ in }
  ) throws {
    var random = SeededGenerator(seed: seed)
    let spread = Int64([3, 40, 400][Int(seed % 3)])
    let sizes = [0, 1, 40, 130]
    let leftRows = rows(sizes[Int.random(in: 0..<4, using: &random)], spread: spread, &random)
    let rightRows = rows(sizes[Int.random(in: 0..<4, using: &random)], spread: spread, &random)
    let left = try TestTable(id: 1, types: types, sources: [leftRows])
    let right = try TestTable(id: 2, types: types, sources: [rightRows])
    let kinds: [JoinKind] = [.inner, .left, .right, .full, .semi, .anti, .cross]
    let kind = kinds[Int.random(in: 0..<7, using: &random)]
    let keys =
      kind == .cross
      ? [] : Array((0..<4).shuffled(using: &random).prefix(Int.random(in: 1...2, using: &random)))
    let hasResidual = Bool.random(using: &random) && kind != .cross
    // left.a < right.a + 2, over the columns of both.
    let residual = compare(
      BoundExpression(.column(0), .integer),
      .lessOrEqual,
      BoundExpression(.column(4), .integer)
    )
    func passes(_ a: Row, _ b: Row) -> Bool {
      guard matches(a, b, keys) else { return false }
      guard hasResidual else { return true }
      guard case .int64(let x) = a[0], case .int64(let y) = b[0] else { return false }
      return x <= y
    }
    let empty: Row = Array(repeating: .null, count: 4)
    var expected: [Row] = []
    for a in left.rows {
      let partners = right.rows.filter { passes(a, $0) }
      switch kind {
      case .semi: if !partners.isEmpty { expected.append(a) }
      case .anti: if partners.isEmpty { expected.append(a) }
      default:
        expected += partners.map { a + $0 }
        if partners.isEmpty, kind == .left || kind == .full { expected.append(a + empty) }
      }
    }
    if kind == .right || kind == .full {
      for b in right.rows where !left.rows.contains(where: { passes($0, b) }) {
        expected.append(empty + b)
      }
    }
    var output = left.scan().output
    if kind != .semi && kind != .anti { output += right.scan().output }
    let plan = Plan(
      .join(
        left.scan(),
        right.scan(),
        kind,
        keys: keys.map { (left: left.column($0), right: right.column($0)) },
        residual: hasResidual ? residual : nil
      ),
      output: output
    )
    let found = try run(
      plan,
      TestTables(left, right),
      threads: threads,
      inspect: inspect,
      adjust: adjust
    )
    #expect(
      bag(found) == bag(expected),
      "seed \(seed): \(kind) on \(keys), residual \(hasResidual), \(found.count) of \(expected.count)"
    )
  }

  @Test(arguments: [0, 2]) func `random joins equal nested loops`(threads: Int) throws {
    for seed in 1...140 as ClosedRange<UInt64> { try Self.check(seed, threads: threads) }
  }

  @Test(arguments: [0, 2]) func `joins through files equal nested loops`(threads: Int) throws {
    var spilling = 0
    let note = { (execution: QueryExecution) in spilling += spilledBytes(execution) > 0 ? 1 : 0 }
    for seed in 201...400 as ClosedRange<UInt64> {
      try Self.check(seed, inspect: note, threads: threads) { options in
        options.alwaysSpills = true
        options.spillDirectory = spillFolder
        options.fileSystem = PosixFileSystem()
      }
    }
    #expect(spilling > 50, "others have no keys, or no rows")
  }

  @Test(arguments: [0, 2]) func `joins of tables by partition equal nested loops`(
    threads: Int
  ) throws {
    for seed in 401...540 as ClosedRange<UInt64> {
      try Self.check(seed, inspect: { #expect(spilledBytes($0) == 0) }, threads: threads) {
        $0.joinSplitRows = 1
        $0.spillDirectory = spillFolder
        $0.fileSystem = PosixFileSystem()
      }
    }
  }

  /// The table of these keys takes more than the memory; the aggregate holds nothing of it.
  @Test func `an aggregate without keys does not pay for the join's table`() throws {
    let rows = (0..<30_000 as Range<Int64>).map { [Datum.int64($0 &* 7_919)] }
    let left = try TestTable(id: 1, types: [.bigint], sources: [rows])
    let right = try TestTable(id: 2, types: [.bigint], sources: [rows])
    let join = Self.joined(left, right, .inner)
    let count = BoundAggregate(function: .countRows, arguments: [], type: .bigint)
    let plan = Plan(
      .aggregate(join, keys: [], aggregates: [count]),
      output: [OutputColumn(name: "n", type: .bigint)]
    )
    let found = try run(
      plan,
      TestTables(left, right),
      memoryBudgetBytes: 2 << 20,
      inspect: { #expect($0.peakMemoryBytes > 2 << 20, "the table is not large") }
    ) {
      $0.spillDirectory = spillFolder
      $0.fileSystem = PosixFileSystem()
    }
    #expect(bag(found) == ["30000"])
  }

  @Test func `joins beyond the budget go through files, without files they are out of memory`()
    throws
  {
    let rows = (0..<100_000 as Range<Int64>).map { [Datum.int64($0 &* 7_919), .int64($0 % 3)] }
    let left = try TestTable(id: 1, types: [.bigint, .bigint], sources: [rows])
    let right = try TestTable(id: 2, types: [.bigint, .bigint], sources: [Array(rows.dropLast(9))])
    let plan = Self.joined(left, right, .full)
    func joined(_ files: (any FileSystem)?) throws(ExecutionError) -> [Row] {
      try run(plan, TestTables(left, right), threads: 2, memoryBudgetBytes: 2 << 20) { options in
        options.spillDirectory = spillFolder
        options.fileSystem = files
      }
    }
    let expected = rows.enumerated().map {
      $0.element + ($0.offset < 99_991 ? $0.element : [.null, .null])
    }
    #expect(bag(try joined(PosixFileSystem())) == bag(expected))
    let error = #expect(throws: ExecutionError.self) { try joined(nil) }
    #expect(error?.sqlState == "53200")
  }

  @Test(arguments: [1, 100]) func `the build side's range lets the probe scan skip blocks`(
    splitRows: Int
  ) throws {
    let left = try TestTable(id: 1, types: [.bigint], sources: [(0..<6400).map { [.int64($0)] }])
    let right = try TestTable(id: 2, types: [.bigint], sources: [[[.int64(70)], [.int64(75)]]])
    let plan = Self.joined(left, right, .inner)
    let execution = try Self.execution(plan, left, right, splitRows: splitRows)
    #expect(try collect(execution).count == 2)
    let scan = try #require(execution.statistics.first { $0.name == "Scan t1" })
    #expect(scan.blocksRead == 1)
    #expect(scan.blocksSkipped == 99)
  }

  /// Tables by partition need all of the probe side before the first row; a limit or a top-N wants little of it.
  @Test(arguments: [true, false]) func `a join below a limit does not read ahead`(
    isTop: Bool
  ) throws {
    let left = try TestTable(id: 1, types: [.bigint], sources: [(0..<6400).map { [.int64($0)] }])
    let right = try TestTable(id: 2, types: [.bigint], sources: [(0..<6400).map { [.int64($0)] }])
    let join = Self.joined(left, right, .inner)
    let key = SortKey(expression: left.column(0), isDescending: true, nullsFirst: false)
    let input = isTop ? Plan(.sort(join, [key]), output: join.output) : join
    let plan = Plan(.limit(input, limit: constant(3), offset: nil), output: join.output)
    let execution = try Self.execution(plan, left, right, splitRows: 1)
    let first: Int64 = isTop ? 6399 : 0
    let expected = (0..<3 as Range<Int64>).map { isTop ? first - $0 : $0 }
    #expect(
      try collect(execution).map { describe([$0[0]]) } == expected.map { describe([.int64($0)]) }
    )
    let scan = try #require(execution.statistics.first { $0.name == "Scan t1" })
    #expect(scan.blocksRead < 50)
  }

  @Test func `text of a small build side can be grouped by code`() throws {
    let facts = try TestTable(
      id: 1,
      types: [.bigint],
      sources: [(0..<5000).map { [.int64($0 % 50)] }]
    )
    let names = try TestTable(
      id: 2,
      types: [.bigint, .text],
      sources: [(0..<40).map { [.int64($0), .bytes(Array("team \($0 % 4)".utf8))] }]
    )
    let join = Self.joined(facts, names, .inner)
    let plan = Plan(
      .aggregate(
        join,
        keys: [BoundExpression(.column(2), .text)],
        aggregates: [BoundAggregate(function: .countRows, arguments: [], type: .bigint)]
      ),
      output: [OutputColumn(name: "team", type: .text), OutputColumn(name: "n", type: .bigint)]
    )
    let found = try run(plan, TestTables(facts, names))
    #expect(bag(found) == (0..<4).map { "'team \($0)'|1000" })
  }

  /// What right and full joins add at their end needs what all slots have found.
  @Test(arguments: [JoinKind.right, .full]) func `slots agree on the build rows without a partner`(
    _ kind: JoinKind
  ) throws {
    let leftRows = (0..<20_000 as Range<Int64>).map { [Datum.int64($0 * 3 % 40_000)] }
    let rightRows = (0..<30_000 as Range<Int64>).map { [Datum.int64($0)] }
    let left = try TestTable(id: 1, types: [.bigint], sources: [leftRows])
    let right = try TestTable(id: 2, types: [.bigint], sources: [rightRows])
    let plan = Self.joined(left, right, kind)
    var partners: [String: [Row]] = [:]
    for row in leftRows { partners[describe(row), default: []].append(row) }
    var expected = rightRows.flatMap { row in
      (partners.removeValue(forKey: describe(row)) ?? [[.null]]).map { $0 + row }
    }
    if kind == .full { expected += partners.values.flatMap { $0 }.map { $0 + [.null] } }
    let wanted = bag(expected)
    for _ in 0..<4 {
      #expect(bag(try run(plan, TestTables(left, right), threads: 2)) == wanted)
    }
  }

  /// Where another table has most of the memory, a few rows more are no reason to send the probe side through files.
  @Test func `a small build side beside a large one is not split`() throws {
    let many = (0..<50_000 as Range<Int64>).map { [Datum.int64($0), .int64($0)] }
    let probe = try TestTable(id: 1, types: [.bigint, .bigint], sources: [many])
    let large = try TestTable(id: 2, types: [.bigint, .bigint], sources: [many])
    let small = try TestTable(
      id: 3,
      types: [.bigint, .bigint],
      sources: [(0..<50).map { [.int64($0 * 100), .int64($0)] }]
    )
    func joined(_ left: Plan, _ right: TestTable) -> Plan {
      Plan(
        .join(
          left,
          right.scan(),
          .inner,
          keys: [(left: probe.column(0), right: right.column(0))],
          residual: nil
        ),
        output: left.output + right.scan().output
      )
    }
    var options = ExecutionOptions(memoryBudgetBytes: 8 << 20, threads: 2)
    options.morselRows = 128
    options.spillDirectory = spillFolder
    options.fileSystem = PosixFileSystem()
    let execution = try QueryExecution(
      plan: joined(joined(probe.scan(), small), large),
      tables: TestTables(probe, large, small),
      context: EvaluationContext(),
      options: options,
      pool: testPool
    )
    #expect(try collect(execution).count == 50)
    #expect(execution.peakMemoryBytes > 8 << 20 / 5 * 2, "the large table is not large")
    #expect(execution.statistics.map(\.bytesSpilled).reduce(0, +) == 0)
  }
}
