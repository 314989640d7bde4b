import Columnar
import Engine
import TestSupport
import Testing

extension Session {
  /// Runs a COPY … FROM STDIN with data in pieces; its tag.
  func copy(_ text: String, _ data: String, pieceBytes: Int = 1000) throws(EngineError) -> String {
    do throws(EngineError) {
      let bytes = Array(text.utf8)
      let statements = try parse(bytes)
      beginMessage(statementCount: 1)
      let run = try start(try prepare(statements[0], of: bytes))
      let data = Array(data.utf8)
      for first in stride(from: 0, to: data.count, by: pieceBytes) {
        try run.copyData(Array(data[first..<min(data.count, first + pieceBytes)]))
      }
      let tag = try run.finish()
      try endMessage()
      return tag
    } catch {
      messageFailed()
      throw error
    }
  }
}

/// COPY … FROM STDIN, by rows and through the bulk loader.
@Suite struct CopyTests {
  private func prepared() throws -> (TestDatabase, Session) {
    let test = try TestDatabase()
    let session = try test.session()
    try session.run(
      """
      CREATE TABLE t (
        id bigint PRIMARY KEY, at timestamp, name text DEFAULT 'none', n integer DEFAULT 6 + 1
      ) PARTITION BY MONTH (at) ORDER BY (at)
      """
    )
    return (test, session)
  }

  private func segmentCount(_ test: TestDatabase) -> Int {
    test.fileSystem.filePaths.count { $0.hasSuffix(".seg") }
  }

  @Test func `much data goes straight into segments, with defaults, and commits once`() throws {
    let (test, session) = try prepared()
    let count = 400_000
    var data = ""
    for id in 0..<count { data += "\(id),2024-0\(1 + id % 9)-01 10:00:00\n" }
    #expect(data.utf8.count > 8 << 20)
    let tag = try session.copy("COPY t (id, at) FROM STDIN (FORMAT csv)", data, pieceBytes: 65_536)
    #expect(tag == "COPY \(count)")
    #expect(segmentCount(test) == 9)
    let rows = try session.run("SELECT count(*), sum(id), min(name), max(n), min(n) FROM t")
    #expect(rows == ["\(count)|\(count * (count - 1) / 2)|none|7|7"])
    #expect(throws: EngineError.self) {
      try session.copy("COPY t (id, at) FROM STDIN (FORMAT csv)", data, pieceBytes: 65_536)
    }
    #expect(try session.run("SELECT count(*) FROM t") == ["\(count)"])
    #expect(segmentCount(test) == 9)
  }

  @Test func `an error names line and column, and the table stays as it was`() throws {
    let (test, session) = try prepared()
    let data = "id,at\n1,2024-01-01 00:00:00\nx,2024-01-01 00:00:00\n"
    for options in ["FORMAT csv, HEADER", "FORMAT csv, HEADER, FILE 'f.csv'"] {
      do throws(EngineError) {
        _ = try session.copy("COPY t (id, at) FROM STDIN (\(options))", data)
        Issue.record("a bad row was copied")
      } catch {
        #expect(error.sqlState == "22P02")
        #expect(error.context == "COPY t, line 3, column id: \"x\"")
      }
    }
    #expect(try session.run("SELECT count(*) FROM t") == ["0"])
    #expect(segmentCount(test) == 0)
  }

  @Test func `a file is mapped by its header and loaded once`() throws {
    let (_, session) = try prepared()
    let data = "n,id\n5,1\n6,2\n"
    let text = "COPY t FROM STDIN (FORMAT csv, HEADER, FILE 'f.csv')"
    #expect(try session.copy(text, data) == "COPY 2")
    #expect(session.takeNotices().last?.message == "2 rows")
    #expect(
      try session.run("SELECT id, at, name, n FROM t ORDER BY 1") == [
        "1|NULL|none|5", "2|NULL|none|6",
      ]
    )
    do throws(EngineError) {
      _ = try session.copy(text, data)
      Issue.record("loaded twice")
    } catch {
      #expect(error.sqlState == "42710")
    }
    let again = "COPY t FROM STDIN (FORMAT csv, HEADER, FILE 'f.csv', AGAIN, ON_CONFLICT update)"
    #expect(try session.copy(again, data) == "COPY 2")
    #expect(session.takeNotices().last?.message == "2 rows, 2 replaced")
    #expect(try session.run("SELECT count(*) FROM t") == ["2"])
  }

  @Test func `bad rows are told by notices, known keys are skipped`() throws {
    let (_, session) = try prepared()
    try session.run("INSERT INTO t (id, name) VALUES (1, 'old')")
    let tag = try session.copy(
      "COPY t (id, name) FROM STDIN (FORMAT csv, ON_ERROR ignore, ON_CONFLICT skip)",
      "1,new\nx,bad\n2,two\n2,twice\n3\n"
    )
    #expect(tag == "COPY 1")
    let notices = session.takeNotices()
    #expect(
      notices.map(\.context) == ["COPY t, line 2, column id: \"x\"", "COPY t, line 5: \"3\"", nil]
    )
    #expect(notices.map(\.detail) == ["x,bad", "3", nil])
    #expect(notices.last?.message == "1 row, 2 rejected, 2 skipped")
    #expect(try session.run("SELECT id, name FROM t ORDER BY 1") == ["1|old", "2|two"])
  }

  @Test func `inside a transaction own rows count, and a rollback leaves nothing`() throws {
    let (test, session) = try prepared()
    try session.run("INSERT INTO t (id, name) VALUES (1, 'a'), (2, 'b')")
    try session.run("BEGIN")
    try session.run("INSERT INTO t (id, name) VALUES (3, 'c')")
    try session.run("DELETE FROM t WHERE id = 1")
    let text = "COPY t (id, name) FROM STDIN (FORMAT csv, ON_CONFLICT update)"
    #expect(try session.copy(text, "1,A\n2,B\n3,C\n4,D\n") == "COPY 4")
    #expect(try session.run("SELECT id, name FROM t ORDER BY 1") == ["1|A", "2|B", "3|C", "4|D"])
    #expect(segmentCount(test) == 1)
    try session.run("ROLLBACK")
    #expect(try session.run("SELECT id, name FROM t ORDER BY 1") == ["1|a", "2|b"])
    #expect(segmentCount(test) == 0)
    try session.run("BEGIN")
    try session.run("TRUNCATE t")
    let plain = "COPY t (id, name) FROM STDIN (FORMAT csv, FILE 'x')"
    #expect(try session.copy(plain, "1,A\n2,B\n") == "COPY 2")
    try session.run("COMMIT")
    #expect(try session.run("SELECT id, name FROM t ORDER BY 1") == ["1|A", "2|B"])
  }

  @Test func `a key that another session committed meanwhile is an error`() throws {
    let (test, session) = try prepared()
    let other = try test.session()
    try session.run("BEGIN")
    #expect(try session.run("SELECT count(*) FROM t") == ["0"])
    #expect(try session.copy("COPY t (id) FROM STDIN (FORMAT csv, FILE 'x')", "7\n8\n") == "COPY 2")
    try other.run("INSERT INTO t (id) VALUES (8)")
    #expect(session.failure("COMMIT") == "23505")
    #expect(try other.run("SELECT id FROM t") == ["8"])
    #expect(segmentCount(test) == 0)
  }

  @Test func `two loads at once both commit`() throws {
    let (test, session) = try prepared()
    let other = try test.session()
    try session.run("BEGIN")
    #expect(try session.copy("COPY t (id) FROM STDIN (FORMAT csv, FILE 'a')", "1\n") == "COPY 1")
    #expect(try other.copy("COPY t (id) FROM STDIN (FORMAT csv, FILE 'b')", "2\n") == "COPY 1")
    try session.run("COMMIT")
    #expect(try session.run("SELECT id FROM t ORDER BY 1") == ["1", "2"])
    try session.run("BEGIN")
    #expect(try session.copy("COPY t (id) FROM STDIN (FORMAT csv, FILE 'c')", "3\n") == "COPY 1")
    let same = "COPY t (id) FROM STDIN (FORMAT csv, FILE 'c', ON_CONFLICT skip)"
    #expect(try other.copy(same, "3\n") == "COPY 1")
    #expect(session.failure("COMMIT") == "40001")
  }

  @Test func `a default that differs from row to row keeps the load by rows`() throws {
    let (_, session) = try prepared()
    try session.run("CREATE TABLE v (id bigint PRIMARY KEY, r double precision DEFAULT random())")
    #expect(try session.copy("COPY v (id) FROM STDIN (FORMAT csv)", "1\n2\n3\n") == "COPY 3")
    #expect(try session.run("SELECT count(DISTINCT r) FROM v") == ["3"])
    do throws(EngineError) {
      _ = try session.copy("COPY v (id) FROM STDIN (FORMAT csv, FILE 'x')", "4\n")
      Issue.record("one random value for all rows")
    } catch {
      #expect(error.sqlState == "0A000")
    }
  }

  @Test func `a client that gives up leaves nothing`() throws {
    let (test, session) = try prepared()
    let bytes = Array("COPY t (id) FROM STDIN (FORMAT csv, FILE 'x')".utf8)
    let statements = try session.parse(bytes)
    session.beginMessage(statementCount: 1)
    let run = try session.start(try session.prepare(statements[0], of: bytes))
    try run.copyData(Array((0..<100_000).map { "\($0)\n" }.joined().utf8))
    #expect(throws: EngineError.self) { try run.copyFail("no more") }
    session.messageFailed()
    #expect(try session.run("SELECT count(*) FROM t") == ["0"])
    #expect(segmentCount(test) == 0)
  }

  @Test func `options that are none are refused`() throws {
    let (_, session) = try prepared()
    for (options, state) in [
      ("FORMAT csv, ON_ERROR perhaps", "22023"), ("FORMAT csv, ON_CONFLICT no", "22023"),
      ("FORMAT binary, FILE 'x'", "42601"), ("FORMAT csv, HEADER match, FILE 'x'", "22P04"),
    ] {
      do throws(EngineError) {
        _ = try session.copy("COPY t FROM STDIN (\(options))", "a,b\n")
        Issue.record("accepted: \(options)")
      } catch {
        #expect(error.sqlState == state, "\(options)")
      }
    }
  }
}
