internal import Columnar
internal import Planning

/// A comparison of an int64 column with a constant as bounds of the column's lanes.
enum IntegerBounds {
  case nothing
  case range(ClosedRange<Int64>)

  /// - Returns: nil when the comparison is no single range, or the types need a conversion of the column.
  static func of(
    _ comparison: ComparisonOperator,
    _ value: Datum,
    _ type: LogicalType,
    columnType: LogicalType
  ) -> IntegerBounds? {
    guard let quotient = scaled(value, type, columnType: columnType) else { return nil }
    // `floor` is the largest lane not above the value.
    let floor = quotient.floor
    let ceiling = quotient.isExact ? floor : floor + 1
    switch comparison {
    case .equal: return quotient.isExact ? bounds(floor, floor) : .nothing
    case .less: return bounds(nil, ceiling - 1)
    case .lessOrEqual: return bounds(nil, floor)
    case .greater: return bounds(floor + 1, nil)
    case .greaterOrEqual: return bounds(ceiling, nil)
    case .notEqual: return nil
    }
  }

  private static func bounds(_ lower: Int128?, _ upper: Int128?) -> IntegerBounds {
    let low = lower ?? Int128(Int64.min)
    let high = upper ?? Int128(Int64.max)
    guard low <= Int128(Int64.max), high >= Int128(Int64.min), low <= high else { return .nothing }
    return .range(Int64(clamping: low)...Int64(clamping: high))
  }

  /// The constant in the column's units.
  private static func scaled(
    _ value: Datum,
    _ type: LogicalType,
    columnType: LogicalType
  ) -> (floor: Int128, isExact: Bool)? {
    let digits: Int128
    var scale = 0
    switch value {
    case .int64(let lane): digits = Int128(lane)
    case .int128(let lane): digits = lane
    case .decimal(let number):
      guard number.kind == .finite else { return nil }
      digits = number.coefficient
      scale = Int(number.scale)
    default: return nil
    }
    guard isNumber(columnType) == isNumber(type) else { return nil }
    guard isNumber(columnType) else { return columnType == type ? (digits, true) : nil }
    if case .decimal = value {} else { scale = type.scale }
    return shift(digits, by: columnType.scale - scale)
  }

  private static func isNumber(_ type: LogicalType) -> Bool {
    if case .numeric = type { return true }
    return type.isInteger
  }

  private static func shift(_ digits: Int128, by places: Int) -> (floor: Int128, isExact: Bool)? {
    var power: Int128 = 1
    guard abs(places) <= 38 else { return nil }
    for _ in 0..<abs(places) { power *= 10 }
    if places >= 0 {
      let (product, overflow) = digits.multipliedReportingOverflow(by: power)
      return overflow ? nil : (product, true)
    }
    let (quotient, remainder) = digits.quotientAndRemainder(dividingBy: power)
    if remainder == 0 { return (quotient, true) }
    return (digits < 0 ? quotient - 1 : quotient, false)
  }
}
