import Catalog
import Columnar
import ReportSyntax

// UPDATE and DELETE; INSERT is in Binder+Insert.
extension Binder {
  func bindUpdate(_ update: Update) throws(PlanningError) -> UpdatePlan {
    let target = try bindTarget(
      with: update.with,
      update.table,
      update.alias,
      joined: update.from,
      filter: update.filter,
      verb: "update"
    )
    let names = SelectScope(target.scope, windows: [], target.queries)
    names.clause = .update
    let expressions = ExpressionBinder(context: context, scope: names)
    var values: [BoundExpression?] = target.table.columns.map { _ in nil }
    for assignment in update.assignments {
      let index = try columnIndex(assignment.column, of: target.table)
      guard values[index] == nil else {
        throw PlanningError(
          "42601",
          "multiple assignments to same column \"\(assignment.column.text)\"",
          at: assignment.column.range
        )
      }
      values[index] = try value(assignment.value, for: target.table.columns[index], expressions)
    }
    // Sub-queries in SET stand beside the rows; then the locator moves to the end.
    var rewriter = PlaceholderRewriter(inputWidth: target.plan.output.count)
    let joined = target.queries.attach(names.subqueries, to: target.plan, &rewriter)
    let order = target.order(width: joined.output.count)
    let source = Plan(
      .project(joined, order.map(joined.column)),
      output: order.map { joined.output[$0] }
    )
    var places = Array(repeating: 0, count: joined.output.count)
    for (place, index) in order.enumerated() { places[index] = place }
    let moved = values.enumerated().map { index, value in
      value.map { rewriter.rewrite($0).mapColumns { places[$0] } }
        ?? BoundExpression(.column(index), target.table.columns[index].type)
    }
    return UpdatePlan(
      table: target.table,
      source: optimized(source),
      values: moved,
      returning: try returning(update.returning, target).map { $0.mapColumns { places[$0] } }
    )
  }

  func bindDelete(_ delete: Delete) throws(PlanningError) -> DeletePlan {
    let target = try bindTarget(
      with: delete.with,
      delete.table,
      delete.alias,
      joined: delete.using,
      filter: delete.filter,
      verb: "delete from"
    )
    let returning = try returning(delete.returning, target)
    // Without RETURNING only the locators are wanted.
    let order =
      returning == nil ? [target.locator] : target.order(width: target.plan.output.count)
    let source = Plan(
      .project(target.plan, order.map(target.plan.column)),
      output: order.map { target.plan.output[$0] }
    )
    var places = Array(repeating: 0, count: target.plan.output.count)
    for (place, index) in order.enumerated() { places[index] = place }
    return DeletePlan(
      table: target.table,
      source: optimized(source),
      returning: returning.map { $0.mapColumns { places[$0] } }
    )
  }

  // MARK: The rows to change

  /// The rows that UPDATE and DELETE change, joined with the other tables.
  struct ChangeTarget {
    let table: TableDefinition
    /// The table's columns, the locator, the columns of the other tables.
    let plan: Plan
    let scope: Scope
    let queries: QueryBinder

    var locator: Int { table.columns.count }

    /// The table's columns, the others, the locator last.
    func order(width: Int) -> [Int] {
      (0..<width).filter { $0 != locator } + [locator]
    }
  }

  private func bindTarget(
    with: WithClause?,
    _ name: QualifiedName,
    _ alias: Identifier?,
    joined items: [FromItem],
    filter: Expression?,
    verb: String
  ) throws(PlanningError) -> ChangeTarget {
    var queries = QueryBinder(self, commonTables: [:])
    if let with { try queries.add(with) }
    let table = try queries.changeableTable(name, verb: verb)
    var (plan, scope) = try queries.scan(
      table,
      alias.map { FromItem.Alias(name: $0) },
      emitsLocator: true
    )
    if !items.isEmpty {
      let (others, otherScope) = try queries.bind(from: items)
      try queries.refuseSameAlias(scope, otherScope, items[0].range)
      plan = Plan(
        .join(plan, others, .cross, keys: [], residual: nil),
        output: plan.output + others.output
      )
      scope = scope.joined(otherScope)
    }
    let names = SelectScope(scope, windows: [], queries)
    let expressions = ExpressionBinder(context: context, scope: names)
    let passed = try queries.filtered(plan, filter, names, expressions)
    return ChangeTarget(table: table, plan: passed, scope: scope, queries: queries)
  }

  // MARK: Values and RETURNING

  /// The place of a column that is assigned to.
  func columnIndex(
    _ name: Identifier,
    of table: TableDefinition
  ) throws(PlanningError) -> Int {
    guard let index = table.index(named: name.text) else {
      throw PlanningError(
        "42703",
        "column \"\(name.text)\" of relation \"\(table.name)\" does not exist",
        at: name.range
      )
    }
    return index
  }

  /// A new value of a column; DEFAULT is the column's default.
  func value(
    _ expression: Expression,
    for column: Catalog.ColumnDefinition,
    _ expressions: ExpressionBinder
  ) throws(PlanningError) -> BoundExpression {
    if case .defaultValue = expression.kind { return try defaultValue(of: column) }
    return try assigned(try expressions.bind(expression), to: column, expression.range)
  }

  /// An expression converted to a column's type.
  func assigned(
    _ bound: BoundExpression,
    to column: Catalog.ColumnDefinition,
    _ range: SourceRange
  ) throws(PlanningError) -> BoundExpression {
    guard canCoerce(bound.type, to: column.type, for: .assignment) else {
      throw PlanningError(
        "42804",
        "column \"\(column.name)\" is of type \(column.type.displayName) but expression is of type "
          + bound.type.displayName,
        at: range,
        hint: "You will need to rewrite or cast the expression."
      )
    }
    return try context.coerce(bound, to: column.type, purpose: .assignment, range: range)
  }

  /// The column's DEFAULT, or NULL.
  func defaultValue(of column: Catalog.ColumnDefinition) throws(PlanningError) -> BoundExpression {
    guard let text = column.defaultText else {
      return BoundExpression(.constant(.null), column.type)
    }
    return try bindDefault(text: text, as: column.type)
  }

  /// RETURNING over the target's columns, where it stands.
  private func returning(
    _ items: [SelectItem],
    _ target: ChangeTarget
  ) throws(PlanningError) -> Projection? {
    try returning(items, target.scope, target.queries)
  }

  func returning(
    _ items: [SelectItem],
    _ scope: Scope,
    _ queries: QueryBinder
  ) throws(PlanningError) -> Projection? {
    guard !items.isEmpty else { return nil }
    let names = PlainScope(scope, clause: "RETURNING", queries)
    let expressions = ExpressionBinder(context: context, scope: names)
    var projection = Projection(expressions: [], output: [])
    for item in items {
      if case .wildcard(let path) = item.value.kind {
        for column in try scope.columns(of: path, range: item.value.range) {
          projection.expressions.append(BoundExpression(.column(column.index), column.type))
          projection.output.append(
            OutputColumn(name: column.name, type: column.type, origin: column.origin)
          )
        }
        continue
      }
      let bound = try expressions.bindSettled(item.value)
      projection.expressions.append(bound)
      projection.output.append(OutputColumn(name: item.columnName, type: bound.type))
    }
    return projection
  }
}

extension Projection {
  /// The same projection over other column positions.
  func mapColumns(_ transform: (Int) -> Int) -> Projection {
    Projection(expressions: expressions.map { $0.mapColumns(transform) }, output: output)
  }
}

extension QueryBinder {
  /// The stored table that a change names.
  ///
  /// - Throws: 42P01 unknown, 42809 for a view or a system relation.
  func changeableTable(
    _ name: QualifiedName,
    verb: String
  ) throws(PlanningError) -> TableDefinition {
    for candidate in candidates(name) {
      if let table = context.catalog.table(candidate) { return table }
      if context.catalog.views[candidate] != nil {
        throw .unsupported("\(verb) view \"\(candidate.name)\"", at: name.range)
      }
      if binder.systemTables.columns(of: candidate) != nil {
        throw PlanningError(
          "42809",
          "cannot \(verb) system relation \"\(candidate.name)\"",
          at: name.range
        )
      }
    }
    throw unknownRelation(name)
  }
}
