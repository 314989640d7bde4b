extension Lexer {
  /// Reads `'…'`, with the pieces that follow on later lines.
  mutating func readPlainString() throws(SyntaxError) {
    let start = offset
    let bytes = try readPieces(from: start, escapes: false)
    append(.string, from: start, text: String(decoding: bytes, as: UTF8.self))
  }

  /// Reads `E'…'`, `B'…'`, `X'…'`, `U&'…'`, `U&"…"`; false when the word is none of them.
  mutating func readPrefixedString() throws(SyntaxError) -> Bool {
    guard let letter = peek()?.lowercased, let next = peek(1) else { return false }
    let start = offset
    let quote = UInt8(ascii: "'")
    switch letter {
    case UInt8(ascii: "e") where next == quote:
      offset += 1
      let bytes = try readPieces(from: start, escapes: true)
      append(.string, from: start, text: try decoded(bytes, from: start))
    case UInt8(ascii: "b") where next == quote, UInt8(ascii: "x") where next == quote:
      offset += 1
      let bytes = try readQuoted(
        quote,
        unterminated: letter == UInt8(ascii: "b")
          ? "unterminated bit string literal" : "unterminated hexadecimal string literal",
        from: start
      )
      let kind: Token.Kind = letter == UInt8(ascii: "b") ? .bitString : .hexString
      append(kind, from: start, text: String(decoding: bytes, as: UTF8.self))
    case UInt8(ascii: "u") where next == UInt8(ascii: "&"):
      guard let third = peek(2), third == quote || third == UInt8(ascii: "\"") else { return false }
      try readUnicode(quote: third)
    default:
      return false
    }
    return true
  }

  /// Reads `$tag$ … $tag$`.
  mutating func readDollarQuoted() throws(SyntaxError) {
    let start = offset
    var end = offset + 1
    while end < source.count, source[end] != UInt8(ascii: "$") {
      let byte = source[end]
      guard byte.isIdentifierStart || (byte.isDigit && end > start + 1) else { break }
      end += 1
    }
    guard end < source.count, source[end] == UInt8(ascii: "$") else {
      offset += 1
      append(.operatorSymbol, from: start, text: "$")
      return
    }
    let delimiter = source[start...end]
    var index = end + 1
    while index + delimiter.count <= source.count {
      if source[index] == UInt8(ascii: "$"),
        source[index..<index + delimiter.count].elementsEqual(delimiter)
      {
        let text = SourceText.slice(SourceRange(end + 1..<index), of: source)
        offset = index + delimiter.count
        append(.string, from: start, text: text)
        return
      }
      index += 1
    }
    throw failure("unterminated dollar-quoted string", from: start)
  }

  // MARK: Pieces and escapes

  /// Reads the quoted pieces of one string: pieces on different lines join.
  private mutating func readPieces(
    from start: Int,
    escapes: Bool
  ) throws(SyntaxError) -> [UInt8] {
    var bytes = try readPiece(from: start, escapes: escapes)
    while let next = continuation() {
      offset = next
      bytes += try readPiece(from: start, escapes: escapes)
    }
    return bytes
  }

  /// The place of a quote that continues the string: blanks with a line break lie between.
  private func continuation() -> Int? {
    var index = offset
    var sawLine = false
    while index < source.count {
      let byte = source[index]
      if byte == 0x0a || byte == 0x0d {
        sawLine = true
      } else if sawLine, byte == UInt8(ascii: "-"), index + 1 < source.count,
        source[index + 1] == UInt8(ascii: "-")
      {
        while index < source.count, source[index] != 0x0a, source[index] != 0x0d { index += 1 }
        continue
      } else if !byte.isBlank {
        return sawLine && byte == UInt8(ascii: "'") ? index : nil
      }
      index += 1
    }
    return nil
  }

  private mutating func readPiece(
    from start: Int,
    escapes: Bool
  ) throws(SyntaxError) -> [UInt8] {
    let quote = UInt8(ascii: "'")
    guard escapes else {
      return try readQuoted(quote, unterminated: "unterminated quoted string", from: start)
    }
    offset += 1
    var bytes: [UInt8] = []
    while let byte = peek() {
      if byte == quote {
        offset += 1
        guard peek() == quote else { return bytes }
        offset += 1
        bytes.append(quote)
      } else if byte == UInt8(ascii: "\\") {
        try readEscape(into: &bytes, string: start)
      } else {
        offset += 1
        bytes.append(byte)
      }
    }
    throw failure("unterminated quoted string", from: start)
  }

  private mutating func readEscape(
    into bytes: inout [UInt8],
    string start: Int
  ) throws(SyntaxError) {
    let escape = offset
    guard let letter = peek(1) else {
      throw failure("unterminated quoted string", from: start)
    }
    offset += 2
    switch letter {
    case UInt8(ascii: "b"): bytes.append(0x08)
    case UInt8(ascii: "f"): bytes.append(0x0c)
    case UInt8(ascii: "n"): bytes.append(0x0a)
    case UInt8(ascii: "r"): bytes.append(0x0d)
    case UInt8(ascii: "t"): bytes.append(0x09)
    case UInt8(ascii: "0")...UInt8(ascii: "7"):
      offset -= 1
      bytes.append(UInt8(truncatingIfNeeded: readDigits(radix: 8, atMost: 3)))
    case UInt8(ascii: "x") where peek()?.hexValue != nil:
      bytes.append(UInt8(truncatingIfNeeded: readDigits(radix: 16, atMost: 2)))
    case UInt8(ascii: "u"), UInt8(ascii: "U"):
      let count = letter == UInt8(ascii: "u") ? 4 : 8
      let scalar = try readScalar(digits: count, from: escape) {
        "Unicode escapes must be \\uXXXX or \\UXXXXXXXX."
      }
      try append(scalar, to: &bytes, from: escape) { (lexer: inout Lexer) throws(SyntaxError) in
        guard lexer.peek() == UInt8(ascii: "\\"), let letter = lexer.peek(1),
          letter.lowercased == UInt8(ascii: "u")
        else { return nil }
        lexer.offset += 2
        return try lexer.readScalar(digits: letter == UInt8(ascii: "u") ? 4 : 8, from: escape) {
          "Unicode escapes must be \\uXXXX or \\UXXXXXXXX."
        }
      }
    default: bytes.append(letter)
    }
  }

  private mutating func readDigits(radix: UInt32, atMost count: Int) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<count {
      guard let digit = peek()?.hexValue, digit < radix else { break }
      value = value * radix + digit
      offset += 1
    }
    return value
  }

  private mutating func readScalar(
    digits count: Int,
    from escape: Int,
    hint: () -> String
  ) throws(SyntaxError) -> UInt32 {
    let start = offset
    let value = readDigits(radix: 16, atMost: count)
    guard offset - start == count else {
      throw SyntaxError(
        sqlState: "22025",
        message: "invalid Unicode escape",
        range: SourceRange(escape..<offset),
        hint: hint()
      )
    }
    return value
  }

  /// Appends a code point; the first half of a surrogate pair reads the second.
  private mutating func append(
    _ value: UInt32,
    to bytes: inout [UInt8],
    from escape: Int,
    second: (inout Lexer) throws(SyntaxError) -> UInt32?
  ) throws(SyntaxError) {
    var value = value
    if value & 0xffff_fc00 == 0xd800 {
      guard let low = try second(&self), low & 0xffff_fc00 == 0xdc00 else {
        throw failure("invalid Unicode surrogate pair", from: escape, to: offset)
      }
      value = 0x10000 + (value & 0x3ff) << 10 + (low & 0x3ff)
    }
    guard value != 0, let scalar = Unicode.Scalar(value) else {
      throw value & 0xffff_fc00 == 0xdc00
        ? failure("invalid Unicode surrogate pair", from: escape, to: offset)
        : failure("invalid Unicode escape value", from: escape, to: offset)
    }
    bytes += Array(String(Character(scalar)).utf8)
  }

  private func decoded(_ bytes: [UInt8], from start: Int) throws(SyntaxError) -> String {
    guard let place = SourceText.firstInvalidByte(in: bytes) else {
      return String(decoding: bytes, as: UTF8.self)
    }
    let byte = bytes[place]
    throw SyntaxError(
      sqlState: "22021",
      message: "invalid byte sequence for encoding \"UTF8\": 0x"
        + (byte < 16 ? "0" : "") + String(byte, radix: 16),
      range: SourceRange(start..<offset)
    )
  }

  // MARK: U&

  private mutating func readUnicode(quote: UInt8) throws(SyntaxError) {
    let start = offset
    offset += 2
    let isName = quote == UInt8(ascii: "\"")
    let body = offset + 1
    let bytes =
      isName
      ? try readQuoted(quote, unterminated: "unterminated quoted identifier", from: start)
      : try readPieces(from: start, escapes: false)
    let end = offset
    let escape = try readUescape() ?? UInt8(ascii: "\\")
    let text = try unicodeText(bytes, escape: escape, at: body)
    guard isName else {
      list.texts.append(text)
      appendUnicode(.string, start..<end)
      return
    }
    guard !text.isEmpty else {
      throw failure("zero-length delimited identifier", from: start, to: end)
    }
    list.texts.append(Identifier.truncated(text))
    appendUnicode(.quotedIdentifier, start..<end)
  }

  private mutating func appendUnicode(_ kind: Token.Kind, _ range: Range<Int>) {
    list.tokens.append(
      Token(
        kind: kind,
        keyword: nil,
        range: SourceRange(range),
        textIndex: Int32(list.texts.count - 1)
      )
    )
  }

  /// Reads `UESCAPE 'c'` when it follows.
  private mutating func readUescape() throws(SyntaxError) -> UInt8? {
    let back = offset
    try skipBlanks()
    let word = Array("uescape".utf8)
    guard offset + word.count < source.count,
      zip(source[offset...], word).allSatisfy({ $0.lowercased == $1 }),
      !source[offset + word.count].isIdentifierPart
    else {
      offset = back
      return nil
    }
    offset += word.count
    try skipBlanks()
    guard peek() == UInt8(ascii: "'") else {
      throw failure("UESCAPE must be followed by a simple string literal", from: offset)
    }
    let start = offset
    let bytes = try readQuoted(UInt8(ascii: "'"), unterminated: "unterminated quoted string")
    guard bytes.count == 1, let byte = bytes.first, byte.hexValue == nil, !byte.isBlank,
      byte != UInt8(ascii: "+"), byte != UInt8(ascii: "'"), byte != UInt8(ascii: "\"")
    else { throw failure("invalid Unicode escape character", from: start, to: offset) }
    return byte
  }

  /// Replaces `\XXXX` and `\+XXXXXX`.
  private func unicodeText(
    _ bytes: [UInt8],
    escape: UInt8,
    at body: Int
  ) throws(SyntaxError) -> String {
    var reader = Lexer.escapes(of: bytes)
    var result: [UInt8] = []
    while let byte = reader.peek() {
      guard byte == escape else {
        result.append(byte)
        reader.offset += 1
        continue
      }
      if reader.peek(1) == escape {
        result.append(escape)
        reader.offset += 2
        continue
      }
      let place = reader.offset
      do {
        let value = try reader.readUnicodeEscape()
        try reader.append(value, to: &result, from: place) {
          (lexer: inout Lexer) throws(SyntaxError) in
          lexer.peek() == escape ? try lexer.readUnicodeEscape() : nil
        }
      } catch {
        throw SyntaxError(
          sqlState: "42601",
          message: error.sqlState == "22025" ? "invalid Unicode escape" : error.message,
          range: SourceRange(body + place..<body + place + 1),
          hint: error.hint
        )
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  private mutating func readUnicodeEscape() throws(SyntaxError) -> UInt32 {
    let place = offset
    let long = peek(1) == UInt8(ascii: "+")
    offset += long ? 2 : 1
    return try readScalar(digits: long ? 6 : 4, from: place) {
      "Unicode escapes must be \\XXXX or \\+XXXXXX."
    }
  }

  private static func escapes(of bytes: [UInt8]) -> Lexer {
    Lexer(reading: bytes)
  }
}
