extension Printer {
  mutating func write(_ query: Query) {
    if let with = query.with { write(with) }
    write(query.body)
    writeOrderBy(query.orderBy)
    switch query.limit {
    case .count(let count):
      write(" LIMIT ")
      write(count)
    case .countWithTies(let count):
      write(" FETCH FIRST (")
      write(count)
      write(") ROWS WITH TIES")
    case .all: write(" LIMIT ALL")
    case nil: break
    }
    if let offset = query.offset {
      write(" OFFSET ")
      write(offset)
    }
    for locking in query.locking { write(" " + locking.strength) }
  }

  mutating func write(_ with: WithClause) {
    write(with.isRecursive ? "WITH RECURSIVE " : "WITH ")
    writeList(with.members) { printer, member in
      printer.write(member.name)
      if !member.columns.isEmpty { printer.writeNames(member.columns) }
      printer.write(" AS ")
      if let isMaterialized = member.isMaterialized {
        printer.write(isMaterialized ? "MATERIALIZED " : "NOT MATERIALIZED ")
      }
      printer.write("(")
      printer.write(member.query)
      printer.write(")")
    }
    write(" ")
  }

  private mutating func write(_ body: Query.Body) {
    switch body {
    case .select(let select): write(select)
    case .values(let values):
      write("VALUES ")
      writeList(values.rows) { printer, row in
        printer.write("(")
        printer.writeExpressions(row)
        printer.write(")")
      }
    case .setOperation(let operation):
      write(operation.left)
      write(" " + operation.kind.rawValue.uppercased() + (operation.isAll ? " ALL " : " "))
      write(operation.right)
    case .nested(let query):
      write("(")
      write(query)
      write(")")
    }
  }

  // MARK: SELECT

  private mutating func write(_ select: Select) {
    write("SELECT")
    switch select.distinct {
    case .no: break
    case .rows: write(" DISTINCT")
    case .on(let keys):
      write(" DISTINCT ON (")
      writeExpressions(keys)
      write(")")
    }
    if !select.items.isEmpty {
      write(" ")
      writeItems(select.items)
    }
    if !select.from.isEmpty {
      write(" FROM ")
      writeList(select.from) { $0.write($1) }
    }
    writeClause(" WHERE ", select.filter)
    if let groupBy = select.groupBy { write(groupBy) }
    writeClause(" HAVING ", select.having)
    if !select.windows.isEmpty {
      write(" WINDOW ")
      writeList(select.windows) { printer, window in
        printer.write(window.name)
        printer.write(" AS ")
        printer.write(window.definition)
      }
    }
  }

  mutating func writeClause(_ words: String, _ expression: Expression?) {
    guard let expression else { return }
    write(words)
    write(expression)
  }

  mutating func writeItems(_ items: [SelectItem]) {
    writeList(items) { printer, item in
      printer.write(item.value)
      if let alias = item.alias {
        printer.write(" AS ")
        printer.write(alias)
      }
    }
  }

  private mutating func write(_ groupBy: GroupBy) {
    write(" GROUP BY ")
    if groupBy.isByAllItems { write("ALL") }
    if groupBy.isDistinct { write("DISTINCT ") }
    writeList(groupBy.elements) { $0.write($1) }
  }

  private mutating func write(_ element: GroupBy.Element) {
    switch element {
    case .expression(let expression): write(expression)
    case .empty: write("()")
    case .rollup(let elements, _): write("ROLLUP (", elements)
    case .cube(let elements, _): write("CUBE (", elements)
    case .sets(let elements, _): write("GROUPING SETS (", elements)
    }
  }

  private mutating func write(_ opening: String, _ elements: [GroupBy.Element]) {
    write(opening)
    writeList(elements) { $0.write($1) }
    write(")")
  }

  // MARK: FROM

  mutating func write(_ item: FromItem) {
    switch item.kind {
    case .table(let name): write(name)
    case .function(let function): write(function)
    case .query(let query, let isLateral):
      write(isLateral ? "LATERAL (" : "(")
      write(query)
      write(")")
    case .join(let join):
      let isNamed = item.alias != nil
      if isNamed { write("(") }
      write(join)
      if isNamed { write(")") }
    }
    if case .function(let function) = item.kind, !function.columnDefinitions.isEmpty {
      return writeColumnTypes(function, item.alias)
    }
    guard let alias = item.alias else { return }
    write(" AS ")
    write(alias.name)
    if !alias.columns.isEmpty { writeNames(alias.columns) }
  }

  private mutating func write(_ function: TableFunction) {
    if function.isLateral { write("LATERAL ") }
    if function.isRowsFrom { write("ROWS FROM (") }
    writeExpressions(function.calls)
    if function.isRowsFrom { write(")") }
    if function.withOrdinality { write(" WITH ORDINALITY") }
  }

  private mutating func writeColumnTypes(_ function: TableFunction, _ alias: FromItem.Alias?) {
    write(" AS ")
    if let alias { write(alias.name) }
    write("(")
    writeList(function.columnDefinitions) { printer, column in
      printer.write(column.name)
      printer.write(" ")
      printer.write(column.type)
    }
    write(")")
  }

  private mutating func write(_ join: Join) {
    write(join.left)
    if case .natural = join.condition { write(" NATURAL") }
    write(join.kind == .inner ? " JOIN " : " \(join.kind.rawValue.uppercased()) JOIN ")
    var isNested = false
    if case .join = join.right.kind, join.right.alias == nil { isNested = true }
    if isNested { write("(") }
    write(join.right)
    if isNested { write(")") }
    switch join.condition {
    case .on(let condition):
      write(" ON ")
      write(condition)
    case .using(let columns, let alias):
      write(" USING ")
      writeNames(columns)
      if let alias {
        write(" AS ")
        write(alias)
      }
    case .none, .natural: break
    }
  }
}
