/// Writes trees back as SQL that parses to the same tree.
///
/// Views and reports are stored as such text. Parentheses appear only where precedence asks for them,
/// so that a chain of operators nests no deeper than it did.
package struct Printer {
  package private(set) var text = ""

  package init() {}

  /// A whole statement.
  package static func text(of statement: Statement) -> String {
    var printer = Printer()
    printer.write(statement)
    return printer.text
  }

  package static func text(of query: Query) -> String {
    var printer = Printer()
    printer.write(query)
    return printer.text
  }

  package static func text(of expression: Expression) -> String {
    var printer = Printer()
    printer.write(expression)
    return printer.text
  }

  /// A name, in quotes when it needs them.
  package static func quoted(_ name: String) -> String {
    let isPlain =
      name.utf8.first.map { $0.isIdentifierStart } ?? false
      && name.utf8.allSatisfy { $0 < 0x80 && $0.isIdentifierPart && $0.lowercased == $0 }
    if isPlain {
      guard let keyword = Keyword.find(name) else { return name }
      if keyword.category == .unreserved { return name }
    }
    return quote(name, with: "\"")
  }

  /// A string constant.
  package static func literal(_ value: String) -> String { quote(value, with: "'") }

  private static func quote(_ value: String, with quote: Unicode.Scalar) -> String {
    var result = String(quote)
    for scalar in value.unicodeScalars {
      if scalar == quote { result.unicodeScalars.append(quote) }
      result.unicodeScalars.append(scalar)
    }
    result.unicodeScalars.append(quote)
    return result
  }

  // MARK: Pieces

  mutating func write(_ words: String) { text += words }

  mutating func write(_ name: Identifier) { text += Self.quoted(name.text) }

  mutating func write(_ name: QualifiedName) { writeList(name.parts, ".") { $0.write($1) } }

  mutating func writeList<Element>(
    _ elements: [Element],
    _ separator: String = ", ",
    _ element: (inout Printer, Element) -> Void
  ) {
    for (index, value) in elements.enumerated() {
      if index > 0 { write(separator) }
      element(&self, value)
    }
  }

  mutating func writeNames(_ names: [Identifier]) {
    write("(")
    writeList(names) { $0.write($1) }
    write(")")
  }

  mutating func writeExpressions(_ expressions: [Expression]) {
    writeList(expressions) { $0.write($1) }
  }

  mutating func write(_ type: TypeName) {
    let bare = ["numeric", "bit", "time", "timestamp", "interval", "varchar"]
    if type.name.parts.count == 1, bare.contains(type.name.name.text) {
      write(type.name.name.text)
    } else {
      write(type.name)
    }
    if let fields = type.intervalFields { write(" " + fields.rawValue) }
    if !type.modifiers.isEmpty {
      write("(" + type.modifiers.map(String.init).joined(separator: ", ") + ")")
    }
    for _ in 0..<type.arrayDimensions { write("[]") }
  }
}
