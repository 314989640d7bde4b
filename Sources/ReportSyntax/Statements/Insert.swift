/// `INSERT INTO t (…) … ON CONFLICT … RETURNING …`.
package struct Insert: Sendable {
  package enum Rows: Sendable {
    /// One row of `DEFAULT VALUES`.
    case defaults
    /// VALUES, with ``Expression/Kind/defaultValue`` where DEFAULT stands, or any other query.
    case query(Query)
  }
  package let with: WithClause?
  package let table: QualifiedName
  package let alias: Identifier?
  /// Empty: all columns in their order.
  package let columns: [Identifier]
  package let rows: Rows
  package let conflict: Conflict?
  package let returning: [SelectItem]
}

/// `ON CONFLICT [(…)] DO NOTHING` or `DO UPDATE SET …`.
package struct Conflict: Sendable {
  package struct Target: Sendable {
    /// The names in `(a, b)`.
    package let columns: [Identifier]
    /// `ON CONSTRAINT name`.
    package let constraint: Identifier?
    package let range: SourceRange
  }
  package enum Action: Sendable {
    case nothing
    case update([Assignment], filter: Expression?)
  }
  package let target: Target?
  package let action: Action
  package let range: SourceRange
}

/// `a = expression` in SET.
package struct Assignment: Sendable {
  package let column: Identifier
  /// May be ``Expression/Kind/defaultValue``.
  package let value: Expression
}

extension Parser {
  mutating func parseInsert(with: WithClause?) throws(SyntaxError) -> Insert {
    try expect(.insert)
    try expect(.into)
    let table = try parseQualifiedName()
    let alias = accept(.as) ? try parseColumnName() : nil
    var columns: [Identifier] = []
    if at(.leftParenthesis), isColumnName(peek()), peek(2).kind != .dot {
      columns = try parseColumnList()
    }
    if at(.overriding) { throw .unsupported("OVERRIDING", at: current.range) }
    let rows: Insert.Rows
    if columns.isEmpty, accept(.default) {
      try expect(.values)
      rows = .defaults
    } else {
      guard startsQuery || at(.values) || at(.leftParenthesis) else { throw unexpected() }
      rows = .query(try parseQuery())
    }
    let conflict = try parseConflict()
    return Insert(
      with: with,
      table: table,
      alias: alias,
      columns: columns,
      rows: rows,
      conflict: conflict,
      returning: try parseReturning()
    )
  }

  private mutating func parseConflict() throws(SyntaxError) -> Conflict? {
    guard at(.on), peek().keyword == .conflict else { return nil }
    let first = advance().range
    advance()
    let target = try parseConflictTarget()
    try expect(.do)
    let action: Conflict.Action
    if accept(.nothing) {
      action = .nothing
    } else {
      try expect(.update)
      guard target != nil else {
        throw .syntax(
          "ON CONFLICT DO UPDATE requires inference specification or constraint name",
          at: range(from: first),
          hint: "For example, ON CONFLICT (column_name)."
        )
      }
      try expect(.set)
      let assignments = try parseAssignments()
      action = .update(assignments, filter: accept(.where) ? try parseExpression() : nil)
    }
    return Conflict(target: target, action: action, range: range(from: first))
  }

  private mutating func parseConflictTarget() throws(SyntaxError) -> Conflict.Target? {
    let first = current.range
    if accept(.on, .constraint) {
      let name = try parseColumnName()
      return Conflict.Target(columns: [], constraint: name, range: range(from: first))
    }
    guard at(.leftParenthesis) else { return nil }
    let columns = try parseColumnList()
    if at(.where) { throw .unsupported("WHERE in a conflict target", at: current.range) }
    return Conflict.Target(columns: columns, constraint: nil, range: range(from: first))
  }

  /// `a = 1, (b, c) = (2, 3)`.
  mutating func parseAssignments() throws(SyntaxError) -> [Assignment] {
    var assignments: [Assignment] = []
    repeat {
      if at(.leftParenthesis) {
        assignments += try parseRowAssignment()
        continue
      }
      let column = try parseColumnName()
      if at(.dot) || at(.leftBracket) {
        throw .unsupported("assignment to a part of a column", at: current.range)
      }
      try expect(.equal)
      assignments.append(Assignment(column: column, value: try parseExpression()))
    } while accept(.comma)
    return assignments
  }

  private mutating func parseRowAssignment() throws(SyntaxError) -> [Assignment] {
    let columns = try parseColumnList()
    try expect(.equal)
    let first = current.range
    let isRow = accept(.row)
    guard at(.leftParenthesis) else { throw unexpected() }
    guard case .list(let values) = try parseParenthesised() else {
      throw .unsupported("a sub-select of several columns in SET", at: range(from: first))
    }
    if values.count == 1, !isRow, columns.count == 1 {
      return [Assignment(column: columns[0], value: values[0])]
    }
    guard values.count == columns.count else {
      throw .syntax("number of columns does not match number of values", at: range(from: first))
    }
    return zip(columns, values).map { Assignment(column: $0, value: $1) }
  }

  /// `RETURNING …`, or nothing.
  mutating func parseReturning() throws(SyntaxError) -> [SelectItem] {
    accept(.returning) ? try parseSelectItems() : []
  }
}

extension Printer {
  mutating func write(_ insert: Insert) {
    if let with = insert.with { write(with) }
    write("INSERT INTO ")
    write(insert.table)
    if let alias = insert.alias {
      write(" AS ")
      write(alias)
    }
    if !insert.columns.isEmpty {
      write(" ")
      writeNames(insert.columns)
    }
    write(" ")
    switch insert.rows {
    case .defaults: write("DEFAULT VALUES")
    case .query(let query): write(query)
    }
    if let conflict = insert.conflict { write(conflict) }
    writeReturning(insert.returning)
  }

  private mutating func write(_ conflict: Conflict) {
    write(" ON CONFLICT")
    if let target = conflict.target {
      write(" ")
      if let constraint = target.constraint {
        write("ON CONSTRAINT ")
        write(constraint)
      } else {
        writeNames(target.columns)
      }
    }
    switch conflict.action {
    case .nothing: write(" DO NOTHING")
    case .update(let assignments, let filter):
      write(" DO UPDATE SET ")
      write(assignments)
      writeClause(" WHERE ", filter)
    }
  }

  mutating func write(_ assignments: [Assignment]) {
    writeList(assignments) { printer, assignment in
      printer.write(assignment.column)
      printer.write(" = ")
      printer.write(assignment.value)
    }
  }

  mutating func writeReturning(_ items: [SelectItem]) {
    if items.isEmpty { return }
    write(" RETURNING ")
    writeItems(items)
  }
}
