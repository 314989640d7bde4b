// jsonb as PostgreSQL prints it: keys by length and then bytewise, the last of equal keys, numbers without
// exponents, one space after `:` and `,`, escapes only where needed.

/// Checks JSON and brings it into jsonb's form.
///
/// Works without recursion: depth is bounded by memory only, and cut at 6,400.
///
/// - Throws: 22P02 for bad syntax, 22P05 for `\u0000`, 22003 for a number beyond numeric.
package func normalizeJSON(_ text: Span<UInt8>) throws(ValueError) -> [UInt8] {
  var parser = JSONParser(text: text)
  return try parser.parse()
}

private struct JSONParser {
  /// An array or object whose end has not come yet.
  private struct Frame {
    var isObject: Bool
    var key: [UInt8] = []
    var members: [(key: [UInt8], value: [UInt8])] = []
  }

  let text: [UInt8]
  var place = 0
  private var frames: [Frame] = []

  init(text: Span<UInt8>) { self.text = copy(text) }

  private func invalid(_ detail: String) -> ValueError {
    ValueError("22P02", "invalid input syntax for type json", detail: detail)
  }

  private func unexpected(_ expected: String) -> ValueError {
    guard place < text.count else { return invalid("The input string ended unexpectedly.") }
    var end = place
    while end < text.count, isWord(text[end]) { end += 1 }
    end = max(end, min(text.count, place + utf8Length(text[place])))
    let token = String(decoding: text[place..<end], as: UTF8.self)
    return expected.isEmpty
      ? invalid("Token \"\(token)\" is invalid.")
      : invalid("Expected \(expected), but found \"\(token)\".")
  }

  private func isWord(_ byte: UInt8) -> Bool {
    isDigit(byte) || lowercased(byte) &- 97 < 26 || byte == 0x5f || byte >= 0x80
  }

  private mutating func skipSpace() {
    while place < text.count,
      text[place] == 0x20 || text[place] == 0x0a || text[place] == 0x0d || text[place] == 0x09
    {
      place += 1
    }
  }

  private var next: UInt8 { place < text.count ? text[place] : 0 }

  mutating func parse() throws(ValueError) -> [UInt8] {
    while true {
      // A value begins here.
      skipSpace()
      var value: [UInt8]
      switch next {
      case 0x7b, 0x5b:
        guard frames.count < 6_400 else {
          throw ValueError("54001", "stack depth limit exceeded")
        }
        let isObject = next == 0x7b
        place += 1
        skipSpace()
        frames.append(Frame(isObject: isObject))
        if next != (isObject ? 0x7d : 0x5d) {
          if isObject { try key(orEnd: true) }
          continue
        }
        place += 1
        value = close()
      default: value = try scalar()
      }
      // Then whatever ends with it.
      while let top = frames.indices.last {
        frames[top].members.append((frames[top].key, value))
        skipSpace()
        let isObject = frames[top].isObject
        if next == 0x2c {
          place += 1
          if isObject { try key(orEnd: false) }
          break
        }
        guard next == (isObject ? 0x7d : 0x5d) else {
          throw unexpected(isObject ? "\",\" or \"}\"" : "\",\" or \"]\"")
        }
        place += 1
        value = close()
      }
      if frames.isEmpty {
        skipSpace()
        guard place == text.count else { throw unexpected("end of input") }
        return value
      }
    }
  }

  private mutating func key(orEnd: Bool) throws(ValueError) {
    skipSpace()
    guard next == 0x22 else { throw unexpected(orEnd ? "string or \"}\"" : "string") }
    let key = try quoted()
    skipSpace()
    guard next == 0x3a else { throw unexpected("\":\"") }
    place += 1
    frames[frames.count - 1].key = key
  }

  /// Prints the innermost array or object and takes it off.
  private mutating func close() -> [UInt8] {
    let frame = frames.removeLast()
    var members = frame.members
    if frame.isObject {
      // Stable, so that the last of equal keys comes last.
      let order = members.indices.sorted { left, right in
        let (a, b) = (members[left].key, members[right].key)
        if a.count != b.count { return a.count < b.count }
        if a != b { return a.lexicographicallyPrecedes(b) }
        return left < right
      }
      var kept: [(key: [UInt8], value: [UInt8])] = []
      for index in order {
        if let last = kept.last, last.key == members[index].key { kept.removeLast() }
        kept.append(members[index])
      }
      members = kept
    }
    var output = OutputBuffer(
      capacity: members.reduce(2) { $0 + $1.key.count + $1.value.count + 8 }
    )
    output.append(UInt8(ascii: frame.isObject ? "{" : "["))
    for (index, member) in members.enumerated() {
      if index > 0 { output.append(", ") }
      if frame.isObject {
        output.append(jsonString: member.key.span)
        output.append(": ")
      }
      output.append(member.value)
    }
    output.append(UInt8(ascii: frame.isObject ? "}" : "]"))
    return output.array
  }

  private mutating func scalar() throws(ValueError) -> [UInt8] {
    if next == 0x22 {
      let characters = try quoted()
      var output = OutputBuffer(capacity: characters.count + 2)
      output.append(jsonString: characters.span)
      return output.array
    }
    let first = next
    if first == 0x2d { return try number() }
    if isDigit(first) { return try number() }
    for word in ["true", "false", "null"] {
      let bytes = Array(word.utf8)
      guard hasWord(bytes) else { continue }
      place += bytes.count
      return bytes
    }
    throw unexpected(isPunctuation(next) ? "JSON value" : "")
  }

  /// Whether the word stands here and ends here.
  private func hasWord(_ word: [UInt8]) -> Bool {
    let end = place + word.count
    guard end <= text.count, text[place..<end].elementsEqual(word) else { return false }
    return end == text.count || !isWord(text[end])
  }

  private func isPunctuation(_ byte: UInt8) -> Bool { "{}[],:".utf8.contains(byte) }

  /// A string's characters without escapes.
  private mutating func quoted() throws(ValueError) -> [UInt8] {
    var bytes: [UInt8] = []
    place += 1
    while true {
      guard place < text.count else { throw unexpected("") }
      let byte = text[place]
      place += 1
      if byte == 0x22 { return bytes }
      guard byte >= 0x20 else {
        let digits = String(byte, radix: 16)
        throw invalid(
          "Character with value 0x\(digits.count == 1 ? "0" : "")\(digits) must be escaped."
        )
      }
      guard byte == 0x5c else {
        bytes.append(byte)
        continue
      }
      switch next {
      case 0x22, 0x5c, 0x2f: bytes.append(next)
      case 0x62: bytes.append(8)
      case 0x66: bytes.append(12)
      case 0x6e: bytes.append(10)
      case 0x72: bytes.append(13)
      case 0x74: bytes.append(9)
      case 0x75:
        try unicodeEscape(&bytes)
        continue
      default:
        guard place < text.count else { throw unexpected("") }
        let end = min(text.count, place + utf8Length(text[place]))
        throw invalid(
          "Escape sequence \"\\\(String(decoding: text[place..<end], as: UTF8.self))\" is invalid."
        )
      }
      place += 1
    }
  }

  /// `uXXXX`, perhaps the first half of a pair.
  private mutating func unicodeEscape(_ bytes: inout [UInt8]) throws(ValueError) {
    let first = try fourDigits()
    guard first != 0 else {
      throw ValueError(
        "22P05",
        "unsupported Unicode escape sequence",
        detail: "\\u0000 cannot be converted to text."
      )
    }
    var code = first
    if first >> 10 == 0x36 {
      guard next == 0x5c, place + 1 < text.count, text[place + 1] == 0x75 else {
        throw invalid("Unicode low surrogate must follow a high surrogate.")
      }
      place += 1
      let second = try fourDigits()
      guard second >> 10 == 0x37 else {
        throw invalid("Unicode low surrogate must follow a high surrogate.")
      }
      code = 0x10000 + (first & 0x3ff) << 10 + second & 0x3ff
    } else if first >> 10 == 0x37 {
      throw invalid("Unicode low surrogate must follow a high surrogate.")
    }
    guard let scalar = Unicode.Scalar(code) else {
      throw invalid("Unicode low surrogate must follow a high surrogate.")
    }
    bytes.append(contentsOf: Array(UTF8.encode(scalar) ?? .init()))
  }

  private mutating func fourDigits() throws(ValueError) -> UInt32 {
    var code: UInt32 = 0
    for index in 1...4 {
      guard place + index < text.count, let digit = hexDigit(text[place + index]) else {
        throw invalid("\"\\u\" must be followed by four hexadecimal digits.")
      }
      code = code << 4 | UInt32(digit)
    }
    place += 5
    return code
  }

  /// A number in full, without exponent.
  private mutating func number() throws(ValueError) -> [UInt8] {
    let start = place
    let isNegative = next == 0x2d
    if isNegative { place += 1 }
    var digits: [UInt8] = []
    var fraction = 0
    guard isDigit(next) else { throw unexpectedNumber(start) }
    if next == 0x30 {
      place += 1
      digits.append(0x30)
    } else {
      while isDigit(next) {
        digits.append(next)
        place += 1
      }
    }
    if next == 0x2e {
      place += 1
      guard isDigit(next) else { throw unexpectedNumber(start) }
      while isDigit(next) {
        digits.append(next)
        fraction += 1
        place += 1
      }
    }
    var exponent = 0
    if lowercased(next) == 0x65 {
      place += 1
      let isBelow = next == 0x2d
      if isBelow || next == 0x2b { place += 1 }
      guard isDigit(next) else { throw unexpectedNumber(start) }
      while isDigit(next) {
        if exponent < 1_000_000 { exponent = exponent * 10 + Int(next - 48) }
        place += 1
      }
      if isBelow { exponent = -exponent }
    }
    guard place == text.count || !isWord(text[place]) else { throw unexpectedNumber(start) }
    return try print(digits, scale: fraction - exponent, isNegative: isNegative)
  }

  private func unexpectedNumber(_ start: Int) -> ValueError {
    var end = start
    while end < text.count, isWord(text[end]) || "+-.".utf8.contains(text[end]) { end += 1 }
    return invalid("Token \"\(String(decoding: text[start..<end], as: UTF8.self))\" is invalid.")
  }

  private func print(
    _ digits: [UInt8],
    scale: Int,
    isNegative: Bool
  ) throws(ValueError) -> [UInt8] {
    guard scale <= 16_383, digits.count - scale <= 131_072 else { throw .numericOverflow }
    var whole = Array(digits.dropLast(max(0, min(scale, digits.count))))
    if scale < 0 { whole.append(contentsOf: repeatElement(0x30, count: -scale)) }
    let firstDigit = whole.firstIndex { $0 != 0x30 } ?? whole.count
    whole.removeFirst(firstDigit)
    if whole.isEmpty { whole = [0x30] }
    var result = whole
    if scale > 0 {
      result.append(0x2e)
      result.append(contentsOf: repeatElement(0x30, count: max(0, scale - digits.count)))
      result.append(contentsOf: digits.suffix(scale))
    }
    let isZero = digits.allSatisfy { $0 == 0x30 }
    return isNegative && !isZero ? [0x2d] + result : result
  }
}

extension OutputBuffer {
  /// Appends a JSON string in quotes.
  package mutating func append(jsonString text: Span<UInt8>) {
    append(UInt8(ascii: "\""))
    for index in text.indices {
      let byte = text[index]
      switch byte {
      case 0x22: append("\\\"")
      case 0x5c: append("\\\\")
      case 8: append("\\b")
      case 9: append("\\t")
      case 10: append("\\n")
      case 12: append("\\f")
      case 13: append("\\r")
      case 0..<0x20:
        append("\\u00")
        append(byte >> 4 &+ 48)
        append(byte & 15 < 10 ? byte & 15 &+ 48 : byte & 15 &+ 87)
      default: append(byte)
      }
    }
    append(UInt8(ascii: "\""))
  }
}
