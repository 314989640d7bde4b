import Catalog
import Columnar
import Planning
import ReportSyntax

/// Makes a table's definition of what CREATE TABLE says.
struct TableBuilder {
  let session: Session
  /// The statement's text, for positions.
  let text: [UInt8]
  let catalog: CatalogSnapshot

  func table(_ create: CreateTable, _ name: RelationName) throws(EngineError) -> TableDefinition {
    var columns: [Catalog.ColumnDefinition] = []
    for definition in create.columns {
      guard !columns.contains(where: { $0.name == definition.name.text }) else {
        throw EngineError("42701", "column \"\(definition.name.text)\" specified more than once")
      }
      columns.append(try column(definition, id: ColumnID(UInt32(columns.count))))
    }
    guard !columns.isEmpty else { throw .unsupported("a table without columns") }
    var table = TableDefinition(
      id: TableID(catalog.nextTableID),
      schema: name.schema,
      name: name.name,
      columns: columns
    )
    table.primaryKey = try ids(create.primaryKey, in: table, clause: "key")
    for id in table.primaryKey {
      if let index = table.index(of: id) { table.columns[index].isNullable = false }
    }
    try apply(create.options, to: &table)
    return table
  }

  /// A table with the columns of a query's result.
  func table(
    _ create: CreateTableAs,
    _ name: RelationName,
    output: [OutputColumn]
  ) throws(EngineError) -> TableDefinition {
    guard create.columns.count <= output.count else {
      throw EngineError("42601", "too many column names were specified")
    }
    var columns: [Catalog.ColumnDefinition] = []
    for (index, column) in output.enumerated() {
      let name = index < create.columns.count ? create.columns[index].text : column.name
      guard !columns.contains(where: { $0.name == name }) else {
        throw EngineError("42701", "column \"\(name)\" specified more than once")
      }
      let type: LogicalType = column.type == .unknown ? .text : column.type
      columns.append(
        Catalog.ColumnDefinition(
          id: ColumnID(UInt32(index)),
          name: name,
          type: try storable(type, name)
        )
      )
    }
    guard !columns.isEmpty else { throw .unsupported("a table without columns") }
    var table = TableDefinition(
      id: TableID(catalog.nextTableID),
      schema: name.schema,
      name: name.name,
      columns: columns
    )
    try apply(create.options, to: &table)
    return table
  }

  /// A column; its DEFAULT is bound once, so that a wrong one is refused now.
  func column(
    _ definition: ReportSyntax.ColumnDefinition,
    id: ColumnID
  ) throws(EngineError) -> Catalog.ColumnDefinition {
    let type = try planned(in: text) { () throws(PlanningError) in try LogicalType(definition.type)
    }
    var column = Catalog.ColumnDefinition(
      id: id,
      name: definition.name.text,
      type: try storable(type, definition.name.text),
      isNullable: !definition.isNotNull && !definition.isPrimaryKey
    )
    if let value = definition.defaultValue {
      _ = try boundDefault(value, of: column)
      column.defaultText = Printer.text(of: value)
    }
    return column
  }

  func boundDefault(
    _ value: Expression,
    of column: Catalog.ColumnDefinition
  ) throws(EngineError) -> BoundExpression {
    let context = session.bindingContext(catalog: catalog)
    return try planned(in: text) { () throws(PlanningError) in
      let binder = ExpressionBinder(
        context: context,
        scope: EmptyScope(clause: "DEFAULT expressions")
      )
      let bound = try binder.bind(value)
      guard canCoerce(bound.type, to: column.type, for: .assignment) else {
        throw PlanningError(
          "42804",
          "column \"\(column.name)\" is of type \(column.type.displayName) but default expression "
            + "is of type \(bound.type.displayName)",
          hint: "You will need to rewrite or cast the expression."
        )
      }
      return try context.coerce(bound, to: column.type, purpose: .assignment, range: value.range)
    }
  }

  private func storable(_ type: LogicalType, _ name: String) throws(EngineError) -> LogicalType {
    if case .array = type {
      throw .unsupported("a column of type \(type.displayName) (\"\(name)\")")
    }
    return type
  }

  private func ids(
    _ names: [Identifier],
    in table: TableDefinition,
    clause: String
  ) throws(EngineError) -> [ColumnID] {
    var ids: [ColumnID] = []
    for name in names {
      guard let index = table.index(named: name.text) else {
        throw EngineError(
          "42703",
          "column \"\(name.text)\" named in \(clause) does not exist",
          position: SourceText.characterPosition(of: name.range.lower, in: text)
        )
      }
      guard !ids.contains(table.columns[index].id) else {
        throw EngineError("42701", "column \"\(name.text)\" appears twice in \(clause)")
      }
      ids.append(table.columns[index].id)
    }
    return ids
  }

  private func apply(
    _ options: TableOptions,
    to table: inout TableDefinition
  ) throws(EngineError) {
    if let name = options.partitionMonth {
      let id = try ids([name], in: table, clause: "PARTITION BY")[0]
      switch table.index(of: id).map({ table.columns[$0].type }) {
      case .date, .timestamp, .timestamptz: table.partitionColumn = id
      default:
        throw EngineError(
          "42804",
          "PARTITION BY MONTH needs a column of type date, timestamp or timestamp with time zone",
          position: SourceText.characterPosition(of: name.range.lower, in: text)
        )
      }
    }
    table.sortKey = try ids(options.orderBy, in: table, clause: "ORDER BY")
    if let name = options.tenantKey {
      let id = try ids([name], in: table, clause: "TENANT KEY")[0]
      table.tenantColumn = id
      table.sortKey = [id] + table.sortKey.filter { $0 != id }
    }
    if let months = options.retainMonths { try setRetention(Int(months), of: &table) }
    try set(options.settings, of: &table)
  }

  func setRetention(_ months: Int?, of table: inout TableDefinition) throws(EngineError) {
    guard months == nil || table.partitionColumn != nil else {
      throw EngineError("42P16", "RETAIN needs a table with PARTITION BY MONTH")
    }
    table.retainMonths = months
  }

  /// WITH (cold_compression = none | lz4 | zstd).
  func set(
    _ settings: [TableOptions.Setting],
    of table: inout TableDefinition
  ) throws(EngineError) {
    let compressions: [String: BlockCompression] = ["none": .none, "lz4": .lz4, "zstd": .zstd]
    for setting in settings {
      guard setting.name.text == "cold_compression" else {
        throw EngineError("22023", "unrecognized parameter \"\(setting.name.text)\"")
      }
      guard let compression = compressions[setting.value.lowercased()] else {
        throw EngineError(
          "22023",
          "invalid value for parameter \"cold_compression\": \"\(setting.value)\"",
          hint: "Available values: none, lz4, zstd."
        )
      }
      table.coldCompression = compression
    }
  }
}
