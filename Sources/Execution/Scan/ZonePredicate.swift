internal import ColumnEncoding
internal import Columnar

/// What statistics say about a condition over some rows.
enum ZoneAnswer {
  /// No row passes.
  case none
  /// Some may pass.
  case some
  /// Every row passes.
  case all
}

extension ZoneAnswer {
  /// What values from `low` to `high`, none of them NULL, say of a range.
  @inline(__always)
  init(_ low: Int64, _ high: Int64, within range: ClosedRange<Int64>) {
    if high < range.lowerBound || low > range.upperBound {
      self = .none
    } else {
      self = range.lowerBound <= low && high <= range.upperBound ? .all : .some
    }
  }

  /// What such values say of being another one.
  @inline(__always)
  init(_ low: Int64, _ high: Int64, otherThan value: Int64) {
    if low == value, high == value {
      self = .none
    } else {
      self = value < low || value > high ? .all : .some
    }
  }
}

/// The part of a scan's condition that minima, maxima and NULL counts can decide.
///
/// Columns are places among the scan's columns. A row whose value is NULL passes none of the cases but
/// `isNull`.
indirect enum ZonePredicate {
  case unknown
  case always
  case never
  /// A lane of an int64 column within the bounds.
  case integers(column: Int, ClosedRange<Int64>)
  /// A lane of an int64 column other than this one.
  case integersExcept(column: Int, Int64)
  /// A lane of an int64 column among these, ascending.
  case integerSet(column: Int, [Int64])
  /// Any other ordered column; nil: no bound.
  case range(column: Int, lower: ZoneBound?, upper: ZoneBound?)
  case isNull(column: Int)
  case isNotNull(column: Int)
  case and([ZonePredicate])
  case or([ZonePredicate])

  /// Whether statistics can say anything at all.
  var isUseful: Bool {
    switch self {
    case .unknown: false
    case .and(let parts): parts.contains { $0.isUseful }
    case .or(let parts): parts.allSatisfy { $0.isUseful }
    default: true
    }
  }

  /// What the statistics of a block or a chunk say.
  ///
  /// - Parameter statistics: Of a column, by place; nil: unknown.
  /// - Returns: What they say of all rows together.
  func answer(_ statistics: (Int) -> BlockStatistics?) -> ZoneAnswer {
    switch self {
    case .unknown: return .some
    case .always: return .all
    case .never: return .none
    case .integers(let column, let bounds):
      guard let known = statistics(column) else { return .some }
      return Self.answer(known, bounds)
    case .integersExcept(let column, let value):
      guard let known = statistics(column) else { return .some }
      return Self.answer(known, except: value)
    case .integerSet(let column, let values):
      guard let known = statistics(column) else { return .some }
      return Self.answer(known, values)
    case .range(let column, let lower, let upper):
      guard let known = statistics(column) else { return .some }
      return Self.answer(known, lower, upper)
    case .isNull(let column):
      guard let known = statistics(column) else { return .some }
      return known.nullCount == 0 ? .none : known.nullCount == known.rowCount ? .all : .some
    case .isNotNull(let column):
      guard let known = statistics(column) else { return .some }
      return known.nullCount == 0 ? .all : known.nullCount == known.rowCount ? .none : .some
    case .and(let parts):
      var result = ZoneAnswer.all
      for part in parts {
        switch part.answer(statistics) {
        case .none: return .none
        case .some: result = .some
        case .all: break
        }
      }
      return result
    case .or(let parts):
      var result = ZoneAnswer.none
      for part in parts {
        switch part.answer(statistics) {
        case .none: break
        case .some: result = .some
        case .all: return .all
        }
      }
      return result
    }
  }

  private static func answer(
    _ known: BlockStatistics,
    _ bounds: ClosedRange<Int64>
  ) -> ZoneAnswer {
    if known.nullCount == known.rowCount { return .none }
    guard case .int64(let low) = known.minimum, case .int64(let high) = known.maximum else {
      return .some
    }
    let answer = ZoneAnswer(low, high, within: bounds)
    return answer == .all && known.nullCount > 0 ? .some : answer
  }

  private static func answer(_ known: BlockStatistics, except value: Int64) -> ZoneAnswer {
    if known.nullCount == known.rowCount { return .none }
    guard case .int64(let low) = known.minimum, case .int64(let high) = known.maximum else {
      return .some
    }
    let answer = ZoneAnswer(low, high, otherThan: value)
    return answer == .all && known.nullCount > 0 ? .some : answer
  }

  private static func answer(_ known: BlockStatistics, _ values: [Int64]) -> ZoneAnswer {
    if known.nullCount == known.rowCount { return .none }
    guard case .int64(let low) = known.minimum, case .int64(let high) = known.maximum else {
      return .some
    }
    // The first member that is not below the minimum.
    var from = 0
    var to = values.count
    while from < to {
      let middle = (from + to) / 2
      if values[middle] < low { from = middle + 1 } else { to = middle }
    }
    guard from < values.count, values[from] <= high else { return .none }
    return low == high && known.nullCount == 0 ? .all : .some
  }

  private static func answer(
    _ known: BlockStatistics,
    _ lower: ZoneBound?,
    _ upper: ZoneBound?
  ) -> ZoneAnswer {
    if known.nullCount == known.rowCount { return .none }
    var isInside = known.nullCount == 0 && !known.isMaximumTruncated
    if let lower {
      // A truncated maximum stands for strings above it that share its bytes.
      let bound = known.isMaximumTruncated ? lower.truncated : lower
      let includes = bound.isInclusive || known.isMaximumTruncated
      if known.maximum.isBefore(bound.value, orEqual: !includes) == true { return .none }
      if lower.value.isBefore(known.minimum, orEqual: lower.isInclusive) != true {
        isInside = false
      }
    }
    if let upper {
      if upper.value.isBefore(known.minimum, orEqual: !upper.isInclusive) == true { return .none }
      if known.maximum.isBefore(upper.value, orEqual: upper.isInclusive) != true {
        isInside = false
      }
    }
    return isInside ? .all : .some
  }
}

/// One end of a range.
struct ZoneBound {
  var value: Datum
  var isInclusive: Bool

  /// The bound as a truncated maximum would be.
  var truncated: ZoneBound {
    guard case .bytes(let bytes) = value, bytes.count > BlockStatistics.boundBytesMax else {
      return self
    }
    return ZoneBound(
      value: .bytes(Array(bytes.prefix(BlockStatistics.boundBytesMax))),
      isInclusive: true
    )
  }
}
