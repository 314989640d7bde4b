import Catalog
import Columnar
import Execution
import Planning
import SystemIO
import Testing

@Suite struct SortTests {
  /// Whether row `a` must not come behind row `b`.
  static func isInOrder(
    _ a: Row,
    _ b: Row,
    _ keys: [(column: Int, descending: Bool, nullsFirst: Bool)]
  )
    -> Bool
  {
    for key in keys {
      let (x, y) = (a[key.column], b[key.column])
      if x.isNull && y.isNull { continue }
      if x.isNull || y.isNull { return x.isNull == key.nullsFirst }
      let order = compareData(x, y)
      if order != 0 { return key.descending ? order > 0 : order < 0 }
    }
    return true
  }

  /// Equal numerics of several scales as one.
  static func normal(_ value: Datum) -> Datum {
    guard case .decimal(let value) = value else { return value }
    return .double(Double(value.coefficient) / [1, 10, 100][Int(value.scale)])
  }

  static func compareData(_ x: Datum, _ y: Datum) -> Int {
    switch (x, y) {
    case (.int64(let a), .int64(let b)): a < b ? -1 : a == b ? 0 : 1
    case (.int128(let a), .int128(let b)): a < b ? -1 : a == b ? 0 : 1
    case (.double(let a), .double(let b)): a < b ? -1 : a == b ? 0 : 1
    case (.bytes(let a), .bytes(let b)): a.lexicographicallyPrecedes(b) ? -1 : a == b ? 0 : 1
    case (.boolean(let a), .boolean(let b)): a == b ? 0 : b ? -1 : 1
    case (.decimal(let a), .decimal(let b)): a.compare(b)
    case (.interval(let a), .interval(let b)): a.compare(b)
    default: 0
    }
  }

  static func check(_ seed: UInt64, threads: Int, budget: Int, limited: Bool) throws {
    var random = SeededGenerator(seed: seed)
    let sizes = [0, 1, 500, 5000]
    let table = try AggregateTests.table(
      &random,
      rowCount: sizes[Int(seed % 4)],
      deleted: seed % 3 == 0
    )
    let keys = (0..<Int.random(in: 1...3, using: &random)).map { _ in
      (
        column: Int.random(in: 0..<10, using: &random),
        descending: Bool.random(using: &random),
        nullsFirst: Bool.random(using: &random)
      )
    }
    let input = table.scan()
    let sort = Plan(
      .sort(
        input,
        keys.map {
          SortKey(
            expression: table.column($0.column),
            isDescending: $0.descending,
            nullsFirst: $0.nullsFirst
          )
        }
      ),
      output: input.output
    )
    let offset = Int.random(in: 0...3, using: &random)
    let limit = Int.random(in: 0...40, using: &random)
    let plan =
      limited
      ? Plan(
        .limit(sort, limit: constant(Int64(limit)), offset: constant(Int64(offset))),
        output: sort.output
      ) : sort
    let found = try run(plan, TestTables(table), threads: threads, memoryBudgetBytes: budget) {
      $0.spillDirectory = spillFolder
      $0.fileSystem = PosixFileSystem()
    }
    for (a, b) in zip(found, found.dropFirst()) {
      #expect(Self.isInOrder(a, b, keys), "seed \(seed): \(describe(a)) before \(describe(b))")
    }
    if !limited {
      #expect(bag(found) == bag(table.rows), "seed \(seed)")
      return
    }
    let sorted = table.rows.sorted { Self.isInOrder($0, $1, keys) && !Self.isInOrder($1, $0, keys) }
    let expected = sorted.dropFirst(offset).prefix(limit)
    // Rows that tie in the keys may differ; the keys may not.
    let keysOf = { (rows: [Row]) in
      rows.map { row in
        describe(AggregateTests.groupValues(keys.map { normal(row[$0.column]) }))
      }
    }
    #expect(keysOf(found) == keysOf(Array(expected)), "seed \(seed): \(keys) \(offset) \(limit)")
  }

  @Test(arguments: [0, 2]) func `random sorts are in order and complete`(threads: Int) throws {
    for seed in 1...40 as ClosedRange<UInt64> {
      try Self.check(seed, threads: threads, budget: 1 << 30, limited: false)
    }
  }

  @Test(arguments: [0, 2]) func `sorts beyond the budget go through files`(threads: Int) throws {
    for seed in 1...40 as ClosedRange<UInt64> {
      try Self.check(seed, threads: threads, budget: 200_000, limited: false)
    }
  }

  @Test(arguments: [0, 2]) func `the first rows of a sort are those of the whole sort`(
    threads: Int
  ) throws {
    for seed in 1...60 as ClosedRange<UInt64> {
      try Self.check(seed, threads: threads, budget: 1 << 30, limited: true)
    }
  }

  @Test func `a sort beyond the budget without files is out of memory`() throws {
    var random = SeededGenerator(seed: 1)
    let table = try AggregateTests.table(&random, rowCount: 5000, deleted: false)
    let input = table.scan()
    let key = SortKey(expression: table.column(0), isDescending: false, nullsFirst: false)
    let error = #expect(throws: ExecutionError.self) {
      try run(
        Plan(.sort(input, [key]), output: input.output),
        TestTables(table),
        memoryBudgetBytes: 100_000
      )
    }
    #expect(error?.sqlState == "53200")
  }

  @Test func `a top-N over a rising column skips blocks`() throws {
    let rows = (0..<64_000).map { [Datum.int64($0), .int64($0 % 7)] }
    let table = try TestTable(types: [.bigint, .bigint], sources: [rows])
    let input = table.scan()
    let key = SortKey(expression: table.column(0), isDescending: true, nullsFirst: true)
    let plan = Plan(
      .limit(Plan(.sort(input, [key]), output: input.output), limit: constant(5), offset: nil),
      output: input.output
    )
    let execution = try QueryExecution(
      plan: plan,
      tables: TestTables(table),
      context: EvaluationContext(),
      options: {
        var options = ExecutionOptions()
        options.morselRows = 1024
        return options
      }(),
      pool: nil
    )
    #expect(try collect(execution).map { describe([$0[0]]) } == (1...5).map { "\(64_000 - $0)" })
    let scan = try #require(execution.statistics.first { $0.name == "Scan t1" })
    #expect(scan.blocksRead < 200)
  }

  @Test func `distinct on keeps the first row of each key`() throws {
    var random = SeededGenerator(seed: 4)
    let table = try AggregateTests.table(&random, rowCount: 900, deleted: true)
    let input = table.scan()
    let plan = Plan(
      .distinctOn(input, [table.column(1), table.column(2)]),
      output: input.output
    )
    var seen: Set<String> = []
    let expected = table.rows.filter { seen.insert(describe([$0[1], $0[2]])).inserted }
    #expect(try run(plan, TestTables(table)).map(describe) == expected.map(describe))
  }

  @Test(arguments: [
    (SetOperation.union, true), (.union, false), (.intersect, true), (.intersect, false),
    (.except, true), (.except, false),
  ]) func `set operations count rows`(operation: SetOperation, isAll: Bool) throws {
    let left = try TestTable(
      id: 1,
      types: [.bigint],
      sources: [[1, 1, 1, 2, 3].map { [.int64($0)] }]
    )
    let right = try TestTable(
      id: 2,
      types: [.bigint],
      sources: [[1, 1, 3, 3, 4].map { [.int64($0)] }]
    )
    let plan = Plan(
      .setOperation(operation, left.scan(), right.scan(), isAll: isAll),
      output: left.scan().output
    )
    let found = try run(plan, TestTables(left, right)).map(describe).sorted()
    let expected: [String] =
      switch (operation, isAll) {
      case (.union, true): ["1", "1", "1", "1", "1", "2", "3", "3", "3", "4"]
      case (.union, false): ["1", "2", "3", "4"]
      case (.intersect, true): ["1", "1", "3"]
      case (.intersect, false): ["1", "3"]
      case (.except, true): ["1", "2"]
      case (.except, false): ["2"]
      }
    #expect(found == expected)
  }

  @Test func `series of integers and of months`() throws {
    func series(_ arguments: [Datum], _ type: LogicalType) throws -> [String] {
      let plan = Plan(
        .tableFunction(
          .generateSeries,
          arguments: arguments.map { BoundExpression(.constant($0), type) }
        ),
        output: [OutputColumn(name: "s", type: type)]
      )
      let tables = TestTables(try TestTable(types: [.bigint], sources: []))
      return try run(plan, tables).map(describe)
    }
    #expect(try series([.int64(1), .int64(3)], .bigint) == ["1", "2", "3"])
    #expect(try series([.int64(5), .int64(1), .int64(-2)], .bigint) == ["5", "3", "1"])
    #expect(try series([.int64(1), .null], .bigint) == [])
    #expect(try series([.int64(1), .int64(5000)], .bigint).count == 5000)
    let day: Int64 = 86_400_000_000
    let months = try series(
      [.int64(30 * day), .int64(100 * day), .interval(Interval(months: 1))],
      .timestamp
    )
    #expect(months == ["\(30 * day)", "\(59 * day)", "\(88 * day)"])
    #expect(throws: ExecutionError.self) {
      try series([.int64(1), .int64(3), .int64(0)], .bigint)
    }
  }

  /// The runs of a slot are in one file, and of many some are merged before the others.
  @Test(arguments: [0, 2]) func `many runs need few files and little memory`(threads: Int) throws {
    var random = SeededGenerator(seed: 11)
    let filler = [UInt8](repeating: 120, count: 60)
    let rows = (0..<60_000 as Range<Int64>).map { number -> Row in
      [
        .int64(Int64.random(in: 0..<5_000, using: &random)), .int64(number),
        .bytes(Array("\(number % 10)".utf8) + filler),
      ]
    }
    let table = try TestTable(
      types: [.bigint, .bigint, .text],
      sources: [rows],
      blockRowCount: 1024
    )
    let keys = [0, 1].map {
      SortKey(expression: table.column($0), isDescending: $0 == 0, nullsFirst: false)
    }
    let files = CountingFileSystem()
    var peak = 0
    let found = try run(
      Plan(.sort(table.scan(), keys), output: table.scan().output),
      TestTables(table),
      threads: threads,
      memoryBudgetBytes: 1 << 20,
      inspect: { peak = $0.peakMemoryBytes }
    ) { options in
      options.spillDirectory = spillFolder
      options.fileSystem = files
    }
    let expected = rows.sorted { a, b in
      guard case .int64(let x) = a[0], case .int64(let y) = b[0] else { return false }
      return x > y
    }
    // Rows of a key are in the order of their numbers already, and sorting keeps it.
    #expect(found.map(describe) == expected.map(describe))
    #expect(files.made <= 4, "\(files.made) files")
    #expect(peak < 4 << 20, "\(peak) bytes")
  }
}

/// Counts the files that are made.
private final class CountingFileSystem: FileSystem {
  private let base = PosixFileSystem()
  private let count = Monitor(0)

  var made: Int { count.withLock { $0 } }

  func open(_ path: String, _ mode: OpenMode) throws(IOError) -> any File {
    count.withLock { $0 += 1 }
    return try base.open(path, mode)
  }
  func rename(_ source: String, to target: String) throws(IOError) {
    try base.rename(source, to: target)
  }
  func link(_ source: String, to target: String) throws(IOError) {
    try base.link(source, to: target)
  }
  func remove(_ path: String) throws(IOError) { try base.remove(path) }
  func makeDirectory(_ path: String) throws(IOError) { try base.makeDirectory(path) }
  func removeDirectory(_ path: String) throws(IOError) { try base.removeDirectory(path) }
  func list(_ directory: String) throws(IOError) -> [DirectoryEntry] { try base.list(directory) }
  func syncDirectory(_ directory: String) throws(IOError) { try base.syncDirectory(directory) }
  func information(_ path: String) throws(IOError) -> FileInformation? {
    try base.information(path)
  }
  func lock(_ path: String) throws(IOError) -> any FileLock { try base.lock(path) }
  func availableBytes(_ path: String) throws(IOError) -> Int64 { try base.availableBytes(path) }
}
