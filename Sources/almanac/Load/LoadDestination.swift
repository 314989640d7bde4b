import Columnar
import Engine
import Loading
import Synchronization
import SystemIO

/// Where `almanac load` puts files: a data directory, or a server.
protocol LoadDestination: AnyObject, Sendable {
  /// Loads a file, wholly or not at all.
  ///
  /// - Returns: `5000 rows, 3 rejected`.
  /// - Throws: ``CommandFailure`` with the reason, the line and the column first.
  func load(_ run: FileRun) throws(CommandFailure) -> String
  /// Ctrl-C, on a thread of its own: a load in progress is to end.
  func interrupt()
  func close()
}

/// One file on its way.
final class FileRun: Sendable {
  /// Rows left out that are told where there is no file for them.
  private static let shownRejectsMax = 5

  let file: String
  let stop: StopFlag
  let bar: ProgressBar
  private let rejected: RejectFile?
  private let source: any ByteSource
  private let shown = Mutex<[String]>([])
  private let output: ErrorLines
  private let failure: CommandFailure?

  init(_ file: String, _ rejected: RejectFile?, _ stop: StopFlag, _ output: StandardOutput) {
    self.file = file
    self.rejected = rejected
    self.stop = stop
    self.output = ErrorLines(output)
    var size: Int64?
    var source: any ByteSource = StandardInputSource { stop.isSet }
    var failure: CommandFailure?
    if file != "-" {
      do throws(IOError) {
        let opened = try PosixFileSystem().open(file, .read)
        size = try opened.size()
        source = FileSource(opened)
      } catch {
        failure = CommandFailure(error.reason)
      }
    }
    self.source = source
    self.failure = failure
    bar = ProgressBar(name: file, sizeBytes: size)
  }

  /// The file's bytes.
  ///
  /// - Throws: Why it cannot be read.
  func bytes() throws(CommandFailure) -> any ByteSource {
    if let failure { throw failure }
    return source
  }

  /// A row was left out.
  func reject(line: Int, column: String?, reason: String, text: String) {
    rejected?.add(file: file, line: line, column: column, reason: reason, text: text)
    guard rejected == nil else { return }
    shown.withLock { shown in
      guard shown.count < Self.shownRejectsMax else { return }
      shown.append("line \(line)\(column.map { ", column \($0)" } ?? ""): \(reason)")
    }
  }

  /// Tells what was loaded.
  func end(summary: String, into table: String) {
    bar.clear()
    for line in shown.withLock({ $0 }) { output.note("\(file): left out: \(line)") }
    let seconds = bar.seconds
    var text = "\(file): \(summary) into \(table) in \(tenths(seconds)) s"
    if let rows = summary.split(separator: " ").first.flatMap({ Double($0) }), seconds > 0.05,
      rows > 0
    {
      text += ", \(grouped(Int(rows / seconds))) rows/s"
    }
    output.note(text)
  }
}

/// The error output of a run; used by the main thread only.
private final class ErrorLines: @unchecked Sendable {
  // SAFETY: only the command's own thread notes lines.
  private let output: StandardOutput

  init(_ output: StandardOutput) { self.output = output }

  func note(_ text: String) { output.note(text) }
}

extension EngineError {
  /// One line: `line 7, column amount: invalid input syntax for type numeric: "x"`.
  var inOneLine: String {
    loadMessage(message: message, detail: detail, hint: hint, context: context)
  }
}

extension ServerMessage {
  /// As of ``Engine/EngineError``.
  var inOneLine: String {
    loadMessage(message: text, detail: detail, hint: hint, context: context)
  }
}

private func loadMessage(
  message: String,
  detail: String?,
  hint: String?,
  context: String?
) -> String {
  var text = message
  if let context, let place = context.firstRange(of: ", line ") {
    text = "line " + context[place.upperBound...].prefix { $0 != ":" } + ": " + text
  }
  if let detail { text += " (\(detail))" }
  if let hint { text += "; \(hint)" }
  return text
}
