/// Projections over projections become one, and those that change nothing go.
enum ProjectionMerging {
  static func apply(_ plan: Plan) -> Plan {
    let plan = plan.mapInputs(apply)
    guard case .project(let input, let list) = plan.node else { return plan }
    if case .project(let source, let inner) = input.node, canMerge(list, inner) {
      return apply(Plan(.project(source, list.map { $0.substituting(inner) }), output: plan.output))
    }
    let isIdentity =
      list.count == input.output.count
      && list.enumerated().allSatisfy { index, expression in
        expression.columnIndex == index && expression.type == input.output[index].type
      }
    return isIdentity ? input.renamed(plan.output) : plan
  }

  /// Whether nothing is computed twice, or another number of times than written.
  private static func canMerge(_ list: [BoundExpression], _ inner: [BoundExpression]) -> Bool {
    var uses = Array(repeating: 0, count: inner.count)
    for expression in list { count(expression, &uses) }
    return inner.indices.allSatisfy { index in
      switch inner[index].node {
      case .column, .constant, .parameter: true
      default: uses[index] <= 1 && !inner[index].isVolatile
      }
    }
  }

  private static func count(_ expression: BoundExpression, _ uses: inout [Int]) {
    if let index = expression.columnIndex {
      uses[index] += 1
    } else {
      for child in expression.children { count(child, &uses) }
    }
  }
}
