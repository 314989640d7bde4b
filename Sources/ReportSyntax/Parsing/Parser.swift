/// What a text may use beyond PostgreSQL's grammar.
package struct ParseOptions: Hashable, Sendable {
  /// Whether `:name` is a parameter: in bodies of reports, on the command line, over HTTP.
  package var allowsNamedParameters: Bool

  package init(allowsNamedParameters: Bool = false) {
    self.allowsNamedParameters = allowsNamedParameters
  }

  package static let standard = ParseOptions()
  package static let report = ParseOptions(allowsNamedParameters: true)
}

/// A recursive-descent parser over the tokens of one text.
///
/// This file holds the cursor; the grammar is in extensions, a file for each part of it.
package struct Parser {
  let source: [UInt8]
  let list: TokenList
  var position = 0
  /// How deep the grammar's functions are inside each other.
  var nesting = 0
  /// The greatest height of a node made since it was last reset: the height of a construct
  /// with many parts.
  var tallest = 0
  /// Whether `:name` is allowed where the parser stands.
  let options: ParseOptions
  let stack: StackBudget

  package init(_ source: [UInt8], options: ParseOptions = .standard) {
    self.source = source
    self.options = options
    stack = StackBudget()
    list = Lexer.tokens(of: source, allowsNamedParameters: options.allowsNamedParameters)
  }

  /// A parser of a text from a byte up to the next semicolon, in which `:name` is a parameter.
  init(_ outer: Parser, namedParametersFrom offset: UInt32) {
    source = outer.source
    options = .report
    list = Lexer.tokens(
      of: source,
      from: Int(offset),
      stopsAtSemicolon: true,
      allowsNamedParameters: true
    )
    nesting = outer.nesting
    stack = outer.stack
  }

  // MARK: Tokens

  var current: Token { list.tokens[position] }

  func peek(_ distance: Int = 1) -> Token {
    list.tokens[min(position + distance, list.tokens.count - 1)]
  }

  var text: String { list.text(of: current) }

  /// The range of the token before the current one.
  var previousRange: SourceRange {
    position > 0 ? list.tokens[position - 1].range : current.range
  }

  /// From the start of `first` to the end of the token read last.
  func range(from first: SourceRange) -> SourceRange {
    first.union(previousRange)
  }

  @discardableResult
  mutating func advance() -> Token {
    let token = current
    if position < list.tokens.count - 1 { position += 1 }
    return token
  }

  func at(_ kind: Token.Kind) -> Bool { current.kind == kind }

  func at(_ keyword: Keyword) -> Bool { current.keyword == keyword }

  func at(_ first: Keyword, _ second: Keyword) -> Bool {
    current.keyword == first && peek().keyword == second
  }

  /// Whether the current token is a word of our own statements, which is no key word.
  func at(word: String) -> Bool {
    current.kind == .identifier && text == word
  }

  mutating func accept(_ kind: Token.Kind) -> Bool {
    guard at(kind) else { return false }
    advance()
    return true
  }

  mutating func accept(_ keyword: Keyword) -> Bool {
    guard at(keyword) else { return false }
    advance()
    return true
  }

  mutating func accept(_ first: Keyword, _ second: Keyword) -> Bool {
    guard at(first, second) else { return false }
    advance()
    advance()
    return true
  }

  mutating func accept(word: String) -> Bool {
    guard at(word: word) else { return false }
    advance()
    return true
  }

  @discardableResult
  mutating func expect(_ kind: Token.Kind) throws(SyntaxError) -> Token {
    guard at(kind) else { throw unexpected() }
    return advance()
  }

  @discardableResult
  mutating func expect(_ keyword: Keyword) throws(SyntaxError) -> Token {
    guard at(keyword) else { throw unexpected() }
    return advance()
  }

  mutating func expect(word: String) throws(SyntaxError) {
    guard accept(word: word) else { throw unexpected() }
  }

  // MARK: Errors

  /// PostgreSQL's words for a token that no rule takes here.
  func unexpected() -> SyntaxError { unexpected(current) }

  func unexpected(_ token: Token) -> SyntaxError {
    if token.kind == .invalid, let error = list.error { return error }
    if token.kind == .endOfInput {
      return .syntax("syntax error at end of input", at: token.range)
    }
    let text = SourceText.slice(token.range, of: source)
    return .syntax("syntax error at or near \"\(text)\"", at: token.range)
  }

  // MARK: Depth

  mutating func enter() throws(SyntaxError) {
    nesting += 1
    if nesting > NestingLimit.recursion || stack.isExceeded { throw .tooDeep(at: current.range) }
  }

  mutating func leave() { nesting -= 1 }

  /// Makes a node above `height` levels.
  mutating func node(
    _ kind: Expression.Kind,
    _ range: SourceRange,
    above height: Int = 0
  ) throws(SyntaxError) -> Expression {
    guard height < NestingLimit.height else { throw .tooDeep(at: range) }
    tallest = max(tallest, height + 1)
    return Expression(kind, range: range, height: height + 1)
  }

  /// Runs `body` and says how tall the nodes are that it made.
  mutating func measured<Value>(
    _ body: (inout Parser) throws(SyntaxError) -> Value
  ) throws(SyntaxError) -> (Value, height: Int) {
    let saved = tallest
    tallest = 0
    let value = try body(&self)
    let height = tallest
    tallest = max(saved, height)
    return (value, height)
  }

  // MARK: Lists

  mutating func commaList<Element>(
    _ element: (inout Parser) throws(SyntaxError) -> Element
  ) throws(SyntaxError) -> [Element] {
    var elements = [try element(&self)]
    while accept(.comma) { elements.append(try element(&self)) }
    return elements
  }

  mutating func parenthesised<Element>(
    _ element: (inout Parser) throws(SyntaxError) -> Element
  ) throws(SyntaxError) -> [Element] {
    try expect(.leftParenthesis)
    let elements = try commaList(element)
    try expect(.rightParenthesis)
    return elements
  }
}
