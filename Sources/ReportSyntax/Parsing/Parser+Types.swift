extension Parser {
  /// A type with modifiers and array bounds.
  mutating func parseTypeName() throws(SyntaxError) -> TypeName {
    let first = current.range
    if at(.setof) { throw .unsupported("SETOF", at: current.range) }
    let simple = try parseSimpleType()
    var dimensions = 0
    while at(.leftBracket) {
      advance()
      if at(.wholeNumber) { advance() }
      try expect(.rightBracket)
      dimensions += 1
    }
    if dimensions == 0, accept(.array) {
      dimensions = 1
      if accept(.leftBracket) {
        _ = try parseInteger()
        try expect(.rightBracket)
      }
    }
    guard dimensions > 0 else { return simple }
    return TypeName(
      name: simple.name,
      modifiers: simple.modifiers,
      intervalFields: simple.intervalFields,
      arrayDimensions: dimensions,
      range: range(from: first)
    )
  }

  /// A type without array bounds.
  mutating func parseSimpleType() throws(SyntaxError) -> TypeName {
    let first = current.range
    if let keyword = current.keyword, isTypeKeyword {
      if keyword == .interval { return try parseIntervalType() }
      return try parseKeywordType(keyword)
    }
    guard isFunctionName(current) else { throw unexpected() }
    var parts = [takeIdentifier()]
    while accept(.dot) { parts.append(try parseLabel()) }
    let modifiers = try parseTypeModifiers()
    return TypeName(name: QualifiedName(parts), modifiers: modifiers, range: range(from: first))
  }

  /// Whether the current key word begins a type of the SQL standard.
  var isTypeKeyword: Bool {
    switch current.keyword {
    case .int, .integer, .smallint, .bigint, .real, .float, .decimal, .dec, .numeric, .boolean,
      .bit, .character, .char, .varchar, .national, .nchar, .timestamp, .time, .interval:
      true
    case .double: peek().keyword == .precision
    default: false
    }
  }

  private mutating func parseKeywordType(_ keyword: Keyword) throws(SyntaxError) -> TypeName {
    let first = advance().range
    var modifiers: [Int32] = []
    let name: String
    switch keyword {
    case .int, .integer: name = "int4"
    case .smallint: name = "int2"
    case .bigint: name = "int8"
    case .real: name = "float4"
    case .float: name = try parseFloatPrecision()
    case .double:
      try expect(.precision)
      name = "float8"
    case .decimal, .dec, .numeric:
      name = "numeric"
      modifiers = try parseTypeModifiers()
    case .boolean: name = "bool"
    case .bit:
      name = accept(.varying) ? "varbit" : "bit"
      modifiers = try parseTypeModifiers()
      if name == "bit", modifiers.isEmpty { modifiers = [1] }
    case .timestamp, .time:
      if at(.leftParenthesis) { modifiers = [try parsePrecision()] }
      name = keyword.rawValue + (try parseTimeZoneWords() ? "tz" : "")
    default:
      (name, modifiers) = try parseCharacterType(keyword)
    }
    return TypeName(
      name: QualifiedName([Identifier(name, range: first)]),
      modifiers: modifiers,
      range: range(from: first)
    )
  }

  private mutating func parseCharacterType(
    _ keyword: Keyword
  ) throws(SyntaxError) -> (String, [Int32]) {
    if keyword == .national, !accept(.character), !accept(.char) { throw unexpected() }
    let isVarying = keyword == .varchar || accept(.varying)
    var modifiers: [Int32] = []
    if at(.leftParenthesis) { modifiers = [try parsePrecision()] }
    if !isVarying, modifiers.isEmpty { modifiers = [1] }
    return (isVarying ? "varchar" : "bpchar", modifiers)
  }

  private mutating func parseFloatPrecision() throws(SyntaxError) -> String {
    guard at(.leftParenthesis) else { return "float8" }
    let place = peek().range
    let precision = try parsePrecision()
    guard precision >= 1, precision <= 53 else {
      throw SyntaxError(
        sqlState: "22023",
        message: precision < 1
          ? "precision for type float must be at least 1 bit"
          : "precision for type float must be less than 54 bits",
        range: place
      )
    }
    return precision <= 24 ? "float4" : "float8"
  }

  private mutating func parsePrecision() throws(SyntaxError) -> Int32 {
    try expect(.leftParenthesis)
    let value = try parseInteger()
    try expect(.rightParenthesis)
    return value
  }

  /// `(10, -2)`, or nothing.
  private mutating func parseTypeModifiers() throws(SyntaxError) -> [Int32] {
    guard at(.leftParenthesis) else { return [] }
    return try parenthesised { (parser: inout Parser) throws(SyntaxError) in
      let token = parser.current
      guard let value = Int32(exactly: try parser.parseSignedInteger()) else {
        throw parser.unexpected(token)
      }
      return value
    }
  }

  /// `WITH TIME ZONE` is true, `WITHOUT TIME ZONE` or nothing false.
  private mutating func parseTimeZoneWords() throws(SyntaxError) -> Bool {
    guard at(.with, .time) || at(.without, .time) else { return false }
    let isWith = at(.with)
    advance()
    advance()
    try expect(.zone)
    return isWith
  }

  private mutating func parseIntervalType() throws(SyntaxError) -> TypeName {
    let first = try expect(.interval).range
    var modifiers: [Int32] = []
    var fields: IntervalFields?
    if at(.leftParenthesis) {
      modifiers = [try parsePrecision()]
    } else {
      (fields, modifiers) = try parseIntervalFields()
    }
    return TypeName(
      name: QualifiedName([Identifier("interval", range: first)]),
      modifiers: modifiers,
      intervalFields: fields,
      range: range(from: first)
    )
  }

  /// `DAY TO SECOND(3)`, or nothing.
  mutating func parseIntervalFields() throws(SyntaxError) -> (IntervalFields?, [Int32]) {
    let units: [Keyword] = [.year, .month, .day, .hour, .minute, .second]
    guard let first = current.keyword, units.contains(first) else { return (nil, []) }
    advance()
    var words = first.rawValue
    var last = first
    if accept(.to) {
      guard let second = current.keyword, units.contains(second),
        IntervalFields(rawValue: "\(words) to \(second.rawValue)") != nil
      else { throw unexpected() }
      advance()
      words += " to \(second.rawValue)"
      last = second
    }
    var modifiers: [Int32] = []
    if last == .second, at(.leftParenthesis) { modifiers = [try parsePrecision()] }
    return (IntervalFields(rawValue: words), modifiers)
  }
}
