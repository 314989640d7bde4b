import Foundation
import SystemIO
import TestSupport

/// A data directory and the `almanac serve` that has it open.
final class ServedDatabase {
  let directory: String
  private let options: [String]
  let prefix: [String]
  private(set) var process: AlmanacProcess?
  private(set) var port: UInt16 = 0

  /// Everything small: blocks of 64 rows, a segment every 7, a checkpoint every 16 KiB of log.
  static let smallOptions = [
    "--block-rows", "64", "--seal-rows", "7", "--compact-segments", "3", "--checkpoint-log",
    "16KB", "--threads", "2",
  ]

  /// - Parameters:
  ///   - directory: Where the data lies; a temporary folder by default.
  ///   - options: More words for `almanac serve`.
  ///   - prefix: Words before `almanac`.
  init(directory: String? = nil, options: [String] = [], prefix: [String] = []) {
    let name = "almanac-served-\(UInt64.random(in: 0 ... .max))"
    self.directory = directory ?? NSTemporaryDirectory() + name
    self.options = options
    self.prefix = prefix
  }

  deinit {
    kill()
    try? FileManager.default.removeItem(atPath: directory)
  }

  /// Starts the server and waits until it listens.
  func start(environment: [String] = []) throws {
    let process = try launch(environment: environment)
    for _ in 0..<30_000 {
      if let ready = process.log.split(separator: "\n").first(where: { $0.contains("ready on") }) {
        guard let port = ready.split(separator: ":").last.flatMap({ UInt16($0) }) else { break }
        self.port = port
        return
      }
      guard process.isRunning else { break }
      SystemIO.sleep(nanoseconds: 1_000_000)
    }
    throw ProcessFailure("almanac serve did not start: \(process.log)")
  }

  /// Starts the server without waiting for anything; `environment` has `NAME=value` beside the tests' own.
  @discardableResult
  func launch(environment: [String] = []) throws -> AlmanacProcess {
    let words = ["serve", "--data", directory, "--listen", "127.0.0.1:0"] + options
    let setting = environment.isEmpty ? [] : ["/usr/bin/env"] + environment
    let process = try AlmanacProcess(words, prefix: prefix + setting)
    self.process = process
    return process
  }

  func connect() throws -> LibpqConnection {
    try LibpqConnection("host=127.0.0.1 port=\(port) user=almanac dbname=almanac")
  }

  /// Rows of a query, on a connection of its own.
  func rows(_ sql: String) throws -> [[String?]] {
    try connect().execute(sql).last?.texts ?? []
  }

  /// `kill -9`, and waits until the process is gone.
  func kill() {
    guard let process, process.isRunning else { return }
    _ = process.signal(SIGKILL)
    _ = try? process.wait()
  }

  /// SIGTERM, and waits for the end.
  func terminate() throws -> AlmanacProcess.End {
    guard let process else { throw ProcessFailure("not started") }
    _ = process.signal(SIGTERM)
    return try process.wait()
  }

  /// `almanac check` of the directory, which nobody may have open.
  func check() throws -> (end: AlmanacProcess.End, log: String) {
    try AlmanacProcess.run(["check", directory], prefix: prefix)
  }
}
