/// One token of a statement's text.
package struct Token: Hashable, Sendable {
  /// What the bytes are.
  package enum Kind: UInt8, Hashable, Sendable {
    case identifier, quotedIdentifier, keyword
    case string, bitString, hexString
    case wholeNumber, number
    /// `$1`
    case numberedParameter
    /// `:name`
    case namedParameter
    case leftParenthesis, rightParenthesis, leftBracket, rightBracket
    case comma, semicolon, dot, dotDot, colon, colonEqual, doubleColon, arrow
    case plus, minus, star, slash, percent, caret
    case less, greater, equal, lessEqual, greaterEqual, notEqual
    /// Any other operator.
    case operatorSymbol
    case endOfInput
    /// The lexer gave up here; its error is raised when the parser comes to it.
    case invalid
  }

  package let kind: Kind
  /// The key word of a ``Kind/keyword`` token.
  package let keyword: Keyword?
  package let range: SourceRange
  /// The decoded text's place in ``TokenList/texts``, or -1.
  let textIndex: Int32
}

/// The tokens of a text, the last of which is the end of the input or an error.
package struct TokenList: Sendable {
  package var tokens: [Token] = []
  /// Decoded names, strings, numbers and operators.
  var texts: [String] = []
  /// Why the last token is ``Token/Kind/invalid``.
  package var error: SyntaxError?

  /// The decoded text of a token: a folded name, a string without quotes and escapes.
  package func text(of token: Token) -> String {
    if let keyword = token.keyword { return keyword.rawValue }
    return token.textIndex >= 0 ? texts[Int(token.textIndex)] : ""
  }
}
