import Foundation
import ReportSyntax
import TestSupport

/// The text of statements.
enum SyntaxTarget: FuzzTarget {
  static let name = "sql"

  /// Every statement of the logic tests that is not long.
  static func seeds() throws -> [[UInt8]] {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent(
        "LogicTests/cases"
      )
    let files =
      FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
    var texts: Set<String> = [
      "CREATE REPORT r(a int DEFAULT 1) AS SELECT * FROM t WHERE id = :a", "COMPACT TABLE t",
    ]
    for name in files.sorted() where name.hasSuffix(".slt") {
      let file = try LogicFile(path: folder.appendingPathComponent(name).path)
      texts.formUnion(file.records.map(\.sql).filter { $0.utf8.count < 300 })
    }
    return texts.sorted().map { Array($0.utf8) }
  }

  static func run(_ bytes: [UInt8]) {
    for options in [ParseOptions.standard, .report] {
      guard let statements = try? Parser.parseStatements(bytes, options: options) else { continue }
      for statement in statements {
        let printed = Array(Printer.text(of: statement.statement).utf8)
        guard let again = try? Parser.parseStatements(printed, options: .report), again.count == 1
        else { broken("does not read again: \(String(decoding: printed, as: UTF8.self))") }
        let twice = Array(Printer.text(of: again[0].statement).utf8)
        guard twice == printed else {
          broken("prints differently: \(String(decoding: printed, as: UTF8.self))")
        }
      }
    }
    _ = try? Parser.parseExpression(bytes)
  }
}
