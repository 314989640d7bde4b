import Catalog
import Columnar
import Execution
import Planning
import Storage
import Testing

/// Rows found by value are those that a look at each row finds.
@Suite struct ValueRowsTests {
  /// Sources of integers with NULLs: sorted or not, of one block and of many.
  private static func rows(
    _ count: Int,
    isSorted: Bool,
    _ random: inout SeededGenerator
  ) -> [Row] {
    let values = (0..<count).map { _ -> Int64? in
      Int.random(in: 0..<10, using: &random) == 0 ? nil : Int64.random(in: -40...40, using: &random)
    }
    guard isSorted else { return values.map { [$0.map { .int64($0) } ?? .null] } }
    let present = values.compactMap { $0 }.sorted()
    let nulls = Array(repeating: [Datum.null], count: count - present.count)
    return present.map { [.int64($0)] } + nulls
  }

  @Test(arguments: [1, 63, 64, 65, 700, 5_000]) func `values are found`(count: Int) throws {
    var random = SeededGenerator(seed: UInt64(count))
    let sources = [true, false].map { Self.rows(count, isSorted: $0, &random) }
    let onlyNulls: [Row] = Array(repeating: [.null], count: count)
    // Blocks of several groups, too.
    for blockRowCount in [64, 8_192] {
      let table = try TestTable(
        types: [.bigint],
        sources: sources + [onlyNulls],
        blockRowCount: blockRowCount
      )
      for valueCount in [0, 1, 3, 32, 1_024] {
        let reach: Int64 = valueCount > 32 ? 5_000 : 50
        let values = (0..<valueCount).map { _ in Int64.random(in: -reach...reach, using: &random) }
        let finder = try #require(ValueRows(ColumnID(0), among: values))
        let found = try finder.rows(of: table.snapshot, atMost: .max)
        var expected: [UInt64] = []
        for (place, rows) in sources.enumerated() {
          for (row, value) in rows.enumerated() {
            if case .int64(let value) = value[0], values.contains(value) {
              expected.append(UInt64(place) << 32 + UInt64(row))
            }
          }
        }
        #expect(RowGather(found)?.locators == expected)
        #expect(found.liveRowCount == expected.count)
      }
    }
  }

  @Test func `more rows than asked for are told by their count`() throws {
    let rows: [Row] = Array(repeating: [.int64(1)], count: 100)
    let table = try TestTable(types: [.bigint], sources: [rows, rows, rows])
    let finder = try #require(ValueRows(ColumnID(0), among: [1]))
    let found = try finder.rows(of: table.snapshot, atMost: 150)
    #expect(found.liveRowCount == 200, "the third source is not looked at")
  }

  @Test func `many values are not looked for one by one`() {
    #expect(ValueRows(ColumnID(0), among: Array(0..<1_025)) == nil)
  }
}
