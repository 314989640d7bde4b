import Catalog
import Columnar
import Loading
import Replication
import Storage
import SystemIO

/// Copies tables of the source, all at one position, on threads of its own, while the stream goes on.
///
/// A temporary slot gives the position and a snapshot of exactly that moment; it waits for the transactions that were
/// running, so that none is missed which began before a table was published.
final class TableCopier: Sendable {
  enum Phase: Sendable {
    /// The position is not known.
    case preparing
    case copying(LSN)
    /// Nothing more comes.
    case failed(ReplicationError)
  }

  /// A numeric(p, s) that has refused a value.
  struct NarrowColumn: Sendable {
    var column: ReplicatedColumn
    var reason: String
  }

  struct State {
    var phase = Phase.preparing
    /// How each relation's rows are laid out in its copy.
    var mappings: [UInt32: TableMapping] = [:]
    /// Relations that cannot be copied, and why.
    var refused: [RelationName: String] = [:]
    /// Relations that can be copied once a column takes more.
    var narrow: [RelationName: NarrowColumn] = [:]
    var finished: [UInt32: FinishedCopy] = [:]
    /// Tables whose copy has not ended.
    var remaining: Set<RelationName>
    var isCancelled = false
    var interrupt: (@Sendable () -> Void)?
    var thread: Thread?
  }

  /// Bytes of rows that wait to become segments.
  private static let memoryBytes = 256 << 20
  private static let workerCount = 2

  let state: Monitor<State>
  private let store: Store
  private let replication: ReplicationDefinition
  private let tables: [ReplicatedTable]
  /// Told how many rows of a table have come.
  private let report: @Sendable (RelationName, Int) -> Void
  private let tell: @Sendable (String?) -> Void
  /// Called when there is something to be taken over.
  private let call: @Sendable () -> Void

  /// Starts copying.
  init(
    _ store: Store,
    _ replication: ReplicationDefinition,
    _ tables: [ReplicatedTable],
    call: @escaping @Sendable () -> Void,
    tell: @escaping @Sendable (String?) -> Void,
    report: @escaping @Sendable (RelationName, Int) -> Void
  ) throws(IOError) {
    self.store = store
    self.replication = replication
    self.tables = tables
    self.report = report
    self.call = call
    self.tell = tell
    state = Monitor(State(remaining: Set(tables.map(\.source))))
    let thread = try Thread.start(name: "table-copy") { self.run() }
    state.withLock { $0.thread = thread }
  }

  /// Whether everything has been handed over or refused.
  var isOver: Bool {
    state.withLock {
      $0.remaining.isEmpty && $0.finished.isEmpty && $0.refused.isEmpty && $0.narrow.isEmpty
    }
  }

  /// Gives up and waits for the end; segments that nobody took are removed.
  func cancel() {
    let (thread, interrupt) = state.update { state in
      state.isCancelled = true
      return (state.thread, state.interrupt)
    }
    interrupt?()
    thread?.join()
    let left = state.withLock { state in
      defer { state.finished = [:] }
      return state.finished
    }
    for copy in left.values { for segment in copy.segments { store.discard(segment) } }
  }

  private var isCancelled: Bool { state.withLock { $0.isCancelled } }

  private func setInterrupt(_ interrupt: @escaping @Sendable () -> Void) throws(ReplicationError) {
    let isCancelled = state.withLock { state in
      state.interrupt = interrupt
      return state.isCancelled
    }
    if isCancelled { throw .stopped }
  }

  // MARK: The thread

  private func run() {
    do throws(ReplicationError) {
      let session = try CopySession(replication, Self.workerCount, tell) {
        interrupt throws(ReplicationError) in try self.setInterrupt(interrupt)
      }
      let sources = try describe(session)
      state.update { $0.phase = .copying(session.position) }
      // Small ones first: most tables are ready soon.
      for (table, source) in sources.sorted(by: { $0.source.byteCount < $1.source.byteCount }) {
        if isCancelled { throw .stopped }
        guard try copy(table, source, session) else {
          // A COPY that was left is still on its way: the others' turn comes with other connections.
          state.update { $0.remaining = [] }
          return
        }
      }
    } catch {
      state.update { $0.phase = .failed(error) }
    }
  }

  /// Asks the source what the tables look like at the snapshot.
  private func describe(
    _ session: CopySession
  ) throws(ReplicationError) -> [(table: ReplicatedTable, source: SourceTable)] {
    let catalog = store.published.catalog
    var found: [(ReplicatedTable, SourceTable)] = []
    for table in tables {
      guard let source = try session.catalog.table(table.sourceOID) else {
        refuse(table, "the source has no such table")
        continue
      }
      try session.checkFiles(source)
      guard let old = TableMapping(table, catalog) else {
        refuse(table, "its table is gone")
        continue
      }
      let types = try session.learnTypes(of: source)
      do throws(MappingProblem) {
        var mapping = try TableMapping(
          source,
          table,
          types,
          publishing: session.published[table.source]?.columns,
          replacing: old,
          newID: old.definition.id
        )
        if old.isSame(as: mapping) { mapping = old }
        state.update { $0.mappings[source.id] = mapping }
        found.append((table, source))
      } catch {
        refuse(table, error.text)
      }
    }
    return found
  }

  private func refuse(_ table: ReplicatedTable, _ reason: String) {
    state.update { state in
      state.refused[table.source] = reason
      state.remaining.remove(table.source)
    }
  }

  /// A value was not taken.
  private func refuse(
    _ table: ReplicatedTable,
    _ failure: RowFailure,
    _ mapping: TableMapping
  ) {
    let reason = failure.text
    guard let column = mapping.narrow(failure.column) else { return refuse(table, reason) }
    state.update { state in
      state.narrow[table.source] = NarrowColumn(column: column, reason: reason)
      state.remaining.remove(table.source)
    }
  }

  /// Copies a table; false: the session is good for no other one.
  private func copy(
    _ table: ReplicatedTable,
    _ source: SourceTable,
    _ session: CopySession
  ) throws(ReplicationError) -> Bool {
    guard let mapping = state.withLock({ $0.mappings[source.id] }) else { return true }
    let published = session.published[table.source]
    let relation = source.relation(publishing: published?.columns)
    guard let layout = mapping.layout(relation, session.types) else {
      refuse(table, "its columns are not those that are published")
      return true
    }
    let plan = CopyPlan(
      source,
      relation: relation,
      layout: layout,
      types: session.types,
      rowFilter: published?.rowFilter,
      serverVersion: session.catalog.serverVersion
    )
    let load = BatchLoad(
      store,
      mapping.definition,
      workerCount: Self.workerCount,
      memoryBytes: Self.memoryBytes
    )
    let receivers = CopyReceivers(load, Self.workerCount)
    do throws(ReplicationError) {
      _ = try session.copy.copy(plan) { number, batch in
        let isTaken = receivers.take(batch, number)
        if isTaken { self.report(table.source, batch.rowCount) }
        KillPoint.copying.pass()
        return isTaken && !self.isCancelled
      }
      try session.checkFiles(source)
    } catch {
      load.abandon()
      if case .value(let failure) = error {
        refuse(table, failure, mapping)
        return false
      }
      guard let failure = receivers.failure else { throw error }
      try fail(table, failure)
      return false
    }
    do throws(LoadError) {
      receivers.finish()
      let segments = try load.finish()
      let copy = FinishedCopy(
        source: table.source,
        definition: mapping.definition,
        columns: mapping.columns,
        fingerprint: SourceFingerprint(source),
        segments: segments,
        rowCount: segments.reduce(0) { $0 + $1.summary.rowCount }
      )
      KillPoint.copied.pass()
      state.update { state in
        state.finished[source.id] = copy
        state.remaining.remove(table.source)
      }
      call()
    } catch {
      try fail(table, error)
    }
    return true
  }

  /// Rows that the table does not take are its own matter; a full disk is everybody's.
  private func fail(_ table: ReplicatedTable, _ error: LoadError) throws(ReplicationError) {
    switch error {
    case .duplicateKey, .storage(.notNullViolation), .storage(.uniqueViolation):
      refuse(table, EngineError(error, table: table.target.name).message)
    case .io(let error), .storage(.io(let error)): throw .system(error)
    default: throw .violation(EngineError(error, table: table.target.name).message)
    }
  }
}

/// The threads' ways into a load.
private final class CopyReceivers: @unchecked Sendable {
  // SAFETY: the copy's thread n uses worker n alone; `finish` comes behind the threads' end.
  private let workers: [BatchLoad.Worker]
  private let problem = Monitor<LoadError?>(nil)

  init(_ load: BatchLoad, _ count: Int) { workers = (0..<count).map { load.worker($0) } }

  func take(_ batch: Batch, _ number: Int) -> Bool {
    do throws(LoadError) {
      try workers[number].add(batch)
      return true
    } catch {
      problem.withLock { $0 = $0 ?? error }
      return false
    }
  }

  func finish() { for worker in workers { worker.finish() } }

  var failure: LoadError? { problem.withLock { $0 } }
}
