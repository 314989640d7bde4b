import Foundation
import SystemIO
import TestSupport

/// A session that changes columns of the source, one change after the other, each once the engine has seen the one before:
/// between two changes that it has not seen it would copy the table again, and rightly so.
final class ColumnChanger: Sendable {
  private struct State {
    var isStopped = false
    var changes = 0
  }
  private let state = Monitor(State())
  private let thread: SystemIO.Thread

  init(_ connection: String, seed: UInt64, port: @escaping @Sendable () -> UInt16) throws {
    thread = try .start(name: "columns") { [state] in
      var random = SeededRandom(seed: seed)
      var number = 0
      while !state.withLock({ $0.isStopped }) {
        number += 1
        for change in Self.changes(number, &random) where !state.withLock({ $0.isStopped }) {
          guard Self.make(change, connection, state) else { continue }
          Self.waitUntilSeen(connection, port, state)
        }
      }
    }
  }

  /// A column that comes, changes its name and goes, and one that widens; of tables that nobody truncates meanwhile, which would be
  /// a reason to copy.
  private static func changes(_ number: Int, _ random: inout SeededRandom) -> [String] {
    let table = random.oneIn(2) ? "deals" : "full_identity"
    let value = random.oneIn(2) ? "integer DEFAULT \(number)" : "text DEFAULT 'since \(number)'"
    let changes = [
      (table, "ADD COLUMN x\(number) \(value)"),
      (table, "RENAME COLUMN x\(number) TO y\(number)"),
      ("kinds", "ALTER COLUMN g TYPE varchar(\(40 + number))"),
      (table, "DROP COLUMN y\(number)"),
    ]
    // A row is what brings the table's new description: without one the engine would not see the change before the next.
    return changes.enumerated().map { step, change in
      let (table, action) = change
      let id = 2_000_000_000 + number * 10 + step
      let row =
        switch table {
        case "deals": "deals (id, tenant, created_at) VALUES (\(id), 1, now())"
        case "kinds": "kinds (id, b) VALUES (gen_random_uuid(), \(id))"
        default: "full_identity (id, v) VALUES (\(id), 'row')"
        }
      return "ALTER TABLE \(table) \(action); INSERT INTO \(row)"
    }
  }

  /// Changes until it is done: locks are not waited for long, and sources break.
  private static func make(
    _ change: String,
    _ connection: String,
    _ state: Monitor<State>
  ) -> Bool {
    while !state.withLock({ $0.isStopped }) {
      do throws(PostgresFailure) {
        let source = try LibpqConnection(connection)
        try source.execute("SET lock_timeout = '200ms'")
        try source.execute(change)
        state.withLock { $0.changes += 1 }
        return true
      } catch {
        // It was made, and the answer was lost.
        if ["42701", "42703", "23505"].contains(error.sqlState) { return true }
        SystemIO.sleep(nanoseconds: 20_000_000)
      }
    }
    return false
  }

  private static func waitUntilSeen(
    _ connection: String,
    _ port: () -> UInt16,
    _ state: Monitor<State>
  ) {
    let query = "SELECT pg_current_wal_lsn()"
    var position: String?
    while !state.withLock({ $0.isStopped }) {
      if position == nil {
        position = (try? LibpqConnection(connection).execute(query).last?.texts[0][0]) ?? nil
      }
      let route = "host=127.0.0.1 port=\(port()) user=almanac dbname=almanac"
      if let position,
        let seen = try? LibpqConnection(route).execute("SELECT wait_for_lsn('\(position)', 200)"),
        seen.last?.texts == [["t"]]
      {
        return
      }
      SystemIO.sleep(nanoseconds: 10_000_000)
    }
  }

  /// Ends it.
  ///
  /// - Returns: How many changes were made.
  func stop() -> Int {
    state.update { $0.isStopped = true }
    thread.join()
    return state.withLock { $0.changes }
  }
}
