import Catalog
import Columnar
import Engine
import Loading
import Storage
import Synchronization
import SystemIO

/// `almanac load`: CSV and TSV files into a table of a data directory, each wholly or not at all.
struct LoadCommand: Command {
  static let specification = CommandSpecification(
    name: "load",
    summary: "Loads CSV or TSV files into a table.",
    arguments: "FILE…",
    options: [
      Option(name: "data", value: "DIR", help: "The data directory; no server may have it open."),
      Option(name: "table", value: "NAME", help: "The table, also as SCHEMA.NAME."),
      Option(name: "columns", value: "A,B,…", help: "The file's columns (its header line)."),
      Option(name: "no-header", value: nil, help: "The first line is a row."),
      Option(name: "delimiter", value: "C", help: "One character (comma; tab for .tsv)."),
      Option(name: "null", value: "TEXT", help: "How NULL is written (nothing)."),
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
      Files may be packed by gzip, zstd or LZ4; - is standard input. A file is loaded wholly or not at all.
      Exit codes: 0 all loaded, 1 a file failed, 2 wrong use, 3 cannot open, 130 Ctrl-C.
      """
  )

  private let directory: String
  private let table: RelationName
  private let files: [String]
  private let rejects: String?
  private var options = LoadOptions()
  private let delimiter: UInt8?

  init(_ arguments: Arguments) throws(UsageError) {
    directory = try arguments.required("data")
    let path = try arguments.required("table").split(separator: ".", maxSplits: 1).map(String.init)
    guard let name = path.last else { throw UsageError(message: "--table takes a name") }
    table = RelationName(schema: path.count == 2 ? path[0] : "public", name: name)
    files = arguments.positional
    guard !files.isEmpty else { throw UsageError(message: "give a file, or - for standard input") }
    options.columns = arguments["columns"]?.split(separator: ",").map(String.init)
    if !arguments.has("no-header") { options.layout.header = .skip }
    delimiter = try Self.delimiter(arguments)
    if let null = arguments["null"] { options.layout.null = Array(null.utf8) }
    rejects = arguments["rejects"]
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

  private static func delimiter(_ arguments: Arguments) throws(UsageError) -> UInt8? {
    guard let text = arguments["delimiter"] else { return nil }
    let bytes = Array((text == "\\t" ? "\t" : text).utf8)
    guard bytes.count == 1 else { throw UsageError(message: "--delimiter takes one character") }
    return bytes[0]
  }

  func run(_ output: StandardOutput) throws(CommandFailure) -> Int32 {
    var databaseOptions = DatabaseOptions(directory: directory)
    databaseOptions.mustExist = true
    let database = try opened { () throws(EngineError) in try Database.open(databaseOptions) }
    defer { try? database.close() }
    let catalog = database.store.published.catalog
    guard let definition = catalog.table(table) else {
      throw CommandFailure("relation \"\(table.name)\" does not exist")
    }
    let rejected = try rejects.map { (path) throws(CommandFailure) in
      try RejectFile(path, definition.name)
    }
    let stop = StopFlag()
    let interrupt = InterruptWatch { stop.set() }
    defer { interrupt.close() }
    for file in files {
      do throws(LoadError) {
        try load(file, into: definition, database.store, rejected, stop, output)
      } catch {
        if interrupt.wasInterrupted {
          output.note("\(file): stopped, nothing of it was loaded")
          return ExitCode.interrupted
        }
        output.note("\(file): \(Self.words(error))")
        return ExitCode.failed
      }
    }
    if let rejected { try rejected.close() }
    return ExitCode.success
  }

  private func load(
    _ file: String,
    into definition: TableDefinition,
    _ store: Store,
    _ rejected: RejectFile?,
    _ stop: StopFlag,
    _ output: StandardOutput
  ) throws(LoadError) {
    var options = options
    let isTabbed = [".tsv", ".tsv.gz", ".tsv.zst", ".tsv.lz4"].contains { file.hasSuffix($0) }
    options.layout.delimiter = delimiter ?? UInt8(ascii: isTabbed ? "\t" : ",")
    let loader = BulkLoader(store, table: definition.id, options: options)
    var size: Int64?
    var source: any ByteSource = StandardInputSource()
    if file != "-" {
      do throws(IOError) {
        let opened = try PosixFileSystem().open(file, .read)
        size = try opened.size()
        source = FileSource(opened)
      } catch {
        throw .io(error)
      }
    }
    let bar = ProgressBar(name: file, sizeBytes: size)
    let report = try loader.load(
      source,
      name: file,
      rejects: { row in rejected?.add(row, of: file) },
      progress: { progress in
        bar.show(progress)
        return !stop.isSet
      }
    )
    bar.clear()
    output.note(Self.summary(file, definition.name, report, seconds: bar.seconds))
  }

  private static func summary(
    _ file: String,
    _ table: String,
    _ report: LoadReport,
    seconds: Double
  ) -> String {
    var text = "\(file): \(report.rowCount) rows into \(table) in \(tenths(seconds)) s"
    if seconds > 0 { text += ", \(Int(Double(report.rowCount) / seconds)) rows/s" }
    if report.rejectedCount > 0 { text += ", \(report.rejectedCount) rejected" }
    if report.replacedCount > 0 { text += ", \(report.replacedCount) replaced" }
    if report.skippedCount > 0 { text += ", \(report.skippedCount) skipped" }
    return text
  }

  private static func words(_ error: LoadError) -> String {
    switch error {
    case .row(let row):
      let column = row.column.map { ", column \($0)" } ?? ""
      return "line \(row.line)\(column): \(row.error.message)"
    case .duplicateKey(let table, let columns, _):
      return "a key (\(columns.joined(separator: ", "))) is there already in \(table)"
    case .loadedBefore(let name): return "was loaded before as \(name); --again loads it again"
    case .compression(let what), .columns(let what): return what
    case .io(let error): return "\(error)"
    case .storage(let error): return "\(error)"
    case .cancelled: return "stopped"
    }
  }
}

/// Seconds with one digit behind the point.
func tenths(_ seconds: Double) -> String {
  let tenths = Int(seconds * 10)
  return "\(tenths / 10).\(tenths % 10)"
}

/// Set on one thread, looked at on others.
private final class StopFlag: Sendable {
  private let flag = Atomic<Bool>(false)

  func set() { flag.store(true, ordering: .relaxed) }
  var isSet: Bool { flag.load(ordering: .relaxed) }
}
