internal import Columnar
internal import Planning

/// The distance between the values of a grouping key, where all of them are multiples of it apart: the days of date_trunc.
///
/// So a key with few values over a wide range still numbers a small dense table.
struct KeyStep {
  /// In lane units; 1: values lie anywhere.
  let unit: Int64
  /// Of so many multiples at most one is a value.
  let sparsity: Int
  private let shift: Int64
  private let inverse: UInt32

  static let one = KeyStep(unit: 1)

  /// - Precondition: `unit` > 0 and its odd part fits 32 bits.
  init(unit: Int64, sparsity: Int = 1) {
    precondition(unit > 0)
    self.unit = unit
    self.sparsity = sparsity
    let zeros = unit.trailingZeroBitCount
    shift = Int64(zeros)
    let odd = UInt32(truncatingIfNeeded: unit >> Int64(zeros))
    // Newton's iteration for the inverse modulo 2^32: an odd number is its own inverse to 3 bits, and each
    // round doubles them.
    var inverse = odd
    for _ in 0..<4 { inverse = inverse &* (2 &- odd &* inverse) }
    self.inverse = inverse
  }

  /// `offset` / ``unit`` for a multiple of it whose quotient is below 2^32: exact, and no division.
  @inline(__always)
  func quotient(_ offset: Int64) -> UInt32 {
    UInt32(truncatingIfNeeded: offset &>> shift) &* inverse
  }

  /// Adds to each number the place of its row's lane above `low`, counted from 1, times `stride`.
  ///
  /// - Parameters:
  ///   - lanes: Multiples of ``unit`` above `low`, as many as `rows` at least.
  ///   - low: The lowest.
  ///   - stride: Between neighbouring places.
  ///   - rows: How many.
  ///   - numbers: As many as `rows` at least.
  ///   - isFirst: What is there is nothing to add to.
  func addPlaces(
    _ lanes: Span<Int64>,
    above low: Int64,
    stride: UInt32,
    rows: Int,
    to numbers: inout MutableSpan<UInt32>,
    isFirst: Bool
  ) {
    precondition(rows <= lanes.count && rows <= numbers.count)
    // SAFETY: row < rows, checked above.
    if unit == 1 {
      // (lane - low + 1) * stride modulo 2^32.
      let base = (1 &- UInt32(truncatingIfNeeded: low)) &* stride
      if isFirst {
        for row in 0..<rows {
          let lane = unsafe UInt32(truncatingIfNeeded: lanes[unchecked: row])
          unsafe numbers[unchecked: row] = lane &* stride &+ base
        }
      } else {
        for row in 0..<rows {
          let lane = unsafe UInt32(truncatingIfNeeded: lanes[unchecked: row])
          unsafe numbers[unchecked: row] &+= lane &* stride &+ base
        }
      }
      return
    }
    if isFirst { for row in 0..<rows { unsafe numbers[unchecked: row] = 0 } }
    for row in 0..<rows {
      let offset = unsafe quotient(lanes[unchecked: row] &- low)
      unsafe numbers[unchecked: row] &+= (offset &+ 1) &* stride
    }
  }

  /// What is known of the values of a key expression.
  init(of key: BoundExpression, _ context: EvaluationContext) {
    let (unit, sparsity) = Self.unit(of: key, context)
    self.init(unit: unit, sparsity: sparsity)
  }

  private static func unit(
    of key: BoundExpression,
    _ context: EvaluationContext
  ) -> (unit: Int64, sparsity: Int) {
    guard case .call(.dateTruncate, let arguments) = key.node,
      case .constant(.bytes(let word)) = arguments[0].node,
      let field = TimeField(named: String(decoding: word, as: UTF8.self)),
      isInUTC(key.type, arguments, context)
    else { return (1, 1) }
    let day: Int64 = 86_400_000_000
    return switch field {
    case .second: (1_000_000, 1)
    case .minute: (60_000_000, 1)
    case .hour: (3_600_000_000, 1)
    case .day: (day, 1)
    case .week: (7 * day, 1)
    case .month: (day, 28)
    case .quarter: (day, 90)
    case .year, .decade, .century, .millennium: (day, 365)
    default: (1, 1)
    }
  }

  private static func isInUTC(
    _ type: LogicalType,
    _ arguments: [BoundExpression],
    _ context: EvaluationContext
  ) -> Bool {
    if type == .timestamp { return arguments.count == 2 }
    guard type == .timestamptz else { return false }
    guard arguments.count > 2 else { return context.timeZone.name == "UTC" }
    guard case .constant(.bytes(let zone)) = arguments[2].node else { return false }
    return String(decoding: zone, as: UTF8.self) == "UTC"
  }
}

/// Bounds of an integer key over all rows of an input, and the step of its values from the lower bound on.
struct KeyRange {
  var bounds: ClosedRange<Int64>
  var step: KeyStep

  /// How many of the values within the bounds there can be: of 30 days one begins a month.
  var groupCount: Int? { valueCount.map { max(1, $0 / step.sparsity) } }

  /// Values within the bounds; nil: more than a dense table could have.
  var valueCount: Int? {
    let (width, overflow) = bounds.upperBound.subtractingReportingOverflow(bounds.lowerBound)
    guard !overflow, width / step.unit < 1 << 28 else { return nil }
    return Int(width / step.unit) + 1
  }
}
