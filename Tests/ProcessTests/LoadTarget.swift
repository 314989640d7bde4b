import Foundation
import SystemIO

/// How `almanac load` reaches a table.
enum LoadDoor: CaseIterable, Sendable {
  case directory, server
}

/// A table `t (id, at, amount)` with a key, and the program that loads files into it.
final class LoadTarget {
  let database: ServedDatabase
  let folder: String
  private let door: LoadDoor

  /// - Parameters:
  ///   - door: Whether a server has the data open.
  ///   - disk: Where the data lies; nil: in a temporary folder.
  /// - Throws: What the programs say that do not succeed.
  init(_ door: LoadDoor, on disk: (any SmallDisk)? = nil) throws {
    self.door = door
    folder = NSTemporaryDirectory() + "almanac-load-\(UInt64.random(in: 0 ... .max))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    database = ServedDatabase(directory: disk?.directory, prefix: disk?.prefix ?? [])
    if door == .server { try database.start() }
    _ = try rows(
      "CREATE TABLE t (id bigint PRIMARY KEY, at date, amount bigint) PARTITION BY MONTH (at)"
    )
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  /// The words that name the data.
  var place: [String] {
    door == .server
      ? ["--connect", "127.0.0.1:\(database.port)"] : ["--data", database.directory]
  }

  func path(_ name: String) -> String { "\(folder)/\(name)" }

  /// Writes a file of rows `id,2026-01-DD,amount` with a header line.
  @discardableResult
  func file(
    _ name: String,
    _ ids: some Sequence<Int>,
    amount: (Int) -> String = { "\($0 % 977)" }
  ) throws -> String {
    var text = Array("id,at,amount\n".utf8)
    for id in ids { text += Array("\(id),2026-01-\(10 + id % 18),\(amount(id))\n".utf8) }
    try Data(text).write(to: URL(fileURLWithPath: path(name)))
    return path(name)
  }

  /// Loads files to the end.
  func load(_ words: [String]) throws -> (end: AlmanacProcess.End, log: String) {
    try AlmanacProcess.run(["load"] + place + ["--table", "t"] + words, prefix: prefix)
  }

  /// Starts a load in a shell: what stands for `$LOAD` is the program up to its options.
  func shell(_ text: String) throws -> AlmanacProcess {
    let words = prefix + [AlmanacProcess.binary, "load"] + place + ["--table", "t"]
    return try AlmanacProcess(shell: text.replacing("$LOAD", with: words.joined(separator: " ")))
  }

  /// The rows of a query through the same door, fields with commas between them.
  func rows(_ sql: String) throws -> [String] {
    let words = ["query"] + place + ["--format", "csv", sql]
    let result = try AlmanacProcess.run(words, prefix: prefix)
    guard result.end == .exited(0) else { throw ProcessFailure(result.log) }
    return result.log.split(separator: "\n").dropFirst().map(String.init)
  }

  private var prefix: [String] { door == .server ? [] : database.prefix }
}
