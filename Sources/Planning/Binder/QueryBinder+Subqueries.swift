import Columnar
import ReportSyntax

/// The value of a sub-query inside an expression, until its rows are joined to the outer ones.
struct ScalarSubquery {
  /// One row for each outer value, or one row.
  var plan: Plan
  /// The value over the plan's columns; those are NULL where there is no row.
  var value: BoundExpression
  /// Which row belongs to an outer row: over the plan's columns and placeholders of `outer`.
  var conditions: [BoundExpression]
  var outer: OuterReferences
}

extension QueryBinder {
  /// Binds a sub-query, in which names of this query may stand.
  private func inner(
    _ query: Query,
    _ scope: Scope
  ) throws(PlanningError) -> (plan: Plan, outer: OuterReferences) {
    var queries = self
    let outer = OuterReferences(scope, parent: self.outer)
    queries.outer = outer
    return (try queries.settled(try queries.bind(query)), outer)
  }

  private func decorrelated(
    _ plan: Plan,
    onlyExistence: Bool,
    isOneRow: Bool = false,
    _ range: SourceRange
  ) throws(PlanningError) -> Decorrelation {
    guard
      let result = Decorrelation.of(plan, onlyExistence: onlyExistence, isOneRow: isOneRow)
    else {
      throw .unsupported("a sub-query that refers to the query around it in this way", at: range)
    }
    return result
  }

  // MARK: Values

  /// A sub-query that gives one value: one row at the most, NULL when there is none.
  func scalar(
    _ query: Query,
    _ scope: Scope,
    _ range: SourceRange
  ) throws(PlanningError) -> ScalarSubquery {
    let (plan, outer) = try inner(query, scope)
    guard plan.output.count == 1 else {
      throw PlanningError("42601", "subquery must return only one column", at: range)
    }
    let isAggregate = plan.isOneRow
    let type = plan.output[0].type
    let single = isAggregate ? plan : plan.aggregated([.single(plan.column(0))])
    return try value(of: single, BoundExpression(.column(0), type), outer, range)
  }

  /// Whether a sub-query has rows, as a value.
  func existence(
    _ query: Query,
    _ scope: Scope,
    _ range: SourceRange
  ) throws(PlanningError) -> ScalarSubquery {
    let (plan, outer) = try inner(query, scope)
    let counted =
      plan.mentionsOuter
      ? try decorrelated(plan, onlyExistence: true, range).recounted() : plan.countedToOne
    let count = BoundExpression(.column(0), .bigint)
    return try value(of: counted, .isPositive(count), outer, range)
  }

  /// `operand IN (SELECT …)` as a value: how many rows equal it, how many there are, and how many are not NULL.
  func membership(
    of operand: BoundExpression,
    _ operandRange: SourceRange,
    in query: Query,
    _ scope: Scope,
    _ symbol: Operator,
    _ expressions: ExpressionBinder
  ) throws(PlanningError) -> [ScalarSubquery] {
    let (plan, outer) = try inner(query, scope)
    guard plan.output.count == 1 else {
      throw PlanningError("42601", "subquery has too many columns", at: symbol.range)
    }
    let (left, right) = try expressions.comparable(
      operand,
      operandRange,
      plan.column(0),
      query.range,
      symbol
    )
    return try membership(of: left, in: plan, right, outer, symbol.range)
  }

  private func membership(
    of left: BoundExpression,
    in plan: Plan,
    _ right: BoundExpression,
    _ outer: OuterReferences,
    _ range: SourceRange
  ) throws(PlanningError) -> [ScalarSubquery] {
    let equality = BoundExpression(
      .call(.compare(.equal), [right, outer.reference(to: left)]),
      .boolean
    )
    let count = BoundExpression(.column(0), .bigint)
    return [
      try value(of: plan.filtered(by: [equality]).aggregated([.rows]), count, outer, range),
      try value(of: plan.aggregated([.rows]), count, outer, range),
      try value(of: plan.aggregated([.notNull(plan.column(0))]), count, outer, range),
    ]
  }

  /// Takes a one-row plan apart into rows for each outer value.
  private func value(
    of plan: Plan,
    _ value: BoundExpression,
    _ outer: OuterReferences,
    _ range: SourceRange
  ) throws(PlanningError) -> ScalarSubquery {
    // A projection over the aggregates is computed after the join: of no rows, count is 0 and not NULL.
    var value = value
    var source = plan
    while plan.mentionsOuter, case .project(let input, let list) = source.node {
      value = value.substituting(list)
      source = input
    }
    let taken = try decorrelated(source, onlyExistence: false, isOneRow: true, range)
    if !taken.conditions.isEmpty, case .aggregate(_, let keys, let aggregates) = source.node {
      guard keys.isEmpty else {
        throw .unsupported("a grouped sub-query that refers to the query around it", at: range)
      }
      value = value.mapColumnsToExpressions { index, type in
        let column = BoundExpression(.column(index), type)
        guard Placeholder.isInput(index), index < aggregates.count,
          aggregates[index].function.isZeroOfNothing
        else { return column }
        let zero = BoundExpression(.constant(.int64(0)), .bigint)
        return BoundExpression(.coalesce([column, zero]), .bigint)
      }
    }
    return ScalarSubquery(
      plan: taken.plan,
      value: value,
      conditions: taken.conditions,
      outer: outer
    )
  }

  /// Puts the values of sub-queries beside the rows, a column each.
  func attach(
    _ subqueries: [ScalarSubquery],
    to plan: Plan,
    _ rewriter: inout PlaceholderRewriter
  ) -> Plan {
    var result = plan
    rewriter.subqueryBase = plan.output.count
    for subquery in subqueries {
      let width = result.output.count
      let joined = subquery.joined(to: result, kind: subquery.conditions.isEmpty ? .cross : .left)
      let value = subquery.overBoth(subquery.value, leftWidth: width)
      let output = result.output + [OutputColumn(name: "", type: value.type)]
      let list = result.columns + [value]
      result = Plan(.project(joined, list), output: output)
    }
    return result
  }

  // MARK: Conditions

  /// The rows for which a sub-query has rows, or has none.
  func existing(
    _ input: Plan,
    _ query: Query,
    isNegated: Bool,
    _ names: SelectScope,
    _ range: SourceRange
  ) throws(PlanningError) -> Plan {
    let (plan, outer) = try inner(query, names.scope)
    guard plan.mentionsOuter else {
      let one = plan.countedToOne
      let joined = Plan(
        .join(input, one, .cross, keys: [], residual: nil),
        output: input.output + one.output
      )
      let exists = BoundExpression.isPositive(joined.column(input.output.count))
      let condition = isNegated ? BoundExpression(.not(exists), .boolean) : exists
      return Plan(
        .project(joined.filtered(by: [condition]), input.columns),
        output: input.output
      )
    }
    let taken = try decorrelated(plan, onlyExistence: true, range)
    let subquery = ScalarSubquery(
      plan: taken.plan,
      value: BoundExpression(.constant(.null), .unknown),
      conditions: taken.conditions,
      outer: outer
    )
    return subquery.joined(to: input, kind: isNegated ? .anti : .semi)
  }

  /// `operand IN (SELECT …)` as a condition of WHERE.
  ///
  /// The rows that have a partner are a semi join, those that provably have none an anti join. Where NULLs may leave
  /// NOT IN open, it is a value beside the rows.
  func semiJoined(
    _ input: Plan,
    _ operand: Expression,
    _ query: Query,
    isNegated: Bool,
    _ symbol: Operator,
    _ names: SelectScope,
    _ expressions: ExpressionBinder
  ) throws(PlanningError) -> WhereCondition {
    let (plan, outer) = try inner(query, names.scope)
    let operands: [Expression] =
      if case .row(let items, _) = operand.kind { items } else { [operand] }
    guard plan.output.count == operands.count else {
      throw PlanningError(
        "42601",
        plan.output.count < operands.count
          ? "subquery has too few columns" : "subquery has too many columns",
        at: symbol.range
      )
    }
    var pairs: [(left: BoundExpression, right: BoundExpression)] = []
    for (index, item) in operands.enumerated() {
      pairs.append(
        try expressions.comparable(
          try expressions.bind(item),
          item.range,
          plan.column(index),
          query.range,
          symbol
        )
      )
    }
    let isCertain = pairs.allSatisfy { input.isNeverNull($0.left) && plan.isNeverNull($0.right) }
    if isNegated, !isCertain {
      guard pairs.count == 1 else {
        throw .unsupported("a row NOT IN (SELECT …) of columns that may be NULL", at: symbol.range)
      }
      let (left, right) = pairs[0]
      let counts = try membership(of: left, in: plan, right, outer, symbol.range)
      return .value(names.membership(of: left, counts, isNegated: true))
    }
    let taken = try decorrelated(plan, onlyExistence: false, symbol.range)
    let equalities = pairs.map { pair in
      BoundExpression(
        .call(.compare(.equal), [outer.reference(to: pair.left), pair.right]),
        .boolean
      )
    }
    let subquery = ScalarSubquery(
      plan: taken.plan,
      value: BoundExpression(.constant(.null), .unknown),
      conditions: equalities + taken.conditions,
      outer: outer
    )
    return .rows(subquery.joined(to: input, kind: isNegated ? .anti : .semi))
  }
}

/// What a condition with a sub-query becomes.
enum WhereCondition {
  /// The rows that pass.
  case rows(Plan)
  /// A condition still to be applied.
  case value(BoundExpression)
}

extension ScalarSubquery {
  /// An expression over the plan's columns and outer placeholders, over the joined rows.
  func overBoth(_ expression: BoundExpression, leftWidth: Int) -> BoundExpression {
    expression.mapColumnsToExpressions { index, type in
      if Placeholder.isOuter(index) { return outer.values[index - Placeholder.outer] }
      return BoundExpression(.column(index + leftWidth), type)
    }
  }

  func joined(to input: Plan, kind: JoinKind) -> Plan {
    let width = input.output.count
    let condition = JoinCondition(
      conditions.map { overBoth($0, leftWidth: width) },
      leftWidth: width
    )
    let isOneSided = kind == .semi || kind == .anti
    return Plan(
      .join(input, plan, kind, keys: condition.keys, residual: condition.residual),
      output: isOneSided ? input.output : input.output + plan.output
    )
  }
}

extension Decorrelation {
  /// The rows counted for each outer value, as a plan that still names the outer values.
  fileprivate func recounted() -> Plan {
    plan.filtered(by: conditions).aggregated([.rows])
  }
}

extension BoundAggregate {
  fileprivate static var rows: BoundAggregate {
    BoundAggregate(function: .countRows, arguments: [], type: .bigint)
  }

  fileprivate static func notNull(_ value: BoundExpression) -> BoundAggregate {
    BoundAggregate(function: .count, arguments: [value], type: .bigint)
  }

  /// The value of the only row; more rows are an error.
  fileprivate static func single(_ value: BoundExpression) -> BoundAggregate {
    BoundAggregate(function: .singleValue, arguments: [value], type: value.type)
  }
}

extension BoundExpression {
  fileprivate static func isPositive(_ count: BoundExpression) -> BoundExpression {
    let zero = BoundExpression(.constant(.int64(0)), .bigint)
    return BoundExpression(.call(.compare(.greater), [count, zero]), .boolean)
  }

  /// The same expression with other expressions in place of its columns.
  func mapColumnsToExpressions(
    _ transform: (Int, LogicalType) -> BoundExpression
  ) -> BoundExpression {
    if case .column(let index) = node { return transform(index, type) }
    return mapChildren { $0.mapColumnsToExpressions(transform) }
  }
}

extension Plan {
  /// One row that holds 1 when this plan has rows, else 0.
  fileprivate var countedToOne: Plan {
    let one = BoundExpression(.constant(.int64(1)), .bigint)
    return Plan(.limit(self, limit: one, offset: nil), output: output).aggregated([.rows])
  }

  /// One row of aggregates over this plan's rows.
  fileprivate func aggregated(_ aggregates: [BoundAggregate]) -> Plan {
    Plan(
      .aggregate(self, keys: [], aggregates: aggregates),
      output: aggregates.map { OutputColumn(name: "", type: $0.type) }
    )
  }

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
