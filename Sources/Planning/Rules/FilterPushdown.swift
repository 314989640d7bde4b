import Columnar

/// Moves conditions to where the rows come from, and into scans and joins.
///
/// On the way a join gets the equalities that a filter above it states, an outer join whose missing side is
/// filtered away becomes an inner one, and a condition on one side of an equality also restricts the other side.
enum FilterPushdown {
  static func apply(_ plan: Plan) -> Plan { push([], into: plan) }

  /// The plan's rows that pass all of `conditions`, which are over its output.
  private static func push(_ conditions: [BoundExpression], into plan: Plan) -> Plan {
    let conditions = conditions.flatMap(\.conjuncts)
    if conditions.contains(where: \.isNever) { return plan.emptied }
    switch plan.node {
    case .filter(let input, let condition):
      // Conditions written first stay first: they were meant to protect those that follow.
      return push([condition] + conditions, into: input).renamed(plan.output)
    case .project(let input, let list): return pushThroughProject(conditions, plan, input, list)
    case .scan(let scan): return pushIntoScan(conditions, plan, scan)
    case .join: return JoinPushdown.push(conditions, into: plan, recursion: push)
    case .aggregate(let input, let keys, let aggregates):
      var isProtected = false
      let (below, above) = split(conditions) { condition in
        // What may fail stays behind a condition on the groups: that may protect it.
        let mayGo = isOverKeys(condition, keys) && !(isProtected && condition.mayRaise)
        if !mayGo { isProtected = true }
        return mayGo
      }
      let pushed = push(below.map { $0.substituting(keys) }, into: input)
      return Plan(
        .aggregate(pushed, keys: keys, aggregates: aggregates),
        output: plan.output
      ).filtered(by: above)
    case .sort(let input, let keys):
      return Plan(.sort(push(conditions, into: input), keys), output: plan.output)
    case .distinct(let input):
      let (below, above) = split(conditions) { !$0.isVolatile }
      return Plan(.distinct(push(below, into: input)), output: plan.output).filtered(by: above)
    case .distinctOn(let input, let keys):
      let columns = Set(keys.compactMap(\.columnIndex))
      let (below, above) = split(conditions) { isOnly($0, columns) }
      return Plan(.distinctOn(push(below, into: input), keys), output: plan.output)
        .filtered(by: above)
    case .setOperation(let kind, let left, let right, let isAll):
      let (below, above) = split(conditions) { !$0.isVolatile }
      return Plan(
        .setOperation(kind, push(below, into: left), push(below, into: right), isAll: isAll),
        output: plan.output
      ).filtered(by: above)
    case .window(let input, let calls):
      let (below, above) = split(conditions) { isOverPartitions($0, calls) }
      return Plan(.window(push(below, into: input), calls), output: plan.output)
        .filtered(by: above)
    case .limit, .values, .tableFunction, .systemTable:
      return plan.mapInputs { push([], into: $0) }.filtered(by: conditions)
    }
  }

  // MARK: Where a condition may go

  private static func split(
    _ conditions: [BoundExpression],
    _ mayGo: (BoundExpression) -> Bool
  ) -> (below: [BoundExpression], above: [BoundExpression]) {
    var parts: (below: [BoundExpression], above: [BoundExpression]) = ([], [])
    for condition in conditions {
      if mayGo(condition) { parts.below.append(condition) } else { parts.above.append(condition) }
    }
    return parts
  }

  private static func isOnly(_ condition: BoundExpression, _ columns: Set<Int>) -> Bool {
    let used = condition.columnIndexes
    return !used.isEmpty && used.isSubset(of: columns) && !condition.isVolatile
  }

  private static func isOverKeys(_ condition: BoundExpression, _ keys: [BoundExpression]) -> Bool {
    isOnly(condition, Set(keys.indices)) && !keys.contains(where: \.isVolatile)
  }

  /// A condition on what every window is partitioned by removes whole partitions.
  private static func isOverPartitions(
    _ condition: BoundExpression,
    _ calls: [BoundWindow]
  )
    -> Bool
  {
    calls.allSatisfy { isOnly(condition, Set($0.partition.compactMap(\.columnIndex))) }
  }

  private static func pushThroughProject(
    _ conditions: [BoundExpression],
    _ plan: Plan,
    _ input: Plan,
    _ list: [BoundExpression]
  ) -> Plan {
    let (below, above) = split(conditions) { condition in
      !condition.isVolatile && condition.columnIndexes.allSatisfy { !list[$0].isVolatile }
    }
    let pushed = push(below.map { $0.substituting(list) }, into: input)
    return Plan(.project(pushed, list), output: plan.output).filtered(by: above)
  }

  private static func pushIntoScan(
    _ conditions: [BoundExpression],
    _ plan: Plan,
    _ scan: TableScan
  ) -> Plan {
    let (below, above) = split(conditions) { condition in
      !condition.isVolatile && condition.columnIndexes.allSatisfy { $0 < scan.outputCount }
    }
    var scan = scan
    for condition in below where !scan.filters.contains(condition) {
      scan.filters.append(condition)
    }
    return Plan(.scan(scan), output: plan.output).filtered(by: above)
  }
}

extension BoundExpression {
  /// Whether no row passes this condition.
  var isNever: Bool { isConstant(.boolean(false)) || isConstant(.null) }
}

extension Plan {
  /// The same plan whose columns have the names of another output, where it has names.
  func renamed(_ names: [OutputColumn]) -> Plan {
    var changed = names
    for (index, column) in output.enumerated() where changed[index].name.isEmpty {
      changed[index].name = column.name
    }
    return Plan(node, output: changed)
  }
}
