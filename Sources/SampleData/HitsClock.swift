/// When pages are looked at: July 2013, busy evenings, quieter week-ends (UTC).
struct HitsClock: Sendable {
  static let dayCount = 31
  static let secondsPerDay = 86_400
  static let end = dayCount * secondsPerDay

  /// Weight of all hours of the month up to and with this one.
  private let cumulativeWeights: [UInt64]

  init() {
    let perHour: [UInt64] = [
      18, 10, 6, 5, 6, 9, 16, 28, 40, 48, 52, 54, 55, 56, 55, 54, 53, 52, 54, 57, 60, 58, 48, 32,
    ]
    // The first of July 2013 was a Monday.
    let weekday: [UInt64] = [20, 20, 20, 19, 18, 14, 15]
    var total: UInt64 = 0
    cumulativeWeights = (0..<Self.dayCount * 24).map { hour in
      total += perHour[hour % 24] * weekday[hour / 24 % 7]
      return total
    }
  }

  /// Seconds since the month's start at which the place `part` of `whole` equal parts of all hits lies; it
  /// grows with `part`.
  func second(part: Int, of whole: Int) -> Int {
    let total = cumulativeWeights.last ?? 1
    let scaled = total.multipliedFullWidth(by: UInt64(truncatingIfNeeded: part) &* 1_024)
    let share = UInt64(truncatingIfNeeded: whole).dividingFullWidth(scaled).quotient
    var low = 0
    var high = cumulativeWeights.count - 1
    while low < high {
      let middle = (low + high) / 2
      if cumulativeWeights[middle] &* 1_024 > share { high = middle } else { low = middle + 1 }
    }
    let before = low == 0 ? 0 : cumulativeWeights[low - 1]
    let width = cumulativeWeights[low] &- before
    return low &* 3_600 &+ Int((share &- before &* 1_024) &* 3_600 / (width &* 1_024))
  }
}
