import Columnar

/// Drops the columns that nobody reads, down to the scans.
enum ColumnPruning {
  /// A plan that has at least the wanted columns, and where they are now.
  private struct Pruned {
    var plan: Plan
    var places: [Int: Int]

    init(_ plan: Plan, _ places: [Int: Int]) {
      self.plan = plan
      self.places = places
    }

    /// A plan whose columns stayed where they were.
    init(unchanged plan: Plan) {
      self.init(plan, Dictionary(uniqueKeysWithValues: plan.output.indices.map { ($0, $0) }))
    }

    func move(_ expression: BoundExpression) -> BoundExpression {
      expression.mapColumns { places[$0] ?? $0 }
    }

    /// The plan with exactly these columns in this order.
    func exactly(_ wanted: [Int], output: [OutputColumn]) -> Plan {
      let order = wanted.map { places[$0] ?? $0 }
      if order == Array(plan.output.indices) { return plan.renamed(wanted.map { output[$0] }) }
      return Plan(.project(plan, order.map(plan.column)), output: wanted.map { output[$0] })
    }
  }

  static func apply(_ plan: Plan) -> Plan {
    let all = Array(plan.output.indices)
    return prune(plan, Set(all)).exactly(all, output: plan.output)
  }

  private static func prune(_ plan: Plan, _ wanted: Set<Int>) -> Pruned {
    switch plan.node {
    case .scan(let scan): return prune(plan, scan, wanted)
    case .values(let rows): return prune(plan, rows, wanted)
    case .tableFunction, .systemTable: return Pruned(unchanged: plan)
    case .filter(let input, let condition):
      let inner = prune(input, wanted.union(condition.columnIndexes))
      return passing(plan, inner, .filter(inner.plan, inner.move(condition)))
    case .project(let input, let list): return prune(plan, input, list, wanted)
    case .aggregate(let input, let keys, let aggregates):
      return prune(plan, input, keys, aggregates, wanted)
    case .join: return prune(join: plan, wanted)
    case .sort(let input, let keys):
      let used = keys.reduce(into: wanted) { $0.formUnion($1.expression.columnIndexes) }
      let inner = prune(input, used)
      return passing(plan, inner, .sort(inner.plan, keys.map { $0.mapExpression(inner.move) }))
    case .limit(let input, let limit, let offset):
      let inner = prune(input, wanted)
      return passing(plan, inner, .limit(inner.plan, limit: limit, offset: offset))
    case .distinct(let input):
      return Pruned(unchanged: Plan(.distinct(apply(input)), output: plan.output))
    case .distinctOn(let input, let keys):
      let used = keys.reduce(into: wanted) { $0.formUnion($1.columnIndexes) }
      let inner = prune(input, used)
      return passing(plan, inner, .distinctOn(inner.plan, keys.map(inner.move)))
    case .setOperation(let kind, let left, let right, let isAll):
      return prune(plan, kind, left, right, isAll, wanted)
    case .window(let input, let calls): return prune(plan, input, calls, wanted)
    }
  }

  /// An operator that hands its input's columns on, under the names they had above it.
  private static func passing(_ old: Plan, _ inner: Pruned, _ node: PlanNode) -> Pruned {
    var output = inner.plan.output
    for (index, place) in inner.places where index < old.output.count {
      output[place] = old.output[index]
    }
    return Pruned(Plan(node, output: output), inner.places)
  }

  private static func numbered(_ kept: [Int]) -> [Int: Int] {
    Dictionary(uniqueKeysWithValues: kept.enumerated().map { ($1, $0) })
  }

  // MARK: Leaves

  private static func prune(_ plan: Plan, _ scan: TableScan, _ wanted: Set<Int>) -> Pruned {
    let kept = wanted.filter { $0 < scan.outputCount }.sorted()
    let filtered = scan.filters.reduce(into: Set<Int>()) { $0.formUnion($1.columnIndexes) }
    let order = kept + filtered.subtracting(kept).sorted()
    let places = numbered(order)
    var changed = scan
    changed.columns = order.map { scan.columns[$0] }
    changed.outputCount = kept.count
    changed.filters = scan.filters.map { $0.mapColumns { places[$0] ?? $0 } }
    var output = kept.map { plan.output[$0] }
    var result = numbered(kept)
    if scan.emitsLocator {
      result[scan.outputCount] = kept.count
      output.append(plan.output[scan.outputCount])
    }
    return Pruned(Plan(.scan(changed), output: output), result)
  }

  private static func prune(
    _ plan: Plan,
    _ rows: [[BoundExpression]],
    _ wanted: Set<Int>
  ) -> Pruned {
    let kept = wanted.sorted()
    if kept.count == plan.output.count { return Pruned(unchanged: plan) }
    let changed = rows.map { row in kept.map { row[$0] } }
    return Pruned(
      Plan(.values(rows: changed), output: kept.map { plan.output[$0] }),
      numbered(kept)
    )
  }

  // MARK: Operators that make columns

  private static func prune(
    _ plan: Plan,
    _ input: Plan,
    _ list: [BoundExpression],
    _ wanted: Set<Int>
  ) -> Pruned {
    let kept = wanted.sorted()
    let used = kept.reduce(into: Set<Int>()) { $0.formUnion(list[$1].columnIndexes) }
    let inner = prune(input, used)
    let changed = Plan(
      .project(inner.plan, kept.map { inner.move(list[$0]) }),
      output: kept.map { plan.output[$0] }
    )
    return Pruned(changed, numbered(kept))
  }

  private static func prune(
    _ plan: Plan,
    _ input: Plan,
    _ keys: [BoundExpression],
    _ aggregates: [BoundAggregate],
    _ wanted: Set<Int>
  ) -> Pruned {
    var kept = aggregates.indices.filter { wanted.contains(keys.count + $0) }
    // Without keys there is one row, and something must make it.
    if keys.isEmpty, kept.isEmpty, !aggregates.isEmpty { kept = [0] }
    var used = keys.reduce(into: Set<Int>()) { $0.formUnion($1.columnIndexes) }
    for index in kept { used.formUnion(aggregates[index].columnIndexes) }
    let inner = prune(input, used)
    let order = Array(keys.indices) + kept.map { keys.count + $0 }
    let changed = PlanNode.aggregate(
      inner.plan,
      keys: keys.map(inner.move),
      aggregates: kept.map { aggregates[$0].mapExpressions(inner.move) }
    )
    return Pruned(Plan(changed, output: order.map { plan.output[$0] }), numbered(order))
  }

  private static func prune(
    _ plan: Plan,
    _ input: Plan,
    _ calls: [BoundWindow],
    _ wanted: Set<Int>
  ) -> Pruned {
    let width = input.output.count
    let kept = calls.indices.filter { wanted.contains(width + $0) }
    var used = wanted.filter { $0 < width }
    for index in kept { used.formUnion(calls[index].columnIndexes) }
    let inner = prune(input, used)
    if kept.isEmpty { return inner }
    var places = inner.places
    for (position, index) in kept.enumerated() {
      places[width + index] = inner.plan.output.count + position
    }
    let changed = Plan(
      .window(inner.plan, kept.map { calls[$0].mapExpressions(inner.move) }),
      output: inner.plan.output + kept.map { plan.output[width + $0] }
    )
    return Pruned(changed, places)
  }

  // MARK: Two inputs

  private static func prune(join plan: Plan, _ wanted: Set<Int>) -> Pruned {
    guard case .join(let left, let right, let kind, let keys, let residual) = plan.node else {
      return Pruned(unchanged: plan)
    }
    let width = left.output.count
    var used = wanted.union(residual?.columnIndexes ?? [])
    for key in keys {
      used.formUnion(key.left.columnIndexes)
      used.formUnion(key.right.columnIndexes.map { $0 + width })
    }
    let leftPart = prune(left, used.filter { $0 < width })
    // One row of which nothing is read adds nothing to a cross join.
    if kind == .cross, right.isOneRow, used.allSatisfy({ $0 < width }) { return leftPart }
    let rightPart = prune(right, Set(used.filter { $0 >= width }.map { $0 - width }))
    let newWidth = leftPart.plan.output.count
    var places = leftPart.places
    for (index, place) in rightPart.places { places[index + width] = place + newWidth }
    let changed = PlanNode.join(
      leftPart.plan,
      rightPart.plan,
      kind,
      keys: keys.map { (left: leftPart.move($0.left), right: rightPart.move($0.right)) },
      residual: residual.map { $0.mapColumns { places[$0] ?? $0 } }
    )
    let isOneSided = kind == .semi || kind == .anti
    let output =
      isOneSided ? leftPart.plan.output : leftPart.plan.output + rightPart.plan.output
    return Pruned(Plan(changed, output: output), isOneSided ? leftPart.places : places)
  }

  private static func prune(
    _ plan: Plan,
    _ kind: SetOperation,
    _ left: Plan,
    _ right: Plan,
    _ isAll: Bool,
    _ wanted: Set<Int>
  ) -> Pruned {
    // Only UNION ALL may lose columns: the others compare whole rows.
    let kept = kind == .union && isAll ? wanted.sorted() : Array(plan.output.indices)
    let sides = [left, right].map { prune($0, Set(kept)).exactly(kept, output: $0.output) }
    let changed = Plan(
      .setOperation(kind, sides[0], sides[1], isAll: isAll),
      output: kept.map { plan.output[$0] }
    )
    return Pruned(changed, numbered(kept))
  }
}
