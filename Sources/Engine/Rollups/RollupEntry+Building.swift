import Catalog
import Columnar
import Execution
import Planning
import Storage
import Synchronization
import SystemIO

/// The first state: from the files, from another rollup's groups, or from the table.
extension RollupEntry {
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
      sources: (moment.rows.partitions + lookedUp).flatMap(\.sources)
    ) {
      let others = Set(lookedUp.flatMap(\.sources).map(\.locatorBase))
      let covered = [PartitionSnapshot(key: .whole, sources: image.covered)]
      state.covered = covered.keeping { !others.contains($0.locatorBase) }
      state.lookedUp = covered.keeping { others.contains($0.locatorBase) }
      state.parts = image.parts
      let numbers = image.parts.values.joined().compactMap { RollupEntry.partNumber($0.path) }
      nextPart.store((numbers.max() ?? 0) + 1, ordering: .relaxed)
      shared.withLock { shared in
        shared.savedSegments = Set(image.covered.map(\.locatorBase))
        shared.savedAt = database.clock.monotonicNanoseconds
      }
    }
    let start = state
    if start.covered.allSatisfy(\.sources.isEmpty), let borrowed = try borrowed(moment, plans) {
      state = borrowed
    }
    state.firstMonth = firstMonth
    // What is covered and gone is taken away first, then month by month what is new.
    let worker = RollupWorker(plans, database, at: moment, isBackground: true)
    func sources(_ rows: [SourceSnapshot]) -> RollupSources {
      let partition = PartitionSnapshot(key: .whole, sources: rows)
      return RollupSources(rows: [partition], lookedUp: lookedUp)
    }
    let current = Set(rows.sources.map(\.locatorBase))
    let known = state.covered.flatMap(\.sources)
    let kept = known.filter { current.contains($0.locatorBase) }
    if kept.count < known.count {
      state = try worker.advance(state, to: sources(kept), defersDerived: true)
    }
    let isKept = Set(kept.map(\.locatorBase))
    var covered = rows.sources.filter { isKept.contains($0.locatorBase) }
    state = try worker.advance(state, to: sources(covered), defersDerived: true)
    for (place, partition) in rows.partitions.enumerated() {
      if isClosing() { return }
      covered += partition.sources.filter { !isKept.contains($0.locatorBase) }
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
      shared.rowsSinceSaved = built.covered.liveRowCount
    }
  }

  /// The first month that is summed up now; nil: every one is.
  func firstMonth(_ rollup: BoundRollup) -> PartitionKey? {
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

  private static func partNumber(_ path: String) -> UInt32? {
    UInt32(path.split(separator: "-").last?.dropLast(4) ?? "")
  }
}
