import Engine

/// The program: finds the command, reads its arguments, runs it, and turns failures into exit codes.
struct Program {
  /// Every command, in the order of the help.
  static let commands: [any (Command & Sendable).Type] = [
    ServeCommand.self, QueryCommand.self, LoadCommand.self, ReplicateCommand.self,
    GenerateCommand.self, CheckCommand.self, VersionCommand.self,
  ]

  let output = StandardOutput()

  func run(_ words: [String]) -> Int32 {
    guard let name = words.first, name != "--help", name != "help" else {
      output.write(overview)
      output.flush()
      return words.isEmpty ? ExitCode.usage : ExitCode.success
    }
    let word = name == "--version" ? "version" : name
    guard let command = Self.commands.first(where: { $0.specification.name == word }) else {
      output.note("almanac: there is no command \"\(name)\"; see almanac --help")
      return ExitCode.usage
    }
    do {
      let arguments = try Arguments(Array(words.dropFirst()), for: command.specification)
      if arguments.has("help") {
        output.write(command.specification.help)
        output.flush()
        return ExitCode.success
      }
      let code = try command.init(arguments).run(output)
      output.flush()
      return code
    } catch let error as UsageError {
      output.note("almanac \(word): \(error.message)")
      return ExitCode.usage
    } catch let error as CommandFailure {
      output.note("almanac \(word): \(error.message)")
      return error.exitCode
    } catch {
      output.note("almanac \(word): \(error)")
      return ExitCode.failed
    }
  }

  private var overview: String {
    let width = Self.commands.map { $0.specification.name.count }.max() ?? 0
    let lines = Self.commands.map { command in
      let name = command.specification.name
      return
        "  \(name)\(String(repeating: " ", count: width - name.count + 2))\(command.specification.summary)"
    }
    return """
      Almanac \(Database.version): columnar analytics beside PostgreSQL.

      Usage: almanac COMMAND [options]

      \(lines.joined(separator: "\n"))

      almanac COMMAND --help tells the options of a command.

      """
  }
}
