// Which partition a row belongs to: the UTC month of its partition column.

package import Catalog
package import Columnar

/// Finds the partitions of rows.
package struct Partitioner {
  private let column: Int?
  private let isDate: Bool

  /// For the rows of a table, columns in definition order.
  package init(_ definition: TableDefinition) {
    column = definition.partitionColumn.flatMap { definition.index(of: $0) }
    isDate = column.map { definition.columns[$0].type == .date } ?? false
  }

  /// The partition of each row.
  ///
  /// - Returns: One key a row.
  /// - Complexity: O(rows); the month of the row before is tried first.
  package func keys(of rows: Batch) -> [PartitionKey] {
    guard let column else { return [PartitionKey](repeating: .whole, count: rows.rowCount) }
    let vector = rows.columns[column]
    let values = vector.int64
    var keys: [PartitionKey] = []
    keys.reserveCapacity(rows.rowCount)
    var month = MonthRange()
    for row in 0..<rows.rowCount {
      guard vector.isValid(row) else {
        keys.append(.null)
        continue
      }
      keys.append(key(of: values[row], &month))
    }
    return keys
  }

  private func key(of value: Int64, _ month: inout MonthRange) -> PartitionKey {
    if isDate {
      if value == TimeLimits.dateInfinity { return .infinity }
      if value == TimeLimits.dateNegativeInfinity { return .negativeInfinity }
      return PartitionKey(month.find(day: value))
    }
    if value == TimeLimits.timestampInfinity { return .infinity }
    if value == TimeLimits.timestampNegativeInfinity { return .negativeInfinity }
    return PartitionKey(month.find(day: floorDivide(value, 86_400_000_000)))
  }
}

extension PartitionKey {
  /// The month of a UTC moment, in microseconds since 2000-01-01.
  package init(microseconds: Int64) {
    var month = MonthRange()
    self.init(month.find(day: floorDivide(microseconds, 86_400_000_000)))
  }

  /// The moment at which a month begins.
  package var firstMicrosecond: Int64 {
    let year = Int(floorDivide(Int64(rawValue), 12))
    let month = Int(rawValue) - year * 12 + 1
    return Civil.days(year: 2000 + year, month: month, day: 1) * 86_400_000_000
  }

  /// Whether this is a month and not one of the special partitions.
  package var isMonth: Bool {
    ![.whole, .negativeInfinity, .null, .infinity].contains(self)
  }
}

/// The month found last, with its first day and the day behind it.
private struct MonthRange {
  var first: Int64 = 0
  var end: Int64 = 0
  var month: Int32 = 0

  /// Months since 2000-01 of a day since 2000-01-01.
  mutating func find(day: Int64) -> Int32 {
    if first <= day && day < end { return month }
    // Days are counted from March of year 0, so that the leap day ends a year (Hinnant's
    // civil_from_days); 730,425 days lie between 0000-03-01 and 2000-01-01.
    let shifted = day + 730_425
    let era = floorDivide(shifted, 146_097)
    let dayOfEra = shifted - era * 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let marchMonth = (5 * dayOfYear + 2) / 153
    let start = (153 * marchMonth + 2) / 5
    let next = (153 * (marchMonth + 1) + 2) / 5
    first = day - (dayOfYear - start)
    // February's end depends on the year; a short range only costs another search.
    end = first + min(next - start, marchMonth == 11 ? 28 : 31)
    let year = yearOfEra + era * 400
    // March is month 0 here; month 2 of year 0 in months since 2000-01.
    month = Int32(clamping: (year - 2000) * 12 + marchMonth + 2)
    return month
  }
}

private func floorDivide(_ a: Int64, _ b: Int64) -> Int64 {
  let quotient = a / b
  return a % b < 0 ? quotient - 1 : quotient
}
