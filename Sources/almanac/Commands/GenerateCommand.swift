import SampleData
import SystemIO

/// `almanac generate crm`: writes the sample data of a business system as CSV files.
struct GenerateCommand: Command {
  static let specification = CommandSpecification(
    name: "generate",
    summary: "Writes seeded sample data as CSV files, one a table.",
    arguments: "crm",
    options: [
      Option(name: "out", value: "DIR", help: "Folder for the files; made when missing."),
      Option(name: "deals", value: "N", help: "Rows of deals (2,000,000)."),
      Option(name: "leads", value: "N", help: "Rows of leads (1,000,000)."),
      Option(name: "activities", value: "N", help: "Rows of activities (3,000,000)."),
      Option(name: "seed", value: "N", help: "Same seed, same bytes (1)."),
      Option(name: "tenants", value: "N", help: "Companies that share the CRM (8)."),
      Option(name: "months", value: "N", help: "Months that the data covers (36)."),
      Option(name: "end", value: "YYYY-MM-DD", help: "First day after the data (2026-07-01)."),
      Option(name: "ids", value: "dense|sparse", help: "What 64-bit ids look like (dense)."),
      Option(name: "table", value: "NAME", help: "Only this table; may be repeated."),
    ]
  )

  private let generator: CRMGenerator
  private let tables: [CRMTable]
  private let folder: String

  init(_ arguments: Arguments) throws(UsageError) {
    guard arguments.positional == ["crm"] else {
      throw UsageError(message: "say what to generate: almanac generate crm --out DIR")
    }
    let rows = 0...10_000_000_000
    var scale = CRMScale()
    if let deals = try arguments.number("deals", in: rows) { scale.deals = deals }
    if let leads = try arguments.number("leads", in: rows) { scale.leads = leads }
    if let count = try arguments.number("activities", in: rows) { scale.activities = count }
    if let tenants = try arguments.number("tenants", in: 1...64) { scale.tenants = tenants }
    if let months = try arguments.number("months", in: 1...600) { scale.months = months }
    if let text = arguments["end"] { scale.end = try Self.day(text) }
    if let text = arguments["ids"] {
      guard let style = CRMScale.IDStyle(rawValue: text) else {
        throw UsageError(message: "--ids takes dense or sparse")
      }
      scale.idStyle = style
    }
    let seed = try arguments.number("seed", in: 0...Int.max) ?? 1
    generator = CRMGenerator(scale: scale, seed: UInt64(seed))
    folder = try arguments.required("out")
    tables = try Self.tables(arguments.values["table"] ?? [])
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
    for table in tables {
      let path = "\(folder)/\(table).csv"
      if try fileSystem.exists(path) { try fileSystem.remove(path) }
      let file = try fileSystem.open(path, .createNew)
      var offset: Int64 = 0
      try generator.write(table) { (chunk: RawSpan) throws(IOError) in
        try file.write(chunk, at: offset)
        offset += Int64(chunk.byteCount)
      }
      try file.close()
      report("\(path): \(generator.rowCount(of: table)) rows, \(offset) bytes")
    }
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
