// The values that need more than a machine word, and `Datum`, one value of any type.

/// A numeric with a scale of its own: `coefficient` × 10^-`scale`, or NaN or an infinity.
///
/// The scale is PostgreSQL's display scale (dscale): 1.50 has scale 2. Values of more than 38 digits keep their
/// digits elsewhere (Decimal+Wide). Hashable compares the form of narrow values: 1.0 and 1.00 differ.
package struct Decimal: Hashable, Sendable, BitwiseCopyable {
  package enum Kind: UInt8, Sendable, BitwiseCopyable {
    case finite, notANumber, positiveInfinity, negativeInfinity
    /// More than 38 digits: the coefficient says where they are.
    case wide, boxed
  }

  /// At most 38 digits; 0 for NaN and infinities.
  package var coefficient: Int128
  /// 0...38; of wide values 0...16,383.
  package var scale: Int32
  package var kind: Kind

  package init(coefficient: Int128, scale: Int, kind: Kind = .finite) {
    self.coefficient = coefficient
    self.scale = Int32(truncatingIfNeeded: scale)
    self.kind = kind
  }
}

/// A span of time as PostgreSQL keeps it: the three parts are not interchangeable.
package struct Interval: Hashable, Sendable, BitwiseCopyable {
  package var microseconds: Int64
  package var days: Int32
  package var months: Int32

  package init(months: Int32 = 0, days: Int32 = 0, microseconds: Int64 = 0) {
    self.months = months
    self.days = days
    self.microseconds = microseconds
  }
}

/// One value of any type; which type, its context knows.
///
/// For constants, parameters and statistics,
/// never for rows.
package enum Datum: Hashable, Sendable {
  case null
  case boolean(Bool)
  /// Every type of lane kind int64, in that lane's units.
  case int64(Int64)
  case int128(Int128)
  case double(Double)
  /// A numeric of at most 38 digits, NaN or an infinity.
  case decimal(Decimal)
  /// A numeric of more digits.
  case wide(WideDecimal)
  /// Text, jsonb (UTF-8) and bytea.
  case bytes([UInt8])
  case uuid(UInt128)
  case interval(Interval)
  case array([Datum])

  /// Whether this is NULL.
  package var isNull: Bool { if case .null = self { true } else { false } }
}

/// The reserved lanes of infinite dates and timestamps, PostgreSQL's own.
package enum TimeLimits {
  package static let timestampInfinity = Int64.max
  package static let timestampNegativeInfinity = Int64.min
  package static let dateInfinity = Int64(Int32.max)
  package static let dateNegativeInfinity = Int64(Int32.min)
}
