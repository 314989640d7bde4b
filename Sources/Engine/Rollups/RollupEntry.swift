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
    /// How many there were when parts were last merged.
    var hitsMerged = 0
    var lastUsed: Int64?
    /// Groups that came since the files were written, and the segments that those cover.
    var rowsSinceSaved = 0
    /// When the state last went on to another moment, on the monotonic clock.
    var movedAt: UInt64 = 0
    /// Where the thread saw the state last, and how many rows had changed when it saw it there first (``TableChanges``).
    var seen: (sequence: UInt64, rows: Int)?
    var savedSegments: Set<UInt64> = []
    var savedAt: UInt64 = 0
    /// When it was last asked whether they are to be written again.
    var savingLookedAt: UInt64 = 0
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
  let advancing = Mutex(())
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
