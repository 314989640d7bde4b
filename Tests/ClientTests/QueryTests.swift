import TestSupport
import Testing

/// What libpq, and with it psql and most drivers, sees.
@Suite struct QueryTests {
  @Test func `a connection is told what drivers ask for`() throws {
    try TestServer.run { server in
      let connection = try server.connect()
      #expect(connection.parameter("server_version")?.hasPrefix("15.") == true)
      #expect(connection.parameter("client_encoding") == "UTF8")
      #expect(connection.parameter("integer_datetimes") == "on")
      #expect(connection.parameter("standard_conforming_strings") == "on")
      #expect(connection.transactionState == "I")
    }
  }

  @Test func `several statements in one text each give their result`() throws {
    try TestServer.run { server in
      let connection = try server.connect()
      let results = try connection.execute(
        "CREATE TABLE t (id int, name text); INSERT INTO t VALUES (1, 'жук'), (2, NULL); "
          + "SELECT id, name FROM t"
      )
      #expect(results.map(\.commandTag) == ["CREATE TABLE", "INSERT 0 2", "SELECT 2"])
      #expect(Set(results[2].texts) == [["1", "жук"], ["2", nil]])
      #expect(results[2].columns.map(\.typeName) == ["int4", "text"])
      #expect(try connection.execute(" ; -- nothing").map(\.commandTag) == [""])
    }
  }

  @Test func `a text that fails leaves nothing behind`() throws {
    try TestServer.run { server in
      let connection = try server.connect()
      try connection.execute("CREATE TABLE t (id int)")
      let failure = #expect(throws: PostgresFailure.self) {
        try connection.execute("INSERT INTO t VALUES (1); SELECT 1 / 0; INSERT INTO t VALUES (2)")
      }
      #expect(failure?.sqlState == "22012")
      #expect(try connection.execute("SELECT count(*) FROM t").last?.texts == [["0"]])
    }
  }

  @Test func `the transaction's state follows BEGIN, an error and ROLLBACK`() throws {
    try TestServer.run { server in
      let connection = try server.connect()
      try connection.execute("BEGIN")
      #expect(connection.transactionState == "T")
      #expect(throws: PostgresFailure.self) { try connection.execute("SELECT nothing") }
      #expect(connection.transactionState == "E")
      let failure = #expect(throws: PostgresFailure.self) { try connection.execute("SELECT 1") }
      #expect(failure?.sqlState == "25P02")
      try connection.execute("ROLLBACK")
      #expect(connection.transactionState == "I")
      #expect(try connection.execute("SELECT 1").last?.texts == [["1"]])
    }
  }

  @Test func `an error has its place in the text, counted in characters`() throws {
    try TestServer.run { server in
      let connection = try server.connect()
      for isExtended in [false, true] {
        let failure = #expect(throws: PostgresFailure.self) {
          if isExtended {
            _ = try connection.execute("SELECT 'жж', nope", parameters: [])
          } else {
            try connection.execute("SELECT 'жж', nope")
          }
        }
        #expect(failure?.sqlState == "42703" && failure?.position == 14)
      }
      let syntax = #expect(throws: PostgresFailure.self) { try connection.execute("SELECT 1 1") }
      #expect(syntax?.message == "syntax error at or near \"1\"" && syntax?.position == 10)
    }
  }

  @Test func `parameters and results go in text and in binary`() throws {
    try TestServer.run { server in
      let connection = try server.connect()
      let text = try connection.execute(
        "SELECT $1::int + 1, $2::text, $3::date",
        parameters: [.text("41"), .text("жук"), .text(nil)]
      )
      #expect(text.texts == [["42", "жук", nil]])
      let binary = try connection.execute(
        "SELECT $1::bigint + 1, $2::boolean",
        parameters: [.binary([0, 0, 0, 0, 0, 0, 0, 41], typeID: 20), .binary([1], typeID: 16)],
        binaryResult: true
      )
      #expect(binary.rows == [[[0, 0, 0, 0, 0, 0, 0, 42], [1]]])
      let failure = #expect(throws: PostgresFailure.self) {
        _ = try connection.execute("SELECT $1::int", parameters: [.text("x")])
      }
      #expect(failure?.sqlState == "22P02")
      let width = #expect(throws: PostgresFailure.self) {
        _ = try connection.execute("SELECT $1::int", parameters: [.binary([1], typeID: 23)])
      }
      #expect(width?.sqlState == "22P03")
    }
  }

  @Test func `COPY goes both ways`() throws {
    try TestServer.run { server in
      let connection = try server.connect()
      try connection.execute("CREATE TABLE t (id int, name text)")
      let result = try connection.copyIn(
        "COPY t FROM STDIN",
        chunks: [Array("1\tжу".utf8), Array("к\n2\t".utf8), Array("\\N\n".utf8)]
      )
      #expect(result.commandTag == "COPY 2")
      let bytes = try connection.copyOut("COPY t TO STDOUT (FORMAT csv)")
      let lines = Set(String(decoding: bytes, as: UTF8.self).split(separator: "\n"))
      #expect(lines == ["1,жук", "2,"])
      let failure = #expect(throws: PostgresFailure.self) {
        try connection.copyIn("COPY t FROM STDIN", chunks: [Array("x\ty\n".utf8)])
      }
      #expect(failure?.sqlState == "22P02")
      #expect(connection.transactionState == "I")
      #expect(try connection.execute("SELECT count(*) FROM t").last?.texts == [["2"]])
    }
  }

  @Test func `who is not almanac is refused in PostgreSQL's words`() throws {
    try TestServer.run { server in
      for (change, state) in [("user=eve", "role \"eve\""), ("dbname=other", "database \"other\"")]
      {
        let failure = #expect(throws: PostgresFailure.self) {
          _ = try LibpqConnection(server.connectionString + " " + change)
        }
        #expect(failure?.message.contains("\(state) does not exist") == true)
      }
    }
  }
}
