import Columnar
import Kernels

/// A function that is NULL where an argument is, computed by a kernel over whole vectors.
///
/// The kernel sees arguments without NULL rows taken out: what it does with their lanes must be harmless,
/// and errors are raised for rows that are valid in `output` only.
final class StrictNode: ExpressionNode {
  typealias Kernel = (
    _ arguments: [Vector], _ rows: Int, _ output: Vector
  ) throws(ExecutionError) -> Void

  private let arguments: [ExpressionNode]
  private let kernel: Kernel
  private let output: Vector
  private var inputs: [Vector]
  /// For each argument that may come as dictionary codes: where it is spelled out as views.
  private let spelled: [Vector?]

  init(kind: LaneKind, _ arguments: [ExpressionNode], kernel: @escaping Kernel) {
    self.arguments = arguments
    self.kernel = kernel
    // Grows with the first batch; most constant expressions never see more than a row.
    output = Vector(kind: kind, capacity: 64)
    inputs = []
    inputs.reserveCapacity(arguments.count)
    spelled = arguments.map { $0.kind == .bytes ? Vector(kind: .bytes, capacity: 64) : nil }
    super.init(kind: kind)
  }

  override func evaluate(_ batch: Batch) throws(ExecutionError) -> Vector {
    let rows = batch.rowCount
    // First, so that arguments can use the memory again that the last result's views kept alive.
    output.reset()
    output.reserve(rows)
    inputs.removeAll(keepingCapacity: true)
    for (argument, scratch) in zip(arguments, spelled) {
      let vector = try argument.evaluate(batch)
      if let scratch, vector.dictionary != nil {
        scratch.reset()
        copyRows(vector, from: 0, count: rows, into: scratch, at: 0)
        spellOut(scratch, rows: rows)
        inputs.append(scratch)
      } else {
        inputs.append(vector)
      }
    }
    intersectValidity(inputs, rows, into: output)
    try kernel(inputs, rows, output)
    return output
  }
}

/// Calls `body` for each row that is not NULL in `vector`.
@inline(__always)
func forEachValidRow(
  _ vector: Vector,
  _ rows: Int,
  _ body: (Int) throws(ExecutionError) -> Void
) throws(ExecutionError) {
  guard vector.hasNulls else {
    for row in 0..<rows { try body(row) }
    return
  }
  let vectorValid = ValidRows(vector)
  for row in 0..<rows where vectorValid[row] { try body(row) }
}
