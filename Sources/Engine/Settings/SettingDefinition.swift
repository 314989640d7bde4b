internal import SystemIO

/// One run-time parameter: its name, default, and what values it takes.
struct SettingDefinition: Sendable {
  enum Rule: Sendable {
    /// Any text.
    case text
    case boolean
    /// A number of these units (ms, kB or none) inside the range; units as PostgreSQL writes them.
    case number(unit: NumberUnit, range: ClosedRange<Int64>)
    /// One of these, in any case.
    case choice([String])
    case timeZone
    case dateStyle
    /// Cannot be changed.
    case readOnly
  }
  enum NumberUnit: Sendable {
    case none, milliseconds, kilobytes

    /// As messages write it behind a number.
    var suffix: String {
      switch self {
      case .none: ""
      case .milliseconds: " ms"
      case .kilobytes: " kB"
      }
    }
  }

  var name: String
  var initial: String
  var rule: Rule
  /// Told to the client by ParameterStatus at start-up and on every change.
  var isReported = false
  var description: String
}

/// The parameters that exist.
///
/// Names are PostgreSQL's, spelled as SHOW prints them.
enum SettingCatalog {
  static let serverVersion = "15.18"
  static let serverVersionNumber = "150018"

  static let all: [SettingDefinition] = [
    .init(
      name: "application_name",
      initial: "",
      rule: .text,
      isReported: true,
      description: "Sets the application name to be reported in statistics and logs."
    ),
    .init(
      name: "bytea_output",
      initial: "hex",
      rule: .choice(["hex", "escape"]),
      description: "Sets the output format for bytea."
    ),
    .init(
      name: "client_encoding",
      initial: "UTF8",
      rule: .choice(["UTF8", "UTF-8", "UNICODE", "SQL_ASCII"]),
      isReported: true,
      description: "Sets the client's character set encoding."
    ),
    .init(
      name: "client_min_messages",
      initial: "notice",
      rule: .choice([
        "debug5", "debug4", "debug3", "debug2", "debug1", "debug", "log", "notice",
        "warning", "error",
      ]),
      description: "Sets the message levels that are sent to the client."
    ),
    .init(
      name: "DateStyle",
      initial: "ISO, MDY",
      rule: .dateStyle,
      isReported: true,
      description: "Sets the display format for date and time values."
    ),
    .init(
      name: "default_transaction_isolation",
      initial: "read committed",
      rule: .choice(isolationLevels),
      description: "Sets the transaction isolation level of each new transaction."
    ),
    .init(
      name: "default_transaction_read_only",
      initial: "off",
      rule: .boolean,
      isReported: true,
      description: "Sets the default read-only status of new transactions."
    ),
    .init(
      name: "extra_float_digits",
      initial: "1",
      rule: .number(unit: .none, range: 1...3),
      description: "Sets the number of digits displayed for floating-point values."
    ),
    .init(
      name: "idle_in_transaction_session_timeout",
      initial: "0",
      rule: .number(unit: .milliseconds, range: 0...2_147_483_647),
      description: "Sets the maximum allowed idle time between queries, when in a transaction."
    ),
    .init(
      name: "in_hot_standby",
      initial: "off",
      rule: .readOnly,
      isReported: true,
      description: "Shows whether hot standby is currently active."
    ),
    .init(
      name: "integer_datetimes",
      initial: "on",
      rule: .readOnly,
      isReported: true,
      description: "Shows whether datetimes are integer based."
    ),
    .init(
      name: "IntervalStyle",
      initial: "postgres",
      rule: .choice(["postgres"]),
      isReported: true,
      description: "Sets the display format for interval values."
    ),
    .init(
      name: "is_superuser",
      initial: "on",
      rule: .readOnly,
      isReported: true,
      description: "Shows whether the current user is a superuser."
    ),
    .init(
      name: "jit",
      initial: "off",
      rule: .boolean,
      description: "Accepted for compatibility; no effect."
    ),
    .init(
      name: "lc_collate",
      initial: "C.UTF-8",
      rule: .readOnly,
      description: "Shows the collation order locale."
    ),
    .init(
      name: "lc_ctype",
      initial: "C.UTF-8",
      rule: .readOnly,
      description: "Shows the character classification and case conversion locale."
    ),
    .init(
      name: "lock_timeout",
      initial: "0",
      rule: .number(unit: .milliseconds, range: 0...2_147_483_647),
      description: "Sets the maximum allowed duration of any wait for a lock."
    ),
    .init(
      name: "max_identifier_length",
      initial: "63",
      rule: .readOnly,
      description: "Shows the maximum identifier length."
    ),
    .init(
      name: "max_threads",
      initial: "0",
      rule: .number(unit: .none, range: 0...1024),
      description: "Worker threads that one statement may use; 0: all."
    ),
    .init(
      name: "rollups",
      initial: "on",
      rule: .boolean,
      description: "Whether queries are answered from rollups that are equal."
    ),
    .init(name: "row_security", initial: "on", rule: .boolean, description: "Enable row security."),
    .init(
      name: "search_path",
      initial: "\"$user\", public",
      rule: .text,
      description: "Sets the schema search order for names that are not schema-qualified."
    ),
    .init(
      name: "server_encoding",
      initial: "UTF8",
      rule: .readOnly,
      isReported: true,
      description: "Shows the server (database) character set encoding."
    ),
    .init(
      name: "server_version",
      initial: serverVersion,
      rule: .readOnly,
      isReported: true,
      description: "Shows the server version."
    ),
    .init(
      name: "server_version_num",
      initial: serverVersionNumber,
      rule: .readOnly,
      description: "Shows the server version as an integer."
    ),
    .init(
      name: "session_authorization",
      initial: "almanac",
      rule: .readOnly,
      isReported: true,
      description: "Shows the session user name."
    ),
    .init(
      name: "standard_conforming_strings",
      initial: "on",
      rule: .choice(["on"]),
      isReported: true,
      description: "Causes '...' strings to treat backslashes literally."
    ),
    .init(
      name: "statement_timeout",
      initial: "0",
      rule: .number(unit: .milliseconds, range: 0...2_147_483_647),
      description: "Sets the maximum allowed duration of any statement."
    ),
    .init(
      name: "synchronous_commit",
      initial: "on",
      rule: .choice(["on", "off", "local", "remote_write", "remote_apply"]),
      description:
        "Off: a commit is acknowledged before it is on disk; it may be lost by a crash, never torn."
    ),
    .init(
      name: "TimeZone",
      initial: "UTC",
      rule: .timeZone,
      isReported: true,
      description: "Sets the time zone for displaying and interpreting time stamps."
    ),
    .init(
      name: "transaction_isolation",
      initial: "read committed",
      rule: .choice(isolationLevels),
      description: "Sets the current transaction's isolation level."
    ),
    .init(
      name: "transaction_read_only",
      initial: "off",
      rule: .boolean,
      description: "Sets the current transaction's read-only status."
    ),
    .init(
      name: "work_mem",
      initial: String(max(1 << 20, Machine.physicalMemoryBytes >> 12)),
      rule: .number(unit: .kilobytes, range: 64...1_099_511_627_776),
      description: "Memory of a statement before it goes to disk; a quarter of the machine's."
    ),
  ]

  static let isolationLevels = [
    "serializable", "repeatable read", "read committed", "read uncommitted",
  ]

  static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name.lowercased(), $0) })
}
