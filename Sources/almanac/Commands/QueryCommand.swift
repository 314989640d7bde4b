import Columnar
import Engine
import Planning
import ReportSyntax
import SystemIO

/// `almanac query`: statements against a data directory in this process, or against a server.
struct QueryCommand: Command {
  static let specification = CommandSpecification(
    name: "query",
    summary: "Runs SQL statements and prints their results.",
    arguments: "['SQL' …]",
    options: [
      Option(name: "data", value: "DIR", help: "The data directory; no server may have it open."),
      Option(name: "connect", value: "HOST:PORT", help: "A running server, in place of --data."),
      Option(name: "file", value: "FILE", help: "Statements from a file; - is standard input."),
      Option(name: "format", value: "FORMAT", help: "table, csv, json or markdown (table)."),
      Option(name: "threads", value: "N", help: "Worker threads (one a core)."),
      Option(name: "timing", value: nil, help: "Prints how long each statement took."),
    ],
    notes:
      "Exit codes: 0 all succeeded, 1 a statement failed, 2 wrong use, 3 cannot open, 130 Ctrl-C."
  )

  private let directory: String?
  private let address: String?
  private let texts: [String]
  private let file: String?
  private let format: OutputFormat
  private let threads: Int
  private let showsTime: Bool

  init(_ arguments: Arguments) throws(UsageError) {
    directory = arguments["data"]
    address = arguments["connect"]
    guard (directory == nil) != (address == nil) else {
      throw UsageError(message: "give either --data DIR or --connect HOST:PORT")
    }
    texts = arguments.positional
    file = arguments["file"]
    guard !texts.isEmpty || file != nil else {
      throw UsageError(message: "give a statement, or --file")
    }
    let name = arguments["format"] ?? "table"
    guard let format = OutputFormat(rawValue: name) else {
      throw UsageError(message: "--format takes table, csv, json or markdown, not \(name)")
    }
    self.format = format
    threads = try arguments.number("threads", in: 1...1024) ?? 0
    showsTime = arguments.has("timing")
  }

  func run(_ output: StandardOutput) throws(CommandFailure) -> Int32 {
    if let address { return try runConnected(address, output) }
    return try runEmbedded(directory ?? "", output)
  }

  private func runConnected(
    _ address: String,
    _ output: StandardOutput
  ) throws(CommandFailure) -> Int32 {
    let connection = try ServerConnection(address: address)
    let interrupt = InterruptWatch(connection.makeCanceller())
    defer { interrupt.close() }
    var printer = format.printer(to: output)
    var code = ExitCode.success
    for text in try allTexts() where code == ExitCode.success {
      code = connection.run(text, &printer, output)
    }
    return interrupt.wasInterrupted ? ExitCode.interrupted : code
  }

  private func allTexts() throws(CommandFailure) -> [String] {
    guard let file else { return texts }
    return texts + [try contents(of: file)]
  }

  private func runEmbedded(
    _ directory: String,
    _ output: StandardOutput
  ) throws(CommandFailure) -> Int32 {
    var options = DatabaseOptions(directory: directory)
    options.threads = threads
    let database = try opened { () throws(EngineError) in try Database.open(options) }
    let session = try opened { () throws(EngineError) in try database.makeSession(SessionStartup())
    }
    let interrupt = InterruptWatch { database.cancelAll() }
    defer { interrupt.close() }
    let runner = ScriptRunner(session, format.printer(to: output), output, showsTime: showsTime)
    var code = ExitCode.success
    for text in try allTexts() where code == ExitCode.success { code = runner.run(text) }
    output.flush()
    session.close()
    _ = try opened { () throws(EngineError) in try database.close() }
    return interrupt.wasInterrupted ? ExitCode.interrupted : code
  }

  private func contents(of file: String) throws(CommandFailure) -> String {
    do throws(IOError) {
      let bytes = try PosixFileSystem().readFile(
        file == "-" ? "/dev/stdin" : file,
        limitBytes: 1 << 30
      )
      return String(decoding: bytes, as: UTF8.self)
    } catch {
      throw CommandFailure("\(error)", exitCode: ExitCode.usage)
    }
  }
}

/// Runs a call of the engine that a command cannot go on without.
func opened<Result>(
  _ body: () throws(EngineError) -> Result
) throws(CommandFailure) -> Result {
  do throws(EngineError) {
    return try body()
  } catch {
    throw CommandFailure(error.display(in: nil), exitCode: ExitCode.unavailable)
  }
}
