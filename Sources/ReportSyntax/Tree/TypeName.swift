/// The name of a type, with its modifiers.
///
/// Names of the SQL standard are canonical: `integer` reads as `int4`, `timestamp with time zone`
/// as `timestamptz`, `character varying` as `varchar`.
package struct TypeName: Hashable, Sendable {
  package let name: QualifiedName
  /// What stands in parentheses: `10, 2` for `numeric(10, 2)`, the precision for intervals.
  package let modifiers: [Int32]
  package let intervalFields: IntervalFields?
  /// How many `[]` follow.
  package let arrayDimensions: Int
  package let range: SourceRange

  package init(
    name: QualifiedName,
    modifiers: [Int32] = [],
    intervalFields: IntervalFields? = nil,
    arrayDimensions: Int = 0,
    range: SourceRange
  ) {
    self.name = name
    self.modifiers = modifiers
    self.intervalFields = intervalFields
    self.arrayDimensions = arrayDimensions
    self.range = range
  }
}

/// The fields of an interval type, as in `interval day to second`.
package enum IntervalFields: String, CaseIterable, Hashable, Sendable {
  case year, month, day, hour, minute, second
  case yearToMonth = "year to month"
  case dayToHour = "day to hour"
  case dayToMinute = "day to minute"
  case dayToSecond = "day to second"
  case hourToMinute = "hour to minute"
  case hourToSecond = "hour to second"
  case minuteToSecond = "minute to second"
}
