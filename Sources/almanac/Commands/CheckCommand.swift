import Engine
import Storage
import SystemIO

/// `almanac check DIR`: reads everything and verifies checksums, statistics and index entries.
struct CheckCommand: Command {
  static let specification = CommandSpecification(
    name: "check",
    summary: "Verifies every checksum, statistic and index entry of a data directory.",
    arguments: "DIR",
    options: [],
    notes: "Exit codes: 0 clean, 1 something is wrong, 3 cannot open."
  )

  private let directory: String

  init(_ arguments: Arguments) throws(UsageError) {
    guard arguments.positional.count == 1 else {
      throw UsageError(message: "name one data directory")
    }
    directory = arguments.positional[0]
  }

  func run(_ output: StandardOutput) throws(CommandFailure) -> Int32 {
    var findings = 0
    do throws(StorageError) {
      _ = try checkStore(PosixFileSystem(), at: directory) { finding in
        findings += 1
        output.write("\(finding.file) at offset \(finding.offset): \(finding.what)\n")
      }
    } catch {
      throw CommandFailure(
        EngineError(error).display(in: nil),
        exitCode: ExitCode.unavailable
      )
    }
    output.write(findings == 0 ? "\(directory): clean\n" : "\(findings) findings\n")
    return findings == 0 ? ExitCode.success : ExitCode.failed
  }
}
