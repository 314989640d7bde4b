import Columnar
import Kernels
import Planning

extension ExpressionCompiler {
  /// Between dates, times, timestamps and intervals; `nil` where PostgreSQL has no cast.
  func castMoment(
    _ node: ExpressionNode,
    _ source: LogicalType,
    _ target: LogicalType
  ) -> ExpressionNode? {
    let zone = context.timeZone
    switch (source, target) {
    case (.date, .timestamp):
      return map(node) { (date: Int64) throws(ValueError) in try Civil.timestamp(date: date) }
    case (.date, .timestamptz):
      return map(node) { (date: Int64) throws(ValueError) in
        try zone.utc(fromLocal: Civil.timestamp(date: date))
      }
    case (.timestamp, .date): return toDate(node)
    case (.timestamptz, .date): return toDate(shift(node, zone, toLocal: true))
    case (.timestamp, .timestamptz): return shift(node, zone, toLocal: false)
    case (.timestamptz, .timestamp): return shift(node, zone, toLocal: true)
    case (.timestamp, .time): return toTime(node)
    case (.timestamptz, .time): return toTime(shift(node, zone, toLocal: true))
    case (.time, .interval):
      return map(node) { (time: Int64) in Interval(microseconds: time) }
    case (.interval, .time):
      return map(node) { (span: Interval) in Civil.add(time: 0, span) }
    default: return nil
    }
  }

  private func toDate(_ node: ExpressionNode) -> ExpressionNode {
    map(node) { (moment: Int64) in Civil.date(timestamp: moment) }
  }

  /// The time of day; infinity has none.
  private func toTime(_ node: ExpressionNode) -> ExpressionNode {
    unary(.int64, node) { (input, rows, output) in
      let lanes = input.int64
      var out = output.mutableInt64
      let valid = ValidRows(output)
      for row in 0..<rows where valid[row] {
        if Civil.isInfinite(timestamp: lanes[row]) {
          output.setNull(row)
        } else {
          out[row] = Civil.split(lanes[row]).time
        }
      }
    }
  }

  /// Moments as local times of a zone, or the reverse.
  func shift(_ node: ExpressionNode, _ zone: TimeZone, toLocal: Bool) -> ExpressionNode {
    let usual = UsualLanes()
    return unary(.int64, node) { (input, rows, output) throws(ExecutionError) in
      let vector = usual.lanes(input, rows)
      let lanes = vector.int64.extracting(0..<rows)
      var out = output.mutableInt64
      try raising { () throws(ValueError) in
        if toLocal {
          try zone.local(fromUTC: lanes, into: &out)
        } else {
          try zone.utc(fromLocal: lanes, into: &out)
        }
      }
    }
  }
}

/// Lanes in which NULL rows hold the value of some other row, so that they neither raise errors nor spoil
/// the range of the vector.
final class UsualLanes {
  private let scratch = Vector(kind: .int64)

  /// The vector itself where it has no NULL.
  func lanes(_ vector: Vector, _ rows: Int) -> Vector {
    guard vector.hasNulls else { return vector }
    let (scratch, source) = (scratch, vector.int64)
    scratch.reserve(rows)
    var out = scratch.mutableInt64
    var usual: Int64 = 0
    let vectorValid = ValidRows(vector)
    for row in 0..<rows where vectorValid[row] {
      usual = source[row]
      break
    }
    for row in 0..<rows { out[row] = vectorValid[row] ? source[row] : usual }
    return scratch
  }
}
