/// A position in the source's write-ahead log: the number of a byte.
///
/// Its text is PostgreSQL's: two hexadecimal halves, `16/B374D848`.
package struct LSN: Hashable, Sendable, Comparable {
  package var rawValue: UInt64

  package init(_ rawValue: UInt64) { self.rawValue = rawValue }

  /// Before everything.
  package static let zero = LSN(0)

  /// Reads `X/Y`; nil for anything else.
  package init?(_ text: some StringProtocol) {
    let halves = text.split(separator: "/", omittingEmptySubsequences: false)
    guard halves.count == 2 else { return nil }
    var value: UInt64 = 0
    for half in halves {
      // No sign: UInt32 would take one.
      guard (1...8).contains(half.utf8.count), half.first?.isHexDigit == true,
        let number = UInt32(half, radix: 16)
      else { return nil }
      value = value << 32 | UInt64(number)
    }
    rawValue = value
  }

  package static func < (a: LSN, b: LSN) -> Bool { a.rawValue < b.rawValue }

  /// Bytes from `other` to here; 0 when this is not behind it.
  package func bytes(since other: LSN) -> UInt64 { self > other ? rawValue - other.rawValue : 0 }
}

extension LSN: CustomStringConvertible {
  package var description: String {
    func half(_ value: UInt64) -> String { String(value, radix: 16, uppercase: true) }
    return half(rawValue >> 32) + "/" + half(rawValue & 0xffff_ffff)
  }
}
