import ColumnEncoding
import Columnar
import Testing

@Suite struct SelectTests {
  @Test func `a range selects exactly the rows that a comparison would`() throws {
    let seed: UInt64 = 77
    var dice = Dice(seed: seed)
    for shape in SampleRows.Shape.allCases {
      for count in [1, 63, 64, 1024, 3000] {
        for nullEvery in [nil, 1, 4] as [Int?] {
          let rows = SampleRows.rows(.int64, shape, count: count, nullEvery: nullEvery, &dice)
          let (block, _) = try block(.int64, rows)
          for _ in 0..<6 { try check(block, rows, &dice, "\(shape) \(count) seed \(seed)") }
        }
      }
    }
  }

  private func check(
    _ block: EncodedBlock,
    _ rows: [Datum],
    _ dice: inout Dice,
    _ note: String
  ) throws {
    func bound() -> Int64 {
      if dice.next() % 8 == 0 { return [Int64.min, .max, 0][Int(dice.next() % 3)] }
      guard case .int64(let value) = rows[Int(dice.next() % UInt64(rows.count))] else { return 3 }
      return value &+ Int64(dice.next() % 3) &- 1
    }
    let (lower, upper) = (bound(), bound())
    var selected: [Int] = []
    var places = [UInt16](repeating: 0, count: 1024)
    for group in 0..<block.groupCount {
      var span = places.mutableSpan
      let count = block.select(group: group, from: lower, through: upper, into: &span)
      selected += places[..<count].map { group * 1024 + Int($0) }
    }
    let expected = rows.indices.filter {
      if case .int64(let value) = rows[$0] { lower <= value && value <= upper } else { false }
    }
    #expect(selected == expected, "\(lower)...\(upper) \(block.encoding) \(note)")
    var others: [Int] = []
    for group in 0..<block.groupCount {
      var words = InlineArray<16, UInt64>(repeating: 0)
      var mask = words.mutableSpan
      block.selectMask(group: group, otherThan: lower, into: &mask)
      for row in 0..<1024 where words[row / 64] >> UInt64(row % 64) & 1 != 0 {
        others.append(group * 1024 + row)
      }
    }
    let different = rows.indices.filter {
      if case .int64(let value) = rows[$0] { value != lower } else { false }
    }
    #expect(others == different, "not \(lower) \(block.encoding) \(note)")
  }

  @Test func `offsets plus the reference are the values`() throws {
    var dice = Dice(seed: 5)
    for shape in SampleRows.Shape.allCases {
      let rows = SampleRows.rows(.int64, shape, count: 2500, nullEvery: nil, &dice)
      let (block, _) = try block(.int64, rows)
      let range = try #require(block.integerRange)
      guard range.width <= 32 else { continue }
      var offsets = [UInt32](repeating: 0, count: 1024)
      for group in 0..<block.groupCount {
        var span = offsets.mutableSpan
        block.decodeOffsets(group: group, into: &span)
        for row in 0..<block.rowCount(ofGroup: group) {
          let value = Datum.int64(range.reference + Int64(offsets[row]))
          #expect(same(value, rows[group * 1024 + row]))
        }
      }
    }
  }

  @Test func `byte codes name the entries, and a table of codes selects rows`() throws {
    var dice = Dice(seed: 8)
    let rows = SampleRows.rows(.bytes, .few, count: 2500, nullEvery: 5, &dice)
    let (block, _) = try block(.bytes, rows)
    let dictionary = try #require(block.dictionary)
    #expect(block.hasByteCodes)
    var table = [UInt8](repeating: 0, count: 256)
    for code in 0..<dictionary.count where code % 2 == 0 { table[code] = 1 }
    var codes = [UInt8](repeating: 0, count: 1024)
    for group in 0..<block.groupCount {
      var span = codes.mutableSpan
      block.decodeCodes(group: group, into: &span)
      var words = [UInt64](repeating: 0, count: 16)
      var mask = words.mutableSpan
      block.selectMask(group: group, codeTable: table.span, into: &mask)
      for row in 0..<block.rowCount(ofGroup: group) {
        let expected = rows[group * 1024 + row]
        let isSet = words[row / 64] >> UInt64(row % 64) & 1 != 0
        guard case .bytes(let text) = expected else {
          #expect(!isSet)
          continue
        }
        #expect(dictionary[Int(codes[row])].bytes == text)
        #expect(isSet == (codes[row] % 2 == 0))
      }
    }
  }
}
