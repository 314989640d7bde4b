import Columnar
import Execution
import Planning
import Testing

@Suite struct ArithmeticTests {
  @Test(arguments: [LogicalType.smallint, .integer, .bigint])
  func `integers are checked against their range, except in NULL rows`(type: LogicalType) throws {
    let (least, greatest): (Int64, Int64) =
      switch type {
      case .smallint: (-32_768, 32_767)
      case .integer: (-2_147_483_648, 2_147_483_647)
      default: (.min, .max)
      }
    let message = "\(type) out of range"
    let (a, b) = (column(0, type), column(1, type))
    let borders: [Int64?] = [greatest, nil, least]
    let zeros = integers([0, 1, 0])
    #expect(
      try evaluate(call(.add, type, a, b), integers(borders, harm: greatest), zeros, rows: 3)
        == ["\(greatest)", "NULL", "\(least)"]
    )
    func fails(_ function: ScalarFunction, _ x: Int64, _ y: Int64) {
      let error = #expect(throws: ExecutionError.self) {
        try evaluate(call(function, type, a, b), integers([1, x]), integers([1, y]), rows: 2)
      }
      #expect(error?.message == message)
      #expect(error?.sqlState == "22003")
    }
    fails(.add, greatest, 1)
    fails(.add, least, -1)
    fails(.subtract, least, 1)
    fails(.multiply, greatest, 2)
    fails(.multiply, least, -1)
    fails(.divide, least, -1)
    let negated = #expect(throws: ExecutionError.self) {
      try evaluate(call(.negate, type, a), integers([least]))
    }
    #expect(negated?.message == message)
    let absolute = #expect(throws: ExecutionError.self) {
      try evaluate(call(.abs, type, a), integers([least]))
    }
    #expect(absolute?.message == message)
    #expect(try evaluate(call(.modulo, type, a, b), integers([least]), integers([-1])) == ["0"])
  }

  @Test func `division by zero is an error, except where the dividend is NULL`() throws {
    let quotient = call(.divide, .integer, column(0, .integer), column(1, .integer))
    #expect(
      try evaluate(quotient, integers([nil, 7]), integers([0, -2]), rows: 2) == ["NULL", "-3"]
    )
    let error = #expect(throws: ExecutionError.self) {
      try evaluate(quotient, integers([1]), integers([0]))
    }
    #expect(error?.sqlState == "22012")
    let remainder = call(.modulo, .integer, column(0, .integer), column(1, .integer))
    #expect(
      try evaluate(remainder, integers([-7, 7]), integers([2, -2]), rows: 2) == ["-1", "1"]
    )
    #expect(throws: ExecutionError.self) { try evaluate(remainder, integers([1]), integers([0])) }
  }

  @Test func `doubles overflow, underflow and divide by zero as PostgreSQL's do`() throws {
    func result(
      _ function: ScalarFunction,
      _ x: Double?,
      _ y: Double?
    ) throws(ExecutionError) -> String {
      try evaluate(
        call(function, .double, column(0, .double), column(1, .double)),
        doubles([x]),
        doubles([y])
      )[0]
    }
    #expect(try result(.add, 1.5, 2) == "3.5")
    #expect(try result(.divide, .infinity, 2) == "inf")
    #expect(try result(.divide, .nan, 0) == "nan")
    #expect(try result(.multiply, .infinity, 0).hasSuffix("nan"))
    #expect(try result(.divide, nil, 0) == "NULL")
    let cases: [(ScalarFunction, Double, Double, String)] = [
      (.multiply, 1e308, 10, "value out of range: overflow"),
      (.multiply, 1e-300, 1e-300, "value out of range: underflow"),
      (.divide, 1, 0, "division by zero"),
      (.divide, 1e-300, 1e300, "value out of range: underflow"),
    ]
    for (function, x, y, message) in cases {
      let error = #expect(throws: ExecutionError.self) { try result(function, x, y) }
      #expect(error?.message == message)
    }
  }

  @Test(arguments: borders) func `comparisons agree with a scalar model`(rows: Int) throws {
    let seed = UInt64(rows) &+ 77
    var generator = SeededGenerator(seed: seed)
    let x = (0..<rows).map { _ in
      Bool.random(using: &generator) ? nil : Int64.random(in: -2...2, using: &generator)
    }
    let y = (0..<rows).map { _ in Int64?.some(Int64.random(in: -2...2, using: &generator)) }
    let tests: [(ComparisonOperator, (Int64, Int64) -> Bool)] = [
      (.equal, { $0 == $1 }), (.notEqual, { $0 != $1 }), (.less, { $0 < $1 }),
      (.lessOrEqual, { $0 <= $1 }), (.greater, { $0 > $1 }), (.greaterOrEqual, { $0 >= $1 }),
    ]
    for (comparison, model) in tests {
      let expression = compare(column(0, .bigint), comparison, column(1, .bigint))
      let expected = zip(x, y).map { a, b in
        a.map { a in b.map { model(a, $0) ? "t" : "f" } ?? "NULL" } ?? "NULL"
      }
      #expect(
        try evaluate(expression, integers(x), integers(y), rows: rows) == expected,
        "seed \(seed)"
      )
      let passing = expected.indices.filter { expected[$0] == "t" }
      #expect(try select([expression], integers(x), integers(y), rows: rows) == passing)
    }
  }

  @Test func `numerics of different scales compare and add at the larger scale`() throws {
    let cents = LogicalType.numeric(NumericShape(precision: 12, scale: 2))
    let mills = LogicalType.numeric(NumericShape(precision: 12, scale: 3))
    let sum = LogicalType.numeric(NumericShape(precision: 14, scale: 3))
    let (a, b) = (column(0, cents), column(1, mills))
    #expect(try evaluate(compare(a, .equal, b), integers([150]), integers([1500])) == ["t"])
    #expect(try evaluate(call(.add, sum, a, b), integers([150]), integers([1501])) == ["3001"])
    let product = LogicalType.numeric(NumericShape(precision: 24, scale: 5))
    #expect(
      try evaluate(
        call(.multiply, product, a, b),
        integers([999_999_999_999]),
        integers([-999_999_999_999])
      )
        == ["-999999999998000000000001"]
    )
    #expect(
      try evaluate(compare(a, .less, integer(2)), integers([199, 200]), rows: 2) == ["t", "f"]
    )
  }
}
