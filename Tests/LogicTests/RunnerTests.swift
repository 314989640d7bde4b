import Foundation
import TestSupport
import Testing

/// The runner itself: a test body that cannot fail proves nothing.
@Suite struct RunnerTests {
  /// Answers every statement with the same outcome.
  private struct Fixed: LogicTestTarget {
    var product: LogicProduct
    var outcome: Result<PostgresResult, PostgresFailure>

    func execute(_ sql: String) throws(PostgresFailure) -> PostgresResult {
      try outcome.get()
    }
  }

  private func run(
    _ text: String,
    as product: LogicProduct = .almanac,
    answering outcome: Result<PostgresResult, PostgresFailure>
  ) throws -> LogicReport {
    let path = FileManager.default.temporaryDirectory
      .appendingPathComponent("runner-\(UInt64.random(in: 0 ... .max)).slt").path
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(atPath: path) }
    return LogicTestRunner(file: try LogicFile(path: path))
      .run(on: Fixed(product: product, outcome: outcome))
  }

  private let oneRow = PostgresResult(
    columns: [PostgresColumn(name: "a", typeID: 23), PostgresColumn(name: "b", typeID: 25)],
    rows: [[Array("1".utf8), nil]],
    commandTag: "SELECT 1",
    affectedRows: 1
  )

  @Test(arguments: [
    "query int4,text\nSELECT\n----\n1|NULL\n",
    "query\nSELECT\n----\n1|NULL\n",
    "query int4,text valuesort\nSELECT\n----\n1\nNULL\n",
    "skipif almanac\nquery int4,text\nSELECT\n----\nwrong\n\nstatement ok\nSELECT\n",
    "onlyif postgres\nquery int4,text\nSELECT\n----\nwrong\n\nstatement ok\nSELECT\n",
    "statement ok\nSELECT\n\nhalt\n\nstatement error 22012\nSELECT\n",
  ])
  func `a right answer passes`(_ text: String) throws {
    let report = try run(text, answering: .success(oneRow))
    #expect(report.failures.isEmpty && report.checkedCount == 1)
  }

  @Test(arguments: [
    "query int4,text\nSELECT\n----\n2|NULL\n",
    "query int4,text\nSELECT\n----\n1|NULL\n1|NULL\n",
    "query int8,text\nSELECT\n----\n1|NULL\n",
    "query int4,text\nSELECT\n----\n",
    "statement error 22012\nSELECT\n",
    "statement count 2\nSELECT\n",
    "record\nSELECT\n",
    "hash-threshold 1\n\nquery int4,text\nSELECT\n----\n2 values hashing to 0000000000000000\n",
  ])
  func `a wrong answer fails`(_ text: String) throws {
    #expect(try run(text, answering: .success(oneRow)).failures.count == 1)
  }

  @Test(arguments: [
    ("statement error 42703\nSELECT\n----\nno column\n", true),
    ("statement error 42703 ^no\nSELECT\n", true),
    ("statement error 42703 ^yes\nSELECT\n", false),
    ("statement error 42P01\nSELECT\n", false),
    ("statement error 42703\nSELECT\n----\nother\n", false),
    ("statement ok\nSELECT\n", false),
    ("error-details on\n\nstatement error 42703\nSELECT\n----\nno column\n", false),
    ("error-details on\n\nstatement error 42703\nSELECT\n----\nno column\nPOSITION: 8\n", true),
  ])
  func `a failure is compared`(_ text: String, passes: Bool) throws {
    let failure = PostgresFailure(sqlState: "42703", message: "no column", position: 8)
    #expect(try run(text, answering: .failure(failure)).failures.isEmpty == passes)
  }

  @Test func `product comments are live for their product only`() throws {
    struct Echo: LogicTestTarget {
      var product: LogicProduct
      func execute(_ sql: String) throws(PostgresFailure) -> PostgresResult {
        throw PostgresFailure(sqlState: "00000", message: sql)
      }
    }
    let path = FileManager.default.temporaryDirectory
      .appendingPathComponent("runner-\(UInt64.random(in: 0 ... .max)).slt").path
    try "statement error 00000\na/*almanac  b*/ /*postgres c*//* d */\n----\nx\n"
      .write(toFile: path, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(atPath: path) }
    let runner = LogicTestRunner(file: try LogicFile(path: path))
    #expect(runner.run(on: Echo(product: .almanac)).failures[0].description.contains("a b /* d */"))
    #expect(runner.run(on: Echo(product: .postgres)).failures[0].description.contains("a c/* d */"))
  }

  @Test(arguments: [
    "nonsense\n", "statement\nSELECT\n", "query int4 badsort\nSELECT\n", "record\n",
  ])
  func `a malformed file is refused`(_ text: String) throws {
    #expect(throws: LogicSyntaxFailure.self) { try run(text, answering: .success(oneRow)) }
  }
}
