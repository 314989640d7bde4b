import Catalog
import Columnar
import Execution
import Planning
import Storage
import Synchronization
import SystemIO

/// One rollup while the database is open: its state, kept near the newest commit by readers and the background thread.
final class RollupEntry: Sendable {
  let definition: RollupDefinition
  unowned let database: Database

  /// What is shared; short sections only.
  struct Shared {
    var state: RollupState?
    /// Raised by every change of ``state``.
    var serial: UInt64 = 0
    /// How many parts of each table the thread is making others of: nobody else may.
    var claimed: [TableID: Int] = [:]
    var plans: RollupPlans?
    var progress = 0.0
    var failure: EngineError?
    /// On the monotonic clock.
    var restsUntil: UInt64 = 0
    var hits = 0
    var lastUsed: Int64?
    /// Groups that came since the files were written, and the segments that those cover.
    var rowsSinceSaved = 0
    /// When the state last went on to another moment, on the monotonic clock.
    var movedAt: UInt64 = 0
    var savedSegments: Set<UInt64> = []
    var savedAt: UInt64 = 0
    /// How long that took, in nanoseconds.
    var savingTook: UInt64 = 0
    /// The rollup whose groups it was made of.
    var builtFrom: String?
    /// What queries are offered, as of ``serial``.
    var offered: (serial: UInt64, plans: RollupPlans, offer: Offer)?
  }

  /// What a query is offered: the rollup and how large it is now.
  struct Offer: Sendable {
    var rollup: BoundRollup
    /// Groups of each of its tables.
    var rowCounts: [TableID: Int]
    var firstMonth: PartitionKey?
    /// Whether it has been built.
    var isReady: Bool
  }
  let shared = Mutex(Shared())
  /// Held while a reader makes the newest state: the others would compute the same.
  private let advancing = Mutex(())
  /// Held by the one that changes parts which are there already.
  let maintaining = Mutex(())
  let nextPart = Atomic<UInt32>(1)

  init(_ definition: RollupDefinition, _ database: Database) {
    self.definition = definition
    self.database = database
  }

  // MARK: What it looks like

  var isReady: Bool { shared.withLock { $0.state != nil } }
  var progress: Double { shared.withLock { $0.state == nil ? $0.progress : 1 } }
  var failure: EngineError? { shared.withLock { $0.failure } }
  var hits: Int { shared.withLock { $0.hits } }
  var lastUsed: Int64? { shared.withLock { $0.lastUsed } }
  var builtFrom: String? { shared.withLock { $0.builtFrom } }
  var state: RollupState? { shared.withLock { $0.state } }

  func noteUse() {
    let now = database.clock.postgresMicroseconds
    shared.withLock { shared in
      shared.hits += 1
      shared.lastUsed = now
    }
  }

  /// Notes how a round ended; after a failure the next rounds pass the rollup over for a while.
  func note(failure: EngineError?) {
    let now = database.clock.monotonicNanoseconds
    shared.withLock { shared in
      shared.failure = failure
      shared.restsUntil = failure == nil ? 0 : now + Self.restNanoseconds
    }
  }

  /// How long a rollup rests after a failure: what failed once mostly fails again.
  private static let restNanoseconds: UInt64 = 2_000_000_000

  var isResting: Bool {
    let now = database.clock.monotonicNanoseconds
    return shared.withLock { $0.restsUntil > now }
  }

  /// The definition over the tables as they are, with what is made of it.
  func plans(_ moment: RollupMoment) throws(EngineError) -> RollupPlans {
    try plans(moment.rows.definition, lookup: moment.lookedUp?.definition)
  }

  /// As ``plans(_:)``.
  func plans(
    _ table: TableDefinition,
    lookup: TableDefinition?
  ) throws(EngineError) -> RollupPlans {
    if let known = shared.withLock({ $0.plans }), known.rollup.base.hasSameColumns(as: table),
      known.rollup.lookup?.table.hasSameColumns(as: lookup) ?? true
    {
      return known
    }
    let folding = ExpressionFolding(context: database.rollupContext(zone: definition.timeZone))
    let definition = definition
    let bound = try planned(in: []) { () throws(PlanningError) in
      try RollupBinding(folding: folding).bind(definition, of: table, lookup: lookup)
    }
    let plans = RollupPlans(bound)
    shared.withLock { $0.plans = plans }
    return plans
  }

  // MARK: Reading

  /// What queries are offered now; made once for each state.
  func offer(_ plans: RollupPlans) -> Offer {
    let (state, serial, known) = shared.withLock { ($0.state, $0.serial, $0.offered) }
    if let known, known.serial == serial, known.plans === plans { return known.offer }
    let counts = plans.rollup.tables.map { ($0.id, state?.rowCount($0.id) ?? 0) }
    let offer = Offer(
      rollup: plans.rollup,
      rowCounts: Dictionary(uniqueKeysWithValues: counts),
      firstMonth: state?.firstMonth,
      isReady: state != nil
    )
    shared.withLock { $0.offered = (serial, plans, offer) }
    return offer
  }

  /// The state where it stands at a commit already; nil: it must be brought there.
  func state(atCommit sequence: UInt64) -> RollupState? {
    shared.withLock { $0.state?.sequence == sequence ? $0.state : nil }
  }

  /// Rows that may lie between the state and a reader's moment before the reader had better read the table.
  ///
  /// With a second table many keys would be looked up, which takes longer than reading rows.
  private func differenceMax(_ liveRows: Int) -> Int {
    definition.lookup == nil || liveRows == .max
      ? max(20_000, liveRows / 256) : RollupWorker.readersRowsMax
  }

  /// The state at a reader's moment; nil: it would take too long to get there.
  ///
  /// - Parameters:
  ///   - moment: The tables as the reader sees them.
  ///   - sequence: The commit that the reader sees; nil: a transaction with changes of its own, whose state nobody shares.
  ///   - isForced: Whether it may take any time.
  /// - Returns: The same rows, summed up.
  /// - Throws: What reading or computing raises.
  func state(
    at moment: RollupMoment,
    sequence: UInt64?,
    isForced: Bool = false
  ) throws(EngineError) -> RollupState? {
    let (state, serial) = self.shared.withLock { ($0.state, $0.serial) }
    guard let known = state else { return nil }
    let plans = try plans(moment)
    guard known.types == plans.types else { return nil }
    let way = Way(from: known, to: moment.kept(from: known.firstMonth))
    if way.difference.isEmpty {
      if let sequence { note(sequence, serial) }
      return known
    }
    let liveRows = isForced ? Int.max : moment.liveRowCount
    guard let sequence, sequence >= known.sequence else { return try reach(way, liveRows, plans) }
    // Whoever is not first goes there alone: the first may have a long way.
    let shared = try advancing.withLockIfAvailable { _ throws(EngineError) -> RollupState? in
      try advance(way, serial, liveRows, sequence, plans)
    }
    if let shared { return shared }
    return try reach(way, liveRows, plans)
  }

  /// Notes that nothing came or went up to a commit.
  private func note(_ sequence: UInt64, _ serial: UInt64) {
    shared.withLock { shared in
      guard shared.serial == serial, let state = shared.state, state.sequence < sequence else {
        return
      }
      shared.state?.sequence = sequence
    }
  }

  /// From a state to a reader's moment.
  private struct Way {
    let state: RollupState
    let moment: RollupMoment
    let sources: RollupSources
    let difference: RollupDifference

    init(from state: RollupState, to moment: RollupMoment) {
      self.state = state
      self.moment = moment
      sources = moment.sources
      difference = RollupDifference(from: state, to: sources)
    }
  }

  /// The state at the newest commit, which all find from now on.
  private func advance(
    _ known: Way,
    _ knownSerial: UInt64,
    _ liveRows: Int,
    _ sequence: UInt64,
    _ plans: RollupPlans
  ) throws(EngineError) -> RollupState? {
    // Somebody may have been there meanwhile.
    let (current, serial, claimed) = shared.withLock { ($0.state, $0.serial, $0.claimed) }
    guard let current else { return nil }
    guard current.firstMonth == known.state.firstMonth else { return nil }
    let way = serial == knownSerial ? known : Way(from: current, to: known.moment)
    guard var next = try reach(way, liveRows, plans) else { return nil }
    // The thread does so sooner, where it gets a processor.
    if next.partCount >= Self.partsMax * 3 {
      next = try compacted(next, plans, way.moment, behind: claimed)
    }
    if sequence >= current.sequence {
      next.sequence = sequence
      publish(next, from: way.state, serial)
    }
    return next
  }

  private func reach(
    _ way: Way,
    _ liveRows: Int,
    _ plans: RollupPlans
  ) throws(EngineError) -> RollupState? {
    let count = way.difference.rowCount
    guard count <= differenceMax(liveRows) else { return nil }
    let worker = RollupWorker(plans, database, at: way.moment, rowCount: count)
    return try worker.advance(way.state, to: way.sources, by: way.difference)
  }

  private func publish(_ next: RollupState, from current: RollupState, _ serial: UInt64) {
    let rows = next.rowCount(definition.id) - current.rowCount(definition.id)
    let now = database.clock.monotonicNanoseconds
    shared.withLock { shared in
      guard shared.serial == serial else { return }
      shared.movedAt = now
      shared.state = next
      shared.serial += 1
      shared.rowsSinceSaved += rows
    }
  }

  // MARK: Building and keeping up, on the background thread

  /// Makes the first state: from the files, or partition by partition from the table.
  func build(isClosing: () -> Bool) throws(EngineError) {
    guard let moment = RollupMoment(definition, SnapshotTables(database.store.published)) else {
      return
    }
    let plans = try plans(moment)
    let firstMonth = firstMonth(plans.rollup)
    let rows = moment.kept(from: firstMonth).rows
    let lookedUp = moment.sources.lookedUp
    var state = RollupState(types: plans.types)
    if let image = database.store.loadRollup(
      definition,
      tables: plans.rollup.tables,
      sources: moment.rows.sources + lookedUp
    ) {
      let others = Set(lookedUp.map(\.locatorBase))
      state.covered = image.covered.filter { !others.contains($0.locatorBase) }
      state.lookedUp = image.covered.filter { others.contains($0.locatorBase) }
      state.parts = image.parts
      let numbers = image.parts.values.joined().compactMap { RollupEntry.partNumber($0.path) }
      nextPart.store((numbers.max() ?? 0) + 1, ordering: .relaxed)
      shared.withLock { shared in
        shared.savedSegments = Set(image.covered.map(\.locatorBase))
        shared.savedAt = database.clock.monotonicNanoseconds
      }
    }
    let start = state
    if start.covered.isEmpty, let borrowed = try borrowed(moment, plans) { state = borrowed }
    state.firstMonth = firstMonth
    // What is covered and gone is taken away first, then month by month what is new.
    let worker = RollupWorker(plans, database, at: moment, isBackground: true)
    func sources(_ rows: [SourceSnapshot]) -> RollupSources {
      RollupSources(rows: rows, lookedUp: lookedUp)
    }
    let current = Set(rows.sources.map(\.locatorBase))
    let kept = state.covered.filter { current.contains($0.locatorBase) }
    if kept.count < state.covered.count {
      state = try worker.advance(state, to: sources(kept), defersDerived: true)
    }
    let known = Set(kept.map(\.locatorBase))
    var covered = rows.sources.filter { known.contains($0.locatorBase) }
    state = try worker.advance(state, to: sources(covered), defersDerived: true)
    for (place, partition) in rows.partitions.enumerated() {
      if isClosing() { return }
      covered += partition.sources.filter { !known.contains($0.locatorBase) }
      state = try worker.advance(state, to: sources(covered), defersDerived: true)
      let progress = Double(place + 1) / Double(rows.partitions.count)
      shared.withLock { $0.progress = progress }
    }
    try worker.addDerived(from: start, to: &state)
    // Commits that came meanwhile, but for the last few.
    let published = database.store.published
    if let newer = RollupMoment(definition, SnapshotTables(published)) {
      let newer = newer.kept(from: firstMonth)
      let worker = RollupWorker(plans, database, at: newer, isBackground: true)
      state = try worker.advance(state, to: newer.sources)
      state.sequence = published.sequence
    }
    let built = state
    shared.withLock { shared in
      shared.state = built
      shared.serial += 1
      shared.rowsSinceSaved = built.covered.reduce(0) { $0 + $1.liveRowCount }
    }
  }

  /// The first month that is summed up now; nil: every one is.
  private func firstMonth(_ rollup: BoundRollup) -> PartitionKey? {
    rollup.retention.map { retention in
      let now = PartitionKey(microseconds: database.store.options.clock.postgresMicroseconds)
      return PartitionKey(now.rawValue - Int32(clamping: retention.months))
    }
  }

  /// A state made of the groups of another rollup that is there already; nil: none has all that is needed, or few enough groups.
  private func borrowed(
    _ moment: RollupMoment,
    _ plans: RollupPlans
  ) throws(EngineError) -> RollupState? {
    guard definition.lookup == nil else { return nil }
    var best: (source: RollupState, rollup: BoundRollup, groups: Int)?
    for other in database.rollups.all where other.definition.table == definition.table {
      guard other !== self, other.definition.lookup == nil, let state = other.state else {
        continue
      }
      let rollup = try other.plans(moment).rollup
      let groups = rollup.summedTables.reduce(0) { $0 + state.rowCount($1.id) }
      guard state.types == rollup.tables.map({ $0.columns.map(\.type) }),
        groups * 2 < moment.rows.liveRowCount, best.map({ groups < $0.groups }) ?? true,
        plans.rollup.follows(from: rollup)
      else { continue }
      best = (state, rollup, groups)
    }
    guard let best else { return nil }
    let tables = FixedTables(
      Dictionary(
        uniqueKeysWithValues: best.rollup.summedTables.map { ($0.id, best.source.snapshot($0)) }
      )
    )
    let worker = RollupWorker(plans, database, at: moment, isBackground: true)
    var state = RollupState(covered: best.source.covered, types: plans.types)
    for target in plans.rollup.summedTables {
      guard let query = plans.rollup.query(of: target, from: best.rollup) else { return nil }
      try worker.append(PlanRules.apply(query), tables, to: target, of: &state)
    }
    shared.withLock { $0.builtFrom = best.rollup.name }
    return state
  }

  /// Brings the state to the newest commit and merges small parts.
  func keepUp() throws(EngineError) {
    let published = database.store.published
    guard let known = state,
      known.sequence < published.sequence || known.partCount >= Self.partsMax
        || known.firstMonth != nil,
      let whole = RollupMoment(definition, SnapshotTables(published))
    else { return }
    let plans = try plans(whole)
    let firstMonth = firstMonth(plans.rollup)
    let moment = whole.kept(from: firstMonth)
    guard known.types == plans.types else {
      // Made anew in the next round.
      return shared.withLock { shared in
        shared.state = nil
        shared.serial += 1
      }
    }
    try moveOn(to: moment, published.sequence, firstMonth, plans)
    try maintaining.withLock { _ throws(EngineError) in
      guard state?.partCount ?? 0 >= Self.partsMax, let current = claim() else { return }
      defer { endClaim() }
      let compacted = try compacted(current, plans, moment)
      replace(current, by: compacted)
    }
  }

  /// Brings the state to a newer commit, if nobody else does meanwhile: readers, who have a short way, need not wait.
  private func moveOn(
    to moment: RollupMoment,
    _ sequence: UInt64,
    _ firstMonth: PartitionKey?,
    _ plans: RollupPlans
  ) throws(EngineError) {
    let (current, serial) = shared.withLock { ($0.state, $0.serial) }
    guard let current,
      current.sequence < sequence || current.firstMonth != firstMonth
    else { return }
    let way = Way(from: current, to: moment)
    let count = way.difference.rowCount
    guard isDue(current, count, firstMonth) else { return }
    // Many rows are read by the statements' workers: readers would read them each, where the thread gets no processor.
    let isLarge = count > Self.ownRowsMax
    var worker = RollupWorker(plans, database, at: moment, rowCount: isLarge ? .max : count)
    worker.sharesRows = true
    var next = try worker.advance(current, to: way.sources, by: way.difference)
    next.sequence = sequence
    next.firstMonth = firstMonth
    publish(next, from: current, serial)
  }

  /// Whether the thread goes on to the newest commit now.
  ///
  /// A reader goes there itself, which costs about as much for some rows as for one; so the thread sees to it only that they
  /// do not become many.
  private func isDue(_ state: RollupState, _ changedRows: Int, _ firstMonth: PartitionKey?) -> Bool
  {
    if changedRows >= Self.changedRowsMax || state.firstMonth != firstMonth { return true }
    let now = database.clock.monotonicNanoseconds
    return shared.withLock { $0.movedAt &+ Self.movingNanoseconds <= now }
  }

  private static let changedRowsMax = 512
  private static let ownRowsMax = 4_096
  private static let movingNanoseconds: UInt64 = 250_000_000

  /// So many parts of a table are added up.
  private static let partsMax = 8

  /// Small parts added up: at most eight stay, each larger than all that follow.
  ///
  /// - Parameters:
  ///   - state: What has many parts.
  ///   - plans: The rollup.
  ///   - moment: Any moment.
  ///   - claimed: For a reader, how many parts of each table are left as they are; large ones are, too.
  /// - Returns: The same in fewer parts.
  /// - Throws: What reading or computing raises.
  private func compacted(
    _ state: RollupState,
    _ plans: RollupPlans,
    _ moment: RollupMoment,
    behind claimed: [TableID: Int]? = nil
  ) throws(EngineError) -> RollupState {
    var next = state
    for table in plans.rollup.tables {
      var parts = next.parts[table.id] ?? []
      guard parts.count >= Self.partsMax else { continue }
      var first = Self.firstToMerge(parts, from: parts.count - 6)
      if let claimed {
        let small = parts.firstIndex { $0.rowCount < Self.smallPartRows } ?? parts.count
        first = max(claimed[table.id] ?? 0, small)
      }
      guard first + 1 < parts.count else { continue }
      let merging = Array(parts[first...])
      let rows = merging.reduce(0) { $0 + $1.rowCount }
      let worker = RollupWorker(
        plans,
        database,
        at: moment,
        rowCount: rows,
        isBackground: claimed == nil
      )
      let merged = try worker.merged(merging, of: table)
      parts.removeSubrange(first...)
      if let merged { parts.append(merged) }
      next.parts[table.id] = parts
    }
    return next
  }

  private static let smallPartRows = 1_024

  /// From which part on parts are made one, so that each that stays is twice as large as all that follow.
  ///
  /// - Parameters:
  ///   - parts: Parts of a table, the oldest first.
  ///   - place: From here on they are made one in any case.
  /// - Returns: `place` or an earlier place.
  static func firstToMerge(_ parts: [any RowSource], from place: Int) -> Int {
    var first = place
    var rows = parts[place...].reduce(0) { $0 + $1.rowCount }
    while first > 0, parts[first - 1].rowCount < rows * 2 {
      first -= 1
      rows += parts[first].rowCount
    }
    return first
  }

  /// The state, of whose parts others are made: readers only add some behind them.
  func claim() -> RollupState? {
    shared.withLock { shared in
      shared.claimed = shared.state?.parts.mapValues(\.count) ?? [:]
      // What a reader is about to publish may have made one of them.
      shared.serial += 1
      return shared.state
    }
  }

  func endClaim() { shared.withLock { $0.claimed = [:] } }

  /// Puts other parts in the place of those of a claimed state; parts that readers added meanwhile stay behind them.
  func replace(_ old: RollupState, by new: RollupState) {
    shared.withLock { shared in
      guard var state = shared.state else { return }
      for id in Set(old.parts.keys).union(new.parts.keys) {
        let later = (state.parts[id] ?? []).dropFirst(old.parts[id]?.count ?? 0)
        state.parts[id] = (new.parts[id] ?? []) + later
      }
      shared.state = state
      shared.serial += 1
    }
  }

  private static func partNumber(_ path: String) -> UInt32? {
    UInt32(path.split(separator: "-").last?.dropLast(4) ?? "")
  }
}

extension TableDefinition {
  /// Whether columns stand at the same places under the same names.
  fileprivate func hasSameColumns(as other: TableDefinition?) -> Bool {
    guard let other else { return false }
    return columns.count == other.columns.count && name == other.name && schema == other.schema
      && zip(columns, other.columns).allSatisfy {
        $0.id == $1.id && $0.name == $1.name && $0.isNullable == $1.isNullable && $0.type == $1.type
      }
  }
}
