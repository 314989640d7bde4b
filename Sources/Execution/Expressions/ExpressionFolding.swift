package import Columnar
package import Planning

/// Computes expressions without columns for the binder.
package struct ExpressionFolding: ConstantFolding {
  private let context: EvaluationContext

  /// - Parameter context: Whose zone and clock date input and zoned functions depend on.
  package init(context: EvaluationContext = EvaluationContext()) {
    self.context = context
  }

  /// The value of an expression that reads no column.
  ///
  /// - Throws: What evaluating it raises: 22P02, 22012, ….
  package func fold(_ expression: BoundExpression) throws(PlanningError) -> Datum {
    do throws(ExecutionError) {
      return try value(of: expression)
    } catch {
      throw PlanningError(error)
    }
  }

  package func fold(
    _ expression: BoundExpression,
    over values: [Datum],
    of type: LogicalType
  ) throws(PlanningError) -> [Datum] {
    var results: [Datum] = []
    results.reserveCapacity(values.count)
    do throws(ExecutionError) {
      let evaluator = try Evaluator(expression, context: context)
      let column = Vector(kind: type.laneKind, capacity: groupRowCount)
      for first in stride(from: 0, to: values.count, by: groupRowCount) {
        let count = min(groupRowCount, values.count - first)
        column.reset()
        for row in 0..<count { setDatum(values[first + row], in: column, at: row) }
        let folded = try evaluator.evaluate(Batch(columns: [column], rowCount: count))
        for row in 0..<count { results.append(datum(folded, row)) }
      }
    } catch {
      throw PlanningError(error)
    }
    return results
  }

  /// As ``fold(_:)``, with this target's errors.
  package func value(of expression: BoundExpression) throws(ExecutionError) -> Datum {
    if let value = ConstantShortcut.value(of: expression) { return value }
    let evaluator = try Evaluator(expression, context: context)
    let result = datum(try evaluator.evaluate(Batch(columns: [], rowCount: 1)), 0)
    guard case .array(let element) = expression.type, case .bytes(let bytes) = result else {
      return result
    }
    // Vectors hold arrays in their text form, constants as members.
    let dateTime = context.dateTime
    return .array(
      try raising { () throws(ValueError) in
        try parseArray(bytes.span, element.type, dateTime)
      }
    )
  }
}

extension PlanningError {
  fileprivate init(_ error: ExecutionError) {
    self.init(error.sqlState, error.message, detail: error.detail, hint: error.hint)
  }
}
