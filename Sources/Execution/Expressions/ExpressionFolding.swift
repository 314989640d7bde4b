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
      throw PlanningError(
        error.sqlState,
        error.message,
        detail: error.detail,
        hint: error.hint
      )
    }
  }

  /// As ``fold(_:)``, with this target's errors.
  package func value(of expression: BoundExpression) throws(ExecutionError) -> Datum {
    if case .constant(let value) = expression.node { return value }
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
