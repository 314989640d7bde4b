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

/// Sessions that change the source until they are stopped, over crashes of it.
private final class Writers: Sendable {
  private struct State {
    var isStopped = false
    var statements = 0
    var failures: [String: Int] = [:]
  }
  private let state = Monitor(State())
  private let threads = Monitor<[SystemIO.Thread]>([])

  init(_ connection: String, count: Int, seed: UInt64) throws {
    for session in 0..<count {
      let thread = try SystemIO.Thread.start(name: "writer-\(session)") { [state] in
        var workload = ReplicationWorkload(seed: seed, session: session)
        var open: LibpqConnection?
        while !state.withLock({ $0.isStopped }) {
          do {
            let current = try open ?? LibpqConnection(connection)
            // A TRUNCATE that waits for the oracle's locks must not keep the oracle waiting.
            if open == nil { try current.execute("SET lock_timeout = '200ms'") }
            open = current
            try current.execute(workload.next())
            state.withLock { $0.statements += 1 }
          } catch let failure as PostgresFailure {
            state.withLock { $0.failures[failure.sqlState, default: 0] += 1 }
            _ = try? open?.execute("ROLLBACK")
            if open?.transactionState == "?" || open == nil {
              open = nil
              SystemIO.sleep(nanoseconds: 10_000_000)
            }
          } catch {
            open = nil
          }
        }
      }
      threads.withLock { $0.append(thread) }
    }
  }

  func stop() {
    state.update { $0.isStopped = true }
    for thread in threads.withLock({ $0 }) { thread.join() }
  }

  var statementCount: Int { state.withLock { $0.statements } }
  /// How often statements failed, by SQLSTATE.
  var failures: [String: Int] { state.withLock { $0.failures } }
}

/// Reads a sum that no transaction of the source changes, all the time.
private final class AtomicityWatch: Sendable {
  private let isStopped = Monitor(false)
  private let seen = Monitor<(reads: Int, wrong: [String])>((0, []))
  private let thread: SystemIO.Thread

  init(_ port: @escaping @Sendable () -> UInt16) throws {
    thread = try .start(name: "atomicity") { [isStopped, seen] in
      var open: LibpqConnection?
      while !isStopped.withLock({ $0 }) {
        do {
          let current =
            try open ?? LibpqConnection("host=127.0.0.1 port=\(port()) user=almanac dbname=almanac")
          open = current
          let row =
            try current.execute("SELECT count(*), sum(balance) FROM accounts")
            .last?.texts.first ?? []
          seen.withLock { seen in
            seen.reads += 1
            let isCopied = row.first != "0"
            if isCopied, row.map({ $0 ?? "" }) != ["50", "50000"] { seen.wrong.append("\(row)") }
          }
        } catch {
          open = nil
        }
        SystemIO.sleep(nanoseconds: 3_000_000)
      }
    }
  }

  func stop() -> (reads: Int, wrong: [String]) {
    isStopped.update { $0 = true }
    thread.join()
    return seen.withLock { $0 }
  }
}

@Suite(.serialized) struct ReplicationKillTests {
  @Test func `what is killed goes on exactly where it was`() throws {
    let rounds = environment("ALMANAC_CDC_ROUNDS") ?? 6
    let seconds = environment("ALMANAC_CDC_SECONDS").map { Double($0) }
    let seed = UInt64(environment("ALMANAC_CDC_SEED") ?? Int.random(in: 1..<1 << 40))
    print("ALMANAC_CDC_SEED=\(seed)")
    var random = SeededRandom(seed: seed)
    let source = try PostgresServer.logical()
    try LibpqConnection(source.connectionString()).execute(ReplicationWorkload.schema)
    let served = ServedDatabase(options: ServedDatabase.smallOptions)
    try served.start()
    let port = Monitor(served.port)
    let writers = try Writers(source.connectionString(), count: 4, seed: seed)
    let watch = try AtomicityWatch { port.withLock { $0 } }
    SystemIO.sleep(nanoseconds: 500_000_000)
    try served.connect().execute(
      "CREATE REPLICATION crm CONNECTION '\(source.connectionString())' TABLES (\(ReplicationWorkload.tableList))"
    )
    let start = Date()
    var round = 0
    var isOver = false
    while !isOver {
      SystemIO.sleep(nanoseconds: UInt64(random.below(700)) * 1_000_000)
      let fault = ["engine", "engine", "walsender", "source"][random.below(4)]
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
      default: try source.restart()
      }
      SystemIO.sleep(nanoseconds: UInt64(random.below(300)) * 1_000_000)
      let place = "round \(round) (\(fault)), seed \(seed)"
      guard try compare(source, served, place) else { break }
      round += 1
      isOver = seconds.map { Date().timeIntervalSince(start) >= $0 } ?? (round >= rounds)
    }
    writers.stop()
    let sums = watch.stop()
    #expect(
      sums.wrong.isEmpty,
      "parts of transactions were seen: \(sums.wrong.prefix(3)), seed \(seed)"
    )
    #expect(sums.reads > rounds)
    _ = try compare(source, served, "at the end, seed \(seed)")
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

  // MARK: The oracle

  /// Compares all tables at one position of the source's log; false: they differ.
  private func compare(
    _ source: PostgresServer,
    _ served: ServedDatabase,
    _ place: String
  ) throws -> Bool {
    let engine = try served.connect()
    guard
      try waitForState(
        engine,
        "SELECT count(*) FROM almanac.replication_tables WHERE state <> 'ready'",
        "0",
        place
      )
    else { return false }
    let rollups = try ReplicatedRollups(engine, place)
    try engine.execute("PAUSE REPLICATION crm")
    // A TRUNCATE behind the snapshot would empty its tables too: nobody truncates while these locks are held.
    let locker = try LibpqConnection(source.connectionString())
    let names = ReplicationWorkload.tables.map(\.key).joined(separator: ", ")
    try locker.execute("BEGIN; LOCK TABLE \(names) IN ACCESS SHARE MODE")
    // The slot's position, and the rows of exactly that moment.
    let maker = try LibpqConnection(source.connectionString() + " replication=database")
    let slot =
      try maker.execute(
        "CREATE_REPLICATION_SLOT oracle TEMPORARY LOGICAL pgoutput (SNAPSHOT 'export')"
      ).last?.texts.first ?? []
    let position = try #require(slot[1])
    let snapshot = try #require(slot[2])
    let reader = try LibpqConnection(source.connectionString())
    try reader.execute(
      "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET TRANSACTION SNAPSHOT '\(snapshot)'"
    )
    try engine.execute("PAUSE REPLICATION crm AT '\(position)'")
    guard try waitForState(engine, "SELECT state FROM almanac.replication", "paused", place) else {
      return false
    }
    var isEqual = true
    for (table, key) in ReplicationWorkload.tables {
      let query = "SELECT * FROM \(table) ORDER BY \(key)"
      let expected = try reader.execute(query).last?.texts ?? []
      let found = try engine.execute(query).last?.texts ?? []
      if found == expected { continue }
      isEqual = false
      let missing = Set(expected).subtracting(found)
      let extra = Set(found).subtracting(expected)
      Issue.record(
        "\(place): \(table) at \(position) has \(found.count) rows for \(expected.count); missing \(shown(missing)), too many \(shown(extra)); \(state(engine))"
      )
    }
    try rollups.check()
    let counters =
      try engine.execute(
        "SELECT sum(missing_keys), sum(duplicate_keys), sum(resyncs) FROM almanac.replication_tables"
      ).last?.texts.first ?? []
    #expect(counters == ["0", "0", "0"], "\(place): \(state(engine))")
    try engine.execute("RESUME REPLICATION crm")
    try locker.execute("COMMIT")
    return isEqual
  }

  private func shown(_ rows: Set<[String?]>) -> String {
    rows.prefix(2).map { row in row.map { String(($0 ?? "NULL").prefix(60)) }.joined(separator: "|")
    }
    .joined(separator: " and ")
  }

  private func state(_ engine: LibpqConnection) -> String {
    ["almanac.replication", "almanac.replication_tables"].map { table in
      let rows = (try? engine.execute("SELECT * FROM \(table)").last?.texts) ?? []
      return rows.map { $0.map { $0 ?? "" }.joined(separator: "|") }.joined(separator: "\n")
    }.joined(separator: "\n")
  }

  private func waitForState(
    _ engine: LibpqConnection,
    _ query: String,
    _ expected: String,
    _ place: String
  ) throws -> Bool {
    for _ in 0..<6_000 {
      if try engine.execute(query).last?.texts.first?.first == expected { return true }
      SystemIO.sleep(nanoseconds: 10_000_000)
    }
    Issue.record("\(place): \(query) did not become \(expected): \(state(engine))")
    return false
  }
}
