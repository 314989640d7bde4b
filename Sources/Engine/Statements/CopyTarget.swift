package import Catalog
package import Columnar
import Execution
import Loading
import Planning

/// Where the fields of a COPY go: the named columns, the others get their defaults.
struct CopyTarget {
  let table: TableDefinition
  let columns: [CopyColumn]
  /// Whether the statement names the columns.
  let isExplicit: Bool
  let context: EvaluationContext
  /// For each column of the table: a field, or a default.
  private let sources: [Source]

  private enum Source {
    case field(Int)
    case value(Evaluator, isVolatile: Bool)
  }

  init(
    _ session: Session,
    _ table: TableDefinition,
    _ names: [String],
    _ request: StatementRequest
  ) throws(EngineError) {
    self.table = table
    isExplicit = !names.isEmpty
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
        let (value, isVolatile) = try Self.missing(column, session, context)
        sources.append(.value(value, isVolatile: isVolatile))
      }
    }
    self.sources = sources
  }

  /// What a column holds that gets no field.
  fileprivate static func missing(
    _ column: Catalog.ColumnDefinition,
    _ session: Session,
    _ context: EvaluationContext
  ) throws(EngineError) -> (value: Evaluator, isVolatile: Bool) {
    var value = BoundExpression(.constant(.null), column.type)
    if let text = column.defaultText {
      value = try planned(in: nil) { () throws(PlanningError) in
        try Binder(context: session.bindingContext(), systemTables: SystemTables.catalog)
          .bindDefault(text: text, as: column.type)
      }
    }
    let evaluator = try executed { () throws(ExecutionError) in
      try Evaluator(value, context: context)
    }
    return (evaluator, value.isVolatile)
  }

  func checkCancellation() throws(EngineError) {
    try executed { () throws(ExecutionError) in try context.checkCancellation() }
  }

  /// The values of the columns that get no field; nil when one differs from row to row.
  func defaults() throws(EngineError) -> [ColumnID: Datum]? {
    var values: [ColumnID: Datum] = [:]
    for (column, source) in zip(table.columns, sources) {
      guard case .value(let evaluator, let isVolatile) = source else { continue }
      if isVolatile { return nil }
      values[column.id] = try evaluator.single()
    }
    return values
  }

  /// The rows with every column of the table.
  func rows(of batch: Batch) throws(EngineError) -> Batch {
    var vectors: [Vector] = []
    for source in sources {
      switch source {
      case .field(let index): vectors.append(batch.columns[index])
      case .value(let evaluator, _):
        vectors.append(
          try executed { () throws(ExecutionError) in try evaluator.evaluate(batch) }
        )
      }
    }
    return Batch(columns: vectors, rowCount: batch.rowCount)
  }
}

extension Evaluator {
  /// The value of an expression that reads no columns.
  fileprivate func single() throws(EngineError) -> Datum {
    let vector = try executed { () throws(ExecutionError) in
      try evaluate(Batch(columns: [], rowCount: 1))
    }
    return vector.datum(at: 0)
  }
}

extension Session {
  /// What the columns of a table hold that a file to load does not have.
  ///
  /// - Returns: The values, and the columns whose default differs from row to row: a file must have those.
  /// - Throws: ``EngineError`` of a default that cannot be computed.
  package func loadDefaults(
    of table: TableDefinition
  ) throws(EngineError) -> (values: [ColumnID: Datum], volatile: Set<ColumnID>) {
    let context = evaluationContext(parameters: [], cancellation: CancellationFlag())
    var values: [ColumnID: Datum] = [:]
    var volatile: Set<ColumnID> = []
    for column in table.columns where column.defaultText != nil {
      let (value, isVolatile) = try CopyTarget.missing(column, self, context)
      if isVolatile { volatile.insert(column.id) } else { values[column.id] = try value.single() }
    }
    return (values, volatile)
  }
}
