/// `CREATE TABLE t (…) PARTITION BY MONTH (c) ORDER BY (…) …`.
package struct CreateTable: Sendable {
  package let name: QualifiedName
  package let ifNotExists: Bool
  package let orReplace: Bool
  package let columns: [ColumnDefinition]
  /// Of a column or of the table; empty without a key.
  package let primaryKey: [Identifier]
  package let options: TableOptions
}

/// `CREATE TABLE t (…) … AS query`.
package struct CreateTableAs: Sendable {
  package let name: QualifiedName
  package let ifNotExists: Bool
  package let orReplace: Bool
  package let columns: [Identifier]
  package let options: TableOptions
  package let query: Query
  package let withData: Bool
}

/// A column of CREATE TABLE or ADD COLUMN.
package struct ColumnDefinition: Sendable {
  package let name: Identifier
  package let type: TypeName
  package let isNotNull: Bool
  package let defaultValue: Expression?
  /// Where PRIMARY KEY stands, if it does.
  package let keyRange: SourceRange?

  package var isPrimaryKey: Bool { keyRange != nil }
}

/// What follows the columns of a table.
package struct TableOptions: Sendable {
  /// The column of `PARTITION BY MONTH (c)`.
  package var partitionMonth: Identifier?
  /// `ORDER BY (a, b)`.
  package var orderBy: [Identifier] = []
  /// `TENANT KEY (c)`.
  package var tenantKey: Identifier?
  /// `RETAIN n MONTHS`.
  package var retainMonths: Int32?
  /// `WITH (k = v)`.
  package var settings: [Setting] = []

  package struct Setting: Sendable {
    package let name: Identifier
    package let value: String
  }

  package init() {}
}

extension Parser {
  /// CREATE and what follows it.
  mutating func parseCreate() throws(SyntaxError) -> Statement {
    try expect(.create)
    let orReplace = accept(.or, .replace)
    if at(.temp) || at(.temporary) || at(.unlogged) || at(.global) || at(.local) {
      throw .unsupported("\(text.uppercased()) TABLE", at: current.range)
    }
    switch current.keyword {
    case .table: return try parseCreateTable(orReplace)
    case .view: return .createView(try parseCreateView(orReplace))
    case .rollup: return .createRollup(try parseCreateRollup(orReplace))
    case .schema where !orReplace: return .createSchema(try parseCreateSchema())
    case .unique, .index, .sequence, .function, .procedure, .trigger, .type, .extension, .role,
      .user, .database, .domain, .materialized, .policy, .publication, .subscription, .rule,
      .aggregate, .cast, .collation, .operator, .statistics, .tablespace, .recursive, .foreign:
      throw .unsupported("CREATE \(text.uppercased())", at: current.range)
    default: break
    }
    if at(word: "report") { return .createReport(try parseCreateReport(orReplace)) }
    throw unexpected()
  }

  private mutating func parseCreateTable(_ orReplace: Bool) throws(SyntaxError) -> Statement {
    try expect(.table)
    let ifNotExists = try parseIfNotExists()
    let name = try parseQualifiedName()
    if at(.leftParenthesis), !isNameListAhead {
      return try parseDefinition(name, ifNotExists, orReplace)
    }
    if at(.of) { throw .unsupported("CREATE TABLE OF", at: current.range) }
    let columns = at(.leftParenthesis) ? try parseColumnList() : []
    let options = try parseTableOptions()
    try expect(.as)
    if at(.execute) { throw .unsupported("CREATE TABLE AS EXECUTE", at: current.range) }
    let query = try parseQuery()
    return .createTableAs(
      CreateTableAs(
        name: name,
        ifNotExists: ifNotExists,
        orReplace: orReplace,
        columns: columns,
        options: options,
        query: query,
        withData: try parseWithData()
      )
    )
  }

  /// Whether `(a, b)` without types stands here.
  private var isNameListAhead: Bool {
    guard isColumnName(peek()) else { return false }
    return peek(2).kind == .comma || peek(2).kind == .rightParenthesis
  }

  private mutating func parseWithData() throws(SyntaxError) -> Bool {
    guard at(.with) else { return true }
    advance()
    let isEmpty = accept(.no)
    try expect(.data)
    return !isEmpty
  }

  mutating func parseIfNotExists() throws(SyntaxError) -> Bool {
    guard accept(.if) else { return false }
    try expect(.not)
    try expect(.exists)
    return true
  }

  // MARK: Columns

  private mutating func parseDefinition(
    _ name: QualifiedName,
    _ ifNotExists: Bool,
    _ orReplace: Bool
  ) throws(SyntaxError) -> Statement {
    var columns: [ColumnDefinition] = []
    var key: [Identifier] = []
    try expect(.leftParenthesis)
    if !at(.rightParenthesis) {
      repeat {
        var place = current.range
        var more: [Identifier] = []
        if let constraint = try parseTableConstraint() {
          more = constraint
        } else {
          let column = try parseColumnDefinition(of: name)
          columns.append(column)
          if let range = column.keyRange {
            more = [column.name]
            place = range
          }
        }
        if !key.isEmpty, !more.isEmpty { throw Self.severalKeys(name, at: place) }
        key += more
      } while accept(.comma)
    }
    try expect(.rightParenthesis)
    if at(.inherits) { throw .unsupported("INHERITS", at: current.range) }
    let options = try parseTableOptions()
    return .createTable(
      CreateTable(
        name: name,
        ifNotExists: ifNotExists,
        orReplace: orReplace,
        columns: columns,
        primaryKey: key,
        options: options
      )
    )
  }

  private static func severalKeys(_ name: QualifiedName, at place: SourceRange) -> SyntaxError {
    SyntaxError(
      sqlState: "42P16",
      message: "multiple primary keys for table \"\(name.name.text)\" are not allowed",
      range: place
    )
  }

  /// `[CONSTRAINT name] PRIMARY KEY (…)`; nil when a column stands here.
  private mutating func parseTableConstraint() throws(SyntaxError) -> [Identifier]? {
    switch current.keyword {
    case .constraint:
      advance()
      _ = try parseColumnName()
    case .primary, .unique, .check, .foreign, .exclude, .like: break
    default: return nil
    }
    guard at(.primary) else { throw unsupportedConstraint() }
    advance()
    try expect(.key)
    return try parseColumnList()
  }

  private func unsupportedConstraint() -> SyntaxError {
    switch current.keyword {
    case .unique, .check, .references, .exclude, .generated, .like:
      .unsupported(text.uppercased(), at: current.range)
    case .foreign: .unsupported("FOREIGN KEY", at: current.range)
    default: unexpected()
    }
  }

  /// `name type [NOT NULL] [DEFAULT …] [PRIMARY KEY]`.
  ///
  /// The name of the table is for errors.
  mutating func parseColumnDefinition(
    of table: QualifiedName
  ) throws(SyntaxError) -> ColumnDefinition {
    let name = try parseColumnName()
    let type = try parseTypeName()
    var isNotNull = false
    var isNull = false
    var keyRange: SourceRange?
    var defaultValue: Expression?
    while let keyword = current.keyword {
      let place = current.range
      switch keyword {
      case .not where peek().keyword == .null:
        advance()
        advance()
        isNotNull = true
      case .null:
        advance()
        isNull = true
      case .default where defaultValue == nil:
        advance()
        defaultValue = try parseRestrictedExpression()
      case .primary:
        keyRange = advance().range
        try expect(.key)
      case .constraint:
        advance()
        _ = try parseColumnName()
      case .unique, .check, .references, .generated: throw unsupportedConstraint()
      case .collate: throw .unsupported("COLLATE of a column", at: current.range)
      default:
        return ColumnDefinition(
          name: name,
          type: type,
          isNotNull: isNotNull,
          defaultValue: defaultValue,
          keyRange: keyRange
        )
      }
      if isNull, isNotNull {
        throw .syntax(
          "conflicting NULL/NOT NULL declarations for column \"\(name.text)\" of table "
            + "\"\(table.name.text)\"",
          at: place
        )
      }
    }
    return ColumnDefinition(
      name: name,
      type: type,
      isNotNull: isNotNull,
      defaultValue: defaultValue,
      keyRange: keyRange
    )
  }

  // MARK: Options

  mutating func parseTableOptions() throws(SyntaxError) -> TableOptions {
    var options = TableOptions()
    while true {
      if at(.partition), options.partitionMonth == nil {
        options.partitionMonth = try parsePartitionMonth()
      } else if at(.order), options.orderBy.isEmpty {
        advance()
        try expect(.by)
        options.orderBy = try parseColumnList()
      } else if at(word: "tenant"), options.tenantKey == nil {
        advance()
        try expect(.key)
        try expect(.leftParenthesis)
        options.tenantKey = try parseColumnName()
        try expect(.rightParenthesis)
      } else if at(word: "retain"), options.retainMonths == nil {
        options.retainMonths = try parseRetain()
      } else if at(.with), peek().kind == .leftParenthesis, options.settings.isEmpty {
        advance()
        options.settings = try parseSettings()
      } else {
        return options
      }
    }
  }

  private mutating func parsePartitionMonth() throws(SyntaxError) -> Identifier {
    try expect(.partition)
    try expect(.by)
    let method = current
    guard accept(.month) else {
      if at(.range) || at(word: "list") || at(word: "hash") {
        throw .unsupported(
          "PARTITION BY \(list.text(of: method).uppercased())",
          at: method.range,
          hint: "Use PARTITION BY MONTH (column)."
        )
      }
      throw unexpected()
    }
    try expect(.leftParenthesis)
    let column = try parseColumnName()
    try expect(.rightParenthesis)
    return column
  }

  /// `RETAIN n MONTHS`.
  mutating func parseRetain() throws(SyntaxError) -> Int32 {
    try expect(word: "retain")
    let place = current.range
    let months = try parseInteger()
    guard months > 0 else {
      throw SyntaxError(
        sqlState: "22023",
        message: "RETAIN must be at least 1 month",
        range: place
      )
    }
    if !accept(.month) { try expect(word: "months") }
    return months
  }

  /// `(k = v, …)`.
  mutating func parseSettings() throws(SyntaxError) -> [TableOptions.Setting] {
    try parenthesised { (parser: inout Parser) throws(SyntaxError) in
      let name = try parser.parseLabel()
      let value = parser.accept(.equal) ? try parser.parseSettingValue() : "true"
      return TableOptions.Setting(name: name, value: value)
    }
  }
}

extension Printer {
  mutating func writeCreate(
    _ kind: String,
    _ name: QualifiedName,
    ifNotExists: Bool = false,
    orReplace: Bool = false
  ) {
    write(orReplace ? "CREATE OR REPLACE " : "CREATE ")
    write(kind + (ifNotExists ? " IF NOT EXISTS " : " "))
    write(name)
  }

  mutating func write(_ table: CreateTable) {
    writeCreate("TABLE", table.name, ifNotExists: table.ifNotExists, orReplace: table.orReplace)
    write(" (")
    writeList(table.columns) { $0.write($1) }
    if !table.primaryKey.isEmpty, !table.columns.contains(where: \.isPrimaryKey) {
      write(table.columns.isEmpty ? "PRIMARY KEY " : ", PRIMARY KEY ")
      writeNames(table.primaryKey)
    }
    write(")")
    write(table.options)
  }

  mutating func write(_ table: CreateTableAs) {
    writeCreate("TABLE", table.name, ifNotExists: table.ifNotExists, orReplace: table.orReplace)
    if !table.columns.isEmpty {
      write(" ")
      writeNames(table.columns)
    }
    write(table.options)
    write(" AS ")
    write(table.query)
    if !table.withData { write(" WITH NO DATA") }
  }

  mutating func write(_ column: ColumnDefinition) {
    write(column.name)
    write(" ")
    write(column.type)
    if column.isNotNull { write(" NOT NULL") }
    if let value = column.defaultValue {
      write(" DEFAULT ")
      write(value, Precedence.unary)
    }
    if column.isPrimaryKey { write(" PRIMARY KEY") }
  }

  mutating func write(_ options: TableOptions) {
    if let column = options.partitionMonth {
      write(" PARTITION BY MONTH ")
      writeNames([column])
    }
    if !options.orderBy.isEmpty {
      write(" ORDER BY ")
      writeNames(options.orderBy)
    }
    if let column = options.tenantKey {
      write(" TENANT KEY ")
      writeNames([column])
    }
    if let months = options.retainMonths { write(" RETAIN \(months) MONTHS") }
    if !options.settings.isEmpty {
      write(" WITH ")
      write(options.settings)
    }
  }

  mutating func write(_ settings: [TableOptions.Setting]) {
    write("(")
    writeList(settings) { printer, setting in
      printer.write(setting.name)
      printer.write(" = " + Self.literal(setting.value))
    }
    write(")")
  }
}
