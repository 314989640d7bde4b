import Catalog
import Columnar
import Replication
import Storage
import SystemIO

/// Follows a source over one connection: from the checks before the stream to its end.
///
/// One thread's: the runner's.
final class SourceFollower {
  /// How long changes are collected before they are committed, while more come.
  private static let groupNanoseconds: UInt64 = 15_000_000
  /// How long where so much waits that nobody is kept waiting by it: every commit waits for the disk.
  private static let behindNanoseconds: UInt64 = 250_000_000
  private static let behindBytes = 1 << 20
  /// Rows after which they are committed in any case.
  private static let groupRows = 1 << 16
  /// How often a position that no row came with is made durable.
  private static let idleNanoseconds: UInt64 = 1_000_000_000

  let runner: ReplicationRunner
  let store: Store
  let clock = SystemClock()
  var replication: ReplicationDefinition
  let session: SourceConnection
  var types: TypeDirectory
  let applier: Applier
  var stream: SourceStream?
  var copies: RunningCopies?
  /// The newest mapping of each ready relation, changes included that were not applied yet.
  var mappings: [UInt32: TableMapping] = [:]
  /// What the decoder's description of a relation leads to, besides its layout.
  var stop: ApplierStop?
  var fingerprints: [UInt32: SeenFingerprint] = [:]
  /// Whether values come in their binary form.
  private(set) var isBinary = false
  private var hasProgress = false
  private var lastIdleCommit: UInt64 = 0
  private var groupStart: UInt64?

  /// - Parameters:
  ///   - runner: Whose thread this is.
  ///   - prepared: The source, ready to be streamed from.
  init(_ runner: ReplicationRunner, _ prepared: PreparedSource) {
    self.runner = runner
    store = runner.store
    replication = prepared.replication
    session = prepared.session
    types = prepared.types
    applier = Applier(store, replication, at: runner.position)
  }

  /// Follows until something ends it.
  ///
  /// - Throws: ``FollowEnd``; returns when the runner is stopped.
  static func follow(
    _ runner: ReplicationRunner,
    _ replication: ReplicationDefinition
  ) throws(FollowEnd) {
    runner.update { status in
      status.phase = .starting
      status.detail = nil
    }
    var preparation = SourcePreparation(runner, replication)
    let prepared = try preparation.run()
    let follower = SourceFollower(runner, prepared)
    let watch = SourceWatch(prepared.replication) { runner.wantedPosition }
    defer {
      follower.end()
      watch.stop()
    }
    try follower.startStream()
    try follower.loop(watch)
  }

  private func end() {
    copies?.cancel()
    applier.abandon()
    stream?.stop()
  }

  /// Whether the source may send values in their binary form, which costs it less to write and us less to read: it can
  /// (PostgreSQL 14), and the form of every column is known here.
  private var mayReadBinary: Bool {
    session.serverVersion >= 140_000 && !runner.needsText
      && replication.tables.allSatisfy { table in
        table.state == .stopped || table.columns.allSatisfy { types.readsBinary($0.typeOID) }
      }
  }

  private func startStream() throws(FollowEnd) {
    do throws(ReplicationError) {
      let connection = try SourceConnection(
        replication.connection,
        role: .replication,
        applicationName: "almanac \(replication.name)"
      )
      var options = StreamOptions(silenceSeconds: connection.silenceSeconds)
      isBinary = mayReadBinary
      options.isBinary = isBinary
      stream = try SourceStream(
        try connection.makeByteSource(),
        slot: replication.slot,
        publications: [replication.publication],
        start: applier.durable,
        options: options,
        chooseLayout: { [unowned self] relation in describe(relation) }
      )
    } catch {
      throw passing(error)
    }
    stream?.decoder.stopLSN = replication.pauseAt.map { LSN($0) }
    runner.update { $0.phase = .streaming }
  }

  func passing(_ error: ReplicationError) -> FollowEnd {
    if case .system(let error) = error { return FollowEnd(error, "\(error)") }
    return .passing("\(error)", hasProgress: hasProgress)
  }

  // MARK: The loop

  private func loop(_ watch: SourceWatch) throws(FollowEnd) {
    while !runner.isStopping {
      if runner.takeNews() { try readNews() }
      if let facts = watch.takeFacts() { try look(at: facts) }
      try advanceCopies()
      try pauseIfReached()
      let group = try nextGroup()
      if let group { try take(group) }
      try commitIfDue(isDrained: group == nil)
    }
    try commitWhole()
  }

  private func nextGroup() throws(FollowEnd) -> ChangeGroup? {
    do throws(ReplicationError) {
      return try stream?.next(timeoutMilliseconds: groupStart == nil ? 50 : 0)
    } catch {
      // What came whole before the connection broke is good.
      try commitWhole()
      throw passing(error)
    }
  }

  private func take(_ group: ChangeGroup) throws(FollowEnd) {
    if let stop {
      self.stop = nil
      throw handle(stop)
    }
    if groupStart == nil { groupStart = clock.monotonicNanoseconds }
    try applied { () throws(ApplierStop) in try applier.take(group) }
  }

  /// Commits what has collected, when it is enough, old enough, or all there is.
  private func commitIfDue(isDrained: Bool) throws(FollowEnd) {
    guard !applier.isOpen else { return }
    let now = clock.monotonicNanoseconds
    if applier.hasPending {
      let age = now - (groupStart ?? now)
      let isBehind = (stream?.waitingBytes ?? 0) >= Self.behindBytes
      if isBehind { store.deferTidying() }
      let longest = isBehind ? Self.behindNanoseconds : Self.groupNanoseconds
      guard
        isDrained || applier.pendingRows >= Self.groupRows || applier.isFull
          || age >= longest
      else { return }
      return try commit()
    }
    groupStart = nil
    guard applier.position > applier.durable else { return }
    let position = applier.position
    // Nothing of ours lies between: it is applied, but told to the source only once it is durable.
    if runner.status.visible < position { runner.update { $0.visible = position } }
    if now - lastIdleCommit >= Self.idleNanoseconds { try commit() }
  }

  func commitWhole() throws(FollowEnd) {
    if !applier.isOpen, applier.hasPending { try commit() }
  }

  func commit() throws(FollowEnd) {
    try applied { () throws(ApplierStop) in try applier.commit(runner.update) }
    noteCommit()
  }

  func noteCommit() {
    hasProgress = true
    groupStart = nil
    lastIdleCommit = clock.monotonicNanoseconds
    guard let stream else { return }
    KillPoint.beforeAcknowledge.pass()
    stream.acknowledge(applier.durable)
    KillPoint.acknowledged.pass()
    let received = max(stream.receivedLSN, applier.position)
    runner.update { status in
      status.received = received
      status.acknowledged = stream.acknowledgedLSN
      status.sourceEnd = max(status.sourceEnd, received)
    }
    // What a statement changed meanwhile is for ``readNews()``, which knows it by its revision.
    if let fresh = runner.definition, fresh.revision == replication.revision { replication = fresh }
  }

  // MARK: What ends a round

  func applied<Result>(_ body: () throws(ApplierStop) -> Result) throws(FollowEnd) -> Result {
    do throws(ApplierStop) { return try body() } catch { throw handle(error) }
  }

  /// Notes durably what an applier stopped for.
  func handle(_ stop: ApplierStop) -> FollowEnd {
    applier.abandon()
    switch stop {
    case .gone: return .restart
    case .textNeeded:
      runner.needText()
      return .restart
    case .storage(.serialization): return .restart
    case .storage(let error): return FollowEnd(error)
    case .source(let error): return passing(error)
    case .narrow(let source, let column, let reason):
      let failure = runner.changeDefinition { replication in
        guard let index = replication.tables.firstIndex(where: { $0.source == source }) else {
          return
        }
        replication.tables[index].widen(column, because: reason)
      }
      return failure.map { FollowEnd($0) } ?? .restart
    case .table(let source, let state, let reason, let problem):
      runner.update { status in
        status.count(source) { counters in
          if problem == .missingKey || problem == .unresolvedValue { counters.missingKeys += 1 }
          if problem == .duplicateKey { counters.duplicateKeys += 1 }
        }
      }
      let failure = runner.changeDefinition { replication in
        guard let index = replication.tables.firstIndex(where: { $0.source == source }) else {
          return
        }
        replication.tables[index].reason = reason
        if state == .stopped || replication.tables[index].state != .waiting {
          replication.tables[index].state = state
        }
      }
      return failure.map { FollowEnd($0) } ?? .restart
    }
  }

  /// Takes over what a statement changed; most changes begin anew.
  private func readNews() throws(FollowEnd) {
    guard let fresh = runner.definition, fresh.revision == replication.revision else {
      try commitWhole()
      throw .restart
    }
    replication = fresh
    stream?.decoder.stopLSN = fresh.pauseAt.map { LSN($0) }
  }

  /// Pauses once everything before the wanted position is applied.
  private func pauseIfReached() throws(FollowEnd) {
    guard let target = replication.pauseAt.map({ LSN($0) }), !applier.isOpen,
      stream?.isAtStop == true || applier.position >= target
    else { return }
    applier.edit { replication in
      replication.state = .paused
      replication.pauseAt = nil
    }
    try commit()
    throw .restart
  }
}
