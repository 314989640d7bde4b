import Columnar
import Foundation
import Replication
import TestSupport

/// Reading a source alone: decoding from memory, and a whole stream beside `pg_recvlogical`, which writes the same to a file.
///
/// Starts a PostgreSQL of its own. `microbench replication [changes] [pairs]`.
struct ReplicationBenchmark {
  var changeCount: Int
  var pairCount: Int

  private static let columnTypes: [(String, UInt32, Int32)] = [
    ("id", 20, -1), ("tenant_id", 23, -1), ("created_at", 1184, -1), ("closed_at", 1184, -1),
    ("manager_id", 23, -1), ("stage", 25, -1), ("currency", 25, -1),
    ("amount", 1700, 15 << 16 | 2 + 4),
    ("title", 25, -1), ("status", 25, -1),
  ]

  func run() throws {
    decodeFromMemory()
    let server = try PostgresServer.logical()
    let sql = try LibpqConnection(server.connectionString())
    try sql.execute(
      """
      CREATE TABLE deals (id bigint PRIMARY KEY, tenant_id integer NOT NULL, created_at timestamptz NOT NULL,
        closed_at timestamptz, manager_id integer NOT NULL, stage text NOT NULL, currency text NOT NULL,
        amount numeric(15,2) NOT NULL, title text NOT NULL, status text NOT NULL);
      CREATE PUBLICATION everything FOR ALL TABLES;
      """
    )
    for (name, statement) in [
      (
        "inserts",
        """
        INSERT INTO deals SELECT i, i % 10, '2026-01-01'::timestamptz + i * interval '1 second', NULL, i % 100,
          'stage ' || i % 7, 'RUB', i % 100000 / 7.0, 'deal number ' || i, 'open' FROM generate_series($1, $2) i
        """
      ),
      (
        "updates",
        "UPDATE deals SET amount = amount + 1, closed_at = now(), status = 'won' WHERE id BETWEEN $1 AND $2"
      ),
    ] {
      try measure(name, statement, server, sql)
    }
  }

  /// The decoder alone: a slab of inserts in transactions of 1,000.
  private func decodeFromMemory() {
    var stream = StreamBytes()
    let relation = SourceRelation(
      id: 7,
      schema: "public",
      name: "deals",
      identity: .primaryKey,
      columns: Self.columnTypes.map {
        SourceColumn(name: $0.0, typeID: $0.1, modifier: $0.2, isKey: $0.0 == "id")
      }
    )
    let rowCount = 10_000
    for row in 0..<rowCount {
      if row % 1000 == 0 { stream.begin(UInt64(0x2000 + row)) }
      if row == 0 { stream.relation(relation) }
      stream.insert(
        7,
        [
          .text("\(row)"), "3", "2026-11-28 04:05:06.789+00", .null, "77", "stage 5", "RUB",
          "14285.57",
          .text("deal number \(row)"), "open",
        ]
      )
      if row % 1000 == 999 { stream.commit() }
    }
    let slab = stream.slab
    var found = 0
    let seconds = best {
      let decoder = StreamDecoder { RelationLayout($0, TypeDirectory()) }
      let group = try? decoder.decode(slab, 0..<slab.byteCount)
      if case .changes(let batch)? = group?.steps.last { found = batch.rowCount }
    }
    precondition(found == rowCount)
    let nanoseconds = seconds * 1e9 / Double(rowCount)
    print("decode from memory, 10 columns as text: \(nanoseconds.shown(0)) ns a change")
  }

  private func measure(
    _ name: String,
    _ statement: String,
    _ server: PostgresServer,
    _ sql: LibpqConnection
  ) throws {
    // Slots before the changes, so that each reader has a slot of its own with the same stream.
    let slots = (0..<pairCount).flatMap { ["\(name)_ours_\($0)", "\(name)_theirs_\($0)"] }
    for slot in slots {
      try sql.execute("SELECT pg_create_logical_replication_slot('\(slot)', 'pgoutput')")
    }
    for first in stride(from: 1, through: changeCount, by: 1000) {
      let text = statement.replacing("$1", with: "\(first)").replacing("$2", with: "\(first + 999)")
      try sql.execute(text)
    }
    let end = try sql.execute("SELECT pg_current_wal_insert_lsn()").last?.texts[0][0] ?? ""
    var ours: [Double] = []
    var theirs: [Double] = []
    var processor: [Double] = []
    for pair in 0..<pairCount {
      let order = pair % 2 == 0 ? [true, false] : [false, true]
      for isOurs in order {
        if isOurs {
          let before = processorSeconds()
          ours.append(try read("\(name)_ours_\(pair)", server, to: LSN(end) ?? .zero))
          processor.append(processorSeconds() - before)
        } else {
          theirs.append(try receive("\(name)_theirs_\(pair)", server, to: end))
        }
      }
    }
    let rate = { (seconds: [Double]) in Double(changeCount) / median(seconds) / 1000 }
    print(
      "\(name): ours \(rate(ours).shown(0)) k/s, pg_recvlogical to a file \(rate(theirs).shown(0)) k/s = "
        + "\((rate(ours) / rate(theirs) * 100).shown(0)) %; our processor time "
        + "\((median(processor) * 1e6 / Double(changeCount)).shown(2)) us a change"
    )
    for slot in slots { try sql.execute("SELECT pg_drop_replication_slot('\(slot)')") }
  }

  /// Seconds to read and decode a slot up to a position.
  private func read(_ slot: String, _ server: PostgresServer, to end: LSN) throws -> Double {
    let connection = try SourceConnection(server.connectionString(), role: .replication)
    let start = Date()
    let stream = try SourceStream(
      try connection.makeByteSource(),
      slot: slot,
      publications: ["everything"],
      start: .zero
    ) { RelationLayout($0, TypeDirectory()) }
    var rowCount = 0
    while true {
      guard let group = try stream.next(timeoutMilliseconds: 1000) else { continue }
      for case .changes(let batch) in group.steps { rowCount += batch.rowCount }
      if let position = group.position, position >= end { break }
    }
    let seconds = Date().timeIntervalSince(start)
    stream.stop()
    precondition(rowCount == changeCount, "\(rowCount) changes of \(changeCount)")
    return seconds
  }

  /// Seconds that pg_recvlogical takes.
  private func receive(_ slot: String, _ server: PostgresServer, to end: String) throws -> Double {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent(slot).path
    defer { try? FileManager.default.removeItem(atPath: file) }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = [
      "-c",
      """
      exec ${POSTGRES_BIN:-$(pg_config --bindir)}/pg_recvlogical -d "$1" -S "$2" --start --no-loop -E "$3" -f "$4" \
        -o proto_version=1 -o publication_names=everything
      """,
      "receive", server.connectionString(), slot, end, file,
    ]
    let start = Date()
    try process.run()
    process.waitUntilExit()
    return Date().timeIntervalSince(start)
  }
}

private func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

/// User and system time of this process.
private func processorSeconds() -> Double {
  var usage = rusage()
  // SAFETY: `usage` is a place for the answer; 0 is RUSAGE_SELF.
  unsafe getrusage(0, &usage)
  let times = [usage.ru_utime, usage.ru_stime]
  return times.reduce(0) { $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6 }
}
