import Columnar
import Synchronization

/// The run-time parameters of one session, with the values that ROLLBACK and RESET bring back.
struct SessionSettings {
  /// Values that differ from their definition's initial one, by lower-case name.
  private var values: [String: String] = [:] { didSet { noteChange() } }
  /// What RESET restores: the start-up packet's values.
  private var defaults: [String: String] = [:] { didSet { noteChange() } }
  /// The schemas of search_path in order, `"$user"` left out.
  private(set) var searchPath: [String] = []
  /// Names these values: no others of the process have the same number, not even those that ROLLBACK took back.
  private(set) var generation = Self.nextGeneration()
  // What every statement asks for.
  private(set) var statementTimeoutMilliseconds: Int64 = 0
  private(set) var isCommitRelaxed = false
  private(set) var isReadOnlyByDefault = false
  /// Names whose value changed and that clients are told of.
  private(set) var reportsDue: [String] = []

  init() { noteChange() }

  private static let generations = Atomic<UInt64>(0)

  private static func nextGeneration() -> UInt64 {
    generations.add(1, ordering: .relaxed).newValue
  }

  private mutating func noteChange() {
    generation = Self.nextGeneration()
    searchPath = namedSchemas
    statementTimeoutMilliseconds = number("statement_timeout")
    isCommitRelaxed = text("synchronous_commit") == "off"
    isReadOnlyByDefault = isOn("default_transaction_read_only")
  }

  /// The value as SHOW prints it.
  func show(_ name: String) throws(EngineError) -> String {
    let key = Self.key(name)
    if let value = values[key] { return value }
    if let definition = SettingCatalog.byName[key] {
      return display(defaults[key] ?? definition.initial, of: definition)
    }
    throw EngineError("42704", "unrecognized configuration parameter \"\(name)\"")
  }

  /// The text of a parameter that is known to exist.
  func text(_ name: String) -> String {
    let key = Self.key(name)
    return values[key] ?? defaults[key] ?? SettingCatalog.byName[key]?.initial ?? ""
  }

  /// The number of a numeric parameter, in its unit.
  func number(_ name: String) -> Int64 {
    guard case .number(let unit, _) = SettingCatalog.byName[Self.key(name)]?.rule else { return 0 }
    return Self.parseNumber(text(name), unit: unit) ?? 0
  }

  /// Whether a boolean parameter is on.
  func isOn(_ name: String) -> Bool { text(name) == "on" }

  /// Sets a parameter; `nil` restores its default.
  ///
  /// - Throws: 42704 unknown, 22023 bad value, 55P02 not changeable.
  mutating func set(
    _ name: String,
    to value: String?,
    timeZones: (String) -> Bool
  ) throws(EngineError) {
    let key = Self.key(name)
    guard let definition = SettingCatalog.byName[key] else {
      // A name with a point is a variable of the application's own.
      guard key.contains(".") else {
        throw EngineError("42704", "unrecognized configuration parameter \"\(name)\"")
      }
      values[key] = value
      return
    }
    let before = values[key]
    if let value {
      values[key] = display(try check(value, definition, timeZones), of: definition)
    } else {
      values[key] = nil
    }
    if definition.isReported, before != values[key], !reportsDue.contains(definition.name) {
      reportsDue.append(definition.name)
    }
  }

  /// Takes a value of the start-up packet as this session's default.
  mutating func setDefault(
    _ name: String,
    to value: String,
    timeZones: (String) -> Bool
  ) throws(EngineError) {
    try set(name, to: value, timeZones: timeZones)
    let key = Self.key(name)
    defaults[key] = values[key]
    values[key] = nil
    reportsDue.removeAll()
  }

  /// Takes one parameter's value from an earlier state: the end of SET LOCAL.
  mutating func restore(_ name: String, from earlier: SessionSettings) {
    let key = Self.key(name)
    guard values[key] != earlier.values[key] else { return }
    values[key] = earlier.values[key]
    if let definition = SettingCatalog.byName[key], definition.isReported,
      !reportsDue.contains(definition.name)
    {
      reportsDue.append(definition.name)
    }
  }

  /// Every parameter back to its default.
  mutating func resetAll() {
    for key in values.keys {
      if let definition = SettingCatalog.byName[key], definition.isReported {
        reportsDue.append(definition.name)
      }
    }
    values.removeAll()
  }

  /// The changes that the client has not been told of.
  mutating func takeReports() -> [(name: String, value: String)] {
    defer { reportsDue.removeAll() }
    return reportsDue.map { ($0, text($0)) }
  }

  /// What a client is told at start-up.
  func allReports() -> [(name: String, value: String)] {
    SettingCatalog.all.filter(\.isReported).map { ($0.name, text($0.name)) }
  }

  private var namedSchemas: [String] {
    text("search_path").split(separator: ",").map { part in
      let trimmed = part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()
      return String(String(trimmed).filter { $0 != "\"" })
    }.filter { $0 != "$user" && !$0.isEmpty }
  }

  private static func key(_ name: String) -> String { name.lowercased() }

  private func check(
    _ value: String,
    _ definition: SettingDefinition,
    _ timeZones: (String) -> Bool
  ) throws(EngineError) -> String {
    let invalid = EngineError(
      "22023",
      "invalid value for parameter \"\(definition.name)\": \"\(value)\""
    )
    switch definition.rule {
    case .text:
      // PostgreSQL keeps only what is printable ASCII of this one.
      guard definition.name == "application_name" else { return value }
      return String(
        decoding: value.utf8.map { (32...126).contains($0) ? $0 : UInt8(ascii: "?") },
        as: UTF8.self
      )
    case .readOnly:
      // Setting a fixed parameter to what it is anyway is harmless; some drivers do.
      guard value == definition.initial else {
        throw EngineError("55P02", "parameter \"\(definition.name)\" cannot be changed")
      }
      return value
    case .boolean:
      guard let flag = Self.parseBoolean(value) else {
        throw EngineError("22023", "parameter \"\(definition.name)\" requires a Boolean value")
      }
      return flag ? "on" : "off"
    case .number(let unit, let range):
      guard let number = Self.parseNumber(value, unit: unit) else { throw invalid }
      guard range.contains(number) else {
        throw EngineError(
          "22023",
          "\(number)\(unit.suffix) is outside the valid range for parameter \"\(definition.name)\" "
            + "(\(range.lowerBound) .. \(range.upperBound))"
        )
      }
      return String(number)
    case .choice(let choices):
      guard let choice = choices.first(where: { $0.lowercased() == value.lowercased() }) else {
        throw EngineError(
          "22023",
          invalid.message,
          hint: "Available values: \(choices.joined(separator: ", "))."
        )
      }
      return definition.name == "client_encoding" ? "UTF8" : choice
    case .timeZone:
      guard timeZones(value) else { throw invalid }
      return value
    case .dateStyle:
      let words = value.uppercased().split { $0 == "," || $0 == " " }.map(String.init)
      guard words.allSatisfy({ ["ISO", "MDY", "DEFAULT", "US"].contains($0) }) else {
        throw EngineError("0A000", "DateStyle \"\(value)\" is not supported, only ISO, MDY")
      }
      return "ISO, MDY"
    }
  }

  /// Numbers print with the largest unit that divides them, as PostgreSQL's SHOW does.
  private func display(_ value: String, of definition: SettingDefinition) -> String {
    guard case .number(let unit, _) = definition.rule,
      let number = Self.parseNumber(value, unit: unit),
      number != 0
    else { return value }
    let units: [(Int64, String)] =
      switch unit {
      case .none: []
      case .milliseconds:
        [(86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1_000, "s"), (1, "ms")]
      case .kilobytes: [(1 << 30, "TB"), (1 << 20, "GB"), (1 << 10, "MB"), (1, "kB")]
      }
    for (size, name) in units where number % size == 0 { return "\(number / size)\(name)" }
    return value
  }

  private static func parseBoolean(_ text: String) -> Bool? {
    switch text.lowercased() {
    case "on", "true", "yes", "t", "y", "1": true
    case "off", "false", "no", "f", "n", "0": false
    default: nil
    }
  }

  private static func parseNumber(_ text: String, unit: SettingDefinition.NumberUnit) -> Int64? {
    let trimmed = text.filter { $0 != " " }
    let digits = trimmed.prefix { $0.isNumber || $0 == "-" || $0 == "+" }
    guard let number = Int64(digits) else { return nil }
    let suffix = trimmed.dropFirst(digits.count)
    if suffix.isEmpty { return number }
    let factor: Int64? =
      switch (unit, suffix) {
      case (.milliseconds, "ms"), (.kilobytes, "kB"): 1
      case (.milliseconds, "s"): 1_000
      case (.milliseconds, "min"): 60_000
      case (.milliseconds, "h"): 3_600_000
      case (.milliseconds, "d"): 86_400_000
      case (.kilobytes, "MB"): 1 << 10
      case (.kilobytes, "GB"): 1 << 20
      case (.kilobytes, "TB"): 1 << 30
      default: nil
      }
    guard let factor else { return nil }
    let (product, overflow) = number.multipliedReportingOverflow(by: factor)
    return overflow ? nil : product
  }
}
