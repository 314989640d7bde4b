import Catalog
import Columnar
import Replication
import Storage
import SystemIO

/// A change of a table's files, as the watch saw it.
struct SeenFingerprint {
  var text: String
  /// Where the source's log ended then: once that is applied, a TRUNCATE that explains the change was met.
  var walEnd: LSN
}

extension SourceFollower {
  // MARK: Layouts

  /// How a relation's rows are to be decoded, which has just been described in the stream.
  func describe(_ relation: SourceRelation) -> RelationLayout? {
    var alteration: Applier.TableAlteration?
    defer { applier.expect(alteration, of: relation.id) }
    guard let table = replication.tables.first(where: { $0.sourceOID == relation.id }) else {
      return nil
    }
    if let copies, let mapping = copies.mappings[relation.id] {
      if let layout = mapping.layout(relation, types, startLSN: copies.start) { return layout }
      // Before the copy's moment the table may have looked otherwise: what is described like that is passed over.
      if let commit = stream?.decoder.commitLSN, commit < copies.start { return nil }
      stop = .table(table.source, .resyncing, reason: "its columns changed", problem: nil)
      return nil
    }
    guard table.state == .ready,
      let mapping = mappings[relation.id] ?? TableMapping(table, store.published.catalog)
    else { return nil }
    mappings[relation.id] = mapping
    if let layout = mapping.layout(relation, types) { return layout }
    do throws(MappingProblem) {
      return try evolve(mapping, relation, table, &alteration)
    } catch {
      stop = stop ?? .table(table.source, .resyncing, reason: error.text, problem: nil)
      return nil
    }
  }

  /// The layout of a relation whose columns changed; the table follows when the applier comes there.
  private func evolve(
    _ mapping: TableMapping,
    _ relation: SourceRelation,
    _ table: ReplicatedTable,
    _ alteration: inout Applier.TableAlteration?
  ) throws(MappingProblem) -> RelationLayout? {
    guard let source = try catalogTable(of: relation) else {
      throw MappingProblem(text: "it was dropped")
    }
    guard table.fingerprint.isEmpty || source.holdsRows(of: table.fingerprint) else {
      throw MappingProblem(text: "its rows were rewritten")
    }
    let evolved = try mapping.evolved(to: relation, source, types)
    guard let layout = evolved.layout(relation, types) else {
      throw MappingProblem(text: "its columns changed")
    }
    alteration = Applier.TableAlteration(
      definition: evolved.definition,
      columns: evolved.columns,
      fingerprint: source.fingerprint
    )
    mappings[relation.id] = evolved
    return layout
  }

  /// What the catalog says of a relation.
  ///
  /// A transaction is streamed as soon as its commit is in the log, and visible to others a little later: a catalog that does
  /// not have the described columns yet is asked again.
  private func catalogTable(
    of relation: SourceRelation
  ) throws(MappingProblem) -> SourceTable? {
    do throws(ReplicationError) {
      for _ in 0..<200 {
        guard let source = try session.table(relation.id) else { return nil }
        types.types.merge(try session.types(of: source).types) { $1 }
        if source.holds(relation.columns) || runner.isStopping { return source }
        SystemIO.sleep(nanoseconds: 10_000_000)
      }
      return try session.table(relation.id)
    } catch {
      // Nothing is wrong with the table: the change comes again.
      stop = stop ?? .source(error)
      throw MappingProblem(text: "its columns changed, and the source did not tell how: \(error)")
    }
  }

  // MARK: Copies

  /// Starts copies that are due, and takes over what has been copied.
  func advanceCopies() throws(FollowEnd) {
    guard let copies else { return try startCopies() }
    let state = copies.look()
    if case .failed(let text) = state.phase {
      try commitWhole()
      throw .passing("copying tables: \(text)", hasProgress: false)
    }
    for (source, reason) in state.refused {
      applier.edit(source) { table in
        table.state = .stopped
        table.reason = reason
      }
    }
    if !applier.isOpen, !state.refused.isEmpty { try commit() }
    guard case .copying(let start) = state.phase else { return }
    if !copies.hasBegun { try begin(copies, start, state.mappings) }
    if !applier.isOpen, applier.position >= start {
      for (id, copy) in copies.takeFinished() { try exchange(copy, id, start) }
    }
    guard copies.isOver else { return }
    copies.cancel(applier)
    self.copies = nil
    runner.update { status in
      for source in status.tables.keys { status.count(source) { $0.isCopying = false } }
      status.phase = .streaming
    }
  }

  private func startCopies() throws(FollowEnd) {
    guard !applier.isOpen else { return }
    let due = replication.tables.filter {
      ($0.state == .waiting || $0.state == .resyncing) && $0.table != nil
    }
    guard !due.isEmpty else { return }
    try commitWhole()
    do throws(IOError) {
      let runner = runner
      copies = RunningCopies(
        try TableCopier(store, replication, due) { table, count in
          runner.update { status in status.count(table) { $0.copiedRows += count } }
        }
      )
    } catch {
      throw .passing("\(error)", hasProgress: false)
    }
    runner.update { status in
      status.phase = .preparing
      for table in due { status.count(table.source) { $0.isCopying = true } }
    }
  }

  /// The copies' position is known: changes behind it are collected from now on.
  private func begin(
    _ copies: RunningCopies,
    _ start: LSN,
    _ mappings: [UInt32: TableMapping]
  ) throws(FollowEnd) {
    copies.begin(at: start, mappings)
    for (id, mapping) in mappings {
      applier.beginCopy(of: id, key: mapping.definition.keyPlaces)
    }
    // A description of before the copy that does not fit will be followed by another one.
    for relation in stream?.decoder.knownRelations ?? [] {
      guard let mapping = mappings[relation.id] else { continue }
      stream?.decoder.setLayout(
        of: relation.id,
        to: mapping.layout(relation, types, startLSN: start)
      )
    }
    runner.update { $0.phase = .streaming }
  }

  private func exchange(_ copy: FinishedCopy, _ id: UInt32, _ start: LSN) throws(FollowEnd) {
    try applied { () throws(ApplierStop) in
      try applier.exchange(copy, id, copiedAt: start, runner.update)
    }
    noteCommit()
    copies?.forget(id)
    mappings[id] = nil
    runner.update { status in status.count(copy.source) { $0.isCopying = false } }
  }

  // MARK: The watch

  /// Compares the source's catalog with what is known of the tables.
  func look(at facts: SourceWatch.Facts) throws(FollowEnd) {
    runner.update { $0.sourceEnd = max($0.sourceEnd, facts.walEnd) }
    for table in replication.tables where table.state == .ready {
      guard let source = facts.tables[table.sourceOID] else {
        // Dropped, or renamed away: the preparation finds out.
        try commitWhole()
        throw .restart
      }
      let id = table.sourceOID
      let seen = source.fingerprint
      guard seen != table.fingerprint else {
        fingerprints[id] = nil
        continue
      }
      if source.holdsRows(of: table.fingerprint) {
        // Empty partitions came.
        fingerprints[id] = nil
        applier.edit(table.source) { $0.fingerprint = seen }
        if !applier.isOpen { try commit() }
        continue
      }
      guard let known = fingerprints[id], known.text == seen else {
        fingerprints[id] = SeenFingerprint(text: seen, walEnd: facts.walEnd)
        continue
      }
      guard applier.durable >= known.walEnd, !applier.isOpen else { continue }
      fingerprints[id] = nil
      guard table.fingerprint.isEmpty else {
        throw handle(
          .table(table.source, .resyncing, reason: "its rows were rewritten", problem: nil)
        )
      }
      // A TRUNCATE explains it.
      applier.edit(table.source) { $0.fingerprint = seen }
      try commit()
    }
  }
}

/// The copies that run beside the stream.
final class RunningCopies {
  private let copier: TableCopier
  private(set) var start = LSN.zero
  private(set) var hasBegun = false
  private(set) var mappings: [UInt32: TableMapping] = [:]

  init(_ copier: TableCopier) { self.copier = copier }

  struct View {
    var phase: TableCopier.Phase
    var mappings: [UInt32: TableMapping]
    var refused: [RelationName: String]
  }

  /// What the copier says; refusals are told once.
  func look() -> View {
    copier.state.withLock { state in
      defer { state.refused = [:] }
      return View(phase: state.phase, mappings: state.mappings, refused: state.refused)
    }
  }

  /// Whether the copies' position is not known yet.
  var isPreparing: Bool {
    guard !hasBegun else { return false }
    return copier.state.withLock { if case .failed = $0.phase { false } else { true } }
  }

  func begin(at position: LSN, _ mappings: [UInt32: TableMapping]) {
    start = position
    hasBegun = true
    self.mappings = mappings
  }

  func takeFinished() -> [UInt32: FinishedCopy] {
    copier.state.withLock { state in
      defer { state.finished = [:] }
      return state.finished
    }
  }

  func forget(_ id: UInt32) { mappings[id] = nil }

  var isOver: Bool { copier.isOver }

  /// Gives up what has not been taken over.
  func cancel(_ applier: Applier) {
    copier.cancel()
    for id in mappings.keys { applier.endCopy(of: id) }
    mappings = [:]
  }
}

extension SourceTable {
  /// Whether all columns are there as they are described.
  fileprivate func holds(_ described: [SourceColumn]) -> Bool {
    described.allSatisfy { column in
      columns.contains {
        $0.name == column.name && $0.typeID == column.typeID && $0.modifier == column.modifier
      }
    }
  }
}
