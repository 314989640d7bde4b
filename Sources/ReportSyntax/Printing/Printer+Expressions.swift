extension Printer {
  /// Writes an expression, in parentheses when it binds weaker than `minimum`.
  mutating func write(_ expression: Expression, _ minimum: Int = 0) {
    let needsParentheses = Self.precedence(of: expression) < minimum
    if needsParentheses { write("(") }
    writeBare(expression)
    if needsParentheses { write(")") }
  }

  private static let primary = 20

  /// How strong the outermost operator of an expression binds.
  private static func precedence(of expression: Expression) -> Int {
    switch expression.kind {
    case .or: Precedence.or
    case .and: Precedence.and
    case .not: Precedence.not
    case .test, .distinct: Precedence.test
    case .between, .inList, .inQuery, .like: Precedence.like
    case .binary(let symbol, _, _), .quantified(_, let symbol, _, _),
      .quantifiedQuery(_, let symbol, _, _):
      level(of: symbol)
    case .unary(let symbol, _):
      isSign(symbol) ? Precedence.unary : Precedence.other
    case .literal(.integer(let digits)), .literal(.number(let digits)):
      digits.utf8.first == UInt8(ascii: "-") ? Precedence.unary : primary
    case .atTimeZone: Precedence.timeZone
    case .collate: Precedence.collate
    case .cast(_, _, let cast): cast.style == .colons ? Precedence.cast : primary
    case .function(let call): call.form == .overlaps ? Precedence.other : primary
    default: primary
    }
  }

  private static func isSign(_ symbol: Operator) -> Bool {
    symbol.schema.isEmpty && (symbol.symbol == "-" || symbol.symbol == "+")
  }

  private static func level(of symbol: Operator) -> Int {
    guard symbol.schema.isEmpty else { return Precedence.other }
    switch symbol.symbol {
    case "<", ">", "=", "<=", ">=", "<>": return Precedence.comparison
    case "+", "-": return Precedence.additive
    case "*", "/", "%": return Precedence.multiplicative
    case "^": return Precedence.power
    case "~~", "!~~", "~~*", "!~~*": return Precedence.like
    default: return Precedence.other
    }
  }

  // One short function a group of kinds: a large one has a large stack frame.
  private mutating func writeBare(_ expression: Expression) {
    switch expression.kind {
    case .unary, .binary, .and, .or, .not: writeOperation(expression)
    case .test, .distinct, .between, .inList, .inQuery, .like, .quantified, .quantifiedQuery:
      writePredicate(expression)
    case .exists(let query): writeQuery("EXISTS (", query)
    case .scalarQuery(let query): writeQuery("(", query)
    case .arrayQuery(let query): writeQuery("ARRAY(", query)
    case .cast, .collate, .atTimeZone, .element, .slice, .field, .allFields:
      writePostfix(expression)
    case .conditional(let value): write(value)
    case .function(let call): write(call)
    default: writeOperand(expression)
    }
  }

  private mutating func writeQuery(_ opening: String, _ query: Query) {
    write(opening)
    write(query)
    write(")")
  }

  // MARK: Operators

  private mutating func write(_ symbol: Operator) {
    guard !symbol.schema.isEmpty else { return write(symbol.symbol) }
    write("OPERATOR(")
    for name in symbol.schema {
      write(name)
      write(".")
    }
    write(symbol.symbol + ")")
  }

  private mutating func writeOperation(_ expression: Expression) {
    switch expression.kind {
    case .unary(let symbol, let operand):
      write(symbol)
      write(" ")
      write(operand, Self.isSign(symbol) ? Precedence.unary : Precedence.other + 1)
    case .binary(let symbol, let left, let right):
      let level = Self.level(of: symbol)
      let associates = level != Precedence.comparison && level != Precedence.like
      write(left, associates ? level : level + 1)
      write(" ")
      write(symbol)
      write(" ")
      write(right, level + 1)
    case .and(let operands):
      writeList(operands, " AND ") { $0.write($1, Precedence.and + 1) }
    case .or(let operands):
      writeList(operands, " OR ") { $0.write($1, Precedence.or + 1) }
    case .not(let operand):
      write("NOT ")
      write(operand, Precedence.not)
    default: break
    }
  }

  private mutating func writePredicate(_ expression: Expression) {
    switch expression.kind {
    case .test(let value, let test, let isNegated):
      write(value, Precedence.test + 1)
      write(isNegated ? " IS NOT " : " IS ")
      write(test.rawValue.uppercased())
    case .distinct(let left, let right, let isNegated, _):
      write(left, Precedence.test + 1)
      write(isNegated ? " IS NOT DISTINCT FROM " : " IS DISTINCT FROM ")
      write(right, Precedence.test + 1)
    case .between(let between): write(between)
    case .inList(let value, let items, let isNegated, _):
      write(value, Precedence.like + 1)
      write(isNegated ? " NOT IN (" : " IN (")
      writeExpressions(items)
      write(")")
    case .inQuery(let value, let query, let isNegated, _):
      write(value, Precedence.like + 1)
      writeQuery(isNegated ? " NOT IN (" : " IN (", query)
    case .like(let like): write(like)
    case .quantified(let value, let symbol, let quantifier, let array):
      writeQuantifier(value, symbol, quantifier)
      write(array)
      write(")")
    case .quantifiedQuery(let value, let symbol, let quantifier, let query):
      writeQuantifier(value, symbol, quantifier)
      write(query)
      write(")")
    default: break
    }
  }

  private mutating func write(_ between: Between) {
    write(between.value, Precedence.like + 1)
    write(between.isNegated ? " NOT BETWEEN " : " BETWEEN ")
    if between.isSymmetric { write("SYMMETRIC ") }
    write(between.lower, Precedence.unary)
    write(" AND ")
    write(between.upper, Precedence.like + 1)
  }

  private mutating func write(_ like: Like) {
    write(like.value, Precedence.like + 1)
    if like.isNegated { write(" NOT") }
    write(" " + like.style.rawValue.uppercased() + " ")
    write(like.pattern, Precedence.like + 1)
    guard let escape = like.escape else { return }
    write(" ESCAPE ")
    write(escape, Precedence.like + 1)
  }

  private mutating func writeQuantifier(
    _ value: Expression,
    _ symbol: Operator,
    _ quantifier: Quantifier
  ) {
    write(value, Self.level(of: symbol) + 1)
    write(" ")
    let words = ["~~": "LIKE", "!~~": "NOT LIKE", "~~*": "ILIKE", "!~~*": "NOT ILIKE"]
    if symbol.schema.isEmpty, let word = words[symbol.symbol] {
      write(word)
    } else {
      write(symbol)
    }
    write(" \(quantifier.rawValue.uppercased()) (")
  }

  // MARK: Operands

  private mutating func writeOperand(_ expression: Expression) {
    switch expression.kind {
    case .literal(let literal): write(literal)
    case .column(let parts): write(QualifiedName(parts))
    case .wildcard(let parts):
      for part in parts {
        write(part)
        write(".")
      }
      write("*")
    case .parameter(let number): write("$\(number)")
    case .namedParameter(let name): write(":\(name.text)")
    case .array(let elements): writeCall("ARRAY[", elements, "]")
    case .row(let items, let isExplicit): writeCall(isExplicit ? "ROW(" : "(", items)
    case .coalesce(let items): writeCall("COALESCE(", items)
    case .nullif(let value, let other): writeCall("NULLIF(", [value, other])
    case .greatest(let items): writeCall("GREATEST(", items)
    case .least(let items): writeCall("LEAST(", items)
    case .grouping(let items): writeCall("GROUPING(", items)
    case .sessionValue(let value, let precision):
      write(value.rawValue.uppercased())
      if let precision { write("(\(precision))") }
    case .defaultValue: write("DEFAULT")
    default: break
    }
  }

  private mutating func writeCall(
    _ opening: String,
    _ items: [Expression],
    _ closing: String = ")"
  ) {
    write(opening)
    writeExpressions(items)
    write(closing)
  }

  private mutating func write(_ literal: Literal) {
    switch literal {
    case .null: write("NULL")
    case .boolean(let value): write(value ? "TRUE" : "FALSE")
    case .integer(let digits), .number(let digits): write(digits)
    case .string(let value): write(Self.literal(value))
    case .bits(let digits): write("B'\(digits)'")
    case .hexadecimal(let digits): write("X'\(digits)'")
    }
  }

  private mutating func write(_ value: Case) {
    write("CASE")
    if let operand = value.operand {
      write(" ")
      write(operand)
    }
    for branch in value.branches {
      write(" WHEN ")
      write(branch.condition)
      write(" THEN ")
      write(branch.result)
    }
    if let otherwise = value.otherwise {
      write(" ELSE ")
      write(otherwise)
    }
    write(" END")
  }

  // MARK: Casts, subscripts, fields

  private mutating func writePostfix(_ expression: Expression) {
    switch expression.kind {
    case .cast(let value, let type, let cast): write(value, type, cast)
    case .collate(let value, let name):
      write(value, Precedence.collate)
      write(" COLLATE ")
      write(name)
    case .atTimeZone(let value, let zone):
      write(value, Precedence.timeZone)
      write(" AT TIME ZONE ")
      write(zone, Precedence.timeZone + 1)
    case .element(let base, let index):
      writeBase(base, allowsColumn: true)
      writeCall("[", [index], "]")
    case .slice(let base, let lower, let upper):
      writeBase(base, allowsColumn: true)
      write("[")
      if let lower { write(lower) }
      write(" : ")
      if let upper { write(upper) }
      write("]")
    case .field(let base, let name):
      writeBase(base, allowsColumn: false)
      write(".")
      write(name)
    case .allFields(let base):
      writeBase(base, allowsColumn: false)
      write(".*")
    default: break
    }
  }

  private mutating func write(_ value: Expression, _ type: TypeName, _ cast: Cast) {
    switch cast.style {
    case .colons:
      write(value, Precedence.cast)
      write("::")
      write(type)
    case .function:
      write("CAST(")
      write(value)
      write(" AS ")
      write(type)
      write(")")
    case .literal:
      guard let fields = type.intervalFields else {
        write(type)
        write(" ")
        return write(value)
      }
      // An interval's fields stand after its text.
      write("interval ")
      write(value)
      write(" " + fields.rawValue)
      if let precision = type.modifiers.first { write("(\(precision))") }
    }
  }

  /// What a subscript or a field name follows.
  private mutating func writeBase(_ base: Expression, allowsColumn: Bool) {
    var isPlain = false
    switch base.kind {
    case .column: isPlain = allowsColumn
    case .element, .slice, .field, .parameter, .namedParameter: isPlain = true
    default: break
    }
    if !isPlain { write("(") }
    write(base)
    if !isPlain { write(")") }
  }
}
