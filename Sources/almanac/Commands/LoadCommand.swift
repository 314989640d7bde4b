import Columnar
import Loading
import SystemIO

/// `almanac load`: CSV and TSV files into a table of a data directory or a server, each wholly or not at all.
struct LoadCommand: Command {
  static let specification = CommandSpecification(
    name: "load",
    summary: "Loads CSV or TSV files into a table.",
    arguments: "FILE…",
    options: [
      Option(name: "data", value: "DIR", help: "The data directory; no server may have it open."),
      Option(name: "connect", value: "HOST:PORT", help: "A running server, in place of --data."),
      Option(name: "table", value: "NAME", help: "The table, also as SCHEMA.NAME."),
      Option(name: "columns", value: "A,B,…", help: "The file's columns (its header line)."),
      Option(name: "no-header", value: nil, help: "The first line is a row."),
      Option(
        name: "format",
        value: "csv|text",
        help: "CSV, or PostgreSQL's COPY text without a header line (csv)."
      ),
      Option(name: "delimiter", value: "C", help: "One character (comma; tab for .tsv and text)."),
      Option(name: "quote", value: "C", help: "What stands around quoted fields (\")."),
      Option(name: "escape", value: "C", help: "What stands before a quote inside (the quote)."),
      Option(name: "null", value: "TEXT", help: "How NULL is written (nothing; \\N in text)."),
      Option(name: "on-error", value: "stop|skip", help: "What a bad row does (stop)."),
      Option(name: "rejects", value: "FILE", help: "Where rows left out go, with the reason."),
      Option(
        name: "on-conflict",
        value: "error|update|skip",
        help: "What a known key does (error)."
      ),
      Option(name: "memory", value: "SIZE", help: "Memory for rows on their way (512MB)."),
      Option(name: "threads", value: "N", help: "Threads that parse and write (one a core)."),
      Option(name: "again", value: nil, help: "Load a file that was loaded before."),
    ],
    notes: """
      Files may be packed by gzip, zstd or LZ4; - is standard input. A file is loaded wholly or not at all;
      columns that it does not have get their defaults. With --connect the server parses, with its own
      threads and memory.
      Exit codes: 0 all loaded, 1 a file failed, 2 wrong use, 3 cannot open, 130 Ctrl-C. Files before one
      that failed stay loaded; with --on-error skip rows left out do not count as failure.
      """
  )

  private let directory: String?
  private let address: String?
  private let files: [String]
  private let rejects: String?
  private let request: LoadRequest

  init(_ arguments: Arguments) throws(UsageError) {
    directory = arguments["data"]
    address = arguments["connect"]
    guard (directory == nil) != (address == nil) else {
      throw UsageError(message: "give either --data DIR or --connect HOST:PORT")
    }
    files = arguments.positional
    guard !files.isEmpty else { throw UsageError(message: "give a file, or - for standard input") }
    rejects = arguments["rejects"]
    request = try LoadRequest(arguments)
    guard rejects == nil || request.options.skipsBadRows else {
      throw UsageError(message: "--rejects needs --on-error skip")
    }
    if address != nil, arguments.has("memory") || arguments.has("threads") {
      throw UsageError(message: "--memory and --threads are the server's matter with --connect")
    }
  }

  func run(_ output: StandardOutput) throws(CommandFailure) -> Int32 {
    let destination: any LoadDestination =
      if let address {
        try ServerDestination(address, request)
      } else {
        try EmbeddedDestination(directory ?? "", request)
      }
    defer { destination.close() }
    let rejected = try rejects.map { (path) throws(CommandFailure) in try RejectFile(path) }
    let stop = StopFlag()
    let interrupt = InterruptWatch {
      stop.set()
      destination.interrupt()
    }
    defer { interrupt.close() }
    var code = ExitCode.success
    for file in files where code == ExitCode.success {
      let run = FileRun(file, rejected, stop, output)
      do throws(CommandFailure) {
        let summary = try destination.load(run)
        run.end(summary: summary, into: request.table.name)
      } catch {
        run.bar.clear()
        let isInterrupted = interrupt.wasInterrupted
        output.note(
          "\(file): \(isInterrupted ? "stopped, nothing of it was loaded" : error.message)"
        )
        code = isInterrupted ? ExitCode.interrupted : error.exitCode
      }
    }
    if let rejected { try rejected.close() }
    return code
  }
}

/// What all files of a command have in common.
struct LoadRequest: Sendable {
  let schema: String
  let table: (name: String, isQualified: Bool)
  var options = LoadOptions()
  private let delimiter: UInt8?

  init(_ arguments: Arguments) throws(UsageError) {
    let path = try arguments.required("table").split(separator: ".", maxSplits: 1).map(String.init)
    guard let name = path.last else { throw UsageError(message: "--table takes a name") }
    table = (name, path.count == 2)
    schema = path.count == 2 ? path[0] : "public"
    options.columns = arguments["columns"]?.split(separator: ",").map {
      String($0.drop { $0 == " " })
    }
    switch arguments["format"] ?? "csv" {
    case "csv": options.layout = CopyLayout(.csv)
    case "text": options.layout = CopyLayout(.text)
    default: throw UsageError(message: "--format takes csv or text")
    }
    let isText = options.layout.form == .text
    if !isText && !arguments.has("no-header") { options.layout.header = .skip }
    delimiter = try Self.byte(arguments, "delimiter")
    if let quote = try Self.byte(arguments, "quote") {
      options.layout.quote = quote
      options.layout.escape = quote
    }
    if let escape = try Self.byte(arguments, "escape") { options.layout.escape = escape }
    guard !isText || (arguments["quote"] == nil && arguments["escape"] == nil) else {
      throw UsageError(message: "--quote and --escape are for CSV")
    }
    if let null = arguments["null"] { options.layout.null = Array(null.utf8) }
    try takeRules(arguments)
    do throws(ValueError) { try layout(of: "").check() } catch {
      throw UsageError(message: error.message.replacing("COPY ", with: ""))
    }
  }

  private mutating func takeRules(_ arguments: Arguments) throws(UsageError) {
    switch arguments["on-error"] ?? "stop" {
    case "stop": options.skipsBadRows = false
    case "skip": options.skipsBadRows = true
    default: throw UsageError(message: "--on-error takes stop or skip")
    }
    switch arguments["on-conflict"] ?? "error" {
    case "error": options.conflictRule = .error
    case "update": options.conflictRule = .update
    case "skip": options.conflictRule = .skip
    default: throw UsageError(message: "--on-conflict takes error, update or skip")
    }
    if let bytes = try arguments.byteCount("memory") { options.memoryBytes = max(bytes, 16 << 20) }
    options.threadCount = try arguments.number("threads", in: 1...1024) ?? processorCount
    options.mayRepeat = arguments.has("again")
  }

  private static func byte(_ arguments: Arguments, _ name: String) throws(UsageError) -> UInt8? {
    guard let text = arguments[name] else { return nil }
    let bytes = Array((text == "\\t" ? "\t" : text).utf8)
    guard bytes.count == 1 else { throw UsageError(message: "--\(name) takes one character") }
    return bytes[0]
  }

  /// How the rows of a file are written: .tsv files have tabs.
  func layout(of file: String) -> CopyLayout {
    var layout = options.layout
    let isTabbed = [".tsv", ".tsv.gz", ".tsv.zst", ".tsv.lz4"].contains { file.hasSuffix($0) }
    if let delimiter {
      layout.delimiter = delimiter
    } else if isTabbed {
      layout.delimiter = 0x09
    }
    return layout
  }
}
