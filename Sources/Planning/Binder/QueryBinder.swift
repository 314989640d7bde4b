import Columnar
package import ReportSyntax

/// Binds one query with everything inside it.
package struct QueryBinder {
  let binder: Binder
  /// Queries of WITH by name; inner ones shadow outer ones.
  var commonTables: [String: Plan]
  /// The query around this one, when this is a sub-query of an expression.
  var outer: OuterReferences?

  var context: BindingContext { binder.context }

  package init(_ binder: Binder, commonTables: [String: Plan]) {
    self.binder = binder
    self.commonTables = commonTables
  }

  /// The plan of a query, with its WITH, ORDER BY and LIMIT.
  package func bind(_ query: Query) throws(PlanningError) -> Plan {
    if context.stack.isExceeded { throw .tooDeep(at: query.range) }
    var inner = self
    if let with = query.with { try inner.add(with) }
    if let locking = query.locking.first {
      throw .unsupported("FOR \(locking.strength.uppercased())", at: locking.range)
    }
    var plan: Plan
    switch query.body {
    case .select(let select): plan = try inner.bind(select, orderBy: query.orderBy)
    case .values(let values): plan = try inner.sorted(try inner.bind(values), by: query.orderBy)
    case .setOperation(let operation):
      plan = try inner.sorted(try inner.bind(operation), by: query.orderBy)
    case .nested(let nested): plan = try inner.sorted(try inner.bind(nested), by: query.orderBy)
    }
    plan = try inner.limited(plan, query)
    return plan
  }

  /// Adds the queries of a WITH clause; each sees those before it.
  package mutating func add(_ with: WithClause) throws(PlanningError) {
    guard !with.isRecursive else { throw .unsupported("WITH RECURSIVE", at: with.range) }
    for member in with.members {
      guard
        !with.members.contains(where: {
          $0.name.text == member.name.text && $0.name.range != member.name.range
        })
      else {
        throw PlanningError(
          "42712",
          "WITH query name \"\(member.name.text)\" specified more than once",
          at: member.name.range
        )
      }
      let plan = try bind(member.query)
      commonTables[member.name.text] = try renamed(
        plan,
        member.columns,
        what: "WITH query \"\(member.name.text)\""
      )
    }
  }

  /// A plan whose first columns have other names.
  func renamed(_ plan: Plan, _ names: [Identifier], what: String) throws(PlanningError) -> Plan {
    guard !names.isEmpty else { return plan }
    guard names.count <= plan.output.count else {
      throw PlanningError(
        "42P10",
        "\(what) has \(plan.output.count) columns available but \(names.count) columns specified",
        at: names[0].range
      )
    }
    var output = plan.output
    for (index, name) in names.enumerated() { output[index].name = name.text }
    return Plan(plan.node, output: output)
  }

  // MARK: LIMIT

  private func limited(_ plan: Plan, _ query: Query) throws(PlanningError) -> Plan {
    var limit: BoundExpression?
    switch query.limit {
    case nil, .all: break
    case .count(let expression): limit = try count(expression, clause: "LIMIT")
    case .countWithTies(let expression): throw .unsupported("WITH TIES", at: expression.range)
    }
    let offset = try query.offset.map { (expression: Expression) throws(PlanningError) in
      try count(expression, clause: "OFFSET")
    }
    guard limit != nil || offset != nil else { return plan }
    return Plan(.limit(plan, limit: limit, offset: offset), output: plan.output)
  }

  private func count(
    _ expression: Expression,
    clause: String
  ) throws(PlanningError) -> BoundExpression {
    let binder = ExpressionBinder(context: context, scope: EmptyScope(clause: clause))
    let bound = try binder.bind(expression)
    guard canCoerce(bound.type, to: .bigint, for: .assignment), bound.type.category != .string
    else {
      throw .mismatch(
        "argument of \(clause) must be type bigint, not type \(bound.type.displayName)",
        at: expression.range
      )
    }
    let count = try context.coerce(
      bound,
      to: .bigint,
      purpose: .assignment,
      range: expression.range
    )
    if case .constant(.int64(let value)) = count.node, value < 0 {
      throw PlanningError(
        clause == "LIMIT" ? "2201W" : "2201X",
        "\(clause) must not be negative"
      )
    }
    return count
  }

  // MARK: VALUES

  private func bind(_ values: Values) throws(PlanningError) -> Plan {
    let expressions = ExpressionBinder(context: context, scope: EmptyScope(clause: "VALUES"))
    let width = values.rows.first?.count ?? 0
    var rows: [[BoundExpression]] = []
    for row in values.rows {
      guard row.count == width else {
        throw PlanningError(
          "42601",
          "VALUES lists must all be the same length",
          at: row.first?.range
        )
      }
      var bound: [BoundExpression] = []
      for expression in row { bound.append(try expressions.bind(expression)) }
      rows.append(bound)
    }
    var types: [LogicalType] = []
    for column in 0..<width {
      let items = rows.indices.map {
        (expression: rows[$0][column], range: values.rows[$0][column].range)
      }
      types.append(try context.commonType(of: items, context: "VALUES"))
    }
    for row in rows.indices {
      for column in 0..<width {
        rows[row][column] = try context.coerce(
          rows[row][column],
          to: types[column],
          range: values.rows[row][column].range
        )
      }
    }
    let output = types.enumerated().map { OutputColumn(name: "column\($0 + 1)", type: $1) }
    return Plan(.values(rows: rows), output: output)
  }

  // MARK: UNION and its kin

  private func bind(_ body: Query.Body) throws(PlanningError) -> Plan {
    if context.stack.isExceeded { throw .tooDeep(at: nil) }
    switch body {
    case .select(let select): return try bind(select, orderBy: [])
    case .values(let values): return try bind(values)
    case .setOperation(let operation): return try bind(operation)
    case .nested(let query): return try bind(query)
    }
  }

  private func bind(_ operation: ReportSyntax.SetOperation) throws(PlanningError) -> Plan {
    let left = try bind(operation.left)
    let right = try bind(operation.right)
    let name = operation.kind.rawValue.uppercased()
    guard left.output.count == right.output.count else {
      throw PlanningError(
        "42601",
        "each \(name) query must have the same number of columns",
        at: operation.range
      )
    }
    var types: [LogicalType] = []
    for (index, (a, b)) in zip(left.output, right.output).enumerated() {
      let items = [(a, left), (b, right)].map { column, plan in
        (
          expression: plan.literal(index) ?? BoundExpression(.column(index), column.type),
          range: operation.range
        )
      }
      types.append(try context.commonType(of: items, context: name))
    }
    let kind: SetOperation =
      switch operation.kind {
      case .union: .union
      case .intersect: .intersect
      case .except: .except
      }
    let sides = (
      try converted(left, to: types, range: operation.range),
      try converted(right, to: types, range: operation.range)
    )
    let output = zip(left.output, types).map { OutputColumn(name: $0.name, type: $1) }
    return Plan(.setOperation(kind, sides.0, sides.1, isAll: operation.isAll), output: output)
  }

  /// A plan whose columns have these types.
  func converted(
    _ plan: Plan,
    to types: [LogicalType],
    range: SourceRange
  ) throws(PlanningError) -> Plan {
    guard zip(plan.output, types).contains(where: { $0.type != $1 }) else { return plan }
    var expressions: [BoundExpression] = []
    for (index, (column, type)) in zip(plan.output, types).enumerated() {
      expressions.append(
        try context.coerce(
          plan.literal(index) ?? BoundExpression(.column(index), column.type),
          to: type,
          range: range
        )
      )
    }
    let output = zip(plan.output, types).map {
      OutputColumn(name: $0.name, type: $1, origin: $0.origin)
    }
    return Plan(.project(plan, expressions), output: output)
  }

  // MARK: ORDER BY over an output

  /// Sorts rows by output columns, named or counted, as after UNION and VALUES.
  func sorted(_ plan: Plan, by items: [SortItem]) throws(PlanningError) -> Plan {
    guard !items.isEmpty else { return plan }
    let scope = PlainScope(Scope(plan, alias: nil), clause: "ORDER BY", self)
    let expressions = ExpressionBinder(context: context, scope: scope)
    var keys: [SortKey] = []
    for item in items {
      let bound: BoundExpression
      if let index = try ordinal(item.value, of: plan.output.count, clause: "ORDER BY") {
        bound = BoundExpression(.column(index), plan.output[index].type)
      } else {
        bound = try expressions.bindSettled(item.value)
      }
      keys.append(SortKey(item, bound))
    }
    return Plan(.sort(plan, keys), output: plan.output)
  }

  /// The position that a bare integer in ORDER BY or GROUP BY means.
  func ordinal(
    _ expression: Expression,
    of count: Int,
    clause: String
  ) throws(PlanningError) -> Int? {
    guard case .literal(let literal) = expression.kind else { return nil }
    guard case .integer(let text) = literal else {
      if clause == "ORDER BY" || clause == "GROUP BY" {
        throw PlanningError("42601", "non-integer constant in \(clause)", at: expression.range)
      }
      return nil
    }
    guard let position = Int(text), (1...max(1, count)).contains(position), count > 0 else {
      throw PlanningError(
        "42P10",
        "\(clause) position \(text) is not in select list",
        at: expression.range
      )
    }
    return position - 1
  }
}

extension SortKey {
  init(_ item: SortItem, _ expression: BoundExpression) {
    // USING > is DESC: `<` and `>` are the only operators that order.
    let isDescending = item.usingOperator?.symbol == ">" || item.isDescending
    self.init(
      expression: expression,
      isDescending: isDescending,
      nullsFirst: item.nullsFirst ?? isDescending
    )
  }
}

extension Plan {
  /// The untyped literal or NULL that column `index` always is: it takes the other side's type in a UNION.
  func literal(_ index: Int) -> BoundExpression? {
    guard case .project(_, let expressions) = node, index < expressions.count,
      expressions[index].type == .unknown
    else { return nil }
    return expressions[index]
  }
}
