import Columnar

/// Reads a JSON text and writes it as PostgreSQL prints jsonb: a blank after `:` and `,`, keys once, shorter
/// keys first, numbers and strings in one form.
struct JSONNormaliser {
  private let source: [UInt8]
  private var place = 0
  private var depth = 0
  /// Deeper texts are refused, so that recursion is bounded.
  private static let depthMax = 1_000

  init(_ source: [UInt8]) { self.source = source }

  /// The text, or `nil` where it is not JSON.
  mutating func normalised() -> [UInt8]? {
    guard let result = value() else { return nil }
    skipBlanks()
    return place == source.count ? result : nil
  }

  private var byte: UInt8 { place < source.count ? source[place] : 0 }

  private mutating func skipBlanks() {
    while place < source.count, [0x20, 0x09, 0x0a, 0x0d].contains(source[place]) { place += 1 }
  }

  private mutating func value() -> [UInt8]? {
    skipBlanks()
    switch byte {
    case UInt8(ascii: "{"): return object()
    case UInt8(ascii: "["): return array()
    case UInt8(ascii: "\""): return string().map(Self.quoted)
    default: break
    }
    for word in ["true", "false", "null"] where source[place...].starts(with: word.utf8) {
      place += word.utf8.count
      return Array(word.utf8)
    }
    return number()
  }

  private mutating func object() -> [UInt8]? {
    guard enter() else { return nil }
    var members: [(key: [UInt8], value: [UInt8])] = []
    skipBlanks()
    if byte == UInt8(ascii: "}") {
      leave()
      return Array("{}".utf8)
    }
    repeat {
      skipBlanks()
      guard byte == UInt8(ascii: "\""), let key = string() else { return nil }
      skipBlanks()
      guard take(UInt8(ascii: ":")), let member = value() else { return nil }
      // The last of equal keys counts.
      members.removeAll { $0.key == key }
      members.append((key, member))
      skipBlanks()
    } while take(UInt8(ascii: ","))
    guard byte == UInt8(ascii: "}") else { return nil }
    leave()
    members.sort {
      $0.key.count != $1.key.count
        ? $0.key.count < $1.key.count : $0.key.lexicographicallyPrecedes($1.key)
    }
    var result = Array("{".utf8)
    for (index, member) in members.enumerated() {
      if index > 0 { result += Array(", ".utf8) }
      result += Self.quoted(member.key) + Array(": ".utf8) + member.value
    }
    return result + Array("}".utf8)
  }

  private mutating func array() -> [UInt8]? {
    guard enter() else { return nil }
    skipBlanks()
    if byte == UInt8(ascii: "]") {
      leave()
      return Array("[]".utf8)
    }
    var result = Array("[".utf8)
    repeat {
      guard let element = value() else { return nil }
      if result.count > 1 { result += Array(", ".utf8) }
      result += element
      skipBlanks()
    } while take(UInt8(ascii: ","))
    guard byte == UInt8(ascii: "]") else { return nil }
    leave()
    return result + Array("]".utf8)
  }

  private mutating func enter() -> Bool {
    place += 1
    depth += 1
    return depth <= Self.depthMax
  }

  private mutating func leave() {
    place += 1
    depth -= 1
  }

  private mutating func take(_ wanted: UInt8) -> Bool {
    guard byte == wanted else { return false }
    place += 1
    return true
  }

  /// -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?, written as numeric prints it.
  private mutating func number() -> [UInt8]? {
    let start = place
    _ = take(UInt8(ascii: "-"))
    let first = place
    guard digits() > 0 else { return nil }
    if source[first] == UInt8(ascii: "0"), place - first > 1 { return nil }
    if take(UInt8(ascii: ".")), digits() == 0 { return nil }
    if byte | 0x20 == UInt8(ascii: "e") {
      place += 1
      if byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") { place += 1 }
      guard digits() > 0 else { return nil }
    }
    let text = Array(source[start..<place])
    guard let value = try? Decimal(parsing: text.span) else { return text }
    var buffer = OutputBuffer()
    buffer.append(decimal: value)
    return buffer.array
  }

  private mutating func digits() -> Int {
    let start = place
    while (48...57).contains(byte) { place += 1 }
    return place - start
  }

  /// The bytes that a string means; the place is at its quote.
  private mutating func string() -> [UInt8]? {
    place += 1
    var result: [UInt8] = []
    while place < source.count, source[place] != UInt8(ascii: "\"") {
      guard source[place] >= 0x20 else { return nil }
      guard source[place] == UInt8(ascii: "\\") else {
        result.append(source[place])
        place += 1
        continue
      }
      place += 1
      guard let bytes = escape() else { return nil }
      result += bytes
    }
    return take(UInt8(ascii: "\"")) ? result : nil
  }

  private mutating func escape() -> [UInt8]? {
    let letter = byte
    place += 1
    switch Character(Unicode.Scalar(letter)) {
    case "\"", "\\", "/": return [letter]
    case "b": return [8]
    case "f": return [12]
    case "n": return [10]
    case "r": return [13]
    case "t": return [9]
    case "u":
      guard var code = hex() else { return nil }
      if (0xd800..<0xdc00).contains(code) {
        guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")), let low = hex(),
          (0xdc00..<0xe000).contains(low)
        else { return nil }
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00)
      }
      guard code != 0, let scalar = Unicode.Scalar(code) else { return nil }
      return Array(String(scalar).utf8)
    default: return nil
    }
  }

  private mutating func hex() -> UInt32? {
    guard place + 4 <= source.count else { return nil }
    let digits = source[place..<(place + 4)]
    guard digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }) else { return nil }
    place += 4
    return UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
  }

  /// A string as JSON: only what must be is escaped.
  private static func quoted(_ bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = [UInt8(ascii: "\"")]
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): result += [UInt8(ascii: "\\"), byte]
      case 8: result += Array("\\b".utf8)
      case 9: result += Array("\\t".utf8)
      case 10: result += Array("\\n".utf8)
      case 12: result += Array("\\f".utf8)
      case 13: result += Array("\\r".utf8)
      case 0..<0x20:
        let digits = Array("0123456789abcdef".utf8)
        result += Array("\\u00".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      default: result.append(byte)
      }
    }
    result.append(UInt8(ascii: "\""))
    return result
  }
}
