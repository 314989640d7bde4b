// to_char, to_date and to_timestamp: values through patterns, which are cut once and not once a row.

import Columnar
import Kernels
import Planning

extension ExpressionCompiler {
  /// Functions that take a pattern; `nil` for any other function.
  func patternFunction(
    _ function: ScalarFunction,
    _ arguments: [BoundExpression]
  ) throws(ExecutionError) -> ExpressionNode? {
    switch function {
    case .toCharacters: return try toCharacters(arguments)
    case .toDate:
      let patterns = PatternMemory { DateTimePattern($0) }
      let nodes = try compile(arguments)
      return map(nodes[0], nodes[1]) { (text: ByteView, pattern: ByteView) throws(ValueError) in
        try parseDate(text.span, patterns.pattern(pattern))
      }
    case .toTimestamp where arguments.count == 2:
      let patterns = PatternMemory { DateTimePattern($0) }
      let nodes = try compile(arguments)
      let zone = context.timeZone
      return map(nodes[0], nodes[1]) { (text: ByteView, pattern: ByteView) throws(ValueError) in
        try parseTimestamptz(text.span, patterns.pattern(pattern), zone: zone)
      }
    default: return nil
    }
  }

  private func toCharacters(
    _ arguments: [BoundExpression]
  ) throws(ExecutionError) -> ExpressionNode {
    let value = try compile(arguments[0])
    let pattern = try compile(arguments[1])
    switch arguments[0].type {
    case .timestamp, .date:
      let isDate = arguments[0].type == .date
      return toCharacters(value, pattern, DateTimePattern.init) {
        (input, row, pattern, buffer) throws(ValueError) in
        var moment = input.int64[row]
        if isDate { moment = try Civil.timestamp(date: moment) }
        guard !pattern.isEmpty, !Civil.isInfinite(timestamp: moment) else { return false }
        buffer.append(timestamp: moment, pattern)
        return true
      }
    case .timestamptz:
      let zone = context.timeZone
      return toCharacters(value, pattern, DateTimePattern.init) {
        (input, row, pattern, buffer) throws(ValueError) in
        let moment = input.int64[row]
        guard !pattern.isEmpty, !Civil.isInfinite(timestamp: moment) else { return false }
        buffer.append(timestamptz: moment, zone: zone, pattern)
        return true
      }
    case .interval:
      return toCharacters(value, pattern, DateTimePattern.init) {
        (input, row, pattern, buffer) throws(ValueError) in
        guard !pattern.isEmpty else { return false }
        try buffer.append(interval: input.interval[row], pattern)
        return true
      }
    case .smallint, .integer, .bigint:
      return toCharacters(value, pattern, NumberPattern.init) {
        (input, row, pattern, buffer) throws(ValueError) in
        try buffer.append(integer: input.int64[row], pattern)
        return true
      }
    case .real, .double:
      return toCharacters(value, pattern, NumberPattern.init) {
        (input, row, pattern, buffer) throws(ValueError) in
        try buffer.append(double: input.float64[row], pattern)
        return true
      }
    default:
      return toCharacters(toDecimal(value, arguments[0].type), pattern, NumberPattern.init) {
        (input, row, pattern, buffer) throws(ValueError) in
        try buffer.append(decimal: input.decimal[row], pattern)
        return true
      }
    }
  }

  /// The node for one type; `write` returns false where the result is NULL.
  private func toCharacters<Pattern>(
    _ value: ExpressionNode,
    _ pattern: ExpressionNode,
    _ cut: @escaping (String) throws(ValueError) -> Pattern,
    _ write:
      @escaping (Vector, Int, Pattern, inout OutputBuffer) throws(ValueError) -> Bool
  ) -> ExpressionNode {
    let patterns = PatternMemory(cut)
    return binary(.bytes, value, pattern) { (input, given, rows, output) throws(ExecutionError) in
      let views = given.views
      var out = output.mutableViews
      var buffer = OutputBuffer(capacity: 64)
      for row in 0..<rows {
        guard output.isValid(row) else {
          out[row] = .empty
          continue
        }
        buffer.removeAll()
        let isKnown = try raising { () throws(ValueError) in
          try write(input, row, patterns.pattern(views[row]), &buffer)
        }
        if isKnown {
          out[row] = output.store(buffer.bytes)
        } else {
          out[row] = .empty
          output.setNull(row)
        }
      }
    }
  }
}

/// Keeps the pattern of the row before: mostly all rows have the same.
private final class PatternMemory<Pattern> {
  private let cut: (String) throws(ValueError) -> Pattern
  private var text: [UInt8] = []
  private var last: Pattern?

  init(_ cut: @escaping (String) throws(ValueError) -> Pattern) { self.cut = cut }

  /// The pattern of a text.
  func pattern(_ view: ByteView) throws(ValueError) -> Pattern {
    if let last, isLast(view) { return last }
    text = view.bytes
    let fresh = try cut(String(decoding: text, as: UTF8.self))
    last = fresh
    return fresh
  }

  private func isLast(_ view: ByteView) -> Bool {
    let bytes = view.span
    guard bytes.count == text.count else { return false }
    for index in bytes.indices where bytes[index] != text[index] { return false }
    return true
  }
}
