import Glibc
import SystemIO

// Commands are added here as their parts of the engine land.
let words = Array(CommandLine.arguments.dropFirst())
let output = StandardOutput()
do {
  guard words.first == "generate" else {
    throw UsageError(message: "usage: almanac generate [options]")
  }
  let arguments = try Arguments(Array(words.dropFirst()), for: GenerateCommand.specification)
  if arguments.has("help") {
    output.write(GenerateCommand.specification.help)
  } else {
    try GenerateCommand(arguments).run { output.note($0) }
  }
  output.flush()
} catch let error as UsageError {
  output.note("almanac: \(error.message)")
  exit(2)
} catch {
  output.note("almanac: \(error)")
  exit(1)
}
