import SystemIO
import TestSupport
import Testing

/// Rollups of tables that follow a source: whatever is killed, they tell what the rows tell.
struct ReplicatedRollups {
  private static let definitions = [
    "deals_day": """
    ON deals KEY (tenant, date_trunc('day', created_at) AS day)
    STORE (count(*), sum(amount), stddev(amount), count(DISTINCT title), last(amount, closed_at))
    """,
    "pairs_code":
      "ON pairs KEY (code) STORE (count(*), sum(number), mode() WITHIN GROUP (ORDER BY note))",
    "deals_accounts": """
    ON deals LEFT JOIN accounts ON accounts.id = deals.tenant
    KEY (tenant, date_trunc('month', created_at) AS month, moves % 3)
    STORE (count(*), count(accounts.id), sum(balance), sum(amount))
    """,
    "accounts_moves": "ON accounts KEY (moves % 4) STORE (sum(balance), min(balance))",
  ]
  private let engine: LibpqConnection
  private let place: String

  /// `place`: Where the test is, for messages.
  init(_ engine: LibpqConnection, _ place: String) throws {
    self.engine = engine
    self.place = place
    for (name, definition) in Self.definitions {
      try engine.execute("CREATE ROLLUP IF NOT EXISTS \(name) \(definition)")
    }
  }

  private func row(_ query: String) throws -> [String?] {
    try engine.execute(query).last?.texts.first ?? []
  }

  /// Compares every rollup with its table's rows.
  func check() throws {
    for name in Self.definitions.keys {
      let isReady = "SELECT state, failure FROM almanac.rollups WHERE name = '\(name)'"
      for _ in 0..<3_000 where try row(isReady).first != "ready" {
        SystemIO.sleep(nanoseconds: 10_000_000)
      }
      #expect(try row(isReady) == ["ready", nil], "\(place): \(name)")
      let checked = try row("CHECK ROLLUP \(name)")
      #expect(checked.count == 4 && checked[2] == "0", "\(place): \(checked)")
    }
  }
}
