import Columnar

/// DISTINCT, UNION, INTERSECT and EXCEPT as groupings, so that one operator serves them all.
///
/// Groups take NULLs as equal, which is what these operations ask for. INTERSECT and EXCEPT count from which
/// side the rows of a group come. Their ALL forms stay as they are.
enum SetOperationRewriting {
  static func apply(_ plan: Plan) -> Plan {
    let plan = plan.mapInputs(apply)
    switch plan.node {
    case .distinct(let input): return grouped(input, output: plan.output)
    case .setOperation(.union, let left, let right, isAll: false):
      let all = Plan(.setOperation(.union, left, right, isAll: true), output: plan.output)
      return grouped(all, output: plan.output)
    case .setOperation(let kind, let left, let right, isAll: false):
      return counted(kind, left, right, output: plan.output)
    default: return plan
    }
  }

  private static func grouped(_ input: Plan, output: [OutputColumn]) -> Plan {
    guard !output.isEmpty else { return Plan(.distinct(input), output: output) }
    return Plan(.aggregate(input, keys: input.columns, aggregates: []), output: output)
  }

  private static func counted(
    _ kind: SetOperation,
    _ left: Plan,
    _ right: Plan,
    output: [OutputColumn]
  ) -> Plan {
    let marks = ["left", "right"].map { OutputColumn(name: $0, type: .integer) }
    func marked(_ side: Plan, _ first: Int64, _ second: Int64) -> Plan {
      let flags = [first, second].map { BoundExpression(.constant(.int64($0)), .integer) }
      return Plan(.project(side, side.columns + flags), output: output + marks)
    }
    let all = Plan(
      .setOperation(.union, marked(left, 1, 0), marked(right, 0, 1), isAll: true),
      output: output + marks
    )
    let width = output.count
    let most = [width, width + 1].map { index in
      BoundAggregate(function: .maximum, arguments: [all.column(index)], type: .integer)
    }
    let groups = Plan(
      .aggregate(all, keys: Array(all.columns.prefix(width)), aggregates: most),
      output: output + marks
    )
    let one = BoundExpression(.constant(.int64(1)), .integer)
    let isWanted = { (index: Int, comparison: ComparisonOperator) in
      BoundExpression(.call(.compare(comparison), [groups.column(index), one]), .boolean)
    }
    let passed = groups.filtered(by: [
      isWanted(width, .equal), isWanted(width + 1, kind == .except ? .notEqual : .equal),
    ])
    return Plan(.project(passed, Array(groups.columns.prefix(width))), output: output)
  }
}
