import Foundation
import TestSupport
import Testing

/// Programs that people use, each doing the same on a PostgreSQL 15 and on Almanac.
@Suite struct RealClientTests {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("clients").path
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path

  private struct Output {
    var status: Int32
    var text: String
  }

  /// Runs a program to its end; at most a minute and a half.
  private func run(_ words: [String]) throws -> Output {
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/timeout")
    process.arguments = ["--kill-after=5", "90"] + words
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let text = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return Output(status: process.terminationStatus, text: String(decoding: text, as: UTF8.self))
  }

  /// The python that has the drivers.
  private func python() throws -> String {
    let output = try run(["\(Self.root)/tools/clients"])
    try #require(output.status == 0, "\(output.text)")
    return String(output.text.split(separator: "\n").last ?? "")
  }

  private func postgres() throws -> String {
    let server = try PostgresServer.shared()
    return "host=127.0.0.1 port=\(server.port) user=postgres dbname=postgres"
  }

  @Test(arguments: ["psycopg_checks.py", "asyncpg_checks.py"])
  func `a driver's checks pass on PostgreSQL and on Almanac`(script: String) throws {
    let python = try python()
    try TestServer.run { server in
      for address in [try postgres(), server.connectionString] {
        let output = try run([python, "-B", "\(Self.folder)/\(script)", address])
        let last = output.text.split(separator: "\n").last ?? ""
        #expect(output.status == 0 && last.hasSuffix("checks passed"), "\(address)\n\(output.text)")
      }
    }
  }

  /// What psql prints, without times.
  private func psql(_ address: String, _ script: String = "psql_checks.sql") throws -> [Substring] {
    let output = try run(["psql", "-X", address, "-f", "\(Self.folder)/\(script)"])
    #expect(output.status == 0, "\(output.text)")
    return output.text.split(separator: "\n", omittingEmptySubsequences: false).map {
      $0.hasPrefix("Time: ") && $0.hasSuffix(" ms") ? "Time" : $0
    }
  }

  private func compare(_ expected: [some StringProtocol], _ found: [some StringProtocol]) {
    for (line, pair) in zip(expected, found).enumerated() where pair.0 != pair.1 {
      Issue.record("line \(line + 1): \(pair.1)\ninstead of \(pair.0)")
      break
    }
    #expect(found.count == expected.count)
  }

  @Test func `psql prints the same on PostgreSQL and on Almanac`() throws {
    try TestServer.run { server in
      let expected = try psql(try postgres())
      #expect(expected.count > 100 && expected.contains("Time"))
      compare(expected, try psql(server.connectionString))
    }
  }

  /// Lines without what depends on how long the users' names are.
  private func withoutUsers(_ lines: [Substring]) -> [String] {
    lines.map { line in
      var text = String(line).replacing("postgres", with: "almanac")
      while text.contains("  ") { text = text.replacing("  ", with: " ") }
      while text.contains("--") { text = text.replacing("--", with: "-") }
      return text.hasPrefix(" ") ? String(text.dropFirst()) : text
    }
  }

  @Test func `psql describes the same tables on PostgreSQL and on Almanac`() throws {
    try TestServer.run { server in
      let script = "psql_catalog_checks.sql"
      let expected = withoutUsers(try psql(try postgres(), script))
      #expect(expected.count > 200 && expected.contains("Indexes:"))
      compare(expected, withoutUsers(try psql(server.connectionString, script)))
    }
  }

  @Test(arguments: [
    "\\d+ described", "\\d+ described_view", "\\dt+", "\\l", "\\l+", "\\du", "\\db", "\\dn+",
    "\\conninfo",
  ])
  func `psql's other commands end well`(command: String) throws {
    try TestServer.run { server in
      let connection = try LibpqConnection(server.connectionString)
      try connection.execute(
        "CREATE TABLE described (id bigint PRIMARY KEY, name text DEFAULT 'x')"
      )
      try connection.execute("CREATE VIEW described_view AS SELECT name FROM described")
      let output = try run(["psql", "-X", server.connectionString, "-c", command])
      #expect(output.status == 0 && !output.text.contains("ERROR"), "\(output.text)")
    }
  }
}
