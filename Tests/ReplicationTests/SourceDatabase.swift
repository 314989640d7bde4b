import Columnar
import Replication
import SystemIO
import TestSupport
import Testing

/// A database of the shared logical server, for one test.
final class SourceDatabase {
  let server: PostgresServer
  let name: String
  private let admin: LibpqConnection
  private(set) var sql: LibpqConnection

  init() throws {
    server = try PostgresServer.sharedLogical()
    name = "source_\(UInt32.random(in: 0 ... .max))"
    admin = try LibpqConnection(server.connectionString())
    try admin.execute("CREATE DATABASE \(name)")
    sql = try LibpqConnection(server.connectionString(database: name))
  }

  deinit {
    _ = try? admin.execute(
      """
      SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots
      WHERE database = '\(name)' AND NOT active
      """
    )
    _ = try? admin.execute("DROP DATABASE \(name) WITH (FORCE)")
  }

  var connectionString: String { server.connectionString(database: name) }

  /// Unique in the server.
  var slot: String { "slot_" + name }

  func connect(_ role: SourceConnection.Role = .ordinary) throws -> SourceConnection {
    try SourceConnection(connectionString, role: role)
  }

  /// The first column of the first row.
  func value(_ query: String) throws -> String? {
    try sql.execute(query).last?.texts.first?.first ?? nil
  }

  /// A publication of all tables and a slot; gives the slot.
  @discardableResult
  func publish(_ use: SnapshotUse = .none) throws -> (SourceConnection, CreatedSlot) {
    try sql.execute("CREATE PUBLICATION everything FOR ALL TABLES")
    let connection = try connect(.replication)
    return (connection, try connection.createSlot(slot, isTemporary: false, snapshot: use))
  }

  /// Follows the slot from `start`; waits while the last reader's process ends.
  func stream(
    from start: LSN = .zero,
    _ options: StreamOptions = StreamOptions(),
    throughLibpq: Bool = false,
    prepare: String = "",
    attempts: Int = 100,
    _ types: TypeDirectory = TypeDirectory()
  ) throws -> SourceStream {
    for _ in 1..<attempts {
      do {
        return try streamOnce(start, options, throughLibpq, prepare, types)
      } catch {
        guard (error as? ReplicationError)?.mayPass == true else { throw error }
        sleep(nanoseconds: 20_000_000)
      }
    }
    return try streamOnce(start, options, throughLibpq, prepare, types)
  }

  private func streamOnce(
    _ start: LSN,
    _ options: StreamOptions,
    _ throughLibpq: Bool,
    _ prepare: String,
    _ types: TypeDirectory
  ) throws -> SourceStream {
    let connection = try connect(.replication)
    try connection.run(prepare)
    return try SourceStream(
      throughLibpq ? connection.makeLibpqSource() : connection.makeByteSource(),
      slot: slot,
      publications: ["everything"],
      start: start,
      options: options
    ) { RelationLayout($0, types) }
  }

  /// Where the source writes now.
  func currentLSN() throws -> LSN {
    try #require(try value("SELECT pg_current_wal_insert_lsn()").flatMap { LSN($0) })
  }
}

extension SourceStream {
  /// All groups up to a position.
  func groups(upTo position: LSN, seconds: Int = 20) throws -> [ChangeGroup] {
    var groups: [ChangeGroup] = []
    let clock = ContinuousClock()
    let deadline = clock.now + .seconds(seconds)
    while clock.now < deadline {
      guard let group = try next(timeoutMilliseconds: 100) else { continue }
      groups.append(group)
      if let reached = group.position, reached >= position, !group.isOpen { return groups }
    }
    throw TestFailure()
  }
}

extension Batch {
  /// The rows as PostgreSQL would write them.
  func texts(_ types: [LogicalType]) -> [[String?]] {
    var cursor = ZoneCursor(.utc)
    return (0..<rowCount).map { row in
      zip(columns, types).map { vector, type in
        guard vector.isValid(row) else { return nil }
        var buffer = OutputBuffer()
        buffer.appendText(of: vector, row: row, ValueForm(type), &cursor)
        return String(decoding: buffer.array, as: UTF8.self)
      }
    }
  }
}
