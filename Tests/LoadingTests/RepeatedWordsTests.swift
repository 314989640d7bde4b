import Loading
import Testing

@Suite struct RepeatedWordsTests {
  @Test(arguments: [0, 1, 2, 100, 20_000, 100_000])
  func `words that are there twice are found in lists of every length`(count: Int) {
    var generator = SystemRandomNumberGenerator()
    let seed = UInt64.random(in: 0...UInt64.max, using: &generator)
    var state = seed
    func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state ^ state >> 29
    }
    var words = (0..<count).map { _ in next() }
    // One in ten again, some of them many times, and words that stand for something else inside.
    words += words.indices.filter { $0 % 10 == 3 }.map { words[$0] }
    words += words.prefix(4) + words.prefix(2)
    words += [0, .max, UInt64(bitPattern: .min), 1]
    if count % 3 == 1 { words += [0, .max] }
    var times: [UInt64: Int] = [:]
    for word in words { times[word, default: 0] += 1 }
    let cut = words.count / 3
    let found = RepeatedWords([Array(words[..<cut]), [], Array(words[cut...])]).values
    #expect(found == Set(times.filter { $0.value > 1 }.keys), "seed \(seed)")
  }
}
