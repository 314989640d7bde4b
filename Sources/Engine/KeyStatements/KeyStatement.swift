import Catalog
import Columnar
import Execution
import Planning
import Storage

/// A statement about the row of one key, ready to be carried out again and again with other parameters.
///
/// It is used by its session's thread; its vectors are filled anew each time.
final class KeyStatement {
  enum Action {
    case select, update, delete, insert
  }

  let action: Action
  let table: TableDefinition
  /// The columns of the rows it gives; nil: none.
  let output: [OutputColumn]?
  /// The parameters as they were given.
  private let parameters: Batch
  /// Parameters that are read as dates or times.
  private let times: [Int]
  /// Nil: the moment of the transaction.
  private let arguments: [Evaluator?]
  /// Places of the key's columns in ``row``.
  private let keyPlaces: [Int]
  private let condition: Predicate?
  /// The new row of UPDATE and INSERT, over ``row``.
  private let values: [Evaluator]
  private let outputs: [Evaluator]
  /// The columns of the row, then the arguments.
  private let row: Batch
  private let rowWidth: Int
  private let reader: KeyRowReader

  init(_ bound: BoundKeyStatement, context: EvaluationContext) throws(ExecutionError) {
    func evaluators(_ list: [BoundExpression]) throws(ExecutionError) -> [Evaluator] {
      var made: [Evaluator] = []
      for expression in list { made.append(try Evaluator(expression, context: context)) }
      return made
    }
    action = bound.action
    table = bound.table
    output = bound.output
    let given = zip(bound.parameterTypes, bound.areStrings).map { $1 ? LogicalType.text : $0 }
    parameters = Batch(kinds: given.map(\.laneKind), capacity: 1)
    times = bound.parameterTypes.indices.filter { index in
      bound.areStrings[index] && bound.parameterTypes[index].isTime
    }
    parameters.rowCount = 1
    var arguments: [Evaluator?] = []
    for source in bound.arguments {
      arguments.append(
        try source.map { (source) throws(ExecutionError) in
          try Evaluator(source.overColumns(given), context: context)
        }
      )
    }
    self.arguments = arguments
    keyPlaces = bound.keyPlaces
    condition = bound.conditions.isEmpty ? nil : try Predicate(bound.conditions, context: context)
    values = try evaluators(bound.values)
    outputs = try evaluators(bound.outputs)
    rowWidth = bound.rowKinds.count
    let moments = [LaneKind](repeating: .int64, count: arguments.count)
    row = Batch(kinds: bound.rowKinds + moments, capacity: 1)
    row.rowCount = 1
    let vectors = row.columns
    reader = KeyRowReader(
      table.id,
      columns: bound.readColumns.map(\.id),
      vectors: bound.readColumns.map { vectors[$0.place] }
    )
  }

  /// Takes the parameters of a run.
  ///
  /// - Parameters:
  ///   - given: One value a parameter.
  ///   - moment: What now() gives.
  /// - Returns: False where a value is not of its type's lanes.
  /// - Throws: Why a parameter does not convert.
  func take(_ given: [Datum], moment: Int64) throws(ExecutionError) -> Bool {
    guard given.count >= parameters.columns.count else { return false }
    for index in times {
      if case .bytes(let text) = given[index], namesMoment(text) { return false }
    }
    for (vector, value) in zip(parameters.columns, given) {
      vector.reset()
      vector.set(0, to: value)
      guard vector.isValid(0) != value.isNull else { return false }
    }
    for (index, evaluator) in arguments.enumerated() {
      if let evaluator {
        row.columns[rowWidth + index] = try evaluator.evaluate(parameters)
      } else {
        row.columns[rowWidth + index].set(0, to: .int64(moment))
      }
    }
    return true
  }

  /// The key's row as a transaction sees it.
  ///
  /// - Returns: Where it is; nil: there is none, or it does not pass the conditions.
  /// - Throws: What reading or the conditions give.
  func find(
    _ read: (Batch, KeyRowReader) throws(StorageError) -> UInt64?
  ) throws(EngineError) -> UInt64? {
    let key = Batch(columns: keyPlaces.map { row.columns[$0] }, rowCount: 1)
    guard key.columns.allSatisfy({ $0.isValid(0) }) else { return nil }
    let locator = try stored { () throws(StorageError) in try read(key, reader) }
    guard let locator, let condition else { return locator }
    var passed: [UInt16] = [0]
    let count = try executed { () throws(ExecutionError) in
      var span = passed.mutableSpan
      return try condition.select(row, into: &span)
    }
    return count == 1 ? locator : nil
  }

  /// The new row of an UPDATE or INSERT; its vectors are those of the statement.
  func newRow() throws(EngineError) -> Batch {
    Batch(columns: try evaluate(values, row), rowCount: 1)
  }

  /// What the statement gives of a row, for whoever keeps it.
  ///
  /// - Parameter new: In place of the row that was read.
  /// - Returns: Nil: it gives no rows.
  /// - Throws: What evaluating it gives.
  func result(of new: Batch? = nil) throws(EngineError) -> Batch? {
    guard output != nil else { return nil }
    var source = row
    if let new {
      source = Batch(columns: new.columns + row.columns[rowWidth...], rowCount: 1)
    }
    return Batch(columns: try evaluate(outputs, source), rowCount: 1).ownedCopy()
  }

  private func evaluate(_ list: [Evaluator], _ row: Batch) throws(EngineError) -> [Vector] {
    try executed { () throws(ExecutionError) in
      var columns: [Vector] = []
      columns.reserveCapacity(list.count)
      for evaluator in list { columns.append(try evaluator.evaluate(row)) }
      return columns
    }
  }
}

/// Whether a text may hold a word as 'now' or 'today', which means something else each time.
func namesMoment(_ text: [UInt8]) -> Bool {
  let words: Set<String> = ["now", "today", "tomorrow", "yesterday"]
  var word: [UInt8] = []
  for byte in text + [0] {
    let lower = byte | 0x20
    if lower >= 0x61 && lower <= 0x7a {
      word.append(lower)
      continue
    }
    // now() is known for what it is.
    if word.count >= 3, byte != UInt8(ascii: "("),
      words.contains(String(decoding: word, as: UTF8.self))
    {
      return true
    }
    word.removeAll(keepingCapacity: true)
  }
  return false
}

extension LogicalType {
  fileprivate var isTime: Bool {
    switch self {
    case .date, .time, .timestamp, .timestamptz, .interval: true
    default: false
    }
  }
}

extension BoundExpression {
  /// The same expression over columns in place of parameters, read as what they are where they come as something else.
  fileprivate func overColumns(_ given: [LogicalType]) -> BoundExpression {
    guard case .parameter(let index) = node else { return mapChildren { $0.overColumns(given) } }
    let column = BoundExpression(.column(index), given[index])
    return given[index] == type ? column : BoundExpression(.cast(column), type)
  }
}
