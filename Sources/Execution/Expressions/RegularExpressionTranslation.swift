import CPcre2

/// A PostgreSQL ARE in PCRE2's language.
///
/// The two agree on most of it. Here are the differences: word borders `\m \M \y \Y`, `\Z`, `\B`, the
/// prefixes `***:` and `***=`, the letters of a leading `(?…)`, `.` that matches a newline, and PCRE2's
/// own inventions, which are refused.
struct RegularExpressionTranslation {
  private(set) var pattern: [UInt8] = []
  private(set) var options =
    PCRE2_UTF | PCRE2_UCP | UInt32(PCRE2_DOTALL) | UInt32(PCRE2_DOLLAR_ENDONLY)
    | UInt32(PCRE2_MATCH_INVALID_UTF) | UInt32(PCRE2_NEVER_BACKSLASH_C)

  /// What comes after letters and prefixes is a regular expression of PostgreSQL's own language, not a literal.
  private(set) var isExpression = true
  /// The regular expression that was translated, without its prefixes.
  private(set) var source: [UInt8] = []

  /// - Parameters:
  ///   - source: The pattern.
  ///   - flags: Letters as `(?…)` takes them, of a function's argument.
  /// - Throws: 2201B when the pattern is none; 22023 for an unknown flag.
  init(_ source: [UInt8], flags: [UInt8]) throws(ExecutionError) {
    var rest = source[...]
    var isLiteral = false
    for letter in flags where try !apply(letter, &isLiteral) {
      throw Self.invalidOption([letter])
    }
    if isLiteral {
      setLiteral(rest)
      return
    }
    if rest.starts(with: "***=".utf8) {
      setLiteral(rest.dropFirst(4))
      return
    }
    if rest.starts(with: "***:".utf8) { rest = rest.dropFirst(4) }
    if try readOptions(&rest) {
      setLiteral(rest)
      return
    }
    self.source = Array(rest)
    try translate(self.source)
  }

  /// 22023 for a flag that there is not.
  static func invalidOption(_ letters: [UInt8]) -> ExecutionError {
    .sql(
      "22023",
      "invalid regular expression option: \"\(String(decoding: letters, as: UTF8.self))\""
    )
  }

  private mutating func setLiteral(_ text: ArraySlice<UInt8>) {
    isExpression = false
    // PCRE2_LITERAL allows few other options.
    options &= PCRE2_UTF | UInt32(PCRE2_CASELESS) | UInt32(PCRE2_MATCH_INVALID_UTF)
    options |= UInt32(PCRE2_LITERAL)
    pattern = Array(text)
  }

  /// A leading `(?letters)`; whether the rest is a literal.
  private mutating func readOptions(_ rest: inout ArraySlice<UInt8>) throws(ExecutionError) -> Bool
  {
    guard rest.starts(with: "(?".utf8), let close = rest.firstIndex(of: UInt8(ascii: ")")) else {
      return false
    }
    let letters = rest[(rest.startIndex + 2)..<close]
    guard !letters.isEmpty, letters.allSatisfy({ (97...122).contains($0) }) else { return false }
    var isLiteral = false
    for letter in letters where try !apply(letter, &isLiteral) {
      throw invalidRegularExpression("invalid embedded option")
    }
    rest = rest[(close + 1)...]
    return isLiteral
  }

  /// Sets what an option's letter asks for; whether there is such a letter.
  private mutating func apply(
    _ letter: UInt8,
    _ isLiteral: inout Bool
  ) throws(ExecutionError) -> Bool {
    switch Character(Unicode.Scalar(letter)) {
    case "i": options |= UInt32(PCRE2_CASELESS)
    case "c": options &= ~UInt32(PCRE2_CASELESS)
    case "n", "m":
      options &= ~(UInt32(PCRE2_DOTALL) | UInt32(PCRE2_DOLLAR_ENDONLY))
      options |= UInt32(PCRE2_MULTILINE)
    case "p": options &= ~UInt32(PCRE2_DOTALL)
    case "w": options |= UInt32(PCRE2_MULTILINE)
    case "s":
      options |= UInt32(PCRE2_DOTALL) | UInt32(PCRE2_DOLLAR_ENDONLY)
      options &= ~UInt32(PCRE2_MULTILINE)
    case "t": options &= ~UInt32(PCRE2_EXTENDED)
    case "e": break
    case "x": options |= UInt32(PCRE2_EXTENDED)
    case "q": isLiteral = true
    case "b": throw .sql("0A000", "basic regular expressions are not supported")
    default: return false
    }
    return true
  }

  private mutating func translate(_ source: [UInt8]) throws(ExecutionError) {
    var index = 0
    var isAfterQuantifier = false
    while index < source.count {
      let byte = source[index]
      let next = index + 1 < source.count ? source[index + 1] : 0
      var isQuantifier = false
      switch byte {
      case UInt8(ascii: "\\"):
        guard index + 1 < source.count else {
          throw invalidRegularExpression("invalid escape \\ sequence")
        }
        index += try translateEscape(source, index)
      case UInt8(ascii: "["):
        index = try copyBracket(source, index)
      case UInt8(ascii: "("):
        try checkGroup(source, index)
        pattern.append(byte)
      case UInt8(ascii: "*"), UInt8(ascii: "+"):
        // `a*+` is possessive in PCRE2 and nonsense here.
        if isAfterQuantifier { throw invalidRegularExpression("quantifier operand invalid") }
        isQuantifier = true
        pattern.append(byte)
      case UInt8(ascii: "?"):
        pattern.append(byte)
        isQuantifier = true
      case UInt8(ascii: "}"):
        pattern.append(byte)
        isQuantifier = index > 0 && (48...57).contains(source[index - 1])
      default:
        _ = next
        pattern.append(byte)
      }
      isAfterQuantifier = isQuantifier
      index += 1
    }
  }

  /// Translates the escape at `index`; how many bytes it has besides the backslash.
  private mutating func translateEscape(
    _ source: [UInt8],
    _ index: Int
  ) throws(ExecutionError) -> Int {
    switch Character(Unicode.Scalar(source[index + 1])) {
    case "m": pattern += Array("\\b(?=\\w)".utf8)
    case "M": pattern += Array("\\b(?<=\\w)".utf8)
    case "y": pattern += Array("\\b".utf8)
    case "Y": pattern += Array("\\B".utf8)
    case "Z": pattern += Array("\\z".utf8)
    case "B": pattern += Array("\\\\".utf8)
    case "u", "U":
      let digits = source[index + 1] == UInt8(ascii: "u") ? 4 : 8
      guard index + 2 + digits <= source.count else {
        throw invalidRegularExpression("invalid escape \\ sequence")
      }
      pattern +=
        Array("\\x{".utf8) + source[(index + 2)..<(index + 2 + digits)]
        + Array("}".utf8)
      return 1 + digits
    case "d", "D", "s", "S", "w", "W", "A", "a", "b", "c", "e", "f", "n", "r", "t", "v", "x",
      "0", "1", "2", "3", "4", "5", "6", "7", "8", "9":
      if source[index + 1] == UInt8(ascii: "b") {
        pattern += Array("\\x08".utf8)
      } else if source[index + 1] == UInt8(ascii: "v") {
        pattern += Array("\\x0b".utf8)
      } else {
        pattern += source[index...(index + 1)]
      }
    case let other where other.isASCII && other.isLetter:
      throw invalidRegularExpression("invalid escape \\ sequence")
    default: pattern += source[index...(index + 1)]
    }
    return 1
  }

  /// Copies a bracket expression; the index of its last byte.
  private mutating func copyBracket(_ source: [UInt8], _ start: Int) throws(ExecutionError) -> Int {
    var index = start + 1
    if index < source.count, source[index] == UInt8(ascii: "^") { index += 1 }
    if index < source.count, source[index] == UInt8(ascii: "]") { index += 1 }
    while index < source.count, source[index] != UInt8(ascii: "]") {
      if source[index] == UInt8(ascii: "\\") {
        index += 2
      } else if source[index] == UInt8(ascii: "["), index + 1 < source.count,
        [UInt8(ascii: ":"), UInt8(ascii: "."), UInt8(ascii: "=")].contains(source[index + 1])
      {
        let mark = source[index + 1]
        index += 2
        while index + 1 < source.count,
          source[index] != mark || source[index + 1] != UInt8(ascii: "]")
        {
          index += 1
        }
        index += 2
      } else {
        index += 1
      }
    }
    guard index < source.count else { throw invalidRegularExpression("brackets [] not balanced") }
    pattern += source[start...index]
    return index
  }

  /// Refuses what PCRE2 would read as a verb, a recursion or a named group.
  private func checkGroup(_ source: [UInt8], _ index: Int) throws(ExecutionError) {
    guard index + 1 < source.count else { return }
    if source[index + 1] == UInt8(ascii: "*") {
      throw invalidRegularExpression("quantifier operand invalid")
    }
    guard source[index + 1] == UInt8(ascii: "?") else { return }
    let kind = source[(index + 2)...]
    guard [":", "=", "!", "<=", "<!"].contains(where: { kind.starts(with: $0.utf8) }) else {
      throw invalidRegularExpression("quantifier operand invalid")
    }
  }
}
