import Columnar
import Execution
import Planning
import Synchronization

/// Pipelines of plans over few rows, made once each.
final class RowPipelines: Sendable {
  /// One that a thread at a time uses.
  private final class Shared: @unchecked Sendable {
    let plan: Plan
    private let lock = Mutex(())
    // SAFETY: touched by the holder of `lock` only.
    private let pipeline: RowPipeline?

    init(_ plan: Plan, _ context: EvaluationContext) throws(ExecutionError) {
      self.plan = plan
      pipeline = try RowPipeline(plan, context: context)
    }

    func run(
      _ tables: FixedTables,
      _ take: (Batch) -> Void
    ) throws(ExecutionError) -> Bool {
      guard let pipeline else { return false }
      let isDone = try lock.withLockIfAvailable { _ throws(ExecutionError) -> Bool in
        try pipeline.run(tables, held: tables.held) { (batch) throws(ExecutionError) in
          take(batch)
        }
        return true
      }
      return isDone ?? false
    }
  }
  /// Holds the plans too, which name them.
  private let known = Mutex<[ObjectIdentifier: Shared]>([:])

  /// Runs a plan over few rows.
  ///
  /// - Parameters:
  ///   - plan: One that is run again and again.
  ///   - context: What its expressions depend on: the same each time.
  ///   - tables: What it scans.
  ///   - take: Gets its rows.
  /// - Returns: False: it has no form for that, or is being run; nothing was handed out.
  /// - Throws: What compiling or computing raises.
  func run(
    _ plan: Plan,
    _ context: EvaluationContext,
    _ tables: FixedTables,
    _ take: (Batch) -> Void
  ) throws(ExecutionError) -> Bool {
    if let shared = known.withLock({ $0[ObjectIdentifier(plan)] }) {
      return try shared.run(tables, take)
    }
    let shared = try Shared(plan, context)
    known.withLock { $0[ObjectIdentifier(plan)] = shared }
    return try shared.run(tables, take)
  }
}
