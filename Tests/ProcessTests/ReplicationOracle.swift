import Foundation
import SystemIO
import TestSupport
import Testing

/// What tests of a followed source share: sessions that change it, and comparisons of every row at one position.
enum ReplicationOracle {
  /// Compares all tables at one position of the source's log; false: they differ.
  static func compare(
    _ source: PostgresServer,
    _ served: ServedDatabase,
    _ place: String,
    copiesAskedFor resyncs: Int = 0
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
    #expect(counters == ["0", "0", "\(resyncs)"], "\(place): \(state(engine))")
    try engine.execute("RESUME REPLICATION crm")
    try locker.execute("COMMIT")
    return isEqual
  }

  private static func shown(_ rows: Set<[String?]>) -> String {
    rows.prefix(2).map { row in row.map { String(($0 ?? "NULL").prefix(60)) }.joined(separator: "|")
    }
    .joined(separator: " and ")
  }

  static func state(_ engine: LibpqConnection) -> String {
    ["almanac.replication", "almanac.replication_tables"].map { table in
      let rows = (try? engine.execute("SELECT * FROM \(table)").last?.texts) ?? []
      return rows.map { $0.map { $0 ?? "" }.joined(separator: "|") }.joined(separator: "\n")
    }.joined(separator: "\n")
  }

  static func waitForState(
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

/// Sessions that change the source until they are stopped, over crashes of it.
final class Writers: Sendable {
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
final class AtomicityWatch: Sendable {
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
