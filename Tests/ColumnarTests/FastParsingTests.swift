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
}

extension String {
  fileprivate func replacing(_ place: Index, with other: String) -> String {
    self[..<place] + other + self[index(after: place)...]
  }
}
