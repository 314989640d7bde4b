import ColumnEncoding
import Columnar
import Kernels

/// A LIKE pattern, taken apart once: what stands between its `%`, in order.
///
/// The first piece is tied to the start, the last to the end; those between are looked for from the left,
/// each as early as possible, which finds a match where there is one.
final class LikePattern {
  /// Characters in a row, `_` among them or not.
  private struct Piece {
    /// The bytes to look for; where `wild` is set, a `_` is a byte of its own that matches a character.
    var bytes: ByteBuffer
    var view: ByteView
    /// For each byte whether it stands for any character; empty: none does.
    var wild: [Bool]
    var characterCount: Int
  }

  private let pieces: [Piece]
  /// The pattern ends with the escape character: an error for a text that goes on where it stands.
  private let isIncomplete: Bool
  /// Without `_` and with at most one `%` at each end: how to compare, and with what.
  private let simple: Simple?

  private enum Simple { case exact, prefix, suffix, contains }

  /// - Parameters:
  ///   - pattern: The pattern's bytes.
  ///   - escape: The escape character's bytes, empty for none.
  ///   - isFolded: ILIKE: the pattern is folded here; texts must come folded.
  init(
    _ pattern: ByteView,
    escape: [UInt8] = [UInt8(ascii: "\\")],
    isFolded: Bool = false
  ) {
    let source = isFolded ? foldedBytes(pattern, isUpper: false) : pattern.bytes
    var pieces: [Piece] = []
    var isIncomplete = false
    var bytes: [UInt8] = []
    var wild: [Bool] = []
    var index = 0
    while index < source.count {
      if !escape.isEmpty, source[index...].starts(with: escape) {
        index += escape.count
        guard index < source.count else {
          isIncomplete = true
          bytes.append(UInt8(ascii: "_"))
          wild.append(true)
          pieces.append(Self.piece(bytes, wild))
          (bytes, wild) = ([], [])
          break
        }
        bytes.append(source[index])
        wild.append(false)
      } else if source[index] == UInt8(ascii: "%") {
        pieces.append(Self.piece(bytes, wild))
        bytes = []
        wild = []
      } else {
        bytes.append(source[index])
        wild.append(source[index] == UInt8(ascii: "_"))
      }
      index += 1
    }
    pieces.append(Self.piece(bytes, wild))
    self.pieces = pieces
    self.isIncomplete = isIncomplete
    simple = isIncomplete ? nil : Self.simple(pieces)
  }

  /// The pattern for a search over stored bytes; nil for one that may raise an error.
  ///
  /// - Parameter isFolded: Texts come as they are and match in any case.
  /// - Returns: The pattern's elements, from the left.
  func elements(isFolded: Bool) -> [TextAutomaton.Element]? {
    guard !isIncomplete else { return nil }
    var elements: [TextAutomaton.Element] = []
    for (index, piece) in pieces.enumerated() {
      if index > 0 { elements.append(.anything) }
      var literal: [UInt8] = []
      for place in 0..<piece.view.count {
        if !piece.wild.isEmpty, piece.wild[place] {
          elements += Self.elements(of: literal, isFolded: isFolded)
          literal = []
          elements.append(.anyCharacter)
        } else {
          literal.append(piece.view[place])
        }
      }
      elements += Self.elements(of: literal, isFolded: isFolded)
    }
    return elements
  }

  private static func elements(
    of literal: [UInt8],
    isFolded: Bool
  ) -> [TextAutomaton.Element] {
    guard !literal.isEmpty else { return [] }
    guard isFolded else { return [.oneOf([literal])] }
    return String(decoding: literal, as: UTF8.self).unicodeScalars.map {
      .oneOf(CaseVariants.of($0))
    }
  }

  private static func simple(_ pieces: [Piece]) -> Simple? {
    guard pieces.allSatisfy(\.wild.isEmpty) else { return nil }
    let isEmpty = pieces.map { $0.view.count == 0 }
    switch pieces.count {
    case 1: return .exact
    case 2 where isEmpty[1]: return .prefix
    case 2 where isEmpty[0]: return .suffix
    case 3 where isEmpty[0] && isEmpty[2]: return .contains
    default: return nil
    }
  }

  /// Writes 1 where a text matches, for the rows that are valid in `output`.
  ///
  /// - Complexity: O(bytes); no reference counting a row.
  func match(
    _ texts: Span<ByteView>,
    _ rows: Int,
    _ output: Vector
  ) throws(ExecutionError) {
    var out = output.mutableBool
    guard let simple else {
      let valid = ValidRows(output)
      for row in 0..<rows where valid[row] {
        out[row] = try matches(texts[row]) ? 1 : 0
      }
      return
    }
    // The buffer of the piece lives as long as self.
    let wanted = pieces[simple == .exact || simple == .prefix ? 0 : 1].view
    switch simple {
    case .exact: each(texts, rows, output, &out) { $0 == wanted }
    case .prefix: each(texts, rows, output, &out) { $0.starts(with: wanted) }
    case .suffix: each(texts, rows, output, &out) { $0.ends(with: wanted) }
    case .contains: each(texts, rows, output, &out) { $0.firstOffset(of: wanted) != nil }
    }
  }

  @inline(__always)
  private func each(
    _ texts: Span<ByteView>,
    _ rows: Int,
    _ output: Vector,
    _ out: inout MutableSpan<UInt8>,
    _ test: (ByteView) -> Bool
  ) {
    precondition(rows <= texts.count && rows <= out.count)
    if output.hasNulls {
      let valid = ValidRows(output)
      for row in 0..<rows where valid[row] { out[row] = test(texts[row]) ? 1 : 0 }
    } else {
      for row in 0..<rows { out[row] = test(texts[row]) ? 1 : 0 }
    }
  }

  private static func piece(_ bytes: [UInt8], _ wild: [Bool]) -> Piece {
    let buffer = ByteBuffer(copying: unsafe bytes.span.bytes)
    let view = buffer.view(offset: 0, count: bytes.count)
    return Piece(
      bytes: buffer,
      view: view,
      wild: wild.contains(true) ? wild : [],
      characterCount: view.characterCount
    )
  }

  /// Whether `text` matches.
  func matches(_ text: ByteView) throws(ExecutionError) -> Bool {
    let isMatch = matchesPieces(text)
    if isMatch, isIncomplete {
      throw .sql("22025", "LIKE pattern must not end with escape character")
    }
    return isMatch
  }

  private func matchesPieces(_ text: ByteView) -> Bool {
    let last = pieces.count - 1
    if last == 0 { return match(pieces[0], in: text, at: 0) == text.count }
    guard var place = match(pieces[0], in: text, at: 0) else { return false }
    for index in 1..<max(last, 1) {
      guard let end = find(pieces[index], in: text, from: place) else { return false }
      place = end
    }
    let tail = pieces[last]
    if tail.wild.isEmpty {
      return text.count &- place >= tail.view.count && text.ends(with: tail.view)
    }
    guard let start = text.offset(ofCharacterFromEnd: tail.characterCount), start >= place else {
      return false
    }
    return match(tail, in: text, at: start) == text.count
  }

  /// Where the piece ends if it stands at `place`, a character's start.
  private func match(_ piece: Piece, in text: ByteView, at place: Int) -> Int? {
    if piece.wild.isEmpty {
      guard text.count &- place >= piece.view.count,
        text.slice(place, piece.view.count) == piece.view
      else { return nil }
      return place &+ piece.view.count
    }
    var offset = place
    for index in piece.wild.indices {
      guard offset < text.count else { return nil }
      if piece.wild[index] {
        offset &+= text.characterLength(at: offset)
      } else {
        guard text[offset] == piece.view[index] else { return nil }
        offset &+= 1
      }
    }
    return offset
  }

  /// Where the piece's first occurrence at `from` or later ends.
  private func find(_ piece: Piece, in text: ByteView, from: Int) -> Int? {
    if piece.wild.isEmpty {
      return text.firstOffset(of: piece.view, from: from).map { $0 &+ piece.view.count }
    }
    var place = from
    while place < text.count {
      if let end = match(piece, in: text, at: place) { return end }
      place &+= text.characterLength(at: place)
    }
    return nil
  }
}

extension ExpressionCompiler {
  /// `text LIKE pattern [ESCAPE c]` and ILIKE.
  func like(
    _ nodes: [ExpressionNode],
    ignoringCase: Bool
  ) throws(ExecutionError) -> ExpressionNode {
    var escape = [UInt8(ascii: "\\")]
    if nodes.count > 2, let constant = nodes[2] as? ConstantNode {
      guard case .bytes(let bytes) = constant.value else { return ConstantNode(.null, kind: .bool) }
      escape = bytes
      guard characterCount(bytes.span) <= 1 else {
        throw .sql(
          "22025",
          "invalid escape string",
          hint: "Escape string must be empty or one character."
        )
      }
    }
    let cache = LikeCache(escape: escape, isFolded: ignoringCase)
    let isConstant = nodes[1].isConstant
    let foldedTexts = Vector(kind: .bytes, capacity: 64)
    return binary(.bool, nodes[0], nodes[1]) {
      (text, pattern, rows, output) throws(ExecutionError) in
      var subject = text
      if ignoringCase {
        foldedTexts.reset()
        foldedTexts.reserve(rows)
        foldedTexts.retainOwners(of: text)
        let (from, valid) = (text.views, output)
        var to = foldedTexts.mutableViews
        let validValid = ValidRows(valid)
        for row in 0..<rows {
          to[row] = validValid[row] ? folded(from[row], isUpper: false, foldedTexts) : .empty
        }
        subject = foldedTexts
      }
      let texts = subject.views
      let patterns = pattern.views
      if isConstant {
        guard rows > 0, output.isValid(0) || pattern.isValid(0) else { return }
        try cache.pattern(patterns[0]).match(texts, rows, output)
      } else {
        var out = output.mutableBool
        let valid = ValidRows(output)
        for row in 0..<rows where valid[row] {
          out[row] = try cache.pattern(patterns[row]).matches(texts[row]) ? 1 : 0
        }
      }
    }
  }
}

/// The last pattern taken apart.
private final class LikeCache {
  private let escape: [UInt8]
  private let isFolded: Bool
  private var known: (bytes: [UInt8], pattern: LikePattern)?

  init(escape: [UInt8], isFolded: Bool) {
    self.escape = escape
    self.isFolded = isFolded
  }

  func pattern(_ source: ByteView) -> LikePattern {
    let bytes = source.bytes
    if let known, known.bytes == bytes { return known.pattern }
    let pattern = LikePattern(source, escape: escape, isFolded: isFolded)
    known = (bytes, pattern)
    return pattern
  }
}
