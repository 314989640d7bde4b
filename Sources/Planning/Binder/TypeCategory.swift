package import Columnar

/// PostgreSQL's type categories (table 53.65), as far as our types go.
enum TypeCategory {
  case boolean, numeric, string, dateTime, timespan, array, userDefined, unknown
}

extension LogicalType {
  var category: TypeCategory {
    switch self {
    case .boolean: .boolean
    case .smallint, .integer, .bigint, .numeric, .real, .double: .numeric
    case .text, .varchar, .char: .string
    case .date, .time, .timestamp, .timestamptz: .dateTime
    case .interval: .timespan
    case .array: .array
    case .uuid, .jsonb, .bytea: .userDefined
    case .unknown: .unknown
    }
  }

  /// Whether ambiguous overloads are settled in favour of this type.
  var isPreferred: Bool {
    switch self {
    case .boolean, .double, .text, .timestamptz, .interval: true
    default: false
    }
  }

  /// The type without modifiers and shapes: what overloads are chosen by.
  package var base: LogicalType {
    switch self {
    case .numeric: .numeric(nil)
    case .varchar: .varchar(nil)
    case .char: .char(1)
    default: self
    }
  }

  /// The place of a number type on the way from narrow to wide; `nil` for other types.
  var numericRank: Int? {
    switch self {
    case .smallint: 0
    case .integer: 1
    case .bigint: 2
    case .numeric: 3
    case .real: 4
    case .double: 5
    default: nil
    }
  }
}

/// How a conversion was asked for; each purpose allows what the one before allows, and more.
package enum CoercionPurpose: Int, Sendable, Comparable {
  /// An operand or argument.
  case implicit
  /// A value for a column.
  case assignment
  /// CAST.
  case explicit

  package static func < (a: CoercionPurpose, b: CoercionPurpose) -> Bool {
    a.rawValue < b.rawValue
  }
}

/// Whether values of `source` convert to `target` for this purpose (pg_cast, PostgreSQL 15).
package func canCoerce(
  _ source: LogicalType,
  to target: LogicalType,
  for purpose: CoercionPurpose
) -> Bool {
  let from = source.base
  let to = target.base
  if from == to || from == .unknown { return true }
  if let a = from.numericRank, let b = to.numericRank { return a < b || purpose >= .assignment }
  switch (from.category, to.category) {
  case (.string, .string): return true
  case (.string, _):
    // Text parses as anything when asked to; an array parameter's text too.
    return purpose == .explicit
  case (_, .string): return purpose >= .assignment
  default: break
  }
  switch (from, to) {
  case (.date, .timestamp), (.date, .timestamptz), (.timestamp, .timestamptz), (.time, .interval):
    return true
  case (.timestamptz, .timestamp), (.timestamptz, .date), (.timestamp, .date),
    (.timestamptz, .time), (.timestamp, .time), (.interval, .time):
    return purpose >= .assignment
  case (.boolean, .integer), (.integer, .boolean): return purpose == .explicit
  case (.jsonb, _) where to.category == .numeric || to == .boolean: return purpose == .explicit
  case (.array(let a), .array(let b)): return canCoerce(a.type, to: b.type, for: purpose)
  default: return false
  }
}
