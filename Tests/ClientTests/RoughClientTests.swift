import Engine
import Server
import SystemIO
import TestSupport
import Testing

/// Clients that vanish, rave, sleep or never read: only their own connection ends.
@Suite struct RoughClientTests {
  private func expectAlive(_ server: TestServer) throws {
    #expect(try server.connect().execute("SELECT 1").last?.texts == [["1"]])
  }

  /// Waits for connections to end.
  private func waitForConnections(_ count: Int, _ server: TestServer) {
    for _ in 0..<1_000 where server.server.connectionCount != count {
      SystemIO.sleep(nanoseconds: 10_000_000)
    }
    #expect(server.server.connectionCount == count)
  }

  @Test func `garbage ends its own connection`() throws {
    try TestServer.run { server in
      var random = SeededRandom(seed: 7)
      for _ in 0..<50 {
        let stranger = try RawClient(port: server.server.port)
        try? stranger.send((0..<200).map { _ in UInt8(random.below(256)) })
        stranger.socket.shutdownWriting()
        let guest = try server.connectRaw()
        try? guest.send((0..<200).map { _ in UInt8(random.below(256)) })
        guest.socket.shutdownWriting()
      }
      try expectAlive(server)
      waitForConnections(0, server)
    }
  }

  @Test func `a huge length is refused and a half message waits for nobody`() throws {
    try TestServer.run { server in
      let greedy = try server.connectRaw()
      try greedy.send(Array("Q".utf8) + RawClient.int32(0x7fff_ffff))
      let replies = try greedy.cycle()
      #expect(replies.count == 1 && replies[0].text.contains("FATAL"))
      #expect(replies[0].text.contains("08P01"))
      let half = try server.connectRaw()
      try half.send(Array("Q".utf8) + RawClient.int32(1_000) + Array("SELECT".utf8))
      half.socket.close()
      let inCopy = try server.connectRaw()
      _ = try inCopy.kinds(RawClient.query("CREATE TABLE t (id int)"))
      try inCopy.send(
        RawClient.query("COPY t FROM STDIN") + RawClient.message("d", Array("1\n2\n".utf8))
      )
      inCopy.socket.close()
      waitForConnections(0, server)
      let rest = try server.connect().execute("SELECT count(*) FROM t").last?.texts
      #expect(rest == [["0"]])
    }
  }

  @Test func `two clients that do not read leave a third alone, and can be cancelled`() throws {
    try TestServer.run { server in
      try server.makeWideTable(rows: 600)
      let sleepers = try [server.connectRaw(), server.connectRaw()]
      for sleeper in sleepers { try sleeper.send(RawClient.query("SELECT * FROM wide")) }
      SystemIO.sleep(nanoseconds: 200_000_000)
      try expectAlive(server)
      #expect(try server.connect().execute("SELECT count(*) FROM wide").last?.texts == [["600"]])
      let cancel = RawClient.int32(80_877_102) + RawClient.int32(sleepers[0].processID)
      let wrong = try RawClient(port: server.server.port)
      try wrong.send(RawClient.int32(16) + cancel + [0, 0, 0, 0])
      #expect(try wrong.next() == nil)
      let right = try RawClient(port: server.server.port)
      try right.send(RawClient.int32(16) + cancel + sleepers[0].secret)
      #expect(try right.next() == nil)
      let cancelled = try sleepers[0].cycle()
      #expect(cancelled.dropLast().last?.kind == "E")
      #expect(cancelled.dropLast().last?.text.contains("57014") == true)
      let whole = try sleepers[1].cycle()
      #expect(whole.filter { $0.kind == "D" }.count == 600)
    }
  }

  @Test func `a client that vanishes in the middle of its rows costs nothing`() throws {
    try TestServer.run { server in
      try server.makeWideTable(rows: 300)
      let client = try server.connectRaw()
      try client.send(RawClient.query("SELECT * FROM wide"))
      _ = try client.next()
      client.socket.close()
      waitForConnections(0, server)
      try expectAlive(server)
    }
  }

  @Test func `one client too many is told so`() throws {
    try TestServer.run({ $0.connectionsMax = 2 }) { server in
      let first = try server.connect()
      let second = try server.connect()
      let failure = #expect(throws: PostgresFailure.self) { _ = try server.connect() }
      #expect(failure?.message.contains("too many clients") == true)
      _ = (try first.execute("SELECT 1"), try second.execute("SELECT 1"))
    }
  }

  @Test func `a client that never says who it is has to go`() throws {
    try TestServer.run({ $0.startupSeconds = 1 }) { server in
      let silent = try RawClient(port: server.server.port)
      #expect(try silent.next() == nil)
    }
  }

  @Test func `stopping tells idle clients and lets nobody wait`() throws {
    let server = try TestServer { $0.drainSeconds = 2 }
    try server.makeWideTable(rows: 300)
    let idle = try server.connectRaw()
    let sleeper = try server.connectRaw()
    try sleeper.send(RawClient.query("SELECT * FROM wide"))
    SystemIO.sleep(nanoseconds: 100_000_000)
    server.stop()
    #expect(try idle.next()?.text.contains("57P01") == true)
    #expect(server.server.connectionCount == 0)
  }

  @Test func `a session ended by another is told and leaves`() throws {
    try TestServer.run { server in
      let victim = try server.connectRaw()
      try server.connect().execute("SELECT pg_terminate_backend(\(victim.processID))")
      #expect(try victim.next()?.text.contains("57P01") == true)
      #expect(try victim.next() == nil)
    }
  }

  @Test func `only loopback addresses are served`() throws {
    let server = try TestServer()
    defer { server.stop() }
    var options = ServerOptions()
    options.host = "0.0.0.0"
    #expect(throws: ServerError.self) { _ = try Server(server.database, options) }
  }

  @Test func `five hundred idle connections are served`() throws {
    try TestServer.run { server in
      let clients = try (0..<500).map { _ in try server.connectRaw() }
      for client in clients.reversed() {
        #expect(try client.kinds(RawClient.query("SELECT 1")) == "TDCZ")
      }
    }
  }
}
