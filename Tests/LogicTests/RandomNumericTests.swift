import Foundation
import TestSupport
import Testing

/// Random expressions over numerics of every size, on Almanac and on PostgreSQL.
///
/// `NUMERIC_ROUNDS=n` tries n times as many; the seed is printed, `NUMERIC_SEED=n` runs one again.
@Suite struct RandomNumericTests {
  private static func option(_ name: String) -> Int? {
    ProcessInfo.processInfo.environment[name].flatMap { Int($0) }
  }

  @Test func `random numeric expressions agree with PostgreSQL`() throws {
    let seed = Self.option("NUMERIC_SEED") ?? Int.random(in: 1...1_000_000)
    print("random numeric expressions: seed \(seed)")
    var generator = NumericExpressions(SeededGenerator(UInt64(seed)))
    let almanac = try EmbeddedLogicTarget(tinyBlocks: true)
    let oracle = try LibpqConnection(PostgresServer.shared().connectionString())
    let columns =
      "id integer PRIMARY KEY, a numeric, b numeric(60,12), c numeric(38,6), d numeric(15,2)"
    var statements = ["CREATE TEMP TABLE numbers (\(columns))"]
    for id in 1...40 { statements.append("INSERT INTO numbers VALUES (\(id), \(generator.row()))") }
    for statement in statements {
      try oracle.execute(statement)
      _ = try almanac.execute(statement.replacing("TEMP TABLE", with: "TABLE"))
    }
    var wrong = 0
    for _ in 0..<400 * (Self.option("NUMERIC_ROUNDS") ?? 1) {
      let query = generator.query()
      let expected = answer { try oracle.execute(query).last }
      let ours = answer { try almanac.execute(query) }
      guard expected != ours else { continue }
      wrong += 1
      if wrong <= 8 {
        Issue.record("seed \(seed): \(query)\nPostgreSQL \(expected)\nAlmanac \(ours)")
      }
    }
    #expect(wrong == 0)
    try almanac.close()
  }

  /// The rows as text, or the SQLSTATE.
  private func answer(_ body: () throws -> PostgresResult?) -> String {
    do {
      let rows = try body()?.texts ?? []
      return rows.map { $0.map { $0 ?? "NULL" }.joined(separator: "|") }.joined(separator: "\n")
    } catch let failure as PostgresFailure {
      return failure.sqlState
    } catch {
      return "\(error)"
    }
  }
}

/// Makes values and queries.
private struct NumericExpressions {
  private var random: SeededGenerator

  init(_ random: SeededGenerator) { self.random = random }

  private mutating func dice(_ sides: Int) -> Int { Int.random(in: 0..<sides, using: &random) }

  private mutating func digits(_ count: Int) -> String {
    let kind = dice(4)
    var text = String(1 + dice(9))
    for _ in 1..<max(1, count) {
      text += kind == 0 ? "0" : kind == 1 ? "9" : String(dice(10))
    }
    return text
  }

  private mutating func number(whole: Int, fraction: Int) -> String {
    var text = (dice(2) == 0 ? "-" : "") + digits(1 + dice(whole))
    if fraction > 0, dice(3) > 0 { text += "." + digits(1 + dice(fraction)) }
    return text
  }

  mutating func row() -> String {
    let any =
      dice(8) == 0
      ? random.pick(["'NaN'", "'Infinity'", "'-Infinity'", "NULL", "0", "0.000"])
      : number(whole: dice(3) == 0 ? 70 : 12, fraction: dice(3) == 0 ? 50 : 6)
    let fields = [
      any, number(whole: 48, fraction: 12), number(whole: 32, fraction: 6),
      number(whole: 12, fraction: 2),
    ]
    return fields.map { dice(12) == 0 ? "NULL" : $0 }.joined(separator: ", ")
  }

  private mutating func leaf() -> String {
    switch dice(8) {
    case 0: number(whole: 45, fraction: 20)
    case 1: number(whole: 5, fraction: 3)
    case 2: String(dice(20) - 9)
    default: random.pick(["a", "b", "c", "d", "a", "b", "id"])
    }
  }

  private mutating func expression(_ depth: Int) -> String {
    guard depth > 0 else { return leaf() }
    let x = expression(depth - 1)
    switch dice(16) {
    case 0...2: return "(\(x) + \(expression(depth - 1)))"
    case 3, 4: return "(\(x) - \(expression(depth - 1)))"
    case 5...7: return "(\(x) * \(expression(depth - 1)))"
    case 8: return "(\(x) / nullif(\(expression(depth - 1)), 0))"
    case 9: return "mod(\(x), nullif(\(leaf()), 0)::numeric)"
    case 10: return "round((\(x))::numeric, \(dice(60) - 20))"
    case 11: return "trunc((\(x))::numeric, \(dice(60) - 20))"
    case 12: return "abs(\(x))"
    case 13: return "(-\(x))"
    case 14: return "CASE WHEN \(x) < \(leaf()) THEN \(leaf())::numeric ELSE (\(x))::numeric END"
    default: return "\(random.pick(["ceil", "floor", "sign"]))((\(x))::numeric)"
    }
  }

  mutating func query() -> String {
    let x = expression(1 + dice(3))
    switch dice(6) {
    case 0:
      // Of equal values of several scales, any may be the minimum: all get one scale.
      if dice(3) == 0 { return "SELECT min(round(\(x), 30)), max(round(\(x), 30)) FROM numbers" }
      let function = random.pick(["sum", "avg", "stddev", "var_pop"])
      return "SELECT \(function)((\(x))::numeric), count(*) FROM numbers"
    case 1: return "SELECT id % 3, sum((\(x))::numeric) FROM numbers GROUP BY 1 ORDER BY 1"
    case 2: return "SELECT id FROM numbers WHERE (\(x)) < \(leaf()) ORDER BY id"
    case 3: return "SELECT round(\(x), 30), count(*) FROM numbers GROUP BY 1 ORDER BY 1, 2"
    case 4:
      // Scaled integers hold no NaN.
      let shape =
        dice(2) == 0 ? "\(39 + dice(80)), \(dice(40))" : "\(1 + dice(38)), \(39 + dice(9))"
      return "SELECT (\(x))::numeric(\(shape)) FROM numbers ORDER BY id"
    default: return "SELECT id, (\(x))::numeric FROM numbers ORDER BY 2, 1"
    }
  }
}
