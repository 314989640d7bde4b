import Catalog
import Columnar
import Execution
import Loading
import Planning
import ReportSyntax
import Storage
import Synchronization
import SystemIO

extension Session {
  func startCopyIn(
    _ copy: Copy,
    _ options: CopyOptions,
    _ request: StatementRequest
  ) throws(EngineError) -> StatementRun {
    guard case .table(let name, let columns) = copy.source else {
      throw EngineError("42601", "COPY query FROM is not allowed")
    }
    guard copy.filter == nil else { throw .unsupported("COPY FROM … WHERE") }
    let open = block.open
    guard open?.isReadOnly != true else {
      throw EngineError("25006", "cannot execute COPY FROM in a read-only transaction")
    }
    let transaction = open?.transaction ?? database.store.begin()
    let table = try existingTable(name, in: transaction.catalog)
    try transaction.refuseReplicated(table.id)
    let target = try CopyTarget(self, table, columns.map(\.text), request)
    let layout = try options.layout()
    let body = CopyIn(
      self,
      target,
      transaction,
      isOwn: open == nil,
      options: options,
      layout: layout,
      activity: request.activity
    )
    return StatementRun(
      .copyIn(format: options.format, columnCount: target.columns.count),
      body
    )
  }
}

/// COPY … FROM STDIN.
///
/// The first bytes are kept as they come. When no more than those come, they become rows of the
/// transaction; of more, the bulk loader makes segments, so that memory stays bounded. On its own the
/// statement commits at the end.
final class CopyIn: StatementBody {
  /// Bytes up to which rows go into the delta.
  private static let rowBytesMax = 8 << 20
  /// Bytes of rows that the loader keeps.
  private static let loadMemoryBytes = 256 << 20

  private let session: Session
  private let target: CopyTarget
  private let transaction: Transaction
  private let savepoint: Savepoint
  /// Whether the transaction is the statement's own.
  private let isOwn: Bool
  private let options: CopyOptions
  private let layout: CopyLayout
  private let activity: ActivityEntry
  private let rejects = RejectNotices()
  private var collected: [[UInt8]] = []
  private var collectedCount = 0
  private var load: StreamLoad?
  private var reader: CopyRows?
  private var rowCount = 0
  private var isOver = false

  init(
    _ session: Session,
    _ target: CopyTarget,
    _ transaction: Transaction,
    isOwn: Bool,
    options: CopyOptions,
    layout: CopyLayout,
    activity: ActivityEntry
  ) {
    self.session = session
    self.target = target
    self.transaction = transaction
    self.isOwn = isOwn
    self.options = options
    self.layout = layout
    self.activity = activity
    savepoint = transaction.savepoint()
  }

  func copyData(_ bytes: [UInt8]) throws(EngineError) {
    try undoing { () throws(EngineError) in
      try target.checkCancellation()
      if let load {
        try feed(load, bytes)
      } else if let reader {
        try take(reader, bytes)
      } else {
        collected.append(bytes)
        collectedCount += bytes.count
        if collectedCount > Self.rowBytesMax || options.needsLoader { try begin() }
      }
    }
    for notice in rejects.take() { session.note(notice) }
  }

  func finish() throws(EngineError) -> String {
    try undoing { () throws(EngineError) in
      if load == nil && reader == nil { try begin(isWhole: true) }
      if let load {
        try finish(load)
      } else if let reader {
        reader.finish()
        try takeRows(reader)
      }
    }
    isOver = true
    activity.end(rows: rowCount)
    if isOwn {
      try stored { () throws(StorageError) in
        try transaction.commit(mode: session.commitMode)
      }
    }
    return "COPY \(rowCount)"
  }

  /// Decides how the rows go in, and hands over what was collected.
  private func begin(isWhole: Bool = false) throws(EngineError) {
    let pieces = collected
    collected = []
    let isLarge = collectedCount > Self.rowBytesMax || options.needsLoader
    if isLarge && options.format != .binary, let defaults = try target.defaults() {
      let load = try startLoad(defaults)
      self.load = load
      for piece in pieces { try feed(load, piece) }
      return
    }
    guard !options.needsLoader else {
      throw .unsupported("a load into a table whose defaults differ from row to row")
    }
    let reader = CopyRows(target, layout)
    self.reader = reader
    for piece in pieces { try take(reader, piece) }
  }

  // MARK: Rows

  private func take(_ reader: CopyRows, _ bytes: [UInt8]) throws(EngineError) {
    reader.feed(bytes)
    try takeRows(reader)
  }

  private func takeRows(_ reader: CopyRows) throws(EngineError) {
    while let rows = try reader.next() {
      try target.checkCancellation()
      try stored { () throws(StorageError) in try transaction.insert(target.table.id, rows) }
      rowCount += rows.rowCount
    }
  }

  // MARK: The loader

  private func startLoad(_ defaults: [ColumnID: Datum]) throws(EngineError) -> StreamLoad {
    var load = LoadOptions()
    load.layout = layout
    // A file's header line names its columns; else they are COPY's.
    let isNamed =
      options.fileName != nil && options.hasHeader && !options.matchesHeader && !target.isExplicit
    load.columns = isNamed ? nil : target.columns.map(\.name)
    load.defaults = defaults
    if isNamed { (load.defaults, load.needed) = try session.loadDefaults(of: target.table) }
    load.context = target.context.dateTime
    load.threadCount = processorCount
    load.memoryBytes = Self.loadMemoryBytes
    load.skipsBadRows = options.skipsBadRows
    load.conflictRule = options.conflictRule
    load.mayRepeat = options.mayRepeat
    load.unpacks = options.fileName != nil
    let loader = BulkLoader(session.database.store, table: target.table.id, options: load)
    let (rejects, table, cancellation) = (rejects, target.table.name, activity.cancellation)
    do throws(LoadError) {
      return try StreamLoad(
        loader,
        name: options.fileName,
        into: transaction,
        rejects: { row in rejects.add(row, of: table) },
        progress: { _ in cancellation.reason == .none }
      )
    } catch {
      throw EngineError(error, table: table)
    }
  }

  private func feed(_ load: StreamLoad, _ bytes: [UInt8]) throws(EngineError) {
    do throws(LoadError) { try load.feed(bytes) } catch { throw try failure(error) }
  }

  private func finish(_ load: StreamLoad) throws(EngineError) {
    do throws(LoadError) {
      let report = try load.finish()
      rowCount = report.rowCount
      for notice in rejects.take() { session.note(notice) }
      if options.needsLoader { session.note(Notice(severity: "INFO", message: report.summary)) }
    } catch {
      throw try failure(error)
    }
  }

  private func failure(_ error: LoadError) throws(EngineError) -> EngineError {
    for notice in rejects.take() { session.note(notice) }
    if case .cancelled = error { try target.checkCancellation() }
    return EngineError(error, table: target.table.name)
  }

  // MARK: The end

  private func undoing(_ body: () throws(EngineError) -> Void) throws(EngineError) {
    do throws(EngineError) {
      try body()
    } catch {
      undo()
      activity.end(rows: rowCount, failure: error.sqlState)
      // libpq shows an error of a COPY only when all bytes were sent; a notice it shows at once.
      if options.fileName != nil {
        session.note(Notice(severity: "INFO", sqlState: "AL001", message: "the load has failed"))
      }
      throw error
    }
  }

  private func undo() {
    guard !isOver else { return }
    isOver = true
    load?.cancel()
    if isOwn { transaction.rollback() } else { transaction.roll(back: savepoint) }
  }

  func cancel() {
    undo()
    activity.end(rows: rowCount, failure: "57014")
  }

  func abandon() { cancel() }
}

/// COPY data as rows with every column of the table.
private final class CopyRows {
  private enum Reader {
    case text(CopyReader)
    case binary(BinaryCopyReader)
  }
  private let target: CopyTarget
  private let reader: Reader

  init(_ target: CopyTarget, _ layout: CopyLayout) {
    self.target = target
    if layout.form == .binary {
      reader = .binary(BinaryCopyReader(columns: target.columns, table: target.table.name))
    } else {
      reader = .text(
        CopyReader(
          columns: target.columns,
          layout: layout,
          context: target.context.dateTime,
          table: target.table.name
        )
      )
    }
  }

  func feed(_ bytes: [UInt8]) {
    // SAFETY: the bytes stay where they are while they are copied.
    switch reader {
    case .text(let reader): unsafe reader.feed(bytes.span.bytes)
    case .binary(let reader): unsafe reader.feed(bytes.span.bytes)
    }
  }

  func finish() {
    switch reader {
    case .text(let reader): reader.finish()
    case .binary(let reader): reader.finish()
    }
  }

  /// The next rows; nil when more bytes are needed, or at the end.
  func next() throws(EngineError) -> Batch? {
    let batch: Batch?
    do throws(RowError) {
      switch reader {
      case .text(let reader): batch = try reader.next()
      case .binary(let reader): batch = try reader.next()
      }
    } catch {
      throw EngineError(error, table: target.table.name)
    }
    guard let batch else { return nil }
    return try target.rows(of: batch)
  }
}

/// Rows left out by a load, on their way to the client as notices.
private final class RejectNotices: Sendable {
  private let notices = Mutex<[Notice]>([])

  func add(_ row: RejectedRow, of table: String) {
    let notice = Notice(
      sqlState: row.reason.error.sqlState,
      message: row.reason.error.message,
      detail: String(decoding: row.text, as: UTF8.self),
      context: EngineError.place(of: row.reason, table)
    )
    notices.withLock { $0.append(notice) }
  }

  func take() -> [Notice] {
    notices.withLock { notices in
      defer { notices = [] }
      return notices
    }
  }
}

extension LoadReport {
  /// `5000 rows, 3 rejected, 2 replaced, 1 skipped`: what is none is left out.
  package var summary: String {
    var parts = [rowCount == 1 ? "1 row" : "\(rowCount) rows"]
    if rejectedCount > 0 { parts.append("\(rejectedCount) rejected") }
    if replacedCount > 0 { parts.append("\(replacedCount) replaced") }
    if skippedCount > 0 { parts.append("\(skippedCount) skipped") }
    return parts.joined(separator: ", ")
  }
}

extension CopyOptions {
  /// As the readers of COPY data take them.
  func layout() throws(EngineError) -> CopyLayout {
    let form: CopyLayout.Form =
      switch format {
      case .text: .text
      case .csv: .csv
      case .binary: .binary
      }
    var layout = CopyLayout(form)
    layout.delimiter = delimiter
    layout.quote = quote
    layout.escape = escape
    layout.null = null
    layout.header = hasHeader ? (matchesHeader ? .match : .skip) : .none
    do throws(ValueError) {
      try layout.check()
    } catch {
      throw EngineError(error.sqlState, error.message)
    }
    return layout
  }
}
