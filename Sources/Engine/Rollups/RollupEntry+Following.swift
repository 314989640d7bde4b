import Catalog
import Columnar
import Execution
import Planning
import Storage
import Synchronization
import SystemIO

/// What the background thread does for a rollup that is there: it goes on to newer commits and merges small parts.
extension RollupEntry {
  /// Brings the state to a round's commit and merges small parts.
  ///
  /// - Parameter round: All rollups go to its commit: those of a table then ask for the same rows.
  /// - Throws: What reading or computing raises.
  func keepUp(in round: RollupRound) throws(EngineError) {
    guard let known = state else { return }
    let isDue = known.firstMonth != nil || isDue(known, round)
    guard isDue || known.partCount >= partsMax,
      let whole = RollupMoment(definition, SnapshotTables(round.published))
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
    if isDue { try moveOn(to: moment, firstMonth, plans, round) }
    try maintaining.withLock { _ throws(EngineError) in
      guard state?.partCount ?? 0 >= partsMax, let current = claim() else { return }
      defer { endClaim() }
      shared.withLock { $0.hitsMerged = $0.hits }
      let compacted = try compacted(current, plans, moment)
      replace(current, by: compacted)
    }
  }

  /// Brings the state to a newer commit, if nobody else does meanwhile: readers, who have a short way, need not wait.
  private func moveOn(
    to moment: RollupMoment,
    _ firstMonth: PartitionKey?,
    _ plans: RollupPlans,
    _ round: RollupRound
  ) throws(EngineError) {
    let (current, serial) = shared.withLock { ($0.state, $0.serial) }
    let sequence = round.published.sequence
    guard let current, current.sequence <= sequence,
      current.firstMonth != firstMonth || isDue(current, round)
    else { return }
    let sources = moment.sources
    let difference = RollupDifference(
      rows: round.difference(from: current.covered, to: sources.rows),
      lookedUp: round.difference(from: current.lookedUp, to: sources.lookedUp)
    )
    let count = difference.rowCount
    // Many rows are read by the statements' workers: readers would read them each, where the thread gets no processor.
    let isLarge = count > Self.ownRowsMax
    var worker = RollupWorker(plans, database, at: moment, rowCount: isLarge ? .max : count)
    worker.sharesRows = true
    var next = try worker.advance(current, to: sources, by: difference)
    next.sequence = sequence
    next.firstMonth = firstMonth
    publish(next, from: current, serial, at: round.start)
  }

  /// Whether the thread goes on to the newest commit now.
  ///
  /// A reader goes there itself, which costs about as much for some rows as for one; so the thread sees to it only that they
  /// do not become many. All rollups are due at the same times, so that those of a table share what is read of changed rows.
  private func isDue(_ state: RollupState, _ round: RollupRound) -> Bool {
    guard state.sequence < round.published.sequence else { return false }
    let rows = round.changedRows(definition)
    return shared.withLock { shared in
      // Where it has moved since the last look nothing to speak of has changed.
      if shared.seen?.sequence != state.sequence { shared.seen = (state.sequence, rows) }
      let changed = rows - (shared.seen?.rows ?? rows)
      return changed >= Self.changedRowsMax
        || shared.movedAt / Self.movingNanoseconds < round.start / Self.movingNanoseconds
    }
  }

  private static let changedRowsMax = 512
  private static let ownRowsMax = 4_096
  private static let movingNanoseconds: UInt64 = 250_000_000

  /// So many parts of a table are added up.
  static let partsMax = 8
  /// So many of a rollup that nobody asked of late: merging many at once takes a part of the time, and whoever asks next reads a few
  /// small parts more.
  static let idlePartsMax = 16

  private var partsMax: Int {
    shared.withLock { $0.hits == $0.hitsMerged ? Self.idlePartsMax : Self.partsMax }
  }

  /// Small parts added up: at most eight stay, each larger than all that follow.
  ///
  /// - Parameters:
  ///   - state: What has many parts.
  ///   - plans: The rollup.
  ///   - moment: Any moment.
  ///   - claimed: For a reader, how many parts of each table are left as they are; large ones are, too.
  /// - Returns: The same in fewer parts.
  /// - Throws: What reading or computing raises.
  func compacted(
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
}
