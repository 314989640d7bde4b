import Foundation
import SystemIO
import TestSupport
import Testing

/// A followed source while the disk here is full, and with transactions that are large.
///
/// ALMANAC_CDC_TRANSACTION_ROWS chooses larger ones.
@Suite(.serialized) struct ReplicationDiskTests {
  private static let schema = """
    CREATE TABLE big (id bigint PRIMARY KEY, tenant integer NOT NULL, v text, n numeric(12,2));
    INSERT INTO big SELECT i, i % 7, md5(i::text), i FROM generate_series(1, 1000) i
    """

  private func followed(_ served: ServedDatabase) throws -> (PostgresServer, LibpqConnection) {
    let source = try PostgresServer.logical()
    let writer = try LibpqConnection(source.connectionString())
    try writer.execute(Self.schema)
    try served.start()
    try served.connect().execute(
      "CREATE REPLICATION crm CONNECTION '\(source.connectionString())' TABLES (big)"
    )
    try wait(served, "SELECT state FROM almanac.replication_tables", "ready")
    return (source, writer)
  }

  private func wait(_ served: ServedDatabase, _ query: String, _ expected: String) throws {
    let engine = try served.connect()
    #expect(try ReplicationOracle.waitForState(engine, query, expected, "big"))
  }

  /// Compares every row once everything has come.
  private func expectEqual(_ served: ServedDatabase, _ writer: LibpqConnection) throws {
    let engine = try served.connect()
    let position = try writer.execute("SELECT pg_current_wal_lsn()").last?.texts[0][0] ?? ""
    let isThere = try engine.execute("SELECT wait_for_lsn('\(position)', 300000)").last?.texts
    #expect(isThere == [["t"]], "\(ReplicationOracle.state(engine))")
    let query = "SELECT * FROM big ORDER BY id"
    let expected = try writer.execute(query).last?.texts
    #expect(try engine.execute(query).last?.texts == expected)
    let counters = try engine.execute(
      "SELECT sum(missing_keys), sum(duplicate_keys), sum(resyncs) FROM almanac.replication_tables"
    ).last?.texts
    #expect(counters == [["0", "0", "0"]], "\(ReplicationOracle.state(engine))")
  }

  @Test func `a full disk stops the stream with its reason, and nothing is lost or doubled`() throws
  {
    let disk: any SmallDisk = MemoryDisk(megabytes: 24) ?? FileSizeLimit(bytes: 3 << 20)
    let served = ServedDatabase(
      directory: disk.directory,
      options: ["--seal-rows", "5000", "--checkpoint-log", "2MB"],
      prefix: disk.prefix
    )
    let (source, writer) = try followed(served)
    let fullness = """
      SELECT state = 'disk_full' AND detail LIKE '%No space left on device%' FROM almanac.replication
      """
    let engine = try served.connect()
    /// Writes until the disk is full, from some thousand of ids on.
    func fill(_ parts: Range<Int>) throws {
      for part in parts {
        if try engine.execute(fullness).last?.texts == [["t"]] { return }
        try writer.execute(
          """
          INSERT INTO big SELECT i, i % 7, md5(i::text) || md5((i * 3)::text), i
          FROM generate_series(\(part * 1000 + 1), \(part * 1000 + 1000)) i
          """
        )
        try writer.execute(
          "UPDATE big SET v = md5(v) || md5(n::text) WHERE id % 3 = \(part % 3) AND id > \(part * 1000)"
        )
        SystemIO.sleep(nanoseconds: 10_000_000)
      }
      Issue.record("the disk did not come full: \(ReplicationOracle.state(engine))")
    }
    try fill(1..<400)
    // What was applied is readable, whole transactions only, and the source goes on.
    let seen = try engine.execute("SELECT count(*), max(id) FROM big").last?.texts.first ?? []
    #expect(seen.first == seen.last)
    try writer.execute(
      "DELETE FROM big WHERE id % 11 = 0; UPDATE big SET n = n + 1 WHERE id % 5 = 0"
    )
    // What merges and checkpoints gave back may have been room for that: the next rows take it.
    try fill(400..<800)
    try disk.giveRoom(to: served)
    try expectEqual(served, writer)
    served.kill()
    #expect(try served.check().end == .exited(0))
    try served.start()
    try writer.execute("UPDATE big SET v = 'after' WHERE id % 2 = 0")
    try expectEqual(served, writer)
    #expect(try served.terminate() == .exited(0))
    _ = source
  }

  @Test func `a large transaction is visible whole or not at all, in bounded memory`() throws {
    let rows =
      ProcessInfo.processInfo.environment["ALMANAC_CDC_TRANSACTION_ROWS"].flatMap { Int($0) }
      ?? 300_000
    let served = ServedDatabase(options: ["--threads", "2"])
    let (source, writer) = try followed(served)
    let engine = try served.connect()
    let steps = [
      """
      BEGIN; INSERT INTO big SELECT i, i % 7, md5(i::text), i FROM generate_series(1001, \(rows)) i;
      SAVEPOINT a; DELETE FROM big WHERE id % 3 = 0; ROLLBACK TO a; COMMIT
      """,
      "UPDATE big SET tenant = -1, v = md5(v)",
      "BEGIN; DELETE FROM big WHERE id % 2 = 0; UPDATE big SET tenant = -2; COMMIT",
    ]
    for step in steps {
      let before = try engine.execute(Self.digest).last?.texts
      try writer.execute(step)
      let after = try writer.execute(Self.digest).last?.texts
      let start = Date()
      var found = before
      while found != after, Date().timeIntervalSince(start) < 300 {
        found = try engine.execute(Self.digest).last?.texts
        #expect(found == before || found == after, "a part of a transaction was seen: \(step)")
        SystemIO.sleep(nanoseconds: 5_000_000)
      }
      #expect(found == after, "\(ReplicationOracle.state(engine))")
      print(
        "\(rows) rows: \(Int(Date().timeIntervalSince(start) * 1000)) ms, peak \(try peak(served) >> 20) MiB"
      )
    }
    if rows <= 1_000_000 { try expectEqual(served, writer) }
    // Seen: 0.2 GiB for 300,000 rows, 0.8 GiB for 5,000,000.
    #expect(try peak(served) < (rows <= 1_000_000 ? 512 << 20 : 1024 << 20))
    #expect(try served.terminate() == .exited(0))
    _ = source
  }

  private static let digest = "SELECT count(*), sum(id), sum(tenant), min(v), max(v) FROM big"

  /// The most memory that the server ever had.
  private func peak(_ served: ServedDatabase) throws -> Int {
    let path = "/proc/\(served.process?.processID ?? 0)/status"
    let line = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
      .first { $0.hasPrefix("VmHWM") }
    let kibibytes = line?.split(separator: " ").compactMap { Int($0) }.first
    return try #require(kibibytes) << 10
  }
}
