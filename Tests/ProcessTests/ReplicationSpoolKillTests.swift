// A table is copied while others change it: what comes meanwhile waits in a file without a name, and goes with the process.

import Foundation
import SystemIO
import TestSupport
import Testing

/// ALMANAC_CDC_SPOOL_ROUNDS and ALMANAC_CDC_SEED choose more rounds, or other ones.
@Suite(.serialized) struct ReplicationSpoolKillTests {
  private enum Fault: CaseIterable {
    /// While the copy's slot waits, so that nothing is copied yet.
    case engineWhileWaiting
    /// At any moment of the copy, or of the exchange behind it.
    case engineWhileCopying
    /// The stream breaks, and with it everything that waits.
    case walsender
    case source
  }

  @Test func `what waits for a copy when something is killed comes again, and only once`() throws {
    let rounds = number("ALMANAC_CDC_SPOOL_ROUNDS") ?? 4
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
    for round in 0..<rounds {
      let fault = Fault.allCases[(round + Int(seed % 4)) % 4]
      let place = "round \(round) (\(fault)), seed \(seed)"
      let holder = try beginCopy(source, served, place)
      switch fault {
      case .engineWhileWaiting:
        served.kill()
        try served.start()
        _ = try? holder.execute("COMMIT")
      case .engineWhileCopying:
        try holder.execute("COMMIT")
        SystemIO.sleep(nanoseconds: UInt64(random.below(200)) * 1_000_000)
        served.kill()
        try served.start()
      case .walsender:
        try LibpqConnection(source.connectionString()).execute(
          "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE active_pid IS NOT NULL"
        )
        SystemIO.sleep(nanoseconds: UInt64(random.below(200)) * 1_000_000)
        _ = try? holder.execute("COMMIT")
      case .source: try source.restart()
      }
      guard try ReplicationOracle.compare(source, served, place, copiesAskedFor: round + 1) else {
        return
      }
    }
    #expect(try served.terminate() == .exited(0))
    #expect(try served.check().end == .exited(0), "seed \(seed)")
  }

  /// Begins to copy a table that is changed all the time, and waits until more waits than the memory is for.
  ///
  /// - Returns: The session whose transaction the copy waits for.
  private func beginCopy(
    _ source: PostgresServer,
    _ served: ServedDatabase,
    _ place: String
  ) throws -> LibpqConnection {
    let holder = try LibpqConnection(source.connectionString())
    try holder.execute("BEGIN; SELECT txid_current()")
    let engine = try served.connect()
    try engine.execute("RESYNC TABLE deals")
    let spooled =
      "SELECT spooled_bytes > 0 FROM almanac.replication_tables WHERE source = 'public.deals'"
    #expect(try ReplicationOracle.waitForState(engine, spooled, "t", place))
    return holder
  }

  private func number(_ name: String) -> Int? {
    ProcessInfo.processInfo.environment[name].flatMap { Int($0) }
  }
}
