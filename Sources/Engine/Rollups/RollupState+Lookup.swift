import Catalog
import Columnar
import Execution
import Planning
import Storage

/// Linked rows and rows of the second table as they were and as they are: read under ids that no table has.
private enum LookupRows: UInt32 {
  case linkedBefore, linkedAfter, othersBefore, othersAfter, othersNow

  var id: TableID { TableID(.max - 16 - rawValue) }
}

extension RollupWorker {
  /// More keys than these are not looked up one by one: everything is computed again.
  static let lookedUpKeysMax = 4_096

  /// Brings the groups of linked rows to where these and the second table are.
  ///
  /// The groups of a looked-up key follow from its linked rows and its row of the second table. Those of the keys of which either
  /// changed are taken away as they were and added as they are.
  ///
  /// - Parameters:
  ///   - before: The state that `next` was made of by adding parts and moving on to other sources.
  ///   - next: Gets a part more for the main table, where something changed.
  /// - Throws: What reading or computing raises.
  func addLookedUp(
    from before: RollupState,
    to next: inout RollupState
  ) throws(EngineError) {
    guard let lookup = rollup.lookup else { return }
    let linked = lookup.linked.main
    let old = before.parts[linked.id] ?? []
    let all = next.parts[linked.id] ?? []
    let came = Array(all.dropFirst(old.count))
    let difference = SourceDifference(from: before.lookedUp, to: next.lookedUp)
    guard !all.isEmpty, !came.isEmpty || !difference.isEmpty else { return }
    var keys: [Datum]?
    if !old.isEmpty {
      keys = try changedKeys(lookup, came, difference, all)
      if keys?.isEmpty == true { return }
    }
    var tables: [TableID: TableSnapshot] = [:]
    func rows(_ place: LookupRows, _ parts: [any RowSource]) -> Plan {
      var table = linked
      table.id = place.id
      tables[place.id] = RollupState(parts: [place.id: parts]).snapshot(table)
      return linkedRows(lookup, table, keys)
    }
    func others(
      _ place: LookupRows,
      _ sources: [SourceSnapshot]
    ) throws(EngineError) -> Plan {
      guard let keys else {
        tables[place.id] = Self.snapshot(lookup.table, sources)
        return lookup.others(under: place.id, keys: nil)
      }
      return try self.others(lookup, keys, at: sources, &tables, place == .othersBefore ? 0 : 1)
    }
    let after = rollup.joined(
      lookup,
      rows(.linkedAfter, all),
      with: try others(.othersAfter, next.lookedUp)
    )
    var lost: Plan?
    if !old.isEmpty {
      lost = rollup.joined(
        lookup,
        rows(.linkedBefore, old),
        with: try others(.othersBefore, before.lookedUp)
      )
    }
    let change = PlanRules.apply(rollup.change(from: lost, to: after))
    try append(change, FixedTables(tables), to: rollup.main, of: &next)
  }

  /// Linked rows of some keys.
  private func linkedRows(
    _ lookup: RollupLookup,
    _ table: TableDefinition,
    _ keys: [Datum]?
  ) -> Plan {
    let output = table.columns.map { OutputColumn(name: $0.name, type: $0.type) }
    let link = BoundExpression(.column(lookup.linkPlace), output[lookup.linkPlace].type)
    let filters = keys.map { [BoundExpression(.inList(link, $0, negated: false), .boolean)] } ?? []
    return Plan(
      .scan(TableScan(table: table, columns: table.columns.map(\.id), filters: filters)),
      output: output
    )
  }

  // MARK: Which keys

  /// The looked-up keys of which linked rows or the second table's row changed; nil: more than are looked up one by one.
  private func changedKeys(
    _ lookup: RollupLookup,
    _ came: [any RowSource],
    _ difference: SourceDifference,
    _ all: [any RowSource]
  ) throws(EngineError) -> [Datum]? {
    let linked = lookup.linked.main
    let own = came.reduce(0) { $0 + $1.rowCount }
    guard own <= Self.lookedUpKeysMax * 4, difference.rowCount <= 4_000_000 else { return nil }
    var keys: Set<Datum> = []
    if !came.isEmpty {
      let changed = RollupLookup.values(
        of: lookup.linkPlace,
        in: lookup.linked.merged(linked, isSorted: false)
      )
      let tables = FixedTables([linked.id: RollupState(parts: [linked.id: came]).snapshot(linked)])
      keys.formUnion(try values(of: changed, tables))
    }
    if !difference.isEmpty {
      let others = try changedOthers(lookup, difference)
      guard others.count <= Self.lookedUpKeysMax else { return nil }
      // Most of them nobody looks up.
      let tables = FixedTables([linked.id: RollupState(parts: [linked.id: all]).snapshot(linked)])
      let found = RollupLookup.values(
        of: lookup.linkPlace,
        in: linkedRows(lookup, linked, others)
      )
      if !others.isEmpty { keys.formUnion(try values(of: found, tables)) }
    }
    return keys.count <= Self.lookedUpKeysMax ? Array(keys) : nil
  }

  /// Keys of the second table's rows that differ in a column that is read.
  private func changedOthers(
    _ lookup: RollupLookup,
    _ difference: SourceDifference
  ) throws(EngineError) -> [Datum] {
    let pieces = Self.pieces(difference, of: lookup.table)
    let plan = plans.changedOthers(
      lookup,
      RollupPiece.allCases.filter { pieces[$0.id] != nil }
    )
    return try values(of: plan, FixedTables(pieces))
  }

  /// The values of a plan of one column, without NULL.
  private func values(of plan: Plan, _ tables: FixedTables) throws(EngineError) -> [Datum] {
    var values: [Datum] = []
    try run(PlanRules.apply(plan), tables) { batch throws(EngineError) in
      for row in 0..<batch.rowCount where batch.columns[0].isValid(row) {
        values.append(batch.columns[0].datum(at: row))
      }
    }
    return values
  }

  // MARK: The second table's rows

  /// The second table's rows of some keys, as they are under some sources.
  ///
  /// They are found at the worker's moment by the key index; what lies between is taken from there.
  ///
  /// - Parameters:
  ///   - lookup: What looks them up.
  ///   - keys: Their keys.
  ///   - sources: The moment that is wanted.
  ///   - tables: Gets the tables that the plan reads.
  ///   - side: Tells the ids of two such plans apart.
  /// - Returns: A plan of ``RollupLookup/otherOutput``.
  /// - Throws: What reading the key index raises.
  private func others(
    _ lookup: RollupLookup,
    _ keys: [Datum],
    at sources: [SourceSnapshot],
    _ tables: inout [TableID: TableSnapshot],
    _ side: UInt32
  ) throws(EngineError) -> Plan {
    let id = LookupRows.othersNow.id
    if tables[id] == nil {
      let type = lookup.otherOutput[lookup.otherKeyPlace].type
      let batch = Batch(kinds: [type.laneKind], capacity: max(1, keys.count))
      for (row, key) in keys.enumerated() { batch.columns[0].set(row, to: key) }
      batch.rowCount = keys.count
      tables[id] = try executed { () throws(ExecutionError) in
        try moment.tables.table(lookup.table.id, holding: batch)
      }
    }
    let now = lookup.others(under: id, keys: keys)
    let difference = SourceDifference(from: sources, to: moment.lookedUp?.sources ?? [])
    if difference.isEmpty { return now }
    var came: [Plan] = []
    var went: [Plan] = []
    for (piece, table) in Self.pieces(difference, of: lookup.table) {
      let id = TableID(piece.rawValue - 32 - side * 8)
      tables[id] = table
      let rows = lookup.others(under: id, keys: keys)
      let isRetraction = RollupPiece.allCases.contains { $0.id == piece && $0.isRetraction }
      if isRetraction { went.append(rows) } else { came.append(rows) }
    }
    return lookup.others(now, without: came, with: went)
  }
}

extension RollupPlans {
  /// The keys of the second table's rows that really change, over some pieces.
  func changedOthers(_ lookup: RollupLookup, _ pieces: [RollupPiece]) -> Plan {
    let parts = pieces.map { piece in
      (rows: lookup.others(under: piece.id, keys: nil), sign: Int64(piece.isRetraction ? -1 : 1))
    }
    return RollupLookup.values(of: lookup.otherKeyPlace, in: lookup.addedUp(parts))
  }
}
