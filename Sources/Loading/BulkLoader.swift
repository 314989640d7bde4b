package import Catalog
package import Columnar
internal import Synchronization
package import Storage
internal import SystemIO

/// How files are loaded.
package struct LoadOptions: Sendable {
  package var layout = CopyLayout(.csv)
  /// The columns of the fields, in the file's order; nil: those that the header line names, or without
  /// one all columns of the table.
  package var columns: [String]?
  /// Values of columns that the file does not have.
  package var defaults: [ColumnID: Datum] = [:]
  /// Columns that the file must have: their defaults differ from row to row.
  package var needed: Set<ColumnID> = []
  package var context = DateTimeContext()
  /// Threads that parse and write.
  package var threadCount = 2
  /// Bytes of rows that wait to be sorted and written.
  package var memoryBytes = 512 << 20
  /// Rows of a segment at which it is written in any case.
  package var segmentRows = 1 << 20
  /// Rows of a partition at which it is written as soon as the file has moved on to others.
  package var settledRows = 1 << 16
  /// Whether bad rows are left out instead of ending the load.
  package var skipsBadRows = false
  package var conflictRule = ConflictRule.error
  /// Whether a file may be loaded that was loaded before.
  package var mayRepeat = false
  /// Whether gzip, zstd and LZ4 are looked for.
  package var unpacks = true
  /// Bytes of text that a worker takes at a time.
  package var chunkBytes = 512 << 10

  package init() {}
}

/// How far a load is.
package struct LoadProgress: Sendable {
  /// Bytes read of the file as it is stored.
  package var byteCount: Int64 = 0
  package var rowCount = 0
  package var rejectedCount = 0

  package init() {}
}

/// What a load did.
package struct LoadReport: Sendable {
  package var byteCount: Int64 = 0
  /// Rows in the table that come from the file.
  package var rowCount = 0
  package var rejectedCount = 0
  /// Rows of the table that were replaced.
  package var replacedCount = 0
  /// Rows of the file left out because their key was there already.
  package var skippedCount = 0
  package var segmentCount = 0
}

/// Loads files into one table: parses in parallel, writes segments directly, publishes all of a file in
/// one transaction or nothing.
package final class BulkLoader: Sendable {
  private let store: Store
  private let table: TableID
  private let options: LoadOptions

  package init(_ store: Store, table: TableID, options: LoadOptions) {
    self.store = store
    self.table = table
    self.options = options
  }

  /// Loads one file in a transaction of its own.
  ///
  /// - Parameters:
  ///   - source: Its bytes, plain or packed by gzip, zstd or LZ4.
  ///   - name: For the memory of what was loaded.
  ///   - rejects: Called with each row left out, in the order of the file.
  ///   - progress: Called now and then, on any worker; false ends the load.
  /// - Returns: What was loaded; it is durable.
  /// - Throws: ``LoadError``; nothing is loaded then.
  package func load(
    _ source: any ByteSource,
    name: String,
    rejects: @escaping @Sendable (RejectedRow) -> Void = { _ in },
    progress: @escaping @Sendable (LoadProgress) -> Bool = { _ in true }
  ) throws(LoadError) -> LoadReport {
    let transaction = store.begin()
    defer { transaction.rollback() }
    let report = try load(
      source,
      name: name,
      into: transaction,
      rejects: rejects,
      progress: progress
    )
    try stored { () throws(StorageError) in try transaction.commit(mode: .durable) }
    return report
  }

  /// Loads one file in a transaction of somebody else, who commits.
  ///
  /// - Parameters:
  ///   - source: As above.
  ///   - name: For the memory of what was loaded; nil: it is not remembered, and may be loaded again.
  ///   - transaction: Nobody uses it meanwhile.
  ///   - rejects: As above.
  ///   - progress: As above.
  /// - Returns: What the transaction will have loaded.
  /// - Throws: ``LoadError``; the transaction is then to be rolled back, to a savepoint at least.
  package func load(
    _ source: any ByteSource,
    name: String?,
    into transaction: Transaction,
    rejects: @escaping @Sendable (RejectedRow) -> Void,
    progress: @escaping @Sendable (LoadProgress) -> Bool
  ) throws(LoadError) -> LoadReport {
    guard let definition = transaction.catalog.tables[table] else {
      throw .storage(.unknownTable(table))
    }
    let target = try LoadTarget(store, definition, transaction, rule: options.conflictRule)
    let hashing = HashingSource(source)
    let run = LoadRun(
      target,
      options,
      options.unpacks ? try unpacking(hashing) : hashing,
      counting: hashing,
      rejects: rejects,
      progress: progress
    )
    let segments = try runOnce(run, hashing, name, transaction)
    do throws(LoadError) {
      try hashing.drain()
      try refuseRepeated(hashing, name, transaction)
    } catch {
      for segment in segments { store.discard(segment.built) }
      throw error
    }
    var report = LoadReport(byteCount: hashing.byteCount)
    report.rejectedCount = run.progress.rejectedCount
    report.segmentCount = segments.count
    report.rowCount = segments.reduce(0) { $0 + $1.built.summary.rowCount }
    report.skippedCount = segments.reduce(0) { $0 + $1.droppedCount }
    try stored { () throws(StorageError) in
      try transaction.publish(segments.map(\.built), of: table)
    }
    try resolveKeys(segments, target, transaction, &report)
    if let name {
      let hash = hashing.contentHash
      try stored { () throws(StorageError) in
        try transaction.change(.recordLoadedFile(table, contentHash: hash, name: name))
      }
    }
    return report
  }

  /// A file that was loaded before often fails by its keys first: its name tells more.
  private func runOnce(
    _ run: LoadRun,
    _ hashing: HashingSource,
    _ name: String?,
    _ transaction: Transaction
  ) throws(LoadError) -> [LoadedSegment] {
    do throws(LoadError) {
      return try run.run()
    } catch {
      if case .duplicateKey = error {
        try hashing.drain()
        try refuseRepeated(hashing, name, transaction)
      }
      throw error
    }
  }

  private func refuseRepeated(
    _ hashing: HashingSource,
    _ name: String?,
    _ transaction: Transaction
  ) throws(LoadError) {
    guard !options.mayRepeat, name != nil,
      let earlier = transaction.loadedFile(table, contentHash: hashing.contentHash)
    else { return }
    throw .loadedBefore(earlierName: earlier)
  }

  /// Deletes the losers among rows of one key.
  private func resolveKeys(
    _ segments: [LoadedSegment],
    _ target: LoadTarget,
    _ transaction: Transaction,
    _ report: inout LoadReport
  ) throws(LoadError) {
    guard !target.keyPlaces.isEmpty, !segments.isEmpty else { return }
    let table = try stored { () throws(StorageError) in
      try transaction.table(self.table, scope: .unrestricted)
    }
    guard let table else { return }
    let resolver = DuplicateResolver(target, segments, in: table)
    var losers = Set(try resolver.losers())
    var replaced: Set<UInt64> = []
    for (index, segment) in segments.enumerated() {
      for (row, locator) in segment.known {
        if target.rule == .update {
          replaced.insert(locator)
        } else {
          losers.insert(resolver.locator(index, row))
        }
      }
    }
    guard !losers.isEmpty || !replaced.isEmpty else { return }
    report.rowCount -= losers.count
    report.skippedCount += losers.count
    report.replacedCount = replaced.count
    let gone = losers.union(replaced)
    _ = try stored { () throws(StorageError) in
      try transaction.delete(self.table, locators: gone.sorted())
    }
  }
}

extension HashingSource {
  /// Reads what nobody asked for, so that the hash is that of the whole file.
  func drain() throws(LoadError) {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 64)
    defer { unsafe buffer.deallocate() }
    while try unsafe read(into: buffer) > 0 {}
  }
}
