import Catalog
import Columnar
import Execution
import Planning
import Storage
import Testing

@Suite struct ScanTests {
  static let types: [LogicalType] = [.bigint, .integer, .text, .text, .double, .boolean]

  /// Rows with NULLs, a rising first column, few and many different strings.
  static func rows(_ count: Int, from first: Int, _ random: inout SeededGenerator) -> [Row] {
    (0..<count).map { row in
      [
        .int64(Int64(first + row)),
        Int.random(in: 0..<8, using: &random) == 0
          ? .null : .int64(Int64.random(in: -50...50, using: &random)),
        Int.random(in: 0..<9, using: &random) == 0
          ? .null : .bytes(Array("s\(Int.random(in: 0..<7, using: &random))".utf8)),
        .bytes(Array("text \(UInt32.random(in: 0..<1 << 30, using: &random))".utf8)),
        .double(Double(Int.random(in: -9...9, using: &random)) / 4),
        .boolean(Bool.random(using: &random)),
      ]
    }
  }

  static func table(
    _ random: inout SeededGenerator,
    deletedOneIn: Int? = nil,
    blockRowCount: Int = 64
  ) throws -> TestTable {
    var sources: [[Row]] = []
    var first = 0
    for _ in 0..<4 {
      let count = Int.random(in: 1...700, using: &random)
      sources.append(rows(count, from: first, &random))
      first += count
    }
    let seed = random.next()
    return try TestTable(types: types, sources: sources, blockRowCount: blockRowCount) {
      source,
      row in
      guard let deletedOneIn else { return false }
      return mix(seed &+ UInt64(source * 10_000 + row)) % UInt64(deletedOneIn) == 0
    }
  }

  private static func mix(_ value: UInt64) -> UInt64 {
    (value &* 0x9E37_79B9_7F4A_7C15) >> 33
  }

  @Test(arguments: [0, 1, 2]) func `a scan without a filter gives every row that is not deleted`(
    threads: Int
  ) throws {
    for seed in 1...10 as ClosedRange<UInt64> {
      var random = SeededGenerator(seed: seed)
      let table = try Self.table(&random, deletedOneIn: seed % 2 == 0 ? 3 : nil)
      let found = try run(table.scan(), TestTables(table), threads: threads)
      #expect(bag(found) == bag(table.rows), "seed \(seed)")
    }
  }

  @Test(arguments: [64, 1000, 8192]) func `filters keep the rows that a row-wise model keeps`(
    blockRowCount: Int
  ) throws {
    for seed in 1...60 as ClosedRange<UInt64> {
      var random = SeededGenerator(seed: seed)
      let table = try Self.table(
        &random,
        deletedOneIn: seed % 3 == 0 ? 5 : nil,
        blockRowCount: blockRowCount
      )
      let filters = (0..<Int.random(in: 1...3, using: &random)).map { _ in
        RandomFilter(table, &random)
      }
      let expected = table.rows.filter { row in filters.allSatisfy { $0.passes(row) } }
      let plan = table.scan(filters.map(\.expression))
      let found = try run(plan, TestTables(table))
      #expect(bag(found) == bag(expected), "seed \(seed): \(filters.map(\.name))")
    }
  }

  /// Of a group with few rows left strings of a large dictionary are asked one by one, until its entries are worth asking all.
  @Test(arguments: [64, 8192], [nil, 5])
  func `few rows of a group ask about a large dictionary`(
    blockRowCount: Int,
    nullEvery: Int?
  ) throws {
    let rows = (0..<20_000).map { row -> Row in
      let isNull = nullEvery.map { row % $0 == 0 } ?? false
      return [.int64(Int64(row)), isNull ? .null : .bytes(Array("word \(row * 7 % 301)".utf8))]
    }
    let table = try TestTable(
      types: [.bigint, .text],
      sources: [rows],
      blockRowCount: blockRowCount
    ) { $1 % 41 != 0 }
    for word in ["word 3", "word 82", "none"] {
      let literal = BoundExpression(.constant(.bytes(Array(word.utf8))), .text)
      for comparison in [ComparisonOperator.notEqual, .equal] {
        let filter = compare(table.column(1), comparison, literal)
        let expected = table.rows.filter { row in
          guard case .bytes(let text) = row[1] else { return false }
          return (text == Array(word.utf8)) == (comparison == .equal)
        }
        let found = try run(table.scan([filter]), TestTables(table))
        #expect(bag(found) == bag(expected), "\(word) \(comparison)")
      }
    }
  }

  /// Conditions on few rows look into blocks of codes and into blocks of one value.
  @Test func `few rows of coded and of constant blocks take turns`() throws {
    // One condition leaves a row of each coded block, another, which reads the strings, one of each constant block.
    let rows = (0..<100_000).map { row -> Row in
      let coded = row % 64 == 0 ? "x \(row % 7)" : "word \(row * 7 % 3001)"
      return [
        .int64(Int64(row % 64 * 10)), .bytes(Array((row / 64 % 2 == 0 ? coded : "x all").utf8)),
      ]
    }
    let table = try TestTable(types: [.bigint, .text], sources: [rows])
    func text(_ value: String) -> BoundExpression {
      BoundExpression(.constant(.bytes(Array(value.utf8))), .text)
    }
    let filters = [
      compare(table.column(1), .greaterOrEqual, text("x")),
      compare(call(.length, .bigint, table.column(1)), .greater, table.column(0)),
      compare(table.column(1), .notEqual, text("x 3")),
    ]
    let found = try run(table.scan(filters), TestTables(table))
    let expected = rows.enumerated().filter { $0.offset % 64 == 0 }.map(\.element)
      .filter { describe([$0[1]]) != describe([.bytes(Array("x 3".utf8))]) }
    #expect(bag(found) == bag(expected))
  }

  @Test func `a scan gives the locator of each row`() throws {
    var random = SeededGenerator(seed: 7)
    let table = try Self.table(&random, deletedOneIn: 4)
    let plan = table.scan(
      [compare(table.column(1), .greater, constant(0, .integer))],
      locator: true
    )
    let found = try run(plan, TestTables(table))
    var first: Int64 = 0
    var expected: [String] = []
    for (place, source) in table.snapshot.partitions[0].sources.enumerated() {
      for row in 0..<source.source.rowCount {
        expected.append("\(first + Int64(row)) \(Int64(place) << 32 + Int64(row))")
      }
      first += Int64(source.source.rowCount)
    }
    #expect(!found.isEmpty)
    for row in found {
      guard case .int64(let id) = row[0], case .int64(let locator) = row[6] else { continue }
      #expect(expected.contains("\(id) \(locator)"))
    }
  }

  @Test func `a range that no block can hold reads no block`() throws {
    var random = SeededGenerator(seed: 3)
    let table = try Self.table(&random)
    let plan = table.scan([compare(table.column(0), .less, constant(0))])
    let execution = try QueryExecution(
      plan: plan,
      tables: TestTables(table),
      context: EvaluationContext(),
      options: ExecutionOptions(),
      pool: nil
    )
    #expect(try collect(execution).isEmpty)
    let statistics = try #require(execution.statistics.first)
    #expect(statistics.blocksRead == 0)
    #expect(statistics.blocksSkipped > 0)
  }

  @Test func `a limit stops reading`() throws {
    var random = SeededGenerator(seed: 5)
    let table = try Self.table(&random)
    let plan = Plan(
      .limit(table.scan(), limit: constant(3), offset: constant(2)),
      output: table.scan().output
    )
    let found = try run(plan, TestTables(table))
    #expect(found.map(describe) == table.rows[2..<5].map(describe))
  }

  @Test func `two statements that are not read do not stop a third`() throws {
    var random = SeededGenerator(seed: 11)
    var rows: [Row] = []
    for _ in 0..<40 { rows += Self.rows(5000, from: rows.count, &random) }
    let table = try TestTable(types: Self.types, sources: [rows], blockRowCount: 8192)
    let pool = try #require(testPool)
    let idle = try (0..<2).map { _ in
      try QueryExecution(
        plan: table.scan(),
        tables: TestTables(table),
        context: EvaluationContext(),
        options: ExecutionOptions(),
        pool: pool
      )
    }
    for execution in idle { #expect(try execution.next() != nil) }
    #expect(try run(table.scan(), TestTables(table), threads: 2).count == rows.count)
    for execution in idle { #expect(try collect(execution).count > 0) }
  }

  @Test func `a canceled statement ends with 57014`() throws {
    var random = SeededGenerator(seed: 13)
    let table = try Self.table(&random)
    let execution = try QueryExecution(
      plan: table.scan(),
      tables: TestTables(table),
      context: EvaluationContext(),
      options: ExecutionOptions(),
      pool: nil
    )
    execution.cancel()
    let error = #expect(throws: ExecutionError.self) { try execution.next() }
    #expect(error?.sqlState == "57014")
  }
}

/// A condition and what it means.
struct RandomFilter {
  var name: String
  var expression: BoundExpression
  var passes: (Row) -> Bool

  init(_ table: TestTable, _ random: inout SeededGenerator) {
    switch Int.random(in: 0..<8, using: &random) {
    case 0, 1:
      let column = Int.random(in: 0..<2, using: &random)
      let type = table.definition.columns[column].type
      let bound =
        column == 0
        ? Int64.random(in: -10...1500, using: &random) : Int64.random(in: -60...60, using: &random)
      let operators: [ComparisonOperator] = [
        .equal, .less, .lessOrEqual, .greater, .greaterOrEqual, .notEqual,
      ]
      let comparison = operators[Int.random(in: 0..<6, using: &random)]
      name = "\(column) \(comparison) \(bound)"
      expression = compare(table.column(column), comparison, constant(bound, type))
      passes = { row in
        guard case .int64(let value) = row[column] else { return false }
        return Self.holds(comparison, value, bound)
      }
    case 2:
      let column = Int.random(in: 1..<3, using: &random)
      let negated = Bool.random(using: &random)
      name = "\(column) is null \(negated)"
      expression = BoundExpression(.isNull(table.column(column), negated: negated), .boolean)
      passes = { $0[column].isNull != negated }
    case 3:
      let digit = Int.random(in: 0..<10, using: &random)
      name = "2 = s\(digit)"
      expression = compare(table.column(2), .equal, constant("s\(digit)"))
      passes = { describe([$0[2]]) == "'s\(digit)'" }
    case 4:
      let digit = Int.random(in: 0..<10, using: &random)
      name = "2 > s\(digit)"
      expression = compare(table.column(2), .greater, constant("s\(digit)"))
      passes = { !$0[2].isNull && describe([$0[2]]) > "'s\(digit)'" }
    case 5:
      let members: [Int64] = [-3, 4, 17]
      name = "1 in"
      expression = BoundExpression(
        .inList(table.column(1), members.map { .int64($0) }, negated: false),
        .boolean
      )
      passes = { row in
        guard case .int64(let value) = row[1] else { return false }
        return members.contains(value)
      }
    case 6:
      name = "4 > 0.5"
      expression = compare(
        table.column(4),
        .greater,
        BoundExpression(.constant(.double(0.5)), .double)
      )
      passes = { row in
        guard case .double(let value) = row[4] else { return false }
        return value > 0.5
      }
    default:
      name = "0 < 100 or 1 > 30"
      expression = BoundExpression(
        .or([
          compare(table.column(0), .less, constant(100)),
          compare(table.column(1), .greater, constant(30, .integer)),
        ]),
        .boolean
      )
      passes = { row in
        if case .int64(let id) = row[0], id < 100 { return true }
        if case .int64(let value) = row[1] { return value > 30 }
        return false
      }
    }
  }

  private static func holds(_ comparison: ComparisonOperator, _ a: Int64, _ b: Int64) -> Bool {
    switch comparison {
    case .equal: a == b
    case .notEqual: a != b
    case .less: a < b
    case .lessOrEqual: a <= b
    case .greater: a > b
    case .greaterOrEqual: a >= b
    }
  }
}
