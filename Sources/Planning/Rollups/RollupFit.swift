import Catalog
import Columnar

/// Rewrites one grouping over one rollup, or finds out why that cannot be.
struct RollupFit {
  let rollup: BoundRollup
  private let path: RollupPath
  let context: BindingContext
  /// As ``RollupChoice/Offer/keptFrom``.
  private let keptFrom: Int64?
  /// As ``RollupChoice/givesReasons``.
  let givesReasons: Bool
  private let other: (Plan) -> Plan
  /// The keys, sums and values that the rollup's rows bring along, by place.
  private(set) var keys: [Int]
  private(set) var sums: [Int]
  private(set) var values: [Int]
  /// Of the rollup's arrivals those that add up under the scan's conditions.
  var arrivals: [Int]
  private(set) var usedArrivals: Set<Int> = []
  /// Arrivals of which a call has a range of its own, or is grouped by the bucket.
  var rangedArrivals: Set<Int> = []
  /// Whether it is known what is used.
  private(set) var isFinal = false
  /// What arrivals must know of the query.
  var setting = ArrivalsSetting()
  private(set) var usedKeys: Set<Int> = []
  private(set) var usedSums: Set<Int> = []
  private(set) var usedValues: Set<Int> = []
  /// Whether groups that are there must be told from those that cancelled out before anything is computed of them.
  var needsNetGroups = false
  /// Whether rows of the table are read beside the rollup.
  var mixesRows = false
  /// The first thing that does not fit.
  private(set) var reason: String?

  init(
    _ rollup: BoundRollup,
    _ path: RollupPath,
    _ context: BindingContext,
    keptFrom: Int64?,
    givesReasons: Bool,
    other: @escaping (Plan) -> Plan
  ) {
    self.rollup = rollup
    self.path = path
    self.context = context
    self.keptFrom = keptFrom
    self.givesReasons = givesReasons
    self.other = other
    keys = Array(rollup.keys.indices)
    sums = Array(rollup.sums.indices)
    values = Array(rollup.values.indices)
    arrivals = Array(rollup.arrivals.indices)
  }

  /// After a rewriting: the next one brings along only what that one used.
  mutating func keepOnlyWhatIsUsed() {
    isFinal = true
    keys = keys.filter(usedKeys.contains)
    sums = sums.filter(usedSums.contains)
    values = values.filter(usedValues.contains)
    arrivals = arrivals.filter(usedArrivals.contains)
  }

  mutating func bringAlongAllKeys() { keys = Array(rollup.keys.indices) }

  mutating func refuse(_ reason: String) {
    if self.reason == nil { self.reason = reason }
  }

  // MARK: What the rollup's rows are made of

  /// Behind the keys: n, then for each sum the sum, a count and both parts of the sum of squares, then of each value its
  /// arguments and how often they are there, then of arrivals the bucket before and how many.
  var width: Int {
    keys.count + 1 + sums.count * 4 + values.reduce(0) { $0 + valueWidth($1) }
      + arrivals.count * 2
  }
  func arrivalsPlace(_ number: Int) -> Int? {
    arrivals.firstIndex(of: number).map { width - (arrivals.count - $0) * 2 }
  }
  var countPlace: Int { keys.count }
  func sumPlace(_ sum: Int) -> Int? {
    sums.firstIndex(of: sum).map { keys.count + 1 + $0 * 4 }
  }
  private func valueWidth(_ value: Int) -> Int { rollup.values[value].arguments.count + 1 }
  func valuePlace(_ value: Int) -> Int? {
    guard let index = values.firstIndex(of: value) else { return nil }
    return keys.count + 1 + sums.count * 4
      + values[..<index].reduce(0) { $0 + valueWidth($1) }
  }

  /// What is known of the columns at one point of the way.
  struct Level {
    struct Column {
      /// Where it is now; nil: the rollup does not have it.
      var place: Int?
      /// What it is of a row of the table; nil: it comes from elsewhere.
      var origin: BoundExpression?
      /// The rollup's keys that its value here is made of.
      var keys: Set<Int> = []
      /// The key whose value it has.
      var equalKey: Int?
    }
    var plan: Plan
    /// By their place in the plan that is rewritten.
    var columns: [Column]
    /// Where the rollup's own columns begin.
    var base: Int

    /// What an expression is of a row of the table; nil: it needs more than that row.
    func origin(of expression: BoundExpression) -> BoundExpression? {
      if case .column(let place) = expression.node { return columns[place].origin }
      if expression.allChildren({ _ in false }) { return expression }
      var isKnown = true
      let moved = expression.mapChildren { child -> BoundExpression in
        guard isKnown, let origin = origin(of: child) else {
          isKnown = false
          return child
        }
        return origin
      }
      return isKnown ? moved : nil
    }
  }

  // MARK: Rewriting

  /// The grouping over the rollup; nil: it does not fit.
  mutating func rewrite(_ plan: Plan) -> Plan? {
    setting = ArrivalsSetting()
    guard case .aggregate(let input, let groupKeys, let calls) = plan.node,
      let level = level(of: input, path.steps[...])
    else { return nil }
    var newKeys: [BoundExpression] = []
    for key in groupKeys {
      guard let moved = rewrite(key, level) else { return nil }
      newKeys.append(moved)
      noteGroup(moved, level)
    }
    var aggregates = RollupAggregates(keyCount: newKeys.count)
    let rows = aggregates.add(
      BoundRollup.sum(column(countPlace, level), .numeric(NumericShape(precision: 38, scale: 0)))
    )
    var results: [BoundExpression] = []
    for call in calls {
      guard let result = rewrite(call, level, &aggregates) else { return nil }
      results.append(result)
    }
    let groups = Plan(
      .aggregate(level.plan, keys: newKeys, aggregates: aggregates.calls),
      output: newKeys.map { OutputColumn(name: "", type: $0.type) }
        + aggregates.calls.map { OutputColumn(name: "", type: $0.type) }
    )
    let kept =
      newKeys.isEmpty ? groups : groups.filtered(by: [RollupAggregates.isPositive(rows)])
    return Plan(
      .project(kept, newKeys.indices.map(groups.column) + results),
      output: plan.output
    )
  }

  /// A column of the rollup's own.
  func column(_ place: Int, _ level: Level) -> BoundExpression {
    level.plan.column(level.base + place)
  }

  private mutating func level(of plan: Plan, _ steps: ArraySlice<RollupPath.Step>) -> Level? {
    switch plan.node {
    case .scan(let scan): return leaf(scan)
    case .filter(let input, let condition):
      guard let level = level(of: input, steps.dropFirst()),
        let moved = rewrite(condition, level)
      else { return nil }
      setting.conditionKeys.formUnion(keysUsed(by: moved, level))
      var filtered = level
      filtered.plan = Plan(.filter(level.plan, moved), output: level.plan.output)
      return filtered
    case .project(let input, let list):
      guard let level = level(of: input, steps.dropFirst()) else { return nil }
      return project(list, plan.output, level)
    case .join(let left, let right, let kind, let keys, let residual):
      let goesLeft = steps.first == .left
      guard let level = level(of: goesLeft ? left : right, steps.dropFirst()) else { return nil }
      return join(
        level,
        other(goesLeft ? right : left),
        goesLeft: goesLeft,
        kind,
        keys: keys,
        residual: residual
      )
    default: return nil
    }
  }

  private mutating func project(
    _ list: [BoundExpression],
    _ output: [OutputColumn],
    _ level: Level
  ) -> Level {
    var moved: [BoundExpression] = []
    var names: [OutputColumn] = []
    var columns: [Level.Column] = []
    for (place, expression) in list.enumerated() {
      var column = Level.Column(place: nil, origin: level.origin(of: expression))
      // What is computed here and needed by nobody must not count as a reason.
      let known = (reason, usedKeys, needsNetGroups)
      if let value = rewrite(expression, level) {
        column.place = moved.count
        column.keys = keysUsed(by: value, level)
        column.equalKey = keyIndex(of: value, level)
        moved.append(value)
        names.append(OutputColumn(name: output[place].name, type: value.type))
      } else {
        (reason, usedKeys, needsNetGroups) = known
      }
      columns.append(column)
    }
    let base = moved.count
    for place in 0..<width {
      moved.append(self.column(place, level))
      names.append(level.plan.output[level.base + place])
    }
    return Level(
      plan: Plan(.project(level.plan, moved), output: names),
      columns: columns,
      base: base
    )
  }

  private mutating func join(
    _ level: Level,
    _ side: Plan,
    goesLeft: Bool,
    _ kind: JoinKind,
    keys: [(left: BoundExpression, right: BoundExpression)],
    residual: BoundExpression?
  ) -> Level? {
    let own = level.plan.output.count
    let sideBase = goesLeft ? own : 0
    let ownBase = goesLeft ? 0 : side.output.count
    let ownColumns = level.columns.map { column in
      var moved = column
      moved.place = column.place.map { $0 + ownBase }
      return moved
    }
    var sideColumns = side.output.indices.map { Level.Column(place: $0 + sideBase, origin: nil) }
    var movedKeys: [(left: BoundExpression, right: BoundExpression)] = []
    for key in keys {
      guard let moved = rewrite(goesLeft ? key.left : key.right, level) else { return nil }
      movedKeys.append(goesLeft ? (moved, key.right) : (key.left, moved))
      noteJoin(goesLeft ? key.right : key.left, with: moved, level, kind, &sideColumns)
    }
    if kind != .semi, kind != .anti, !side.isUnique(by: keys.map { goesLeft ? $0.right : $0.left })
    {
      setting.isMultiplied = true
    }
    let left = goesLeft ? level.plan : side
    let right = goesLeft ? side : level.plan
    var joined = Level(
      plan: Plan(
        .join(left, right, kind, keys: movedKeys, residual: nil),
        output: kind == .semi || kind == .anti ? left.output : left.output + right.output
      ),
      columns: goesLeft ? ownColumns + sideColumns : sideColumns + ownColumns,
      base: level.base + ownBase
    )
    if let residual {
      // Over both sides, also where only the left is handed on.
      let both = Level(
        plan: Plan(joined.plan.node, output: left.output + right.output),
        columns: joined.columns,
        base: joined.base
      )
      guard let moved = rewrite(residual, both) else { return nil }
      setting.conditionKeys.formUnion(keysUsed(by: moved, both))
      joined.plan = Plan(
        .join(left, right, kind, keys: movedKeys, residual: moved),
        output: joined.plan.output
      )
    }
    if kind == .semi || kind == .anti { joined.columns = ownColumns }
    return joined
  }

  // MARK: Expressions

  /// An expression over the rollup's rows; nil: it does not follow from the keys.
  mutating func rewrite(_ expression: BoundExpression, _ level: Level) -> BoundExpression? {
    if expression.isConstantForStatement { return expression }
    if case .call(let function, _) = expression.node, function.isVolatile {
      refuse("a value that differs from row to row")
      return nil
    }
    if let origin = level.origin(of: expression),
      let key = keys.firstIndex(where: { rollup.keys[$0].expression == origin }),
      !origin.dependsOnZone || isInZone
    {
      usedKeys.insert(keys[key])
      return column(key, level)
    }
    if let moved = rewriteMoment(expression, level) { return moved }
    if case .column(let place) = expression.node {
      let known = level.columns[place]
      guard let place = known.place else {
        let name = known.origin.map(name) ?? "a column"
        refuse("\(name) is no key")
        return nil
      }
      return level.plan.column(place)
    }
    if expression.mayRaiseItself { needsNetGroups = true }
    var isKnown = true
    let moved = expression.mapChildren { child -> BoundExpression in
      guard isKnown, let moved = rewrite(child, level) else {
        isKnown = false
        return child
      }
      return moved
    }
    return isKnown ? moved : nil
  }

  /// What a message calls an expression over the table's columns.
  func name(_ origin: BoundExpression) -> String {
    guard givesReasons else { return "" }
    return ExpressionPrinter(rollup.table.columns.map(\.name)).text(of: origin)
  }

  /// Whether it holds every row that a range of the scan asks for.
  mutating func holds(_ range: MomentRange?) -> Bool {
    guard let retention = rollup.retention, let keptFrom else { return true }
    if let range, range.column == retention.column, range.lower ?? .min >= keptFrom { return true }
    let column = rollup.table.columns[retention.column].name
    var day = OutputBuffer()
    day.append(date: Civil.date(timestamp: keptFrom))
    refuse("it holds only rows with \(column) from \(day.string) on")
    return false
  }

  /// Whether joins lie on the way.
  var hasJoins: Bool { path.steps.contains { $0 != .input } }

  /// Whether the session's zone is that of the rollup.
  var isInZone: Bool { context.settings.timeZoneName == rollup.definition.timeZone }

  /// Takes back what an attempt that came to nothing noted.
  mutating func restore(_ known: (reason: String?, usedKeys: Set<Int>)) {
    (reason, usedKeys) = known
  }

  mutating func noteKey(_ key: Int) { usedKeys.insert(key) }
  mutating func noteSum(_ sum: Int) { usedSums.insert(sum) }
  mutating func noteValue(_ value: Int) { usedValues.insert(value) }
  mutating func noteArrivals(_ number: Int) { usedArrivals.insert(number) }
}

extension BoundExpression {
  /// Whether the value of a moment's part may differ between sessions of different zones.
  var dependsOnZone: Bool {
    switch node {
    case .cast(let operand):
      if (type == .timestamptz) != (operand.type == .timestamptz), !operand.isFoldable {
        return true
      }
    case .call(let function, let arguments):
      let takesMoments = type == .timestamptz || arguments.contains { $0.type == .timestamptz }
      switch function {
      case .compare, .isDistinctFrom, .greatest, .least, .nullIf, .atTimeZone, .dateBin: break
      case .dateTruncate where arguments.count == 3: break
      default: if takesMoments { return true }
      }
    default: break
    }
    return children.contains { $0.dependsOnZone }
  }
}
