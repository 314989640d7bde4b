// How a pattern of to_char and to_timestamp falls into keywords, separators and literal characters.

/// One piece of a pattern.
struct PatternNode {
  enum Kind: Equatable {
    case keyword
    /// Punctuation outside of quotes.
    case separator
    case space
    /// A character that stands for itself.
    case character
  }

  var kind: Kind
  /// The keyword as written, or the character.
  var text: String
  /// FM: no padding. (TM means the same here: names of the C locale.)
  var isFilled = false
  /// TM: names in the session's language.
  var isTranslated = false
  /// TH or th behind the keyword.
  var ordinal: Ordinal?

  enum Ordinal { case upper, lower }
}

/// Cuts a pattern; `keywords` must list longer words before those they begin with.
///
/// - Parameters:
///   - pattern: UTF-8.
///   - keywords: By their first letter.
///   - hasAffixes: Whether FM and TM before and TH behind a keyword belong to it.
/// - Returns: The pieces in order.
func patternNodes(
  _ pattern: String,
  keywords: [Character: [String]],
  hasAffixes: Bool
) -> [PatternNode] {
  var nodes: [PatternNode] = []
  var rest = Substring(pattern)
  func literal(_ character: Character, _ kind: PatternNode.Kind = .character) {
    nodes.append(PatternNode(kind: kind, text: String(character)))
  }
  while let first = rest.first {
    var isFilled = false
    var isTranslated = false
    if hasAffixes {
      for prefix in ["FM", "fm", "TM", "tm"] where rest.hasPrefix(prefix) {
        isFilled = prefix.lowercased() == "fm"
        isTranslated = !isFilled
        rest = rest.dropFirst(2)
        break
      }
      guard let next = rest.first else { break }
      if let word = keywords[next]?.first(where: { rest.hasPrefix($0) }) {
        rest = rest.dropFirst(word.count)
        var node = PatternNode(kind: .keyword, text: word)
        node.isFilled = isFilled
        node.isTranslated = isTranslated
        if rest.hasPrefix("TH") || rest.hasPrefix("th") {
          node.ordinal = rest.hasPrefix("TH") ? .upper : .lower
          rest = rest.dropFirst(2)
        } else if rest.hasPrefix("SP") {
          rest = rest.dropFirst(2)
        }
        nodes.append(node)
        continue
      }
      if isFilled || isTranslated { continue }
    } else if let word = keywords[first]?.first(where: { rest.hasPrefix($0) }) {
      rest = rest.dropFirst(word.count)
      nodes.append(PatternNode(kind: .keyword, text: word))
      continue
    }
    if first == "\"" {
      rest = rest.dropFirst()
      while let character = rest.first {
        rest = rest.dropFirst()
        if character == "\"" { break }
        if character == "\\", let escaped = rest.first {
          literal(escaped)
          rest = rest.dropFirst()
        } else {
          literal(character)
        }
      }
      continue
    }
    if rest.hasPrefix("\\\"") { rest = rest.dropFirst() }
    guard let character = rest.first else { break }
    rest = rest.dropFirst()
    literal(character, kind(of: character))
  }
  return nodes
}

private func kind(of character: Character) -> PatternNode.Kind {
  guard let byte = character.asciiValue else { return .character }
  if isSpace(byte) { return .space }
  let isWord = isDigit(byte) || lowercased(byte) &- 97 < 26
  return byte > 0x20 && byte < 0x7f && !isWord ? .separator : .character
}

/// The letters behind an ordinal number: 1st, 2nd, 3rd, 11th.
func ordinalSuffix(_ digits: String, _ form: PatternNode.Ordinal) -> String {
  let tail = Array(digits.utf8.suffix(2))
  var suffix = "th"
  if tail.count < 2 || tail[0] != 0x31 {
    switch tail.last {
    case 0x31: suffix = "st"
    case 0x32: suffix = "nd"
    case 0x33: suffix = "rd"
    default: break
    }
  }
  return form == .upper ? suffix.uppercased() : suffix
}
