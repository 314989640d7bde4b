import Foundation
import SystemIO
import TestSupport

/// A real `almanac` process, with what it said; it dies with the tests, however they end.
final class AlmanacProcess {
  /// How a program ended.
  enum End: Equatable {
    case exited(Int32)
    case killed(signal: Int32)
  }

  private let process = Process()
  private let logPath: String

  /// The program, which the build leaves beside the tests.
  static let binary: String = {
    let tests = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    return tests.deletingLastPathComponent().appendingPathComponent("almanac").path
  }()

  /// Starts `almanac` with `arguments`, behind the words of `prefix` (such as `nsenter …`).
  convenience init(_ arguments: [String], prefix: [String] = []) throws {
    try self.init(words: prefix + [Self.binary] + arguments)
  }

  /// Starts what a shell makes of `shell`.
  convenience init(shell: String) throws { try self.init(words: ["/bin/sh", "-c", shell]) }

  private init(words command: [String]) throws {
    logPath = NSTemporaryDirectory() + "almanac-process-\(UInt64.random(in: 0 ... .max)).log"
    _ = FileManager.default.createFile(atPath: logPath, contents: nil)
    let log = FileHandle(forWritingAtPath: logPath)
    // The kernel kills the program when the thread that started it ends.
    let leash = ["/usr/bin/setpriv", "--pdeathsig", "KILL", "--"]
    let words = leash + command
    process.executableURL = URL(fileURLWithPath: words[0])
    process.arguments = Array(words.dropFirst())
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = log
    process.standardError = log
    try Launcher.shared.run(process)
    try? log?.close()
  }

  deinit {
    if process.isRunning { _ = signal(SIGKILL) }
    try? FileManager.default.removeItem(atPath: logPath)
  }

  var processID: Int32 { process.processIdentifier }
  var isRunning: Bool { process.isRunning }

  /// What the program has written to its output and its errors so far.
  var log: String {
    String(decoding: FileManager.default.contents(atPath: logPath) ?? Data(), as: UTF8.self)
  }

  func signal(_ number: Int32) -> Bool { kill(processID, number) == 0 }

  /// Waits for the end.
  func wait(seconds: Double = 30) throws -> End {
    let start = Date()
    while process.isRunning {
      guard Date().timeIntervalSince(start) < seconds else {
        throw ProcessFailure("almanac did not end within \(seconds) s: \(log)")
      }
      SystemIO.sleep(nanoseconds: 1_000_000)
    }
    let status = process.terminationStatus
    return process.terminationReason == .exit ? .exited(status) : .killed(signal: status)
  }

  /// Runs a command to its end.
  static func run(
    _ arguments: [String],
    prefix: [String] = []
  ) throws -> (end: End, log: String) {
    let program = try AlmanacProcess(arguments, prefix: prefix)
    return (try program.wait(), program.log)
  }
}

/// Something outside of the database that a test cannot go on without.
struct ProcessFailure: Error, CustomStringConvertible {
  var description: String
  init(_ description: String) { self.description = description }
}

/// Starts programs on a thread that lives as long as the tests.
private final class Launcher: Sendable {
  static let shared = Launcher()
  private let requests = Monitor([@Sendable () -> Void]())

  private init() {
    _ = try? SystemIO.Thread.start(name: "launcher") { [requests] in
      while true {
        let work = requests.wait { queue in queue.isEmpty ? nil : queue.removeFirst() }
        work()
      }
    }
  }

  func run(_ process: Process) throws {
    let answer = Monitor<Result<Void, any Error>?>(nil)
    requests.update { queue in
      queue.append {
        let result = Result { try process.run() }
        answer.update { $0 = result }
      }
    }
    try answer.wait { $0 }.get()
  }
}
