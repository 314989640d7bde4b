import Catalog
import Columnar
import Execution
import Planning
import ReportSyntax
import Storage

extension Session {
  func alterTable(_ alter: AlterTable, _ request: StatementRequest) throws(EngineError) -> String {
    try write(as: "ALTER TABLE") { transaction throws(EngineError) in
      let found = candidates(alter.table).lazy.compactMap { transaction.catalog.table($0) }.first
      if found == nil, alter.ifExists {
        note("relation \"\(alter.table.description)\" does not exist, skipping")
        return
      }
      var table = try existingTable(alter.table, in: transaction.catalog)
      for action in alter.actions {
        if case .dropPartition(let month, let ifExists, let range) = action {
          try dropPartition(month, ifExists, range, of: table, transaction, request)
          continue
        }
        try apply(action, to: &table, transaction, request)
        try transaction.record(.alterTable(table))
      }
    }
    return "ALTER TABLE"
  }

  private func apply(
    _ action: AlterTable.Action,
    to table: inout TableDefinition,
    _ transaction: Transaction,
    _ request: StatementRequest
  ) throws(EngineError) {
    let builder = TableBuilder(session: self, text: request.text, catalog: transaction.catalog)
    switch action {
    case .addColumn(let definition, let ifNotExists):
      try addColumn(definition, ifNotExists, to: &table, transaction, builder)
    case .dropColumn(let name, let ifExists, let isCascading):
      if let place = table.index(named: name.text) {
        try dropRollups(
          using: table.columns[place].id,
          of: table,
          isCascading: isCascading,
          transaction
        )
      }
      try dropColumn(name, ifExists, of: &table)
    case .renameColumn(let old, let new):
      guard let index = table.index(named: old.text) else {
        throw EngineError("42703", "column \"\(old.text)\" does not exist")
      }
      guard table.index(named: new.text) == nil else {
        throw EngineError(
          "42701",
          "column \"\(new.text)\" of relation \"\(table.name)\" already exists"
        )
      }
      table.columns[index].name = new.text
    case .renameTable(let name):
      let target = RelationName(schema: table.schema, name: name.text)
      guard transaction.catalog.table(target) == nil, transaction.catalog.views[target] == nil
      else {
        throw EngineError("42P07", "relation \"\(name.text)\" already exists")
      }
      table.name = name.text
    case .setRetention(let months): try builder.setRetention(months.map { Int($0) }, of: &table)
    case .set(let settings): try builder.set(settings, of: &table)
    case .dropPartition: break
    }
  }

  private func index(
    of name: Identifier,
    in table: TableDefinition
  ) throws(EngineError) -> Int {
    guard let index = table.index(named: name.text) else {
      throw EngineError(
        "42703",
        "column \"\(name.text)\" of relation \"\(table.name)\" does not exist"
      )
    }
    return index
  }

  private func addColumn(
    _ definition: ReportSyntax.ColumnDefinition,
    _ ifNotExists: Bool,
    to table: inout TableDefinition,
    _ transaction: Transaction,
    _ builder: TableBuilder
  ) throws(EngineError) {
    if table.index(named: definition.name.text) != nil {
      if ifNotExists {
        note(
          "column \"\(definition.name.text)\" of relation \"\(table.name)\" already exists, skipping",
          sqlState: "42701"
        )
        return
      }
      throw EngineError(
        "42701",
        "column \"\(definition.name.text)\" of relation \"\(table.name)\" already exists"
      )
    }
    guard !definition.isPrimaryKey else { throw .unsupported("ADD COLUMN … PRIMARY KEY") }
    var column = try builder.column(definition, id: ColumnID(table.nextColumnID))
    table.nextColumnID += 1
    if let value = definition.defaultValue {
      let bound = try builder.boundDefault(value, of: column)
      guard !bound.isVolatile else {
        throw .unsupported("ADD COLUMN with a volatile DEFAULT on a table")
      }
      // Evaluated once, as PostgreSQL's fast default is; rows written before hold it from now on.
      column.missingValue = try evaluateConstant(bound)
    }
    let rows = try transaction.visible(table.id)?.liveRowCount ?? 0
    if !column.isNullable, column.missingValue.isNull, rows > 0 {
      throw EngineError(
        "23502",
        "column \"\(column.name)\" of relation \"\(table.name)\" contains null values"
      )
    }
    table.columns.append(column)
  }

  private func dropColumn(
    _ name: Identifier,
    _ ifExists: Bool,
    of table: inout TableDefinition
  ) throws(EngineError) {
    if ifExists, table.index(named: name.text) == nil {
      note(
        "column \"\(name.text)\" of relation \"\(table.name)\" does not exist, skipping",
        sqlState: "00000"
      )
      return
    }
    let index = try self.index(of: name, in: table)
    let id = table.columns[index].id
    let uses: [(String, Bool)] = [
      ("the primary key", table.primaryKey.contains(id)),
      ("PARTITION BY", table.partitionColumn == id),
      ("ORDER BY", table.sortKey.contains(id)), ("TENANT KEY", table.tenantColumn == id),
    ]
    if let use = uses.first(where: \.1) {
      throw EngineError(
        "2BP01",
        "cannot drop column \(name.text) of table \(table.name) because \(use.0) uses it"
      )
    }
    guard table.columns.count > 1 else { throw .unsupported("dropping a table's only column") }
    table.columns.remove(at: index)
  }

  private func dropPartition(
    _ month: String,
    _ ifExists: Bool,
    _ range: SourceRange,
    of table: TableDefinition,
    _ transaction: Transaction,
    _ request: StatementRequest
  ) throws(EngineError) {
    guard table.partitionColumn != nil else {
      throw EngineError("42P16", "table \"\(table.name)\" is not partitioned")
    }
    guard let key = PartitionKey(name: month) else {
      throw EngineError(
        "22007",
        "invalid partition \"\(month)\"",
        hint: "A partition is named like '2026-03', 'null', '-infinity' or 'infinity'.",
        position: SourceText.characterPosition(of: range.lower, in: request.text)
      )
    }
    let partitions = try transaction.visible(table.id)?.partitions ?? []
    guard partitions.contains(where: { $0.key == key }) else {
      if ifExists { return note("partition \"\(month)\" does not exist, skipping") }
      throw EngineError(
        "42P01",
        "partition \"\(month)\" of relation \"\(table.name)\" does not exist"
      )
    }
    try transaction.record(.dropPartition(table.id, key))
  }

  /// The value of an expression without columns.
  func evaluateConstant(_ expression: BoundExpression) throws(EngineError) -> Datum {
    if case .constant(let datum) = expression.node { return datum }
    return try executed { () throws(ExecutionError) in
      try ExpressionFolding(context: evaluationContext(parameters: [])).value(of: expression)
    }
  }
}
