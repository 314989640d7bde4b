import Catalog
import Columnar
import Execution
import Planning
import Storage
import Synchronization
import SystemIO

/// The groups of sealed rows at rest: what a start goes on from.
extension RollupEntry {
  /// Whether the files know so little of what is there that a start would read many rows.
  var hasChangedMuch: Bool {
    let (state, saved, rows) = shared.withLock {
      ($0.state, $0.savedSegments, $0.rowsSinceSaved)
    }
    guard let state else { return false }
    return rows > max(50_000, state.covered.liveRowCount / 10) || state.sealedSegments != saved
  }

  /// Whether the files are written again now; looks once a second.
  var wantsSaving: Bool {
    let now = database.clock.monotonicNanoseconds
    let isRested = shared.withLock { shared in
      let rest = max(Self.restNanoseconds, shared.savingTook * Self.savingShare)
      guard shared.savedAt == 0 || now &- shared.savedAt > rest,
        shared.savingLookedAt == 0 || now &- shared.savingLookedAt > Self.lookNanoseconds
      else { return false }
      shared.savingLookedAt = now
      return true
    }
    return isRested && hasChangedMuch
  }

  private static let lookNanoseconds: UInt64 = 1_000_000_000

  /// Between two writings: at least a minute, and twenty times as long as the last one took.
  private static let restNanoseconds: UInt64 = 60_000_000_000
  private static let savingShare: UInt64 = 20

  /// Writes the groups of all sealed rows to files and goes on from these.
  ///
  /// What is in files already stays there as long as what came since is small; that gets a file of its own.
  ///
  /// - Parameter isClosing: Whether nobody goes on from them.
  /// - Throws: What reading, computing or writing raises.
  func save(isClosing: Bool = false) throws(EngineError) {
    guard let moment = RollupMoment(definition, SnapshotTables(database.store.published)) else {
      return
    }
    let start = database.clock.monotonicNanoseconds
    let plans = try plans(moment)
    try maintaining.withLock { _ throws(EngineError) in
      guard let current = claim() else { return }
      defer { endClaim() }
      let worker = RollupWorker(plans, database, at: moment, isBackground: true)
      let sealed = try worker.advance(current, to: current.sealedSources)
      var files: [TableID: [SegmentFile]] = [:]
      for table in plans.rollup.tables {
        files[table.id] = try written(sealed.parts[table.id] ?? [], of: table, worker)
      }
      let image = RollupImage(
        definition: definition,
        covered: (sealed.covered + sealed.lookedUp).flatMap(\.sources),
        parts: files
      )
      try stored { () throws(StorageError) in try database.store.saveRollup(image) }
      if !isClosing {
        var base = RollupState(
          covered: sealed.covered,
          lookedUp: sealed.lookedUp,
          types: current.types
        )
        base.parts = files
        replace(current, by: try worker.advance(base, to: current.sources))
      }
      let now = database.clock.monotonicNanoseconds
      shared.withLock { shared in
        shared.rowsSinceSaved = 0
        shared.savedSegments = sealed.sealedSegments
        shared.savedAt = now
        shared.savingTook = now &- start
      }
    }
  }

  /// Parts of a table in files.
  private func written(
    _ parts: [any RowSource],
    of table: TableDefinition,
    _ worker: RollupWorker
  ) throws(EngineError) -> [SegmentFile] {
    let files = parts.map { $0 as? SegmentFile }
    let place = files.firstIndex { $0 == nil } ?? parts.count
    guard place < parts.count else { return files.compactMap { $0 } }
    let first = Self.firstToMerge(parts, from: min(place, Self.filesMax - 1))
    let rest = try write(Array(parts[first...]), of: table, worker)
    return files[..<first].compactMap { $0 } + [rest].compactMap { $0 }
  }

  /// So many files a table has at most.
  private static let filesMax = 6

  private func write(
    _ parts: [any RowSource],
    of table: TableDefinition,
    _ worker: RollupWorker
  ) throws(EngineError) -> SegmentFile? {
    let number = nextPart.add(1, ordering: .relaxed).oldValue
    let writer = try stored { () throws(StorageError) in
      try database.store.makeRollupPart(of: definition.id, number: number, table)
    }
    do throws(EngineError) {
      try worker.merge(parts, of: table) { batch throws(EngineError) in
        try stored { () throws(StorageError) in try writer.append(batch) }
      }
      return try stored { () throws(StorageError) in try writer.finish() }
    } catch {
      writer.abandon()
      throw error
    }
  }
}

extension RollupState {
  /// What is covered of segments.
  fileprivate var sealedSources: RollupSources {
    RollupSources(
      rows: covered.keeping { $0.segmentNumber != nil },
      lookedUp: lookedUp.keeping { $0.segmentNumber != nil }
    )
  }

  fileprivate var sealedSegments: Set<UInt64> {
    let sealed = sealedSources
    return Set((sealed.rows + sealed.lookedUp).flatMap(\.sources).map(\.locatorBase))
  }
}
