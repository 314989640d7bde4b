/// A half-open range of byte offsets in the text of a statement.
///
/// Offsets count UTF-8 bytes; ``SourceText/characterPosition(of:in:)`` turns one into the
/// character position that PostgreSQL reports.
package struct SourceRange: Hashable, Sendable {
  /// The offset of the first byte.
  package let lower: UInt32
  /// The offset after the last byte.
  package let upper: UInt32

  package init(lower: UInt32, upper: UInt32) {
    self.lower = lower
    self.upper = upper
  }

  package init(_ range: Range<Int>) {
    lower = UInt32(clamping: range.lowerBound)
    upper = UInt32(clamping: range.upperBound)
  }

  /// The smallest range that covers both.
  package func union(_ other: SourceRange) -> SourceRange {
    SourceRange(lower: min(lower, other.lower), upper: max(upper, other.upper))
  }

  /// The offsets as indices of the text's bytes.
  package var bytes: Range<Int> { Int(lower)..<Int(max(lower, upper)) }

  /// A place of no text, for nodes that were made and not read.
  package static let none = SourceRange(lower: 0, upper: 0)
}

/// Arithmetic on statement texts.
package enum SourceText {
  /// The longest text that is read, in bytes: PostgreSQL's limit of an allocation.
  package static let maximumBytes = 0x3fff_ffff

  /// The 1-based character position of a byte offset, as in PostgreSQL's error field `P`.
  ///
  /// - Complexity: O(offset).
  package static func characterPosition(of offset: UInt32, in source: [UInt8]) -> Int {
    var characters = 1
    for byte in source.prefix(Int(offset)) where byte & 0xc0 != 0x80 { characters += 1 }
    return characters
  }

  /// The bytes of a range as text; a range outside the text is cut to it.
  package static func slice(_ range: SourceRange, of source: [UInt8]) -> String {
    String(decoding: source[range.bytes.clamped(to: source.indices)], as: UTF8.self)
  }

  /// The offset of the first byte that is not UTF-8, or nil when all are.
  package static func firstInvalidByte(in source: [UInt8]) -> Int? {
    var index = 0
    while index < source.count {
      let length = sequenceLength(at: index, in: source)
      if length == 0 { return index }
      index += length
    }
    return nil
  }

  /// The length of the well-formed UTF-8 sequence at `index`, or 0.
  private static func sequenceLength(at index: Int, in source: [UInt8]) -> Int {
    let first = source[index]
    if first < 0x80 { return first == 0 ? 0 : 1 }
    let length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2
    guard first >= 0xc2, first <= 0xf4, index + length <= source.count else { return 0 }
    let second = source[index + 1]
    switch first {
    case 0xe0: if second < 0xa0 { return 0 }
    case 0xed: if second > 0x9f { return 0 }
    case 0xf0: if second < 0x90 { return 0 }
    case 0xf4: if second > 0x8f { return 0 }
    default: break
    }
    for offset in 1..<length where source[index + offset] & 0xc0 != 0x80 { return 0 }
    return length
  }
}
