extension PostgresServer {
  /// Makes an empty database, gives a connection to `body` and drops the database.
  package func withDatabase<Value>(
    named name: String,
    _ body: (LibpqConnection) throws -> Value
  ) throws -> Value {
    let owner = try LibpqConnection(connectionString())
    try owner.execute("CREATE DATABASE \"\(name)\" TEMPLATE template0")
    let value = Result {
      try body(LibpqConnection(connectionString(database: "'\(name)'")))
    }
    try owner.execute("DROP DATABASE \"\(name)\" WITH (FORCE)")
    return try value.get()
  }
}
