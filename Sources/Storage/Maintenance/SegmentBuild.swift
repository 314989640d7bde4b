package import Catalog
internal import ColumnEncoding
package import Columnar
internal import Synchronization
internal import SystemIO

/// A segment file that was written and is durable, to be published with its rows.
package struct BuiltSegment: Sendable {
  package let number: UInt32
  package let partition: PartitionKey
  package let summary: SegmentSummary
  /// The file as a segment, opened while others were still written.
  fileprivate let opened: OpenedSegment

  init(number: UInt32, partition: PartitionKey, summary: SegmentSummary) {
    self.number = number
    self.partition = partition
    self.summary = summary
    opened = OpenedSegment()
  }

  fileprivate var reference: SegmentReference {
    SegmentReference(number: number, summary: summary)
  }
}

/// A built segment that somebody opened early.
private final class OpenedSegment: Sendable {
  private let handle = Mutex<SegmentHandle?>(nil)

  func set(_ new: SegmentHandle) { handle.withLock { $0 = new } }

  func take() -> SegmentHandle? {
    handle.withLock { handle in
      defer { handle = nil }
      return handle
    }
  }
}

/// A segment file being written.
package final class SegmentBuild {
  private let store: Store
  private let definition: TableDefinition
  let number: UInt32
  private let partition: PartitionKey
  private let writer: SegmentWriter
  private let path: String

  init(
    _ store: Store,
    _ definition: TableDefinition,
    _ partition: PartitionKey,
    isCold: Bool
  )
    throws(StorageError)
  {
    self.store = store
    self.definition = definition
    self.partition = partition
    number = store.nextSegmentNumber()
    path = "\(store.directory)/\(FileNames.segment(number))"
    var options = SegmentOptions()
    options.blockRowCount = store.options.blockRowCount
    if isCold { options.compression = definition.coldCompression }
    writer = try SegmentWriter(
      fileSystem: store.fileSystem,
      path: path,
      definition: definition,
      partition: partition,
      options: options,
      symbols: { store.symbols(of: definition.id, $0) }
    )
  }

  /// Rows so far.
  package var rowCount: Int { writer.rowCount }

  /// Appends rows that follow those before in the order of the table's sort key.
  package func append(_ rows: Batch) throws(StorageError) { try writer.append(rows) }

  /// Writes all rows, one column after the other: ``SegmentWriter/append(rowCount:gather:)``.
  package func append(
    rowCount: Int,
    gather: (_ column: Int, _ rows: Range<Int>) -> Vector
  ) throws(StorageError) { try writer.append(rowCount: rowCount, gather: gather) }

  /// The keys of all rows: ``SegmentWriter/keyWords``.
  package var keyWords: [UInt64] { writer.keyWords }

  /// Ends the file without waiting for the disk: ``sync(_:)`` and then ``Store/syncSegmentNames()`` make it durable.
  package func finishWriting() throws(StorageError) -> BuiltSegment {
    let summary = try writer.finish(isDurable: false)
    return BuiltSegment(number: number, partition: partition, summary: summary)
  }

  /// Makes a file durable that ``finishWriting()`` ended, and opens it; on any thread.
  ///
  /// - Parameter built: What ``finishWriting()`` answered.
  /// - Throws: ``StorageError``; the file is then to be discarded.
  package func sync(_ built: BuiltSegment) throws(StorageError) {
    try writer.sync()
    built.opened.set(try store.openSegment(built.reference, of: definition))
  }

  /// Ends the file; it and its name are durable then.
  package func finish() throws(StorageError) -> BuiltSegment {
    let summary = try writer.finish()
    try store.syncSegmentNames()
    return BuiltSegment(number: number, partition: partition, summary: summary)
  }

  /// Gives up and removes the file.
  package func abandon() { writer.abandon() }
}

extension Store {
  /// The symbol table that a column's segments share from now on: at first that of its newest segment.
  func symbols(of table: TableID, _ column: ColumnID) -> SharedSymbols {
    symbols.withLock { known in
      if let shared = known[table, default: [:]][column] { return shared }
      let shared = SharedSymbols(newest: newestSymbols(of: table, column))
      known[table, default: [:]][column] = shared
      return shared
    }
  }

  private func newestSymbols(of table: TableID, _ column: ColumnID) -> SymbolTable? {
    let partitions = published.state.tables[table]?.partitions.values.flatMap(\.segments) ?? []
    for segment in partitions.sorted(by: { $0.reference.number > $1.reference.number }) {
      do throws(StorageError) {
        if let found = try segment.handle?.file.symbolTable(column) { return found }
      } catch {
        // A damaged page: readers of that segment and `check` tell; what is written next does without.
        return nil
      }
    }
    return nil
  }

  /// Begins a segment file that a transaction will publish.
  ///
  /// - Parameters:
  ///   - definition: The table, as in the transaction that will publish the file.
  ///   - partition: The partition of all its rows.
  /// - Returns: The writer; rows come in sort order.
  /// - Throws: ``StorageError/io(_:)``.
  package func beginSegment(
    of definition: TableDefinition,
    partition: PartitionKey
  ) throws(StorageError) -> SegmentBuild {
    try SegmentBuild(self, definition, partition, isCold: false)
  }

  /// Makes the names of all segments written so far durable.
  package func syncSegmentNames() throws(StorageError) {
    try world { () throws(IOError) in try fileSystem.syncDirectory(directory) }
  }

  /// Removes the file of a built segment that will not be published.
  package func discard(_ segment: BuiltSegment) {
    let path = "\(directory)/\(FileNames.segment(segment.number))"
    do throws(IOError) { try fileSystem.remove(path) } catch { /* Removed at the next start. */  }
  }

  /// A built segment as part of a commit; the file goes when the commit fails.
  func open(
    _ built: BuiltSegment,
    of definition: TableDefinition
  ) throws(StorageError) -> NewSegment {
    let handle = try openHandle(built, of: definition)
    return NewSegment(reference: handle.reference, handle: handle)
  }

  /// Opens a built segment, unless ``SegmentBuild/sync(_:)`` did.
  func openHandle(
    _ built: BuiltSegment,
    of definition: TableDefinition
  ) throws(StorageError) -> SegmentHandle {
    if let opened = built.opened.take() { return opened }
    return try openSegment(built.reference, of: definition)
  }
}
