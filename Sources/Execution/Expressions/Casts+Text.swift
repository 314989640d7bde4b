import Columnar
import Kernels
import Planning

extension ExpressionCompiler {
  /// Any value as text, cut to the length of a varchar or char.
  func castToText(
    _ node: ExpressionNode,
    _ source: LogicalType,
    _ target: LogicalType
  ) throws(ExecutionError) -> ExpressionNode {
    let text = source.isText ? node : self.text(node, source)
    switch target {
    case .varchar(let limit?):
      if case .varchar(let own?) = source, own <= limit { return text }
      return textMap(text) { view, _ in view.slice(0, view.offset(ofCharacter: limit)) }
    case .char(let limit):
      return textMap(text) { view, _ in
        var end = view.offset(ofCharacter: limit)
        while end > 0, view[end - 1] == UInt8(ascii: " ") { end -= 1 }
        return view.slice(0, end)
      }
    default: return text
    }
  }

  /// PostgreSQL's text form of a value.
  private func text(_ node: ExpressionNode, _ type: LogicalType) -> ExpressionNode {
    if type == .boolean {
      // The cast spells out what output abbreviates.
      return write(node) { (value: UInt8, buffer) in buffer.append(value != 0 ? "true" : "false") }
    }
    let form = ValueForm(type)
    let buffer = TextBuffer()
    let zone = context.timeZone
    return unary(.bytes, node) { (input, rows, output) in
      var cursor = ZoneCursor(zone)
      var out = output.mutableViews
      let valid = ValidRows(output)
      for row in 0..<rows {
        guard valid[row] else {
          out[row] = .empty
          continue
        }
        buffer.buffer.removeAll()
        buffer.buffer.appendText(of: input, row: row, form, &cursor)
        out[row] = output.store(buffer.buffer.bytes)
      }
    }
  }

  /// Text as a value of `target`.
  func parse(
    _ node: ExpressionNode,
    _ target: LogicalType
  ) throws(ExecutionError) -> ExpressionNode {
    let dateTime = context.dateTime
    switch target {
    case .boolean:
      return map(node) { (text: ByteView) throws(ValueError) -> UInt8 in
        try parseBoolean(text.span) ? 1 : 0
      }
    case .smallint, .integer, .bigint:
      let type = target.integerType
      return map(node) { (text: ByteView) throws(ValueError) in
        try parseInteger(text.span, type)
      }
    case .numeric(nil):
      return map(node) { (text: ByteView) throws(ValueError) in try Decimal(parsing: text.span) }
    case .numeric(let shape?):
      guard shape.isScaled else {
        return map(node) { (text: ByteView) throws(ValueError) in
          try Decimal(parsing: text.span, shape)
        }
      }
      if target.laneKind == .int64 {
        return map(node) { (text: ByteView) throws(ValueError) in
          try parseScaled64(text.span, shape)
        }
      }
      return map(node) { (text: ByteView) throws(ValueError) in
        try parseScaled(text.span, shape)
      }
    case .double:
      return map(node) { (text: ByteView) throws(ValueError) in try parseDouble(text.span) }
    case .real:
      return map(node) { (text: ByteView) throws(ValueError) in
        Double(try parseReal(text.span))
      }
    case .date:
      return map(node) { (text: ByteView) throws(ValueError) in
        try parseDate(text.span, dateTime)
      }
    case .time:
      return map(node) { (text: ByteView) throws(ValueError) in
        try parseTime(text.span, dateTime)
      }
    case .timestamp:
      return map(node) { (text: ByteView) throws(ValueError) in
        try parseTimestamp(text.span, dateTime)
      }
    case .timestamptz:
      return map(node) { (text: ByteView) throws(ValueError) in
        try parseTimestamptz(text.span, dateTime)
      }
    case .interval:
      return map(node) { (text: ByteView) throws(ValueError) in try parseInterval(text.span) }
    case .uuid:
      return map(node) { (text: ByteView) throws(ValueError) in try parseUUID(text.span) }
    case .bytea:
      return store(node) { (text: ByteView) throws(ValueError) in try parseBytea(text.span) }
    case .jsonb:
      return store(node) { (text: ByteView) throws(ValueError) in try normalizeJSON(text.span) }
    case .array(let element): return parseArray(node, element)
    default: throw unsupported("cast from text to \(target.sqlName)")
    }
  }

  /// A function of strings that makes bytes.
  private func store(
    _ node: ExpressionNode,
    _ body: @escaping (ByteView) throws(ValueError) -> [UInt8]
  ) -> ExpressionNode {
    unary(.bytes, node) { (input, rows, output) throws(ExecutionError) in
      let texts = input.views
      var out = output.mutableViews
      let valid = ValidRows(output)
      for row in 0..<rows {
        out[row] = .empty
        guard valid[row] else { continue }
        let text = texts[row]
        let bytes = try raising { () throws(ValueError) in try body(text) }
        out[row] = output.store(bytes.span)
      }
    }
  }

  /// An array is kept in its text form: read, so that errors are found, and written again.
  private func parseArray(_ node: ExpressionNode, _ element: ArrayElement) -> ExpressionNode {
    let context = context
    return store(node) { (text: ByteView) throws(ValueError) in
      let values = try Columnar.parseArray(text.span, element.type, context.dateTime)
      return arrayText(values, element, context)
    }
  }
}

/// The text form of an array.
func arrayText(
  _ values: [Datum],
  _ element: ArrayElement,
  _ context: EvaluationContext
) -> [UInt8] {
  var buffer = OutputBuffer()
  buffer.append(array: values, ValueForm(element.type), zone: context.timeZone)
  return buffer.array
}
