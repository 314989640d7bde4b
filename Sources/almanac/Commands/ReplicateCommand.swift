import Engine
import Storage
import SystemIO

/// `almanac replicate`: follows PostgreSQL databases into a data directory, without serving it.
struct ReplicateCommand: Command {
  static let specification = CommandSpecification(
    name: "replicate",
    summary: "Follows a PostgreSQL database: copies tables, then applies every change.",
    arguments: "",
    options: [
      Option(name: "data", value: "DIR", help: "The data directory; made when it is not there."),
      Option(
        name: "source",
        value: "CONNINFO",
        help: "A new replication: libpq's connection string."
      ),
      Option(name: "tables", value: "LIST", help: "Its tables: 'deals, sales.leads'."),
      Option(name: "name", value: "NAME", help: "Its name (source)."),
      Option(name: "slot", value: "NAME", help: "Its slot, which is there; else one is made."),
      Option(
        name: "publication",
        value: "NAME",
        help: "Its publication, which is there; else one is made."
      ),
      Option(name: "once", value: nil, help: "End as soon as everything is applied."),
      Option(name: "threads", value: "N", help: "Worker threads (one a core)."),
    ],
    notes: """
      Without --source the replications that the directory has are followed. SIGTERM and Ctrl-C end it; the next start goes on
      where this one ended. The source needs wal_level = logical and a role with REPLICATION and SELECT.
      Exit codes: 0 ended in order, 1 a replication stopped, 2 wrong use, 3 cannot open.
      """
  )

  private let options: DatabaseOptions
  private let creation: String?
  private let isOnce: Bool

  init(_ arguments: Arguments) throws(UsageError) {
    guard arguments.positional.isEmpty else {
      throw UsageError(message: "unknown argument \(arguments.positional[0])")
    }
    var options = DatabaseOptions(directory: try arguments.required("data"))
    options.threads = try arguments.number("threads", in: 1...1024) ?? 0
    options.followsSources = true
    self.options = options
    isOnce = arguments.has("once")
    guard let source = arguments["source"] else {
      let words = ["tables", "name", "slot", "publication"]
      if let word = words.first(where: { arguments[$0] != nil }) {
        throw UsageError(message: "--\(word) needs --source")
      }
      creation = nil
      return
    }
    let name = (arguments["name"] ?? "source").doubling("\"")
    let literal = source.doubling("'")
    let given = ["slot", "publication"].compactMap { word in
      arguments[word].map { "\(word) = '\($0.doubling("'"))'" }
    }
    let settings = given.isEmpty ? "" : " WITH (\(given.joined(separator: ", ")))"
    creation =
      "CREATE REPLICATION IF NOT EXISTS \"\(name)\" CONNECTION '\(literal)' "
      + "TABLES (\(try arguments.required("tables")))\(settings)"
  }

  func run(_ output: StandardOutput) throws(CommandFailure) -> Int32 {
    let signals: SignalSource
    do throws(IOError) {
      signals = try SignalSource([.terminate, .interrupt])
    } catch {
      throw CommandFailure("\(error)")
    }
    let database = try opened { () throws(EngineError) in try Database.open(options) }
    if let creation {
      do throws(EngineError) {
        try database.execute(creation)
      } catch {
        try? database.close()
        throw CommandFailure(error.display(in: nil))
      }
    }
    let code = follow(database, signals, output)
    do throws(EngineError) {
      try database.close()
    } catch {
      throw CommandFailure("the last checkpoint failed: \(error.message)")
    }
    return code
  }

  /// Prints what changes until a signal comes, or until all is done.
  private func follow(
    _ database: Database,
    _ signals: SignalSource,
    _ output: StandardOutput
  ) -> Int32 {
    var shown: [String: String] = [:]
    while true {
      let reports = database.replicationReports
      for report in reports where shown[report.name] != report.line {
        shown[report.name] = report.line
        output.write("\(report.name): \(report.line)\n")
      }
      output.flush()
      if isOnce {
        if reports.contains(where: { $0.hasFailed }) { return ExitCode.failed }
        if reports.allSatisfy({ $0.isComplete }) { return ExitCode.success }
      }
      do throws(IOError) {
        let isSignalled = try waitFor(
          .readable,
          of: signals.pollDescriptor,
          timeoutMilliseconds: 250
        )
        if isSignalled, try signals.next() != nil { return ExitCode.success }
      } catch {
        return ExitCode.failed
      }
    }
  }
}

extension String {
  /// Every `character` twice, as SQL's quotes want it.
  fileprivate func doubling(_ character: Character) -> String {
    String(flatMap { $0 == character ? [$0, $0] : [$0] })
  }
}
