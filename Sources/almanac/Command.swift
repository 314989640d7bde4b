/// A command of the program: `almanac NAME …`.
protocol Command {
  static var specification: CommandSpecification { get }
  init(_ arguments: Arguments) throws(UsageError)
  /// - Returns: The exit code.
  /// - Throws: ``CommandFailure`` with what to tell the user.
  func run(_ output: StandardOutput) throws(CommandFailure) -> Int32
}

/// Why a command could not do its work.
struct CommandFailure: Error {
  var message: String
  var exitCode: Int32

  init(_ message: String, exitCode: Int32 = ExitCode.failed) {
    self.message = message
    self.exitCode = exitCode
  }
}

/// What the program's exit code says; scripts may rely on it.
enum ExitCode {
  static let success: Int32 = 0
  /// A statement, a load or a check failed.
  static let failed: Int32 = 1
  /// The command line is wrong.
  static let usage: Int32 = 2
  /// The data directory or the server could not be opened.
  static let unavailable: Int32 = 3
  /// Ctrl-C.
  static let interrupted: Int32 = 130
}
