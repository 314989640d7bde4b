import Columnar
import Execution

/// A SELECT (or another statement with rows) that runs while its rows are fetched.
final class QueryStatement: StatementBody {
  private let execution: QueryExecution
  private let activity: ActivityEntry
  private let word: String
  private var rowCount = 0

  /// `word`: The first word of the command tag.
  init(_ execution: QueryExecution, activity: ActivityEntry, word: String = "SELECT") {
    self.execution = execution
    self.activity = activity
    self.word = word
  }

  func next() throws(EngineError) -> Batch? {
    do throws(ExecutionError) {
      guard let batch = try execution.next() else {
        activity.end(rows: rowCount)
        return nil
      }
      rowCount += batch.rowCount
      return batch
    } catch {
      activity.end(rows: rowCount, failure: error.sqlState)
      throw EngineError(error)
    }
  }

  func finish() throws(EngineError) -> String {
    activity.end(rows: rowCount)
    return "\(word) \(rowCount)"
  }

  func cancel() { execution.cancel() }

  func abandon() {
    execution.cancel()
    activity.end(rows: rowCount)
  }
}
