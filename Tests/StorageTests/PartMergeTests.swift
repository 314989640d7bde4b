import Catalog
import ColumnEncoding
import Columnar
import Storage
import TestSupport
import Testing

/// Parts of a rollup added up, against sums by key.
@Suite struct PartMergeTests {
  private struct Key: Hashable {
    var number: Int64?
    var text: String?
    var day: Int64
  }
  private struct Sums: Equatable {
    var count: Int64 = 0
    var sum: Int128 = 0
  }

  private static let table = TableDefinition(
    id: TableID(9),
    name: "groups",
    columns: [
      column(0, "number", .bigint), column(1, "text", .text), column(2, "day", .timestamp),
      column(3, "n", .bigint),
      column(4, "sum", .numeric(NumericShape(precision: 38, scale: 2))),
    ],
    sortKey: [ColumnID(2), ColumnID(0), ColumnID(1)]
  )

  private static func column(
    _ id: UInt32,
    _ name: String,
    _ type: LogicalType
  ) -> Catalog.ColumnDefinition {
    Catalog.ColumnDefinition(id: ColumnID(id), name: name, type: type)
  }

  private static func part(_ rows: [(Key, Sums)]) throws -> any RowSource {
    let memory = MemoryRows(definition: table, blockRowCount: 64)
    let batch = Batch(kinds: table.columns.map(\.type.laneKind), capacity: max(1, rows.count))
    for (row, (key, sums)) in rows.enumerated() {
      batch.columns[0].set(row, to: key.number.map { .int64($0) } ?? .null)
      batch.columns[1].set(row, to: key.text.map { .bytes(Array($0.utf8)) } ?? .null)
      batch.columns[2].set(row, to: .int64(key.day))
      batch.columns[3].set(row, to: .int64(sums.count))
      batch.columns[4].set(row, to: .int128(sums.sum))
    }
    batch.rowCount = rows.count
    memory.append(batch)
    return try #require(try memory.finish())
  }

  private static func rows(of source: any RowSource) throws -> [(Key, Sums)] {
    try (0..<source.rowCount).map { row in
      let values = try (0..<5).map { place in
        try source.block(ColumnID(UInt32(place)), at: row / 64).value(at: row % 64)
      }
      var key = Key(day: 0)
      if case .int64(let number) = values[0] { key.number = number }
      if case .bytes(let text) = values[1] { key.text = String(decoding: text, as: UTF8.self) }
      guard case .int64(let day) = values[2], case .int64(let count) = values[3],
        case .int128(let sum) = values[4]
      else { throw CancellationError() }
      key.day = day
      return (key, Sums(count: count, sum: sum))
    }
  }

  /// Whether rows come by day, number and text, NULLs last.
  private static func comesBefore(_ a: Key, _ b: Key) -> Bool {
    if a.day != b.day { return a.day < b.day }
    if a.number != b.number { return b.number.map { (a.number ?? .max) < $0 } ?? true }
    guard let text = b.text else { return a.text != nil }
    return a.text.map { $0 < text } ?? false
  }

  @Test(arguments: [1, 2, 40, 3_000]) func `parts add up by key`(rowCount: Int) throws {
    var random = SeededGenerator(UInt64(rowCount))
    let texts = ["", "a", "ab", "b", "won", "lost and found again", nil]
    let numbers: [Int64?] = [nil, .min / 4, -1, 0, 1, 77, .max / 4]
    var expected: [Key: Sums] = [:]
    let parts = try (0..<3).map { _ in
      let rows = (0..<rowCount).map { _ -> (Key, Sums) in
        let key = Key(
          number: random.pick(numbers),
          text: random.pick(texts),
          day: Int64.random(in: -20...20, using: &random) * 86_400_000_000
        )
        let sums = Sums(
          count: Int64.random(in: -1...1, using: &random),
          sum: Int128.random(in: -2...2, using: &random)
        )
        expected[key, default: Sums()].count += sums.count
        expected[key, default: Sums()].sum += sums.sum
        return (key, sums)
      }
      return try Self.part(rows)
    }
    let merge = try #require(PartMerge(Self.table, keyCount: 3, rowCount: rowCount * 3))
    guard case .merged(let merged) = try merge.merge(parts, blockRowCount: 64) else {
      Issue.record("unsuitable")
      return
    }
    let found = try merged.map(Self.rows(of:)) ?? []
    let pairs = Dictionary(found.map { ($0.0, $0.1) }) { _, _ in
      Issue.record("a key twice")
      return Sums()
    }
    #expect(pairs == expected.filter { $0.value != Sums() })
    for (row, next) in zip(found, found.dropFirst()) {
      #expect(Self.comesBefore(row.0, next.0))
    }
  }

  @Test func `nothing is left of rows that cancel out`() throws {
    let key = Key(number: 1, text: "a", day: 0)
    let parts = [
      try Self.part([(key, Sums(count: 1, sum: 5))]),
      try Self.part([(key, Sums(count: -1, sum: -5))]),
    ]
    let merge = try #require(PartMerge(Self.table, keyCount: 3, rowCount: 2))
    guard case .merged(nil) = try merge.merge(parts, blockRowCount: 64) else {
      Issue.record("a group stayed")
      return
    }
  }

  /// The plan that adds parts up says what is wrong, or has room.
  @Test func `what does not fit is left to others`() throws {
    let key = Key(number: 1, text: "a", day: 0)
    let merge = try #require(PartMerge(Self.table, keyCount: 3, rowCount: 2))
    let digits38: Int128 = 99_999_999_999_999_999_999_999_999_999_999_999_999
    for large in [Sums(count: .max, sum: 0), Sums(count: 0, sum: digits38)] {
      let parts = [try Self.part([(key, large)]), try Self.part([(key, Sums(count: 1, sum: 1))])]
      guard case .unsuitable = try merge.merge(parts, blockRowCount: 64) else {
        Issue.record("\(large) was added up")
        continue
      }
    }
    let strings = try Self.part((0..<65).map { (Key(text: "\($0)", day: 0), Sums(count: 1)) })
    guard case .unsuitable = try merge.merge([strings], blockRowCount: 64) else {
      Issue.record("many strings were told apart")
      return
    }
    var doubles = Self.table
    doubles.columns[4].type = .double
    #expect(PartMerge(doubles, keyCount: 3, rowCount: 2) == nil)
    #expect(PartMerge(Self.table, keyCount: 3, rowCount: PartMerge.rowsMax + 1) == nil)
  }
}
