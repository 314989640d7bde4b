import Columnar
import Kernels
import Planning

extension ExpressionCompiler {
  /// translate, overlay, to_hex, encode and decode; nil for other functions.
  func textCodingFunction(
    _ function: ScalarFunction,
    _ nodes: [ExpressionNode],
    _ arguments: [BoundExpression]
  ) -> ExpressionNode? {
    switch function {
    case .translate: return translate(nodes)
    case .overlay: return overlay(nodes)
    case .toHexadecimal:
      let isWide = arguments[0].type == .bigint
      return write(nodes[0]) { (value: Int64, buffer) throws(ValueError) in
        let bits = isWide ? UInt64(bitPattern: value) : UInt64(UInt32(truncatingIfNeeded: value))
        buffer.append(text: String(bits, radix: 16))
      }
    case .encode: return coded(nodes) { bytes, form throws(ValueError) in try form.encode(bytes) }
    case .decode: return coded(nodes) { bytes, form throws(ValueError) in try form.decode(bytes) }
    default: return nil
    }
  }

  /// translate(text, from, to): each character of `from` becomes the one at its place in `to`, or goes away.
  private func translate(_ nodes: [ExpressionNode]) -> ExpressionNode {
    strict(.bytes, nodes) { (inputs, rows, output) in
      let (text, source, target) = (inputs[0], inputs[1], inputs[2])
      let (texts, froms, tos) = (text.views, source.views, target.views)
      var out = output.mutableViews
      let valid = ValidRows(output)
      for row in 0..<rows {
        guard valid[row] else {
          out[row] = .empty
          continue
        }
        let from = Array(String(decoding: froms[row].bytes, as: UTF8.self).unicodeScalars)
        let to = Array(String(decoding: tos[row].bytes, as: UTF8.self).unicodeScalars)
        var result = String.UnicodeScalarView()
        for scalar in String(decoding: texts[row].bytes, as: UTF8.self).unicodeScalars {
          guard let place = from.firstIndex(of: scalar) else {
            result.append(scalar)
            continue
          }
          if place < to.count { result.append(to[place]) }
        }
        let bytes = Array(String(result).utf8)
        out[row] = output.store(bytes.span)
      }
    }
  }

  /// overlay(text, new, from [, count]).
  private func overlay(_ nodes: [ExpressionNode]) -> ExpressionNode {
    strict(.bytes, nodes) { (inputs, rows, output) throws(ExecutionError) in
      let (given, new, start) = (inputs[0], inputs[1], inputs[2])
      let size = inputs.count > 3 ? inputs[3] : nil
      let (texts, news, starts) = (given.views, new.views, start.int64)
      var out = output.mutableViews
      let valid = ValidRows(output)
      for row in 0..<rows {
        out[row] = .empty
        guard valid[row] else { continue }
        var count = Int64(news[row].characterCount)
        if let size { count = size.int64[row] }
        guard starts[row] > 0 else {
          throw .sql("22011", "negative substring length not allowed")
        }
        let text = texts[row]
        let head = text.offset(ofCharacter: Int(starts[row] - 1))
        let rest = max(0, starts[row] - 1 + count)
        let tail = text.offset(ofCharacter: Int(rest))
        let bytes =
          text.slice(0, head).bytes + news[row].bytes
          + text.slice(tail, text.count - tail).bytes
        out[row] = output.store(bytes.span)
      }
    }
  }

  private func coded(
    _ nodes: [ExpressionNode],
    _ body: @escaping ([UInt8], ByteCode) throws(ValueError) -> [UInt8]
  ) -> ExpressionNode {
    binary(.bytes, nodes[0], nodes[1]) { (bytes, form, rows, output) throws(ExecutionError) in
      let (values, forms) = (bytes.views, form.views)
      var out = output.mutableViews
      try raising { () throws(ValueError) in
        let valid = ValidRows(output)
        for row in 0..<rows {
          out[row] = .empty
          guard valid[row] else { continue }
          let name = String(decoding: forms[row].bytes, as: UTF8.self)
          guard let code = ByteCode(rawValue: name.lowercased()) else {
            throw ValueError("22023", "unrecognized encoding: \"\(name)\"")
          }
          let result = try body(values[row].bytes, code)
          out[row] = output.store(result.span)
        }
      }
    }
  }
}

/// The text forms of bytes that encode and decode know.
private enum ByteCode: String {
  case hex, base64, escape

  func encode(_ bytes: [UInt8]) throws(ValueError) -> [UInt8] {
    switch self {
    case .hex: return bytes.flatMap { [hexDigits[Int($0 >> 4)], hexDigits[Int($0 & 15)]] }
    case .base64: return inBase64(bytes)
    case .escape:
      var text: [UInt8] = []
      for byte in bytes {
        switch byte {
        case 0, 128...:
          text += [UInt8(ascii: "\\"), 48 + (byte >> 6), 48 + (byte >> 3 & 7), 48 + (byte & 7)]
        case UInt8(ascii: "\\"): text += [byte, byte]
        default: text.append(byte)
        }
      }
      return text
    }
  }

  func decode(_ text: [UInt8]) throws(ValueError) -> [UInt8] {
    switch self {
    case .hex: return try fromHexadecimal(text)
    case .base64: return try fromBase64(text)
    case .escape: return try fromEscapes(text)
    }
  }
}

private let hexDigits = Array("0123456789abcdef".utf8)
private let base64Digits = Array(
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8
)

/// Lines of 76 characters, as PostgreSQL breaks them.
private func inBase64(_ bytes: [UInt8]) -> [UInt8] {
  var text: [UInt8] = []
  var column = 0
  for start in stride(from: 0, to: bytes.count, by: 3) {
    if column == 76 {
      text.append(UInt8(ascii: "\n"))
      column = 0
    }
    let count = min(3, bytes.count - start)
    var word: UInt32 = 0
    for index in 0..<3 {
      word = word << 8 | (index < count ? UInt32(bytes[start + index]) : 0)
    }
    for index in 0..<4 {
      let digit = base64Digits[Int(word >> UInt32(18 - index * 6) & 63)]
      text.append(index <= count ? digit : UInt8(ascii: "="))
    }
    column += 4
  }
  return text
}

private func isBlank(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 || byte == 10 || byte == 13 }

private func shown(_ byte: UInt8) -> String { String(Unicode.Scalar(byte)) }

private func fromHexadecimal(_ text: [UInt8]) throws(ValueError) -> [UInt8] {
  func digit(_ byte: UInt8) throws(ValueError) -> UInt8 {
    switch byte {
    case 48...57: return byte - 48
    case 97...102: return byte - 87
    case 65...70: return byte - 55
    default: throw ValueError("22023", "invalid hexadecimal digit: \"\(shown(byte))\"")
    }
  }
  var bytes: [UInt8] = []
  var place = 0
  while place < text.count {
    if isBlank(text[place]) {
      place += 1
      continue
    }
    let high = try digit(text[place])
    guard place + 1 < text.count else {
      throw ValueError("22023", "invalid hexadecimal data: odd number of digits")
    }
    bytes.append(high << 4 | (try digit(text[place + 1])))
    place += 2
  }
  return bytes
}

private func fromBase64(_ text: [UInt8]) throws(ValueError) -> [UInt8] {
  var bytes: [UInt8] = []
  var word: UInt32 = 0
  var count = 0
  var padding = 0
  for byte in text where !isBlank(byte) {
    if byte == UInt8(ascii: "=") {
      guard count + padding >= 2 else {
        throw ValueError("22023", "unexpected \"=\" while decoding base64 sequence")
      }
      padding += 1
      word <<= 6
    } else {
      guard padding == 0, let digit = base64Digits.firstIndex(of: byte) else {
        throw ValueError(
          "22023",
          "invalid symbol \"\(shown(byte))\" found while decoding base64 sequence"
        )
      }
      word = word << 6 | UInt32(digit)
      count += 1
    }
    guard count + padding == 4 else { continue }
    for index in 0..<3 - padding {
      bytes.append(UInt8(truncatingIfNeeded: word >> UInt32(16 - index * 8)))
    }
    if padding == 0 { (word, count) = (0, 0) }
  }
  guard count == 0 || count + padding == 4 else {
    throw ValueError(
      "22023",
      "invalid base64 end sequence",
      hint: "Input data is missing padding, is truncated, or is otherwise corrupted."
    )
  }
  return bytes
}

private func fromEscapes(_ text: [UInt8]) throws(ValueError) -> [UInt8] {
  func octal(_ place: Int, _ most: UInt8) -> UInt8? {
    guard place < text.count, (48...most).contains(text[place]) else { return nil }
    return text[place] - 48
  }
  var bytes: [UInt8] = []
  var place = 0
  while place < text.count {
    if text[place] != UInt8(ascii: "\\") {
      bytes.append(text[place])
      place += 1
    } else if let a = octal(place + 1, 51), let b = octal(place + 2, 55),
      let c = octal(place + 3, 55)
    {
      bytes.append(a << 6 | b << 3 | c)
      place += 4
    } else if place + 1 < text.count, text[place + 1] == UInt8(ascii: "\\") {
      bytes.append(text[place])
      place += 2
    } else {
      throw ValueError("22P02", "invalid input syntax for type bytea")
    }
  }
  return bytes
}
