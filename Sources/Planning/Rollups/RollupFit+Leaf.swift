import Catalog
import Columnar

/// The rollup's rows in place of the table's: parts of the main table, of the tables of values, and rows of the table where
/// the query's range cuts buckets. All have the same columns: keys, `n`, sums and counts, values.
extension RollupFit {
  /// A range that cuts buckets: whole buckets come from the rollup, the rest from rows.
  private struct Cut {
    var key: Int
    /// Conditions on the key, by its place among the rollup's keys.
    var whole: [BoundExpression]
    /// Conditions on the table's columns, one set for each edge.
    var edges: [[BoundExpression]]
  }

  /// The level of the scan itself.
  mutating func leaf(_ scan: TableScan) -> Level? {
    let places = scan.columns.map { rollup.table.index(of: $0) ?? 0 }
    let filters = scan.filters.map { $0.mapColumns { places[$0] } }
    guard let (conditions, cut) = split(filters) else { return nil }
    chooseArrivals(cutKey: cut?.key, isWhole: cut?.edges.isEmpty ?? true)
    mixesRows = !(cut?.edges.isEmpty ?? true)
    let columns = (0..<scan.outputCount).map { place in
      let type = rollup.table.columns[places[place]].type
      return Level.Column(place: nil, origin: BoundExpression(.column(places[place]), type))
    }
    // Whether it fits shows without its rows.
    guard isFinal else {
      return Level(plan: Plan(.values(rows: []), output: output), columns: columns, base: 0)
    }
    var branches = [mainRows(conditions + (cut?.whole ?? []))]
    for value in values { branches.append(valueRows(value, conditions + (cut?.whole ?? []))) }
    for number in arrivals { branches.append(arrivalRows(number, conditions + (cut?.whole ?? []))) }
    for edge in cut?.edges ?? [] { branches.append(tableRows(filters + edge)) }
    // Squares of single rows, unlike a group's, have no upper part: added up they may need more digits than a sum has.
    let hasSquares = sums.contains { rollup.sums[$0].squares != nil }
    if hasJoins, !(mixesRows && hasSquares) { branches = branches.map(addedUp) }
    var plan = branches[0]
    for branch in branches.dropFirst() {
      plan = Plan(.setOperation(.union, plan, branch, isAll: true), output: plan.output)
    }
    return Level(plan: plan, columns: columns, base: 0)
  }

  // MARK: Conditions

  /// The conditions over the keys, by their places among the rollup's keys, and the range that cuts buckets.
  private mutating func split(
    _ filters: [BoundExpression]
  ) -> (conditions: [BoundExpression], cut: Cut?)? {
    for condition in rollup.conditions {
      guard Self.implies(filters, condition), !condition.dependsOnZone || isInZone else {
        refuse("it holds only rows with \(name(condition))")
        return nil
      }
    }
    let keyColumns = rollup.keys.map { OutputColumn(name: $0.name, type: $0.expression.type) }
    // Every key, whatever the rollup's rows bring along: what only conditions read stays below.
    var all = self
    all.bringAlongAllKeys()
    let level = Level(
      plan: Plan(.values(rows: []), output: keyColumns),
      columns: rollup.table.columns.enumerated().map {
        Level.Column(place: nil, origin: BoundExpression(.column($0), $1.type))
      },
      base: 0
    )
    var conditions: [BoundExpression] = []
    var range: MomentRange?
    for filter in filters where !rollup.conditions.contains(filter) {
      if let own = self.range(of: filter),
        rollup.keys.contains(where: { $0.bucket?.column == own.column })
      {
        if range == nil {
          range = own
        } else if range?.column == own.column {
          range?.narrow(own)
        } else {
          refuse("ranges of two columns of time")
          return nil
        }
        continue
      }
      guard let moved = all.rewrite(filter, level) else {
        refuse("condition \(name(filter)) does not follow from the keys")
        return nil
      }
      conditions.append(moved)
      all.noteCondition(moved)
    }
    setting = all.setting
    setting.range = range
    if all.needsNetGroups { needsNetGroups = true }
    guard holds(range) else { return nil }
    guard let range else { return (conditions, nil) }
    guard let cut = cut(range, level) else { return nil }
    return (conditions, cut)
  }

  /// Splits a range at the starts of buckets, by the key that leaves the fewest rows at the edges.
  private mutating func cut(_ range: MomentRange, _ level: Level) -> Cut? {
    var best: (cut: Cut, length: Int64)?
    let moment = BoundExpression(.column(range.column), rollup.table.columns[range.column].type)
    for key in rollup.keys.indices where rollup.keys[key].bucket?.column == range.column {
      var from = range.lower
      var to = range.upper
      if let lower = range.lower {
        guard let start = bucketStart(atOrBehind: lower, key) else { continue }
        from = start
      }
      if let upper = range.upper {
        guard let start = bucketStart(of: upper, key) else { continue }
        to = start
      }
      if let from, let to, from >= to { continue }
      var cut = Cut(
        key: key,
        whole: Self.conditions(of: level.plan.column(key), from: from, to: to),
        edges: []
      )
      var length: Int64 = 0
      if let lower = range.lower, let from, lower < from {
        cut.edges.append(Self.conditions(of: moment, from: lower, to: from))
        length += from - lower
      }
      if let upper = range.upper, let to, to < upper {
        cut.edges.append(Self.conditions(of: moment, from: to, to: upper))
        length += upper - to
      }
      if best.map({ length < $0.length }) ?? true { best = (cut, length) }
    }
    if best == nil { refuse("the range of \(name(moment)) holds no whole bucket") }
    return best?.cut
  }

  /// Whether rows that pass all of `filters` pass a condition of the rollup.
  private static func implies(_ filters: [BoundExpression], _ condition: BoundExpression) -> Bool {
    if filters.contains(condition) { return true }
    guard let wanted = Membership(condition) else { return false }
    return filters.contains { filter in
      guard let given = Membership(filter), given.operand == wanted.operand else { return false }
      return given.members.isSubset(of: wanted.members)
    }
  }

  /// `operand = constant` or `operand IN (constants)`.
  private struct Membership {
    var operand: BoundExpression
    var members: Set<Datum>

    init?(_ condition: BoundExpression) {
      switch condition.node {
      case .call(.compare(.equal), let sides) where sides.count == 2:
        if case .constant(let value) = sides[1].node {
          (operand, members) = (sides[0], [value])
        } else if case .constant(let value) = sides[0].node {
          (operand, members) = (sides[1], [value])
        } else {
          return nil
        }
      case .inList(let operand, let list, negated: false):
        (self.operand, members) = (operand, Set(list).subtracting([.null]))
      default: return nil
      }
    }
  }

  // MARK: Rows

  var output: [OutputColumn] {
    var columns = keys.map {
      OutputColumn(name: rollup.keys[$0].name, type: rollup.keys[$0].expression.type)
    }
    columns.append(OutputColumn(name: "n", type: .bigint))
    for sum in sums {
      let type = rollup.sums[sum].sum.map { rollup.main.columns[$0].type } ?? .bigint
      columns.append(OutputColumn(name: "sum\(sum + 1)", type: type))
      columns.append(OutputColumn(name: "count\(sum + 1)", type: .bigint))
      let squares = BoundRollup.squaresType(of: rollup.sums[sum].argument.type)
      columns.append(OutputColumn(name: "squares\(sum + 1)", type: squares))
      columns.append(OutputColumn(name: "squares\(sum + 1)_low", type: squares))
    }
    for value in values {
      for argument in rollup.values[value].arguments {
        columns.append(OutputColumn(name: "value\(value + 1)", type: argument.type))
      }
      columns.append(OutputColumn(name: "weight\(value + 1)", type: .bigint))
    }
    for number in arrivals {
      let table = rollup.arrivals[number].table
      let place = rollup.arrivals[number].beforePlace
      columns.append(OutputColumn(name: "before\(number + 1)", type: table.columns[place].type))
      columns.append(OutputColumn(name: "came\(number + 1)", type: .bigint))
    }
    return columns
  }

  func null(_ type: LogicalType) -> BoundExpression {
    BoundExpression(.constant(.null), type)
  }

  func integer(_ value: Int64, _ type: LogicalType) -> BoundExpression {
    BoundRollup.integer(value, type)
  }

  func scan(_ table: TableDefinition, _ filters: [BoundExpression]) -> Plan {
    Plan(
      .scan(TableScan(table: table, columns: table.columns.map(\.id), filters: filters)),
      output: table.columns.map { OutputColumn(name: $0.name, type: $0.type) }
    )
  }

  /// Groups of the main table.
  private func mainRows(_ conditions: [BoundExpression]) -> Plan {
    var plan = scan(rollup.main, conditions)
    var places = Array(rollup.main.columns.indices)
    if needsNetGroups {
      (plan, places) = net(
        rollup.main,
        conditions,
        stateCount: rollup.main.columns.count - rollup.keys.count
      )
    }
    var list = keys.map { plan.column(places[$0]) }
    let n = plan.column(places[rollup.countPlace])
    list.append(n)
    for sum in sums {
      let stored = rollup.sums[sum]
      list.append(stored.sum.map { plan.column(places[$0]) } ?? integer(0, .bigint))
      list.append(stored.count.map { plan.column(places[$0]) } ?? n)
      let squares = BoundRollup.squaresType(of: stored.argument.type)
      for part in 0..<2 {
        list.append(
          stored.squares.map { plan.column(places[$0 + part]) } ?? integer(0, squares)
        )
      }
    }
    for value in values { list += noValue(value) }
    return Plan(.project(plan, list + noArrivals()), output: output)
  }

  /// Rows of one branch that agree in all that is told apart made one, before they are joined.
  ///
  /// What is constant in the branch, such as the states of another table, is neither grouped by nor added up.
  private func addedUp(_ rows: Plan) -> Plan {
    guard case .project(let input, let list) = rows.node else { return rows }
    let isState = isState
    func isConstant(_ place: Int) -> Bool {
      isState[place]
        ? list[place] == integer(0, rows.output[place].type) : list[place].isConstantForStatement
    }
    var told = list.indices.filter { !isState[$0] && !isConstant($0) }
    // Without a key there would be a group of no rows.
    if told.isEmpty { told = [0] }
    let added = list.indices.filter { isState[$0] && !isConstant($0) }
    guard isState[0] == false, !added.isEmpty else { return rows }
    let places = told + added
    let groups = Plan(
      .aggregate(
        input,
        keys: told.map { list[$0] },
        aggregates: added.map { BoundRollup.sum(list[$0], rows.output[$0].type) }
      ),
      output: places.map { rows.output[$0] }
    )
    let back = list.indices.map { place in
      places.firstIndex(of: place).map(groups.column) ?? list[place]
    }
    return Plan(.project(groups, back), output: rows.output)
  }

  /// Which columns of the rollup's rows are added up; the others tell rows apart.
  private var isState: [Bool] {
    var isState = keys.map { _ in false }
    isState += Array(repeating: true, count: 1 + sums.count * 4)
    for value in values {
      isState += rollup.values[value].arguments.map { _ in false } + [true]
    }
    return isState + arrivals.flatMap { _ in [false, true] }
  }

  /// The groups that are there by the keys that are brought along, and where each column of the table is then.
  ///
  /// Conditions that may fail see only these.
  private func net(
    _ table: TableDefinition,
    _ conditions: [BoundExpression],
    stateCount: Int
  ) -> (Plan, [Int]) {
    let failing = conditions.filter(\.mayRaise)
    let rows = scan(table, conditions.filter { !$0.mayRaise })
    let first = rows.output.count - stateCount
    let tested = failing.reduce(into: Set<Int>()) { $0.formUnion($1.columnIndexes) }
    // What stands between the keys and the states is a value, which is a key here.
    let kept = keys + tested.subtracting(keys).sorted() + Array(rollup.keys.count..<first)
    let calls = (first..<rows.output.count).map {
      BoundRollup.sum(rows.column($0), rows.output[$0].type)
    }
    let groups = Plan(
      .aggregate(rows, keys: kept.map(rows.column), aggregates: calls),
      output: kept.map { rows.output[$0] } + (first..<rows.output.count).map { rows.output[$0] }
    )
    let isThere = RollupAggregates.isPositive(groups.column(kept.count))
    var places = Array(repeating: 0, count: rows.output.count)
    for (place, column) in kept.enumerated() { places[column] = place }
    for state in 0..<stateCount { places[first + state] = kept.count + state }
    return (groups.filtered(by: [isThere] + failing.map { $0.mapColumns { places[$0] } }), places)
  }

  /// Values that some row of a group has; they count no rows.
  private func valueRows(_ value: Int, _ conditions: [BoundExpression]) -> Plan {
    let (plan, places) = net(rollup.values[value].table, conditions, stateCount: 1)
    let output = output
    var list = keys.map { plan.column(places[$0]) }
    let states = keys.count + 1 + sums.count * 4
    for place in keys.count..<states { list.append(integer(0, output[place].type)) }
    for other in values {
      guard other == value else {
        list += noValue(other)
        continue
      }
      // The arguments and `n`.
      let first = rollup.keys.count
      list += (first...first + rollup.values[value].arguments.count).map { plan.column(places[$0]) }
    }
    return Plan(.project(plan, list + noArrivals()), output: output)
  }

  /// Of a row that has none of a value.
  func noValue(_ value: Int) -> [BoundExpression] {
    rollup.values[value].arguments.map { null($0.type) } + [integer(0, .bigint)]
  }

  /// Rows of the table, each a group of its own.
  private func tableRows(_ conditions: [BoundExpression]) -> Plan {
    let plan = scan(rollup.table, conditions)
    let output = output
    var list = keys.map { rollup.keys[$0].expression }
    list.append(integer(1, .bigint))
    for sum in sums {
      let stored = rollup.sums[sum]
      list += BoundRollup.states(ofRow: stored, stored.argument, output[list.count].type)
    }
    for value in values { list += rollup.values[value].arguments + [integer(1, .bigint)] }
    return Plan(.project(plan, list + noArrivals()), output: output)
  }
}
