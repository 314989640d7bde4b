import Catalog
import Columnar
import Replication
import Storage
import SystemIO

/// A change of a table's files, as the watch saw it.
struct SeenFingerprint {
  var text: String
  var table: SourceTable
  /// See ``SourceWatch/Facts``: once that is applied, a TRUNCATE that explains the change was met.
  var walEnd: LSN
  var insertEnd: LSN
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
    if isBinary, table.state != .stopped,
      !relation.columns.allSatisfy({ types.readsBinary($0.typeID) })
    {
      stop = .textNeeded
      return nil
    }
    if let copies, copies.holds(relation.id) {
      // Its rows go to its spool. Before the copy's moment the table may have looked otherwise.
      if let mapping = copies.mappings[relation.id], mapping.layout(relation, types) == nil,
        let commit = stream?.decoder.commitLSN, commit >= copies.start
      {
        stop = .table(table.source, .resyncing, reason: "its columns changed", problem: nil)
      }
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
    let known = SourceFingerprint(applier.table(relation.id)?.fingerprint ?? table.fingerprint)
    guard known.keepsRows(source) else {
      throw MappingProblem(
        text: known.isTruncated
          ? "its columns changed behind a TRUNCATE" : "its rows were rewritten"
      )
    }
    let evolved = try mapping.evolved(to: relation, source, types)
    guard let layout = evolved.layout(relation, types) else {
      throw MappingProblem(text: "its columns changed")
    }
    alteration = Applier.TableAlteration(
      definition: evolved.definition,
      columns: evolved.columns,
      fingerprint: SourceFingerprint(source)
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
        guard let source = try session.table(relation.id, sizes: false) else { return nil }
        types.types.merge(try session.types(of: source).types) { $1 }
        if source.holds(relation.columns) || runner.isStopping { return source }
        SystemIO.sleep(nanoseconds: 10_000_000)
      }
      return try session.table(relation.id, sizes: false)
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
    if case .failed(let error) = state.phase {
      try commitWhole()
      let text = "copying tables: \(error)"
      if case .system(let error) = error { throw FollowEnd(error, text) }
      throw .passing(text, hasProgress: false)
    }
    noteSpools(copies)
    for (source, reason) in state.refused {
      if let id = copies.forget(source) { _ = stream?.spools.end(id) }
      applier.edit(source) { table in
        table.state = .stopped
        table.reason = reason
      }
    }
    for (source, narrow) in state.narrow {
      // It is due again once the others are done.
      if let id = copies.forget(source) { _ = stream?.spools.end(id) }
      applier.edit(source) { $0.widen(narrow.column, because: narrow.reason) }
    }
    if !applier.isOpen, !state.refused.isEmpty || !state.narrow.isEmpty { try commit() }
    guard case .copying(let start) = state.phase else { return }
    if !copies.hasBegun {
      copies.begin(at: start, state.mappings)
      runner.update { $0.phase = .streaming }
    }
    if !applier.isOpen, applier.position >= start {
      for (id, copy) in copies.takeFinished() { try exchange(copy, id, start) }
    }
    guard copies.isOver else { return }
    copies.cancel()
    self.copies = nil
    runner.update { status in
      for source in status.tables.keys { status.count(source) { $0.endCopy() } }
      status.phase = .streaming
    }
  }

  private func startCopies() throws(FollowEnd) {
    guard !applier.isOpen, !dueTables.isEmpty else { return }
    try commitWhole()
    let due = dueTables
    do throws(IOError) {
      let (runner, stream) = (runner, stream)
      let copier = try TableCopier(
        store,
        replication,
        due,
        call: { stream?.call() },
        tell: { runner.tell($0) },
        report: { table, count in
          runner.update { status in status.count(table) { $0.copiedRows += count } }
        }
      )
      copies = RunningCopies(copier, due)
    } catch {
      throw .passing("\(error)", hasProgress: false)
    }
    // The copies' position is not known yet, but it is not before this one.
    let known = stream?.decoder.knownRelations ?? []
    for table in due {
      let relation = known.first { $0.id == table.sourceOID }
      stream?.spools.begin(
        table.sourceOID,
        ChangeSpool(relation, store.fileSystem, in: store.directory + "/temporary")
      )
    }
    runner.update { status in
      status.phase = .preparing
      for table in due { status.count(table.source) { $0.isCopying = true } }
    }
  }

  private var dueTables: [ReplicatedTable] {
    replication.tables.filter {
      ($0.state == .waiting || $0.state == .resyncing) && $0.table != nil
    }
  }

  /// Shows what the spools take.
  private func noteSpools(_ copies: RunningCopies) {
    guard let spools = stream?.spools, copies.spooledBytes != spools.fileBytes else { return }
    copies.spooledBytes = spools.fileBytes
    runner.update { status in
      for (id, source) in copies.tables {
        status.count(source) { $0.spooledBytes = spools.fileBytes(of: id) }
      }
    }
  }

  private func exchange(_ copy: FinishedCopy, _ id: UInt32, _ start: LSN) throws(FollowEnd) {
    guard let stream, let spool = stream.spools.end(id), let mapping = copies?.mappings[id] else {
      return
    }
    let changes = SpooledChanges(spool: spool, mapping: mapping, types: types, start: start)
    try applied { () throws(ApplierStop) in
      try applier.exchange(copy, id, changes, runner.update)
    }
    noteCommit()
    _ = copies?.forget(copy.source)
    mappings[id] = nil
    runner.update { status in status.count(copy.source) { $0.endCopy() } }
    // From here on its changes are taken as they come.
    guard let relation = stream.decoder.knownRelations.first(where: { $0.id == id }),
      let table = replication.tables.first(where: { $0.sourceOID == id }), table.state == .ready,
      let fresh = TableMapping(table, store.published.catalog)
    else { return }
    mappings[id] = fresh
    stream.decoder.setLayout(of: id, to: fresh.layout(relation, types))
  }

  // MARK: The watch

  /// Compares the source's catalog with what is known of the tables.
  func look(at facts: SourceWatch.Facts) throws(FollowEnd) {
    let isSynchronous = SourceWatch.isSynchronous(
      "almanac \(replication.name)",
      in: facts.synchronousStandbys
    )
    runner.update { status in
      status.sourceEnd = max(status.sourceEnd, facts.walEnd)
      status.warning = isSynchronous ? Self.synchronousWarning : nil
    }
    for table in replication.tables where table.state == .ready {
      guard let source = facts.tables[table.sourceOID] else {
        // Dropped, or renamed away: the preparation finds out.
        try commitWhole()
        throw .restart
      }
      try look(at: source, facts, table)
    }
  }

  private static let synchronousWarning =
    "the source's synchronous_standby_names takes this replication for a standby: its commits wait until they are durable here"

  /// Judges a table whose catalog differs from what is known, once it has been seen twice so and the stream has come to where
  /// it was seen first: everything that changed it so has been taken then.
  private func look(
    at source: SourceTable,
    _ facts: SourceWatch.Facts,
    _ table: ReplicatedTable
  ) throws(FollowEnd) {
    let id = table.sourceOID
    let known = SourceFingerprint(applier.table(id)?.fingerprint ?? table.fingerprint)
    let text = SourceFingerprint(source).text
    guard text != known.text else {
      fingerprints[id] = nil
      return
    }
    let seen = SeenFingerprint(
      text: text,
      table: source,
      walEnd: facts.walEnd,
      insertEnd: facts.insertEnd
    )
    guard let first = fingerprints[id], first.text == text else {
      fingerprints[id] = seen
      return
    }
    guard applier.durable >= first.walEnd, !applier.isOpen else { return }
    let isComplete = applier.durable >= first.insertEnd
    let position = isComplete ? first.insertEnd : first.walEnd
    switch known.judge(first.table, at: position, isListed: replication.ownsPublication) {
    case .isTooOld: fingerprints[id] = seen
    case .isRewritten:
      fingerprints[id] = nil
      throw handle(
        .table(table.source, .resyncing, reason: "its rows were rewritten", problem: nil)
      )
    case .holds:
      guard isComplete || !source.isPartitioned else { return }
      fingerprints[id] = nil
      var fresh = SourceFingerprint(first.table)
      // What came later is not judged by this.
      fresh.takePartitions(of: known, since: position)
      let later = fresh.text
      applier.edit(table.source) { $0.fingerprint = later }
      try commit()
    }
  }
}

/// The copies that run beside the stream.
final class RunningCopies {
  private let copier: TableCopier
  private(set) var start = LSN.zero
  private(set) var hasBegun = false
  /// The tables that are not taken over yet.
  private(set) var tables: [UInt32: RelationName]
  private(set) var mappings: [UInt32: TableMapping] = [:]
  /// What was told of the spools last.
  var spooledBytes = 0

  init(_ copier: TableCopier, _ due: [ReplicatedTable]) {
    self.copier = copier
    tables = Dictionary(due.map { ($0.sourceOID, $0.source) }) { $1 }
  }

  /// Whether a relation's changes wait for its copy.
  func holds(_ id: UInt32) -> Bool { tables[id] != nil }

  struct View {
    var phase: TableCopier.Phase
    var mappings: [UInt32: TableMapping]
    var refused: [RelationName: String]
    var narrow: [RelationName: TableCopier.NarrowColumn]
  }

  /// What the copier says; refusals are told once.
  func look() -> View {
    copier.state.withLock { state in
      defer {
        state.refused = [:]
        state.narrow = [:]
      }
      return View(
        phase: state.phase,
        mappings: state.mappings,
        refused: state.refused,
        narrow: state.narrow
      )
    }
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

  /// A table was taken over or given up.
  func forget(_ source: RelationName) -> UInt32? {
    guard let id = tables.first(where: { $0.value == source })?.key else { return nil }
    tables[id] = nil
    mappings[id] = nil
    return id
  }

  var isOver: Bool { copier.isOver }

  /// Gives up what has not been taken over.
  func cancel() { copier.cancel() }
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
