package import Columnar
import Kernels
package import Planning

/// Evaluates one expression over batches; one thread's.
///
/// All vectors it needs are made once; a batch allocates nothing (except where a result's strings outgrow
/// what earlier batches needed).
package final class Evaluator {
  private let root: ExpressionNode

  /// Compiles `expression`; constant parts are computed when the first batch needs them.
  package init(
    _ expression: BoundExpression,
    context: EvaluationContext
  ) throws(ExecutionError) {
    root = try ExpressionCompiler(context: context).compile(expression)
  }

  /// The expression's value for rows 0..<batch.rowCount.
  ///
  /// The vector belongs to the evaluator and is filled again by the next call; for a plain column it is
  /// the batch's own.
  package func evaluate(_ batch: Batch) throws(ExecutionError) -> Vector {
    try root.evaluate(batch)
  }
}
