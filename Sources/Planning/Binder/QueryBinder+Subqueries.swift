import Columnar
import ReportSyntax

extension QueryBinder {
  /// A sub-query that gives one value: one row at the most, NULL when there is none.
  func scalar(
    _ query: Query,
    _ outer: Scope,
    _ range: SourceRange
  ) throws(PlanningError) -> Plan {
    let plan = try settled(try uncorrelated(query, outer))
    guard plan.output.count == 1 else {
      throw PlanningError("42601", "subquery must return only one column", at: range)
    }
    if plan.isOneRow { return plan }
    let type = plan.output[0].type
    let value = BoundAggregate(
      function: .singleValue,
      arguments: [BoundExpression(.column(0), type)],
      type: type
    )
    return Plan(.aggregate(plan, keys: [], aggregates: [value]), output: plan.output)
  }

  /// One row that says whether the sub-query has any.
  func existence(
    _ query: Query,
    _ outer: Scope,
    _ range: SourceRange
  ) throws(PlanningError) -> Plan {
    let plan = try uncorrelated(query, outer)
    let one = BoundExpression(.constant(.int64(1)), .bigint)
    let first = Plan(.limit(plan, limit: one, offset: nil), output: plan.output)
    let count = BoundAggregate(function: .countRows, arguments: [], type: .bigint)
    let counted = Plan(
      .aggregate(first, keys: [], aggregates: [count]),
      output: [OutputColumn(name: "count", type: .bigint)]
    )
    let exists = BoundExpression(
      .call(
        .compare(.greater),
        [BoundExpression(.column(0), .bigint), BoundExpression(.constant(.int64(0)), .bigint)]
      ),
      .boolean
    )
    return Plan(.project(counted, [exists]), output: [OutputColumn(name: "exists", type: .boolean)])
  }

  /// `operand IN (SELECT …)` as a condition: the rows that have a partner.
  func semiJoined(
    _ input: Plan,
    _ operand: Expression,
    _ query: Query,
    _ location: SourceRange,
    _ names: SelectScope,
    _ expressions: ExpressionBinder
  ) throws(PlanningError) -> Plan {
    let plan = try settled(try uncorrelated(query, names.scope))
    let operands: [Expression] =
      if case .row(let items, _) = operand.kind { items } else { [operand] }
    guard plan.output.count == operands.count else {
      throw PlanningError(
        "42601",
        plan.output.count < operands.count
          ? "subquery has too few columns" : "subquery has too many columns",
        at: location
      )
    }
    var keys: [(left: BoundExpression, right: BoundExpression)] = []
    for (index, item) in operands.enumerated() {
      let (left, right) = try expressions.comparable(
        try expressions.bind(item),
        item.range,
        BoundExpression(.column(index), plan.output[index].type),
        query.range,
        Operator("=", range: location)
      )
      keys.append((left, right))
    }
    return Plan(.join(input, plan, .semi, keys: keys, residual: nil), output: input.output)
  }

  /// Binds a sub-query; where it names a column of the query around it, says that this is not supported.
  private func uncorrelated(_ query: Query, _ outer: Scope) throws(PlanningError) -> Plan {
    do throws(PlanningError) {
      return try bind(query)
    } catch {
      guard error.sqlState == "42703" || error.sqlState == "42P01", let range = error.range,
        outer.mentions(error.message)
      else { throw error }
      throw .unsupported("a sub-query that refers to the query around it", at: range)
    }
  }
}

extension Scope {
  /// Whether a message about an unknown name speaks of one that exists here.
  fileprivate func mentions(_ message: String) -> Bool {
    relations.contains { relation in
      if let alias = relation.alias,
        message.contains("\"\(alias)\"") || message.contains(" \(alias).")
      {
        return true
      }
      return relation.columns.contains { message.contains("\"\($0.name)\"") }
    }
  }
}

extension Plan {
  /// Whether there is exactly one row, whatever the data.
  var isOneRow: Bool {
    switch node {
    case .aggregate(_, let keys, _): keys.isEmpty
    case .values(let rows): rows.count == 1
    case .project(let input, _): input.isOneRow
    default: false
    }
  }
}
