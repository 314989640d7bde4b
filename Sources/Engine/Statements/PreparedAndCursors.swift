package import Columnar
import Execution
package import Planning
import ReportSyntax

/// A query whose rows are fetched by name.
final class Cursor {
  let columns: [OutputColumn]
  /// The text that declared it.
  let text: String
  /// Microseconds since 2000-01-01 UTC.
  let createdAt: Int64
  /// WITH HOLD: it outlives its transaction.
  let isHeld: Bool
  private let run: StatementRun
  private var rest: (batch: Batch, next: Int)?

  init(_ run: StatementRun, columns: [OutputColumn], _ activity: ActivityEntry, isHeld: Bool) {
    self.run = run
    self.columns = columns
    text = activity.text
    createdAt = activity.startedAt
    self.isHeld = isHeld
  }

  /// The next rows, at most `count`; `nil` takes all.
  func fetch(_ count: Int?) throws(EngineError) -> [Batch] {
    var batches: [Batch] = []
    var wanted = count ?? .max
    while wanted > 0 {
      if rest == nil {
        guard let batch = try run.next() else { break }
        rest = (batch.ownedCopy(), 0)
      }
      guard let (batch, next) = rest else { break }
      let taken = min(wanted, batch.rowCount - next)
      batches.append(batch.gathered((next..<next + taken).map { UInt16($0) }))
      wanted -= taken
      rest = next + taken < batch.rowCount ? (batch, next + taken) : nil
    }
    return batches
  }
}

/// Portals of the protocol, by name.
package protocol PortalSource: AnyObject {
  /// The columns of a portal that gives rows; nil when there is none of the name.
  func columns(ofPortal name: String) -> [OutputColumn]?

  /// The next rows of a portal, at most `count`; nil takes all.
  func rows(ofPortal name: String, _ count: Int?) throws(EngineError) -> [Batch]
}

extension Session {
  // MARK: PREPARE

  func run(_ prepare: Prepare, _ request: StatementRequest) throws(EngineError) -> String {
    let name = prepare.name.text
    guard prepared[name] == nil else {
      throw EngineError("42P05", "prepared statement \"\(name)\" already exists")
    }
    var types: [LogicalType?] = []
    for type in prepare.types {
      types.append(
        try planned(in: request.text) { () throws(PlanningError) in try LogicalType(type) }
      )
    }
    let context = bindingContext(parameterTypes: types)
    let columns = try describe(prepare.statement, in: request.text, context)
    prepared[name] = PreparedStatement(
      text: request.text,
      statement: prepare.statement,
      range: prepare.statementRange,
      parameterTypes: context.parameterTypes.map { $0 ?? .text },
      columns: columns
    )
    return "PREPARE"
  }

  func startExecute(
    _ execute: Execute,
    _ request: StatementRequest
  ) throws(EngineError) -> StatementRun {
    guard let statement = prepared[execute.name.text] else {
      throw EngineError(
        "26000",
        "prepared statement \"\(execute.name.text)\" does not exist"
      )
    }
    guard execute.arguments.count == statement.parameterTypes.count else {
      throw EngineError(
        "42601",
        "wrong number of parameters for prepared statement \"\(execute.name.text)\"",
        detail:
          "Expected \(statement.parameterTypes.count) parameters but got \(execute.arguments.count)."
      )
    }
    let context = bindingContext(parameterTypes: request.parameterTypes, values: request.parameters)
    let binder = ExpressionBinder(context: context, scope: EmptyScope(clause: "EXECUTE parameters"))
    var values: [Datum] = []
    for (argument, type) in zip(execute.arguments, statement.parameterTypes) {
      let bound = try planned(in: request.text) { () throws(PlanningError) in
        try context.coerce(
          try binder.bind(argument),
          to: type,
          purpose: .assignment,
          range: argument.range
        )
      }
      values.append(try evaluateConstant(bound))
    }
    request.activity.end(rows: 0)
    return try start(statement, parameters: values)
  }

  func run(_ deallocate: Deallocate) throws(EngineError) -> String {
    guard let name = deallocate.name else {
      prepared.removeAll()
      return "DEALLOCATE ALL"
    }
    guard prepared.removeValue(forKey: name.text) != nil else {
      throw EngineError("26000", "prepared statement \"\(name.text)\" does not exist")
    }
    return "DEALLOCATE"
  }

  // MARK: Cursors

  func run(_ declare: DeclareCursor, _ request: StatementRequest) throws(EngineError) -> String {
    guard block.open != nil || declare.isHold else {
      throw EngineError("25P01", "DECLARE CURSOR can only be used in transaction blocks")
    }
    guard declare.isScroll != true else { throw .unsupported("SCROLL cursor") }
    let name = declare.name.text
    guard cursors[name] == nil else {
      throw EngineError("42P03", "cursor \"\(name)\" already exists")
    }
    let tables = currentTables()
    let plan = try bindQuery(.query(declare.query), request, tables)
    let execution = try makeExecution(plan, tables, request)
    cursors[name] = Cursor(
      StatementRun(.rows(plan.output), QueryStatement(execution, activity: request.activity)),
      columns: plan.output,
      request.activity,
      isHeld: declare.isHold
    )
    return "DECLARE CURSOR"
  }

  func startFetch(_ fetch: Fetch, _ request: StatementRequest) throws(EngineError) -> StatementRun {
    let name = fetch.cursor.text
    guard let columns = fetchedColumns(name) else {
      throw EngineError("34000", "cursor \"\(name)\" does not exist")
    }
    let count: Int?
    switch fetch.direction {
    case .forward(let rows) where rows >= 0: count = Int(rows)
    case .relative(1): count = 1
    case .forwardAll: count = nil
    default:
      throw EngineError(
        "55000",
        "cursor can only scan forward",
        hint: "Declare it with SCROLL option to enable backward scan."
      )
    }
    var batches: [Batch] = []
    if let cursor = cursors[name] {
      batches = try cursor.fetch(count)
    } else if let portals {
      batches = try portals.rows(ofPortal: name, count)
    }
    let rows = batches.reduce(0) { $0 + $1.rowCount }
    request.activity.end(rows: rows)
    if fetch.isMove { return StatementRun(.command, CompletedStatement(tag: "MOVE \(rows)")) }
    return StatementRun(
      .rows(columns),
      CompletedStatement(tag: "FETCH \(rows)", batches: batches)
    )
  }

  func fetchedColumns(_ cursor: String) -> [OutputColumn]? {
    cursors[cursor]?.columns ?? portals?.columns(ofPortal: cursor)
  }

  /// The columns of a DECLAREd cursor, which the protocol can describe as a portal.
  package func cursorColumns(_ name: String) -> [OutputColumn]? { cursors[name]?.columns }

  func run(_ close: CloseCursor) throws(EngineError) -> String {
    guard let name = close.name else {
      cursors.removeAll()
      return "CLOSE CURSOR ALL"
    }
    guard cursors.removeValue(forKey: name.text) != nil else {
      throw EngineError("34000", "cursor \"\(name.text)\" does not exist")
    }
    return "CLOSE CURSOR"
  }
}
