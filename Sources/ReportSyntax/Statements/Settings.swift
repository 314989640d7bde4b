/// Asks for a setting: `SHOW name`, `SHOW ALL`.
package struct Show: Sendable {
  /// In lower case; nil for ALL.
  package let name: String?
  package let range: SourceRange
}

/// `SET [SESSION | LOCAL] name TO value`.
package struct SetVariable: Sendable {
  package enum Value: Sendable {
    /// Each value as text; an interval of SET TIME ZONE as its text.
    case values([String])
    case defaultValue
    /// `SET TRANSACTION …`, `SET SESSION CHARACTERISTICS …`
    case modes(TransactionModes)
  }
  /// In lower case, with dots.
  ///
  /// `transaction` and `session characteristics` for modes.
  package let name: String
  package let isLocal: Bool
  package let value: Value
  package let range: SourceRange
}

/// `RESET name`, `RESET ALL`.
package struct ResetVariable: Sendable {
  package let name: String?
  package let range: SourceRange
}

/// `DISCARD ALL | PLANS | SEQUENCES | TEMP`.
package struct Discard: Sendable {
  package let what: String
}

extension Parser {
  mutating func parseShow() throws(SyntaxError) -> Show {
    try expect(.show)
    let first = current.range
    if accept(.all) { return Show(name: nil, range: first) }
    var name = try parseSpecialSetting()
    if name == nil { name = try parseSettingName() }
    return Show(name: name, range: range(from: first))
  }

  /// The settings with names of several words.
  private mutating func parseSpecialSetting() throws(SyntaxError) -> String? {
    if accept(.time, .zone) { return "timezone" }
    if at(.transaction), peek().keyword == .isolation {
      advance()
      advance()
      try expect(.level)
      return "transaction_isolation"
    }
    if accept(.session, .authorization) { return "session_authorization" }
    return nil
  }

  /// `name` or `extension.name`.
  private mutating func parseSettingName() throws(SyntaxError) -> String {
    var name = try parseColumnName().text
    while accept(.dot) { name += "." + (try parseColumnName().text) }
    return String(decoding: name.utf8.map(\.lowercased), as: UTF8.self)
  }

  mutating func parseReset() throws(SyntaxError) -> ResetVariable {
    try expect(.reset)
    let first = current.range
    if accept(.all) { return ResetVariable(name: nil, range: first) }
    var name = try parseSpecialSetting()
    if name == nil { name = try parseSettingName() }
    return ResetVariable(name: name, range: range(from: first))
  }

  mutating func parseDiscard() throws(SyntaxError) -> Discard {
    try expect(.discard)
    guard at(.all) || at(.plans) || at(.sequences) || at(.temp) || at(.temporary) else {
      throw unexpected()
    }
    return Discard(what: advance().keyword?.rawValue ?? "")
  }

  // MARK: SET

  mutating func parseSet() throws(SyntaxError) -> Statement {
    let first = try expect(.set).range
    if accept(.session, .characteristics) {
      try expect(.as)
      try expect(.transaction)
      return try modes("session characteristics", from: first)
    }
    var isLocal = false
    if at(.local), peek().kind != .equal, peek().keyword != .to {
      advance()
      isLocal = true
    } else if at(.session), peek().kind != .equal, peek().keyword != .to,
      peek().keyword != .authorization
    {
      advance()
    }
    if at(.transaction), peek().kind != .equal, peek().keyword != .to {
      advance()
      if at(.snapshot) { throw .unsupported("SET TRANSACTION SNAPSHOT", at: current.range) }
      return try modes("transaction", from: first)
    }
    if at(.constraints) { throw .unsupported("SET CONSTRAINTS", at: current.range) }
    let name: String
    let value: SetVariable.Value
    if accept(.time, .zone) {
      (name, value) = ("timezone", try parseZoneValue())
    } else if let words = try parseShortSetting() {
      (name, value) = words
    } else {
      name = try parseSettingName()
      guard accept(.to) || accept(.equal) else { throw unexpected() }
      value = try parseValues()
    }
    return .set(SetVariable(name: name, isLocal: isLocal, value: value, range: range(from: first)))
  }

  private mutating func modes(
    _ name: String,
    from first: SourceRange
  ) throws(SyntaxError) -> Statement {
    let modes = try parseTransactionModes()
    guard modes != TransactionModes() else { throw unexpected() }
    let isLocal = name == "transaction"
    return .set(
      SetVariable(name: name, isLocal: isLocal, value: .modes(modes), range: range(from: first))
    )
  }

  /// `SET NAMES 'utf8'`, `SET SCHEMA 's'`, `SET ROLE r`, `SET SESSION AUTHORIZATION r`.
  private mutating func parseShortSetting() throws(SyntaxError) -> (String, SetVariable.Value)? {
    let hasSign = peek().kind == .equal || peek().keyword == .to
    if hasSign { return nil }
    switch current.keyword {
    case .names:
      advance()
      if at(.string) { return ("client_encoding", .values([try parseString()])) }
      _ = accept(.default)
      return ("client_encoding", .defaultValue)
    case .schema:
      advance()
      return ("search_path", .values([try parseString()]))
    case .role:
      advance()
      return ("role", .values([try parseSettingValue()]))
    case .session:
      advance()
      try expect(.authorization)
      if accept(.default) { return ("session_authorization", .defaultValue) }
      return ("session_authorization", .values([try parseSettingValue()]))
    default: return nil
    }
  }

  private mutating func parseValues() throws(SyntaxError) -> SetVariable.Value {
    if accept(.default) { return .defaultValue }
    let values = try commaList { (parser: inout Parser) throws(SyntaxError) in
      try parser.parseSettingValue()
    }
    return .values(values)
  }

  /// `'Europe/Moscow'`, `LOCAL`, `DEFAULT`, `-3`, `INTERVAL '…' HOUR TO MINUTE`.
  private mutating func parseZoneValue() throws(SyntaxError) -> SetVariable.Value {
    if accept(.default) || accept(.local) { return .defaultValue }
    if at(.interval) {
      advance()
      let text = try parseString()
      _ = try parseIntervalFields()
      return .values([text])
    }
    return .values([try parseSettingValue()])
  }
}

extension Printer {
  mutating func write(_ show: Show) { write("SHOW " + Self.setting(show.name)) }

  mutating func write(_ reset: ResetVariable) { write("RESET " + Self.setting(reset.name)) }

  mutating func write(_ discard: Discard) { write("DISCARD " + discard.what.uppercased()) }

  private static func setting(_ name: String?) -> String {
    guard let name else { return "ALL" }
    return name.split(separator: ".", omittingEmptySubsequences: false)
      .map { quoted(String($0)) }.joined(separator: ".")
  }

  mutating func write(_ set: SetVariable) {
    write("SET ")
    switch set.value {
    case .modes(let modes):
      write(set.name == "transaction" ? "TRANSACTION" : "SESSION CHARACTERISTICS AS TRANSACTION")
      write(Self.text(of: modes))
    case .defaultValue:
      write((set.isLocal ? "LOCAL " : "") + Self.setting(set.name) + " TO DEFAULT")
    case .values(let values):
      write((set.isLocal ? "LOCAL " : "") + Self.setting(set.name) + " TO ")
      writeList(values) { $0.write(Self.literal($1)) }
    }
  }
}
