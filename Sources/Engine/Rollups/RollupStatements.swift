import Catalog
import Columnar
import Execution
import Planning
import ReportSyntax
import Storage

extension Session {
  func createRollup(
    _ create: CreateRollup,
    _ request: StatementRequest
  ) throws(EngineError) -> String {
    try write(as: "CREATE ROLLUP") { transaction throws(EngineError) in
      let catalog = transaction.catalog
      let name = create.name.name.text
      if catalog.rollups[name] != nil {
        if create.ifNotExists {
          return note("rollup \"\(name)\" already exists, skipping", sqlState: "42710")
        }
        guard create.orReplace else {
          throw EngineError("42710", "rollup \"\(name)\" already exists")
        }
        try transaction.record(.dropRollup(name))
      }
      let base = try baseOf(create, in: catalog)
      let create = base.map { create.moved(onto: $0.statement) } ?? create
      let table: TableDefinition
      if let base {
        table = base.table
      } else {
        table = try existingTable(create.table, in: catalog)
      }
      let lookup = try create.lookup.map { (lookup) throws(EngineError) in
        try existingTable(lookup.table, in: catalog)
      }
      var definition = RollupDefinition(
        id: TableID(catalog.nextTableID),
        name: name,
        table: table.id,
        idCount: 1,
        text: Printer.text(of: .createRollup(create)),
        columns: [:],
        timeZone: settings.text("TimeZone")
      )
      let folding = ExpressionFolding(
        context: database.rollupContext(zone: definition.timeZone)
      )
      let bound = try planned(in: request.text) { () throws(PlanningError) in
        try RollupBinding(folding: folding).bind(create, of: table, definition, lookup: lookup)
      }
      try requireTenantKey(bound)
      if let base { try require(bound, follows: base.definition, folding) }
      definition.idCount = UInt32(bound.idCount)
      if let lookup { definition.lookup = .init(table: lookup.id, columns: [:]) }
      for place in bound.usedColumns {
        if place < table.columns.count {
          definition.columns[table.columns[place].id] = table.columns[place].name
        } else if let column = lookup?.columns[place - table.columns.count] {
          definition.lookup?.columns[column.id] = column.name
        }
      }
      try transaction.record(.createRollup(definition))
    }
    return "CREATE ROLLUP"
  }

  /// The rollup that another is to be built upon, as it was written; nil: it is built upon a table.
  private func baseOf(
    _ create: CreateRollup,
    in catalog: CatalogSnapshot
  ) throws(EngineError) -> (
    definition: RollupDefinition, statement: CreateRollup, table: TableDefinition
  )? {
    guard create.table.schema == nil, let definition = catalog.rollups[create.table.name.text],
      let table = catalog.tables[definition.table],
      !candidates(create.table).contains(where: { catalog.table($0) != nil })
    else { return nil }
    guard definition.lookup == nil, create.lookup == nil else {
      throw EngineError(
        "0A000",
        "a rollup upon another one over two tables is not supported",
        hint: "Create the new rollup on the table."
      )
    }
    let isRenamed = table.columns.contains { column in
      definition.columns[column.id].map { $0 != column.name } ?? false
    }
    guard !isRenamed,
      let parsed = try? Parser.parseStatements(Array(definition.text.utf8)).first,
      case .createRollup(let statement) = parsed.statement
    else {
      throw EngineError(
        "0A000",
        "columns of rollup \"\(definition.name)\" were renamed",
        hint: "Create the new rollup on the table."
      )
    }
    return (definition, statement, table)
  }

  private func require(
    _ rollup: BoundRollup,
    follows base: RollupDefinition,
    _ folding: ExpressionFolding
  ) throws(EngineError) {
    let bound = try planned(in: []) { () throws(PlanningError) in
      try RollupBinding(folding: folding).bind(base, of: rollup.table)
    }
    guard rollup.follows(from: bound) else {
      throw EngineError("42P17", "the rollup does not follow from rollup \"\(base.name)\"")
    }
  }

  private func requireTenantKey(_ rollup: BoundRollup) throws(EngineError) {
    guard let tenant = rollup.table.tenantColumn, let place = rollup.table.index(of: tenant),
      !rollup.keys.contains(where: { $0.expression.columnIndexes == [place] && $0.isColumn })
    else { return }
    throw EngineError(
      "42P17",
      "the keys of a rollup of \"\(rollup.table.name)\" must include its tenant key "
        + "\"\(rollup.table.columns[place].name)\""
    )
  }

  func dropRollup(_ name: String, _ transaction: Transaction) throws(EngineError) -> Bool {
    guard transaction.catalog.rollups[name] != nil else { return false }
    try transaction.record(.dropRollup(name))
    return true
  }

  /// Refuses to drop a column that rollups use, or with CASCADE drops them too.
  func dropRollups(
    using column: ColumnID,
    of table: TableDefinition,
    isCascading: Bool,
    _ transaction: Transaction
  ) throws(EngineError) {
    guard let place = table.index(of: column) else { return }
    let name = table.columns[place].name
    for rollup in transaction.catalog.rollups(reading: table.id)
    where rollup.uses(column, of: table.id) {
      guard isCascading else {
        throw EngineError(
          "2BP01",
          "cannot drop column \(name) of table \(table.name) because other objects depend on it",
          detail: "rollup \(rollup.name) depends on column \(name) of table \(table.name)",
          hint: "Use DROP ... CASCADE to drop the dependent objects too."
        )
      }
      note("drop cascades to rollup \(rollup.name)")
      try transaction.record(.dropRollup(rollup.name))
    }
  }

  // MARK: CHECK ROLLUP

  static let checkColumns = [
    OutputColumn(name: "rollup", type: .text), OutputColumn(name: "groups", type: .bigint),
    OutputColumn(name: "differing", type: .bigint),
    OutputColumn(name: "first_difference", type: .text),
  ]

  /// Compares a rollup, as readers use it, with the rows of its table at the same moment.
  func startCheck(
    _ check: CheckRollup,
    _ request: StatementRequest
  ) throws(EngineError) -> StatementRun {
    let snapshot = database.store.published
    let name = check.name.name.text
    guard let definition = snapshot.catalog.rollups[name],
      let moment = RollupMoment(definition, SnapshotTables(snapshot))
    else { throw EngineError("42704", "rollup \"\(name)\" does not exist") }
    guard let entry = database.rollups.entry(definition.id), entry.isReady else {
      throw EngineError("55000", "rollup \"\(name)\" is still being built")
    }
    let plans = try entry.plans(moment)
    let bound = plans.rollup
    let state = try entry.state(at: moment, sequence: snapshot.sequence, isForced: true)
    guard let state else { throw EngineError("55000", "rollup \"\(name)\" is not ready") }
    let kept = moment.kept(from: state.firstMonth)
    let worker = RollupWorker(plans, database, at: kept)
    var differing = 0
    var first: String?
    for table in bound.tables {
      try worker.differences(of: table, state) { batch throws(EngineError) in
        if first == nil, batch.rowCount > 0 { first = Self.text(of: batch, table) }
        differing += batch.rowCount
      }
    }
    request.activity.end(rows: 1)
    let row: [Datum] = [
      .text(name), .count(state.rowCount(bound.id)), .count(differing), .text(first),
    ]
    return StatementRun(
      .rows(Self.checkColumns),
      CompletedStatement(
        tag: "CHECK ROLLUP",
        batches: SystemTable.batches(of: [row], Self.checkColumns)
      )
    )
  }

  /// What the rollup has too much of a group, by column.
  private static func text(of batch: Batch, _ table: TableDefinition) -> String {
    let cursorZone = TimeZone.utc
    var cursor = ZoneCursor(cursorZone)
    let fields = zip(table.columns, batch.columns).map { column, vector -> String in
      guard vector.isValid(0) else { return "\(column.name)=NULL" }
      var text = OutputBuffer()
      text.appendText(of: vector, row: 0, ValueForm(column.type), &cursor)
      return "\(column.name)=\(text.string)"
    }
    return fields.joined(separator: ", ")
  }

  /// SHOW ROLLUPS is a look at almanac.rollups.
  static let showRollups = Array("SELECT * FROM almanac.rollups ORDER BY name".utf8)
}

extension Session {
  /// Whether SHOW asks for the list of rollups; the setting of this name is shown by current_setting.
  static func isRollupList(_ show: Show) -> Bool { show.name?.lowercased() == "rollups" }
}

extension BoundRollup.Key {
  /// Whether the key is a column as it stands.
  var isColumn: Bool { if case .column = expression.node { true } else { false } }
}

extension SystemTables {
  /// Every rollup, how far it is built and how it is used.
  static let rollups = SystemTable(
    "almanac",
    "rollups",
    [
      "name": .text, "table": .text, "definition": .text, "time_zone": .text, "state": .text,
      "progress": .double, "groups": .bigint, "value_groups": .bigint, "parts": .bigint,
      "bytes": .bigint, "rows_behind": .bigint, "hits": .bigint, "last_used": .timestamptz,
      "failure": .text, "built_from": .text, "kept_from": .timestamptz,
    ]
  ) { context in
    context.tables.catalog.rollups.values.sorted { $0.name < $1.name }.map { definition in
      let entry = context.database.rollups.entry(definition.id)
      let state = entry?.state
      let table = context.tables.catalog.tables[definition.table]
      let moment = RollupMoment(definition, context.tables)
      let behind = state.flatMap { state in
        moment.map {
          RollupDifference(from: state, to: $0.kept(from: state.firstMonth).sources).rowCount
        }
      }
      let all = (state?.parts ?? [:]).values.reduce(0) { $0 + $1.reduce(0) { $0 + $1.rowCount } }
      let groups = state?.rowCount(definition.id) ?? 0
      var row: [Datum] = [
        .text(definition.name), .text(table?.name), .text(definition.text),
        .text(definition.timeZone), .text(entry?.isReady == true ? "ready" : "building"),
      ]
      row += [
        .double(entry?.progress ?? 0), .count(groups), .count(all - groups),
        .count(state?.partCount ?? 0), .count(state?.byteCount ?? 0),
        behind.map { .count($0) } ?? .null,
      ]
      row += [
        .count(entry?.hits ?? 0), entry?.lastUsed.map { .int64($0) } ?? .null,
        .text(entry?.failure?.message), .text(entry?.builtFrom),
        state?.firstMonth.map { .int64($0.firstMicrosecond) } ?? .null,
      ]
      return row
    }
  }
}

extension RollupState {
  /// Bytes of all parts, in files or in memory.
  var byteCount: Int {
    parts.values.reduce(0) { $0 + $1.reduce(0) { $0 + $1.storedByteCount } }
  }
}
