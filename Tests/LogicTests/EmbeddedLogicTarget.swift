import Columnar
import Engine
import Planning
import Storage
import TestSupport

/// Almanac inside the test's process, with a database of its own in memory.
final class EmbeddedLogicTarget: LogicTestTarget {
  let product = LogicProduct.almanac
  private let database: Database
  private let session: Session

  /// `tinyBlocks`: 64-row blocks and sealing every 7 rows, so that every file goes through segments,
  /// delete vectors and compaction.
  init(tinyBlocks: Bool) throws {
    var options = DatabaseOptions(directory: "data")
    options.fileSystem = SimulatedFileSystem()
    options.threads = 2
    if tinyBlocks {
      options.store.blockRowCount = 64
      options.store.sealRowCount = 7
    }
    database = try Database.open(options)
    var startup = SessionStartup()
    startup.settings = [(name: "TimeZone", value: "UTC")]
    session = try database.makeSession(startup)
  }

  func close() throws {
    session.close()
    try database.close()
  }

  func execute(_ sql: String) throws(PostgresFailure) -> PostgresResult {
    var result = PostgresResult()
    do throws(EngineError) {
      let text = Array(sql.utf8)
      let statements = try session.parse(text)
      session.beginMessage(statementCount: statements.count)
      for statement in statements {
        result = try run(try session.start(try session.prepare(statement, of: text)))
      }
      try session.endMessage()
    } catch {
      session.messageFailed()
      throw PostgresFailure(
        sqlState: error.sqlState,
        message: error.message,
        detail: error.detail,
        hint: error.hint,
        position: error.position
      )
    }
    return result
  }

  private func run(_ run: StatementRun) throws(EngineError) -> PostgresResult {
    var result = PostgresResult()
    guard case .rows(let columns) = run.kind else {
      finish(&result, try run.finish())
      return result
    }
    result.columns = columns.map { PostgresColumn(name: $0.name, typeID: $0.type.objectID) }
    let forms = columns.map { ValueForm($0.type) }
    var cursor = ZoneCursor(session.timeZone)
    while let batch = try run.next() {
      for row in 0..<batch.rowCount {
        result.rows.append(
          zip(batch.columns, forms).map { vector, form -> [UInt8]? in
            guard vector.isValid(row) else { return nil }
            var text = OutputBuffer()
            text.appendText(of: vector, row: row, form, &cursor)
            return text.array
          }
        )
      }
    }
    finish(&result, try run.finish())
    return result
  }
}

/// The tag, and the rows that its last number tells.
private func finish(_ result: inout PostgresResult, _ tag: String) {
  result.commandTag = tag
  result.affectedRows = tag.split(separator: " ").last.flatMap { Int($0) }
}

extension LogicalType {
  /// PostgreSQL's number of the type (pg_type.oid).
  fileprivate var objectID: UInt32 {
    switch self {
    case .boolean: 16
    case .smallint: 21
    case .integer: 23
    case .bigint: 20
    case .numeric: 1700
    case .real: 700
    case .double: 701
    case .text, .unknown: 25
    case .varchar: 1043
    case .char: 1042
    case .uuid: 2950
    case .date: 1082
    case .time: 1083
    case .timestamp: 1114
    case .timestamptz: 1184
    case .interval: 1186
    case .jsonb: 3802
    case .bytea: 17
    case .array: 1009
    }
  }
}
