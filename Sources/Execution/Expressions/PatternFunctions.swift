import Columnar
import Kernels
import Planning

extension ExpressionCompiler {
  /// to_char, to_date and to_timestamp with a pattern; `nil` for any other function.
  func patternFunction(
    _ function: ScalarFunction,
    _ arguments: [BoundExpression]
  ) throws(ExecutionError) -> ExpressionNode? {
    guard arguments.count == 2 else { return nil }
    switch function {
    case .toCharacters:
      return toCharacters(try compile(arguments[0]), try compile(arguments[1]), arguments[0].type)
    case .toDate:
      let cache = DateTimePatternCache()
      return map(try compile(arguments[0]), try compile(arguments[1])) {
        (text: ByteView, pattern: ByteView) throws(ValueError) -> Int64 in
        try parseDate(text.span, cache.pattern(pattern))
      }
    case .toTimestamp:
      let cache = DateTimePatternCache()
      let zone = context.timeZone
      return map(try compile(arguments[0]), try compile(arguments[1])) {
        (text: ByteView, pattern: ByteView) throws(ValueError) -> Int64 in
        try parseTimestamptz(text.span, cache.pattern(pattern), zone: zone)
      }
    default: return nil
    }
  }

  private func toCharacters(
    _ value: ExpressionNode,
    _ pattern: ExpressionNode,
    _ type: LogicalType
  ) -> ExpressionNode {
    let zone = context.timeZone
    switch type {
    case .timestamp, .timestamptz:
      let isZoned = type == .timestamptz
      return dateTimeText(value, pattern) {
        (moment: Int64, pattern, buffer) throws(ValueError) -> Bool in
        if Civil.isInfinite(timestamp: moment) { return false }
        if isZoned {
          buffer.append(timestamptz: moment, zone: zone, pattern)
        } else {
          buffer.append(timestamp: moment, pattern)
        }
        return true
      }
    case .interval:
      return dateTimeText(value, pattern) {
        (span: Interval, pattern, buffer) throws(ValueError) -> Bool in
        try buffer.append(interval: span, pattern)
        return true
      }
    case .real, .double:
      return numberText(value, pattern) { (number: Double, pattern, buffer) throws(ValueError) in
        try buffer.append(double: number, pattern)
      }
    case .smallint, .integer, .bigint:
      return numberText(value, pattern) { (number: Int64, pattern, buffer) throws(ValueError) in
        try buffer.append(integer: number, pattern)
      }
    default:
      let decimal = toDecimal(value, type)
      return numberText(decimal, pattern) {
        (number: Decimal, pattern, buffer) throws(ValueError) in
        try buffer.append(decimal: number, pattern)
      }
    }
  }

  /// An empty pattern gives NULL, as does a value of which `body` says so.
  private func dateTimeText<A: LaneValue>(
    _ value: ExpressionNode,
    _ pattern: ExpressionNode,
    _ body:
      @escaping (A, DateTimePattern, inout OutputBuffer) throws(ValueError) -> Bool
  ) -> ExpressionNode {
    let cache = DateTimePatternCache()
    let text = TextBuffer()
    return binary(.bytes, value, pattern) { (left, right, rows, output) throws(ExecutionError) in
      let lanes = A.lanes(left)
      let patterns = right.views
      var out = output.mutableViews
      let valid = ValidRows(output)
      for row in 0..<rows {
        out[row] = .empty
        guard valid[row] else { continue }
        let (lane, source) = (lanes[row], patterns[row])
        text.buffer.removeAll()
        let isKnown = try raising { () throws(ValueError) in
          source.count == 0
            ? false : try body(lane, cache.pattern(source), &text.buffer)
        }
        if isKnown {
          out[row] = output.store(text.buffer.bytes)
        } else {
          output.setNull(row)
        }
      }
    }
  }

  private func numberText<A: LaneValue>(
    _ value: ExpressionNode,
    _ pattern: ExpressionNode,
    _ body: @escaping (A, NumberPattern, inout OutputBuffer) throws(ValueError) -> Void
  ) -> ExpressionNode {
    let cache = NumberPatternCache()
    let text = TextBuffer()
    return binary(.bytes, value, pattern) { (left, right, rows, output) throws(ExecutionError) in
      let lanes = A.lanes(left)
      let patterns = right.views
      var out = output.mutableViews
      let valid = ValidRows(output)
      for row in 0..<rows {
        out[row] = .empty
        guard valid[row], patterns[row].count > 0 else { continue }
        let (lane, source) = (lanes[row], patterns[row])
        text.buffer.removeAll()
        try raising { () throws(ValueError) in
          try body(lane, try cache.pattern(source), &text.buffer)
        }
        out[row] = output.store(text.buffer.bytes)
      }
    }
  }
}

/// The last pattern of a date and time, taken apart.
private final class DateTimePatternCache {
  private var source: [UInt8]?
  private var known: DateTimePattern?

  func pattern(_ text: ByteView) -> DateTimePattern {
    if let source, let known, text.equals(source) { return known }
    let pattern = DateTimePattern(String(decoding: text.bytes, as: UTF8.self))
    source = text.bytes
    known = pattern
    return pattern
  }
}

/// The last pattern of a number, taken apart.
private final class NumberPatternCache {
  private var source: [UInt8]?
  private var known: NumberPattern?

  func pattern(_ text: ByteView) throws(ValueError) -> NumberPattern {
    if let source, let known, text.equals(source) { return known }
    let pattern = try NumberPattern(String(decoding: text.bytes, as: UTF8.self))
    source = text.bytes
    known = pattern
    return pattern
  }
}

extension ByteView {
  /// Whether the bytes are those of the array.
  func equals(_ other: [UInt8]) -> Bool {
    guard count == other.count else { return false }
    let bytes = span
    for index in other.indices where bytes[index] != other[index] { return false }
    return true
  }
}
