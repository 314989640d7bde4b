import Columnar
import Planning
package import SystemIO

/// Limits and places of one statement's execution.
package struct ExecutionOptions: Sendable {
  /// What the growing buffers of the statement may hold together; beyond it they spill.
  package var memoryBudgetBytes: Int
  /// Where temporary files go; nil: nothing may spill.
  package var spillDirectory: String?
  package var fileSystem: (any FileSystem)?
  /// Workers the statement may use at once.
  package var threads: Int
  /// Whether operators measure their time (EXPLAIN ANALYZE).
  package var measuresTime: Bool
  /// Rows of a morsel; what is smaller runs on the caller's thread.
  ///
  /// Small in tests.
  package var morselRows = 98_304
  /// Groups of a hash table that a worker fills before it splits them by partition.
  ///
  /// Small in tests.
  package var localGroupsMax = 1 << 14
  /// Whether a slot sends rows whose groups' numbers are known to partitions, however few they are; nil: where that pays.
  ///
  /// For tests.
  package var partitionsKnownGroups: (@Sendable (_ slot: Int) -> Bool)?
  /// From so many rows of the build side on, a join makes tables by partition: one table is made by one thread, and each look-up in it goes
  /// to memory.
  ///
  /// Small in tests.
  package var joinSplitRows = 1 << 18
  /// Whether groupings and joins go through temporary files whatever their memory.
  ///
  /// For tests.
  package var alwaysSpills = false
  /// Whether equal sums need no rows where statistics know them; off in tests of the scan itself.
  package var answersFromStatistics = true

  package init(
    memoryBudgetBytes: Int = 1 << 30,
    spillDirectory: String? = nil,
    fileSystem: (any FileSystem)? = nil,
    threads: Int = 2,
    measuresTime: Bool = false
  ) {
    self.memoryBudgetBytes = memoryBudgetBytes
    self.spillDirectory = spillDirectory
    self.fileSystem = fileSystem
    self.threads = threads
    self.measuresTime = measuresTime
  }
}

/// What all operators of a statement share.
final class ExecutionShared: Sendable {
  let context: EvaluationContext
  let options: ExecutionOptions
  let budget: MemoryBudget
  private let cancellation: CancellationFlag
  /// nil: nothing may spill.
  let spillFiles: SpillDirectory?

  init(context: EvaluationContext, options: ExecutionOptions) {
    self.context = context
    self.options = options
    cancellation = context.cancellation
    budget = MemoryBudget(limitBytes: options.memoryBudgetBytes)
    if let fileSystem = options.fileSystem, let directory = options.spillDirectory {
      spillFiles = SpillDirectory(fileSystem, at: directory)
    } else {
      spillFiles = nil
    }
  }

  /// Throws when the statement has to stop; looked at once a batch.
  func check() throws(ExecutionError) { try cancellation.check() }
}

/// The value of an expression without columns, computed once.
func evaluateConstant(
  _ expression: BoundExpression,
  _ shared: ExecutionShared
) throws(ExecutionError) -> Datum {
  if case .constant(let value) = expression.node { return value }
  let evaluator = try Evaluator(expression, context: shared.context)
  let vector = try evaluator.evaluate(Batch(columns: [], rowCount: 1))
  return datum(vector, 0)
}

/// LIMIT and the like: a whole number, or nil for NULL.
func evaluateInteger(
  _ expression: BoundExpression,
  _ shared: ExecutionShared
) throws(ExecutionError) -> Int64? {
  let value = try evaluateConstant(expression, shared)
  switch value {
  case .null: return nil
  case .int64(let value): return value
  case .decimal(let value):
    do throws(ValueError) { return try value.integer(.bigint) } catch {
      throw ExecutionError(error)
    }
  default:
    throw .sql("42804", "argument of LIMIT must be type bigint")
  }
}

/// Several expressions over the same batches; one thread's.
final class RowExpressions {
  private let evaluators: [Evaluator]

  init(_ expressions: [BoundExpression], _ context: EvaluationContext) throws(ExecutionError) {
    var evaluators: [Evaluator] = []
    for expression in expressions {
      evaluators.append(try Evaluator(expression, context: context))
    }
    self.evaluators = evaluators
  }

  /// A vector an expression, valid until the next call.
  func evaluate(_ batch: Batch) throws(ExecutionError) -> [Vector] {
    var vectors: [Vector] = []
    vectors.reserveCapacity(evaluators.count)
    for evaluator in evaluators { vectors.append(try evaluator.evaluate(batch)) }
    return vectors
  }
}
