import Columnar
import Testing

@Suite struct FastParsingTests {
  /// What the fast parser reads of a text that has other digits in front of it and behind it.
  private func fast(_ text: String) -> Int64? {
    let bytes = Array("77777777\(text)77777777".utf8)
    return unsafe bytes.withUnsafeBufferPointer { bytes in
      guard let start = bytes.baseAddress else { return nil }
      return unsafe fastInteger(start + 8, text.utf8.count)
    }
  }

  @Test func `integers of every length are read, others refused`() {
    var value: UInt64 = 1
    for digits in 1...19 {
      for _ in 0..<50 {
        value = value &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let text = String(String(value % 10_000_000_000_000_000_000).suffix(digits))
        #expect(fast(text) == Int64(text), "\(text)")
        #expect(fast("-" + text) == Int64("-" + text), "-\(text)")
        let place = text.index(text.startIndex, offsetBy: Int(value >> 40) % text.count)
        for other in ["/", ":", " ", "a", "."] {
          #expect(fast(text.replacing(place, with: other)) == nil)
        }
      }
    }
    #expect(fast("9223372036854775807") == .max)
    #expect(fast("9223372036854775808") == nil)
    #expect(fast("-9223372036854775807") == -.max)
    #expect(fast("9999999999999999999") == nil)
    #expect(fast("0000000000000000012") == 12)
    // Longer ones, and the least value, are left to the complete parser.
    #expect(fast("00000000000000000012") == nil)
    #expect(fast("-9223372036854775808") == nil)
    #expect(fast("") == nil)
    #expect(fast("-") == nil)
  }

  /// A number with `scale` digits behind the point, by whole numbers of 128 bits; nil: the complete parser must look.
  private func model(_ text: String, precision: Int, scale: Int) -> Int64? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count <= 2, parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy(\.isNumber) }) else {
      return nil
    }
    if parts.count == 2, parts[1].count != scale { return nil }
    let digits =
      parts[0] + (parts.count == 2 ? parts[1] : Substring(String(repeating: "0", count: scale)))
    let limit = (0..<precision).reduce(Int128(1)) { limit, _ in limit * 10 }
    guard let value = Int128(digits), value < limit else { return nil }
    return Int64(value)
  }

  @Test func `numerics of every shape are read, too large ones refused`() {
    var state: UInt64 = 7
    func random() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state >> 11
    }
    func check(_ text: String, _ precision: Int, _ scale: Int) {
      let bytes = Array("77777777\(text)77777777".utf8)
      let found = unsafe bytes.withUnsafeBufferPointer { bytes -> Int64? in
        guard let start = bytes.baseAddress else { return nil }
        return unsafe fastScaled(
          start + 8,
          text.utf8.count,
          scale: scale,
          unit: UInt64(powerOfTen64(scale)),
          limit: UInt64(powerOfTen64(precision))
        )
      }
      // It may leave anything to the complete parser, but not misread it.
      let wanted = model(text, precision: precision, scale: scale)
      if let found { #expect(found == wanted, "\(text) as numeric(\(precision), \(scale))") }
      if text.utf8.count <= 16 { #expect(found == wanted, "\(text) (\(precision), \(scale))") }
    }
    // Just above what 64 bits hold.
    check("184467440737095516.16", 18, 2)
    check("18446744073709551.616", 18, 3)
    check("184467440737.09551616", 18, 8)
    for precision in 1...18 {
      for scale in 0...min(8, precision) {
        for _ in 0..<40 {
          let whole = String(random()).prefix(1 + Int(random() % 19))
          let part = String(repeating: "0", count: scale) + String(random())
          check(scale == 0 ? String(whole) : "\(whole).\(part.suffix(scale))", precision, scale)
          check(String(whole), precision, scale)
        }
      }
    }
  }
}

extension String {
  fileprivate func replacing(_ place: Index, with other: String) -> String {
    self[..<place] + other + self[index(after: place)...]
  }
}
