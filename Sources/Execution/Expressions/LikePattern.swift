import Columnar
import Kernels

/// A LIKE pattern, taken apart once: what stands between its `%`, in order.
///
/// The first piece is tied to the start, the last to the end; those between are looked for from the left,
/// each as early as possible, which finds a match where there is one.
struct LikePattern {
  /// Characters in a row, `_` among them or not.
  private struct Piece {
    /// The bytes to look for; where `wild` is set, a `_` is a byte of its own that matches a character.
    var bytes: ByteBuffer
    var view: ByteView
    /// For each byte whether it stands for any character; empty: none does.
    var wild: [Bool]
    var characterCount: Int
  }

  private var pieces: [Piece] = []
  /// The pattern ends with the escape character: an error for a text that goes on where it stands.
  private var isIncomplete = false

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
    let separator = escape
    // The last pattern is kept, so that a constant one is taken apart once.
    var known: (bytes: [UInt8], pattern: LikePattern)?
    return binary(.bool, nodes[0], nodes[1]) {
      (text, pattern, rows, output) throws(ExecutionError) in
      let texts = text.views
      let patterns = pattern.views
      var out = output.mutableBool
      let isConstant = nodes[1].isConstant
      var current: LikePattern?
      try forEachValidRow(output, rows) { (row) throws(ExecutionError) in
        if current == nil || !isConstant {
          let bytes = patterns[row].bytes
          if known?.bytes != bytes {
            known = (
              bytes, LikePattern(patterns[row], escape: separator, isFolded: ignoringCase)
            )
          }
          current = known?.pattern
        }
        let subject = ignoringCase ? folded(texts[row], isUpper: false, output) : texts[row]
        out[row] = try current?.matches(subject) == true ? 1 : 0
      }
    }
  }
}
