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
    let text = source.isText ? node : try self.text(node, source)
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
  private func text(
    _ node: ExpressionNode,
    _ type: LogicalType
  ) throws(ExecutionError) -> ExpressionNode {
    let zone = context.timeZone
    switch type {
    case .boolean:
      return write(node) { (value: UInt8, buffer) in buffer.append(value != 0 ? "true" : "false") }
    case .smallint, .integer, .bigint:
      return write(node) { (value: Int64, buffer) in buffer.append(integer: value) }
    case .numeric(nil):
      return write(node) { (value: Decimal, buffer) in buffer.append(decimal: value) }
    case .numeric(let shape?):
      let scale = shape.scale
      return node.kind == .int64
        ? write(node) { (value: Int64, buffer) in buffer.append(scaled: value, scale: scale) }
        : write(node) { (value: Int128, buffer) in buffer.append(scaled: value, scale: scale) }
    case .double: return write(node) { (value: Double, buffer) in buffer.append(double: value) }
    case .real:
      return write(node) { (value: Double, buffer) in buffer.append(real: Float(value)) }
    case .date: return write(node) { (value: Int64, buffer) in buffer.append(date: value) }
    case .time: return write(node) { (value: Int64, buffer) in buffer.append(time: value) }
    case .timestamp:
      return write(node) { (value: Int64, buffer) in buffer.append(timestamp: value) }
    case .timestamptz:
      return write(node) { (value: Int64, buffer) in
        buffer.append(timestamptz: value, zone: zone)
      }
    case .interval:
      return write(node) { (value: Interval, buffer) in buffer.append(interval: value) }
    case .uuid: return write(node) { (value: UInt128, buffer) in append(uuid: value, to: &buffer) }
    case .bytea:
      return write(node) { (value: ByteView, buffer) in append(hex: value, to: &buffer) }
    default: return node
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
        guard let value = parseBoolean(text) else {
          throw .invalidSyntax("boolean", text.span)
        }
        return value ? 1 : 0
      }
    case .smallint, .integer, .bigint:
      let type = target.integerType
      return map(node) { (text: ByteView) throws(ValueError) in
        try parseInteger(text.span, type)
      }
    case .numeric(nil):
      return map(node) { (text: ByteView) throws(ValueError) in try Decimal(parsing: text.span) }
    case .numeric(let shape?):
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
      return map(node) { (text: ByteView) throws(ValueError) -> UInt128 in
        guard let value = parseUUID(text) else { throw .invalidSyntax("uuid", text.span) }
        return value
      }
    case .bytea:
      return unary(.bytes, node) { (input, rows, output) throws(ExecutionError) in
        let texts = input.views
        var out = output.mutableViews
        for row in 0..<rows {
          out[row] = .empty
          guard output.isValid(row) else { continue }
          let bytes = try parseBytes(texts[row].bytes)
          out[row] = output.store(bytes.span)
        }
      }
    case .jsonb:
      return try castJSON(node)
    default: throw unsupported("cast from text to \(target.sqlName)")
    }
  }
}

/// The spellings of true and false: any unambiguous start of true, false, yes, no, on, off; 1 and 0.
func parseBoolean(_ text: ByteView) -> Bool? {
  let word = String(decoding: text.bytes, as: UTF8.self).lowercased()
    .trimming { $0 == " " || $0 == "\t" || $0 == "\n" || $0 == "\r" }
  guard let first = word.first else { return nil }
  switch first {
  case "t": return "true".hasPrefix(word) ? true : nil
  case "f": return "false".hasPrefix(word) ? false : nil
  case "y": return "yes".hasPrefix(word) ? true : nil
  case "n": return "no".hasPrefix(word) ? false : nil
  case "o":
    if word == "on" { return true }
    return word == "of" || word == "off" ? false : nil
  case "1": return word == "1" ? true : nil
  case "0": return word == "0" ? false : nil
  default: return nil
  }
}

extension String {
  /// Without the characters at both ends that `isCut`.
  fileprivate func trimming(_ isCut: (Character) -> Bool) -> String {
    var rest = self[...]
    while let first = rest.first, isCut(first) { rest = rest.dropFirst() }
    while let last = rest.last, isCut(last) { rest = rest.dropLast() }
    return String(rest)
  }
}

/// A uuid: 32 hexadecimal digits, dashes after any group of four, braces around it if wanted.
func parseUUID(_ text: ByteView) -> UInt128? {
  var bytes = text.bytes[...]
  if bytes.first == UInt8(ascii: "{") {
    guard bytes.last == UInt8(ascii: "}") else { return nil }
    bytes = bytes.dropFirst().dropLast()
  }
  var value: UInt128 = 0
  var digits = 0
  var isAfterDash = true
  for byte in bytes {
    if byte == UInt8(ascii: "-") {
      guard digits % 4 == 0, !isAfterDash, digits < 32 else { return nil }
      isAfterDash = true
      continue
    }
    guard digits < 32, let digit = hexDigit(byte) else { return nil }
    value = value << 4 | UInt128(digit)
    digits += 1
    isAfterDash = false
  }
  return digits == 32 && !isAfterDash ? value : nil
}

private func hexDigit(_ byte: UInt8) -> UInt8? {
  switch byte {
  case 48...57: byte - 48
  case 65...70: byte - 55
  case 97...102: byte - 87
  default: nil
  }
}

private let hexDigits = Array("0123456789abcdef".utf8)

func append(uuid value: UInt128, to buffer: inout OutputBuffer) {
  for place in 0..<32 {
    if place == 8 || place == 12 || place == 16 || place == 20 { buffer.append(UInt8(ascii: "-")) }
    buffer.append(hexDigits[Int(truncatingIfNeeded: value >> UInt128(124 - 4 * place) & 15)])
  }
}

/// `\x…`.
func append(hex value: ByteView, to buffer: inout OutputBuffer) {
  buffer.append("\\x")
  for index in 0..<value.count {
    buffer.append(hexDigits[Int(value[index] >> 4)])
    buffer.append(hexDigits[Int(value[index] & 15)])
  }
}

/// bytea input: `\x` and digits, or text with `\\` and `\ooo`.
func parseBytes(_ text: [UInt8]) throws(ExecutionError) -> [UInt8] {
  let backslash = UInt8(ascii: "\\")
  var result: [UInt8] = []
  if text.starts(with: [backslash, UInt8(ascii: "x")]) {
    var high: UInt8?
    for byte in text.dropFirst(2) {
      guard let digit = hexDigit(byte) else {
        if high == nil, [32, 9, 10, 13].contains(byte) { continue }
        let shown = String(decoding: [byte], as: UTF8.self)
        throw .sql("22023", "invalid hexadecimal digit: \"\(shown)\"")
      }
      if let first = high {
        result.append(first << 4 | digit)
        high = nil
      } else {
        high = digit
      }
    }
    guard high == nil else {
      throw .sql("22023", "invalid hexadecimal data: odd number of digits")
    }
    return result
  }
  var index = 0
  while index < text.count {
    guard text[index] == backslash else {
      result.append(text[index])
      index += 1
      continue
    }
    if index + 1 < text.count, text[index + 1] == backslash {
      result.append(backslash)
      index += 2
      continue
    }
    let octal = text[(index + 1)...].prefix(3)
    guard octal.count == 3, octal.allSatisfy({ (48...55).contains($0) }),
      let first = octal.first, first <= 51
    else { throw .sql("22P02", "invalid input syntax for type bytea") }
    result.append(octal.reduce(0) { $0 << 3 | ($1 - 48) })
    index += 4
  }
  return result
}
