import Columnar
import ReportSyntax

/// Timescale's time_bucket, as date_trunc where a bucket is a unit and as date_bin elsewhere.
extension ExpressionBinder {
  /// `time_bucket(width, moment [, zone])`.
  ///
  /// Without a zone buckets of moments are cut on UTC's clock, whatever the session's zone. Months, quarters and years are cut at
  /// their starts, weeks on Mondays, other widths from Monday, 3 January 2000.
  ///
  /// - Returns: nil: it has other arguments.
  /// - Throws: 0A000 for a width that is not constant, mixes months and days, or is several months but no quarter or year; with a zone
  ///   also for widths that are no unit.
  func bindTimeBucket(
    _ arguments: [BoundExpression],
    _ ranges: [SourceRange]
  ) throws(PlanningError) -> BoundExpression? {
    guard arguments.count == 2 || arguments.count == 3 else { return nil }
    let width = try context.coerceOperand(arguments[0], to: .interval, range: ranges[0])
    guard case .constant(.interval(let stride)) = width.node else {
      throw .unsupported("a width that is not constant in time_bucket", at: ranges[0])
    }
    var moment = arguments[1]
    if moment.type == .unknown {
      moment = try context.coerceOperand(moment, to: .timestamptz, range: ranges[1])
    }
    let type = moment.type
    guard type == .timestamptz || type == .timestamp || type == .date else { return nil }
    if type == .date { moment = try context.coerce(moment, to: .timestamp, range: ranges[1]) }
    var zone: BoundExpression?
    if arguments.count == 3 {
      guard type == .timestamptz else { return nil }
      zone = try context.coerceOperand(arguments[2], to: .text, range: ranges[2])
    } else if type == .timestamptz {
      zone = Self.text("UTC")
    }
    let bucket: BoundExpression
    if let unit = Self.unit(of: stride) {
      bucket = call(
        .dateTruncate,
        [Self.text(unit), moment] + (zone.map { [$0] } ?? []),
        moment.type
      )
    } else if stride.months == 0, arguments.count == 2 {
      // Cut from the start of 2000 where that is the same: date_bin of a rollup's key is told by it.
      let length = Int64(stride.days) * Civil.microsecondsPerDay + stride.microseconds
      let monday = 2 * Civil.microsecondsPerDay
      let origin = length > 0 && monday % length == 0 ? 0 : monday
      let start = BoundExpression(.constant(.int64(origin)), moment.type)
      bucket = call(.dateBin, [width, moment, start], moment.type)
    } else {
      throw .unsupported("this width of time_bucket", at: ranges[0])
    }
    return type == .date ? BoundExpression(.cast(bucket), .date) : bucket
  }

  private static func text(_ text: String) -> BoundExpression {
    BoundExpression(.constant(.bytes(Array(text.utf8))), .text)
  }

  /// The unit of date_trunc that an interval is one of.
  private static func unit(of stride: Interval) -> String? {
    switch (stride.months, stride.days, stride.microseconds) {
    case (0, 0, 1_000_000): "second"
    case (0, 0, 60_000_000): "minute"
    case (0, 0, 3_600_000_000): "hour"
    case (0, 1, 0): "day"
    case (0, 7, 0): "week"
    case (1, 0, 0): "month"
    case (3, 0, 0): "quarter"
    case (12, 0, 0): "year"
    default: nil
    }
  }
}
