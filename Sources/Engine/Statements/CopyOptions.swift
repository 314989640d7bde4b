import Columnar
import Loading
import ReportSyntax

/// The options of COPY, checked (PostgreSQL's page of COPY).
struct CopyOptions {
  var format = CopyFormat.text
  var delimiter = UInt8(ascii: "\t")
  var null: [UInt8] = Array("\\N".utf8)
  var hasHeader = false
  /// HEADER MATCH: the names must be those of the columns.
  var matchesHeader = false
  var quote = UInt8(ascii: "\"")
  var escape = UInt8(ascii: "\"")
  /// Columns whose fields are always quoted; `nil`: only where needed.
  var forceQuote: ForceQuote = .needed

  // Almanac's own, for COPY FROM in text or CSV form: what `almanac load --connect` sends.
  /// ON_ERROR ignore: bad rows are left out, each with a notice.
  var skipsBadRows = false
  /// ON_CONFLICT error | update | skip: what a row does whose key is there.
  var conflictRule = ConflictRule.error
  /// FILE 'name': the bytes are those of a file, maybe packed; its header names the columns, and it is
  /// loaded once only, unless AGAIN.
  var fileName: String?
  var mayRepeat = false

  /// Whether only the bulk loader can do this.
  var needsLoader: Bool { skipsBadRows || conflictRule != .error || fileName != nil }

  enum ForceQuote {
    case needed
    case all
    case columns(Set<String>)
  }

  init(_ options: [Copy.Option]) throws(EngineError) {
    var given: [String: Copy.Value] = [:]
    for option in options {
      guard given.updateValue(option.value, forKey: option.name.text) == nil else {
        throw EngineError("42601", "conflicting or redundant options")
      }
    }
    if let value = given.removeValue(forKey: "format") { format = try Self.format(value) }
    if format == .csv {
      delimiter = UInt8(ascii: ",")
      null = []
    }
    if let value = given.removeValue(forKey: "delimiter") {
      delimiter = try byte(value, "delimiter")
      guard delimiter != 10, delimiter != 13 else {
        throw EngineError("22023", "COPY delimiter cannot be newline or carriage return")
      }
    }
    if let value = given.removeValue(forKey: "null") {
      try refuse(.binary, "NULL")
      null = Array(Self.text(value).utf8)
    }
    if let value = given.removeValue(forKey: "header") {
      try refuse(.binary, "HEADER")
      if case .text(let word) = value, word.lowercased() == "match" {
        hasHeader = true
        matchesHeader = true
      } else {
        hasHeader = try Self.boolean(value, "header")
      }
    }
    if let value = given.removeValue(forKey: "quote") {
      try need(.csv, "quote")
      quote = try byte(value, "quote")
      escape = quote
    }
    if let value = given.removeValue(forKey: "escape") {
      try need(.csv, "escape")
      escape = try byte(value, "escape")
    }
    if let value = given.removeValue(forKey: "force_quote") {
      try need(.csv, "force quote")
      switch value {
      case .all: forceQuote = .all
      case .columns(let names): forceQuote = .columns(Set(names.map(\.text)))
      default:
        throw EngineError(
          "22023",
          "argument to option \"force_quote\" must be a list of column names"
        )
      }
    }
    if let value = given.removeValue(forKey: "encoding") {
      guard ["utf8", "utf-8", "unicode"].contains(Self.text(value).lowercased()) else {
        throw .unsupported("COPY with encoding \"\(Self.text(value))\"")
      }
    }
    given.removeValue(forKey: "freeze")
    try takeLoaderOptions(&given)
    if let name = given.keys.sorted().first {
      guard ["force_not_null", "force_null", "oids"].contains(name) else {
        throw EngineError("42601", "option \"\(name)\" not recognized")
      }
      throw .unsupported("COPY option \(name)")
    }
    if format == .csv, delimiter == quote {
      throw EngineError("22023", "COPY delimiter and quote must be different")
    }
  }

  private mutating func takeLoaderOptions(_ given: inout [String: Copy.Value]) throws(EngineError) {
    if let value = given.removeValue(forKey: "on_error") {
      try refuse(.binary, "ON_ERROR")
      switch Self.text(value).lowercased() {
      case "stop": skipsBadRows = false
      case "ignore", "skip": skipsBadRows = true
      case let word:
        throw EngineError("22023", "COPY ON_ERROR \"\(word)\" not recognized")
      }
    }
    if let value = given.removeValue(forKey: "on_conflict") {
      try refuse(.binary, "ON_CONFLICT")
      switch Self.text(value).lowercased() {
      case "error": conflictRule = .error
      case "update": conflictRule = .update
      case "skip": conflictRule = .skip
      case let word:
        throw EngineError("22023", "COPY ON_CONFLICT \"\(word)\" not recognized")
      }
    }
    if let value = given.removeValue(forKey: "file") {
      try refuse(.binary, "FILE")
      fileName = Self.text(value)
    }
    if let value = given.removeValue(forKey: "again") {
      mayRepeat = try Self.boolean(value, "again")
    }
  }

  private static func format(_ value: Copy.Value) throws(EngineError) -> CopyFormat {
    guard let format = CopyFormat(rawValue: text(value).lowercased()) else {
      throw EngineError("22023", "COPY format \"\(text(value))\" not recognized")
    }
    return format
  }

  private static func text(_ value: Copy.Value) -> String {
    if case .text(let text) = value { text } else { "" }
  }

  private static func boolean(_ value: Copy.Value, _ name: String) throws(EngineError) -> Bool {
    guard case .text(let text) = value else { return true }
    switch text.lowercased() {
    case "true", "on", "1", "": return true
    case "false", "off", "0": return false
    default: throw EngineError("42601", "\(name) requires a Boolean value")
    }
  }

  private func byte(_ value: Copy.Value, _ name: String) throws(EngineError) -> UInt8 {
    let bytes = Array(Self.text(value).utf8)
    guard bytes.count == 1 else {
      throw EngineError("0A000", "COPY \(name) must be a single one-byte character")
    }
    return bytes[0]
  }

  private func need(_ format: CopyFormat, _ name: String) throws(EngineError) {
    guard self.format == format else {
      throw EngineError(
        "0A000",
        "COPY \(name) available only in \(format.rawValue.uppercased()) mode"
      )
    }
  }

  private func refuse(_ format: CopyFormat, _ name: String) throws(EngineError) {
    guard self.format != format else {
      throw EngineError("42601", "cannot specify \(name) in \(format.rawValue.uppercased()) mode")
    }
  }
}
