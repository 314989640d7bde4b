import Catalog
import Planning
import Storage
import Synchronization
import SystemIO

/// The rollups of an open database, and the thread that builds them and keeps them up to date.
final class RollupRegistry: Sendable {
  private struct State {
    var isClosing = false
  }
  /// A rollup, bound over the tables as a catalog has them.
  struct Bound: Sendable {
    var entry: RollupEntry
    var plans: RollupPlans
  }
  /// What is known of the rollups of the newest catalog, by table.
  private struct Known {
    var version: UInt64 = 0
    var tables: [TableID: [Bound]] = [:]
  }
  private let entries = Mutex<[TableID: RollupEntry]>([:])
  private let known = Mutex(Known())
  private let state = Monitor(State())
  private let worker = Mutex<Thread?>(nil)
  /// Rows that changed of late.
  let changedRows = ChangedRows()
  /// How many they are.
  private let changes = TableChanges()
  /// Between two looks at the newest commit, with rollups and without.
  private static let restNanoseconds: (some: UInt64, none: UInt64) = (50_000_000, 100_000_000)
  /// After so long at one rollup a round goes on from the newest commit.
  private static let longNanoseconds: UInt64 = 250_000_000
  /// The longest rest between two rollups of a round.
  private static let pauseNanosecondsMax: UInt64 = 5_000_000

  func entry(_ id: TableID) -> RollupEntry? { entries.withLock { $0[id] } }

  /// The rollups of a table that are there and can be bound, by name.
  ///
  /// - Parameters:
  ///   - table: A table.
  ///   - catalog: The definitions that a statement sees.
  ///   - isCommitted: Whether all sessions see them, so that its version names them.
  /// - Returns: Each with its plans.
  func bound(of table: TableID, _ catalog: CatalogSnapshot, isCommitted: Bool) -> [Bound] {
    let version = catalog.version
    if isCommitted,
      let rollups = known.withLock({ $0.version == version ? $0.tables[table] : nil })
    {
      return rollups
    }
    guard let definition = catalog.tables[table] else { return [] }
    let definitions = catalog.rollups(of: table)
    let rollups = definitions.compactMap { rollup -> Bound? in
      let lookup = rollup.lookup.flatMap { catalog.tables[$0.table] }
      guard let entry = entry(rollup.id),
        let plans = try? entry.plans(definition, lookup: lookup)
      else { return nil }
      return Bound(entry: entry, plans: plans)
    }
    // One that the thread has not taken in yet is there soon.
    guard isCommitted, rollups.count == definitions.count else { return rollups }
    known.withLock { known in
      if known.version != version { known = Known(version: version) }
      known.tables[table] = rollups
    }
    return rollups
  }

  /// The rollups that there are, by name.
  var all: [RollupEntry] {
    entries.withLock { $0.values.sorted { $0.definition.name < $1.definition.name } }
  }

  /// The columns of a table that some rollup reads.
  func columns(of table: TableID) -> Set<ColumnID> {
    entries.withLock { entries in
      entries.values.reduce(into: []) { $0.formUnion($1.definition.columns(of: table)) }
    }
  }

  /// Takes the rollups of the newest commit in, and starts the thread.
  func start(_ database: Database) throws(IOError) {
    takeDefinitions(database)
    guard database.options.store.runsInBackground else { return }
    let weak = WeakDatabase(database)
    let thread = try Thread.start(name: "rollups", stackBytes: 1 << 23) { [self] in
      while true {
        let rest = all.isEmpty ? Self.restNanoseconds.none : Self.restNanoseconds.some
        let isClosing = state.wait(nanoseconds: rest) { state -> Bool? in
          state.isClosing ? true : nil
        }
        guard isClosing != true, let database = weak.value else { return }
        runRound(database, pauses: true)
      }
    }
    worker.withLock { $0 = thread }
  }

  /// Ends the thread, and writes what is not in files yet.
  func close(_ database: Database) {
    state.update { $0.isClosing = true }
    worker.withLock { thread in
      defer { thread = nil }
      return thread
    }?.join()
    for entry in all where entry.hasChangedMuch {
      attempt(entry) { () throws(EngineError) in try entry.save(isClosing: true) }
    }
  }

  /// Creates, builds and drops what the newest commit says, brings the others up to date.
  ///
  /// - Parameters:
  ///   - database: Whose rollups.
  ///   - pauses: Whether to rest after each for as long as it took: a dozen of them at a stretch keep a processor from whoever reads meanwhile.
  func runRound(_ database: Database, pauses: Bool = false) {
    takeDefinitions(database)
    // One that is built upon another comes behind it.
    let entries = all.sorted { $0.definition.id < $1.definition.id }
    let published = database.store.published
    let tables = entries.flatMap { [$0.definition.table, $0.definition.lookup?.table] }
    changes.follow(published, Set(tables.compactMap { $0 }))
    let round = RollupRound(published, at: database.clock.monotonicNanoseconds, changes)
    for entry in entries {
      if state.withLock({ $0.isClosing }) { return }
      if entry.isResting { continue }
      let start = database.clock.monotonicNanoseconds
      attempt(entry) { () throws(EngineError) in
        if entry.isReady {
          try entry.keepUp(in: round)
        } else {
          try entry.build { state.withLock { $0.isClosing } }
        }
        if entry.wantsSaving { try entry.save() }
      }
      let now = database.clock.monotonicNanoseconds
      let took = now - start
      if took > Self.longNanoseconds { round.move(to: database.store.published, at: now) }
      guard pauses else { continue }
      let pause = min(took, Self.pauseNanosecondsMax)
      _ = state.wait(nanoseconds: pause) { $0.isClosing ? true : nil }
    }
  }

  private func attempt(_ entry: RollupEntry, _ body: () throws(EngineError) -> Void) {
    do throws(EngineError) {
      try body()
      entry.note(failure: nil)
    } catch {
      entry.note(failure: error)
    }
  }

  private func takeDefinitions(_ database: Database) {
    let catalog = database.store.published.catalog
    let wanted = catalog.rollups.values
    let isChanged = entries.withLock { entries in
      var isChanged = false
      for definition in wanted where entries[definition.id] == nil {
        entries[definition.id] = RollupEntry(definition, database)
        isChanged = true
      }
      let ids = Set(wanted.map(\.id))
      for id in entries.keys where !ids.contains(id) {
        entries[id] = nil
        isChanged = true
      }
      return isChanged
    }
    guard isChanged else { return }
    known.withLock { $0 = Known() }
    // What cannot be removed now is removed when the database is opened next.
    try? database.store.removeRollups(except: Set(wanted.map(\.id)))
  }
}

extension RollupDefinition {
  /// The columns of a table that the rollup reads.
  func columns(of id: TableID) -> Set<ColumnID> {
    var columns: Set<ColumnID> = table == id ? Set(self.columns.keys) : []
    if let lookup, lookup.table == id { columns.formUnion(lookup.columns.keys) }
    return columns
  }
}

/// Lets the thread see that its database is gone.
private final class WeakDatabase: Sendable {
  weak let value: Database?

  init(_ value: Database) { self.value = value }
}
