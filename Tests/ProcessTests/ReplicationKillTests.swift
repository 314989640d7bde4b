// A real PostgreSQL under load, followed by a real server; each is killed again and again, and after each time every row is
// compared at one position of the source's log while the load goes on.
//
// ALMANAC_CDC_ROUNDS and ALMANAC_CDC_SEED choose more rounds, or other ones; ALMANAC_CDC_SECONDS goes on for so long.

import Foundation
import SystemIO
import TestSupport
import Testing

private func environment(_ name: String) -> Int? {
  ProcessInfo.processInfo.environment[name].flatMap { Int($0) }
}

@Suite(.serialized) struct ReplicationKillTests {
  @Test func `what is killed goes on exactly where it was`() throws {
    try follow(through: ["engine", "engine", "walsender", "source"], rounds: 6)
  }

  @Test func `a network that cuts connections or swallows bytes costs time and nothing else`()
    throws
  {
    try follow(through: ["cut", "stall", "silence", "silence then cut"], rounds: 5)
  }

  @Test func `columns that change under load while something is killed change here too`() throws {
    try follow(through: ["engine", "walsender", "engine"], rounds: 3, changesColumns: true)
  }

  @Test func `a source that falls silent while it makes a slot counts as lost`() throws {
    let source = try PostgresServer.logical()
    let proxy = try FaultyProxy(to: source.port)
    let route =
      "host=127.0.0.1 port=\(proxy.port) user=postgres dbname=postgres tcp_user_timeout=1000 connect_timeout=2"
    try LibpqConnection(source.connectionString()).execute(ReplicationWorkload.schema)
    let served = ServedDatabase(options: ServedDatabase.smallOptions)
    try served.start()
    // A slot waits for the end of every transaction that writes.
    let writer = try LibpqConnection(source.connectionString())
    try writer.execute("BEGIN; SELECT txid_current()")
    try served.connect().execute(
      "CREATE REPLICATION crm CONNECTION '\(route)' TABLES (\(ReplicationWorkload.tableList))"
    )
    let waits =
      "SELECT count(*) > 0 FROM pg_stat_activity WHERE query LIKE 'CREATE_REPLICATION_SLOT%'"
    let direct = try LibpqConnection(source.connectionString())
    let isWaiting = try ReplicationOracle.waitForState(direct, waits, "t", "the slot's wait")
    #expect(isWaiting)
    // Longer than the source may be silent: it is alive, so the wait goes on.
    SystemIO.sleep(nanoseconds: 3_000_000_000)
    let reconnects = "SELECT reconnects FROM almanac.replication"
    #expect(try served.connect().execute(reconnects).last?.texts == [["0"]])
    proxy.setSilent(true)
    let isLost = try ReplicationOracle.waitForState(
      try served.connect(),
      "SELECT state = 'reconnecting' OR reconnects > 0 FROM almanac.replication",
      "t",
      "while the slot is made"
    )
    #expect(isLost)
    proxy.setSilent(false)
    try writer.execute("COMMIT")
    #expect(try ReplicationOracle.compare(source, served, "after the silence"))
    #expect(try served.terminate() == .exited(0))
  }

  /// Lets faults happen under load and compares all rows after each.
  private func follow(
    through faults: [String],
    rounds: Int,
    changesColumns: Bool = false
  ) throws {
    let rounds = environment("ALMANAC_CDC_ROUNDS") ?? rounds
    let seconds = environment("ALMANAC_CDC_SECONDS").map { Double($0) }
    let seed = UInt64(environment("ALMANAC_CDC_SEED") ?? Int.random(in: 1..<1 << 40))
    print("ALMANAC_CDC_SEED=\(seed)")
    var random = SeededRandom(seed: seed)
    let source = try PostgresServer.logical()
    let proxy = try FaultyProxy(to: source.port)
    // A source that is silent for two seconds is gone.
    let route =
      "host=127.0.0.1 port=\(proxy.port) user=postgres dbname=postgres tcp_user_timeout=1000 connect_timeout=2"
    try LibpqConnection(source.connectionString()).execute(ReplicationWorkload.schema)
    let served = ServedDatabase(options: ServedDatabase.smallOptions)
    try served.start()
    let port = Monitor(served.port)
    let writers = try Writers(source.connectionString(), count: 4, seed: seed)
    let watch = try AtomicityWatch { port.withLock { $0 } }
    var changer: ColumnChanger?
    SystemIO.sleep(nanoseconds: 500_000_000)
    try served.connect().execute(
      "CREATE REPLICATION crm CONNECTION '\(route)' TABLES (\(ReplicationWorkload.tableList))"
    )
    if changesColumns {
      changer = try ColumnChanger(source.connectionString(), seed: seed) { port.withLock { $0 } }
    }
    let start = Date()
    var round = 0
    var isOver = false
    while !isOver {
      SystemIO.sleep(nanoseconds: UInt64(random.below(700)) * 1_000_000)
      // Every one of them in turn, after a random one.
      let fault = faults[(round + Int(seed % 8)) % faults.count]
      switch fault {
      case "engine":
        served.kill()
        if random.oneIn(3) {
          let check = try served.check()
          #expect(check.end == .exited(0), "round \(round), seed \(seed): \(check.log)")
        }
        try served.start()
        port.update { $0 = served.port }
      case "walsender":
        _ = try? LibpqConnection(source.connectionString()).execute(
          "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE active_pid IS NOT NULL"
        )
      case "cut": proxy.cut()
      case "stall", "silence", "silence then cut":
        proxy.setSilent(true)
        let (shortest, spread) = fault == "stall" ? (0, 1200) : (3000, 1500)
        SystemIO.sleep(nanoseconds: UInt64(shortest + random.below(spread)) * 1_000_000)
        if shortest > 0 { try expectLost(served, "round \(round) (\(fault)), seed \(seed)") }
        if fault == "silence then cut" { proxy.cut() }
        proxy.setSilent(false)
      default: try source.restart()
      }
      SystemIO.sleep(nanoseconds: UInt64(random.below(300)) * 1_000_000)
      let place = "round \(round) (\(fault)), seed \(seed)"
      guard try ReplicationOracle.compare(source, served, place) else { break }
      round += 1
      isOver = seconds.map { Date().timeIntervalSince(start) >= $0 } ?? (round >= rounds)
    }
    if let changes = changer?.stop() { #expect(changes > rounds, "columns changed too seldom") }
    writers.stop()
    let sums = watch.stop()
    #expect(
      sums.wrong.isEmpty,
      "parts of transactions were seen: \(sums.wrong.prefix(3)), seed \(seed)"
    )
    #expect(sums.reads > rounds)
    _ = try ReplicationOracle.compare(source, served, "at the end, seed \(seed)")
    #expect(writers.statementCount > rounds * 20, "\(writers.failures)")
    let strange = writers.failures.filter {
      !["", "40P01", "55P03", "57P01", "57P03", "57P02", "08006"].contains($0.key)
    }
    #expect(strange.isEmpty, "statements of the workload that are wrong")
    #expect(try served.terminate() == .exited(0))
    let check = try served.check()
    #expect(check.end == .exited(0), "seed \(seed): \(check.log)")
    print("\(round) rounds, \(writers.statementCount) statements, \(sums.reads) sums read")
  }

  /// While nothing comes from the source, the engine says so, and its rows can be read.
  private func expectLost(_ served: ServedDatabase, _ place: String) throws {
    let engine = try served.connect()
    let isLost = try ReplicationOracle.waitForState(
      engine,
      "SELECT state = 'reconnecting' OR reconnects > 0 FROM almanac.replication",
      "t",
      place
    )
    #expect(isLost)
    // The fault may come before the tables do.
    let made = try engine.execute("SELECT 1 FROM almanac.tables WHERE name = 'accounts'").last
    if made?.texts.isEmpty == false {
      #expect(try engine.execute("SELECT count(*) FROM accounts").last?.texts.count == 1)
    }
  }
}
