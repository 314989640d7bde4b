extension Lexer {
  /// Reads `12`, `1_000`, `0x1F`, `.5`, `1.`, `1.5e-3`.
  mutating func readNumber() throws(SyntaxError) {
    let start = offset
    if try readRadixNumber(from: start) { return }
    var isInteger = true
    skipDigits()
    if peek() == UInt8(ascii: "."), peek(1) != UInt8(ascii: ".") {
      isInteger = false
      offset += 1
      skipDigits()
    }
    if let byte = peek(), byte.lowercased == UInt8(ascii: "e"), skipExponent() {
      isInteger = false
    }
    try rejectJunk(from: start)
    let digits = source[start..<offset]
    let text =
      digits.contains(UInt8(ascii: "_"))
      ? String(decoding: digits.filter { $0 != UInt8(ascii: "_") }, as: UTF8.self)
      : String(decoding: digits, as: UTF8.self)
    append(isInteger ? .wholeNumber : .number, from: start, text: text)
  }

  /// Reads `$1`, or the string between `$tag$` and `$tag$`.
  mutating func readDollar() throws(SyntaxError) {
    let start = offset
    guard let next = peek(1), next.isDigit else { return try readDollarQuoted() }
    offset += 1
    while let byte = peek(), byte.isDigit { offset += 1 }
    if let byte = peek(), byte.isIdentifierStart {
      throw failure("trailing junk after parameter", from: start, to: characterEnd())
    }
    append(
      .numberedParameter,
      from: start,
      text: SourceText.slice(SourceRange(start + 1..<offset), of: source)
    )
  }

  private mutating func skipDigits() {
    while let byte = peek() {
      if byte.isDigit {
        offset += 1
      } else if byte == UInt8(ascii: "_"), offset > 0, source[offset - 1].isDigit,
        let next = peek(1), next.isDigit
      {
        offset += 1
      } else {
        return
      }
    }
  }

  /// Skips `e5`, `e+5`; false when no digit follows, so that the letter is junk.
  private mutating func skipExponent() -> Bool {
    let signed = peek(1) == UInt8(ascii: "+") || peek(1) == UInt8(ascii: "-")
    guard let digit = peek(signed ? 2 : 1), digit.isDigit else { return false }
    offset += signed ? 2 : 1
    skipDigits()
    return true
  }

  /// Reads `0x1F`, `0o17`, `0b101` as a decimal integer.
  private mutating func readRadixNumber(from start: Int) throws(SyntaxError) -> Bool {
    guard peek() == UInt8(ascii: "0"), let letter = peek(1) else { return false }
    let radix: UInt32
    switch letter.lowercased {
    case UInt8(ascii: "x"): radix = 16
    case UInt8(ascii: "o"): radix = 8
    case UInt8(ascii: "b"): radix = 2
    default: return false
    }
    offset += 2
    var value: UInt64 = 0
    var digits = 0
    while let byte = peek() {
      if byte == UInt8(ascii: "_"), let next = peek(1)?.hexValue, next < radix {
        offset += 1
        continue
      }
      guard let digit = byte.hexValue, digit < radix else { break }
      let (product, overflow) = value.multipliedReportingOverflow(by: UInt64(radix))
      guard !overflow, product <= UInt64.max - UInt64(digit) else {
        throw SyntaxError(
          sqlState: "22003",
          message: "integer constant is out of range",
          range: SourceRange(start..<offset)
        )
      }
      value = product + UInt64(digit)
      digits += 1
      offset += 1
    }
    guard digits > 0 else {
      let name = radix == 16 ? "hexadecimal" : radix == 8 ? "octal" : "binary"
      throw failure("invalid \(name) integer", from: start, to: offset)
    }
    try rejectJunk(from: start)
    append(.wholeNumber, from: start, text: String(value))
    return true
  }

  private func rejectJunk(from start: Int) throws(SyntaxError) {
    guard let byte = peek(), byte.isIdentifierStart else { return }
    var end = offset
    while end < source.count, source[end].isIdentifierPart { end += 1 }
    throw failure("trailing junk after numeric literal", from: start, to: end)
  }

  /// The offset after the character at the current place.
  func characterEnd() -> Int {
    var end = offset + 1
    while end < source.count, source[end] & 0xc0 == 0x80 { end += 1 }
    return end
  }
}
