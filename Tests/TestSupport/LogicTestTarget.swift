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
    try server.withDatabase(named: name) { try body(PostgresLogicTarget(connection: $0)) }
  }

  package func execute(_ sql: String) throws(PostgresFailure) -> PostgresResult {
    try connection.execute(sql).last ?? PostgresResult()
  }
}
