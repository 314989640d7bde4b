import Columnar
import Kernels

/// The replacement of regexp_replace taken apart: `\1`…`\9` and `\&` are parts of the match, `\\` is a backslash; any other backslash
/// stands for itself.
struct ReplacementTemplate {
  enum Piece {
    /// Bytes of the replacement itself.
    case literal(start: Int, count: Int)
    /// A part of the match; 0 is the whole.
    case part(Int)
  }

  let pieces: [Piece]
  /// The part of the match that is all of the replacement; `nil`: it is put together of others.
  let onlyPart: Int?

  /// - Parameters:
  ///   - replacement: As written.
  ///   - partCount: Parts of the expression whose matches it replaces, the whole among them; others are empty.
  init(_ replacement: ByteView, partCount: Int) {
    let source = replacement.span
    var pieces: [Piece] = []
    func addLiteral(_ start: Int, _ end: Int) {
      if end > start { pieces.append(.literal(start: start, count: end - start)) }
    }
    let backslash = UInt8(ascii: "\\")
    var copied = 0
    var place = 0
    while place + 1 < source.count {
      let mark = source[place + 1]
      if source[place] != backslash {
        place += 1
      } else if mark == backslash {
        // The first of the two goes with what is before it.
        addLiteral(copied, place + 1)
        place += 2
        copied = place
      } else if mark == UInt8(ascii: "&") || (49...57).contains(mark) {
        addLiteral(copied, place)
        let part = mark == UInt8(ascii: "&") ? 0 : Int(mark) - 48
        if part < partCount { pieces.append(.part(part)) }
        place += 2
        copied = place
      } else {
        place += 1
      }
    }
    addLiteral(copied, source.count)
    self.pieces = pieces
    if pieces.count == 1, case .part(let part) = pieces[0] {
      onlyPart = part
    } else {
      onlyPart = nil
    }
  }
}
