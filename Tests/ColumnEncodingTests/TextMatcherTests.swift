import ColumnEncoding
import Columnar
import Testing

/// Searches over stored bytes and codes against a plain matcher.
@Suite struct TextMatcherTests {
  private typealias Element = TextAutomaton.Element

  /// Whether a text matches, by trying everything.
  private func matches(_ elements: ArraySlice<Element>, _ text: ArraySlice<UInt8>) -> Bool {
    guard let first = elements.first else { return text.isEmpty }
    let rest = elements.dropFirst()
    switch first {
    case .anything:
      return (text.startIndex...text.endIndex).contains { matches(rest, text[$0...]) }
    case .anyCharacter:
      guard let lead = text.first, lead & 0xc0 != 0x80 else { return false }
      let length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4
      return text.count >= length && matches(rest, text.dropFirst(length))
    case .oneOf(let words):
      return words.contains { text.starts(with: $0) && matches(rest, text.dropFirst($0.count)) }
    }
  }

  private func pattern(_ dice: inout Dice) -> [Element] {
    let words = ["7", "77", "777", "Deal", "1", "ст", "т", "a", "дел", "12 ", " 7"]
    var elements: [Element] = []
    if dice.next() % 3 != 0 { elements.append(.anything) }
    for _ in 0..<Int.random(in: 1...3, using: &dice) {
      switch dice.next() % 5 {
      case 0: elements.append(.anyCharacter)
      case 1: elements.append(.anything)
      default:
        let count = dice.next() % 4 == 0 ? 3 : 1
        elements.append(
          .oneOf((0..<count).map { _ in Array(words[Int(dice.next() % 11)].utf8) })
        )
      }
    }
    if dice.next() % 3 != 0 { elements.append(.anything) }
    return elements
  }

  private func blocks(_ dice: inout Dice) throws -> [(rows: [Datum], block: EncodedBlock)] {
    let starts = ["Deal ", "Сделка ", "стол ", "a"]
    return try [60, 1024, 3000].map { count in
      let rows: [Datum] = (0..<count).map { _ in
        if dice.next() % 12 == 0 { return .null }
        if dice.next() % 40 == 0 { return .bytes([]) }
        let start = starts[Int(dice.next() % 4)]
        return .bytes(Array((start + String(dice.next() % 100_000)).utf8))
      }
      return (rows, try ColumnEncodingTests.block(.bytes, rows).block)
    }
  }

  private func check(
    _ question: TextQuestion,
    _ blocks: [(rows: [Datum], block: EncodedBlock)],
    _ note: String,
    _ expected: ([UInt8]) -> Bool
  ) {
    let matcher = TextMatcher(question)
    for (rows, block) in blocks {
      for negated in [false, true] {
        for group in 0..<block.groupCount {
          var mask = [UInt64](repeating: 1, count: 16)
          var words = mask.mutableSpan
          guard matcher.select(block, group: group, negated: negated, into: &words) else {
            Issue.record("not searched: \(block.encoding)")
            return
          }
          for row in 0..<1024 {
            var isWanted = false
            if row < block.rowCount(ofGroup: group),
              case .bytes(let text) = rows[group * 1024 + row]
            {
              isWanted = expected(text) != negated
            }
            if (mask[row / 64] >> UInt64(row % 64) & 1 != 0) != isWanted {
              Issue.record("row \(row) of group \(group), \(block.encoding): \(note)")
              return
            }
          }
        }
      }
    }
  }

  @Test func `automata select what the pattern matches, over codes and over bytes`() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("text matcher: seed \(seed)")
    var dice = Dice(seed: seed)
    let blocks = try blocks(&dice)
    #expect(Set(blocks.map(\.block.encoding)) == [.plain, .fsst])
    for _ in 0..<150 {
      let elements = pattern(&dice)
      let automaton = try #require(TextAutomaton(elements))
      check(.accepts(automaton), blocks, "\(elements) seed \(seed)") {
        matches(elements[...], $0[...])
      }
    }
  }

  @Test func `a part of a string and a whole string are found`() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("text matcher: seed \(seed)")
    var dice = Dice(seed: seed)
    let blocks = try blocks(&dice)
    for _ in 0..<60 {
      let (rows, _) = blocks[Int(dice.next() % 3)]
      guard case .bytes(let text) = rows[Int.random(in: 0..<rows.count, using: &dice)] else {
        continue
      }
      check(.equals(text), blocks, "= \(text) seed \(seed)") { $0 == text }
      guard !text.isEmpty else { continue }
      let start = Int.random(in: 0..<text.count, using: &dice)
      let part = Array(text[start..<Int.random(in: start + 1...text.count, using: &dice)])
      let automaton = try #require(TextAutomaton([.anything, .oneOf([part]), .anything]))
      check(.contains(part, automaton), blocks, "contains \(part) seed \(seed)") { text in
        text.indices.contains { text[$0...].starts(with: part) }
      }
    }
  }

  @Test func `a pattern of too many states is refused`() {
    let long = [UInt8](repeating: 97, count: 300)
    #expect(TextAutomaton([.oneOf([long])]) == nil)
    let wild = [Element.anything, .oneOf([[97]])] + Array(repeating: .anyCharacter, count: 40)
    #expect(TextAutomaton(wild) == nil)
  }

  @Test func `constant and NULL blocks are searched, dictionaries are not`() throws {
    let same = [Datum](repeating: .bytes(Array("same".utf8)), count: 70) + [.null]
    let none = [Datum](repeating: .null, count: 70)
    let blocks = try [same, none].map { rows in
      let encoded = BlockEncoder.encode(SampleRows.vector(.bytes, rows), rowCount: rows.count)
      return (rows, try EncodedBlock(bytes: encoded.bytes, kind: .bytes, dictionary: nil))
    }
    #expect(blocks.allSatisfy { $0.1.encoding == .constant })
    check(.equals(Array("same".utf8)), blocks, "constant") { $0 == Array("same".utf8) }
    let few: [Datum] = (0..<500).map { .bytes([UInt8($0 % 7)]) }
    let coded = try block(.bytes, few).block
    #expect(coded.encoding == .dictionary)
    var mask = [UInt64](repeating: 0, count: 16)
    var words = mask.mutableSpan
    #expect(!TextMatcher(.equals([1])).select(coded, group: 0, negated: false, into: &words))
  }
}
