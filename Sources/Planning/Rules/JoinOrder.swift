import Columnar

/// Joins are made around the largest input: the others are built into tables that its rows probe.
///
/// A join builds its right side. So the largest input comes first, then one after the other the smallest that a
/// condition connects with those before it. An outer join only changes its sides.
struct JoinOrder {
  private let estimate: RowEstimate

  init(_ statistics: any TableStatistics) { estimate = RowEstimate(statistics: statistics) }

  func apply(_ plan: Plan) -> Plan {
    guard case .join(_, _, let kind, _, _) = plan.node else { return plan.mapInputs(apply) }
    switch kind {
    case .inner, .cross: return ordered(plan)
    case .left, .right: return turned(plan.mapInputs(apply))
    case .full, .semi, .anti: return plan.mapInputs(apply)
    }
  }

  // MARK: Outer joins

  /// `small LEFT JOIN large` builds the large side: turned around it is a right join that builds the small one.
  private func turned(_ plan: Plan) -> Plan {
    guard case .join(let left, let right, let kind, let keys, let residual) = plan.node,
      !keys.isEmpty, estimate.rows(of: left) * 2 < estimate.rows(of: right)
    else { return plan }
    let leftWidth = left.output.count
    let rightWidth = right.output.count
    let joined = Plan(
      .join(
        right,
        left,
        kind == .left ? .right : .left,
        keys: keys.map { (left: $0.right, right: $0.left) },
        residual: residual.map { condition in
          condition.mapColumns { $0 < leftWidth ? $0 + rightWidth : $0 - leftWidth }
        }
      ),
      output: right.output + left.output
    )
    let order = (0..<leftWidth).map { $0 + rightWidth } + Array(0..<rightWidth)
    return Plan(.project(joined, order.map(joined.column)), output: plan.output)
  }

  // MARK: Inner joins

  /// The inputs of a tree of inner joins, with its conditions over all their columns.
  private struct Inputs {
    var plans: [Plan] = []
    /// Where the columns of each plan begin.
    var offsets: [Int] = []
    var conditions: [BoundExpression] = []
    var width = 0

    mutating func add(_ plan: Plan) {
      let first = width
      guard case .join(let left, let right, let kind, let keys, let residual) = plan.node,
        kind == .inner || kind == .cross
      else {
        plans.append(plan)
        offsets.append(width)
        width += plan.output.count
        return
      }
      add(left)
      let middle = width
      add(right)
      for key in keys {
        let sides = [key.left.shifted(by: first), key.right.shifted(by: middle)]
        conditions.append(BoundExpression(.call(.compare(.equal), sides), .boolean))
      }
      conditions += residual?.conjuncts.map { $0.shifted(by: first) } ?? []
    }

    func columns(of index: Int) -> Range<Int> {
      offsets[index]..<offsets[index] + plans[index].output.count
    }
  }

  private func ordered(_ plan: Plan) -> Plan {
    var inputs = Inputs()
    inputs.add(plan)
    return rebuilt(inputs, order(of: inputs), plan.output)
  }

  private func order(of inputs: Inputs) -> [Int] {
    let sizes = inputs.plans.map(estimate.rows)
    guard let first = sizes.indices.max(by: { sizes[$0] < sizes[$1] }) else { return [] }
    var order = [first]
    var known = Set(inputs.columns(of: first))
    var rest = sizes.indices.filter { $0 != first }
    while !rest.isEmpty {
      let connected = rest.filter { isConnected(inputs, known, inputs.columns(of: $0)) }
      let candidates = connected.isEmpty ? rest : connected
      guard let next = candidates.min(by: { sizes[$0] < sizes[$1] }) else { break }
      order.append(next)
      known.formUnion(inputs.columns(of: next))
      rest.removeAll { $0 == next }
    }
    return order
  }

  /// Whether an equality ties the columns to those already joined.
  private func isConnected(_ inputs: Inputs, _ known: Set<Int>, _ columns: Range<Int>) -> Bool {
    inputs.conditions.contains { condition in
      guard case .call(.compare(.equal), _) = condition.node else { return false }
      let used = condition.columnIndexes
      return used.contains(where: columns.contains) && used.contains(where: known.contains)
        && used.allSatisfy { known.contains($0) || columns.contains($0) }
    }
  }

  private func rebuilt(_ inputs: Inputs, _ order: [Int], _ output: [OutputColumn]) -> Plan {
    var places: [Int: Int] = [:]
    var conditions = inputs.conditions
    var result: Plan?
    for index in order {
      let input = apply(inputs.plans[index])
      let width = result?.output.count ?? 0
      for (position, column) in inputs.columns(of: index).enumerated() {
        places[column] = width + position
      }
      let ready = conditions.filter { $0.columnIndexes.allSatisfy { places[$0] != nil } }
      conditions.removeAll { $0.columnIndexes.allSatisfy { places[$0] != nil } }
      let moved = ready.map { condition in condition.mapColumns { places[$0] ?? $0 } }
      guard let left = result else {
        result = input.filtered(by: moved)
        continue
      }
      let condition = JoinCondition(moved, leftWidth: width)
      let isCross = condition.keys.isEmpty && condition.residual == nil
      result = Plan(
        .join(
          left,
          input,
          isCross ? .cross : .inner,
          keys: condition.keys,
          residual: condition.residual
        ),
        output: left.output + input.output
      )
    }
    guard let result else { return Plan(.values(rows: []), output: output) }
    let columns = output.indices.map { result.column(places[$0] ?? $0) }
    return Plan(.project(result, columns), output: output)
  }
}
