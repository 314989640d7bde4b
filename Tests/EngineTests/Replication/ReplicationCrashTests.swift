import Foundation
import SystemIO
import TestSupport
import Testing

/// The power goes at any operation on the disk: while a slot is noted, tables are made and copied, a copy is exchanged, changes
/// are committed, sealed and compacted.
///
/// ALMANAC_CDC_CRASHES and ALMANAC_CDC_SEED choose more of them, or other ones.
@Suite(.serialized) struct ReplicationCrashTests {
  private static let schema = """
    CREATE TABLE a (id integer PRIMARY KEY, n numeric(10,2), t text);
    CREATE TABLE b (id integer PRIMARY KEY, at date NOT NULL, v text);
    INSERT INTO a SELECT i, i, 'a' FROM generate_series(1, 300) i;
    INSERT INTO b SELECT i, date '2026-01-01' + i % 90, repeat('b', i) FROM generate_series(1, 300) i
    """
  private static let tables = ["a": "id", "b": "id"]

  private func number(_ name: String) -> Int? {
    ProcessInfo.processInfo.environment[name].flatMap { Int($0) }
  }

  @Test func `power that goes at any operation of the disk costs nothing that was acknowledged`()
    throws
  {
    let seed = UInt64(number("ALMANAC_CDC_SEED") ?? Int.random(in: 1..<1 << 40))
    print("ALMANAC_CDC_SEED=\(seed)")
    var random = SeededRandom(seed: seed)
    var disk = SimulatedFileSystem(seed: random.next())
    let fixture = try ReplicaFixture(PostgresServer.sharedLogical(), Self.schema, on: disk)
    defer { fixture.remove() }
    var isAsked = false
    for round in 0..<(number("ALMANAC_CDC_CRASHES") ?? 14) {
      let place = "round \(round), seed \(seed)"
      var faults = FaultPlan()
      // The first ones meet the beginning: the replication, its slot, the first copies.
      let last = disk.operationCount + 1 + random.below(round < 5 ? 90 : 160)
      faults.powerOffBefore = last
      disk.setFaults(faults)
      isAsked = (try? change(fixture, &random, round)) ?? false || isAsked
      let start = Date()
      while disk.operationCount < last, Date().timeIntervalSince(start) < 10 {
        try fixture.source.execute(Self.step(&random))
        SystemIO.sleep(nanoseconds: 4_000_000)
      }
      let kept = disk.crashClone(seed: random.next())
      try fixture.crash(to: kept)
      disk = kept
      try expectEqual(fixture, place)
    }
    // Nobody but the test has asked for copies.
    if !isAsked { try fixture.expectExact() }
  }

  /// Something that takes more than a commit; true: a copy was asked for.
  private func change(
    _ fixture: ReplicaFixture,
    _ random: inout SeededRandom,
    _ round: Int
  ) throws -> Bool {
    let isThere = try fixture.row("SELECT count(*) FROM almanac.replication") == "1"
    guard isThere else {
      try fixture.follow("a, b PARTITION BY MONTH (at)")
      return false
    }
    guard round > 4, random.oneIn(2) else { return false }
    try fixture.run("RESYNC TABLE \(random.oneIn(2) ? "a" : "b")")
    return true
  }

  private static func step(_ random: inout SeededRandom) -> String {
    let id = random.below(2000)
    return switch random.below(6) {
    case 0, 1:
      "INSERT INTO a SELECT i, i, 'new' FROM generate_series(\(id), \(id + 40)) i ON CONFLICT DO NOTHING"
    case 2: "UPDATE a SET n = n + 1, t = t || 'x' WHERE id % 7 = \(id % 7)"
    case 3: "UPDATE b SET at = at + 20, v = v || 'y' WHERE id % 9 = \(id % 9)"
    case 4:
      "DELETE FROM a WHERE id BETWEEN \(id) AND \(id + 30); UPDATE b SET id = id + 5000 WHERE id = \(id)"
    default:
      "BEGIN; TRUNCATE b; INSERT INTO b SELECT i, '2026-03-01', 'again' FROM generate_series(1, 200) i; COMMIT"
    }
  }

  /// Every row is there, once.
  private func expectEqual(_ fixture: ReplicaFixture, _ place: String) throws {
    guard try fixture.row("SELECT count(*) FROM almanac.replication") == "1" else { return }
    try fixture.waitUntilReady()
    try fixture.catchUp()
    try fixture.waitUntilReady()
    try fixture.compare(Self.tables)
    let counters = "sum(missing_keys), sum(duplicate_keys)"
    let found = try fixture.row("SELECT \(counters) FROM almanac.replication_tables")
    #expect(found == "0|0", "\(place): \(fixture.state())")
  }
}
