import Foundation
import Server
import SystemIO
import TestSupport
import Testing

/// Clients whose messages are whole but wrong, slow, deep or endless.
@Suite struct HostileClientTests {
  private func expectAlive(_ server: TestServer) throws {
    #expect(try server.connect().execute("SELECT 1").last?.texts == [["1"]])
  }

  /// A message with a right frame around whatever.
  private func hostileMessage(_ random: inout SeededRandom) -> [UInt8] {
    let texts = ["", "s", "SELECT id FROM t", "SELECT $1::int, $2::text", "\u{ff}", "DECLARE c"]
    func text() -> [UInt8] { RawClient.text(texts[random.below(texts.count)]) }
    func number() -> [UInt8] { RawClient.int16([0, 1, 2, 3, -1, 300][random.below(6)]) }
    var inside: [UInt8] = []
    for _ in 0..<random.below(8) {
      switch random.below(5) {
      case 0, 1: inside += text()
      case 2: inside += number()
      case 3: inside += RawClient.int32([0, 4, -1, 23, 1 << 30, -5][random.below(6)])
      default: inside += (0..<random.below(20)).map { _ in UInt8(random.below(256)) }
      }
    }
    let kinds: [Character] = ["Q", "P", "B", "D", "E", "C", "H", "d", "c", "f", "F", "p"]
    return RawClient.message(kinds[random.below(kinds.count)], inside)
  }

  @Test func `messages that are wrong inside are answered, and the session goes on or ends`() throws
  {
    try TestServer.run { server in
      let seed = UInt64.random(in: 1..<1 << 40)
      print("seed \(seed)")
      var random = SeededRandom(seed: seed)
      try server.connect().execute("CREATE TABLE t (id int); INSERT INTO t VALUES (1), (2)")
      var answered = 0
      for _ in 0..<60 {
        let client = try server.connectRaw()
        for _ in 0..<20 {
          for _ in 0..<(1 + random.below(3)) { try? client.send(hostileMessage(&random)) }
          // Sync, and what ends a COPY, brings every session back to ReadyForQuery.
          try? client.send(RawClient.message("c") + RawClient.sync)
          guard let last = try? client.cycle().last, last.kind == "Z" else { break }
          answered += 1
        }
        client.socket.close()
      }
      #expect(answered > 100, "seed \(seed)")
      try expectAlive(server)
      #expect(try server.connect().execute("SELECT count(*) FROM t").last?.texts == [["2"]])
    }
  }

  @Test func `wrong parameters are refused by their SQLSTATE`() throws {
    try TestServer.run { server in
      let client = try server.connectRaw()
      let parse = RawClient.message(
        "P",
        RawClient.text("s") + RawClient.text("SELECT $1 + 1") + RawClient.int16(1)
          + RawClient.int32(23)
      )
      #expect(try client.kinds(parse + RawClient.sync) == "1Z")
      func bind(_ formats: [Int], _ values: [[UInt8]]) -> [UInt8] {
        var inside = RawClient.text("") + RawClient.text("s")
        inside += RawClient.int16(formats.count) + formats.flatMap(RawClient.int16)
        inside += RawClient.int16(values.count)
        for value in values { inside += RawClient.int32(value.count) + value }
        return RawClient.message("B", inside + RawClient.int16(0))
      }
      let wrong: [(bytes: [UInt8], state: String)] = [
        (bind([], []), "08P01"), (bind([], [[0x31], [0x32]]), "08P01"),
        (bind([2], [[0x31]]), "22023"), (bind([1], [[1, 2]]), "22P03"),
        (bind([0], [[0x78]]), "22P02"),
        (bind([1, 1, 1], [[0, 0, 0, 1]]), "08P01"),
        (RawClient.parse("bad", "SELECT 'a\u{0}b'"), "08P01"),
        (
          RawClient.message("P", RawClient.text("u") + [0xff, 0xfe, 0] + RawClient.int16(0)),
          "22021"
        ),
        (RawClient.bind("", "nobody"), "26000"), (RawClient.execute("nobody"), "34000"),
      ]
      for (bytes, state) in wrong {
        try client.send(bytes + RawClient.sync)
        let replies = try client.cycle()
        #expect(replies.map(\.kind) == ["E", "Z"], "\(state)")
        #expect(replies.first?.text.contains("C\(state) ") == true, "\(state): \(replies)")
      }
      #expect(
        try client.kinds(bind([], [[0x34]]) + RawClient.execute("") + RawClient.sync) == "2DCZ"
      )
    }
  }

  @Test func `a client that sends a byte at a time is served like any other`() throws {
    try TestServer.run { server in
      let client = try server.connectRaw()
      let talk =
        RawClient.query("SELECT 'slow'") + RawClient.parse("", "SELECT 2") + RawClient.bind("", "")
        + RawClient.execute("") + RawClient.sync
      for byte in talk {
        try client.send([byte])
        SystemIO.sleep(nanoseconds: 200_000)
      }
      #expect(String(try client.cycle().map(\.kind)) == "TDCZ")
      #expect(String(try client.cycle().map(\.kind)) == "12DCZ")
    }
  }

  @Test func `deep and wide statements are an error or an answer`() throws {
    try TestServer.run { server in
      let connection = try server.connect()
      try connection.execute(
        "CREATE TABLE t (id int); INSERT INTO t VALUES (1), (199999), (7777777)"
      )
      func repeated(_ text: String, _ count: Int) -> String {
        String(repeating: text, count: count)
      }
      let count = 10_000
      let deep = [
        "SELECT " + repeated("(", count) + "1" + repeated(")", count),
        "SELECT " + repeated("(SELECT ", count) + "1" + repeated(")", count),
        "SELECT 1" + repeated(" + 1", 200_000), "SELECT " + repeated("NOT ", count) + "true",
        "SELECT 1" + repeated(" UNION ALL SELECT 1", count),
        "SELECT " + repeated("CASE WHEN true THEN ", count) + "1" + repeated(" END", count),
        "SELECT * FROM t WHERE id = 1" + repeated(" AND (id = 1 OR id = 2", count)
          + repeated(")", count),
      ]
      for text in deep {
        for isExtended in [false, true] {
          do throws(PostgresFailure) {
            if isExtended {
              _ = try connection.execute(text, parameters: [])
            } else {
              try connection.execute(text)
            }
          } catch {
            #expect(["54001", "54000"].contains(error.sqlState), "\(text.prefix(40)): \(error)")
          }
        }
      }
      let wide =
        "SELECT count(*) FROM t WHERE id = 0" + (1..<200_000).map { " OR id = \($0)" }.joined()
      #expect(try connection.execute(wide).last?.texts == [["2"]])
      let list =
        "SELECT count(*) FROM t WHERE id IN (0" + (1..<200_000).map { ", \($0)" }.joined() + ")"
      #expect(try connection.execute(list).last?.texts == [["2"]])
      let values =
        "SELECT count(*) FROM (VALUES (0)" + (1..<50_000).map { ", (\($0))" }.joined() + ") v"
      #expect(try connection.execute(values).last?.texts == [["50000"]])
      try expectAlive(server)
    }
  }

  @Test func `clients that vanish in the middle of COPY leave nothing, and hold nobody up`() throws
  {
    try TestServer.run { server in
      let connection = try server.connect()
      try connection.execute("CREATE TABLE t (id int PRIMARY KEY, words text)")
      for number in 0..<30 {
        let client = try server.connectRaw()
        try client.send(RawClient.query("COPY t FROM STDIN"))
        #expect(try client.next()?.kind == "G")
        let line = Array("\(number)\tsome words\n".utf8)
        try client.send(RawClient.message("d", line))
        // Some leave in the middle of a message, some in the middle of COPY TO.
        if number % 3 == 0 { try client.send(Array("d".utf8) + RawClient.int32(500) + [0x31]) }
        client.socket.close()
      }
      try connection.execute(
        "INSERT INTO t SELECT g, repeat('x', 1000) FROM generate_series(1, 20000) g"
      )
      for _ in 0..<10 {
        let client = try server.connectRaw()
        try client.send(RawClient.query("COPY t TO STDOUT"))
        #expect(try client.next()?.kind == "H")
        client.socket.close()
      }
      #expect(try connection.execute("SELECT count(*) FROM t").last?.texts == [["20000"]])
      for _ in 0..<1_000 where server.server.connectionCount != 1 {
        SystemIO.sleep(nanoseconds: 10_000_000)
      }
      #expect(server.server.connectionCount == 1)
    }
  }
}
