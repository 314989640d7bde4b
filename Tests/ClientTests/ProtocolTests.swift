import Server
import TestSupport
import Testing

/// What only a client of bytes can ask for.
@Suite struct ProtocolTests {
  private static let rows = "CREATE TABLE t (id int); INSERT INTO t VALUES (1), (2), (3), (4), (5)"

  private func withRows(_ body: (RawClient) throws -> Void) throws {
    try TestServer.run { server in
      let client = try server.connectRaw()
      #expect(try client.kinds(RawClient.query(Self.rows)) == "CCZ")
      try body(client)
    }
  }

  @Test func `a portal gives its rows in pieces`() throws {
    try withRows { client in
      _ = try client.kinds(RawClient.query("BEGIN"))
      let begin = RawClient.parse("", "SELECT id FROM t") + RawClient.bind("p", "")
      let take = RawClient.execute("p", maxRows: 2) + RawClient.sync
      #expect(try client.kinds(begin + take) == "12DDsZ")
      #expect(try client.kinds(take) == "DDsZ")
      try client.send(take)
      let last = try client.cycle()
      #expect(String(last.map(\.kind)) == "DCZ")
      #expect(last[1].text == "SELECT 1 ")
      try client.send(take)
      #expect(try client.cycle().first?.text == "SELECT 0 ")
    }
  }

  @Test func `exactly as many rows as asked for still suspends`() throws {
    try withRows { client in
      let all = RawClient.parse("", "SELECT id FROM t") + RawClient.bind("", "")
      let take = RawClient.execute("", maxRows: 5)
      let kinds = try client.kinds(all + take + take + RawClient.sync)
      #expect(kinds == "12DDDDDsCZ")
    }
  }

  @Test func `two portals live side by side and end with their transaction`() throws {
    try withRows { client in
      _ = try client.kinds(RawClient.query("BEGIN"))
      let open =
        RawClient.parse("s", "SELECT id FROM t") + RawClient.bind("a", "s")
        + RawClient.bind("b", "s")
      let takeA = RawClient.execute("a", maxRows: 1)
      let takeB = RawClient.execute("b", maxRows: 1)
      #expect(try client.kinds(open + takeA + takeB + takeA + RawClient.sync) == "122DsDsDsZ")
      _ = try client.kinds(RawClient.query("COMMIT"))
      try client.send(takeA + RawClient.sync)
      let replies = try client.cycle()
      #expect(replies[0].text.contains("34000") && replies.count == 2)
    }
  }

  @Test func `Describe tells parameters and columns, or that there are none`() throws {
    try withRows { client in
      let query =
        RawClient.parse("s", "SELECT id FROM t WHERE id = $1") + RawClient.describe("S", "s")
      try client.send(query + RawClient.sync)
      let replies = try client.cycle()
      #expect(String(replies.map(\.kind)) == "1tTZ")
      #expect(replies[1].inside == [0, 1, 0, 0, 0, 23])
      let insert = RawClient.parse("", "INSERT INTO t VALUES ($1)") + RawClient.describe("S", "")
      #expect(try client.kinds(insert + RawClient.sync) == "1tnZ")
      let empty = RawClient.parse("", "") + RawClient.bind("", "") + RawClient.describe("P", "")
      #expect(try client.kinds(empty + RawClient.execute("") + RawClient.sync) == "12nIZ")
    }
  }

  @Test func `an error in a pipeline skips to Sync and takes its transaction back`() throws {
    try withRows { client in
      func run(_ text: String) -> [UInt8] {
        RawClient.parse("", text) + RawClient.bind("", "") + RawClient.execute("")
      }
      let pipeline =
        run("INSERT INTO t VALUES (6)") + run("SELECT 1 / 0") + run("INSERT INTO t VALUES (7)")
      #expect(try client.kinds(pipeline + RawClient.sync).hasSuffix("EZ"))
      #expect(
        try client.kinds(
          run("INSERT INTO t VALUES (6)") + run("INSERT INTO t VALUES (7)") + RawClient.sync
        ) == "12C12CZ"
      )
      try client.send(RawClient.query("SELECT count(*) FROM t"))
      #expect(try client.cycle()[1].text.hasSuffix("7"))
    }
  }

  @Test func `an error of an extended message comes before its Sync`() throws {
    try withRows { client in
      try client.send(RawClient.parse("", "SELECT nope FROM t") + RawClient.message("H"))
      #expect(try client.next()?.text.contains("42703") == true)
      #expect(try client.kinds(RawClient.parse("", "SELECT 1") + RawClient.sync) == "Z")
    }
  }

  @Test func `COPY TO STDOUT sends a message a row`() throws {
    try withRows { client in
      #expect(try client.kinds(RawClient.query("COPY t TO STDOUT")) == "HdddddcCZ")
      let csv = RawClient.query("COPY t TO STDOUT (FORMAT csv, HEADER)")
      #expect(try client.kinds(csv) == "HddddddcCZ")
      // The signature comes with the first row, the end by itself.
      try client.send(RawClient.query("COPY t TO STDOUT (FORMAT binary)"))
      let rows = try client.cycle().filter { $0.kind == "d" }.map(\.inside.count)
      #expect(rows == [29, 10, 10, 10, 10, 2])
      try client.send(RawClient.query("COPY (SELECT 1 WHERE false) TO STDOUT (FORMAT binary)"))
      #expect(try client.cycle().filter { $0.kind == "d" }.map(\.inside.count) == [21])
    }
  }

  @Test func `a DECLAREd cursor can be described as a portal`() throws {
    try withRows { client in
      _ = try client.kinds(RawClient.query("BEGIN; DECLARE c CURSOR FOR SELECT id FROM t"))
      #expect(try client.kinds(RawClient.describe("P", "c") + RawClient.sync) == "TZ")
    }
  }

  @Test func `statements keep their names until they are closed`() throws {
    try withRows { client in
      let parse = RawClient.parse("s", "SELECT 1")
      #expect(try client.kinds(parse + RawClient.sync) == "1Z")
      try client.send(parse + RawClient.sync)
      #expect(try client.cycle()[0].text.contains("42P05"))
      let close = RawClient.message("C", Array("S".utf8) + RawClient.text("s"))
      #expect(try client.kinds(close + close + parse + RawClient.sync) == "331Z")
      try client.send(RawClient.bind("", "unknown") + RawClient.sync)
      #expect(try client.cycle()[0].text.contains("26000"))
    }
  }

  @Test func `a query in the middle of COPY ends the COPY, not the session`() throws {
    try withRows { client in
      try client.send(RawClient.query("COPY t FROM STDIN"))
      #expect(try client.next()?.kind == "G")
      let late = RawClient.message("d", Array("9\n".utf8)) + RawClient.message("c")
      try client.send(RawClient.query("SELECT 1") + late)
      #expect(String(try client.cycle().map(\.kind)) == "EZ")
      try client.send(RawClient.query("SELECT count(*) FROM t"))
      #expect(try client.cycle()[1].text.hasSuffix("5"))
      try client.send(RawClient.query("COPY t FROM STDIN"))
      #expect(try client.next()?.kind == "G")
      try client.send(RawClient.message("f", RawClient.text("changed my mind")))
      #expect(try client.cycle()[0].text.contains("57014"))
    }
  }

  @Test func `newer protocols are negotiated down and 3·2 gets a long secret`() throws {
    try TestServer.run { server in
      let newer = try RawClient(port: server.server.port)
      try newer.startUp(minorVersion: 9_999)
      #expect(newer.secret.count == 32)
      let current = try RawClient(port: server.server.port)
      try current.startUp(minorVersion: 2)
      #expect(current.secret.count == 32)
      #expect(try server.connectRaw().secret.count == 4)
    }
  }
}
