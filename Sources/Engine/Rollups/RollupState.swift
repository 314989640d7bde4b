import Catalog
import Columnar
import Execution
import Planning
import Storage
import Synchronization

/// A rollup at one moment: groups in parts that add up, and the rows that they sum up.
///
/// Immutable; the moment of a reader is reached from any other by the rows that lie between (``SourceDifference``).
struct RollupState: Sendable {
  /// The table's partitions whose rows are summed up, each as it was.
  var covered: [PartitionSnapshot] = []
  /// The same of the table that rows are looked up in.
  var lookedUp: [PartitionSnapshot] = []
  /// Parts of each of the rollup's tables, in the order they came.
  var parts: [TableID: [any RowSource]] = [:]
  /// The commit whose rows are covered.
  var sequence: UInt64 = 0
  /// The first of the table's months whose rows are summed up (RETAIN); nil: all are.
  var firstMonth: PartitionKey?
  /// The types of the columns of all of the rollup's tables: a column of the table that got another type makes the parts useless.
  var types: [[LogicalType]] = []

  /// Groups in all parts of a table.
  func rowCount(_ table: TableID) -> Int { (parts[table] ?? []).reduce(0) { $0 + $1.rowCount } }

  var partCount: Int { parts.values.map(\.count).max() ?? 0 }

  /// The parts of a table, as a scan reads them.
  func snapshot(_ table: TableDefinition) -> TableSnapshot {
    let sources = (parts[table.id] ?? []).enumerated().map { place, source in
      SourceSnapshot(source: source, locatorBase: UInt64(place + 1) << 40)
    }
    return TableSnapshot(
      definition: table,
      partitions: [PartitionSnapshot(key: .whole, sources: sources)],
      liveRowCount: rowCount(table.id)
    )
  }
}

extension TableSnapshot {
  /// The sources of all partitions.
  var sources: [SourceSnapshot] { partitions.flatMap(\.sources) }

  /// - Parameters:
  ///   - definition: The table.
  ///   - partitions: Whose rows are all wanted.
  init(_ definition: TableDefinition, _ partitions: [PartitionSnapshot]) {
    self.init(
      definition: definition,
      partitions: partitions,
      liveRowCount: partitions.liveRowCount
    )
  }
}

extension [PartitionSnapshot] {
  /// Rows that are there.
  var liveRowCount: Int {
    reduce(0) { $0 + $1.sources.reduce(0) { $0 + $1.liveRowCount } }
  }

  /// The same with some of the sources.
  func keeping(_ isKept: (SourceSnapshot) -> Bool) -> [PartitionSnapshot] {
    map { PartitionSnapshot(key: $0.key, sources: $0.sources.filter(isKept)) }
  }
}

/// Computes parts of a rollup: runs its queries over chosen rows.
struct RollupWorker {
  let rollup: BoundRollup
  let database: Database
  /// A moment of which rows can be found by their keys.
  let moment: RollupMoment
  /// nil: on the caller's thread.
  let pool: WorkerPool?
  /// Whether other rollups will ask for the rows that this one reads.
  var sharesRows = false
  let plans: RollupPlans

  /// - Parameters:
  ///   - plans: The rollup.
  ///   - database: Where it is.
  ///   - moment: Of which rows can be found by their keys.
  ///   - rowCount: Rows that will be read: few are read on the caller's thread.
  ///   - isBackground: Whether nobody waits.
  init(
    _ plans: RollupPlans,
    _ database: Database,
    at moment: RollupMoment,
    rowCount: Int = .max,
    isBackground: Bool = false
  ) {
    self.moment = moment
    rollup = plans.rollup
    self.plans = plans
    self.database = database
    if rowCount < Self.fewRows {
      pool = nil
    } else {
      pool = isBackground ? database.backgroundPool : database.pool
    }
  }

  private static let fewRows = 50_000
  /// So few rows are groups of their own.
  private static let singleRowsMax = 1_024

  /// Makes a state cover other rows.
  ///
  /// - Parameters:
  ///   - state: Any state of this rollup.
  ///   - sources: The tables' sources at the wanted moment.
  ///   - known: The difference between both, where it was found already.
  ///   - defersDerived: Whether ``addDerived(from:to:)`` is called later, for several steps at once.
  /// - Returns: The state with a part more for each of its tables, where something changed.
  /// - Throws: What reading or computing raises.
  func advance(
    _ state: RollupState,
    to sources: RollupSources,
    by known: RollupDifference? = nil,
    defersDerived: Bool = false
  ) throws(EngineError) -> RollupState {
    let difference = known ?? RollupDifference(from: state, to: sources)
    var next = state
    next.covered = sources.rows
    next.lookedUp = sources.lookedUp
    guard !difference.isEmpty else { return next }
    // What is built is groups, though each of its steps may be of few rows.
    let isFew = !defersDerived && difference.rows.rowCount <= Self.singleRowsMax
    try addRows(difference.rows, asSingleRows: isFew, to: &next)
    if !defersDerived { try addDerived(from: state, to: &next, lookedUp: difference.lookedUp) }
    return next
  }

  /// Adds what follows from the parts that a state got: arrivals, groups of looked-up rows.
  ///
  /// - Parameters:
  ///   - before: The state that `next` was made of.
  ///   - next: Gets more parts.
  ///   - lookedUp: What lies between the second table's rows of both, where it was found already.
  /// - Throws: What reading or computing raises.
  func addDerived(
    from before: RollupState,
    to next: inout RollupState,
    lookedUp: SourceDifference? = nil
  ) throws(EngineError) {
    try addArrivals(from: before, to: &next)
    try addLookedUp(from: before, to: &next, lookedUp)
  }

  /// Adds what rows that came and went bring to the tables that are sums over rows.
  private func addRows(
    _ difference: SourceDifference,
    asSingleRows: Bool,
    to next: inout RollupState
  ) throws(EngineError) {
    guard !difference.isEmpty else { return }
    let pieces = try pieces(difference, of: rollup.base, isFew: asSingleRows)
    for target in rollup.summedTables {
      let plan = plans.plan(of: target, over: pieces.kinds, asSingleRows: asSingleRows)
      try append(plan, pieces.tables, to: target, of: &next, isFew: asSingleRows)
    }
  }

  /// What came and went, as tables under the ids of ``RollupPiece``.
  struct Pieces {
    var kinds: [RollupPiece] = []
    var tables = FixedTables([:])
  }

  /// What came and went.
  ///
  /// `isFew`: Whether the rows are read at once, for several plans of few rows.
  func pieces(
    _ difference: SourceDifference,
    of table: TableDefinition,
    isFew: Bool
  ) throws(EngineError) -> Pieces {
    // Whole sources are scanned, single rows are gathered: a table each.
    var pieces: [RollupPiece: [SourceSnapshot]] = [:]
    for source in difference.added {
      pieces[source.wantedRows == nil ? .added : .addedRows, default: []].append(source)
    }
    for source in difference.removed {
      pieces[source.wantedRows == nil ? .removed : .removedRows, default: []].append(source)
    }
    var tables: [TableID: TableSnapshot] = [:]
    var held: [TableID: HeldRows] = [:]
    for (piece, sources) in pieces {
      if isFew { held[piece.id] = try heldRows(of: sources, table) }
      tables[piece.id] = Self.snapshot(piece.table(table), sources)
    }
    return Pieces(
      kinds: RollupPiece.allCases.filter { pieces[$0] != nil },
      tables: FixedTables(tables, held: held)
    )
  }

  /// Rows of sources in memory, on the background thread for all rollups that follow their table; nil: they are many.
  private func heldRows(
    of sources: [SourceSnapshot],
    _ table: TableDefinition
  ) throws(EngineError) -> HeldRows? {
    let rows = sources.map(\.rowByRow)
    let own = rollup.definition.columns(of: table.id)
    let all = sharesRows ? database.rollups.columns(of: table.id) : nil
    return try database.rollups.changedRows.rows(of: rows, table, own, sharedAs: all)
  }

  /// Adds the rows of a plan to a state, as a part of one of the rollup's tables.
  ///
  /// `isFew`: Whether the plan is one of ``RollupPlans`` and reads few rows.
  func append(
    _ plan: Plan,
    _ tables: FixedTables,
    to target: TableDefinition,
    of state: inout RollupState,
    isFew: Bool = false
  ) throws(EngineError) {
    if let part = try part(plan, tables, of: target, isFew: isFew) {
      state.parts[target.id, default: []].append(part)
    }
  }

  /// The rows of a plan in memory; nil: there is none.
  func part(
    _ plan: Plan,
    _ tables: FixedTables,
    of target: TableDefinition,
    isFew: Bool = false
  ) throws(EngineError) -> (any RowSource)? {
    let rows = MemoryRows(definition: target, blockRowCount: database.store.options.blockRowCount)
    if isFew {
      try runRows(plan, tables) { rows.append($0) }
    } else {
      try run(plan, tables) { batch throws(EngineError) in rows.append(batch) }
    }
    return try stored { () throws(StorageError) in try rows.finish() }
  }

  static func snapshot(
    _ table: TableDefinition,
    _ sources: [SourceSnapshot]
  ) -> TableSnapshot {
    TableSnapshot(
      definition: table,
      partitions: [PartitionSnapshot(key: .whole, sources: sources)],
      liveRowCount: sources.reduce(0) { $0 + ($1.wantedRows?.count ?? $1.liveRowCount) }
    )
  }

  /// Adds up parts of a table; groups that cancel out go.
  ///
  /// `take`: Gets the groups in the order of their keys.
  func merge(
    _ parts: [any RowSource],
    of table: TableDefinition,
    _ take: (Batch) throws(EngineError) -> Void
  ) throws(EngineError) {
    let tables = FixedTables([table.id: RollupState(parts: [table.id: parts]).snapshot(table)])
    try run(PlanRules.apply(rollup.merged(table)), tables, take)
  }

  /// As ``merge(_:of:_:)``, into memory; nil: nothing is left.
  func merged(
    _ parts: [any RowSource],
    of table: TableDefinition
  ) throws(EngineError) -> (any RowSource)? {
    let rowCount = parts.reduce(0) { $0 + $1.rowCount }
    let keyCount = rollup.keyCount(of: table)
    if let merge = PartMerge(table, keyCount: keyCount, rowCount: rowCount) {
      let blockRowCount = database.store.options.blockRowCount
      let outcome = try stored { () throws(StorageError) in
        try merge.merge(parts, blockRowCount: blockRowCount)
      }
      if case .merged(let rows) = outcome { return rows }
    }
    let tables = FixedTables([table.id: RollupState(parts: [table.id: parts]).snapshot(table)])
    return try part(PlanRules.apply(rollup.merged(table)), tables, of: table)
  }

  /// Groups in which a state and the table's rows differ.
  ///
  /// - Parameters:
  ///   - table: One of the rollup's tables.
  ///   - state: What to check, at the worker's moment.
  ///   - take: Gets what remains of the groups when the rows' are taken away.
  /// - Throws: What reading or computing raises.
  func differences(
    of table: TableDefinition,
    _ state: RollupState,
    _ take: (Batch) throws(EngineError) -> Void
  ) throws(EngineError) {
    let raw = rollup.wholeQuery(of: table, isRetraction: true)
    var tables = [table.id: state.snapshot(table), rollup.base.id: moment.rows]
    if let other = moment.lookedUp { tables[other.definition.id] = other }
    try run(PlanRules.apply(rollup.merged(table, with: raw)), FixedTables(tables), take)
  }

  /// What building and following may hold before it goes to files: as much as a statement of a session that says nothing else.
  private static func memoryBytes(of database: Database) -> Int {
    let initial = SettingCatalog.byName["work_mem"].flatMap { Int($0.initial) } ?? 1 << 20
    return min(initial << 10, database.options.memoryBytes)
  }

  /// Runs one of the plans of ``RollupPlans`` over few rows.
  func runRows(
    _ plan: Plan,
    _ tables: FixedTables,
    _ take: (Batch) -> Void
  ) throws(EngineError) {
    let context = database.rollupContext(zone: rollup.definition.timeZone)
    let isDone = try executed { () throws(ExecutionError) in
      try plans.pipelines.run(plan, context, tables, take)
    }
    if !isDone { try run(plan, tables) { batch throws(EngineError) in take(batch) } }
  }

  func run(
    _ plan: Plan,
    _ tables: FixedTables,
    _ take: (Batch) throws(EngineError) -> Void
  ) throws(EngineError) {
    var options = ExecutionOptions()
    options.memoryBudgetBytes = Self.memoryBytes(of: database)
    options.fileSystem = database.options.fileSystem
    options.spillDirectory = database.options.directory + "/temporary"
    options.threads = pool?.threadCount ?? 1
    let context = database.rollupContext(zone: rollup.definition.timeZone)
    let execution = try executed { () throws(ExecutionError) in
      try QueryExecution(
        plan: plan,
        tables: tables,
        context: context,
        options: options,
        pool: pool
      )
    }
    while let batch = try executed({ () throws(ExecutionError) in try execution.next() }) {
      try take(batch)
    }
  }
}

/// Tables that are at hand.
final class FixedTables: TableProvider, Sendable {
  private let tables: [TableID: TableSnapshot]
  /// The rows of some of them, read already.
  let held: [TableID: HeldRows]

  init(_ tables: [TableID: TableSnapshot], held: [TableID: HeldRows] = [:]) {
    self.tables = tables
    self.held = held
  }

  func table(_ id: TableID) -> TableSnapshot? { tables[id] }
  func systemTable(_ name: RelationName) throws(ExecutionError) -> [Batch] { [] }
}

extension Database {
  /// What the expressions of a rollup depend on: its zone, nothing of a session.
  func rollupContext(zone: String) -> EvaluationContext {
    EvaluationContext(
      timeZone: timeZones.zone(named: zone) ?? .utc,
      timeZones: timeZones
    )
  }
}
