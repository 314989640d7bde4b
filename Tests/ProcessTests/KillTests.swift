// A real server, killed at random moments while clients write, and started again.
//
// ALMANAC_KILL_ROUNDS and ALMANAC_KILL_SEED choose more rounds, or other ones.

import Foundation
import SystemIO
import TestSupport
import Testing

private func environment(_ name: String) -> Int? {
  ProcessInfo.processInfo.environment[name].flatMap { Int($0) }
}

/// What the lives of the server did, read while they lasted.
private struct Coverage {
  var seals = 0
  var compactions = 0
  var checkpoints = 0
  var merges = 0
  var segmentsMax = 0
  var deletedInSegmentsMax = 0
}

/// Watches a server until it is gone.
private final class CoverageWatch: Sendable {
  private let seen = Monitor(Coverage())

  func watch(_ connection: LibpqConnection) throws -> SystemIO.Thread {
    try .start(name: "coverage") { [seen] in
      var last: [Int] = []
      while let row = try? Self.look(connection) {
        last = row
        SystemIO.sleep(nanoseconds: 5_000_000)
      }
      guard last.count == 6 else { return }
      let life = last
      seen.update { seen in
        seen.seals += life[0]
        seen.compactions += life[1]
        seen.checkpoints += life[2]
        seen.merges += life[3]
        seen.segmentsMax = max(seen.segmentsMax, life[4])
        seen.deletedInSegmentsMax = max(seen.deletedInSegmentsMax, life[5])
      }
    }
  }

  private static func look(_ connection: LibpqConnection) throws -> [Int] {
    let results = try connection.execute(
      "SELECT seals, compactions, checkpoints, merges FROM almanac.maintenance; "
        + "SELECT count(*), coalesce(sum(deleted_rows), 0) FROM almanac.segments"
    )
    return results.flatMap { $0.texts[0].map { $0.flatMap { Int($0) } ?? 0 } }
  }

  var coverage: Coverage { seen.withLock { $0 } }
}

@Suite(.serialized) struct KillTests {
  private static let tables = """
    CREATE TABLE deals (id bigint PRIMARY KEY, client integer NOT NULL, at date, amount bigint)
      PARTITION BY MONTH (at) ORDER BY (client, at);
    CREATE TABLE archive (id bigint PRIMARY KEY, client integer, amount bigint);
    CREATE TABLE journal (client integer, entry bigint)
    """

  @Test func `what a killed server acknowledged is there again, once and whole`() throws {
    let rounds = environment("ALMANAC_KILL_ROUNDS") ?? 15
    let seed = UInt64(environment("ALMANAC_KILL_SEED") ?? Int.random(in: 1..<1 << 40))
    print("ALMANAC_KILL_SEED=\(seed)")
    var random = SeededRandom(seed: seed)
    let server = ServedDatabase(options: ServedDatabase.smallOptions)
    let clients = (1...4).map { ModelClient(number: $0, seed: seed) }
    let watch = CoverageWatch()
    try server.start()
    _ = try server.connect().execute(Self.tables)
    for round in 0..<rounds {
      let watching = try watch.watch(try server.connect())
      for client in clients { try client.start(server) }
      SystemIO.sleep(nanoseconds: UInt64(50 + random.below(800)) * 1_000_000)
      server.kill()
      for client in clients { client.join() }
      watching.join()
      let check = try server.check()
      #expect(check.end == .exited(0), "round \(round), seed \(seed): \(check.log)")
      if random.below(3) == 0 { try killStarting(server, &random) }
      try server.start()
      try compare(server, clients, "round \(round), seed \(seed)")
    }
    #expect(try server.terminate() == .exited(0))
    let check = try server.check()
    #expect(check.end == .exited(0), "seed \(seed): \(check.log)")
    try server.start()
    try compare(server, clients, "after the end in order, seed \(seed)")
    expectCoverage(watch.coverage, clients, rounds: rounds)
  }

  @Test func `the same check notices a log that lost its end`() throws {
    let seed = UInt64.random(in: 1..<1 << 40)
    let server = ServedDatabase(options: ["--threads", "2"])
    let clients = (1...2).map { ModelClient(number: $0, seed: seed) }
    try server.start()
    _ = try server.connect().execute(Self.tables)
    for client in clients { try client.start(server) }
    // However busy the machine is, there must be something to lose.
    var path = ""
    for _ in 0..<600 {
      SystemIO.sleep(nanoseconds: 100_000_000)
      let names = try FileManager.default.contentsOfDirectory(atPath: server.directory)
      let log = try #require(names.filter { $0.hasSuffix(".wal") }.max())
      path = "\(server.directory)/\(log)"
      let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
      if (size ?? 0) > 200_000 { break }
    }
    server.kill()
    for client in clients { client.join() }
    let bytes = try #require(FileManager.default.contents(atPath: path))
    try bytes.prefix(bytes.count / 2).write(to: URL(fileURLWithPath: path))
    // Refusing to start would notice it too.
    guard (try? server.start()) != nil else { return }
    let found = try contents(server)
    let wrong = clients.compactMap { $0.accept(found[$0.number] ?? ClientModel()) }
    #expect(!wrong.isEmpty, "seed \(seed)")
  }

  /// Kills servers in the middle of their recovery.
  private func killStarting(_ server: ServedDatabase, _ random: inout SeededRandom) throws {
    for _ in 0..<3 {
      try server.launch()
      SystemIO.sleep(nanoseconds: UInt64(random.below(60)) * 1_000_000)
      server.kill()
    }
  }

  private func compare(
    _ server: ServedDatabase,
    _ clients: [ModelClient],
    _ place: Comment
  ) throws {
    let found = try contents(server)
    for client in clients {
      let wrong = client.accept(found[client.number] ?? ClientModel())
      #expect(wrong == nil, place)
    }
  }

  /// The rows of every client.
  private func contents(_ server: ServedDatabase) throws -> [Int: ClientModel] {
    let results = try server.connect().execute(
      "SELECT client, id, extract(month FROM at)::int, amount FROM deals; "
        + "SELECT client, id, amount FROM archive; SELECT client, entry FROM journal"
    )
    let tables = results.map { $0.texts.map { $0.map { $0.flatMap { Int($0) } ?? -1 } } }
    var found: [Int: ClientModel] = [:]
    for row in tables[0] {
      let deal = ClientModel.Deal(month: row[2], amount: row[3])
      let twin = found[row[0], default: ClientModel()].deals.updateValue(deal, forKey: row[1])
      #expect(twin == nil, "deal \(row[1]) is there twice")
    }
    for row in tables[1] {
      let twin = found[row[0], default: ClientModel()].archive.updateValue(row[2], forKey: row[1])
      #expect(twin == nil, "deal \(row[1]) is archived twice")
    }
    for row in tables[2] { found[row[0], default: ClientModel()].journal[row[1], default: 0] += 1 }
    return found
  }

  private func expectCoverage(_ coverage: Coverage, _ clients: [ModelClient], rounds: Int) {
    print("kills: \(rounds) rounds, \(coverage)")
    for kind in Operation.Kind.allCases {
      let count = clients.reduce(0) { $0 + ($1.counts[kind] ?? 0) }
      print("kills: \(count) times \(kind)")
      #expect(count > 0 || rounds < 10, "never acknowledged: \(kind)")
    }
    #expect(coverage.seals > rounds && coverage.segmentsMax > 3, "\(coverage)")
    #expect(coverage.compactions > 0 && coverage.deletedInSegmentsMax > 0, "\(coverage)")
    #expect(coverage.checkpoints > 0, "\(coverage)")
  }
}
