package import Columnar
package import Planning

/// A statement that has been started: its rows, its COPY stream, its end.
///
/// It may be left suspended between two calls for as long as its transaction lives; it holds a snapshot then, and
/// no thread.
package final class StatementRun {
  /// What the client is to expect.
  package enum Kind {
    case empty
    case rows([OutputColumn])
    case command
    case copyIn(format: CopyFormat, columnCount: Int)
    case copyOut(format: CopyFormat, columnCount: Int)
  }

  package let kind: Kind
  private let body: any StatementBody
  private var isFinished = false

  init(_ kind: Kind, _ body: any StatementBody) {
    self.kind = kind
    self.body = body
  }

  /// The next rows of a `.rows` statement; they belong to the run until the next call.
  package func next() throws(EngineError) -> Batch? { try body.next() }

  /// Takes bytes of a COPY FROM STDIN.
  package func copyData(_ bytes: [UInt8]) throws(EngineError) { try body.copyData(bytes) }

  /// The client gave up a COPY FROM STDIN.
  package func copyFail(_ message: String) throws(EngineError) {
    isFinished = true
    body.cancel()
    throw EngineError("57014", "COPY from stdin failed: \(message)")
  }

  /// The next rows of a COPY TO STDOUT; `nil` at the end.
  package func nextCopyChunk() throws(EngineError) -> CopyChunk? { try body.nextCopyChunk() }

  /// Ends the statement: rows not fetched are given up, a COPY FROM is carried out.
  ///
  /// - Returns: The command tag, e.g. `SELECT 5`.
  package func finish() throws(EngineError) -> String {
    isFinished = true
    return try body.finish()
  }

  /// Asks the statement to stop.
  package func cancel() { body.cancel() }

  deinit { if !isFinished { body.abandon() } }
}

/// Rows of a COPY TO STDOUT in their format.
package struct CopyChunk {
  package var bytes: [UInt8] = []
  /// Where each part ends that PostgreSQL sends as a message of its own: a row, the header line, the end of the binary form.
  package var ends: [Int] = []
}

/// The formats of COPY.
package enum CopyFormat: String, Sendable { case text, csv, binary }

/// What a kind of statement does between its start and its end.
protocol StatementBody: AnyObject {
  func next() throws(EngineError) -> Batch?
  func copyData(_ bytes: [UInt8]) throws(EngineError)
  func nextCopyChunk() throws(EngineError) -> CopyChunk?
  func finish() throws(EngineError) -> String
  func cancel()
  /// The run goes away without having been finished.
  func abandon()
}

extension StatementBody {
  func next() throws(EngineError) -> Batch? { nil }
  func copyData(_ bytes: [UInt8]) throws(EngineError) {
    throw EngineError("08P01", "unexpected COPY data")
  }
  func nextCopyChunk() throws(EngineError) -> CopyChunk? { nil }
  func cancel() {}
  func abandon() {}
}

/// A statement that was done when it was started: its tag, and rows that it returned.
final class CompletedStatement: StatementBody {
  private let tag: String
  private var batches: ArraySlice<Batch>

  init(tag: String, batches: [Batch] = []) {
    self.tag = tag
    self.batches = batches[...]
  }

  func next() throws(EngineError) -> Batch? { batches.popFirst() }
  func finish() throws(EngineError) -> String { tag }
}
