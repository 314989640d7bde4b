import Catalog
import Columnar
import Execution
import Planning
import Storage

/// Values as they were, as they are, and what came to them: read under ids that no table has.
private enum ValuePiece: UInt32 {
  case before, after, came

  var id: TableID { TableID(.max - 8 - rawValue) }
}

extension RollupWorker {
  /// More values than these are joined, not looked up.
  private static let lookedUpMax = 65_536
  /// More rows are read by a scan, batch by batch.
  private static let foundRowsMax = vectorRowsMax
  /// So many rows of values are taken one by one.
  private static let presentRowsMax = 16_384

  /// Brings arrivals to where the values are.
  ///
  /// A value's arrivals follow from all its buckets, so those of the values that changed are taken away as they were and added as
  /// they are; the tables of values are sorted by value, which makes finding them cheap.
  ///
  /// - Parameters:
  ///   - before: The state that `next` was made of by adding parts.
  ///   - next: Gets a part more for each of the rollup's arrivals that changed.
  /// - Throws: What reading or computing raises.
  func addArrivals(
    from before: RollupState,
    to next: inout RollupState
  ) throws(EngineError) {
    for arrivals in rollup.arrivals {
      let value = rollup.values[arrivals.value]
      let old = before.parts[value.table.id] ?? []
      let all = next.parts[value.table.id] ?? []
      let came = Array(all.dropFirst(old.count))
      guard !came.isEmpty else { continue }
      var wanted: [Datum]?
      if !old.isEmpty {
        wanted = try changedValues(value, came)
        if wanted?.isEmpty == true { continue }
      }
      if let wanted, let few = try fewArrivals(arrivals, all: all, came: came, among: wanted) {
        if let batch = few.changes() { try append(batch, to: arrivals.table, of: &next) }
        continue
      }
      var rows: [ValuePiece: [any RowSource]] = [.before: old, .after: all, .came: came]
      if let wanted {
        let found = try self.rows(of: value.table, all, where: rollup.keys.count, among: wanted)
        rows[.after] = found.map { [$0] } ?? []
      }
      let tables = FixedTables(
        Dictionary(
          uniqueKeysWithValues: rows.map { piece, sources in
            var table = value.table
            table.id = piece.id
            return (piece.id, RollupState(parts: [piece.id: sources]).snapshot(table))
          }
        )
      )
      let plan: Plan
      if wanted != nil {
        plan = plans.change(of: arrivals, after: ValuePiece.after.id, came: ValuePiece.came.id)
      } else {
        let others = old.isEmpty ? nil : ValuePiece.came.id
        func read(_ piece: ValuePiece) -> Plan {
          rollup.valueRows(value, under: piece.id, others: others)
        }
        let before = old.isEmpty ? nil : read(.before)
        plan = PlanRules.apply(rollup.change(of: arrivals, from: before, to: read(.after)))
      }
      try append(plan, tables, to: arrivals.table, of: &next)
    }
  }

  /// Takes all rows of some values, and those of them that came; nil: they are many.
  private func fewArrivals(
    _ arrivals: Arrivals,
    all: [any RowSource],
    came: [any RowSource],
    among wanted: [Datum]
  ) throws(EngineError) -> FewArrivals? {
    let value = rollup.values[arrivals.value]
    guard wanted.count <= Self.fewRowsMax,
      came.reduce(0, { $0 + $1.rowCount }) <= Self.fewRowsMax,
      var few = FewArrivals(arrivals, rollup)
    else { return nil }
    let id = value.table.id
    func tables(_ parts: [any RowSource]) -> FixedTables {
      FixedTables([id: RollupState(parts: [id: parts]).snapshot(value.table)])
    }
    try forEachRow(of: value.table, all, where: rollup.keys.count, among: wanted) { batch in
      // A value may be in as many groups as there are.
      if few.rowCount <= Self.presentRowsMax { few.addPresent(batch) }
    }
    guard few.rowCount <= Self.presentRowsMax else { return nil }
    try runRows(plans.rows(of: value), tables(came)) { few.addComing($0) }
    return few
  }

  /// Adds rows to one of the rollup's tables, as a part.
  private func append(
    _ batch: Batch,
    to target: TableDefinition,
    of state: inout RollupState
  ) throws(EngineError) {
    let rows = MemoryRows(definition: target, blockRowCount: database.store.options.blockRowCount)
    rows.append(batch)
    if let part = try stored({ () throws(StorageError) in try rows.finish() }) {
      state.parts[target.id, default: []].append(part)
    }
  }

  /// The rows of some parts in which a column has some values, in memory; nil: there is none.
  func rows(
    of table: TableDefinition,
    _ parts: [any RowSource],
    where place: Int,
    among values: [Datum]
  ) throws(EngineError) -> (any RowSource)? {
    let rows = MemoryRows(definition: table, blockRowCount: database.store.options.blockRowCount)
    try forEachRow(of: table, parts, where: place, among: values) { rows.append($0) }
    return try stored { () throws(StorageError) in try rows.finish() }
  }

  /// Hands on the rows of some parts in which a column has some values; of few values without a scan.
  func forEachRow(
    of table: TableDefinition,
    _ parts: [any RowSource],
    where place: Int,
    among values: [Datum],
    _ take: (Batch) -> Void
  ) throws(EngineError) {
    let snapshot = RollupState(parts: [table.id: parts]).snapshot(table)
    let integers = values.compactMap { if case .int64(let value) = $0 { value } else { nil } }
    if table.columns[place].type.laneKind == .int64, integers.count == values.count,
      let rows = ValueRows(table.columns[place].id, among: integers)
    {
      let found = try executed { () throws(ExecutionError) in
        try rows.rows(of: snapshot, atMost: Self.foundRowsMax)
      }
      if found.liveRowCount <= Self.foundRowsMax, let gather = RowGather(found) {
        let kinds = table.columns.map(\.type.laneKind)
        let batch = Batch(kinds: kinds, capacity: max(1, gather.rowCount))
        _ = try stored { () throws(StorageError) in
          try gather.read(
            0..<gather.rowCount,
            columns: table.columns.map(\.id),
            into: batch.columns
          )
        }
        batch.rowCount = gather.rowCount
        return take(batch)
      }
    }
    let plan = BoundRollup.rows(of: table, where: place, among: values)
    try run(plan, FixedTables([table.id: snapshot])) { batch throws(EngineError) in take(batch) }
  }

  /// The values that parts change, of few rows also others that they name; nil: more than are looked up one by one.
  private func changedValues(
    _ value: BoundRollup.Value,
    _ came: [any RowSource]
  ) throws(EngineError) -> [Datum]? {
    let table = value.table
    let rowCount = came.reduce(0) { $0 + $1.rowCount }
    guard rowCount <= Self.lookedUpMax * 4 else { return nil }
    let tables = FixedTables([table.id: RollupState(parts: [table.id: came]).snapshot(table)])
    if rowCount <= Self.fewRowsMax {
      var touched: Set<Datum> = []
      try runRows(plans.touchedValues(value), tables) { batch in
        for row in 0..<batch.rowCount where batch.columns[0].isValid(row) {
          touched.insert(batch.columns[0].datum(at: row))
        }
      }
      return Array(touched)
    }
    var values: [Datum] = []
    try run(plans.changedValues(value), tables) { batch throws(EngineError) in
      for row in 0..<batch.rowCount { values.append(batch.columns[0].datum(at: row)) }
    }
    return values.count <= Self.lookedUpMax ? values : nil
  }
}
