import Foundation
import SystemIO
import TestSupport
import Testing

/// `almanac load`, killed: a file is there wholly or not at all.
@Suite(.serialized) struct LoadKillTests {
  private static let rowCount = 400_000

  private func makeFile(_ path: String) throws {
    var text = Array("id,at,amount\n".utf8)
    for id in 1...Self.rowCount {
      text += Array("\(id),2026-\(id % 2 == 0 ? "01" : "02")-\(10 + id % 18),\(id % 977)\n".utf8)
    }
    try Data(text).write(to: URL(fileURLWithPath: path))
  }

  @Test func `a killed load leaves a file wholly or not at all`() throws {
    let seed = UInt64.random(in: 1..<1 << 40)
    print("seed \(seed)")
    var random = SeededRandom(seed: seed)
    let database = ServedDatabase()
    let file = database.directory + ".csv"
    defer { try? FileManager.default.removeItem(atPath: file) }
    try makeFile(file)
    // Every other table has a key.
    let names = (0..<8).map { "t\($0)" }
    for (place, name) in names.enumerated() {
      let key = place % 2 == 0 ? " PRIMARY KEY" : ""
      let create =
        "CREATE TABLE \(name) (id bigint\(key), at date, amount bigint) PARTITION BY MONTH (at)"
      #expect(try query(database, create).end == .exited(0))
    }
    let start = Date()
    #expect(try load(database, names[0], file).wait() == .exited(0))
    let seconds = Date().timeIntervalSince(start)
    var (none, whole) = (0, 0)
    for name in names.dropFirst() {
      let loading = try load(database, name, file)
      let milliseconds = 1 + random.below(Int(seconds * 1_000))
      SystemIO.sleep(nanoseconds: UInt64(milliseconds) * 1_000_000)
      _ = loading.signal(SIGKILL)
      _ = try loading.wait()
      let check = try database.check()
      #expect(check.end == .exited(0), "seed \(seed): \(check.log)")
      let count = try query(database, "SELECT count(*) FROM \(name)").log
      if count.contains("\(Self.rowCount)") {
        whole += 1
        let again = try load(database, name, file)
        #expect(try again.wait() == .exited(1))
        #expect(again.log.contains("was loaded into") || again.log.contains("is there already"))
      } else {
        #expect(count.split(whereSeparator: { !$0.isNumber }) == ["0"], "seed \(seed): \(count)")
        none += 1
        let again = try load(database, name, file)
        #expect(try again.wait() == .exited(0), "\(again.log)")
      }
      let answer = try query(database, "SELECT count(*), count(DISTINCT id) FROM \(name)").log
      let numbers = answer.split(whereSeparator: { !$0.isNumber })
      #expect(numbers == ["\(Self.rowCount)", "\(Self.rowCount)"])
    }
    print("loads: \(none) killed before, \(whole) after their commit")
    #expect(none > 0)
  }

  private func load(
    _ database: ServedDatabase,
    _ table: String,
    _ file: String
  ) throws
    -> AlmanacProcess
  {
    let words = ["load", "--data", database.directory, "--table", table, "--memory", "16MB", file]
    return try AlmanacProcess(words)
  }

  private func query(
    _ database: ServedDatabase,
    _ sql: String
  ) throws
    -> (end: AlmanacProcess.End, log: String)
  {
    try AlmanacProcess.run(["query", "--data", database.directory, "--format", "csv", sql])
  }
}
