import Catalog
import Columnar
import Execution
import Planning
import Storage
import Synchronization
import SystemIO

/// The state that a reader sees: the newest one, brought to the reader's moment.
extension RollupEntry {
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
  struct Way {
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

  /// Puts a state in the place of another, unless somebody else did meanwhile.
  ///
  /// `time`: What counts as the time of the move; nil: now.
  func publish(
    _ next: RollupState,
    from current: RollupState,
    _ serial: UInt64,
    at time: UInt64? = nil
  ) {
    let rows = next.rowCount(definition.id) - current.rowCount(definition.id)
    let now = time ?? database.clock.monotonicNanoseconds
    shared.withLock { shared in
      guard shared.serial == serial else { return }
      shared.movedAt = now
      shared.state = next
      shared.serial += 1
      shared.rowsSinceSaved += rows
    }
  }
}
