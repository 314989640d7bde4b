/// `CREATE [OR REPLACE] VIEW v [(…)] AS query`.
package struct CreateView: Sendable {
  package let name: QualifiedName
  package let orReplace: Bool
  package let columns: [Identifier]
  package let query: Query
}

/// `CREATE SCHEMA [IF NOT EXISTS] s`.
package struct CreateSchema: Sendable {
  package let name: Identifier
  package let ifNotExists: Bool
}

extension Parser {
  mutating func parseCreateView(_ orReplace: Bool) throws(SyntaxError) -> CreateView {
    try expect(.view)
    let name = try parseQualifiedName()
    let columns = at(.leftParenthesis) ? try parseColumnList() : []
    if at(.with) { throw .unsupported("WITH options of a view", at: current.range) }
    try expect(.as)
    let query = try parseQuery()
    if at(.with) { throw .unsupported("WITH CHECK OPTION", at: current.range) }
    return CreateView(name: name, orReplace: orReplace, columns: columns, query: query)
  }

  mutating func parseCreateSchema() throws(SyntaxError) -> CreateSchema {
    try expect(.schema)
    let ifNotExists = try parseIfNotExists()
    if at(.authorization) { throw .unsupported("AUTHORIZATION", at: current.range) }
    let name = try parseColumnName()
    if at(.authorization) { throw .unsupported("AUTHORIZATION", at: current.range) }
    return CreateSchema(name: name, ifNotExists: ifNotExists)
  }
}

extension Printer {
  mutating func write(_ view: CreateView) {
    writeCreate("VIEW", view.name, orReplace: view.orReplace)
    if !view.columns.isEmpty {
      write(" ")
      writeNames(view.columns)
    }
    write(" AS ")
    write(view.query)
  }

  mutating func write(_ schema: CreateSchema) {
    writeCreate("SCHEMA", QualifiedName([schema.name]), ifNotExists: schema.ifNotExists)
  }
}
