import Columnar
import Kernels
import Planning

extension ExpressionCompiler {
  /// `node`, of type `source`, as `target`.
  func cast(
    _ node: ExpressionNode,
    _ source: LogicalType,
    to target: LogicalType
  ) throws(ExecutionError) -> ExpressionNode {
    if source == target { return node }
    throw unsupported("cast from \(source) to \(target)")
  }
}
