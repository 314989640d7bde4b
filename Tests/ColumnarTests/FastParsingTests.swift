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

  /// What the fast parser and what the complete one read as a moment; nil: refused.
  private func moments(
    _ text: String,
    needsZone: Bool,
    _ memory: inout DateMemory
  ) -> (fast: Int64?, complete: Int64?) {
    let bytes = Array("77777777\(text)77777777".utf8)
    let fast = unsafe bytes.withUnsafeBufferPointer { bytes -> Int64? in
      guard let start = bytes.baseAddress else { return nil }
      return unsafe memory.moment(start + 8, text.utf8.count, needsZone: needsZone)
    }
    let type: LogicalType = needsZone ? .timestamptz : .timestamp
    let complete: Datum? = try? Datum(parsing: Array(text.utf8).span, as: type, DateTimeContext())
    guard case .int64(let value)? = complete else { return (fast, nil) }
    return (fast, value)
  }

  @Test func `moments are read as the complete parser reads them`() {
    var state: UInt64 = 11
    func random(_ bound: UInt64) -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return (state >> 20) % bound
    }
    func padded(_ value: UInt64, _ count: Int) -> String {
      String(repeating: "0", count: max(0, count - String(value).count)) + String(value)
    }
    var memory = DateMemory()
    var readCount = 0
    for _ in 0..<20_000 {
      // Months that change seldom, days that do not exist, and times beyond their ends.
      let date = "\(padded(2000 + random(3), 4))-\(padded(random(14), 2))-\(padded(random(33), 2))"
      let time = "\(padded(random(25), 2)):\(padded(random(61), 2)):\(padded(random(61), 2))"
      let fractions = ["", ".\(padded(random(1000), 3))", ".\(padded(random(1_000_000), 6))", ".5"]
      let zones = ["+00", "", "-03", "+05:30", "Z", "+01"]
      let fraction = fractions[Int(random(4))]
      let zone = zones[Int(random(6))]
      let text = "\(date)\(random(8) == 0 ? "T" : " ")\(time)\(fraction)\(zone)"
      for needsZone in [true, false] {
        let (fast, complete) = moments(text, needsZone: needsZone, &memory)
        if let fast {
          readCount += 1
          #expect(fast == complete, "\(text)")
        } else if complete != nil, needsZone == !zone.isEmpty, !text.contains(":60") {
          Issue.record("\(text) was left to the complete parser")
        }
        // One byte is another one: never misread.
        let place = text.index(text.startIndex, offsetBy: Int(random(UInt64(text.count))))
        let other = Character(Unicode.Scalar(UInt8(33 + random(94))))
        let changed = text.replacing(place, with: String(other))
        let (damaged, wanted) = moments(changed, needsZone: needsZone, &memory)
        if let damaged { #expect(damaged == wanted, "\(changed)") }
      }
    }
    #expect(readCount > 5000)
  }
}

extension String {
  fileprivate func replacing(_ place: Index, with other: String) -> String {
    self[..<place] + other + self[index(after: place)...]
  }
}
