import Columnar
import Engine
import Planning
import Storage
import SystemIO
import TestSupport
import Testing

/// SQL against a simulated disk that loses power: what was acknowledged is there, nothing else.
@Suite struct EngineCrashTests {
  /// Lives of one database; each ends with a power loss.
  private static let rounds = 15

  @Test func `every acknowledged statement survives a power loss, none twice and none half`() throws
  {
    let seed: UInt64 = 20_261_121
    print("seed \(seed)")
    var random = SeededRandom(seed: seed)
    var disk = SimulatedFileSystem(seed: seed)
    var model: [Int: Int] = [:]
    for round in 0..<Self.rounds {
      let database = try open(disk)
      let session = try database.makeSession(SessionStartup())
      if round == 0 {
        try run(
          "CREATE TABLE t (id bigint PRIMARY KEY, at date, n bigint) PARTITION BY MONTH (at)",
          session
        )
      }
      #expect(try contents(session) == model, "round \(round), seed \(seed)")
      for _ in 0..<40 { try change(&model, session, &random) }
      #expect(try contents(session) == model, "round \(round), seed \(seed)")
      // An open transaction is lost with the power.
      try run("BEGIN", session)
      try run("DELETE FROM t", session)
      disk = disk.crashClone(seed: random.next())
    }
  }

  private func open(_ disk: SimulatedFileSystem) throws -> Database {
    var options = DatabaseOptions(directory: "data")
    options.fileSystem = disk
    options.threads = 1
    options.store.blockRowCount = 64
    options.store.sealRowCount = 7
    options.store.checkpointLogBytes = 1 << 14
    return try Database.open(options)
  }

  /// One random statement or transaction, on the database and on the model.
  private func change(
    _ model: inout [Int: Int],
    _ session: Session,
    _ random: inout SeededRandom
  ) throws {
    let id = Int.random(in: 0..<60, using: &random)
    let n = Int.random(in: 0..<1000, using: &random)
    let date = "date '2024-01-01' + \(n % 120)"
    switch Int.random(in: 0..<6, using: &random) {
    case 0, 1:
      try run(
        "INSERT INTO t VALUES (\(id), \(date), \(n)) "
          + "ON CONFLICT (id) DO UPDATE SET n = excluded.n, at = excluded.at",
        session
      )
      model[id] = n
    case 2:
      try run("UPDATE t SET n = n + 1, at = at + 31 WHERE id % 7 = \(id % 7)", session)
      for key in model.keys where key % 7 == id % 7 { model[key, default: 0] += 1 }
    case 3:
      try run("DELETE FROM t WHERE id = \(id)", session)
      model[id] = nil
    case 4:
      try run("BEGIN; DELETE FROM t WHERE id < 10; UPDATE t SET n = 0; ROLLBACK", session)
    default:
      let insert = "INSERT INTO t VALUES (\(id), \(date), 5)"
      try run("BEGIN; DELETE FROM t WHERE id = \(id); \(insert); COMMIT", session)
      model[id] = 5
    }
  }

  private func run(_ text: String, _ session: Session) throws {
    let bytes = Array(text.utf8)
    let statements = try session.parse(bytes)
    session.beginMessage(statementCount: statements.count)
    for statement in statements {
      let started = try session.start(try session.prepare(statement, of: bytes))
      while try started.next() != nil {}
      _ = try started.finish()
    }
    try session.endMessage()
  }

  private func contents(_ session: Session) throws -> [Int: Int] {
    let prepared = try session.prepare(Array("SELECT id, n FROM t".utf8))
    let started = try session.start(prepared)
    var rows: [Int: Int] = [:]
    while let batch = try started.next() {
      for row in 0..<batch.rowCount {
        guard case .int64(let id) = batch.columns[0].datum(at: row),
          case .int64(let n) = batch.columns[1].datum(at: row)
        else { continue }
        #expect(rows[Int(id)] == nil, "the key \(id) is there twice")
        rows[Int(id)] = Int(n)
      }
    }
    _ = try started.finish()
    return rows
  }
}
