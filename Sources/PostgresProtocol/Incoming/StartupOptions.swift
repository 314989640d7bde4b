extension StartupRequest {
  /// Takes the `options` parameter apart: `-c name=value`, `-cname=value`, `--name=value`.
  ///
  /// Words are separated by blanks; a backslash keeps the next character as it is.
  ///
  /// - Throws: 42601 for anything else.
  package static func settings(
    inOptions text: String
  ) throws(ProtocolError) -> [Parameter] {
    var settings: [Parameter] = []
    var words = words(of: text)[...]
    while let word = words.popFirst() {
      if word == "-c" || word == "--" {
        guard let next = words.popFirst() else { throw invalid(word) }
        settings.append(try setting(next))
      } else if word.hasPrefix("-c") || word.hasPrefix("--") {
        settings.append(try setting(String(word.dropFirst(2))))
      } else {
        throw invalid(word)
      }
    }
    return settings
  }

  private static func setting(_ text: String) throws(ProtocolError) -> Parameter {
    guard let equals = text.firstIndex(of: "="), equals > text.startIndex else {
      throw ProtocolError("42601", "-c \(text) requires a value", isFatal: true)
    }
    let name = text[..<equals].map { $0 == "-" ? "_" : $0 }
    return Parameter(String(name), String(text[text.index(after: equals)...]))
  }

  private static func invalid(_ word: String) -> ProtocolError {
    ProtocolError(
      "42601",
      "invalid command-line argument for server process: \(word)",
      isFatal: true
    )
  }

  private static func words(of text: String) -> [String] {
    var words: [String] = []
    var word = ""
    var isOpen = false
    var isEscaped = false
    for character in text {
      if isEscaped {
        word.append(character)
        isEscaped = false
      } else if character == "\\" {
        isEscaped = true
        isOpen = true
      } else if character.isWhitespace {
        if isOpen { words.append(word) }
        word = ""
        isOpen = false
      } else {
        word.append(character)
        isOpen = true
      }
    }
    if isOpen { words.append(word) }
    return words
  }
}
