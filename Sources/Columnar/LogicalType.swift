/// A PostgreSQL type as the report language sees it.
///
/// Names, ranges, text and binary forms are PostgreSQL 15's (chapter 8 of its manual).
package enum LogicalType: Hashable, Sendable {
  case boolean
  case smallint
  case integer
  case bigint
  /// `numeric`. With a typmod, or where the binder knows digits and scale of an expression, values are
  /// scaled integers; without, and with shapes that those do not hold, each value carries its own scale
  /// (``Decimal``).
  case numeric(NumericShape?)
  case real
  case double
  case text
  /// `character varying(n)`; `nil`: no limit. Stored as text.
  case varchar(Int?)
  /// `character(n)`, stored without its trailing blanks.
  case char(Int)
  case uuid
  /// Days since 2000-01-01.
  case date
  /// Microseconds since midnight, 0...86,400,000,000.
  case time
  /// Microseconds since 2000-01-01 00:00 of no zone.
  case timestamp
  /// Microseconds since 2000-01-01 00:00 UTC.
  case timestamptz
  case interval
  /// Stored as text.
  case jsonb
  case bytea
  /// The type of an untyped NULL or string literal before the binder decides.
  case unknown
  /// Parameters and catalog functions only; never a stored column.
  case array(ArrayElement)
}

/// Digits and scale of a numeric: at most `precision` digits, `scale` of them behind the point.
package struct NumericShape: Hashable, Sendable {
  /// 1...1,000.
  package var precision: Int
  /// -1,000...1,000.
  package var scale: Int
  /// Whether scaled integers hold such values.
  ///
  /// Others (more than 38 digits, scales outside of 0 to the precision) are ``Decimal`` lanes, rounded when they
  /// are written.
  package var isScaled: Bool { precision <= 38 && scale >= 0 && scale <= precision }

  package init(precision: Int, scale: Int) {
    self.precision = precision
    self.scale = scale
  }
}

/// The element type of an array; a class-free box that keeps ``LogicalType`` flat.
package enum ArrayElement: Hashable, Sendable {
  case boolean, smallint, integer, bigint, numeric, real, double, text, uuid
  case date, time, timestamp, timestamptz, interval, jsonb, bytea

  /// The element as a type of its own.
  package var type: LogicalType {
    switch self {
    case .boolean: .boolean
    case .smallint: .smallint
    case .integer: .integer
    case .bigint: .bigint
    case .numeric: .numeric(nil)
    case .real: .real
    case .double: .double
    case .text: .text
    case .uuid: .uuid
    case .date: .date
    case .time: .time
    case .timestamp: .timestamp
    case .timestamptz: .timestamptz
    case .interval: .interval
    case .jsonb: .jsonb
    case .bytea: .bytea
    }
  }
}

/// The machine form of one value in a ``Vector``.
package enum LaneKind: UInt8, Hashable, Sendable {
  /// `UInt8`, 0 or 1.
  case bool = 1
  /// `Int64`: smallint, integer, bigint, date, time, timestamp, timestamptz, numeric of ≤ 18 digits
  /// (scaled).
  case int64 = 2
  /// `Int128`: numeric of 19...38 digits (scaled).
  case int128 = 3
  /// `Double`: double precision and real (a real lane always holds a value that a Float can hold).
  case float64 = 4
  /// ``Decimal``: numeric without a shape, or with one that is no scaled integer.
  case decimal = 5
  /// ``ByteView``, or dictionary codes: text, varchar, char, jsonb, bytea; arrays in PostgreSQL's
  /// text form.
  case bytes = 6
  /// `UInt128` in the order of the uuid's bytes.
  case uuid = 7
  /// ``Interval``.
  case interval = 8

  /// Whether blocks decode to lanes of their own, none of which leads elsewhere.
  package var hasPlainLanes: Bool {
    switch self {
    case .bool, .int64, .float64: true
    case .int128, .decimal, .bytes, .uuid, .interval: false
    }
  }

  /// Bytes from one lane to the next.
  package var strideBytes: Int {
    switch self {
    case .bool: 1
    case .int64, .float64: 8
    case .int128, .bytes, .uuid, .interval: 16
    case .decimal: 32
    }
  }
}

extension LogicalType {
  /// How values of this type lie in a vector.
  package var laneKind: LaneKind {
    switch self {
    case .boolean: .bool
    case .smallint, .integer, .bigint, .date, .time, .timestamp, .timestamptz: .int64
    case .numeric(let shape):
      if let shape, shape.isScaled { shape.precision <= 18 ? .int64 : .int128 } else { .decimal }
    case .real, .double: .float64
    case .text, .varchar, .char, .jsonb, .bytea, .unknown, .array: .bytes
    case .uuid: .uuid
    case .interval: .interval
    }
  }

  /// Whether values are strings of characters.
  package var isText: Bool {
    switch self {
    case .text, .varchar, .char, .unknown: true
    default: false
    }
  }

  /// Whether the type is one of smallint, integer, bigint.
  package var isInteger: Bool {
    switch self {
    case .smallint, .integer, .bigint: true
    default: false
    }
  }

  /// The scale of a numeric that is a scaled integer; 0 for every other type.
  package var scale: Int {
    if case .numeric(let shape?) = self, shape.isScaled { shape.scale } else { 0 }
  }
}

extension ArrayElement {
  /// The element of this type; nil for types that arrays do not hold.
  package init?(_ type: LogicalType) {
    switch type {
    case .boolean: self = .boolean
    case .smallint: self = .smallint
    case .integer: self = .integer
    case .bigint: self = .bigint
    case .numeric: self = .numeric
    case .real: self = .real
    case .double: self = .double
    case .text, .varchar, .char, .unknown: self = .text
    case .uuid: self = .uuid
    case .date: self = .date
    case .time: self = .time
    case .timestamp: self = .timestamp
    case .timestamptz: self = .timestamptz
    case .interval: self = .interval
    case .jsonb: self = .jsonb
    case .bytea: self = .bytea
    case .array: return nil
    }
  }
}
