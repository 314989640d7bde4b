import Catalog
import Columnar
import Execution
import Loading
import Planning
import ReportSyntax
import Storage

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
    let target = try CopyTarget(self, table, columns.map(\.text), request)
    let layout = try options.layout()
    let body = CopyIn(
      self,
      target,
      transaction,
      isOwn: open == nil,
      layout: layout,
      activity: request.activity
    )
    return StatementRun(
      .copyIn(format: options.format, columnCount: target.columns.count),
      body
    )
  }
}

/// COPY … FROM STDIN: bytes become batches, batches become rows of the transaction; on its own it commits at the end.
final class CopyIn: StatementBody {
  private enum Reader {
    case text(CopyReader)
    case binary(BinaryCopyReader)
  }
  /// Bytes of a bad value that are shown.
  private static let excerptBytesMax = 100

  private let session: Session
  private let target: CopyTarget
  private let transaction: Transaction
  private let savepoint: Savepoint
  /// Whether the transaction is the statement's own.
  private let isOwn: Bool
  private let reader: Reader
  private let activity: ActivityEntry
  private var rowCount = 0
  private var isOver = false

  init(
    _ session: Session,
    _ target: CopyTarget,
    _ transaction: Transaction,
    isOwn: Bool,
    layout: CopyLayout,
    activity: ActivityEntry
  ) {
    self.session = session
    self.target = target
    self.transaction = transaction
    self.isOwn = isOwn
    self.activity = activity
    savepoint = transaction.savepoint()
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

  func copyData(_ bytes: [UInt8]) throws(EngineError) {
    let raw = bytes.span
    // SAFETY: the bytes stay where they are while they are copied.
    switch reader {
    case .text(let reader): unsafe reader.feed(raw.bytes)
    case .binary(let reader): unsafe reader.feed(raw.bytes)
    }
    try takeRows()
  }

  func finish() throws(EngineError) -> String {
    switch reader {
    case .text(let reader): reader.finish()
    case .binary(let reader): reader.finish()
    }
    try takeRows()
    isOver = true
    activity.end(rows: rowCount)
    if isOwn {
      try stored { () throws(StorageError) in
        try transaction.commit(mode: session.commitMode)
      }
    }
    return "COPY \(rowCount)"
  }

  private func takeRows() throws(EngineError) {
    do throws(EngineError) {
      while let batch = try nextRows() {
        try executed { () throws(ExecutionError) in try target.context.checkCancellation() }
        let rows = try target.rows(of: batch)
        try stored { () throws(StorageError) in
          try transaction.insert(target.table.id, rows)
        }
        rowCount += rows.rowCount
      }
    } catch {
      undo()
      activity.end(rows: rowCount, failure: error.sqlState)
      throw error
    }
  }

  private func nextRows() throws(EngineError) -> Batch? {
    do throws(RowError) {
      switch reader {
      case .text(let reader): return try reader.next()
      case .binary(let reader): return try reader.next()
      }
    } catch {
      var failure = EngineError(
        error.error.sqlState,
        error.error.message,
        detail: error.error.detail,
        hint: error.error.hint
      )
      failure.context = "COPY \(target.table.name), \(Self.place(of: error))"
      throw failure
    }
  }

  /// `line 7, column amount: "x"`, as PostgreSQL tells it.
  private static func place(of error: RowError) -> String {
    let column = error.column.map { ", column \($0)" } ?? ""
    guard let excerpt = error.excerpt else { return "line \(error.line)\(column)" }
    let shown = String(decoding: excerpt.prefix(excerptBytesMax), as: UTF8.self)
    let more = excerpt.count > excerptBytesMax ? "..." : ""
    return "line \(error.line)\(column): \"\(shown)\(more)\""
  }

  private func undo() {
    guard !isOver else { return }
    isOver = true
    if isOwn { transaction.rollback() } else { transaction.roll(back: savepoint) }
  }

  func cancel() {
    undo()
    activity.end(rows: rowCount, failure: "57014")
  }

  func abandon() { cancel() }
}

/// Where the fields of a COPY go: the named columns, the others get their defaults.
struct CopyTarget {
  let table: TableDefinition
  let columns: [CopyColumn]
  let context: EvaluationContext
  /// For each column of the table: a field, or a default.
  private let sources: [Source]

  private enum Source {
    case field(Int)
    case value(Evaluator)
  }

  init(
    _ session: Session,
    _ table: TableDefinition,
    _ names: [String],
    _ request: StatementRequest
  ) throws(EngineError) {
    self.table = table
    context = session.evaluationContext(request)
    let chosen = names.isEmpty ? table.columns.map(\.name) : names
    if let twice = chosen.firstRepeated {
      throw EngineError("42701", "column \"\(twice)\" specified more than once")
    }
    var columns: [CopyColumn] = []
    for name in chosen {
      guard let index = table.index(named: name) else {
        throw EngineError(
          "42703",
          "column \"\(name)\" of relation \"\(table.name)\" does not exist"
        )
      }
      let column = table.columns[index]
      columns.append(CopyColumn(name: name, type: column.type, isNullable: column.isNullable))
    }
    self.columns = columns
    var sources: [Source] = []
    for column in table.columns {
      if let field = chosen.firstIndex(of: column.name) {
        sources.append(.field(field))
      } else {
        sources.append(.value(try Self.missing(column, session, context)))
      }
    }
    self.sources = sources
  }

  private static func missing(
    _ column: Catalog.ColumnDefinition,
    _ session: Session,
    _ context: EvaluationContext
  ) throws(EngineError) -> Evaluator {
    var value = BoundExpression(.constant(.null), column.type)
    if let text = column.defaultText {
      value = try planned(in: nil) { () throws(PlanningError) in
        try Binder(context: session.bindingContext(), systemTables: SystemTables.catalog)
          .bindDefault(text: text, as: column.type)
      }
    }
    return try executed { () throws(ExecutionError) in try Evaluator(value, context: context) }
  }

  /// The rows with every column of the table.
  func rows(of batch: Batch) throws(EngineError) -> Batch {
    var vectors: [Vector] = []
    for source in sources {
      switch source {
      case .field(let index): vectors.append(batch.columns[index])
      case .value(let evaluator):
        vectors.append(
          try executed { () throws(ExecutionError) in try evaluator.evaluate(batch) }
        )
      }
    }
    return Batch(columns: vectors, rowCount: batch.rowCount)
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
