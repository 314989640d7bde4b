import Foundation
import TestSupport
import Testing

/// One `.slt` file under `cases`.
struct LogicCase: Sendable, CustomTestStringConvertible {
  /// Path below `cases` without the ending, such as `types/numeric`.
  var name: String
  var path: String

  var testDescription: String { name }

  /// Every file, or those that `LOGIC_FILES` picks, in order of name.
  static func all() throws -> [LogicCase] {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("cases").path
    let picked = ProcessInfo.processInfo.environment["LOGIC_FILES"] ?? ""
    return try FileManager.default.subpathsOfDirectory(atPath: folder)
      .filter { $0.hasSuffix(".slt") && (picked.isEmpty || $0.contains(picked)) }
      .sorted()
      .map { LogicCase(name: String($0.dropLast(4)), path: "\(folder)/\($0)") }
  }

  /// Records an issue at the file's line for every failure.
  func check(_ report: LogicReport) {
    for failure in report.failures {
      Issue.record(
        "\(name).slt:\(failure.line)\n\(failure)",
        sourceLocation: SourceLocation(
          fileID: "LogicTests/\(name).slt",
          filePath: path,
          line: failure.line,
          column: 1
        )
      )
    }
    #expect(report.checkedCount > 0)
  }
}
