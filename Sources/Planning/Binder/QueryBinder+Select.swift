import Columnar
import ReportSyntax

/// An expression of the select list, with its name and text.
private struct SelectColumn {
  var expression: BoundExpression
  var name: String
  var alias: String?
  var range: SourceRange
  var origin: OutputColumn
}

/// A sort key while the select is bound: an item of the list, or an expression that the projection adds.
private struct PendingSort {
  var item: SortItem
  /// Position in the select list.
  var position: Int?
  var expression: BoundExpression
}

extension QueryBinder {
  /// Binds SELECT … FROM … WHERE … GROUP BY … HAVING … with the ORDER BY that follows it.
  func bind(_ select: Select, orderBy: [SortItem]) throws(PlanningError) -> Plan {
    do {
      return try bindRows(select, orderBy: orderBy)
    } catch {
      if let nothing = nothing(select, after: error) { return nothing }
      throw error
    }
  }

  private func bindRows(_ select: Select, orderBy: [SortItem]) throws(PlanningError) -> Plan {
    let (from, scope) = try bind(from: select.from)
    let names = SelectScope(scope, windows: select.windows, self)
    let expressions = ExpressionBinder(context: context, scope: names)
    var plan = try filtered(from, select.filter, names, expressions)
    var columns = try bindList(select.items, names, expressions)
    var sorts = try bindOrder(orderBy, &columns, names, expressions)
    let having = try select.having.map { (condition: Expression) throws(PlanningError) in
      names.clause = .having
      defer { names.clause = .list }
      return (
        expression: try expressions.bindCondition(condition, clause: "HAVING"),
        range: condition.range
      )
    }
    var rewriter = PlaceholderRewriter(inputWidth: plan.output.count)
    if select.groupBy != nil || !names.aggregates.isEmpty || having != nil {
      var grouping = try group(select, columns, names, expressions)
      for index in columns.indices {
        columns[index].expression = try grouping.rewrite(
          columns[index].expression,
          columns[index].range
        )
      }
      for index in sorts.indices {
        sorts[index].expression = try grouping.rewrite(
          sorts[index].expression,
          sorts[index].item.value.range
        )
      }
      let condition = try having.map { (having) throws(PlanningError) in
        try grouping.rewrite(having.expression, having.range)
      }
      let calls = try grouping.rewrite(names.windowCalls)
      for subquery in names.subqueries {
        try subquery.outer.mapValues { (value) throws(PlanningError) in
          try grouping.rewrite(value, .none)
        }
      }
      (plan, rewriter) = grouping.plan(over: plan, names.aggregates)
      plan = attach(names.subqueries, to: plan, &rewriter)
      if let condition {
        plan = Plan(.filter(plan, rewriter.rewrite(condition)), output: plan.output)
      }
      plan = attach(calls, to: plan, &rewriter)
    } else {
      plan = attach(names.subqueries, to: plan, &rewriter)
      plan = attach(names.windowCalls, to: plan, &rewriter)
    }
    for index in columns.indices {
      columns[index].expression = rewriter.rewrite(columns[index].expression)
    }
    for index in sorts.indices {
      sorts[index].expression = rewriter.rewrite(sorts[index].expression)
    }
    return try project(plan, columns, sorts, select.distinct, expressions, names, rewriter)
  }

  // MARK: WHERE

  /// The rows that pass WHERE.
  ///
  /// `x IN (SELECT …)` and EXISTS among its conjuncts are joins.
  func filtered(
    _ input: Plan,
    _ filter: Expression?,
    _ names: SelectScope,
    _ expressions: ExpressionBinder
  ) throws(PlanningError) -> Plan {
    guard let filter else { return input }
    names.clause = .filter
    defer { names.clause = .list }
    let conjuncts: [Expression] = if case .and(let parts) = filter.kind { parts } else { [filter] }
    var conditions: [BoundExpression] = []
    var plan = input
    for conjunct in conjuncts {
      switch try joined(plan, conjunct, names, expressions) {
      case .rows(let passed): plan = passed
      case .value(let condition): conditions.append(condition)
      case nil:
        let clause = conjuncts.count > 1 ? "AND" : "WHERE"
        conditions.append(try expressions.bindCondition(conjunct, clause: clause))
      }
    }
    let condition = BoundExpression.conjunction(of: conditions)
    if condition.isConstant(.boolean(true)) { return plan }
    guard condition.columnIndexes.contains(where: Placeholder.isSubquery) else {
      return Plan(.filter(plan, condition), output: plan.output)
    }
    // The sub-queries' values stand beside the rows while they are filtered.
    var rewriter = PlaceholderRewriter(inputWidth: plan.output.count)
    let joined = attach(names.takeSubqueries(), to: plan, &rewriter)
    let passed = Plan(.filter(joined, rewriter.rewrite(condition)), output: joined.output)
    let kept = plan.output.indices.map { BoundExpression(.column($0), plan.output[$0].type) }
    return Plan(.project(passed, kept), output: plan.output)
  }

  /// A condition with a sub-query: IN (SELECT …), EXISTS; `nil` for any other.
  private func joined(
    _ plan: Plan,
    _ condition: Expression,
    _ names: SelectScope,
    _ expressions: ExpressionBinder,
    isNegated: Bool = false
  ) throws(PlanningError) -> WhereCondition? {
    func member(
      _ operand: Expression,
      _ query: Query,
      _ isNot: Bool,
      _ symbol: Operator
    ) throws(PlanningError) -> WhereCondition {
      try semiJoined(
        plan,
        operand,
        query,
        isNegated: isNot != isNegated,
        symbol,
        names,
        expressions
      )
    }
    switch condition.kind {
    case .not(let inner) where !isNegated:
      return try joined(plan, inner, names, expressions, isNegated: true)
    case .exists(let query):
      return .rows(try existing(plan, query, isNegated: isNegated, names, condition.range))
    case .inQuery(let operand, let query, let isNot, let location):
      return try member(operand, query, isNot, Operator("=", range: location))
    case .quantifiedQuery(let operand, let symbol, .any, let query) where symbol.symbol == "=":
      return try member(operand, query, false, symbol)
    case .quantifiedQuery(let operand, let symbol, .all, let query) where symbol.symbol == "<>":
      return try member(operand, query, true, Operator("=", range: symbol.range))
    default: return nil
    }
  }

  private func attach(
    _ calls: [BoundWindow],
    to plan: Plan,
    _ rewriter: inout PlaceholderRewriter
  ) -> Plan {
    guard !calls.isEmpty else { return plan }
    rewriter.windowBase = plan.output.count
    let rewritten = calls.map { call in
      var call = call
      call.arguments = call.arguments.map(rewriter.rewrite)
      call.partition = call.partition.map(rewriter.rewrite)
      for index in call.order.indices {
        call.order[index].expression = rewriter.rewrite(call.order[index].expression)
      }
      return call
    }
    return Plan(
      .window(plan, rewritten),
      output: plan.output + calls.map { OutputColumn(name: "", type: $0.type) }
    )
  }

  // MARK: The select list

  private func bindList(
    _ items: [SelectItem],
    _ names: SelectScope,
    _ expressions: ExpressionBinder
  ) throws(PlanningError) -> [SelectColumn] {
    var columns: [SelectColumn] = []
    for item in items {
      if case .wildcard(let path) = item.value.kind {
        for column in try names.scope.columns(of: path, range: item.value.range) {
          columns.append(
            SelectColumn(
              expression: BoundExpression(.column(column.index), column.type),
              name: column.name,
              alias: nil,
              range: item.value.range,
              origin: OutputColumn(name: column.name, type: column.type, origin: column.origin)
            )
          )
        }
        continue
      }
      let bound = try expressions.bind(item.value)
      let name = item.alias?.text ?? item.value.columnName
      var origin = OutputColumn(name: name, type: bound.type)
      if case .column(let path) = item.value.kind {
        origin.origin = try names.scope.column(path, range: item.value.range).origin
      }
      columns.append(
        SelectColumn(
          expression: bound,
          name: name,
          alias: item.alias?.text,
          range: item.value.range,
          origin: origin
        )
      )
    }
    return columns
  }

  // MARK: GROUP BY

  private func group(
    _ select: Select,
    _ columns: [SelectColumn],
    _ names: SelectScope,
    _ expressions: ExpressionBinder
  ) throws(PlanningError) -> Grouping {
    // The keys of each grouping set; one set where nothing else is said.
    var sets: [[BoundExpression]] = [[]]
    names.clause = .grouping
    defer { names.clause = .list }
    if let groupBy = select.groupBy {
      if groupBy.isByAllItems {
        sets[0] = columns.map(\.expression).filter { expression in
          !expression.columnIndexes.contains {
            Placeholder.isAggregate($0) || Placeholder.isWindow($0)
          }
        }
      }
      for element in groupBy.elements {
        let choices = try groupingSets(element) { (expression) throws(PlanningError) in
          try groupingKey(expression, columns, names, expressions)
        }
        try checkCount(ofSets: sets.count * choices.count)
        sets = sets.flatMap { set in choices.map { set + $0 } }
      }
    }
    return Grouping(sets: sets, scope: names.scope, columnRanges: names.columnRanges)
  }

  /// An ordinal, an input column, or else the name of an output column: PostgreSQL's order of precedence.
  private func groupingKey(
    _ expression: Expression,
    _ columns: [SelectColumn],
    _ names: SelectScope,
    _ expressions: ExpressionBinder
  ) throws(PlanningError) -> BoundExpression {
    var position = try ordinal(expression, of: columns.count, clause: "GROUP BY")
    if position == nil, case .column(let path) = expression.kind, path.count == 1,
      !names.scope.has(path[0].text)
    {
      position = columns.firstIndex { $0.name == path[0].text }
    }
    guard let position else { return try expressions.bindSettled(expression) }
    let key = columns[position].expression
    if key.columnIndexes.contains(where: Placeholder.isAggregate) {
      throw PlanningError(
        "42803",
        "aggregate functions are not allowed in GROUP BY",
        at: columns[position].range
      )
    }
    return context.settle(key)
  }

  // MARK: ORDER BY

  /// An ordinal, the name of an output column, or else an expression over the input.
  private func bindOrder(
    _ items: [SortItem],
    _ columns: inout [SelectColumn],
    _ names: SelectScope,
    _ expressions: ExpressionBinder
  ) throws(PlanningError) -> [PendingSort] {
    names.clause = .ordering
    defer { names.clause = .list }
    var sorts: [PendingSort] = []
    for item in items {
      var position = try ordinal(item.value, of: columns.count, clause: "ORDER BY")
      if position == nil, case .column(let path) = item.value.kind, path.count == 1 {
        let found = columns.indices.filter { columns[$0].name == path[0].text }
        if found.count > 1, Set(found.map { columns[$0].expression }).count > 1 {
          throw PlanningError(
            "42702",
            "ORDER BY \"\(path[0].text)\" is ambiguous",
            at: item.value.range
          )
        }
        position = found.first
      }
      if let position {
        sorts.append(
          PendingSort(item: item, position: position, expression: columns[position].expression)
        )
        continue
      }
      let bound = try expressions.bindSettled(item.value)
      sorts.append(
        PendingSort(
          item: item,
          position: columns.firstIndex { $0.expression == bound },
          expression: bound
        )
      )
    }
    return sorts
  }

  // MARK: Projection, DISTINCT, sort

  private func project(
    _ input: Plan,
    _ columns: [SelectColumn],
    _ sorts: [PendingSort],
    _ distinct: Select.Distinct,
    _ expressions: ExpressionBinder,
    _ names: SelectScope,
    _ rewriter: PlaceholderRewriter
  ) throws(PlanningError) -> Plan {
    var list = columns.map(\.expression)
    var output = columns.map { column in
      OutputColumn(name: column.name, type: column.expression.type, origin: column.origin.origin)
    }
    var keys: [SortKey] = []
    func position(of expression: BoundExpression) -> Int {
      if let index = list.firstIndex(of: expression) { return index }
      list.append(expression)
      output.append(OutputColumn(name: "", type: expression.type))
      return list.count - 1
    }
    for sort in sorts {
      if case .rows = distinct, sort.position == nil {
        throw PlanningError(
          "42P10",
          "for SELECT DISTINCT, ORDER BY expressions must appear in select list",
          at: sort.item.value.range
        )
      }
      let index = sort.position ?? position(of: sort.expression)
      keys.append(SortKey(sort.item, BoundExpression(.column(index), output[index].type)))
    }
    var once: [BoundExpression] = []
    if case .on(let items) = distinct {
      once = try distinctKeys(items, columns, names, expressions, rewriter).map { expression in
        let index = position(of: expression)
        return BoundExpression(.column(index), output[index].type)
      }
      try checkDistinctOn(once, keys, sorts)
    }
    var plan = Plan(.project(input, list), output: output)
    if case .rows = distinct { plan = Plan(.distinct(plan), output: output) }
    if !keys.isEmpty { plan = Plan(.sort(plan, keys), output: output) }
    if !once.isEmpty { plan = Plan(.distinctOn(plan, once), output: output) }
    guard list.count > columns.count else { return plan }
    let visible = columns.indices.map { BoundExpression(.column($0), output[$0].type) }
    return Plan(.project(plan, visible), output: Array(output[..<columns.count]))
  }

  private func distinctKeys(
    _ items: [Expression],
    _ columns: [SelectColumn],
    _ names: SelectScope,
    _ expressions: ExpressionBinder,
    _ rewriter: PlaceholderRewriter
  ) throws(PlanningError) -> [BoundExpression] {
    var keys: [BoundExpression] = []
    for item in items {
      if let position = try ordinal(item, of: columns.count, clause: "DISTINCT ON") {
        keys.append(columns[position].expression)
      } else if case .column(let path) = item.kind, path.count == 1, !names.scope.has(path[0].text),
        let column = columns.first(where: { $0.name == path[0].text })
      {
        keys.append(column.expression)
      } else {
        keys.append(rewriter.rewrite(try expressions.bindSettled(item)))
      }
    }
    return keys
  }

  private func checkDistinctOn(
    _ once: [BoundExpression],
    _ keys: [SortKey],
    _ sorts: [PendingSort]
  ) throws(PlanningError) {
    for (key, sort) in zip(keys, sorts).prefix(once.count) where !once.contains(key.expression) {
      throw PlanningError(
        "42P10",
        "SELECT DISTINCT ON expressions must match initial ORDER BY expressions",
        at: sort.item.value.range
      )
    }
  }
}
