import Columnar
import Execution
import Planning

/// Computes expressions without columns for the binder, with the executor's own evaluator.
struct ExpressionFolding: ConstantFolding {
  let context: EvaluationContext

  func fold(_ expression: BoundExpression) throws(PlanningError) -> Datum {
    do throws(ExecutionError) {
      return try evaluate(expression)
    } catch {
      throw PlanningError(error.sqlState, error.message, detail: error.detail, hint: error.hint)
    }
  }

  /// The value of the expression over one row without columns.
  func evaluate(_ expression: BoundExpression) throws(ExecutionError) -> Datum {
    let value = try Evaluator(expression, context: context)
      .evaluate(Batch(columns: [], rowCount: 1)).datum(at: 0)
    // Arrays travel in their text form between operators and as members in the tree.
    guard case .array(let element) = expression.type, case .bytes(let text) = value else {
      return value
    }
    do throws(ValueError) {
      return try Datum(parsing: text.span, as: .array(element), context.dateTime)
    } catch {
      throw .sql(error.sqlState, error.message, detail: error.detail, hint: error.hint)
    }
  }
}
