import Columnar
import Engine
import Planning
import ReportSyntax
import SystemIO

/// Runs texts of several statements in one session and prints what comes back.
final class ScriptRunner {
  private let session: Session
  private var printer: any ResultPrinter
  private let output: StandardOutput
  private let showsTime: Bool
  private let clock = SystemClock()

  init(
    _ session: Session,
    _ printer: any ResultPrinter,
    _ output: StandardOutput,
    showsTime: Bool
  ) {
    self.session = session
    self.printer = printer
    self.output = output
    self.showsTime = showsTime
  }

  /// Runs the statements one after the other, each committed by itself; stops at the first that fails.
  ///
  /// - Returns: The exit code.
  func run(_ text: String) -> Int32 {
    let bytes = Array(text.utf8)
    do throws(EngineError) {
      for statement in try session.parse(bytes) {
        let start = clock.monotonicNanoseconds
        let prepared = try session.prepare(statement, of: bytes)
        try show(try session.start(prepared))
        for notice in session.takeNotices() {
          output.note("\(notice.severity):  \(notice.message)")
        }
        if showsTime {
          let microseconds = Int((clock.monotonicNanoseconds - start) / 1_000)
          output.note("Time: \(Self.milliseconds(microseconds))")
        }
      }
      return ExitCode.success
    } catch {
      session.messageFailed()
      output.note(error.display(in: bytes))
      return ExitCode.failed
    }
  }

  private func show(_ run: StatementRun) throws(EngineError) {
    switch run.kind {
    case .rows(let columns):
      printer.begin(columns: columns.map(ResultColumn.init))
      let forms = columns.map { ValueForm($0.type) }
      var cursor = ZoneCursor(session.timeZone)
      while let batch = try run.next() {
        printer.rows(Self.texts(of: batch, forms, &cursor))
      }
      printer.end(tag: try run.finish())
    case .copyOut:
      while let chunk = try run.nextCopyChunk() { output.write(chunk.bytes) }
      output.note(try run.finish())
    case .copyIn:
      throw EngineError(
        "0A000",
        "COPY FROM STDIN is for clients of the server",
        hint: "Load files with almanac load."
      )
    case .command, .empty: printer.command(tag: try run.finish())
    }
  }

  private static func texts(
    of batch: Batch,
    _ forms: [ValueForm],
    _ cursor: inout ZoneCursor
  ) -> [[[UInt8]?]] {
    var rows: [[[UInt8]?]] = []
    rows.reserveCapacity(batch.rowCount)
    for row in 0..<batch.rowCount {
      var fields: [[UInt8]?] = []
      for (vector, form) in zip(batch.columns, forms) {
        guard vector.isValid(row) else {
          fields.append(nil)
          continue
        }
        var text = OutputBuffer()
        text.appendText(of: vector, row: row, form, &cursor)
        fields.append(text.array)
      }
      rows.append(fields)
    }
    return rows
  }

  private static func milliseconds(_ microseconds: Int) -> String {
    let rest = String(microseconds % 1_000)
    return "\(microseconds / 1_000).\(String(repeating: "0", count: 3 - rest.count))\(rest) ms"
  }
}

extension ResultColumn {
  init(_ column: OutputColumn) {
    let isNumeric: Bool =
      switch column.type {
      case .smallint, .integer, .bigint, .numeric, .real, .double: true
      default: false
      }
    self.init(name: column.name, isNumeric: isNumeric, isBoolean: column.type == .boolean)
  }
}

extension EngineError {
  /// The error as psql shows it: message, the line with a caret, detail and hint.
  func display(in text: [UInt8]?) -> String {
    var lines = ["\(severity.rawValue):  \(message)"]
    if let text, let position { lines += Self.excerpt(of: text, at: position) }
    if let detail { lines.append("DETAIL:  \(detail)") }
    if let hint { lines.append("HINT:  \(hint)") }
    if let context { lines.append("CONTEXT:  \(context)") }
    return lines.joined(separator: "\n")
  }

  private static func excerpt(of text: [UInt8], at position: Int) -> [String] {
    let characters = Array(String(decoding: text, as: UTF8.self))
    guard position >= 1, position <= characters.count + 1 else { return [] }
    let before = characters[..<(position - 1)]
    let start = before.lastIndex { $0.isNewline }.map { $0 + 1 } ?? 0
    let end = characters[start...].firstIndex { $0.isNewline } ?? characters.endIndex
    let prefix = "LINE \(before.filter(\.isNewline).count + 1): "
    let column = displayWidth(prefix + String(characters[start..<(position - 1)]))
    return [prefix + String(characters[start..<end]), String(repeating: " ", count: column) + "^"]
  }
}
