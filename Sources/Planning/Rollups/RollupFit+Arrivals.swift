import Catalog
import Columnar

/// What decides whether counts of different values may be added up from arrivals.
struct ArrivalsSetting {
  /// Keys that conditions and joins look at, but for ranges of the bucket.
  var conditionKeys: Set<Int> = []
  /// Keys that have one value in each group.
  var fixedKeys: Set<Int> = []
  /// Keys that the groups are made of.
  var groupKeys: Set<Int> = []
  /// Group keys of the bucket, over the rollup's rows.
  var groupBuckets: [BoundExpression] = []
  /// The range of moments that the scan asks for.
  var range: RollupFit.MomentRange?
  /// Whether a join may find several rows for one.
  var isMultiplied = false
}

extension RollupFit {
  // MARK: Collecting

  /// The rollup's keys that an expression over its rows is made of.
  func keysUsed(by expression: BoundExpression, _ level: Level) -> Set<Int> {
    var used: Set<Int> = []
    for place in expression.columnIndexes {
      if let key = ownKey(place, level) { used.insert(key) }
      for column in level.columns where column.place == place { used.formUnion(column.keys) }
    }
    return used
  }

  /// The key whose value an expression over the rollup's rows has.
  func keyIndex(of expression: BoundExpression, _ level: Level) -> Int? {
    guard let place = expression.columnIndex else { return nil }
    if let key = ownKey(place, level) { return key }
    return level.columns.first { $0.place == place && $0.equalKey != nil }?.equalKey
  }

  private func ownKey(_ place: Int, _ level: Level) -> Int? {
    let index = place - level.base
    return keys.indices.contains(index) ? keys[index] : nil
  }

  /// Notes a condition on the scan, over all of the rollup's keys by their places.
  mutating func noteCondition(_ condition: BoundExpression) {
    setting.conditionKeys.formUnion(condition.columnIndexes)
    guard case .call(.compare(.equal), let sides) = condition.node, sides.count == 2 else { return }
    for (side, other) in [(sides[0], sides[1]), (sides[1], sides[0])] {
      if let key = side.columnIndex, other.isConstantForStatement { setting.fixedKeys.insert(key) }
    }
  }

  /// Notes a key of the grouping, over the rollup's rows.
  mutating func noteGroup(_ key: BoundExpression, _ level: Level) {
    let used = keysUsed(by: key, level)
    setting.groupKeys.formUnion(used)
    if let one = keyIndex(of: key, level) { setting.fixedKeys.insert(one) }
    if let bucket = rollup.arrivals.first?.bucket, used.contains(bucket) {
      setting.groupBuckets.append(key)
    }
  }

  /// Notes that a join compares a column of its other side with a value of this one.
  func noteEquality(
    _ side: BoundExpression,
    with own: BoundExpression,
    _ level: Level,
    _ columns: inout [Level.Column]
  ) {
    guard let place = side.columnIndex, side.type == own.type else { return }
    columns[place].equalKey = keyIndex(of: own, level)
  }

  mutating func noteJoin(
    _ side: BoundExpression,
    with own: BoundExpression,
    _ level: Level,
    _ kind: JoinKind,
    _ columns: inout [Level.Column]
  ) {
    setting.conditionKeys.formUnion(keysUsed(by: own, level))
    if kind == .inner { noteEquality(side, with: own, level, &columns) }
  }

  // MARK: Rows

  /// Keeps the arrivals that add up under the scan's conditions.
  mutating func chooseArrivals(cutKey: Int?, isWhole: Bool) {
    let conditionKeys = setting.conditionKeys
    arrivals = arrivals.filter { number in
      let bucket = rollup.arrivals[number].bucket
      return isWhole && (cutKey ?? bucket) == bucket && conditionKeys.allSatisfy { $0 < bucket }
    }
  }

  /// Of a row that has no arrivals.
  func noArrivals() -> [BoundExpression] {
    arrivals.flatMap { number -> [BoundExpression] in
      let arrivals = rollup.arrivals[number]
      return [null(arrivals.table.columns[arrivals.beforePlace].type), integer(0, .bigint)]
    }
  }

  /// Arrivals; they count no rows.
  func arrivalRows(_ number: Int, _ conditions: [BoundExpression]) -> Plan {
    let one = rollup.arrivals[number]
    // Where all calls ask for the same, the scan itself leaves out what was there before.
    let isPushed = isFinal && !rangedArrivals.contains(number)
    let table = one.table
    let before = BoundExpression(.column(one.beforePlace), table.columns[one.beforePlace].type)
    let first = isNew(before, lower: setting.range?.lower, hasRange: setting.range != nil)
    let failing = needsNetGroups ? conditions.filter(\.mayRaise) : []
    let harmless = failing.isEmpty ? conditions : conditions.filter { !$0.mayRaise }
    var plan = scan(table, harmless + (isPushed ? [first] : []))
    if needsNetGroups {
      plan = rollup.addedUp(plan, keyCount: one.countPlace)
      if !failing.isEmpty { plan = plan.filtered(by: failing) }
    }
    let output = output
    var list = keys.map { key in
      key <= one.bucket ? plan.column(key) : null(rollup.keys[key].expression.type)
    }
    let states = keys.count + 1 + sums.count * 4
    for place in keys.count..<states { list.append(integer(0, output[place].type)) }
    for value in values { list += noValue(value) }
    var none = noArrivals()
    if let place = arrivals.firstIndex(of: number) {
      if !isPushed { none[place * 2] = plan.column(one.beforePlace) }
      none[place * 2 + 1] = plan.column(one.countPlace)
    }
    return Plan(.project(plan, list + none), output: output)
  }

  // MARK: Counting

  /// How many different values there are, from arrivals; nil: they do not add up to it.
  mutating func arrived(
    _ call: BoundAggregate,
    _ level: Level,
    _ aggregates: inout RollupAggregates
  ) -> BoundExpression? {
    guard call.function == .count, call.isDistinct, !setting.isMultiplied,
      let origin = call.arguments.first.flatMap(level.origin), !origin.dependsOnZone || isInZone,
      let number = arrivals.first(where: {
        rollup.values[rollup.arrivals[$0].value].arguments == [origin]
      }), let place = arrivalsPlace(number)
    else { return nil }
    let bucket = rollup.arrivals[number].bucket
    guard setting.conditionKeys.allSatisfy({ $0 < bucket }),
      setting.groupKeys.allSatisfy({ $0 <= bucket }),
      (0..<bucket).allSatisfy(setting.fixedKeys.contains),
      setting.groupBuckets.allSatisfy({ isMonotone($0, bucket, level) }),
      let filter = split(call.filter, bucket, level)
    else { return nil }
    let before = column(place, level)
    let hasRange = setting.range != nil || filter.range != nil
    let lower = [setting.range?.lower, filter.range?.lower].compactMap { $0 }.max()
    var isFirst = isNew(
      before,
      lower: lower,
      hasRange: hasRange || !setting.groupBuckets.isEmpty
    )
    if !setting.groupBuckets.isEmpty {
      isFirst = BoundExpression(.or([isFirst, isOfOtherGroup(before, bucket, level)]), .boolean)
    }
    noteArrivals(number)
    if filter.range != nil || !setting.groupBuckets.isEmpty { rangedArrivals.insert(number) }
    return count(column(place + 1, level), filter.conditions + [isFirst], &aggregates)
  }

  /// Whether the bucket before lies outside of a range of buckets; rows without a moment lie outside of every range.
  private func isNew(
    _ before: BoundExpression,
    lower: Int64?,
    hasRange: Bool
  ) -> BoundExpression {
    let isFirst = BoundExpression(.isNull(before, negated: false), .boolean)
    if let lower {
      let lies = Self.conditions(of: before, from: nil, to: lower)
      return BoundExpression(.or([isFirst] + lies), .boolean)
    }
    guard hasRange else { return isFirst }
    return BoundExpression(.or([isFirst, isNoMoment(before, .equal)]), .boolean)
  }

  /// Whether later buckets have no smaller groups: then a value that was in a group before was there in the bucket before, too.
  private func isMonotone(_ key: BoundExpression, _ bucket: Int, _ level: Level) -> Bool {
    if keyIndex(of: key, level) == bucket { return true }
    guard case .call(.dateTruncate, let arguments) = key.node, arguments.count >= 2,
      keyIndex(of: arguments[1], level) == bucket, arguments[1].columnIndex != nil,
      case .constant(.bytes(let unit)) = arguments[0].node
    else { return false }
    // A clock that is turned back repeats hours, but not days.
    return ["day", "week", "month", "quarter", "year"]
      .contains(String(decoding: unit, as: UTF8.self).lowercased())
  }

  /// Whether the bucket before belongs to another group.
  private func isOfOtherGroup(
    _ before: BoundExpression,
    _ bucket: Int,
    _ level: Level
  ) -> BoundExpression {
    let differences = setting.groupBuckets.map { key in
      let moved =
        keyIndex(of: key, level) == bucket && key.columnIndex != nil
        ? before
        : key.mapChildren { $0.columnIndex == nil ? $0 : before }
      return BoundExpression(.call(.isDistinctFrom, [moved, key]), .boolean)
    }
    // What stands for no moment has no month.
    let isMoment = isNoMoment(before, .notEqual)
    let differs =
      differences.count == 1 ? differences[0] : BoundExpression(.or(differences), .boolean)
    return BoundExpression(
      .caseWhen(
        [(when: isMoment, then: differs)],
        otherwise: BoundExpression(.constant(.boolean(true)), .boolean)
      ),
      .boolean
    )
  }

  private func isNoMoment(
    _ before: BoundExpression,
    _ comparison: ComparisonOperator
  ) -> BoundExpression {
    let noMoment = BoundExpression(.constant(.int64(Arrivals.noMoment)), before.type)
    return BoundExpression(.call(.compare(comparison), [before, noMoment]), .boolean)
  }

  /// A call's condition: ranges of the bucket that cut none, and what looks at the owner's keys only; nil: it is something else.
  private mutating func split(
    _ filter: BoundExpression?,
    _ bucket: Int,
    _ level: Level
  ) -> (conditions: [BoundExpression], range: MomentRange?)? {
    var conditions: [BoundExpression] = []
    var range: MomentRange?
    for part in filter?.conjuncts ?? [] {
      if let origin = level.origin(of: part), let own = self.range(of: origin),
        own.column == rollup.keys[bucket].bucket?.column
      {
        guard let place = keys.firstIndex(of: bucket),
          [own.lower, own.upper].compactMap({ $0 }).allSatisfy({ bucketStart(of: $0, bucket) == $0 }
          )
        else { return nil }
        noteKey(bucket)
        conditions += Self.conditions(of: column(place, level), from: own.lower, to: own.upper)
        if range == nil { range = own } else { range?.narrow(own) }
        continue
      }
      guard let moved = rewrite(part, level),
        keysUsed(by: moved, level).allSatisfy({ $0 < bucket })
      else { return nil }
      conditions.append(moved)
    }
    return (conditions, range)
  }
}

extension Plan {
  /// Whether no two rows agree in some expressions.
  func isUnique(by expressions: [BoundExpression]) -> Bool {
    let columns = Set(expressions.compactMap(\.columnIndex))
    switch node {
    case .scan(let scan):
      let ids = Set(columns.filter { $0 < scan.columns.count }.map { scan.columns[$0] })
      return !scan.table.primaryKey.isEmpty && scan.table.primaryKey.allSatisfy(ids.contains)
    case .filter(let input, _): return input.isUnique(by: expressions)
    case .project(let input, let list):
      return input.isUnique(by: columns.filter { $0 < list.count }.map { list[$0] })
    default: return false
    }
  }
}
