import Catalog
import ColumnEncoding
import Columnar
import Loading
import Storage
import TestSupport
import Testing

/// A load of columns of every kind under a key of two columns: each value is found in the row it came with.
@Suite struct EveryKindLoadTests {
  private static let columns: [(name: String, type: LogicalType, isNullable: Bool)] = [
    ("tenant", .integer, false), ("ident", .uuid, false), ("at", .timestamp, false),
    ("flag", .boolean, true), ("ratio", .double, true),
    ("large", .numeric(NumericShape(precision: 30, scale: 5)), true), ("any", .numeric(nil), true),
    ("span", .interval, true), ("label", .text, true), ("note", .text, false),
    ("amount", .numeric(NumericShape(precision: 15, scale: 2)), true),
  ]
  private static let notePlace = 9

  /// The fields of a row; empty: NULL.
  private func fields(_ number: Int, _ dice: inout Dice) -> [String] {
    func digits(_ count: Int) -> String {
      String((0..<count).map { _ in Character("\(1 + dice.number(below: 9))") })
    }
    let wide = dice.number(below: 20) == 0 ? digits(60) : digits(3)
    let day = 10 + dice.number(below: 18)
    var fields = [
      "\(dice.number(below: 7))",
      "00000000-0000-4000-8000-\(digits(12))",
      "2024-0\(1 + dice.number(below: 3))-\(day) 1\(dice.number(below: 10)):00:00",
      dice.number(below: 2) == 0 ? "t" : "f",
      "\(dice.number(below: 1000)).25",
      "\(digits(20)).\(digits(5))",
      "\(wide).\(digits(1 + dice.number(below: 4)))",
      "\(dice.number(below: 40)) days 0\(dice.number(below: 10)):00:00",
      "\"label \(dice.number(below: 5)) \"\"quoted\"\"\"",
      "note \(number)",
      "\(digits(6)).\(digits(2))",
    ]
    for place in fields.indices
    where Self.columns[place].isNullable && dice.number(below: 5) == 0 { fields[place] = "" }
    return fields
  }

  private func value(_ field: String, _ place: Int) throws -> Datum {
    if field.isEmpty { return .null }
    var plain = field
    if field.first == "\"" {
      let pieces = field.dropFirst().dropLast()
        .split(separator: "\"\"", omittingEmptySubsequences: false)
      plain = pieces.joined(separator: "\"")
    }
    return try Datum(
      parsing: Array(plain.utf8).span,
      as: Self.columns[place].type,
      DateTimeContext()
    )
  }

  private func makeStore() throws -> (store: Store, table: TableID) {
    let fileSystem = SimulatedFileSystem()
    try fileSystem.makeDirectory("db")
    var options = StoreOptions()
    options.blockRowCount = 64
    options.runsInBackground = false
    let store = try Store.open(fileSystem, at: "db", options: options)
    let definition = TableDefinition(
      id: TableID(1),
      name: "t",
      columns: Self.columns.enumerated().map { place, column in
        ColumnDefinition(
          id: ColumnID(UInt32(place)),
          name: column.name,
          type: column.type,
          isNullable: column.isNullable
        )
      },
      primaryKey: [ColumnID(0), ColumnID(1)],
      partitionColumn: ColumnID(2),
      sortKey: [ColumnID(0), ColumnID(2)]
    )
    let transaction = store.begin()
    try transaction.change(.createTable(definition))
    try transaction.commit(mode: .durable)
    return (store, definition.id)
  }

  /// Live rows by their note.
  private func rows(_ store: Store, _ table: TableID) throws -> [Datum: [Datum]] {
    let snapshot = try #require(store.published.table(table, scope: .unrestricted))
    var rows: [Datum: [Datum]] = [:]
    for source in snapshot.partitions.flatMap(\.sources) {
      for row in 0..<source.source.rowCount where source.deletions?.isDeleted(row) != true {
        let (block, place) = row.quotientAndRemainder(dividingBy: source.source.blockRowCount)
        let values = try Self.columns.indices.map {
          try source.source.block(ColumnID(UInt32($0)), at: block).value(at: place)
        }
        #expect(rows.updateValue(values, forKey: values[Self.notePlace]) == nil)
      }
    }
    return rows
  }

  @Test(arguments: [1, 2]) func `values stay with their rows`(threads: Int) throws {
    var dice = Dice(seed: 77)
    // Notes differ from row to row: parts with codes come first, then parts with strings. Now and then a key comes again.
    var all: [[String]] = []
    var latest: [String: Int] = [:]
    for number in 0..<6_000 {
      var row = fields(number, &dice)
      if number > 10, dice.number(below: 12) == 0 {
        let other = all[dice.number(below: all.count)]
        for place in 0..<3 { row[place] = other[place] }
      }
      latest[row[0] + row[1]] = number
      all.append(row)
    }
    let (store, table) = try makeStore()
    var options = LoadOptions()
    options.chunkBytes = 20_000
    options.threadCount = threads
    options.conflictRule = .update
    let text = all.map { $0.joined(separator: ",") + "\n" }.joined()
    _ = try BulkLoader(store, table: table, options: options).load(
      MemorySource(Array(text.utf8)),
      name: "file.csv",
      rejects: { _ in }
    )
    let found = try rows(store, table)
    #expect(found.count == latest.count)
    for number in latest.values {
      let expected = try Self.columns.indices.map { try value(all[number][$0], $0) }
      #expect(found[expected[Self.notePlace]] == expected, "row \(number)")
    }
  }
}
