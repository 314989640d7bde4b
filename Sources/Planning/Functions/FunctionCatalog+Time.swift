import Columnar

extension FunctionCatalog {
  /// PostgreSQL 9.8 and 9.9.
  static let temporal: [String: [FunctionOverload]] = [
    "now": [FunctionOverload([], .timestamptz, .now)],
    "transaction_timestamp": [FunctionOverload([], .timestamptz, .now)],
    "statement_timestamp": [FunctionOverload([], .timestamptz, .statementTimestamp)],
    "clock_timestamp": [FunctionOverload([], .timestamptz, .clockTimestamp)],
    "date_trunc": [
      FunctionOverload([.text, .timestamptz], .timestamptz, .dateTruncate),
      FunctionOverload([.text, .timestamp], .timestamp, .dateTruncate),
      FunctionOverload([.text, .interval], .interval, .dateTruncate),
      FunctionOverload([.text, .timestamptz, .text], .timestamptz, .dateTruncate),
    ],
    "date_part": parts(.datePart) { _ in .double },
    "extract": parts(.extract) { extractType(of: $0[0], from: $0[1].type) },
    "date_bin": [
      FunctionOverload([.interval, .timestamptz, .timestamptz], .timestamptz, .dateBin),
      FunctionOverload([.interval, .timestamp, .timestamp], .timestamp, .dateBin),
    ],
    "age": [
      FunctionOverload([.timestamptz, .timestamptz], .interval, .age),
      FunctionOverload([.timestamp, .timestamp], .interval, .age),
      FunctionOverload([.timestamptz], .interval, .age),
      FunctionOverload([.timestamp], .interval, .age),
    ],
    "timezone": [
      FunctionOverload([.text, .timestamptz], .timestamp, .atTimeZone),
      FunctionOverload([.text, .timestamp], .timestamptz, .atTimeZone),
    ],
    "to_char": [
      .timestamptz, .timestamp, .interval, .integer, .bigint, .numeric(nil), .real, .double,
    ]
    .map { FunctionOverload([$0, .text], .text, .toCharacters) },
    "to_date": [FunctionOverload([.text, .text], .date, .toDate)],
    "to_timestamp": [
      FunctionOverload([.text, .text], .timestamptz, .toTimestamp),
      FunctionOverload([.double], .timestamptz, .toTimestamp),
    ],
    "make_date": [FunctionOverload([.integer, .integer, .integer], .date, .makeDate)],
    "make_timestamp": [
      FunctionOverload(
        [.integer, .integer, .integer, .integer, .integer, .double],
        .timestamp,
        .makeTimestamp
      )
    ],
    "make_interval": (0...7).map { count in
      let all: [LogicalType] = [
        .integer, .integer, .integer, .integer, .integer, .integer, .double,
      ]
      return FunctionOverload(Array(all.prefix(count)), .interval, .makeInterval)
    },
    "justify_hours": [FunctionOverload([.interval], .interval, .justifyHours)],
    "justify_days": [FunctionOverload([.interval], .interval, .justifyDays)],
    "justify_interval": [FunctionOverload([.interval], .interval, .justifyInterval)],
  ]

  private static func parts(
    _ function: ScalarFunction,
    _ type: @escaping @Sendable ([BoundExpression]) -> LogicalType
  ) -> [FunctionOverload] {
    [.timestamptz, .timestamp, .date, .time, .interval].map {
      FunctionOverload([.text, $0], function, derived: type)
    }
  }

  /// extract gives a numeric whose scale the field decides.
  private static func extractType(
    of field: BoundExpression,
    from source: LogicalType
  ) -> LogicalType {
    guard case .constant(.bytes(let name)) = field.node else { return .numeric(nil) }
    return switch String(decoding: name, as: UTF8.self).lowercased() {
    case "epoch" where source == .date: .numeric(NumericShape(precision: 18, scale: 0))
    // 178 million years in seconds leave 18 digits.
    case "epoch" where source == .interval: .numeric(NumericShape(precision: 25, scale: 6))
    case "epoch", "second", "seconds", "sec", "secs", "s":
      .numeric(NumericShape(precision: 18, scale: 6))
    case "milliseconds", "millisecond", "ms", "msec", "msecs":
      .numeric(NumericShape(precision: 18, scale: 3))
    case "julian": .numeric(nil)
    default: .numeric(NumericShape(precision: 18, scale: 0))
    }
  }
}
