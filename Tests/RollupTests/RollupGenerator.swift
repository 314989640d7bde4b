import TestSupport

/// Random rollups of one table, changes of its rows and queries that rollups may serve.
///
/// Texts that PostgreSQL and Almanac both understand.
struct RollupGenerator {
  private var random: SeededGenerator
  private(set) var rollups: [RollupText] = []
  private var made = 0
  private let hasTenantKey: Bool

  init(seed: UInt64) {
    random = SeededGenerator(seed)
    hasTenantKey = Bool.random(using: &random)
  }

  struct Key {
    var text: String
    /// Expressions that follow from it.
    var derived: [String]
    /// Conditions that follow from it.
    var conditions: [String]

    var isTime: Bool { text.contains("date_") || text.contains("time_") }
  }

  struct RollupText {
    var name: String
    var keys: [Key]
    /// What is added up, counted and so on.
    var sums: [String]
    /// Sums with squares.
    var spreads: [String]
    var values: [String]
    /// Values with what they are chosen by.
    var pairs: [(value: String, by: String)]
    /// What only approximate aggregates are kept of.
    var approximate: [String]
    var condition: String?
    var statement: String
  }

  mutating func number(_ range: Range<Int>) -> Int { Int.random(in: range, using: &random) }
  mutating func chance(_ n: Int) -> Bool { number(0..<n) == 0 }
  mutating func seed() -> UInt64 { random.next() }

  // MARK: The table

  var columns: String {
    "id bigint PRIMARY KEY, tenant integer NOT NULL, at timestamptz NOT NULL, closed timestamptz, "
      + "g text, k integer, amount numeric(12,2), big bigint, flag boolean, x double precision"
  }

  var options: String {
    hasTenantKey
      ? "PARTITION BY MONTH (at) ORDER BY (tenant, at) TENANT KEY (tenant)"
      : "PARTITION BY MONTH (at)"
  }

  // MARK: Rollups

  mutating func rollup() -> RollupText {
    made += 1
    var keys = hasTenantKey ? [Self.tenant] : []
    for key in allKeys().shuffled(using: &random).prefix(number(1..<4))
    where !keys.contains(where: { $0.text == key.text }) { keys.append(key) }
    let sums = Array(Self.sums.shuffled(using: &random).prefix(number(1..<4)))
    let values = chance(2) ? Array(Self.values.shuffled(using: &random).prefix(number(1..<3))) : []
    let pairs = chance(4) ? [random.pick(Self.pairs)] : []
    let approximate = chance(4) ? [random.pick(Self.numbers)] : []
    let condition = chance(3) ? random.pick(["g = 'a'", "k IS NOT NULL", "g IN ('a', 'B')"]) : nil
    var stored = ["count(*)"]
    var spreads: [String] = []
    for sum in sums {
      if sum != "amount * 2", sum != "x", chance(3) {
        spreads.append(sum)
        stored.append(random.pick(["stddev(\(sum))", "var_pop(\(sum))"]))
      } else {
        stored.append(random.pick(["sum(\(sum))", "avg(\(sum))"]))
      }
    }
    for value in values { stored.append(storing(value)) }
    for pair in pairs { stored.append("last(\(pair.value), \(pair.by))") }
    for number in approximate {
      stored += ["approx_count_distinct(\(number))", "approx_median(\(number))"]
    }
    let name = "r\(made)"
    let list = keys.map(\.text).joined(separator: ", ")
    let statement =
      "CREATE ROLLUP \(name) ON t KEY (\(list)) STORE (\(stored.joined(separator: ", ")))"
      + (condition.map { " WHERE \($0)" } ?? "")
    let rollup = RollupText(
      name: name,
      keys: keys,
      sums: sums,
      spreads: spreads,
      values: values,
      pairs: pairs,
      approximate: approximate,
      condition: condition,
      statement: statement
    )
    rollups.append(rollup)
    return rollup
  }

  private mutating func storing(_ value: String) -> String {
    if value == "flag" { return "bool_or(flag)" }
    return random.pick([
      "min(\(value))", "count(DISTINCT \(value))", "count(DISTINCT \(value))",
      "mode() WITHIN GROUP (ORDER BY \(value))",
      "percentile_disc(0.5) WITHIN GROUP (ORDER BY \(value))",
    ])
  }

  mutating func dropRollup() -> String? {
    guard rollups.count > 1 else { return nil }
    return rollups.remove(at: number(0..<rollups.count)).name
  }

  private static let sums = ["amount", "k", "big", "k + 1", "amount * 2", "x"]
  private static let values = ["amount", "k", "g", "closed", "flag", "big"]
  private static let pairs: [(value: String, by: String)] = [
    ("amount", "closed"), ("g", "k"), ("big", "at"), ("k", "g"),
  ]
  private static let numbers = ["amount", "k", "big"]
  private static let tenant = Key(
    text: "tenant",
    derived: ["tenant", "tenant % 2"],
    conditions: ["tenant = 2", "tenant IN (0, 3)", "tenant > 1", "tenant <> 1 OR tenant = 3"]
  )

  private mutating func allKeys() -> [Key] {
    [
      Self.tenant,
      Key(
        text: "g",
        derived: ["g", "upper(g)", "coalesce(g, 'none')"],
        conditions: ["g = 'a'", "g IS NULL", "g LIKE 'a%'", "g <> 'b'", "g IN ('a', 'B')"]
      ),
      Key(text: "lower(g)", derived: ["lower(g)"], conditions: ["lower(g) = 'b'"]),
      Key(
        text: "k",
        derived: ["k", "k + 1"],
        conditions: ["k BETWEEN 2 AND 5", "k IS NOT NULL", "k IS NULL", "k < 4"]
      ),
      time("month", "closed", ["month", "quarter", "year"]),
      time("day", "closed", ["day", "week", "month", "year"]),
      time("month", "at", ["month", "quarter", "year"]),
      time("day", "at", ["day", "week", "quarter"]),
      Key(
        text: "date_bin('15 minutes', at, timestamptz '2000-01-01')",
        derived: [
          "date_trunc('hour', at)", "date_trunc('month', at)", "extract(hour FROM at)",
          "date_bin('1 hour', at, timestamptz '2000-01-01')",
          "floor(extract(epoch FROM at) / 3600)",
        ],
        conditions: ranges("at")
      ),
    ]
  }

  private mutating func time(_ unit: String, _ column: String, _ units: [String]) -> Key {
    var derived = units.map { "date_trunc('\($0)', \(column))" }
    derived += ["extract(year FROM \(column))", "extract(month FROM \(column))"]
    derived += [
      "to_char(\(column), 'YYYY-MM')", "date_trunc('quarter', \(column) AT TIME ZONE 'UTC')",
    ]
    if unit == "day" {
      derived += ["\(column)::date", "floor(extract(epoch FROM \(column)) / 86400) * 86400"]
    }
    let text =
      chance(2) ? "date_trunc('\(unit)', \(column))" : "time_bucket('1 \(unit)', \(column))"
    return Key(
      text: text,
      derived: derived,
      conditions: ranges(column) + ["\(column) IS NOT NULL"]
    )
  }

  private mutating func ranges(_ column: String) -> [String] {
    let month = number(1..<12)
    let day = number(1..<28)
    func moment(_ month: Int, _ day: Int, _ time: String = "00:00:00") -> String {
      let m = month < 10 ? "0\(month)" : "\(month)"
      let d = day < 10 ? "0\(day)" : "\(day)"
      return "timestamptz '2024-\(m)-\(d) \(time)+00'"
    }
    return [
      "\(column) >= \(moment(month, 1))",
      "\(column) < \(moment(month, day))",
      "\(column) > \(moment(1, day, "07:08:09")) AND \(column) <= \(moment(month + 1, day))",
      "\(column) >= \(moment(month, day, "12:00:00.5"))",
    ]
  }

  // MARK: Changes

  /// Statements that change rows, one transaction.
  mutating func change() -> [String] {
    let id = number(0..<500)
    switch number(0..<12) {
    case 0, 1, 2:
      let rows = (0..<number(1..<12)).map { "(\(row(id + $0)))" }.joined(separator: ", ")
      return ["INSERT INTO t VALUES \(rows) ON CONFLICT (id) DO NOTHING"]
    case 3:
      return [
        "INSERT INTO t VALUES (\(row(id))) ON CONFLICT (id) DO UPDATE SET amount = excluded.amount, "
          + "at = excluded.at, g = excluded.g"
      ]
    case 4:
      return ["UPDATE t SET amount = amount + \(number(-50..<50)).25 WHERE id % 23 = \(id % 23)"]
    case 5:
      return [
        "UPDATE t SET at = at + interval '\(number(1..<40)) days', closed = at, tenant = (tenant + 1) % 4 "
          + "WHERE id BETWEEN \(id) AND \(id + 15)"
      ]
    case 6:
      return [
        "UPDATE t SET g = \(text()), k = \(small()), flag = NOT flag, x = -x WHERE id % 31 = \(id % 31)"
      ]
    case 7: return ["DELETE FROM t WHERE id BETWEEN \(id) AND \(id + number(1..<10))"]
    case 8:
      let extreme = random.pick(["min", "max"])
      let column = random.pick(["amount", "k", "closed"])
      return ["DELETE FROM t WHERE \(column) = (SELECT \(extreme)(\(column)) FROM t)"]
    case 9:
      return [
        "INSERT INTO t SELECT 1000 + s, s % 4, timestamptz '2024-01-01 00:00:00+00' + s * interval '7 hours', NULL, "
          + "'a', s % 7, s, s, true, s / 4.0 FROM generate_series(\(id), \(id + 150)) s ON CONFLICT (id) DO NOTHING"
      ]
    case 10: return ["DELETE FROM t WHERE tenant = \(number(0..<4)) AND id % 3 = 0"]
    default:
      return [
        "DELETE FROM t WHERE id = \(id)", "INSERT INTO t VALUES (\(row(id)))",
        "UPDATE t SET big = id, k = NULL WHERE id = \(id)",
      ]
    }
  }

  private mutating func row(_ id: Int) -> String {
    let at = "timestamptz '2024-01-01 00:00:00+00' + \(number(0..<500_000)) * interval '1 minute'"
    let closed = chance(3) ? "NULL" : "\(at) + \(number(0..<90)) * interval '1 day'"
    let amount = chance(6) ? "NULL" : "\(number(-100..<1000)).\(number(10..<99))"
    let big =
      chance(6)
      ? "NULL" : "\(random.pick([-9_000_000_000_000_000_000, 5, 9_000_000_000_000_000_000]))"
    let flag = random.pick(["true", "false", "NULL"])
    // Sums of quarters are exact in any order.
    let x =
      chance(6)
      ? random.pick(["NULL", "'NaN'", "'Infinity'", "'-Infinity'"])
      : "\(number(-9000..<9000)) * 0.25"
    return
      "\(id), \(number(0..<4)), \(at), \(closed), \(text()), \(small()), \(amount), \(big), \(flag), \(x)"
  }

  private mutating func text() -> String { random.pick(["'a'", "'b'", "'B'", "'ab'", "NULL"]) }
  private mutating func small() -> String { chance(5) ? "NULL" : "\(number(0..<9))" }

  // MARK: Queries

  struct Query {
    var text: String
    /// The same for PostgreSQL; nil: it has nothing like it.
    var oracle: String?
  }

  /// A query that one of the rollups may serve; now and then any query.
  mutating func query() -> Query {
    guard !rollups.isEmpty, !chance(25) else {
      let text = "SELECT g, count(*), max(id) FROM t GROUP BY g"
      return Query(text: text, oracle: text)
    }
    let rollup = random.pick(rollups)
    if chance(4), let query = counting(rollup) { return query }
    var groups: [String] = []
    for key in rollup.keys where chance(2) { groups.append(random.pick(key.derived)) }
    var conditions = rollup.condition.map { [$0] } ?? []
    for key in rollup.keys where chance(3) { conditions.append("(\(random.pick(key.conditions)))") }
    var from = "t"
    if rollup.keys[0].text == "tenant", chance(5) {
      from = "t JOIN names ON names.id = t.tenant"
      groups.append("names.name")
    }
    let aggregates = (0..<number(1..<4)).map { _ in aggregate(rollup) }
    var rest = " FROM \(from)"
    if !conditions.isEmpty { rest += " WHERE \(conditions.joined(separator: " AND "))" }
    if !groups.isEmpty {
      rest += " GROUP BY \(groups.indices.map { String($0 + 1) }.joined(separator: ", "))"
      if chance(6) { rest += " HAVING count(*) > 2" }
    }
    let isInner = chance(10)
    func text(_ items: [String]) -> String {
      let text = "SELECT \((groups + items).joined(separator: ", "))\(rest)"
      return isInner ? "SELECT * FROM (\(text)) q(x) ORDER BY x" : text
    }
    let known = aggregates.compactMap(\.oracle)
    return Query(
      text: text(aggregates.map(\.text)),
      oracle: known.count == aggregates.count ? text(known) : nil
    )
  }

  /// Different values over a range of time: groups of all keys before the time, which arrivals add up for.
  private mutating func counting(_ rollup: RollupText) -> Query? {
    guard let place = rollup.keys.firstIndex(where: \.isTime),
      let value = rollup.values.filter({ $0 != "flag" }).randomElement(using: &random)
    else { return nil }
    let time = rollup.keys[place]
    var groups = rollup.keys[..<place].map(\.text)
    if chance(2) { groups.append(time.derived[0]) }
    var items = groups + ["count(*)"]
    for _ in 0..<number(1..<3) {
      let filter = chance(2) ? " FILTER (WHERE \(random.pick(time.conditions)))" : ""
      items.append("count(DISTINCT \(value))\(filter)")
    }
    var conditions = rollup.condition.map { [$0] } ?? []
    if chance(2) { conditions.append("(\(random.pick(time.conditions)))") }
    var text = "SELECT \(items.joined(separator: ", ")) FROM t"
    if !conditions.isEmpty { text += " WHERE \(conditions.joined(separator: " AND "))" }
    if !groups.isEmpty {
      text += " GROUP BY \(groups.indices.map { String($0 + 1) }.joined(separator: ", "))"
    }
    return Query(text: text, oracle: text)
  }

  private mutating func aggregate(_ rollup: RollupText) -> Query {
    let key = random.pick(rollup.keys)
    let condition = chance(4) ? random.pick(key.conditions) : nil
    let filter = condition.map { " FILTER (WHERE \($0))" } ?? ""
    func both(_ text: String) -> Query { Query(text: text, oracle: text) }
    switch number(0..<9) {
    case 0: return both("count(*)\(filter)")
    case 1 where !rollup.values.isEmpty, 2 where !rollup.values.isEmpty:
      return both(ofValue(random.pick(rollup.values)) + filter)
    case 3: return both("count(\(random.pick(rollup.sums)))\(filter)")
    case 4:
      let sum = random.pick(rollup.sums)
      return both("sum(CASE WHEN \(random.pick(key.conditions)) THEN \(sum) END)")
    case 5: return both("count(DISTINCT \(random.pick(key.derived)))")
    case 6 where !rollup.spreads.isEmpty:
      let function = random.pick(["stddev", "stddev_pop", "variance", "var_pop"])
      return both("\(function)(\(random.pick(rollup.spreads)))\(filter)")
    case 7 where !rollup.pairs.isEmpty: return extreme(random.pick(rollup.pairs), condition)
    case 8 where !rollup.approximate.isEmpty:
      let number = random.pick(rollup.approximate)
      let name = random.pick([
        "approx_count_distinct(\(number))", "approx_quantile(\(number), 0.9)",
      ])
      return Query(text: name + filter, oracle: nil)
    default: return both(random.pick(["sum", "avg"]) + "(\(random.pick(rollup.sums)))\(filter)")
    }
  }

  private mutating func ofValue(_ value: String) -> String {
    if value == "flag" { return "bool_and(flag)" }
    let isNumber = Self.numbers.contains(value)
    return random.pick([
      "min(\(value))", "max(\(value))", "count(DISTINCT \(value))",
      "percentile_disc(0.3) WITHIN GROUP (ORDER BY \(value))",
      "percentile_disc(0.9) WITHIN GROUP (ORDER BY \(value) DESC)",
      "mode() WITHIN GROUP (ORDER BY \(value))",
      isNumber ? "percentile_cont(0.5) WITHIN GROUP (ORDER BY \(value))" : "max(\(value))",
    ])
  }

  private mutating func extreme(_ pair: (value: String, by: String), _ condition: String?) -> Query
  {
    let isLast = chance(2)
    let name = isLast ? random.pick(["last", "max_by"]) : random.pick(["first", "arg_min"])
    let filter = condition.map { " FILTER (WHERE \($0))" } ?? ""
    let there = "\(pair.value) IS NOT NULL AND \(pair.by) IS NOT NULL"
    let order = "\(pair.by)\(isLast ? " DESC" : ""), \(pair.value)"
    return Query(
      text: "\(name)(\(pair.value), \(pair.by))\(filter)",
      oracle: "(array_agg(\(pair.value) ORDER BY \(order)) FILTER (WHERE \(there)"
        + (condition.map { " AND (\($0))" } ?? "") + "))[1]"
    )
  }
}
