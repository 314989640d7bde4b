import Columnar
import Execution
import Planning
import ReportSyntax

extension Session {
  // MARK: SHOW

  func showColumns(_ show: Show) throws(EngineError) -> [OutputColumn] {
    guard let name = show.name else {
      return ["name", "setting", "description"].map { OutputColumn(name: $0, type: .text) }
    }
    if Self.isRollupList(show) { return SystemTables.rollups.columns }
    _ = try settings.show(name)
    return [OutputColumn(name: SettingCatalog.byName[name.lowercased()]?.name ?? name, type: .text)]
  }

  func startShow(_ show: Show, _ request: StatementRequest) throws(EngineError) -> StatementRun {
    if Self.isRollupList(show) {
      return try start(try prepare(Self.showRollups))
    }
    let columns = try showColumns(show)
    let rows: [[String]]
    if let name = show.name {
      rows = [[try settings.show(name)]]
    } else {
      var all: [[String]] = []
      for definition in SettingCatalog.all {
        all.append([definition.name, try settings.show(definition.name), definition.description])
      }
      rows = all
    }
    request.activity.end(rows: rows.count)
    return StatementRun(
      .rows(columns),
      CompletedStatement(tag: "SHOW", batches: [Batch(textRows: rows, columnCount: columns.count)])
    )
  }

  // MARK: SET

  func run(_ set: SetVariable) throws(EngineError) -> String {
    switch set.value {
    case .modes(let modes):
      try setModes(modes, of: set.name)
    case .defaultValue:
      try change(set.name, to: nil, isLocal: set.isLocal)
    case .values(let values):
      try change(set.name, to: values.joined(separator: ", "), isLocal: set.isLocal)
    }
    return "SET"
  }

  /// Takes over what set_config asked for.
  func takeSettingChanges() {
    for change in settingChanges.take() {
      do throws(EngineError) {
        try self.change(change.name, to: change.value, isLocal: change.isLocal)
      } catch {
        note(error.message, severity: "WARNING", sqlState: error.sqlState)
      }
    }
  }

  private func change(_ name: String, to value: String?, isLocal: Bool) throws(EngineError) {
    if isLocal {
      guard let open = block.open else {
        return note(
          "SET LOCAL can only be used in transaction blocks",
          severity: "WARNING",
          sqlState: "25P01"
        )
      }
      open.localSettings.insert(name)
    }
    try settings.set(name, to: value, timeZones: isTimeZone)
    if name.lowercased() == "application_name" { entry.applicationName = settings.text(name) }
  }

  /// SET TRANSACTION and SET SESSION CHARACTERISTICS.
  private func setModes(_ modes: TransactionModes, of name: String) throws(EngineError) {
    if let open = block.open { apply(modes, to: open) }
    guard name.lowercased().contains("session") else { return }
    if let isolation = modes.isolation {
      try change("default_transaction_isolation", to: isolation.rawValue, isLocal: false)
    }
    if let isReadOnly = modes.isReadOnly {
      try change("default_transaction_read_only", to: isReadOnly ? "on" : "off", isLocal: false)
    }
  }

  func run(_ reset: ResetVariable) throws(EngineError) -> String {
    if let name = reset.name {
      try change(name, to: nil, isLocal: false)
    } else {
      settings.resetAll()
    }
    return "RESET"
  }

  func run(_ discard: Discard) throws(EngineError) -> String {
    let what = discard.what.uppercased()
    if what == "ALL" {
      guard block.open == nil else {
        throw EngineError("25001", "DISCARD ALL cannot run inside a transaction block")
      }
      settings.resetAll()
      prepared.removeAll()
      cursors.removeAll()
    }
    return "DISCARD \(what)"
  }
}

extension Batch {
  /// One column of texts.
  convenience init(texts: [String]) { self.init(textRows: texts.map { [$0] }, columnCount: 1) }

  /// Columns of texts; `nil` is NULL.
  convenience init(textRows rows: [[String?]], columnCount: Int) {
    self.init(kinds: Array(repeating: .bytes, count: columnCount), capacity: max(1, rows.count))
    for (index, row) in rows.enumerated() {
      for (column, text) in row.enumerated() {
        columns[column].set(index, to: text.map { .bytes(Array($0.utf8)) } ?? .null)
      }
    }
    rowCount = rows.count
  }
}
