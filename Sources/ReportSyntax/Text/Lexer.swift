/// Splits a text into tokens, by the rules of PostgreSQL's scanner.
///
/// Numbers follow PostgreSQL 16: `0x1F`, `0o17`, `0b1` and `1_000` are read too.
package struct Lexer {
  let source: [UInt8]
  let allowsNamedParameters: Bool
  var offset = 0
  var list = TokenList()

  private init(_ source: [UInt8], allowsNamedParameters: Bool) {
    self.source = source
    self.allowsNamedParameters = allowsNamedParameters
  }

  /// A reader of a string's own bytes.
  init(reading source: [UInt8]) {
    self.init(source, allowsNamedParameters: false)
  }

  /// Reads all tokens of a text.
  ///
  /// An error ends the list with a token of kind ``Token/Kind/invalid``.
  ///
  /// Begins at the byte `offset`. With `stopsAtSemicolon`, the first semicolon is the end.
  ///
  /// - Complexity: O(length).
  package static func tokens(
    of source: [UInt8],
    from offset: Int = 0,
    stopsAtSemicolon: Bool = false,
    allowsNamedParameters: Bool = false
  ) -> TokenList {
    var lexer = Lexer(source, allowsNamedParameters: allowsNamedParameters)
    lexer.offset = offset
    do {
      if offset == 0 { try lexer.checkEncoding() }
      while try lexer.readToken() {
        guard stopsAtSemicolon, lexer.list.tokens.last?.kind == .semicolon else { continue }
        lexer.list.tokens.removeLast()
        lexer.append(.endOfInput, from: lexer.offset)
        break
      }
    } catch {
      lexer.list.error = error
      lexer.offset = max(lexer.offset, Int(error.range.lower))
      lexer.append(.invalid, from: Int(error.range.lower))
    }
    return lexer.list
  }

  private func checkEncoding() throws(SyntaxError) {
    guard source.count <= SourceText.maximumBytes else {
      throw SyntaxError(
        sqlState: "54000",
        message: "statement is longer than \(SourceText.maximumBytes) bytes",
        range: .none
      )
    }
    guard let place = SourceText.firstInvalidByte(in: source) else { return }
    let bytes = source[place..<min(place + 1, source.count)]
    let hex = bytes.map { "0x" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }
    throw SyntaxError(
      sqlState: "22021",
      message: "invalid byte sequence for encoding \"UTF8\": " + hex.joined(separator: " "),
      range: SourceRange(place..<place + 1)
    )
  }

  /// Reads one token; false at the end of the input.
  private mutating func readToken() throws(SyntaxError) -> Bool {
    try skipBlanks()
    let start = offset
    guard let byte = peek() else {
      append(.endOfInput, from: start)
      return false
    }
    switch byte {
    case UInt8(ascii: "'"): try readPlainString()
    case UInt8(ascii: "\""): try readQuotedIdentifier()
    case UInt8(ascii: "$"): try readDollar()
    case UInt8(ascii: "0")...UInt8(ascii: "9"): try readNumber()
    case UInt8(ascii: "."):
      if let next = peek(1), next.isDigit { try readNumber() } else { readPunctuation() }
    case UInt8(ascii: ":"): readColon()
    default:
      if byte.isIdentifierStart {
        try readWord()
      } else if byte.isOperator {
        readOperator()
      } else {
        readPunctuation()
      }
    }
    return true
  }

  // MARK: Bytes

  func peek(_ distance: Int = 0) -> UInt8? {
    offset + distance < source.count ? source[offset + distance] : nil
  }

  mutating func append(_ kind: Token.Kind, from start: Int, text: String? = nil) {
    var textIndex: Int32 = -1
    if let text {
      textIndex = Int32(list.texts.count)
      list.texts.append(text)
    }
    list.tokens.append(
      Token(
        kind: kind,
        keyword: nil,
        range: SourceRange(start..<offset),
        textIndex: textIndex
      )
    )
  }

  /// PostgreSQL's form of a scanner's error: the message and the text from its place on.
  func failure(_ message: String, from start: Int, to end: Int? = nil) -> SyntaxError {
    let range = SourceRange(start..<min(end ?? source.count, source.count))
    guard start < source.count else { return .syntax(message + " at end of input", at: range) }
    let text = SourceText.slice(range, of: source)
    return .syntax("\(message) at or near \"\(text)\"", at: range)
  }

  // MARK: Blanks and comments

  mutating func skipBlanks() throws(SyntaxError) {
    while let byte = peek() {
      if byte.isBlank {
        offset += 1
      } else if byte == UInt8(ascii: "-"), peek(1) == UInt8(ascii: "-") {
        while let next = peek(), next != 0x0a, next != 0x0d { offset += 1 }
      } else if byte == UInt8(ascii: "/"), peek(1) == UInt8(ascii: "*") {
        try skipBlockComment()
      } else {
        return
      }
    }
  }

  private mutating func skipBlockComment() throws(SyntaxError) {
    let start = offset
    var depth = 0
    while let byte = peek() {
      if byte == UInt8(ascii: "/"), peek(1) == UInt8(ascii: "*") {
        depth += 1
        offset += 2
      } else if byte == UInt8(ascii: "*"), peek(1) == UInt8(ascii: "/") {
        depth -= 1
        offset += 2
        if depth == 0 { return }
      } else {
        offset += 1
      }
    }
    throw failure("unterminated /* comment", from: start)
  }

  // MARK: Words

  /// Reads an identifier, a key word or a string with a prefix letter.
  private mutating func readWord() throws(SyntaxError) {
    if try readPrefixedString() { return }
    let start = offset
    while let byte = peek(), byte.isIdentifierPart { offset += 1 }
    let folded = source[start..<offset].map(\.lowercased)
    let word = String(decoding: folded, as: UTF8.self)
    if let keyword = Keyword.find(word) {
      list.tokens.append(
        Token(
          kind: .keyword,
          keyword: keyword,
          range: SourceRange(start..<offset),
          textIndex: -1
        )
      )
    } else {
      append(.identifier, from: start, text: Identifier.truncated(word))
    }
  }

  private mutating func readQuotedIdentifier() throws(SyntaxError) {
    let start = offset
    let bytes = try readQuoted(UInt8(ascii: "\""), unterminated: "unterminated quoted identifier")
    guard !bytes.isEmpty else {
      throw failure("zero-length delimited identifier", from: start, to: offset)
    }
    let text = String(decoding: bytes, as: UTF8.self)
    append(.quotedIdentifier, from: start, text: Identifier.truncated(text))
  }

  /// Reads up to the closing quote; a doubled quote stands for one.
  mutating func readQuoted(
    _ quote: UInt8,
    unterminated message: String,
    from start: Int? = nil
  ) throws(SyntaxError) -> [UInt8] {
    let start = start ?? offset
    offset += 1
    var bytes: [UInt8] = []
    while let byte = peek() {
      offset += 1
      if byte == quote {
        guard peek() == quote else { return bytes }
        offset += 1
      }
      bytes.append(byte)
    }
    throw failure(message, from: start)
  }

  // MARK: Punctuation and operators

  private mutating func readColon() {
    let start = offset
    if peek(1) == UInt8(ascii: ":") {
      offset += 2
      append(.doubleColon, from: start)
    } else if peek(1) == UInt8(ascii: "=") {
      offset += 2
      append(.colonEqual, from: start)
    } else if allowsNamedParameters, let next = peek(1), next.isIdentifierStart {
      offset += 1
      while let byte = peek(), byte.isIdentifierPart { offset += 1 }
      let folded = source[start + 1..<offset].map(\.lowercased)
      let name = Identifier.truncated(String(decoding: folded, as: UTF8.self))
      append(.namedParameter, from: start, text: name)
    } else {
      offset += 1
      append(.colon, from: start)
    }
  }

  private mutating func readPunctuation() {
    let start = offset
    let byte = source[offset]
    offset += 1
    switch byte {
    case UInt8(ascii: "("): append(.leftParenthesis, from: start)
    case UInt8(ascii: ")"): append(.rightParenthesis, from: start)
    case UInt8(ascii: "["): append(.leftBracket, from: start)
    case UInt8(ascii: "]"): append(.rightBracket, from: start)
    case UInt8(ascii: ","): append(.comma, from: start)
    case UInt8(ascii: ";"): append(.semicolon, from: start)
    case UInt8(ascii: "."):
      if peek() == UInt8(ascii: ".") {
        offset += 1
        append(.dotDot, from: start)
      } else {
        append(.dot, from: start)
      }
    default:
      // No grammar rule has such a character: the parser reports it where it stands.
      append(.operatorSymbol, from: start, text: String(decoding: [byte], as: UTF8.self))
    }
  }

  /// Reads the longest operator, cut before a comment; a trailing + or - belongs to it only
  /// when it has a character that no SQL operator has.
  private mutating func readOperator() {
    let start = offset
    var end = start
    while end < source.count, source[end].isOperator {
      if end > start, startsComment(at: end) { break }
      end += 1
    }
    let isPostgres = source[start..<end].contains { $0.isPostgresOperator }
    if !isPostgres {
      while end - start > 1,
        source[end - 1] == UInt8(ascii: "+") || source[end - 1] == UInt8(ascii: "-")
      {
        end -= 1
      }
    }
    offset = end
    let text = String(decoding: source[start..<end], as: UTF8.self)
    let kind = Self.operatorKinds[text] ?? .operatorSymbol
    append(kind, from: start, text: text == "!=" ? "<>" : text)
  }

  private func startsComment(at index: Int) -> Bool {
    guard index + 1 < source.count else { return false }
    return source[index] == UInt8(ascii: "-") && source[index + 1] == UInt8(ascii: "-")
      || source[index] == UInt8(ascii: "/") && source[index + 1] == UInt8(ascii: "*")
  }

  private static let operatorKinds: [String: Token.Kind] = [
    "+": .plus, "-": .minus, "*": .star, "/": .slash, "%": .percent, "^": .caret,
    "<": .less, ">": .greater, "=": .equal, "<=": .lessEqual, ">=": .greaterEqual,
    "<>": .notEqual, "!=": .notEqual, "=>": .arrow,
  ]
}
