// `almanac replicate` as a person uses it: what it says, how it ends, and that the next start goes on where the last one ended.

import Foundation
import SystemIO
import TestSupport
import Testing

@Suite(.serialized) struct ReplicateProgramTests {
  private static let schema = """
    CREATE TABLE a (id integer PRIMARY KEY, v text);
    CREATE TABLE b (id integer PRIMARY KEY, n numeric(12,2));
    INSERT INTO a SELECT i, md5(i::text) FROM generate_series(1, 2000) i;
    INSERT INTO b SELECT i, i / 3.0 FROM generate_series(1, 2000) i
    """

  /// A source and a directory of its own.
  private final class Setting {
    let source: PostgresServer
    let writer: LibpqConnection
    let directory = NSTemporaryDirectory() + "almanac-replicate-\(UInt64.random(in: 0 ... .max))"

    init() throws {
      source = try PostgresServer.logical()
      writer = try LibpqConnection(source.connectionString())
      try writer.execute(ReplicateProgramTests.schema)
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    var creation: [String] { ["--source", source.connectionString(), "--tables", "a, b"] }

    func start(_ words: [String] = []) throws -> AlmanacProcess {
      try AlmanacProcess(["replicate", "--data", directory] + words)
    }

    func run(_ words: [String]) throws -> (end: AlmanacProcess.End, log: String) {
      try AlmanacProcess.run(["replicate", "--data", directory] + words)
    }

    /// Rows of the directory, which nobody has open.
    func rows(_ query: String) throws -> String {
      let words = ["query", "--data", directory, "--format", "csv", query]
      let found = try AlmanacProcess.run(words)
      guard found.end == .exited(0), let head = found.log.firstIndex(of: "\n") else {
        throw ProcessFailure(found.log)
      }
      return String(found.log[found.log.index(after: head)...])
    }

    /// Compares every row.
    func expectEqual(sourceLocation: SourceLocation = #_sourceLocation) throws {
      for table in ["a", "b"] {
        let query = "SELECT * FROM \(table) ORDER BY id"
        let expected = try writer.execute(query).last?.texts ?? []
        let lines = expected.map { $0.map { $0 ?? "" }.joined(separator: ",") + "\n" }
        #expect(try rows(query) == lines.joined(), sourceLocation: sourceLocation)
      }
      // Neither was missing nor there twice, and nothing was healed by another copy.
      let counters =
        "SELECT sum(missing_keys + duplicate_keys + resyncs) FROM almanac.replication_tables"
      #expect(try rows(counters) == "0\n", sourceLocation: sourceLocation)
    }

    func change(_ number: Int) throws {
      try writer.execute(
        """
        INSERT INTO a SELECT i, 'new' FROM generate_series(\(number * 10_000), \(number * 10_000 + 300)) i;
        UPDATE a SET v = v || '\(number)' WHERE id % 5 = \(number % 5); DELETE FROM b WHERE id % 97 = \(number);
        UPDATE b SET n = n + \(number), id = id + 100000 * (id % 2) WHERE id % 11 = \(number % 11) AND id < 100000
        """
      )
    }
  }

  private func wait(_ program: AlmanacProcess, for text: String) throws {
    let start = Date()
    while !program.log.contains(text) {
      guard program.isRunning, Date().timeIntervalSince(start) < 60 else {
        throw ProcessFailure("\"\(text)\" was not said: \(program.log)")
      }
      SystemIO.sleep(nanoseconds: 5_000_000)
    }
  }

  @Test func `it copies, follows, ends in order, and goes on where it was`() throws {
    let setting = try Setting()
    for (number, signal) in [SIGINT, SIGTERM].enumerated() {
      // The second start has the replication already; naming it again changes nothing.
      let program = try setting.start(number == 0 ? setting.creation : [])
      try wait(program, for: "source: streaming, 2 of 2 tables ready, applied up to ")
      try setting.change(number + 1)
      _ = program.signal(signal)
      #expect(try program.wait() == .exited(0), "\(program.log)")
      #expect(!program.log.contains("reconnecting"))
    }
    try setting.change(3)
    // To the end of what is there, and no further.
    let once = try setting.run(["--once"] + setting.creation)
    #expect(once.end == .exited(0), "\(once.log)")
    try setting.expectEqual()
    #expect(try AlmanacProcess.run(["check", setting.directory]).end == .exited(0))
  }

  @Test func `killed at any moment it goes on, and nothing is lost or doubled`() throws {
    let setting = try Setting()
    let seed = UInt64.random(in: 1..<1 << 40)
    print("seed \(seed)")
    var random = SeededRandom(seed: seed)
    for number in 1...6 {
      let program = try setting.start(setting.creation)
      for step in 0..<4 {
        try setting.change(number * 4 + step)
        SystemIO.sleep(nanoseconds: UInt64(random.below(60)) * 1_000_000)
      }
      _ = program.signal(SIGKILL)
      #expect(try program.wait() == .killed(signal: SIGKILL))
    }
    let once = try setting.run(["--once"])
    #expect(once.end == .exited(0), "\(once.log)")
    try setting.expectEqual()
  }

  @Test func `a given slot and publication are used, and their lack is told`() throws {
    let setting = try Setting()
    try setting.writer.execute("CREATE PUBLICATION mine FOR TABLE a, b")
    try setting.writer.execute("SELECT pg_create_logical_replication_slot('given', 'pgoutput')")
    try setting.change(1)
    let given = ["--slot", "given", "--publication", "mine", "--once"]
    let once = try setting.run(setting.creation + given)
    #expect(once.end == .exited(0), "\(once.log)")
    try setting.expectEqual()
    let shown = "SELECT slot, publication FROM almanac.replication"
    #expect(try setting.rows(shown) == "given,mine\n")
    let made = "SELECT string_agg(slot_name, ' ') FROM pg_replication_slots"
    #expect(try setting.writer.execute(made).last?.texts == [["given"]])
    let other = try Setting()
    let lacking = try other.run(other.creation + ["--publication", "none", "--once"])
    #expect(lacking.end == .exited(1))
    #expect(
      lacking.log.contains("source: PublicationMissing") && lacking.log.contains("\"none\""),
      "\(lacking.log)"
    )
  }

  @Test func `wrong uses and sources that are not there are told`() throws {
    let setting = try Setting()
    for (words, said) in [
      (["--slot", "s"], "--slot needs --source"), (["--tables", "a"], "--tables needs --source"),
      (["--source", "host=x"], "--tables"), (["more"], "unknown argument more"),
    ] {
      let wrong = try setting.run(words)
      #expect(wrong.end == .exited(2) && wrong.log.contains(said), "\(words): \(wrong.log)")
    }
    let nonsense = try setting.run(["--source", "nonsense", "--tables", "a"])
    #expect(nonsense.end != .exited(0) && nonsense.log.contains("missing \"=\""), "\(nonsense.log)")
    // It may come back: it is tried again until somebody ends the program.
    let nowhere = ["--source", "host=127.0.0.1 port=1 dbname=x user=y", "--tables", "a"]
    let program = try setting.start(nowhere)
    try wait(program, for: "source: reconnecting, 0 of 1 tables ready")
    #expect(program.log.contains("port 1") && program.isRunning)
    _ = program.signal(SIGTERM)
    #expect(try program.wait() == .exited(0))
  }
}
