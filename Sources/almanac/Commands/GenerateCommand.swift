import SampleData
import SystemIO

/// `almanac generate crm|hits`: writes the sample data of a business system or of ClickBench as CSV files.
struct GenerateCommand: Command {
  static let specification = CommandSpecification(
    name: "generate",
    summary: "Writes seeded sample data as CSV files, one a table.",
    arguments: "crm|hits",
    options: [
      Option(name: "out", value: "DIR", help: "Folder for the files; made when missing."),
      Option(name: "seed", value: "N", help: "Same seed, same bytes (1)."),
      Option(name: "rows", value: "N", help: "hits: page views (10,000,000)."),
      Option(name: "deals", value: "N", help: "crm: rows of deals (2,000,000)."),
      Option(name: "leads", value: "N", help: "crm: rows of leads (1,000,000)."),
      Option(name: "activities", value: "N", help: "crm: rows of activities (3,000,000)."),
      Option(name: "tenants", value: "N", help: "crm: companies that share it (8)."),
      Option(name: "months", value: "N", help: "crm: months that the data covers (36)."),
      Option(name: "end", value: "YYYY-MM-DD", help: "crm: first day after the data (2026-07-01)."),
      Option(name: "ids", value: "dense|sparse", help: "crm: what 64-bit ids look like (dense)."),
      Option(name: "table", value: "NAME", help: "crm: only this table; may be repeated."),
    ]
  )

  /// What is to be written.
  private enum Sample {
    case crm(CRMGenerator, [CRMTable])
    case hits(HitsGenerator)
  }

  private static let rows = 0...10_000_000_000
  private let sample: Sample
  private let folder: String

  init(_ arguments: Arguments) throws(UsageError) {
    let seed = UInt64(try arguments.number("seed", in: 0...Int.max) ?? 1)
    switch arguments.positional {
    case ["crm"]:
      try Self.refuse(["rows"], of: arguments, for: "crm")
      sample = .crm(
        CRMGenerator(scale: try Self.scale(arguments), seed: seed),
        try Self.tables(arguments.values["table"] ?? [])
      )
    case ["hits"]:
      let others = ["deals", "leads", "activities", "tenants", "months", "end", "ids", "table"]
      try Self.refuse(others, of: arguments, for: "hits")
      let count = try arguments.number("rows", in: Self.rows) ?? 10_000_000
      sample = .hits(HitsGenerator(rowCount: count, seed: seed))
    default:
      throw UsageError(message: "say what to generate: almanac generate crm|hits --out DIR")
    }
    folder = try arguments.required("out")
  }

  private static func refuse(
    _ options: [String],
    of arguments: Arguments,
    for sample: String
  ) throws(UsageError) {
    if let option = options.first(where: { arguments.values[$0] != nil }) {
      throw UsageError(message: "--\(option) is not for \(sample)")
    }
  }

  private static func scale(_ arguments: Arguments) throws(UsageError) -> CRMScale {
    var scale = CRMScale()
    if let deals = try arguments.number("deals", in: rows) { scale.deals = deals }
    if let leads = try arguments.number("leads", in: rows) { scale.leads = leads }
    if let count = try arguments.number("activities", in: rows) { scale.activities = count }
    if let tenants = try arguments.number("tenants", in: 1...64) { scale.tenants = tenants }
    if let months = try arguments.number("months", in: 1...600) { scale.months = months }
    if let text = arguments["end"] { scale.end = try day(text) }
    if let text = arguments["ids"] {
      guard let style = CRMScale.IDStyle(rawValue: text) else {
        throw UsageError(message: "--ids takes dense or sparse")
      }
      scale.idStyle = style
    }
    return scale
  }

  func run(_ output: StandardOutput) throws(CommandFailure) -> Int32 {
    do throws(IOError) {
      try write { output.note($0) }
      return ExitCode.success
    } catch {
      throw CommandFailure("\(error)")
    }
  }

  /// Writes the files; `report` gets a line for each.
  private func write(report: (String) -> Void) throws(IOError) {
    let fileSystem = PosixFileSystem()
    if try !fileSystem.exists(folder) { try fileSystem.makeDirectory(folder) }
    switch sample {
    case .crm(let generator, let tables):
      for table in tables {
        let path = "\(folder)/\(table).csv"
        let bytes = try Self.writeFile(path, fileSystem) { (sink) throws(IOError) in
          try generator.write(table, to: sink)
        }
        report("\(path): \(generator.rowCount(of: table)) rows, \(bytes) bytes")
      }
    case .hits(let generator):
      let path = "\(folder)/hits.csv"
      let bytes = try Self.writeFile(path, fileSystem) { (sink) throws(IOError) in
        try generator.write(to: sink)
      }
      report("\(path): \(generator.rowCount) rows, \(bytes) bytes")
    }
  }

  /// Writes a new file in place of an old one; its size in bytes.
  private static func writeFile(
    _ path: String,
    _ fileSystem: PosixFileSystem,
    _ body: ((RawSpan) throws(IOError) -> Void) throws(IOError) -> Void
  ) throws(IOError) -> Int64 {
    if try fileSystem.exists(path) { try fileSystem.remove(path) }
    let file = try fileSystem.open(path, .createNew)
    var offset: Int64 = 0
    try body { (chunk: RawSpan) throws(IOError) in
      try file.write(chunk, at: offset)
      offset += Int64(chunk.byteCount)
    }
    try file.close()
    return offset
  }

  private static func tables(_ names: [String]) throws(UsageError) -> [CRMTable] {
    guard !names.isEmpty else { return CRMTable.allCases }
    var tables: [CRMTable] = []
    for name in names {
      guard let table = CRMTable(rawValue: name) else {
        throw UsageError(message: "there is no table \(name)")
      }
      tables.append(table)
    }
    return tables
  }

  private static func day(_ text: String) throws(UsageError) -> CRMScale.Day {
    let parts = text.split(separator: "-").map { Int($0) ?? 0 }
    guard parts.count == 3, (1_900...9_000).contains(parts[0]), (1...12).contains(parts[1]),
      (1...31).contains(parts[2])
    else { throw UsageError(message: "--end takes a day such as 2026-07-01") }
    return CRMScale.Day(year: parts[0], month: parts[1], day: parts[2])
  }
}
