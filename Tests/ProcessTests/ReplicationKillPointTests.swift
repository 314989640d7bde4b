// A server that follows a source under load kills itself at a named moment, again and again; after each time every row is compared.

import Foundation
import SystemIO
import TestSupport
import Testing

/// ALMANAC_CDC_KILL_ROUNDS and ALMANAC_CDC_SEED choose more moments than five, or other ones.
@Suite(.serialized) struct ReplicationKillPointTests {
  @Test func `a kill at a named moment loses and doubles nothing`() throws {
    let all = KillPoint.allCases
    let rounds = number("ALMANAC_CDC_KILL_ROUNDS") ?? 5
    let seed = UInt64(number("ALMANAC_CDC_SEED") ?? Int.random(in: 1..<1 << 40))
    print("ALMANAC_CDC_SEED=\(seed)")
    var random = SeededRandom(seed: seed)
    let source = try PostgresServer.logical()
    try LibpqConnection(source.connectionString()).execute(ReplicationWorkload.schema)
    let served = ServedDatabase(options: ServedDatabase.smallOptions)
    try served.start()
    let writers = try Writers(source.connectionString(), count: 3, seed: seed)
    defer { writers.stop() }
    try served.connect().execute(
      "CREATE REPLICATION crm CONNECTION '\(source.connectionString())' TABLES (\(ReplicationWorkload.tableList))"
    )
    #expect(try ReplicationOracle.compare(source, served, "at first, seed \(seed)"))
    var copies = 0
    for round in 0..<rounds {
      let point = all[(round * 5 + Int(seed % UInt64(all.count))) % all.count]
      let visits = point.isRare ? 1 : 1 + random.below(6)
      let place = "round \(round), \(point.rawValue):\(visits), seed \(seed)"
      #expect(try served.terminate() == .exited(0), "\(place)")
      let environment = ["ALMANAC_KILL_AT=\(point.rawValue):\(visits)"]
      try served.start(environment: environment)
      copies += try provoke(point, source, served)
      guard try isKilled(served, place) else { return }
      try served.start()
      guard try ReplicationOracle.compare(source, served, place, copiesAskedFor: copies) else {
        return
      }
    }
    #expect(try served.terminate() == .exited(0))
    #expect(try served.check().end == .exited(0), "seed \(seed)")
  }

  /// Has the server come to a moment that the load alone does not bring.
  ///
  /// - Returns: How many tables were asked to be copied.
  private func provoke(
    _ point: KillPoint,
    _ source: PostgresServer,
    _ served: ServedDatabase
  ) throws -> Int {
    // The server may die before it answers; what was asked for is durable then, or was not taken.
    func ask(_ statement: String) throws -> Int {
      let engine = try served.connect()
      do throws(PostgresFailure) {
        try engine.execute(statement)
        return 1
      } catch {
        guard error.sqlState.isEmpty else { throw error }
        return 0
      }
    }
    switch point {
    case .slotMade: return try ask("RESYNC REPLICATION crm") * ReplicationWorkload.tables.count
    case .copying, .copied, .beforeExchange, .afterExchange: return try ask("RESYNC TABLE deals")
    case .spooling:
      let holder = try LibpqConnection(source.connectionString())
      try holder.execute("BEGIN; SELECT txid_current()")
      let count = try ask("RESYNC TABLE deals")
      _ = try served.process?.wait(seconds: 60)
      try holder.execute("COMMIT")
      return count
    case .spilled:
      let writer = try LibpqConnection(source.connectionString())
      try writer.execute(
        """
        BEGIN; INSERT INTO pairs SELECT 'spilled', i, NULL FROM generate_series(1, 300000) i;
        DELETE FROM pairs WHERE code = 'spilled'; COMMIT
        """
      )
      return 0
    case .logWritten, .logSynced, .manifestWritten, .beforeCommit, .beforeAcknowledge,
      .acknowledged:
      return 0
    }
  }

  private func isKilled(_ served: ServedDatabase, _ place: String) throws -> Bool {
    let end = try served.process?.wait(seconds: 60)
    #expect(end == .killed(signal: SIGKILL), "\(place): \(served.process?.log ?? "")")
    return end == .killed(signal: SIGKILL)
  }

  private func number(_ name: String) -> Int? {
    ProcessInfo.processInfo.environment[name].flatMap { Int($0) }
  }
}

extension KillPoint {
  /// Whether a server comes there once in a copy or a large transaction.
  fileprivate var isRare: Bool {
    switch self {
    case .slotMade, .copying, .copied, .beforeExchange, .afterExchange, .spilled, .spooling: true
    default: false
    }
  }
}
