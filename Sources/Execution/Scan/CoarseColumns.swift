internal import ColumnEncoding
internal import Columnar
internal import Planning
internal import Storage

/// Which columns of a scan the node above it uses only inside one expression that never turns their order around: the month of
/// a moment.
///
/// Where the expression makes the same of a block's least and greatest value, the scan may hand on the least for every row, and
/// read nothing: the blocks of a table in monthly partitions are of one month each.
struct CoarseColumns {
  private(set) var expressions: [Int: BoundExpression] = [:]

  /// What `expressions`, all that a node evaluates over its input, want of it; nothing where it is no scan.
  static func wanted(
    of input: Plan,
    by expressions: [BoundExpression],
    _ context: EvaluationContext
  ) -> CoarseColumns {
    guard case .scan(let scan) = input.node else { return CoarseColumns() }
    var result = CoarseColumns()
    var others: Set<Int> = []
    for expression in expressions { result.collect(expression, context, &others) }
    result.expressions = result.expressions.filter { column, _ in
      column < scan.outputCount && !others.contains(column)
    }
    return result
  }

  private mutating func collect(
    _ expression: BoundExpression,
    _ context: EvaluationContext,
    _ others: inout Set<Int>
  ) {
    if let column = Self.coarsened(expression, context) {
      if expressions[column].map({ $0 != expression }) == true { others.insert(column) }
      expressions[column] = expression
    } else if case .column(let column) = expression.node {
      others.insert(column)
    } else {
      for child in expression.children { collect(child, context, &others) }
    }
  }

  /// The column of moments that an expression cuts to longer stretches, in their order.
  private static func coarsened(
    _ expression: BoundExpression,
    _ context: EvaluationContext
  ) -> Int? {
    switch expression.node {
    case .call(.dateTruncate, let arguments):
      return KeyStep(of: expression, context).unit > 1 ? arguments[1].columnIndex : nil
    case .call(.extract, let arguments):
      guard arguments.count == 2, case .constant(.bytes(let word)) = arguments[0].node,
        TimeField(named: String(decoding: word, as: UTF8.self)) == .year,
        keepsOrder(arguments[1].type, context)
      else { return nil }
      return arguments[1].columnIndex
    case .cast(let operand) where expression.type == .date && keepsOrder(operand.type, context):
      return operand.type == .date ? nil : operand.columnIndex
    default: return nil
    }
  }

  /// Whether a later moment never has an earlier date: clocks that are set back over midnight have.
  private static func keepsOrder(_ type: LogicalType, _ context: EvaluationContext) -> Bool {
    switch type {
    case .date, .timestamp: true
    case .timestamptz: context.timeZone.name == "UTC"
    default: false
    }
  }
}

/// Finds the moment that stands for all of a block's; one slot's, for one column.
final class CoarseMoments {
  private let column: Int
  private let evaluator: Evaluator
  private let ends = Vector(kind: .int64, capacity: 64)
  /// The block that was looked at last.
  private var last: (source: ObjectIdentifier, block: Int)?
  private var moment: Int64?

  /// - Parameters:
  ///   - column: Of the scan.
  ///   - expression: Of ``CoarseColumns``, over it.
  ///   - context: The statement's.
  /// - Throws: What compiling the expression raises.
  init(
    _ column: Int,
    _ expression: BoundExpression,
    _ context: EvaluationContext
  ) throws(ExecutionError) {
    self.column = column
    evaluator = try Evaluator(expression.mapColumns { _ in 0 }, context: context)
  }

  /// The moment that stands for a block's.
  ///
  /// - Parameters:
  ///   - source: Held by the caller until another is asked for.
  ///   - block: Its block.
  ///   - producer: The scan.
  /// - Returns: Its least, where all have one result.
  /// - Throws: What evaluating raises.
  func moment(
    _ source: any RowSource,
    _ block: Int,
    _ producer: ScanProducer
  ) throws(ExecutionError) -> Int64? {
    let id = ObjectIdentifier(source)
    if let last, last == (id, block) { return moment }
    last = (id, block)
    moment = try find(producer.statistics(source, ofOutput: column, block: block))
    return moment
  }

  private func find(_ known: BlockStatistics?) throws(ExecutionError) -> Int64? {
    guard let known, known.nullCount == 0, case .int64(let low) = known.minimum,
      case .int64(let high) = known.maximum
    else { return nil }
    ends.reset()
    setDatum(.int64(low), in: ends, at: 0)
    setDatum(.int64(high), in: ends, at: 1)
    let result = try evaluator.evaluate(Batch(columns: [ends], rowCount: 2))
    return result.isValid(0) && datum(result, 0) == datum(result, 1) ? low : nil
  }

  /// Appends a moment for some rows to `vector`, which holds `at` rows (0 resets it).
  func append(_ moment: Int64, _ count: Int, to vector: Vector, at: Int) {
    if at == 0 { vector.reset() }
    vector.reserve(at + count)
    var lanes = vector.mutableInt64
    for row in at..<at + count { lanes[row] = moment }
    guard vector.hasNulls else { return }
    for row in at..<at + count { vector.setValid(row) }
  }
}
