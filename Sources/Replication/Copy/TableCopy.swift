package import Columnar
internal import SystemIO

/// A range of a leaf's blocks.
package struct CopyChunk: Sendable, Hashable {
  package var leaf: SourceLeaf
  package var firstBlock: Int
  /// Nil: up to the end, wherever that is by now.
  package var endBlock: Int?
}

/// What of a table is copied, and how.
package struct CopyPlan: Sendable {
  package var relation: SourceRelation
  package var layout: RelationLayout
  /// In no order that matters; workers take them one by one.
  package var chunks: [CopyChunk]
  /// SELECT list of the source columns that the layout uses.
  let selection: String
  /// The layout's columns by field of the COPY.
  let columns: [RelationLayout.Column]
  let rowFilter: String?
  /// Of the fields.
  let names: [String]
  var width: Int { names.count }

  /// Plans a copy.
  ///
  /// - Parameters:
  ///   - table: From the catalog.
  ///   - relation: The table as the stream describes it, which the layout is for.
  ///   - layout: The batches' columns.
  ///   - types: Of the source.
  ///   - rowFilter: SQL of the publication's filter.
  ///   - serverVersion: Before PostgreSQL 14 a range of blocks is found by reading all of them: leaves are copied whole.
  ///   - chunkBytes: About the size of a chunk in the source's file; workers end within one chunk's time of each other.
  package init(
    _ table: SourceTable,
    relation: SourceRelation,
    layout: RelationLayout,
    types: TypeDirectory,
    rowFilter: String? = nil,
    serverVersion: Int = 140_000,
    chunkBytes: Int = 8 << 20
  ) {
    let chunkBytes = serverVersion >= 140_000 ? chunkBytes : .max
    self.relation = relation
    self.layout = layout
    self.rowFilter = rowFilter
    var list: [String] = []
    var names: [String] = []
    columns = layout.columns.map { column in
      guard let source = column.source else { return column }
      var copied = column
      copied.source = list.count
      names.append(relation.columns[source].name)
      let name = relation.columns[source].name.sqlIdentifier
      if types.readsBinary(relation.columns[source].typeID) {
        list.append(name)
      } else {
        // The type's output function, which a cast to text is not for every type.
        list.append("CASE WHEN num_nonnulls(\(name)) = 1 THEN concat(\(name)) END")
        copied.typeID = 25
      }
      return copied
    }
    selection = list.joined(separator: ", ")
    self.names = names
    chunks = table.leaves.flatMap { Self.chunks(of: $0, chunkBytes) }
  }

  private static let blockBytes = 8192

  private static func chunks(of leaf: SourceLeaf, _ chunkBytes: Int) -> [CopyChunk] {
    let blocks = leaf.byteCount / blockBytes
    let step = max(1, chunkBytes / blockBytes)
    var chunks = stride(from: 0, to: max(1, blocks), by: step).map {
      CopyChunk(leaf: leaf, firstBlock: $0, endBlock: $0 + step)
    }
    // The table has grown since its size was read, and may hold rows of the snapshot there.
    chunks[chunks.count - 1].endBlock = nil
    return chunks
  }

  /// The statement that copies a chunk.
  func statement(_ chunk: CopyChunk) -> String {
    var conditions: [String] = []
    if chunk.firstBlock > 0 { conditions.append("ctid >= '(\(chunk.firstBlock),0)'") }
    if let end = chunk.endBlock { conditions.append("ctid < '(\(end),0)'") }
    if let rowFilter { conditions.append("(\(rowFilter))") }
    let filter = conditions.isEmpty ? "" : " WHERE " + conditions.joined(separator: " AND ")
    return "COPY (SELECT \(selection) FROM ONLY "
      + "\(chunk.leaf.schema.sqlIdentifier).\(chunk.leaf.name.sqlIdentifier)\(filter)) "
      + "TO STDOUT (FORMAT binary)"
  }
}

/// Connections that all see the moment of one exported snapshot.
@safe
package final class SnapshotCopy: @unchecked Sendable {
  // SAFETY: a connection is used by one worker at a time; `state` is behind its lock.
  private let workers: [SourceConnection]
  private let state = Monitor(State())
  private static let slabBytes = 1 << 20
  private static let silenceFactor = 4

  private struct State {
    var next = 0
    var rows = 0
    var failure: ReplicationError?
    var isCancelled = false
  }

  /// Connects and imports the snapshot; its owner may let go of it afterwards.
  ///
  /// - Parameters:
  ///   - connection: libpq's connection string.
  ///   - snapshot: The name that `CREATE_REPLICATION_SLOT` gave.
  ///   - workerCount: Connections, at least 1.
  ///   - applicationName: Shown by the source.
  /// - Throws: The server's refusal; 22023 or 42704: the snapshot is gone.
  package init(
    _ connection: String,
    snapshot: String,
    workerCount: Int,
    applicationName: String = "almanac copy"
  ) throws(ReplicationError) {
    var workers: [SourceConnection] = []
    var seen: String?
    for _ in 0..<max(1, workerCount) {
      let worker = try SourceConnection(connection, applicationName: applicationName)
      try worker.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
      try worker.run("SET TRANSACTION SNAPSHOT \(snapshot.sqlLiteral)")
      // The proof that all of them see the same.
      let function =
        worker.serverVersion >= 130_000 ? "pg_current_snapshot" : "txid_current_snapshot"
      let current = try worker.query("SELECT pg_catalog.\(function)()").single
      guard seen == nil || current == seen else {
        throw .violation("two connections imported snapshot \(snapshot) and see different ones")
      }
      seen = current
      workers.append(worker)
    }
    self.workers = workers
  }

  /// Copies a table's rows, on as many threads as there are connections.
  ///
  /// - Parameters:
  ///   - plan: What to copy.
  ///   - deliver: Called on the workers' threads with the number of the worker and rows that are its own; false ends the
  ///     copy with ``ReplicationError/stopped``.
  /// - Returns: How many rows were copied.
  /// - Throws: The first failure; the connections are of no use afterwards.
  package func copy(
    _ plan: CopyPlan,
    _ deliver: @escaping @Sendable (Int, Batch) -> Bool
  ) throws(ReplicationError) -> Int {
    state.withLock { state in
      state.next = 0
      state.rows = 0
    }
    var threads: [Thread] = []
    // One chunk needs no second thread.
    for number in 0..<min(workers.count, plan.chunks.count) {
      do throws(IOError) {
        threads.append(
          try Thread.start(name: "source-copy") { self.work(number, plan, deliver) }
        )
      } catch { state.withLock { $0.failure = $0.failure ?? .system(error) } }
    }
    for thread in threads { thread.join() }
    return try state.withLock { (state) throws(ReplicationError) in
      if let failure = state.failure { throw failure }
      return state.rows
    }
  }

  /// Ends a running copy soon; any thread may call it.
  package func cancel() {
    state.withLock { $0.isCancelled = true }
    for worker in workers { worker.cancel() }
  }

  private func work(
    _ number: Int,
    _ plan: CopyPlan,
    _ deliver: @Sendable (Int, Batch) -> Bool
  ) {
    do throws(ReplicationError) {
      while let chunk = try nextChunk(plan) {
        let rows = try copy(chunk, plan, number, deliver)
        state.withLock { $0.rows += rows }
      }
    } catch {
      state.withLock { $0.failure = $0.failure ?? error }
    }
  }

  private func nextChunk(_ plan: CopyPlan) throws(ReplicationError) -> CopyChunk? {
    try state.withLock { (state) throws(ReplicationError) in
      if state.isCancelled { throw .stopped }
      guard state.failure == nil, state.next < plan.chunks.count else { return nil }
      defer { state.next += 1 }
      return plan.chunks[state.next]
    }
  }

  private func copy(
    _ chunk: CopyChunk,
    _ plan: CopyPlan,
    _ number: Int,
    _ deliver: @Sendable (Int, Batch) -> Bool
  ) throws(ReplicationError) -> Int {
    let rows = CopyRows(
      name: { plan.names[$0] },
      columns: plan.columns,
      width: plan.width,
      slabBytes: Self.slabBytes
    )
    let worker = workers[number]
    let reader = CopyReader(
      try worker.makeByteSource(),
      silenceSeconds: worker.silenceSeconds * Self.silenceFactor
    )
    let count = try unsafe reader.read(plan.statement(chunk)) {
      (payload) throws(ReplicationError) in
      guard let batch = try unsafe rows.feed(payload) else { return }
      let isWanted = self.state.withLock { !$0.isCancelled && $0.failure == nil }
      guard isWanted, deliver(number, batch) else { throw .stopped }
    }
    if let batch = try rows.finish(), !deliver(number, batch) { throw .stopped }
    guard count == rows.rowCount else {
      throw .violation("a COPY of \(count) rows brought \(rows.rowCount)")
    }
    return count
  }
}
