import Columnar
import TestSupport
import Testing

/// Random numerics as text: mostly short, some long, some special.
func randomNumeric(_ random: inout SeededGenerator, digits: Int = 16) -> String {
  if Int.random(in: 0..<40, using: &random) == 0 {
    return random.pick(["NaN", "Infinity", "-Infinity", "0", "1", "-1", "0.0", "10000"])
  }
  var text = Bool.random(using: &random) ? "" : "-"
  let count = Int.random(in: 1...digits, using: &random)
  let point = Int.random(in: 0...count, using: &random)
  let roundness = Int.random(in: 0..<3, using: &random)
  for index in 0..<count {
    if index == point, index > 0 { text += "." }
    if index == 0, point == 0 { text += "0." }
    let digit = roundness == 0 && index % 3 > 0 ? 0 : Int.random(in: 0...9, using: &random)
    text += String(digit)
  }
  return text
}

func decimal(_ text: String) throws(ValueError) -> Decimal {
  try Decimal(parsing: Array(text.utf8).span)
}

@Suite struct DecimalTests {
  @Test func `arithmetic agrees with PostgreSQL`() throws {
    var random = SeededGenerator(1)
    var cases: [(String, String?)] = []
    for _ in 0..<6_000 {
      let a = randomNumeric(&random)
      let b = randomNumeric(&random)
      let left = quoted(a) + "::numeric"
      let right = quoted(b) + "::numeric"
      let operations: [(String, (Decimal, Decimal) throws(ValueError) -> Decimal)] = [
        ("+", { x, y throws(ValueError) in try x.adding(y) }),
        ("-", { x, y throws(ValueError) in try x.subtracting(y) }),
        ("*", { x, y throws(ValueError) in try x.multiplied(by: y) }),
        ("/", { x, y throws(ValueError) in try x.dividing(by: y) }),
        ("%", { x, y throws(ValueError) in try x.remainder(dividingBy: y) }),
      ]
      for (name, operation) in operations {
        cases.append(
          (
            "\(left) \(name) \(right)",
            attempt { buffer throws(ValueError) in
              buffer.append(decimal: try operation(decimal(a), decimal(b)))
            }
          )
        )
      }
      cases.append(
        (
          "div(\(left), \(right))",
          attempt { buffer throws(ValueError) in
            buffer.append(decimal: try decimal(a).wholeQuotient(decimal(b)))
          }
        )
      )
      cases.append(
        (
          "sign(\(left) - \(right))::int * case when \(left) = \(right) then 0 else 1 end",
          attempt { buffer throws(ValueError) in
            let (x, y) = (try decimal(a), try decimal(b))
            let difference = try x.subtracting(y)
            if difference.isNaN, x.compare(y) != 0 {
              throw ValueError("0A000", "cannot convert NaN to integer")
            }
            if difference.isNaN { throw ValueError("0A000", "cannot convert NaN to integer") }
            buffer.append(integer: Int64(x.compare(y).signum()))
          }
        )
      )
    }
    try Oracle().check(cases)
  }

  @Test func `rounding agrees with PostgreSQL`() throws {
    var random = SeededGenerator(2)
    var cases: [(String, String?)] = []
    for _ in 0..<4_000 {
      let a = randomNumeric(&random, digits: 24)
      let places = Int.random(in: -6...8, using: &random)
      let sql = quoted(a) + "::numeric"
      cases.append(
        (
          "round(\(sql), \(places))",
          attempt { b throws(ValueError) in
            b.append(decimal: try decimal(a).rounded(places: places))
          }
        )
      )
      cases.append(
        (
          "trunc(\(sql), \(places))",
          attempt { b throws(ValueError) in
            b.append(decimal: try decimal(a).truncated(places: places))
          }
        )
      )
      cases.append(
        (
          "ceil(\(sql))",
          attempt { b throws(ValueError) in b.append(decimal: try decimal(a).ceiling()) }
        )
      )
      cases.append(
        (
          "floor(\(sql))",
          attempt { b throws(ValueError) in b.append(decimal: try decimal(a).floor()) }
        )
      )
      cases.append(
        (
          "abs(\(sql))",
          attempt { b throws(ValueError) in b.append(decimal: try decimal(a).magnitude) }
        )
      )
      cases.append(
        ("sign(\(sql))", attempt { b throws(ValueError) in b.append(decimal: try decimal(a).sign) })
      )
    }
    try Oracle().check(cases)
  }

  @Test func `roots, powers and logarithms agree with PostgreSQL`() throws {
    var random = SeededGenerator(3)
    var cases: [(String, String?)] = []
    for index in 0..<1_500 {
      let a = randomNumeric(&random, digits: index % 3 == 0 ? 18 : 8)
      let b = randomNumeric(&random, digits: 3)
      let c = randomNumeric(&random, digits: index % 2 == 0 ? 1 : 3)
      let sql = quoted(a) + "::numeric"
      cases.append(
        (
          "sqrt(\(sql))",
          attempt { o throws(ValueError) in o.append(decimal: try decimal(a).squareRoot()) }
        )
      )
      cases.append(
        (
          "ln(\(sql))",
          attempt { o throws(ValueError) in o.append(decimal: try decimal(a).naturalLogarithm()) }
        )
      )
      cases.append(
        (
          "log(\(sql))",
          attempt { o throws(ValueError) in
            o.append(decimal: try decimal(a).logarithm(base: Decimal(10)))
          }
        )
      )
      cases.append(
        (
          "log(\(quoted(b))::numeric, \(sql))",
          attempt { o throws(ValueError) in
            o.append(decimal: try decimal(a).logarithm(base: decimal(b)))
          }
        )
      )
      if let exponent = try? decimal(b), exponent.double.magnitude < 40 || !exponent.isFinite {
        cases.append(
          (
            "exp(\(quoted(b))::numeric)",
            attempt { o throws(ValueError) in o.append(decimal: try decimal(b).exponential()) }
          )
        )
      }
      if let power = try? decimal(c), power.double.magnitude < 10 || !power.isFinite,
        let base = try? decimal(b), base.double.magnitude < 500 || !base.isFinite
      {
        cases.append(
          (
            "power(\(quoted(b))::numeric, \(quoted(c))::numeric)",
            attempt { o throws(ValueError) in
              o.append(decimal: try decimal(b).raised(to: decimal(c)))
            }
          )
        )
      }
    }
    try Oracle().check(cases)
  }

  @Test func `casts agree with PostgreSQL`() throws {
    var random = SeededGenerator(4)
    var cases: [(String, String?)] = []
    for _ in 0..<4_000 {
      let a = randomNumeric(&random, digits: 14)
      let sql = quoted(a) + "::numeric"
      for type in [IntegerType.smallint, .integer, .bigint] {
        cases.append(
          (
            "\(sql)::\(type.name)",
            attempt { o throws(ValueError) in o.append(integer: try decimal(a).integer(type)) }
          )
        )
      }
      cases.append(
        (
          "\(sql)::float8",
          attempt { o throws(ValueError) in o.append(double: try decimal(a).double) }
        )
      )
      cases.append(
        (
          "\(sql)::float4",
          attempt { o throws(ValueError) in o.append(real: try decimal(a).real()) }
        )
      )
      let shape = NumericShape(precision: 10, scale: Int.random(in: 0...6, using: &random))
      if a.contains("Inf") || a == "NaN" { continue }
      cases.append(
        (
          "\(sql)::numeric(\(shape.precision), \(shape.scale))",
          attempt { o throws(ValueError) in
            o.append(scaled: try decimal(a).scaled(to: shape), scale: shape.scale)
          }
        )
      )
      cases.append(
        (
          "\(sql)::numeric(\(shape.precision), \(shape.scale))",
          attempt { o throws(ValueError) in
            o.append(scaled: try parseScaled64(Array(a.utf8).span, shape), scale: shape.scale)
          }
        )
      )
      let value =
        Double.random(in: -1...1, using: &random)
        * pow10(Int.random(in: -8...16, using: &random))
      cases.append(
        (
          "'\(value)'::float8::numeric",
          attempt { o throws(ValueError) in o.append(decimal: try Decimal(double: value)) }
        )
      )
      let single = Float(value)
      cases.append(
        (
          "'\(single)'::float4::numeric",
          attempt { o throws(ValueError) in o.append(decimal: try Decimal(real: single)) }
        )
      )
      for type in [IntegerType.smallint, .integer, .bigint] {
        cases.append(
          (
            "'\(value)'::float8::\(type.name)",
            attempt { o throws(ValueError) in o.append(integer: try integer(value, type)) }
          )
        )
      }
    }
    try Oracle().check(cases)
  }

  private func pow10(_ exponent: Int) -> Double { Double("1e\(exponent)") ?? 0 }

  @Test func `text that is no numeric is refused as PostgreSQL does`() throws {
    let texts = [
      "", " ", "1e5", " 1.5 ", "1.5e-3", "1e", "e5", ".", "+.5", "5.", "-", "1 2", "nan", " NaN ",
      "inf", "-inf", "+Infinity", "infinit", "1e400000", "1.2.3", "0x10", "1_000", "1e+3", "--1",
      "00012.300", "0e10", "0.000e-5", "-0", "-0.00",
    ]
    var cases: [(String, String?)] = []
    for text in texts {
      cases.append(
        (
          "\(quoted(text))::numeric",
          attempt { o throws(ValueError) in o.append(decimal: try decimal(text)) }
        )
      )
      cases.append(
        (
          "\(quoted(text))::float8",
          attempt { o throws(ValueError) in o.append(double: try parseDouble(Array(text.utf8).span))
          }
        )
      )
      cases.append(
        (
          "\(quoted(text))::float4",
          attempt { o throws(ValueError) in o.append(real: try parseReal(Array(text.utf8).span)) }
        )
      )
      for type in [IntegerType.smallint, .integer, .bigint] {
        cases.append(
          (
            "\(quoted(text))::\(type.name)",
            attempt { o throws(ValueError) in
              o.append(integer: try parseInteger(Array(text.utf8).span, type))
            }
          )
        )
      }
    }
    let integers = [
      "32767", "32768", "-32768", "-32769", "2147483647", "2147483648", "-2147483648",
      "-2147483649", "9223372036854775807", "9223372036854775808", "-9223372036854775808",
      "-9223372036854775809", "99999999999999999999", " 7 ", "+7", "7a", "",
    ]
    for text in integers {
      for type in [IntegerType.smallint, .integer, .bigint] {
        cases.append(
          (
            "\(quoted(text))::\(type.name)",
            attempt { o throws(ValueError) in
              o.append(integer: try parseInteger(Array(text.utf8).span, type))
            }
          )
        )
      }
    }
    try Oracle().check(cases)
  }

  @Test func `doubles and reals print and read as PostgreSQL does`() throws {
    var random = SeededGenerator(5)
    var cases: [(String, String?)] = []
    var values: [Double] = [
      0, -0.0, 1, 1e15, 1e14, 123456789012345, 999999999999999.9, 1e-4, 1e-5, 0.1, 1.5e300,
      .leastNonzeroMagnitude,
      .greatestFiniteMagnitude, .leastNormalMagnitude, 9007199254740992, 1e22, 1e23, 2e-3, 100000,
      1234567.25, 0.3, 2.0 / 3, .nan, .infinity, -.infinity, 123456.7, 1e6, 1e5,
    ]
    for _ in 0..<8_000 {
      let any = Double(bitPattern: UInt64.random(in: 0 ... .max, using: &random))
      if !any.isNaN { values.append(any) }
      values.append(Double(Int.random(in: -100_000_000...100_000_000, using: &random)) / 100)
      values.append(Double.random(in: -1000...1000, using: &random))
    }
    for value in values {
      cases.append(
        ("'\(value)'::float8", attempt { o throws(ValueError) in o.append(double: value) })
      )
      let single = Float(value)
      if !single.isNaN, !(single.isInfinite && value.isFinite), !(single == 0 && value != 0) {
        cases.append(
          ("'\(single)'::float4", attempt { o throws(ValueError) in o.append(real: single) })
        )
      }
      if value.isFinite {
        let text = "\(value)"
        cases.append(
          (
            "\(quoted(text))::float8 = '\(value)'::float8",
            attempt { o throws(ValueError) in
              o.append(text: try parseDouble(Array(text.utf8).span) == value ? "true" : "false")
            }
          )
        )
      }
    }
    for text in ["1e400", "-1e400", "1e-400", "4e-324", "2e-324", "1e39", "1e-46", "1e-45"] {
      cases.append(
        (
          "\(quoted(text))::float8",
          attempt { o throws(ValueError) in o.append(double: try parseDouble(Array(text.utf8).span))
          }
        )
      )
      cases.append(
        (
          "\(quoted(text))::float4",
          attempt { o throws(ValueError) in o.append(real: try parseReal(Array(text.utf8).span)) }
        )
      )
    }
    try Oracle().check(cases)
  }
}
