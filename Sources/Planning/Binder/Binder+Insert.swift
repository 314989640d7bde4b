import Catalog
import Columnar
import ReportSyntax

extension Binder {
  func bindInsert(_ insert: Insert) throws(PlanningError) -> InsertPlan {
    var queries = QueryBinder(self, commonTables: [:])
    if let with = insert.with { try queries.add(with) }
    let table = try queries.changeableTable(insert.table, verb: "insert into")
    let targets = try targetColumns(insert.columns, of: table)
    let source: Plan
    switch insert.rows {
    case .defaults: source = try defaultRow(of: table)
    case .query(let query):
      if let values = query.plainValues {
        source = try bind(values, insert, table, targets)
      } else {
        source = try bind(query, queries, insert, table, targets)
      }
    }
    let scope = try Self.scope(of: table, alias: insert.alias?.text ?? table.name)
    return InsertPlan(
      table: table,
      source: optimized(source),
      conflict: try bindConflict(insert.conflict, table, scope, queries),
      returning: try returning(insert.returning, scope, queries)
    )
  }

  private static func scope(
    of table: TableDefinition,
    alias: String
  ) throws(PlanningError) -> Scope {
    var scope = Scope()
    let columns = table.columns.enumerated().map { index, column in
      Scope.Column(
        name: column.name,
        type: column.type,
        index: index,
        origin: (table.id, column.id)
      )
    }
    scope.relations = [
      Scope.Relation(alias: alias, schema: table.schema, columns: columns, table: table)
    ]
    scope.width = columns.count
    return scope
  }

  /// The places of the columns that the rows fill, in the rows' order.
  private func targetColumns(
    _ names: [Identifier],
    of table: TableDefinition
  ) throws(PlanningError) -> [Int] {
    guard !names.isEmpty else { return Array(table.columns.indices) }
    var indexes: [Int] = []
    for name in names {
      let index = try columnIndex(name, of: table)
      guard !indexes.contains(index) else {
        throw PlanningError(
          "42701",
          "column \"\(name.text)\" specified more than once",
          at: name.range
        )
      }
      indexes.append(index)
    }
    return indexes
  }

  private func output(of table: TableDefinition) -> [OutputColumn] {
    table.columns.map { OutputColumn(name: $0.name, type: $0.type) }
  }

  private func defaultRow(of table: TableDefinition) throws(PlanningError) -> Plan {
    Plan(.values(rows: [try defaults(of: table)]), output: output(of: table))
  }

  private func defaults(of table: TableDefinition) throws(PlanningError) -> [BoundExpression] {
    var row: [BoundExpression] = []
    for column in table.columns { row.append(try defaultValue(of: column)) }
    return row
  }

  // MARK: VALUES

  private func bind(
    _ values: Values,
    _ insert: Insert,
    _ table: TableDefinition,
    _ targets: [Int]
  ) throws(PlanningError) -> Plan {
    let expressions = ExpressionBinder(context: context, scope: EmptyScope(clause: "VALUES"))
    let blank = try defaults(of: table)
    var rows: [[BoundExpression]] = []
    rows.reserveCapacity(values.rows.count)
    let width = values.rows.first?.count ?? 0
    for items in values.rows {
      guard items.count == width else {
        throw PlanningError(
          "42601",
          "VALUES lists must all be the same length",
          at: items.first?.range
        )
      }
      try checkCount(items.count, insert, targets) { items[$0].range }
      var row = blank
      for (item, target) in zip(items, targets) where !item.isDefault {
        row[target] = try expressions.bind(item)
      }
      rows.append(row)
    }
    let columns = targets.prefix(width).map { (target: $0, definition: table.columns[$0]) }
    try assign(&rows, of: values, to: columns)
    return Plan(.values(rows: rows), output: output(of: table))
  }

  /// Converts bound items to the types of their columns.
  private func assign(
    _ rows: inout [[BoundExpression]],
    of values: Values,
    to columns: [(target: Int, definition: Catalog.ColumnDefinition)]
  ) throws(PlanningError) {
    for column in columns { assignConstants(&rows, to: column.definition, at: column.target) }
    for (row, items) in values.rows.enumerated() {
      for (item, column) in zip(items, columns) where !item.isDefault {
        rows[row][column.target] = try assigned(
          rows[row][column.target],
          to: column.definition,
          item.range
        )
      }
    }
  }

  /// Converts the constants of a column that convert, those of one type at once.
  private func assignConstants(
    _ rows: inout [[BoundExpression]],
    to column: Catalog.ColumnDefinition,
    at target: Int
  ) {
    var groups: [LogicalType: [Int]] = [:]
    for row in rows.indices {
      guard case .constant = rows[row][target].node, rows[row][target].type != column.type else {
        continue
      }
      groups[rows[row][target].type, default: []].append(row)
    }
    for (type, places) in groups where places.count > 1 {
      let constants = places.map { row in
        if case .constant(let value) = rows[row][target].node { value } else { Datum.null }
      }
      let converted = context.assign(constants, of: type, to: column.type)
      for (row, value) in zip(places, converted ?? []) {
        rows[row][target] = BoundExpression(.constant(value), column.type)
      }
    }
  }

  /// Refuses rows that are wider than the table, or narrower than the list of columns.
  private func checkCount(
    _ count: Int,
    _ insert: Insert,
    _ targets: [Int],
    range: (Int) -> SourceRange
  ) throws(PlanningError) {
    if count > targets.count {
      throw PlanningError(
        "42601",
        "INSERT has more expressions than target columns",
        at: range(targets.count)
      )
    }
    if count < insert.columns.count {
      throw PlanningError(
        "42601",
        "INSERT has more target columns than expressions",
        at: insert.columns[count].range
      )
    }
  }

  // MARK: SELECT

  private func bind(
    _ query: Query,
    _ queries: QueryBinder,
    _ insert: Insert,
    _ table: TableDefinition,
    _ targets: [Int]
  ) throws(PlanningError) -> Plan {
    let plan = try queries.bind(query)
    try checkCount(plan.output.count, insert, targets) { _ in query.range }
    var list = try defaults(of: table)
    for (index, target) in zip(plan.output.indices, targets) {
      // An untyped literal takes the column's type, not text's.
      let bound = plan.literal(index) ?? plan.column(index)
      list[target] = try assigned(bound, to: table.columns[target], query.range)
    }
    return Plan(.project(plan, list), output: output(of: table))
  }

  // MARK: ON CONFLICT

  private func bindConflict(
    _ conflict: Conflict?,
    _ table: TableDefinition,
    _ scope: Scope,
    _ queries: QueryBinder
  ) throws(PlanningError) -> ConflictAction {
    guard let conflict else { return .error }
    if let target = conflict.target { try checkTarget(target, table) }
    guard case .update(let assignments, let filter) = conflict.action else { return .doNothing }
    let excluded = try Self.scope(of: table, alias: "excluded")
    let names = PlainScope(scope.joined(excluded), clause: "ON CONFLICT DO UPDATE", queries)
    let expressions = ExpressionBinder(context: context, scope: names)
    var values = table.columns.enumerated().map { index, column in
      BoundExpression(.column(index), column.type)
    }
    var assignedColumns: Set<Int> = []
    for assignment in assignments {
      let index = try columnIndex(assignment.column, of: table)
      guard assignedColumns.insert(index).inserted else {
        throw PlanningError(
          "42601",
          "multiple assignments to same column \"\(assignment.column.text)\"",
          at: assignment.column.range
        )
      }
      values[index] = try value(assignment.value, for: table.columns[index], expressions)
    }
    let predicate = try filter.map { (condition: Expression) throws(PlanningError) in
      try expressions.bindCondition(condition, clause: "WHERE")
    }
    return .doUpdate(values: values, predicate: predicate)
  }

  /// The conflict's columns must be the primary key, the only unique constraint there is.
  private func checkTarget(
    _ target: Conflict.Target,
    _ table: TableDefinition
  ) throws(PlanningError) {
    if let constraint = target.constraint {
      guard !table.primaryKey.isEmpty, constraint.text == "\(table.name)_pkey" else {
        throw PlanningError(
          "42704",
          "constraint \"\(constraint.text)\" for table \"\(table.name)\" does not exist"
        )
      }
      return
    }
    var columns: Set<ColumnID> = []
    for name in target.columns {
      guard let index = table.index(named: name.text) else {
        throw PlanningError("42703", "column \"\(name.text)\" does not exist", at: name.range)
      }
      columns.insert(table.columns[index].id)
    }
    guard !table.primaryKey.isEmpty, columns == Set(table.primaryKey) else {
      throw PlanningError(
        "42P10",
        "there is no unique or exclusion constraint matching the ON CONFLICT specification"
      )
    }
  }
}

extension Query {
  /// The rows of a VALUES without any other clause, in which DEFAULT may stand.
  fileprivate var plainValues: Values? {
    guard with == nil, orderBy.isEmpty, limit == nil, offset == nil, case .values(let values) = body
    else { return nil }
    return values
  }
}

extension Expression {
  /// Whether it is DEFAULT, as may stand in the VALUES of an INSERT.
  fileprivate var isDefault: Bool { if case .defaultValue = kind { true } else { false } }
}
