import Columnar
import Execution
import Planning
import Testing

@Suite struct LogicTests {
  private static let truths: [Bool?] = [true, false, nil]

  @Test(arguments: borders) func `AND, OR and NOT are three-valued at every word border`(
    rows: Int
  ) throws {
    var generator = SeededGenerator(seed: UInt64(rows) &+ 1)
    let a = (0..<rows).map { _ in Self.truths.randomElement(using: &generator)! }
    let b = (0..<rows).map { _ in Self.truths.randomElement(using: &generator)! }
    let (x, y) = (column(0, .boolean), column(1, .boolean))
    let and = BoundExpression(.and([x, y]), .boolean)
    let or = BoundExpression(.or([x, y]), .boolean)
    let not = BoundExpression(.not(x), .boolean)
    let batch = (booleans(a), booleans(b))
    #expect(
      try evaluate(and, batch.0, batch.1, rows: rows) == zip(a, b).map { shown(modelAnd($0, $1)) }
    )
    #expect(
      try evaluate(or, batch.0, batch.1, rows: rows) == zip(a, b).map { shown(modelOr($0, $1)) }
    )
    #expect(try evaluate(not, batch.0, rows: rows) == a.map { shown($0.map { !$0 }) })
    let isNull = BoundExpression(.isNull(x, negated: false), .boolean)
    #expect(try evaluate(isNull, batch.0, rows: rows) == a.map { $0 == nil ? "t" : "f" })
    let isNotTrue = BoundExpression(.isTruth(x, .yes, negated: true), .boolean)
    #expect(try evaluate(isNotTrue, batch.0, rows: rows) == a.map { $0 == true ? "f" : "t" })
  }

  @Test func `a later condition sees only rows that the earlier ones left`() throws {
    let x = integers([0, 5, nil, 2, 20])
    let guarded = [
      compare(column(0, .integer), .notEqual, integer(0)),
      compare(call(.divide, .integer, integer(10), column(0, .integer)), .greater, integer(1)),
    ]
    #expect(try select(guarded, x, rows: 5) == [1, 3])
    let and = BoundExpression(.and(guarded), .boolean)
    #expect(try evaluate(and, x, rows: 5) == ["f", "t", "NULL", "t", "f"])
    let or = BoundExpression(
      .or([compare(column(0, .integer), .equal, integer(0)), guarded[1]]),
      .boolean
    )
    #expect(try evaluate(or, x, rows: 5) == ["t", "t", "NULL", "t", "f"])
  }

  @Test func `a branch of CASE sees only the rows that chose it`() throws {
    let x = integers([0, 5, nil, 2, -4])
    let isZero = compare(column(0, .integer), .equal, integer(0))
    let quotient = call(.divide, .integer, integer(100), column(0, .integer))
    let choose = BoundExpression(
      .caseWhen([(when: isZero, then: integer(-1))], otherwise: quotient),
      .integer
    )
    #expect(try evaluate(choose, x, rows: 5) == ["-1", "20", "NULL", "50", "-25"])
    let nested = BoundExpression(
      .caseWhen(
        [
          (when: compare(column(0, .integer), .less, integer(0)), then: quotient),
          (when: compare(column(0, .integer), .greater, integer(2)), then: column(0, .integer)),
        ],
        otherwise: null(.integer)
      ),
      .integer
    )
    #expect(try evaluate(nested, x, rows: 5) == ["NULL", "5", "NULL", "NULL", "-25"])
  }

  @Test func `a CASE of constant strings keeps codes of one dictionary`() throws {
    let x = integers([1, 2, nil, 3])
    let words = BoundExpression(
      .caseWhen(
        [
          (when: compare(column(0, .integer), .equal, integer(1)), then: text("one")),
          (when: compare(column(0, .integer), .equal, integer(2)), then: null(.text)),
        ],
        otherwise: text("many")
      ),
      .text
    )
    #expect(try evaluate(words, x, rows: 4) == ["one", "NULL", "many", "many"])
    let evaluator = try Evaluator(words, context: EvaluationContext())
    let batch = Batch(columns: [x], rowCount: 4)
    let first = try evaluator.evaluate(batch).dictionary
    #expect(first != nil)
    #expect(try evaluator.evaluate(batch).dictionary === first)
  }

  @Test func `COALESCE evaluates an argument only where the earlier ones are NULL`() throws {
    let x = integers([nil, 7, nil])
    let y = integers([5, 0, nil])
    let quotient = call(.divide, .integer, integer(10), column(1, .integer))
    let first = BoundExpression(.coalesce([column(0, .integer), quotient, integer(9)]), .integer)
    #expect(try evaluate(first, x, y, rows: 3) == ["2", "7", "9"])
  }

  @Test func `NULLIF, GREATEST, LEAST and IS DISTINCT FROM treat NULL as PostgreSQL does`() throws {
    let x = integers([1, nil, 3, nil])
    let y = integers([1, 2, nil, nil])
    let (a, b) = (column(0, .integer), column(1, .integer))
    #expect(
      try evaluate(call(.nullIf, .integer, a, b), x, y, rows: 4) == ["NULL", "NULL", "3", "NULL"]
    )
    #expect(
      try evaluate(call(.greatest, .integer, a, b), x, y, rows: 4) == ["1", "2", "3", "NULL"]
    )
    #expect(
      try evaluate(call(.least, .integer, a, b, integer(2)), x, y, rows: 4) == ["1", "2", "2", "2"]
    )
    #expect(
      try evaluate(call(.isDistinctFrom, .boolean, a, b), x, y, rows: 4) == ["f", "t", "t", "f"]
    )
  }

  @Test func `IN knows NULL members and every size of list`() throws {
    let x = integers([1, nil, 3, 70_000, -5])
    let a = column(0, .bigint)
    func list(_ values: [Int64?], negated: Bool = false) -> BoundExpression {
      BoundExpression(
        .inList(a, values.map { $0.map { .int64($0) } ?? .null }, negated: negated),
        .boolean
      )
    }
    #expect(try evaluate(list([1, 3]), x, rows: 5) == ["t", "NULL", "t", "f", "f"])
    #expect(try evaluate(list([1, nil]), x, rows: 5) == ["t", "NULL", "NULL", "NULL", "NULL"])
    #expect(
      try evaluate(list([1, nil], negated: true), x, rows: 5) == [
        "f", "NULL", "NULL", "NULL", "NULL",
      ]
    )
    #expect(try evaluate(list(Array(0...100)), x, rows: 5) == ["t", "NULL", "t", "f", "f"])
    #expect(
      try evaluate(list((0...100).map { $0 * 70_000 } + [-5]), x, rows: 5) == [
        "f", "NULL", "f", "t", "t",
      ]
    )
    #expect(try evaluate(list([]), x, rows: 5) == ["f", "f", "f", "f", "f"])
    let names = ["a", nil, "c", "", "d"]
    let among = BoundExpression(
      .inList(column(0, .text), [.bytes(Array("a".utf8)), .bytes([])], negated: false),
      .boolean
    )
    #expect(try evaluate(among, strings(names), rows: 5) == ["t", "NULL", "f", "t", "f"])
    #expect(try evaluate(among, coded(names), rows: 5) == ["t", "NULL", "f", "t", "f"])
  }

  private func shown(_ value: Bool?) -> String { value.map { $0 ? "t" : "f" } ?? "NULL" }
  private func modelAnd(_ a: Bool?, _ b: Bool?) -> Bool? {
    a == false || b == false ? false : (a == nil || b == nil ? nil : true)
  }
  private func modelOr(_ a: Bool?, _ b: Bool?) -> Bool? {
    a == true || b == true ? true : (a == nil || b == nil ? nil : false)
  }
}

/// SplitMix64, so that a failing random test can be run again.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64
  init(seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
