/// Something that runs SQL for a logic test.
package protocol LogicTestTarget {
  var product: LogicProduct { get }
  /// Runs the text and gives the last statement's result.
  func execute(_ sql: String) throws(PostgresFailure) -> PostgresResult
}

/// PostgreSQL with a database of its own for one file.
package struct PostgresLogicTarget: LogicTestTarget {
  package var product: LogicProduct { .postgres }
  private let connection: LibpqConnection

  private init(connection: LibpqConnection) {
    self.connection = connection
  }

  /// Makes an empty database, gives it to `body` and drops it.
  package static func withDatabase<Value>(
    named name: String,
    on server: PostgresServer,
    _ body: (PostgresLogicTarget) throws -> Value
  ) throws -> Value {
    let owner = try LibpqConnection(server.connectionString())
    try owner.execute("CREATE DATABASE \"\(name)\" TEMPLATE template0")
    let value = Result {
      // A statement that never ends must not hang the suite.
      let connection = try LibpqConnection(
        server.connectionString(database: name) + " options='-c statement_timeout=60s'"
      )
      return try body(PostgresLogicTarget(connection: connection))
    }
    try owner.execute("DROP DATABASE \"\(name)\" WITH (FORCE)")
    return try value.get()
  }

  package func execute(_ sql: String) throws(PostgresFailure) -> PostgresResult {
    try connection.execute(sql).last ?? PostgresResult()
  }
}
