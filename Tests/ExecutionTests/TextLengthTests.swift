import Catalog
import Columnar
import Execution
import Planning
import Testing

/// `length(column)` as the scan answers it, against the characters of the model's rows.
@Suite struct TextLengthTests {
  private static let parts = [
    "https://example.com/", "каталог/", "?page=", "📦", "ÿ", "a", " ", "товары и услуги ",
  ]

  /// A number, a text of few and one of many different values, with NULLs and empty texts.
  private static func rows(_ count: Int, _ random: inout SeededGenerator) -> [Row] {
    (0..<count).map { _ in
      func text(_ distinct: Int) -> Datum {
        if Int.random(in: 0..<10, using: &random) == 0 { return .null }
        var dice = SeededGenerator(seed: UInt64(Int.random(in: 0..<distinct, using: &random)))
        let pieces = Int.random(in: 0...6, using: &dice)
        let text = (0..<pieces).map { _ in
          parts[Int.random(in: 0..<parts.count, using: &dice)]
            + String(Int.random(in: 0...9, using: &dice))
        }
        return .bytes(Array(text.joined().utf8))
      }
      return [.int64(Int64.random(in: 0...3, using: &random)), text(20), text(1 << 40)]
    }
  }

  private static func length(_ value: Datum) -> Int64? {
    guard case .bytes(let bytes) = value else { return nil }
    return Int64(String(decoding: bytes, as: UTF8.self).unicodeScalars.count)
  }

  private static func lengthCall(_ column: BoundExpression) -> BoundExpression {
    BoundExpression(.call(.length, [column]), .integer)
  }

  private static func table(_ seed: UInt64) throws -> TestTable {
    var random = SeededGenerator(seed: seed)
    var sources: [[Row]] = []
    for _ in 0..<3 { sources.append(rows(Int.random(in: 1...4000, using: &random), &random)) }
    return try TestTable(
      types: [.bigint, .text, seed % 3 == 0 ? .varchar(nil) : .text],
      sources: sources,
      blockRowCount: seed % 2 == 0 ? 2048 : 64
    ) { _, row in seed % 4 == 1 && row % 7 == 3 }
  }

  /// No condition, one on the measured text, one that leaves few rows.
  private static func filters(_ table: TestTable) -> [(BoundExpression?, (Row) -> Bool)] {
    let empty = BoundExpression(
      .call(.compare(.notEqual), [table.column(2), constant("")]),
      .boolean
    )
    let few = BoundExpression(
      .call(.compare(.equal), [table.column(1), table.firstText]),
      .boolean
    )
    let wanted = table.rows[0][1]
    return [
      (nil, { _ in true }),
      (empty, { $0[2] != .null && $0[2] != .bytes([]) }),
      (few, { wanted != .null && $0[1] == wanted }),
    ]
  }

  @Test(arguments: [0, 2]) func `groupings of lengths`(threads: Int) throws {
    for seed in 1...12 as ClosedRange<UInt64> {
      let table = try Self.table(seed)
      for (place, (filter, passes)) in Self.filters(table).enumerated() {
        let (few, many) = (Self.lengthCall(table.column(1)), Self.lengthCall(table.column(2)))
        let calls = [
          BoundAggregate(function: .sum, arguments: [many], type: .bigint),
          BoundAggregate(function: .maximum, arguments: [few], type: .integer),
          BoundAggregate(function: .count, arguments: [many], type: .bigint),
        ]
        let plan = Plan(
          .aggregate(
            table.scan(filter.map { [$0] } ?? []),
            keys: [few],
            aggregates: calls
          ),
          output: ["k", "s", "m", "c"].map { OutputColumn(name: $0, type: .bigint) }
        )
        var expected: [Int64?: (sum: Int64?, count: Int64)] = [:]
        for row in table.rows where passes(row) {
          var group = expected[Self.length(row[1])] ?? (nil, 0)
          if let length = Self.length(row[2]) {
            group = ((group.sum ?? 0) + length, group.count + 1)
          }
          expected[Self.length(row[1])] = group
        }
        let model = expected.map { key, group -> Row in
          [Self.datum(key), Self.datum(group.sum), Self.datum(key), .int64(group.count)]
        }
        let found = try run(plan, TestTables(table), threads: threads)
        #expect(bag(found) == bag(model), "seed \(seed), filter \(place)")
      }
    }
  }

  @Test func `a text wanted beside its length stays a text`() throws {
    for seed in 1...6 as ClosedRange<UInt64> {
      let table = try Self.table(seed)
      for (place, (filter, passes)) in Self.filters(table).enumerated() {
        let list = [
          table.column(2), Self.lengthCall(table.column(2)), Self.lengthCall(table.column(1)),
        ]
        let plan = Plan(
          .project(table.scan(filter.map { [$0] } ?? []), list),
          output: list.map { OutputColumn(name: "x", type: $0.type) }
        )
        let model = table.rows.filter(passes).map { row -> Row in
          [row[2], Self.datum(Self.length(row[2])), Self.datum(Self.length(row[1]))]
        }
        let found = try run(plan, TestTables(table))
        #expect(bag(found) == bag(model), "seed \(seed), filter \(place)")
      }
    }
  }

  @Test func `lengths are not answered by the statistics of their texts`() throws {
    let table = try TestTable(
      types: [.text],
      sources: [Array(repeating: [.bytes(Array("ключ".utf8))], count: 200)]
    )
    let length = Self.lengthCall(table.column(0))
    let calls = [AggregateFunction.minimum, .maximum, .sum].map {
      BoundAggregate(function: $0, arguments: [length], type: .bigint)
    }
    let plan = Plan(
      .aggregate(table.scan(), keys: [], aggregates: calls),
      output: calls.map { OutputColumn(name: "x", type: $0.type) }
    )
    #expect(bag(try run(plan, TestTables(table))) == ["4|4|800"])
  }

  private static func datum(_ value: Int64?) -> Datum { value.map { .int64($0) } ?? .null }
}

extension TestTable {
  /// The first row's first text as a constant.
  fileprivate var firstText: BoundExpression {
    BoundExpression(.constant(rows[0][1]), .text)
  }
}
