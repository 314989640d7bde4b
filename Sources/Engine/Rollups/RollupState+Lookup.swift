import Catalog
import Columnar
import Execution
import Planning
import Storage
import Synchronization

/// Linked rows and rows of the second table as they were and as they are: read under ids that no table has.
enum LookupRows: UInt32 {
  case linkedBefore, linkedAfter, linkedCame, othersBefore, othersAfter, othersNow

  var id: TableID { TableID(.max - 16 - rawValue) }

  /// The id of what lies between one of these and the moment at hand.
  func id(of piece: RollupPiece) -> TableID {
    TableID(piece.id.rawValue - 32 - rawValue * 8)
  }
}

extension RollupWorker {
  /// So many rows may lie between a state and a reader's moment.
  static let readersRowsMax = 4_096
  /// More keys than these are not looked up one by one: everything is computed again.
  private static let keysMax = 65_536
  /// Of so many changed rows of the second table it is found out which are looked up.
  private static let othersMax = 1 << 20
  /// So many rows of the second table are read to tell what changed.
  private static let differenceMax = 4_000_000
  /// Of so few changed rows it is not found out whether they really change anything: their keys are looked up.
  static let fewRowsMax = 1_024

  /// Brings the groups of linked rows to where these and the second table are.
  ///
  /// The groups of a looked-up key follow from its linked rows and its row of the second table. Those of the keys of which either
  /// changed are taken away as they were and added as they are.
  ///
  /// - Parameters:
  ///   - before: The state that `next` was made of by adding parts and moving on to other sources.
  ///   - next: Gets a part more for the main table, where something changed.
  ///   - known: What lies between the second table's rows of both, where it was found already.
  /// - Throws: What reading or computing raises.
  func addLookedUp(
    from before: RollupState,
    to next: inout RollupState,
    _ known: SourceDifference? = nil
  ) throws(EngineError) {
    guard let lookup = rollup.lookup else { return }
    let id = lookup.linked.id
    let old = before.parts[id] ?? []
    let all = next.parts[id] ?? []
    let came = Array(all.dropFirst(old.count))
    let difference = known ?? SourceDifference(from: before.lookedUp, to: next.lookedUp)
    guard !all.isEmpty, !came.isEmpty || !difference.isEmpty else { return }
    let isFar = old.isEmpty || difference.rowCount > Self.differenceMax
    // Of the changed rows their keys are read, where nobody has read the rows.
    let isShared = sharesRows && difference.rowCount <= Self.fewRowsMax
    let others =
      isFar || difference.isEmpty
      ? Pieces() : try pieces(difference, of: lookup.table, isFew: isShared)
    guard !isFar, let keys = try changedKeys(lookup, came, others, difference.rowCount, all) else {
      return try addAll(lookup, old, all, from: before, to: &next)
    }
    guard !keys.isEmpty else { return }
    let linked = lookup.linked.main
    let found = try rows(of: linked, all, where: lookup.linkPlace, among: keys)
    var tables: [TableID: TableSnapshot] = [:]
    tables[LookupRows.linkedAfter.id] = parts(found.map { [$0] } ?? [], of: linked, .linkedAfter)
    tables[LookupRows.linkedCame.id] = parts(came, of: linked, .linkedCame)
    let now = try self.others(lookup, keys)
    // The second table's rows are found at the worker's moment; what lies between is taken from there.
    let moment = moment.lookedUp?.partitions ?? []
    let after = SourceDifference(from: next.lookedUp, to: moment)
    let linkedCount = came.reduce(found?.rowCount ?? 0) { $0 + $1.rowCount }
    let rowCount = difference.rowCount + after.rowCount + (now?.wantedRowCount ?? 0) + linkedCount
    if keys.count <= Self.fewRowsMax, rowCount <= Self.fewRowsMax {
      let earlier =
        after.isEmpty ? difference : SourceDifference(from: before.lookedUp, to: moment)
      tables[LookupRows.othersBefore.id] = now?.going(back: earlier)
      tables[LookupRows.othersAfter.id] = now?.going(back: after)
      let held = try heldOthers(lookup, tables)
      let plan = plans.changeOfFew(lookup)
      let rows = FixedTables(tables, held: held)
      return try append(plan, rows, to: rollup.main, of: &next, isFew: true)
    }
    tables[LookupRows.othersNow.id] = now
    let piecesBefore =
      after.isEmpty
      ? others
      : try pieces(
        SourceDifference(from: before.lookedUp, to: moment),
        of: lookup.table,
        isFew: false
      )
    let piecesAfter = try pieces(after, of: lookup.table, isFew: false)
    let plan = plans.change(
      of: lookup,
      before: Self.add(piecesBefore, .othersBefore, to: &tables),
      after: Self.add(piecesAfter, .othersAfter, to: &tables)
    )
    try append(plan, FixedTables(tables), to: rollup.main, of: &next)
  }

  /// Few rows of the second table as it was and as it is, most of which are the same: read once.
  private func heldOthers(
    _ lookup: RollupLookup,
    _ tables: [TableID: TableSnapshot]
  ) throws(EngineError) -> [TableID: HeldRows] {
    let ids = [LookupRows.othersBefore.id, LookupRows.othersAfter.id]
    // Batches of different moments may begin at one row and end at different ones, and hold the same rows.
    var sources: [ObjectIdentifier: SourceSnapshot] = [:]
    for source in ids.compactMap({ tables[$0] }).flatMap(\.sources).map(\.rowByRow) {
      let id = ObjectIdentifier(source.source)
      guard let known = sources[id]?.wantedRows else {
        sources[id] = source
        continue
      }
      sources[id]?.wantedRows = Set(known).union(source.wantedRows ?? []).sorted()
    }
    let all = sources.values.sorted { $0.locatorBase < $1.locatorBase }
    guard let gather = RowGather(Self.snapshot(lookup.table, all)),
      gather.rowCount <= HeldRows.rowsMax
    else { return [:] }
    let columns = rollup.definition.columns(of: lookup.table.id)
    let rows = try ChangedRows.read(gather, lookup.table, columns)
    let places = Dictionary(gather.locators.enumerated().map { ($1, Int32($0)) }) { first, _ in
      first
    }
    var held: [TableID: HeldRows] = [:]
    for id in ids {
      guard let table = tables[id], let side = RowGather(table.rowByRow) else { continue }
      held[id] = rows.picking(side.locators.compactMap { places[$0] })
    }
    return held
  }

  private func parts(
    _ parts: [any RowSource],
    of table: TableDefinition,
    _ place: LookupRows
  ) -> TableSnapshot {
    var table = table
    table.id = place.id
    return RollupState(parts: [table.id: parts]).snapshot(table)
  }

  /// The second table's rows of some keys at the worker's moment.
  private func others(
    _ lookup: RollupLookup,
    _ keys: [Datum]
  ) throws(EngineError) -> TableSnapshot? {
    let batch = Self.batch(of: keys, lookup)
    return try executed { () throws(ExecutionError) in
      try moment.tables.table(lookup.table.id, holding: batch)
    }
  }

  private static func batch(of keys: [Datum], _ lookup: RollupLookup) -> Batch {
    let type = lookup.otherOutput[lookup.otherKeyPlace].type
    let batch = Batch(kinds: [type.laneKind], capacity: max(1, keys.count))
    for (row, key) in keys.enumerated() { batch.columns[0].set(row, to: key) }
    batch.rowCount = keys.count
    return batch
  }

  /// Adds what lies between the second table at one moment and at the worker's to the tables of a plan.
  private static func add(
    _ pieces: Pieces,
    _ side: LookupRows,
    to tables: inout [TableID: TableSnapshot]
  ) -> [RollupPiece] {
    for piece in pieces.kinds { tables[side.id(of: piece)] = pieces.tables.table(piece.id) }
    return pieces.kinds
  }

  /// Computes the groups of all linked rows as they were and as they are.
  private func addAll(
    _ lookup: RollupLookup,
    _ old: [any RowSource],
    _ all: [any RowSource],
    from before: RollupState,
    to next: inout RollupState
  ) throws(EngineError) {
    let linked = lookup.linked
    func groups(_ rows: LookupRows, _ others: LookupRows) -> Plan {
      rollup.joined(
        lookup,
        linked.rows(of: linked.main, under: rows.id),
        with: lookup.others(under: others.id)
      )
    }
    let tables = [
      LookupRows.linkedBefore.id: parts(old, of: linked.main, .linkedBefore),
      LookupRows.linkedAfter.id: parts(all, of: linked.main, .linkedAfter),
      LookupRows.othersBefore.id: TableSnapshot(lookup.table, before.lookedUp),
      LookupRows.othersAfter.id: TableSnapshot(lookup.table, next.lookedUp),
    ]
    let change = rollup.change(
      from: old.isEmpty ? nil : groups(.linkedBefore, .othersBefore),
      to: groups(.linkedAfter, .othersAfter)
    )
    try append(PlanRules.apply(change), FixedTables(tables), to: rollup.main, of: &next)
  }

  // MARK: Which keys

  /// The looked-up keys of which linked rows or the second table's row changed; nil: more than are looked up one by one.
  private func changedKeys(
    _ lookup: RollupLookup,
    _ came: [any RowSource],
    _ others: Pieces,
    _ otherCount: Int,
    _ all: [any RowSource]
  ) throws(EngineError) -> [Datum]? {
    let linked = lookup.linked.main
    let own = came.reduce(0) { $0 + $1.rowCount }
    guard own <= Self.keysMax * 4 else { return nil }
    var keys: Set<Datum> = []
    if !came.isEmpty {
      let tables = FixedTables([linked.id: RollupState(parts: [linked.id: came]).snapshot(linked)])
      let isFew = own <= Self.fewRowsMax
      let plan = isFew ? plans.touchedLinks(lookup) : plans.changedLinks(lookup)
      keys.formUnion(try values(of: plan, tables, isFew: isFew))
    }
    if !others.kinds.isEmpty {
      let isFew = otherCount <= Self.fewRowsMax
      let plan =
        isFew
        ? plans.touchedOthers(lookup, others.kinds) : plans.changedOthers(lookup, others.kinds)
      let changed = Set(try values(of: plan, others.tables, isFew: isFew))
      guard changed.count <= Self.othersMax else { return nil }
      keys.formUnion(try linkedOnes(of: Array(changed), lookup, all))
    }
    return keys.count <= Self.keysMax ? Array(keys) : nil
  }

  /// A part with at least so many rows is not searched for keys that its filter does not know.
  private static let filteredRowsMin = 16_384

  /// Those of some keys that linked rows may look up: most of the second table's rows nobody does.
  private func linkedOnes(
    of keys: [Datum],
    _ lookup: RollupLookup,
    _ parts: [any RowSource]
  ) throws(EngineError) -> Set<Datum> {
    guard !keys.isEmpty else { return [] }
    let linked = lookup.linked.main
    let column = linked.columns[lookup.linkPlace].id
    let large = parts.filter { $0.rowCount >= Self.filteredRowsMin }
    let small = parts.filter { $0.rowCount < Self.filteredRowsMin }
    var found: Set<Datum> = []
    let batch = Self.batch(of: keys, lookup)
    for part in large {
      let filter = try plans.filters.filter(of: column, in: part, among: large)
      let isThere = filter.mayContain(batch.columns[0], count: keys.count)
      for (key, isThere) in zip(keys, isThere) where isThere { found.insert(key) }
    }
    guard !small.isEmpty else { return found }
    try forEachRow(of: linked, small, where: lookup.linkPlace, among: keys) { batch in
      for row in 0..<batch.rowCount { found.insert(batch.columns[lookup.linkPlace].datum(at: row)) }
    }
    return found
  }

  /// The values of a plan of one column, without NULL.
  private func values(
    of plan: Plan,
    _ tables: FixedTables,
    isFew: Bool
  ) throws(EngineError) -> [Datum] {
    var values: [Datum] = []
    func take(_ batch: Batch) {
      for row in 0..<batch.rowCount where batch.columns[0].isValid(row) {
        values.append(batch.columns[0].datum(at: row))
      }
    }
    if isFew {
      try runRows(plan, tables, take)
    } else {
      try run(plan, tables) { batch throws(EngineError) in take(batch) }
    }
    return values
  }
}

extension TableSnapshot {
  /// Rows that are read.
  fileprivate var wantedRowCount: Int {
    sources.reduce(0) { $0 + ($1.wantedRows?.count ?? $1.liveRowCount) }
  }

  /// The rows of an earlier moment; of those that came and went at least the ones whose rows are here.
  ///
  /// `difference`: What lies between that moment and this one: few rows.
  fileprivate func going(back difference: SourceDifference) -> TableSnapshot {
    guard !difference.isEmpty else { return self }
    let came = Set(
      difference.added.flatMap { source in
        (source.rowByRow.wantedRows ?? []).map { source.locatorBase &+ UInt64($0) }
      }
    )
    var table = rowByRow
    for place in table.partitions.indices {
      table.partitions[place].sources = table.partitions[place].sources.map { source in
        var kept = source
        kept.wantedRows?.removeAll { came.contains(source.locatorBase &+ UInt64($0)) }
        return kept
      }
    }
    table.partitions.append(
      PartitionSnapshot(key: .whole, sources: difference.removed.map(\.rowByRow))
    )
    return table
  }
}

/// What is known of the values of a column in some parts, found once.
final class ValueFilters: Sendable {
  private struct Known {
    var source: any RowSource
    var filter: ValueFilter
  }
  private let known = Mutex<[Known]>([])

  /// The filter of a part; those of parts that are not among `all` are forgotten when one is made.
  func filter(
    of column: ColumnID,
    in source: any RowSource,
    among all: [any RowSource]
  ) throws(EngineError) -> ValueFilter {
    if let filter = known.withLock({ $0.first { $0.source === source }?.filter }) { return filter }
    let filter = try stored { () throws(StorageError) in try ValueFilter(of: column, in: source) }
    known.withLock { known in
      known.removeAll { one in !all.contains { $0 === one.source } }
      known.append(Known(source: source, filter: filter))
    }
    return filter
  }
}
