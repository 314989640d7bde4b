import Foundation
import TestSupport
import Testing

/// The main body of SQL tests: `.slt` files whose answers come from PostgreSQL.
///
/// `LOGIC_REWRITE=1` writes PostgreSQL's answers into the files instead of comparing;
/// `LOGIC_FILES=text` runs only the files whose path contains the text.
@Suite struct LogicTests {
  @Test(arguments: try LogicCase.all())
  func `PostgreSQL answers as written`(_ logicCase: LogicCase) throws {
    let runner = LogicTestRunner(file: try LogicFile(path: logicCase.path))
    try PostgresLogicTarget.withDatabase(named: logicCase.name, on: .shared()) { target in
      if ProcessInfo.processInfo.environment["LOGIC_REWRITE"] == "1" {
        let text = runner.rewritten(on: target)
        try text.write(toFile: logicCase.path, atomically: true, encoding: .utf8)
      } else {
        logicCase.check(runner.run(on: target))
      }
    }
  }

  @Test(arguments: try LogicCase.all())
  func `Almanac answers as PostgreSQL does`(_ logicCase: LogicCase) throws {
    try check(logicCase, tinyBlocks: false)
  }

  @Test(arguments: try LogicCase.all())
  func `Almanac answers the same from tiny blocks`(_ logicCase: LogicCase) throws {
    try check(logicCase, tinyBlocks: true)
  }

  private func check(_ logicCase: LogicCase, tinyBlocks: Bool) throws {
    let target = try EmbeddedLogicTarget(tinyBlocks: tinyBlocks)
    let runner = LogicTestRunner(file: try LogicFile(path: logicCase.path))
    logicCase.check(runner.run(on: target))
    try target.close()
  }

  @Test func `there are cases`() throws {
    #expect(try !LogicCase.all().isEmpty)
  }
}
