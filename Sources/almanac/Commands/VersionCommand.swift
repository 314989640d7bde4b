import Engine

/// `almanac version`.
struct VersionCommand: Command {
  static let specification = CommandSpecification(
    name: "version",
    summary: "Prints the version.",
    arguments: "",
    options: []
  )

  init(_ arguments: Arguments) throws(UsageError) {}

  func run(_ output: StandardOutput) throws(CommandFailure) -> Int32 {
    output.write("almanac \(Database.version)\n")
    return ExitCode.success
  }
}
