import Catalog
import Columnar
import ReportSyntax

extension QueryBinder {
  /// The rows of a FROM clause and what their columns are called; no clause is one row without columns.
  func bind(from items: [FromItem]) throws(PlanningError) -> (plan: Plan, scope: Scope) {
    guard let first = items.first else {
      return (Plan(.values(rows: [[]]), output: []), Scope())
    }
    var (plan, scope) = try bind(first)
    for item in items.dropFirst() {
      let (next, nextScope) = try bind(item)
      try refuseSameAlias(scope, nextScope, item.range)
      plan = Plan(
        .join(plan, next, .cross, keys: [], residual: nil),
        output: plan.output + next.output
      )
      scope = scope.joined(nextScope)
    }
    return (plan, scope)
  }

  func refuseSameAlias(
    _ left: Scope,
    _ right: Scope,
    _ range: SourceRange
  ) throws(PlanningError) {
    let names = Set(left.relations.compactMap(\.alias))
    if let twice = right.relations.compactMap(\.alias).first(where: names.contains) {
      throw PlanningError("42712", "table name \"\(twice)\" specified more than once")
    }
  }

  private func bind(_ item: FromItem) throws(PlanningError) -> (plan: Plan, scope: Scope) {
    if context.stack.isExceeded { throw .tooDeep(at: item.range) }
    switch item.kind {
    case .table(let name): return try bindTable(name, item.alias)
    case .function(let function): return try bind(function, item.alias)
    case .query(let query, _):
      let plan = try settled(try bind(query))
      return try named(plan, item.alias, defaultName: nil)
    case .join(let join):
      let result = try bind(join)
      guard let alias = item.alias else { return result }
      let visible = result.scope.relations.flatMap(\.columns).filter { !$0.isHidden }
      var scope = Scope()
      scope.width = result.scope.width
      scope.relations = [Scope.Relation(alias: alias.name.text, columns: visible)]
      return (result.plan, scope)
    }
  }

  /// Untyped literals of a sub-select's output are text.
  func settled(_ plan: Plan) throws(PlanningError) -> Plan {
    guard plan.output.contains(where: { $0.type == .unknown }) else { return plan }
    return try converted(
      plan,
      to: plan.output.map { $0.type == .unknown ? .text : $0.type },
      range: .none
    )
  }

  /// A plan under the alias and column names of its FROM item.
  private func named(
    _ plan: Plan,
    _ alias: FromItem.Alias?,
    defaultName: String?
  ) throws(PlanningError) -> (plan: Plan, scope: Scope) {
    let name = alias?.name.text ?? defaultName
    let renamed = try renamed(plan, alias?.columns ?? [], what: "table \"\(name ?? "")\"")
    return (renamed, Scope(renamed, alias: name))
  }

  // MARK: Tables and views

  private func bindTable(
    _ name: QualifiedName,
    _ alias: FromItem.Alias?
  ) throws(PlanningError) -> (plan: Plan, scope: Scope) {
    let word = name.name.text
    if name.schema == nil, let plan = commonTables[word] {
      return try named(plan, alias, defaultName: word)
    }
    for candidate in candidates(name) {
      if let table = context.catalog.table(candidate) { return try scan(table, alias) }
      if let view = context.catalog.views[candidate] {
        return try named(try bind(view), alias, defaultName: view.name)
      }
      if let columns = binder.systemTables.columns(of: candidate) {
        return try named(Plan(.systemTable(candidate), output: columns), alias, defaultName: word)
      }
    }
    if let schema = name.schema, schema.text == "report", let report = context.catalog.reports[word]
    {
      return try named(try bind(report, arguments: [], name.range), alias, defaultName: word)
    }
    throw unknownRelation(name)
  }

  func unknownRelation(_ name: QualifiedName) -> PlanningError {
    PlanningError("42P01", "relation \"\(name.description)\" does not exist", at: name.range)
  }

  /// The relations that a name may mean: pg_catalog is searched first when nothing is said.
  func candidates(_ name: QualifiedName) -> [RelationName] {
    if let schema = name.schema { return [RelationName(schema: schema.text, name: name.name.text)] }
    return (["pg_catalog"] + context.settings.searchPath).map {
      RelationName(schema: $0, name: name.name.text)
    }
  }

  /// A scan of all columns; the rules drop those that nobody uses.
  func scan(
    _ table: TableDefinition,
    _ alias: FromItem.Alias?,
    emitsLocator: Bool = false
  ) throws(PlanningError) -> (plan: Plan, scope: Scope) {
    var output = table.columns.map {
      OutputColumn(name: $0.name, type: $0.type, origin: (table.id, $0.id))
    }
    if emitsLocator { output.append(OutputColumn(name: "", type: .bigint)) }
    let plan = Plan(
      .scan(TableScan(table: table, columns: table.columns.map(\.id), emitsLocator: emitsLocator)),
      output: output
    )
    let (renamed, found) = try named(plan, alias, defaultName: table.name)
    var scope = found
    scope.relations[0].table = table
    scope.relations[0].schema = alias == nil ? table.schema : nil
    if emitsLocator { scope.relations[0].columns.removeLast() }
    return (renamed, scope)
  }

  // MARK: Joins

  private func bind(_ join: Join) throws(PlanningError) -> (plan: Plan, scope: Scope) {
    let (left, leftScope) = try bind(join.left)
    let (right, rightScope) = try bind(join.right)
    try refuseSameAlias(leftScope, rightScope, join.right.range)
    var scope = leftScope.joined(rightScope)
    var conditions: [BoundExpression] = []
    switch join.condition {
    case .none: break
    case .on(let expression):
      let binder = ExpressionBinder(
        context: context,
        scope: PlainScope(scope, clause: "JOIN conditions", self)
      )
      conditions = [try binder.bindCondition(expression, clause: "JOIN/ON")]
    case .using(let names, let alias):
      if let alias { throw .unsupported("an alias of JOIN USING", at: alias.range) }
      conditions = try merge(names.map(\.text), join, leftScope, rightScope, &scope)
    case .natural:
      let common = leftScope.relations.flatMap(\.columns).map(\.name).filter(rightScope.has)
      conditions = try merge(common, join, leftScope, rightScope, &scope)
    }
    let kind: JoinKind =
      switch join.kind {
      case .inner: conditions.isEmpty ? .cross : .inner
      case .left: .left
      case .right: .right
      case .full: .full
      case .cross: .cross
      }
    let split = JoinCondition(conditions, leftWidth: leftScope.width)
    let plan = Plan(
      .join(left, right, kind, keys: split.keys, residual: split.residual),
      output: left.output + right.output
    )
    return (plan, scope)
  }

  /// USING: equalities of the columns, of which one stays visible.
  private func merge(
    _ names: [String],
    _ join: Join,
    _ left: Scope,
    _ right: Scope,
    _ scope: inout Scope
  ) throws(PlanningError) -> [BoundExpression] {
    guard join.kind != .full || names.isEmpty else {
      throw .unsupported("FULL JOIN … USING", at: join.right.range)
    }
    var conditions: [BoundExpression] = []
    var merged: [Int] = []
    for name in names {
      func find(_ scope: Scope, _ side: String) throws(PlanningError) -> Scope.Column {
        guard scope.has(name) else {
          throw PlanningError(
            "42703",
            "column \"\(name)\" specified in USING clause does not exist in \(side) table",
            at: join.right.range
          )
        }
        return try scope.column([Identifier(name)], range: join.right.range)
      }
      let a = try find(left, "left")
      let b = try find(right, "right")
      let binder = ExpressionBinder(context: context, scope: EmptyScope(clause: "USING"))
      conditions.append(
        try binder.compare(
          .equal,
          Operator("=", range: join.right.range),
          BoundExpression(.column(a.index), a.type),
          join.right.range,
          BoundExpression(.column(b.index + left.width), b.type),
          join.right.range
        )
      )
      // The side whose rows are all there keeps its column.
      let hidden = join.kind == .right ? a.index : b.index + left.width
      let kept = join.kind == .right ? b.index + left.width : a.index
      merged.append(kept)
      for relation in scope.relations.indices {
        for column in scope.relations[relation].columns.indices
        where scope.relations[relation].columns[column].index == hidden {
          scope.relations[relation].columns[column].isHidden = true
        }
      }
    }
    scope.mergedColumns = merged + scope.mergedColumns.filter { !merged.contains($0) }
    return conditions
  }
}

/// A join's condition taken apart: equalities of one side with the other, and the rest.
package struct JoinCondition {
  package var keys: [(left: BoundExpression, right: BoundExpression)] = []
  package var residual: BoundExpression?

  /// - Parameters:
  ///   - conditions: Over the columns of the left, then of the right.
  ///   - leftWidth: How many columns the left has.
  package init(_ conditions: [BoundExpression], leftWidth: Int) {
    var rest: [BoundExpression] = []
    let all = BoundExpression.conjunction(of: conditions)
    let conjuncts: [BoundExpression] = if case .and(let parts) = all.node { parts } else { [all] }
    for conjunct in conjuncts {
      if conjunct.isConstant(.boolean(true)) { continue }
      guard case .call(.compare(.equal), let sides) = conjunct.node, !conjunct.isVolatile,
        let key = Self.key(sides[0], sides[1], leftWidth) ?? Self.key(sides[1], sides[0], leftWidth)
      else {
        rest.append(conjunct)
        continue
      }
      keys.append(key)
    }
    residual = rest.isEmpty ? nil : .conjunction(of: rest)
  }

  private static func key(
    _ left: BoundExpression,
    _ right: BoundExpression,
    _ leftWidth: Int
  ) -> (left: BoundExpression, right: BoundExpression)? {
    let a = left.columnIndexes
    let b = right.columnIndexes
    guard !a.isEmpty, !b.isEmpty, a.allSatisfy({ $0 < leftWidth }),
      b.allSatisfy({ $0 >= leftWidth && Placeholder.isInput($0) })
    else { return nil }
    return (left, right.mapColumns { $0 - leftWidth })
  }
}
