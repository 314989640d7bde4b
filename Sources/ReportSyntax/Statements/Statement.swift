/// One statement of the report language.
///
/// To add a statement: one file in this folder with its tree, its rule and its printing, a case
/// here, and a line in each of the two switches below.
package indirect enum Statement: Sendable {
  case query(Query)
  case insert(Insert)
  case update(Update)
  case delete(Delete)
  case truncate(Truncate)
  case copy(Copy)
  case createTable(CreateTable)
  case createTableAs(CreateTableAs)
  case createView(CreateView)
  case createSchema(CreateSchema)
  case createReport(CreateReport)
  case createRollup(CreateRollup)
  case checkRollup(CheckRollup)
  case suggestRollups
  case drop(Drop)
  case alterTable(AlterTable)
  case compactTable(CompactTable)
  case replication(ReplicationCommand)
  case transaction(TransactionCommand)
  case explain(Explain)
  case show(Show)
  case set(SetVariable)
  case reset(ResetVariable)
  case discard(Discard)
  case prepare(Prepare)
  case execute(Execute)
  case deallocate(Deallocate)
  case declareCursor(DeclareCursor)
  case fetch(Fetch)
  case closeCursor(CloseCursor)
  case notification(Notification)
  case checkpoint
  case maintenance(Maintenance)
}

/// A statement with its place in the text.
package struct ParsedStatement: Sendable {
  package let statement: Statement
  /// From its first token to its last, without the semicolon.
  package let range: SourceRange
}

extension Parser {
  /// Reads every statement of a text, as a simple query has them.
  ///
  /// - Returns: No statement for a text of blanks, comments and semicolons.
  /// - Throws: The first error; then nothing of the text may run.
  /// - Complexity: O(length).
  package static func parseStatements(
    _ source: [UInt8],
    options: ParseOptions = .standard
  ) throws(SyntaxError) -> [ParsedStatement] {
    var parser = Parser(source, options: options)
    var statements: [ParsedStatement] = []
    while true {
      while parser.accept(.semicolon) {}
      if parser.at(.endOfInput) { return statements }
      let first = parser.current.range
      let statement = try parser.parseStatement()
      statements.append(ParsedStatement(statement: statement, range: parser.range(from: first)))
      guard parser.at(.semicolon) || parser.at(.endOfInput) else { throw parser.unexpected() }
    }
  }

  /// Reads a text that is one query, such as the stored text of a view.
  package static func parseQuery(
    _ source: [UInt8],
    options: ParseOptions = .standard
  ) throws(SyntaxError) -> Query {
    var parser = Parser(source, options: options)
    let query = try parser.parseQuery()
    _ = parser.accept(.semicolon)
    guard parser.at(.endOfInput) else { throw parser.unexpected() }
    return query
  }

  /// Reads a text that is one expression, such as the stored text of a default.
  package static func parseExpression(
    _ source: [UInt8],
    options: ParseOptions = .standard
  ) throws(SyntaxError) -> Expression {
    var parser = Parser(source, options: options)
    let expression = try parser.parseExpression()
    guard parser.at(.endOfInput) else { throw parser.unexpected() }
    return expression
  }

  /// Reads a text that is the name of a type.
  package static func parseTypeName(_ source: [UInt8]) throws(SyntaxError) -> TypeName {
    var parser = Parser(source)
    let type = try parser.parseTypeName()
    guard parser.at(.endOfInput) else { throw parser.unexpected() }
    return type
  }

  /// Reads one statement, up to its semicolon.
  mutating func parseStatement() throws(SyntaxError) -> Statement {
    if at(.leftParenthesis) { return .query(try parseQuery()) }
    if at(word: "compact") { return .compactTable(try parseCompactTable()) }
    if isReplicationCommand { return .replication(try parseReplicationCommand()) }
    if at(.check, .rollup) { return .checkRollup(try parseCheckRollup()) }
    if at(word: "suggest") {
      try parseSuggestRollups()
      return .suggestRollups
    }
    guard let keyword = current.keyword else { throw unexpected() }
    switch keyword {
    case .select, .values, .table: return .query(try parseQuery())
    case .with: return try parseStatementWith()
    case .insert: return .insert(try parseInsert(with: nil))
    case .update: return .update(try parseUpdate(with: nil))
    case .delete: return .delete(try parseDelete(with: nil))
    case .truncate: return .truncate(try parseTruncate())
    case .copy: return .copy(try parseCopy())
    case .create: return try parseCreate()
    case .drop: return .drop(try parseDrop())
    case .alter: return .alterTable(try parseAlterTable())
    case .begin, .start, .commit, .end, .rollback, .abort, .savepoint, .release:
      return .transaction(try parseTransaction())
    case .explain: return .explain(try parseExplain())
    default: return try parseSessionStatement(keyword)
    }
  }

  private mutating func parseSessionStatement(
    _ keyword: Keyword
  ) throws(SyntaxError) -> Statement {
    switch keyword {
    case .show: return .show(try parseShow())
    case .set: return try parseSet()
    case .reset: return .reset(try parseReset())
    case .discard: return .discard(try parseDiscard())
    case .prepare: return try parsePrepare()
    case .execute: return .execute(try parseExecute())
    case .deallocate: return .deallocate(try parseDeallocate())
    case .declare: return .declareCursor(try parseDeclareCursor())
    case .fetch, .move: return .fetch(try parseFetchCursor())
    case .close: return .closeCursor(try parseCloseCursor())
    case .listen, .unlisten, .notify: return .notification(try parseNotification())
    case .checkpoint:
      advance()
      return .checkpoint
    case .vacuum, .analyze, .analyse: return .maintenance(try parseMaintenance())
    case .grant, .revoke, .comment, .lock, .cluster, .reindex, .refresh, .merge, .call, .do,
      .reassign, .security, .load, .import:
      throw .unsupported(keyword.rawValue.uppercased(), at: current.range)
    default: throw unexpected()
    }
  }

  /// `WITH …` before a query or a change.
  private mutating func parseStatementWith() throws(SyntaxError) -> Statement {
    let start = position
    let with = try parseWith()
    switch current.keyword {
    case .insert: return .insert(try parseInsert(with: with))
    case .update: return .update(try parseUpdate(with: with))
    case .delete: return .delete(try parseDelete(with: with))
    default:
      position = start
      return .query(try parseQuery())
    }
  }
}

extension Printer {
  mutating func write(_ statement: Statement) {
    switch statement {
    case .query(let value): write(value)
    case .insert(let value): write(value)
    case .update(let value): write(value)
    case .delete(let value): write(value)
    case .truncate(let value): write(value)
    case .copy(let value): write(value)
    case .createTable(let value): write(value)
    case .createTableAs(let value): write(value)
    case .createView(let value): write(value)
    case .createSchema(let value): write(value)
    case .createReport(let value): write(value)
    case .createRollup(let value): write(value)
    case .checkRollup(let value): write(value)
    case .suggestRollups: write("SUGGEST ROLLUPS")
    case .drop(let value): write(value)
    case .alterTable(let value): write(value)
    case .compactTable(let value): write(value)
    case .replication(let value): write(value)
    case .transaction(let value): write(value)
    case .explain(let value): write(value)
    case .show(let value): write(value)
    case .set(let value): write(value)
    case .reset(let value): write(value)
    case .discard(let value): write(value)
    case .prepare(let value): write(value)
    case .execute(let value): write(value)
    case .deallocate(let value): write(value)
    case .declareCursor(let value): write(value)
    case .fetch(let value): write(value)
    case .closeCursor(let value): write(value)
    case .notification(let value): write(value)
    case .checkpoint: write("CHECKPOINT")
    case .maintenance(let value): write(value)
    }
  }
}
