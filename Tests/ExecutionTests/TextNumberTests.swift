import Catalog
import Columnar
import Execution
import Planning
import Storage
import Synchronization
import Testing

/// Groupings of text columns that a scan hands on as numbers: sources with a dictionary for all of their strings, beside
/// others without.
@Suite struct TextNumberTests {
  private static let types: [LogicalType] = [.text, .text, .integer]

  /// Rows of `count` strings that come again and again, some NULL; the third column tells them apart.
  private static func rows(_ count: Int, from first: Int, times: Int) -> [Row] {
    (0..<count * times).map { place in
      let number = first + place / times
      return [
        place % 11 == 5 ? .null : .bytes(Array("string \(number)".utf8)),
        .bytes(Array("s\(place % 3)".utf8)), .int64(Int64(place % 5)),
      ]
    }
  }

  /// Two sources that are coded and share strings, and one whose strings all differ.
  private static func table(tellsTexts: Bool = false) throws -> TestTable {
    try TestTable(
      types: types,
      sources: [
        rows(40, from: 0, times: 12), rows(50, from: 20, times: 10), rows(150, from: 60, times: 1),
      ],
      blockRowCount: 2048,
      tellsTexts: tellsTexts,
      deleted: { _, row in row % 13 == 4 }
    )
  }

  private static func plan(
    _ table: TestTable,
    keys: [Int],
    counting: Int? = nil,
    _ filters: [BoundExpression] = []
  ) -> Plan {
    var calls = [BoundAggregate(function: .countRows, arguments: [], type: .bigint)]
    if let counting {
      calls.append(
        BoundAggregate(
          function: .count,
          arguments: [table.column(counting)],
          isDistinct: true,
          type: .bigint
        )
      )
    }
    let types = keys.map { table.definition.columns[$0].type } + calls.map(\.type)
    return Plan(
      .aggregate(table.scan(filters), keys: keys.map { table.column($0) }, aggregates: calls),
      output: types.map { OutputColumn(name: "", type: $0) }
    )
  }

  /// What the grouping must give.
  private static func model(_ rows: [Row], keys: [Int], counting: Int? = nil) -> [String] {
    var groups: [String: (key: Row, rows: [Row])] = [:]
    for row in rows {
      let key = keys.map { row[$0] }
      groups[describe(key), default: (key, [])].rows.append(row)
    }
    if keys.isEmpty, groups.isEmpty { groups[""] = ([], []) }
    return bag(
      groups.values.map { key, rows in
        var result = key + [.int64(Int64(rows.count))]
        if let counting {
          let values = Set(rows.map { describe([$0[counting]]) }).subtracting([describe([.null])])
          result.append(.int64(Int64(values.count)))
        }
        return result
      }
    )
  }

  @Test(arguments: [0, 2], [false, true])
  func `groups of coded and other strings are those of a model`(
    threads: Int,
    tellsTexts: Bool
  ) throws {
    let table = try Self.table(tellsTexts: tellsTexts)
    let sources = table.snapshot.partitions[0].sources.map(\.source)
    #expect(sources.map { $0.isCoded(ColumnID(0)) } == [true, true, false])
    let tables = TestTables(table)
    for (keys, counting) in [
      ([0], nil), ([1], 0), ([0, 1], nil), ([1, 0, 2], nil), ([2], 0), ([], 0), ([0], 1),
    ] as [([Int], Int?)] {
      // The second time the dictionaries know their numbers.
      for _ in 0..<2 {
        let result = try run(
          Self.plan(table, keys: keys, counting: counting),
          tables,
          threads: threads
        )
        #expect(
          bag(result) == Self.model(table.rows, keys: keys, counting: counting),
          "keys \(keys) counting \(counting ?? -1)"
        )
      }
    }
  }

  @Test func `a condition on a column that comes as numbers sees its strings`() throws {
    let table = try Self.table()
    let condition = BoundExpression(
      .call(.compare(.greaterOrEqual), [table.column(0), constant("string 3")]),
      .boolean
    )
    let wanted = table.rows.filter { row in
      if case .bytes(let bytes) = row[0] {
        return !bytes.lexicographicallyPrecedes("string 3".utf8)
      }
      return false
    }
    let result = try run(Self.plan(table, keys: [0, 2], [condition]), TestTables(table))
    #expect(bag(result) == Self.model(wanted, keys: [0, 2]))
    #expect(!wanted.isEmpty && wanted.count < table.rows.count)
  }

  @Test func `groups beyond the memory come back from files with their strings`() throws {
    let table = try Self.table()
    let result = try run(Self.plan(table, keys: [0, 1, 2]), TestTables(table), threads: 2) {
      $0.spillDirectory = spillFolder
      $0.alwaysSpills = true
    }
    #expect(bag(result) == Self.model(table.rows, keys: [0, 1, 2]))
  }

  private static func owner(_ source: any RowSource) throws -> (any AnyObject & Sendable)? {
    let dictionary = try #require(try source.dictionary(ColumnID(0)))
    return dictionary.numbers.withLock { $0?.owner }
  }

  @Test
  func `a numbering is kept, and left when most of its strings are of sources that have gone`()
    throws
  {
    let few = try TestTable(
      types: Self.types,
      sources: [Self.rows(10, from: 0, times: 8)],
      blockRowCount: 2048
    )
    let source = few.snapshot.partitions[0].sources[0]
    let first: any AnyObject & Sendable
    do {
      var large = try TestTable(
        types: Self.types,
        sources: [Self.rows(2000, from: 0, times: 8)],
        blockRowCount: 2048
      )
      large.snapshot.partitions[0].sources.append(source)
      for _ in 0..<2 {
        let groups = try run(Self.plan(large, keys: [0]), TestTables(large))
        #expect(groups.count == 2001)
      }
      first = try #require(try Self.owner(source.source))
      let own = try Self.owner(large.snapshot.partitions[0].sources[0].source)
      #expect(own === first)
      _ = try run(Self.plan(few, keys: [0]), TestTables(few))
      #expect(try Self.owner(source.source) === first)
    }
    let groups = try run(Self.plan(few, keys: [0]), TestTables(few))
    #expect(bag(groups) == Self.model(few.rows, keys: [0]))
    #expect(try Self.owner(source.source) !== first)
  }
}
