import Columnar
import Execution
import Planning
import Testing

/// Conditions on strings that are searched as they are stored, against the same conditions evaluated row by row
/// (whose answers the logic tests compare with PostgreSQL's).
@Suite struct TextSearchTests {
  private static let starts = [
    "Deal ", "Поставка ", "СДЕЛКА ", "order_", "100% ", "a\\b ", "İstanbul ", "ſtraße ", "K ", "",
  ]

  private static func text(_ random: inout SeededGenerator) -> String {
    starts[Int.random(in: 0..<starts.count, using: &random)]
      + String(Int.random(in: 0..<100_000, using: &random))
  }

  private static func table(
    _ random: inout SeededGenerator,
    _ blockRowCount: Int
  ) throws
    -> TestTable
  {
    let sources = [900, 1700].map { count -> [Row] in
      (0..<count).map { row in
        [
          .int64(Int64(row)),
          row % 13 == 0 ? .null : .bytes(Array(text(&random).utf8)),
        ]
      }
    }
    return try TestTable(
      types: [.bigint, .text],
      sources: sources,
      blockRowCount: blockRowCount,
      deleted: { _, row in row % 7 == 3 }
    )
  }

  private static func pattern(_ random: inout SeededGenerator) -> String {
    let pieces = [
      "%", "%", "_", "7", "77", "Deal", "deal ", "ПОСТ", "пост", "сделка", "\\%", "\\_", "k", "i",
      "s", "ß", "1",
    ]
    let count = Int.random(in: 1...4, using: &random)
    let parts = (0..<count).map { _ in pieces[Int.random(in: 0..<pieces.count, using: &random)] }
    return (Bool.random(using: &random) ? "%" : "") + parts.joined()
      + (Bool.random(using: &random) ? "%" : "")
  }

  private static func condition(
    _ table: TestTable,
    _ random: inout SeededGenerator
  ) -> (name: String, expression: BoundExpression) {
    let column = table.column(1)
    var name: String
    var expression: BoundExpression
    switch Int.random(in: 0..<6, using: &random) {
    case 0:
      let wanted = text(&random)
      name = "= '\(wanted)'"
      expression = compare(column, .equal, constant(wanted))
    case 1:
      guard case .bytes(let bytes)? = table.rows.randomElement(using: &random)?[1] else {
        return ("<> ''", compare(column, .notEqual, constant("")))
      }
      name = "<> a row's text"
      expression = compare(
        column,
        .notEqual,
        BoundExpression(.constant(.bytes(bytes)), .text)
      )
    case 2:
      let members = (0..<5).compactMap { _ in table.rows.randomElement(using: &random)?[1] }
      name = "IN"
      expression = BoundExpression(
        .inList(column, members, negated: Bool.random(using: &random)),
        .boolean
      )
    default:
      let wanted = pattern(&random)
      let ignoresCase = Bool.random(using: &random)
      name = "\(ignoresCase ? "ILIKE" : "LIKE") '\(wanted)'"
      expression = BoundExpression(
        .call(.like(caseInsensitive: ignoresCase), [column, constant(wanted)]),
        .boolean
      )
    }
    if Int.random(in: 0..<4, using: &random) == 0 {
      name = "NOT \(name)"
      expression = BoundExpression(.not(expression), .boolean)
    }
    return (name, expression)
  }

  @Test(arguments: [64, 8192])
  func `a search of stored strings finds what looking at each row finds`(
    blockRowCount: Int
  ) throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("text search: seed \(seed)")
    var random = SeededGenerator(seed: seed)
    let table = try Self.table(&random, blockRowCount)
    var foundCount = 0
    for _ in 0..<400 {
      let (name, condition) = Self.condition(table, &random)
      // A condition inside of another is evaluated over decoded rows.
      let never = BoundExpression(.constant(.boolean(false)), .boolean)
      let rowWise = BoundExpression(.or([condition, never]), .boolean)
      let expected = try run(table.scan([rowWise]), TestTables(table))
      let found = try run(table.scan([condition]), TestTables(table))
      #expect(bag(found) == bag(expected), "\(name), seed \(seed)")
      foundCount += found.count
    }
    #expect(foundCount > 10_000)
  }
}
