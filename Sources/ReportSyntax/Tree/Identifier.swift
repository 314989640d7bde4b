/// A name as written once: folded to lower case unless it was quoted.
package struct Identifier: Hashable, Sendable {
  package let text: String
  package let range: SourceRange

  package init(_ text: String, range: SourceRange = .none) {
    self.text = text
    self.range = range
  }

  /// Longer names are cut, at a character's border, as PostgreSQL's NAMEDATALEN does.
  package static let maximumBytes = 63

  static func truncated(_ text: String) -> String {
    guard text.utf8.count > maximumBytes else { return text }
    var bytes = Array(text.utf8.prefix(maximumBytes + 1))
    while let last = bytes.popLast(), last & 0xc0 == 0x80 {}
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// A name with its qualifiers: `table`, `schema.table`.
package struct QualifiedName: Hashable, Sendable {
  package let parts: [Identifier]

  package init(_ parts: [Identifier]) {
    self.parts = parts
  }

  /// The last part.
  package var name: Identifier { parts.last ?? Identifier("") }

  /// The part before the last.
  package var schema: Identifier? { parts.count > 1 ? parts[parts.count - 2] : nil }

  package var range: SourceRange {
    guard let first = parts.first else { return .none }
    return first.range.union(name.range)
  }

  /// The parts with dots, unquoted, as error messages show them.
  package var description: String { parts.map(\.text).joined(separator: ".") }
}
