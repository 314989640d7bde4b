import Catalog
import Columnar
import Planning
import ReportSyntax
import Storage

extension Session {
  // MARK: Names

  /// The schema and name that a CREATE means.
  func newName(
    _ name: QualifiedName,
    in catalog: CatalogSnapshot
  ) throws(EngineError) -> RelationName {
    if name.parts.count > 2 {
      guard name.parts[0].text == Database.name, name.parts.count == 3 else {
        throw EngineError(
          "0A000",
          "cross-database references are not implemented: \"\(name.description)\""
        )
      }
    }
    guard
      let schema = name.schema?.text
        ?? settings.searchPath.first(where: { catalog.schemas.contains($0) })
    else { throw EngineError("3F000", "no schema has been selected to create in") }
    guard catalog.schemas.contains(schema) else {
      if ["pg_catalog", "information_schema", "almanac", "report"].contains(schema) {
        throw EngineError("42501", "permission denied for schema \(schema)")
      }
      throw EngineError("3F000", "schema \"\(schema)\" does not exist")
    }
    return RelationName(schema: schema, name: name.name.text)
  }

  /// The places where a name of an existing relation is looked for.
  func candidates(_ name: QualifiedName) -> [RelationName] {
    if let schema = name.schema { return [RelationName(schema: schema.text, name: name.name.text)] }
    return settings.searchPath.map { RelationName(schema: $0, name: name.name.text) }
  }

  /// The stored table of this name.
  func existingTable(
    _ name: QualifiedName,
    in catalog: CatalogSnapshot
  ) throws(EngineError) -> TableDefinition {
    for candidate in candidates(name) {
      if let table = catalog.table(candidate) { return table }
      if catalog.views[candidate] != nil {
        throw EngineError("42809", "\"\(name.name.text)\" is not a table")
      }
    }
    throw EngineError("42P01", "relation \"\(name.description)\" does not exist")
  }

  private func refuseExisting(
    _ name: RelationName,
    in catalog: CatalogSnapshot
  ) throws(EngineError) {
    if catalog.table(name) != nil || catalog.views[name] != nil {
      throw EngineError("42P07", "relation \"\(name.name)\" already exists")
    }
  }

  // MARK: CREATE

  func createTable(
    _ create: CreateTable,
    _ request: StatementRequest
  ) throws(EngineError) -> String {
    try write(as: "CREATE TABLE") { transaction throws(EngineError) in
      let catalog = transaction.catalog
      let name = try newName(create.name, in: catalog)
      if create.ifNotExists, catalog.table(name) != nil || catalog.views[name] != nil {
        note("relation \"\(name.name)\" already exists, skipping", sqlState: "42P07")
        return
      }
      if create.orReplace, let old = catalog.table(name) {
        try transaction.record(.dropTable(old.id))
      }
      if !create.orReplace { try refuseExisting(name, in: catalog) }
      let builder = TableBuilder(session: self, text: request.text, catalog: catalog)
      try transaction.record(.createTable(try builder.table(create, name)))
    }
    return "CREATE TABLE"
  }

  func createView(_ create: CreateView, _ request: StatementRequest) throws(EngineError) -> String {
    try write(as: "CREATE VIEW") { transaction throws(EngineError) in
      let catalog = transaction.catalog
      let name = try newName(create.name, in: catalog)
      if catalog.table(name) != nil || (catalog.views[name] != nil && !create.orReplace) {
        throw EngineError("42P07", "relation \"\(name.name)\" already exists")
      }
      let context = bindingContext(catalog: catalog)
      let output = try describe(.query(create.query), in: request.text, context) ?? []
      guard context.parameterTypes.isEmpty else {
        throw EngineError("42P02", "there is no parameter $1")
      }
      var names = output.map(\.name)
      guard create.columns.count <= names.count else {
        throw EngineError("42601", "CREATE VIEW specifies more column names than columns")
      }
      for (index, column) in create.columns.enumerated() { names[index] = column.text }
      if let old = catalog.views[name] { try refuseOtherColumns(old, names) }
      if let twice = names.firstRepeated {
        throw EngineError("42701", "column \"\(twice)\" specified more than once")
      }
      try transaction.record(
        .createView(
          ViewDefinition(
            schema: name.schema,
            name: name.name,
            columnNames: names,
            text: Printer.text(of: create.query)
          )
        )
      )
    }
    return "CREATE VIEW"
  }

  /// CREATE OR REPLACE VIEW may add columns at the end, nothing else.
  private func refuseOtherColumns(
    _ old: ViewDefinition,
    _ names: [String]
  ) throws(EngineError) {
    guard names.count >= old.columnNames.count else {
      throw EngineError("42P16", "cannot drop columns from view")
    }
    for (before, after) in zip(old.columnNames, names) where before != after {
      throw EngineError(
        "42P16",
        "cannot change name of view column \"\(before)\" to \"\(after)\"",
        hint: "Use ALTER VIEW ... RENAME COLUMN ... to change name of view column instead."
      )
    }
  }

  func createSchema(_ create: CreateSchema) throws(EngineError) -> String {
    try write(as: "CREATE SCHEMA") { transaction throws(EngineError) in
      let name = create.name.text
      if SystemTables.schemas.contains(name) || name.hasPrefix("pg_") {
        throw EngineError("42939", "unacceptable schema name \"\(name)\"")
      }
      guard !transaction.catalog.schemas.contains(name) else {
        if create.ifNotExists {
          note("schema \"\(name)\" already exists, skipping", sqlState: "42P06")
          return
        }
        throw EngineError("42P06", "schema \"\(name)\" already exists")
      }
      try transaction.record(.createSchema(name))
    }
    return "CREATE SCHEMA"
  }

  func createReport(
    _ create: CreateReport,
    _ request: StatementRequest
  ) throws(EngineError) -> String {
    try write(as: "CREATE REPORT") { transaction throws(EngineError) in
      let name = create.name.name.text
      if let schema = create.name.schema, schema.text != "report" {
        throw EngineError("3F000", "reports live in schema \"report\", not in \"\(schema.text)\"")
      }
      guard create.orReplace || transaction.catalog.reports[name] == nil else {
        throw EngineError("42710", "report \"\(name)\" already exists")
      }
      let context = bindingContext(catalog: transaction.catalog)
      var parameters: [ReportParameter] = []
      for parameter in create.parameters {
        let type = try planned(in: request.text) { () throws(PlanningError) in
          let type = try LogicalType(parameter.type)
          if let value = parameter.defaultValue {
            let binder = ExpressionBinder(
              context: context,
              scope: EmptyScope(clause: "parameter defaults")
            )
            _ = try context.coerce(
              try binder.bind(value),
              to: type,
              purpose: .assignment,
              range: value.range
            )
          }
          context.namedParameters[parameter.name.text] = BoundExpression(.constant(.null), type)
          return type
        }
        parameters.append(
          ReportParameter(
            name: parameter.name.text,
            type: type,
            defaultText: parameter.defaultValue.map { Printer.text(of: $0) }
          )
        )
      }
      // Bound once, so that a wrong report is refused now and not when it is called.
      _ = try describe(.query(create.query), in: request.text, context)
      try transaction.record(
        .createReport(
          ReportDefinition(
            name: name,
            parameters: parameters,
            text: Printer.text(of: create.query)
          )
        )
      )
    }
    return "CREATE REPORT"
  }

  // MARK: DROP and TRUNCATE

  func run(_ drop: Drop) throws(EngineError) -> String {
    try write(as: "DROP \(drop.kind.rawValue.uppercased())") { transaction throws(EngineError) in
      for name in drop.names { try self.drop(name, drop, transaction) }
    }
    return "DROP \(drop.kind.rawValue.uppercased())"
  }

  private func drop(
    _ name: QualifiedName,
    _ drop: Drop,
    _ transaction: Transaction
  ) throws(EngineError) {
    let catalog = transaction.catalog
    switch drop.kind {
    case .table:
      for candidate in candidates(name) {
        if let table = catalog.table(candidate) {
          try dropDependents(
            of: [candidate],
            "table \(table.name)",
            isCascading: drop.isCascading,
            { (view) throws(EngineError) in try transaction.record(.dropView(view)) },
            in: catalog
          )
          return try transaction.record(.dropTable(table.id))
        }
        if catalog.views[candidate] != nil {
          throw EngineError(
            "42809",
            "\"\(name.name.text)\" is not a table",
            hint: "Use DROP VIEW to remove a view."
          )
        }
      }
    case .view:
      for candidate in candidates(name) {
        if catalog.views[candidate] != nil {
          try dropDependents(
            of: [candidate],
            "view \(candidate.name)",
            isCascading: drop.isCascading,
            { (view) throws(EngineError) in try transaction.record(.dropView(view)) },
            in: catalog
          )
          return try transaction.record(.dropView(candidate))
        }
        if catalog.table(candidate) != nil {
          throw EngineError(
            "42809",
            "\"\(name.name.text)\" is not a view",
            hint: "Use DROP TABLE to remove a table."
          )
        }
      }
    case .report:
      if catalog.reports[name.name.text] != nil {
        return try transaction.record(.dropReport(name.name.text))
      }
    case .rollup:
      if try dropRollup(name.name.text, transaction) { return }
    case .schema:
      if catalog.schemas.contains(name.name.text) {
        return try dropSchema(name.name.text, drop.isCascading, transaction)
      }
    }
    let what = drop.kind.rawValue
    guard drop.ifExists else {
      let state =
        drop.kind == .schema
        ? "3F000" : drop.kind == .report || drop.kind == .rollup ? "42704" : "42P01"
      throw EngineError(state, "\(what) \"\(name.description)\" does not exist")
    }
    note("\(what) \"\(name.description)\" does not exist, skipping", sqlState: "00000")
  }

  private func dropSchema(
    _ name: String,
    _ isCascading: Bool,
    _ transaction: Transaction
  ) throws(EngineError) {
    let catalog = transaction.catalog
    let tables = catalog.tables.values.filter { $0.schema == name }
    let views = catalog.views.keys.filter { $0.schema == name }
    guard isCascading || (tables.isEmpty && views.isEmpty) else {
      throw EngineError(
        "2BP01",
        "cannot drop schema \(name) because other objects depend on it",
        hint: "Use DROP ... CASCADE to drop the dependent objects too."
      )
    }
    for view in views { try transaction.record(.dropView(view)) }
    for table in tables { try transaction.record(.dropTable(table.id)) }
    try transaction.record(.dropSchema(name))
  }

  func run(_ truncate: Truncate) throws(EngineError) -> String {
    try write(as: "TRUNCATE TABLE") { transaction throws(EngineError) in
      for name in truncate.tables {
        try transaction.record(.truncate(try existingTable(name, in: transaction.catalog).id))
      }
    }
    return "TRUNCATE TABLE"
  }

  func run(_ compact: CompactTable) throws(EngineError) -> String {
    guard block.open == nil else {
      throw EngineError("25001", "COMPACT TABLE cannot run inside a transaction block")
    }
    let table = try existingTable(compact.table, in: catalog)
    let snapshot = database.store.published.table(table.id, scope: .unrestricted)
    for partition in snapshot?.partitions ?? [] {
      try stored { () throws(StorageError) in
        _ = try database.store.seal(table.id, partition.key)
        _ = try database.store.compact(table.id, partition.key, .forced)
      }
    }
    return "COMPACT TABLE"
  }

  /// VACUUM and ANALYZE: storage looks after itself and statistics are always there.
  func run(_ maintenance: Maintenance) throws(EngineError) -> String {
    for name in maintenance.tables { _ = try existingTable(name, in: catalog) }
    if maintenance.kind == .vacuum, block.open != nil {
      throw EngineError("25001", "VACUUM cannot run inside a transaction block")
    }
    return maintenance.kind.rawValue.uppercased()
  }
}

extension Sequence where Element: Hashable {
  /// The first element that occurred before.
  var firstRepeated: Element? {
    var seen: Set<Element> = []
    return first { !seen.insert($0).inserted }
  }
}
