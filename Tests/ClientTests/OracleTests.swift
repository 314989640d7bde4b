import TestSupport
import Testing

/// The oracle and the client that all other tests stand on.
@Suite struct OracleTests {
  private func connect() throws -> LibpqConnection {
    try LibpqConnection(PostgresServer.shared().connectionString())
  }

  @Test func `the oracle is PostgreSQL 15 in UTF-8 and collation C`() throws {
    let connection = try connect()
    #expect(connection.parameter("server_version")?.hasPrefix("15.") == true)
    let texts = try connection.execute("SHOW server_encoding; SELECT 'Z' < 'a', upper('ё')")
      .map(\.texts)
    #expect(texts == [[["UTF8"]], [["t", "Ё"]]])
  }

  @Test func `a failure carries its fields`() throws {
    let connection = try connect()
    try connection.execute("CREATE TEMP TABLE deal (amount int)")
    let failure = #expect(throws: PostgresFailure.self) {
      try connection.execute("SELECT amont FROM deal")
    }
    #expect(
      failure
        == PostgresFailure(
          sqlState: "42703",
          message: "column \"amont\" does not exist",
          hint: "Perhaps you meant to reference the column \"deal.amount\".",
          position: 8
        )
    )
    #expect(connection.transactionState == "I")
  }

  @Test func `parameters go and come in text and in binary`() throws {
    let connection = try connect()
    let sql = "SELECT $1::int4 + 1, $2::text, $3::int8"
    let parameters: [PostgresParameter] = [
      .binary([0, 0, 1, 0], typeID: 23), .text("ж\n"), .text(nil),
    ]
    let text = try connection.execute(sql, parameters: parameters)
    #expect(text.texts == [["257", "ж\n", nil]])
    let binary = try connection.execute(sql, parameters: parameters, binaryResult: true)
    #expect(binary.rows == [[[0, 0, 1, 1], Array("ж\n".utf8), nil]])
    #expect(binary.columns.map(\.typeName) == ["int4", "text", "int8"])
  }

  @Test func `copy goes in and out`() throws {
    let connection = try connect()
    try connection.execute("CREATE TEMP TABLE copied (a int, b text)")
    let chunks = [Array("1,a\n2".utf8), Array(",b\n".utf8)]
    let result = try connection.copyIn("COPY copied FROM STDIN (FORMAT csv)", chunks: chunks)
    #expect(result.affectedRows == 2)
    #expect(try connection.copyOut("COPY copied TO STDOUT") == Array("1\ta\n2\tb\n".utf8))
    #expect(throws: PostgresFailure.self) {
      try connection.copyIn("COPY copied FROM STDIN (FORMAT csv)", chunks: [Array("x,a\n".utf8)])
    }
    #expect(try connection.execute("SELECT count(*) FROM copied")[0].texts == [["2"]])
  }

  @Test func `cancel ends a statement from another thread`() async throws {
    let connection = try connect()
    let canceller = Task.detached {
      while !Task.isCancelled {
        try? await Task.sleep(for: .milliseconds(20))
        connection.cancel()
      }
    }
    let failure = #expect(throws: PostgresFailure.self) {
      try connection.execute("SELECT pg_sleep(60)")
    }
    canceller.cancel()
    #expect(failure?.sqlState == "57014")
  }
}
