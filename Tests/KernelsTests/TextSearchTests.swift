import Columnar
import Kernels
import Testing

@Suite struct TextSearchTests {
  /// The first place by comparing everywhere.
  private func model(_ text: [UInt8], _ needle: [UInt8]) -> Int? {
    guard needle.count <= text.count else { return nil }
    return (0...(text.count - needle.count)).first { text[$0...].starts(with: needle) }
  }

  private func find(_ text: [UInt8], _ needle: [UInt8]) -> Int? {
    let (a, b) = (
      ByteBuffer(copying: unsafe text.span.bytes), ByteBuffer(copying: unsafe needle.span.bytes)
    )
    return withExtendedLifetime((a, b)) {
      a.view(offset: 0, count: text.count)
        .firstOffset(of: b.view(offset: 0, count: needle.count))
    }
  }

  @Test func `a needle is found at its first place in texts of every length`() {
    var state: UInt64 = 42
    func random(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    for length in 0..<150 {
      for _ in 0..<40 {
        // Two letters, so that parts of the needle occur everywhere.
        let text = (0..<length).map { _ in UInt8(97 + random(2)) }
        let needle = (0..<random(12)).map { _ in UInt8(97 + random(2)) }
        #expect(find(text, needle) == model(text, needle), "\(text) \(needle)")
      }
    }
  }

  @Test func `characters are counted in texts of every length and place`() {
    let letters = ["a", "ж", "日", "😀", "z", "é"]
    for first in letters.indices {
      for length in Array(0..<30) + [700, 1_400, 5_000] {
        for isASCII in [false, true] {
          let text = (0..<length).map { isASCII ? "x" : letters[($0 * 5 + first) % 6] }.joined()
          let bytes = Array(text.utf8)
          let buffer = ByteBuffer(copying: unsafe bytes.span.bytes)
          withExtendedLifetime(buffer) {
            let view = buffer.view(offset: 0, count: bytes.count)
            #expect(view.characterCount == text.unicodeScalars.count, "\(text)")
            #expect(view.isASCII == bytes.allSatisfy { $0 < 128 }, "\(text)")
          }
        }
      }
    }
  }
}
