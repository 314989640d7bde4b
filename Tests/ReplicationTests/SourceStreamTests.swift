import Columnar
import Replication
import SystemIO
import TestSupport
import Testing

@Suite struct SourceStreamTests {
  @Test func `changes of all kinds arrive in order, unsent values are marked`() throws {
    let source = try SourceDatabase()
    try source.sql.execute(
      """
      CREATE TABLE notes (id bigint PRIMARY KEY, rank integer, body text);
      ALTER TABLE notes ALTER body SET STORAGE EXTERNAL;
      """
    )
    try source.publish()
    try source.sql.execute(
      """
      INSERT INTO notes VALUES (1, 1, repeat('x', 5000)), (2, 2, 'short');
      UPDATE notes SET rank = 10 WHERE id = 1;
      UPDATE notes SET id = 3 WHERE id = 2;
      DELETE FROM notes WHERE id = 3;
      TRUNCATE notes;
      """
    )
    let stream = try source.stream()
    let groups = try stream.groups(upTo: try source.currentLSN())
    let batches = groups.flatMap(\.batches)
    #expect(batches.flatMap(\.kinds) == [.insert, .insert, .update, .update, .delete])
    let updates = try #require(batches.first { $0.kinds.contains(.update) })
    let place = try #require(updates.kinds.firstIndex(of: .update))
    #expect(updates.unchanged[2]?[place] == true)
    #expect(updates.oldKeys?.columns[0].datum(at: 0) == .int64(2))
    let truncates = groups.flatMap(\.steps).filter {
      if case .truncate = $0 { true } else { false }
    }
    #expect(truncates.count == 1)
  }

  @Test func `a resumed stream begins behind what was acknowledged`() throws {
    let source = try SourceDatabase()
    try source.sql.execute("CREATE TABLE t (id integer PRIMARY KEY)")
    try source.publish()
    try source.sql.execute("INSERT INTO t VALUES (1)")
    let first = try source.stream()
    let position = try #require(
      try first.groups(upTo: try source.currentLSN()).compactMap(\.lastCommit?.endLSN).last
    )
    first.acknowledge(position)
    first.stop()
    #expect(throws: ReplicationError.stopped) {
      while true { _ = try first.next(timeoutMilliseconds: 1) }
    }
    // The last status went out before the end; the source reads it before it lets go of the slot.
    let connection = try source.connect()
    for _ in 0..<30_000 where try connection.slot(source.slot)?.activeProcess != nil {
      sleep(nanoseconds: 1_000_000)
    }
    #expect(try connection.slot(source.slot)?.confirmedLSN == position)
    try source.sql.execute("INSERT INTO t VALUES (2)")
    let second = try source.stream(from: position)
    let rows = try second.groups(upTo: try source.currentLSN()).flatMap(\.batches)
    #expect(rows.flatMap { $0.rows.texts([.integer]) } == [["2"]])
  }

  @Test func `an idle source's position moves without transactions`() throws {
    let source = try SourceDatabase()
    try source.sql.execute("CREATE TABLE t (id integer PRIMARY KEY)")
    let connection = try source.connect(.replication)
    try source.sql.execute("CREATE PUBLICATION everything FOR TABLE t; CREATE TABLE u (a integer)")
    _ = try connection.createSlot(source.slot, isTemporary: false, snapshot: .none)
    let stream = try source.stream()
    try source.sql.execute("INSERT INTO u SELECT generate_series(1, 1000)")
    let groups = try stream.groups(upTo: try source.currentLSN())
    #expect(groups.allSatisfy { $0.steps.isEmpty && $0.transactionCount == 0 })
  }

  @Test func `the stream stops in front of a position and goes on later`() throws {
    let source = try SourceDatabase()
    try source.sql.execute("CREATE TABLE t (id integer PRIMARY KEY)")
    try source.publish()
    try source.sql.execute("INSERT INTO t VALUES (1)")
    let stop = try source.currentLSN()
    try source.sql.execute("INSERT INTO t VALUES (2)")
    let stream = try source.stream()
    stream.decoder.stopLSN = stop
    var rows: [[String?]] = []
    for _ in 0..<100 where !stream.isAtStop {
      let group = try stream.next(timeoutMilliseconds: 100)
      rows += group?.batches.flatMap { $0.rows.texts([.integer]) } ?? []
    }
    #expect(try stream.next(timeoutMilliseconds: 1) == nil)
    #expect(rows == [["1"]])
    stream.decoder.stopLSN = nil
    let rest = try stream.groups(upTo: try source.currentLSN()).flatMap(\.batches)
    #expect(rest.flatMap { $0.rows.texts([.integer]) } == [["2"]])
  }

  @Test func `a transaction larger than slabs comes in open groups, rows and values whole`() throws
  {
    let source = try SourceDatabase()
    try source.sql.execute("CREATE TABLE t (id integer PRIMARY KEY, body text)")
    try source.publish()
    try source.sql.execute(
      """
      INSERT INTO t SELECT i, repeat(chr(97 + i % 26), i % 50) FROM generate_series(1, 20000) i;
      INSERT INTO t VALUES (20001, repeat('z', 300000));
      INSERT INTO t VALUES (20002, 'end');
      """
    )
    var options = StreamOptions()
    options.slabBytes = 64 << 10
    options.waitingBytesMax = 256 << 10
    let stream = try source.stream(options)
    let groups = try stream.groups(upTo: try source.currentLSN())
    #expect(groups.contains { $0.isOpen })
    let batches = groups.flatMap(\.batches)
    let rows = batches.flatMap { $0.rows.texts([.integer, .text]) }
    #expect(rows.count == 20_002)
    for (place, row) in rows.prefix(20_000).enumerated() {
      let number = place + 1
      let letter = Character(Unicode.Scalar(UInt8(97 + number % 26)))
      guard row != ["\(number)", String(repeating: letter, count: number % 50)] else { continue }
      Issue.record("row \(number): \(row)")
    }
    #expect(rows[20_000][1]?.utf8.count == 300_000)
    #expect(rows[20_001] == ["20002", "end"])
  }

  @Test func `an applier that does nothing for long keeps the connection and a bounded backlog`()
    throws
  {
    let source = try SourceDatabase()
    try source.sql.execute("CREATE TABLE t (id integer PRIMARY KEY, body text)")
    try source.publish()
    var options = StreamOptions()
    options.slabBytes = 64 << 10
    options.waitingBytesMax = 1 << 20
    options.statusMilliseconds = 200
    // A second without a word from us would end the connection.
    let stream = try source.stream(options, prepare: "SET wal_sender_timeout = '1s'")
    try source.sql.execute(
      "INSERT INTO t SELECT i, repeat('x', 100) FROM generate_series(1, 100000) i"
    )
    sleep(nanoseconds: 3_000_000_000)
    #expect(stream.waitingBytes < 2 << 20)
    let rows = try stream.groups(upTo: try source.currentLSN()).flatMap(\.batches)
    #expect(rows.reduce(0) { $0 + $1.rowCount } == 100_000)
  }

  @Test func `the server's refusals come with their SQLSTATE`() throws {
    let source = try SourceDatabase()
    for throughLibpq in [false, true] {
      do throws(ReplicationError) {
        _ = try start(source, throughLibpq)
        Issue.record("there is no slot")
      } catch {
        guard case .server(let failure) = error else { throw error }
        #expect(failure.sqlState == "42704")
        #expect(!error.mayPass)
      }
    }
    try source.publish()
    let first = try source.stream()
    do throws(ReplicationError) {
      _ = try start(source, false)
      Issue.record("the slot is in use")
    } catch {
      guard case .server(let failure) = error else { throw error }
      #expect(failure.sqlState == "55006")
      #expect(error.mayPass)
    }
    first.stop()
  }

  private func start(
    _ source: SourceDatabase,
    _ throughLibpq: Bool
  ) throws(ReplicationError) -> SourceStream {
    do {
      return try source.stream(throughLibpq: throughLibpq, attempts: 1)
    } catch let error as ReplicationError { throw error } catch { throw .violation("\(error)") }
  }

  @Test func `a killed walsender ends the stream after all that had arrived`() throws {
    let source = try SourceDatabase()
    try source.sql.execute("CREATE TABLE t (id integer PRIMARY KEY)")
    try source.publish()
    let stream = try source.stream()
    try source.sql.execute("INSERT INTO t VALUES (1)")
    let position = try source.currentLSN()
    // Somebody else's record may lie before the position, which is then told of only now and then: after
    // two seconds with bytes at hand the small transaction is here.
    for waited in 0..<60_000 where stream.receivedLSN < position {
      if waited > 2_000, stream.waitingBytes > 0 { break }
      sleep(nanoseconds: 1_000_000)
    }
    _ = try source.value(
      "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = '\(source.slot)'"
    )
    var rowCount = 0
    do throws(ReplicationError) {
      while true {
        rowCount += try stream.next(timeoutMilliseconds: 1000)?.batches.first?.rowCount ?? 0
      }
    } catch { #expect(error.mayPass, "\(error)") }
    #expect(rowCount == 1)
  }
}
