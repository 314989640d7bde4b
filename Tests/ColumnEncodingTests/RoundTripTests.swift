import ColumnEncoding
import Columnar
import Testing

/// Encodes rows as a chunk of one block and opens it.
func block(
  _ kind: LaneKind,
  _ rows: [Datum],
  codec: BlockCodec = .none
) throws -> (block: EncodedBlock, statistics: BlockStatistics) {
  let chunk = ChunkEncoder(kind: kind, blockRowCount: rows.count, codec: codec)
  chunk.append(SampleRows.vector(kind, rows), rows: 0..<rows.count)
  let (bytes, statistics) = chunk.finishBlock()
  let end = chunk.finish()
  let dictionary = try end.dictionaryPage.map { try TextDictionary(page: $0) }
  return (
    try EncodedBlock(bytes: bytes, kind: kind, dictionary: dictionary, symbols: end.symbolTable),
    statistics
  )
}

func decoded(_ block: EncodedBlock) throws -> [Datum] {
  let vector = Vector(kind: block.kind)
  var rows: [Datum] = []
  for group in 0..<block.groupCount {
    let count = try block.decode(group: group, into: vector)
    rows += (0..<count).map { SampleRows.datum(vector, $0) }
  }
  return rows
}

func expectSame(_ actual: [Datum], _ expected: [Datum], _ note: String) {
  guard actual.count == expected.count else {
    Issue.record("\(actual.count) rows instead of \(expected.count): \(note)")
    return
  }
  for row in actual.indices where !same(actual[row], expected[row]) {
    Issue.record("row \(row): \(actual[row]) instead of \(expected[row]): \(note)")
    return
  }
}

@Suite struct RoundTripTests {
  @Test(arguments: SampleRows.kinds)
  func `decoding gives back the rows of every kind, shape, size and null pattern`(
    kind: LaneKind
  ) throws {
    let seed: UInt64 = 20_261_121
    var dice = Dice(seed: seed)
    var seen: Set<BlockEncoding> = []
    for shape in SampleRows.Shape.allCases {
      for count in [1, 2, 15, 16, 17, 33, 64, 1000, 1024, 1025, 2048, 5000] {
        for nullEvery in [nil, 1, 2, 50] as [Int?] {
          let rows = SampleRows.rows(kind, shape, count: count, nullEvery: nullEvery, &dice)
          let (block, statistics) = try block(kind, rows)
          seen.insert(block.encoding)
          let note =
            "\(kind) \(shape) \(count) nulls \(nullEvery ?? 0) \(block.encoding) seed \(seed)"
          expectSame(try decoded(block), rows, note)
          #expect(statistics.rowCount == count)
          #expect(statistics.nullCount == rows.count { $0.isNull })
          try checkSingleRows(of: block, rows, &dice, note)
          try checkAppendedRows(of: block, rows, &dice, note)
          checkStatistics(statistics, rows, note)
        }
      }
    }
    if kind == .int64 {
      #expect(seen == [.constant, .runLength, .frameOfReference, .delta, .plain, .scaled])
    }
    if kind == .bytes { #expect(seen == [.constant, .dictionary, .plain, .fsst]) }
    if kind == .float64 { #expect(seen == [.constant, .runLength, .plain]) }
    if kind == .decimal { #expect(seen == [.constant, .frameOfReference, .plain]) }
  }

  private func checkSingleRows(
    of block: EncodedBlock,
    _ rows: [Datum],
    _ dice: inout Dice,
    _ note: String
  ) throws {
    for _ in 0..<5 {
      let row = Int.random(in: 0..<rows.count, using: &dice)
      #expect(same(try block.value(at: row), rows[row]), "row \(row) \(note)")
    }
    let step = Int.random(in: 1...20, using: &dice)
    let wanted = stride(from: 0, to: rows.count, by: step).map { UInt16($0) }
    let vector = Vector(kind: block.kind, capacity: 64)
    try block.gather(wanted.span, into: vector, at: 0)
    let more: [UInt16] = [UInt16(rows.count - 1)]
    try block.gather(more.span, into: vector, at: wanted.count)
    let expected = (wanted + more).map { rows[Int($0)] }
    expectSame(expected.indices.map { SampleRows.datum(vector, $0) }, expected, "gather \(note)")
  }

  /// Groups of which all, most or few rows are kept, one behind the other.
  private func checkAppendedRows(
    of block: EncodedBlock,
    _ rows: [Datum],
    _ dice: inout Dice,
    _ note: String
  ) throws {
    let vector = Vector(kind: block.kind, capacity: 64)
    var expected: [Datum] = []
    for group in 0..<block.groupCount {
      let part = rows[group * 1024..<min(rows.count, group * 1024 + 1024)]
      let oneOf = [1, 1, 2, 30].randomElement(using: &dice) ?? 1
      var mask = InlineArray<16, UInt64>(repeating: 0)
      var kept: [Datum] = []
      for (place, value) in part.enumerated() where Int.random(in: 0..<oneOf, using: &dice) == 0 {
        mask[place >> 6] |= 1 << UInt64(place & 63)
        kept.append(value)
      }
      let isAppended = try block.append(
        group: group,
        keeping: mask.span,
        count: kept.count,
        into: vector,
        at: expected.count
      )
      #expect(isAppended == block.hasPlainLanes, "\(note)")
      guard isAppended else { return }
      expected += kept
    }
    expectSame(expected.indices.map { SampleRows.datum(vector, $0) }, expected, "append \(note)")
  }

  private func checkStatistics(_ statistics: BlockStatistics, _ rows: [Datum], _ note: String) {
    let values = rows.filter { !$0.isNull }
    var sum: Int128? = 0
    for value in values {
      if case .int64(let number) = value {
        sum? += Int128(number)
      } else if case .int128(let number) = value, let soFar = sum {
        let (total, overflow) = soFar.addingReportingOverflow(number)
        sum = overflow ? nil : total
      } else {
        sum = nil
      }
      if statistics.minimum.isNull { continue }
      #expect(statistics.minimum.isBefore(value, orEqual: true) == true, "minimum \(note)")
      if !statistics.isMaximumTruncated {
        #expect(value.isBefore(statistics.maximum, orEqual: true) == true, "maximum \(note)")
      }
    }
    if [.int64, .int128].contains(kindOf(values.first)) {
      #expect(statistics.sum == sum, "\(note)")
    }
    if statistics.isSorted {
      #expect(values.count == rows.count)
      for row in rows.indices.dropFirst() {
        #expect(rows[row - 1].isBefore(rows[row], orEqual: true) == true, "sorted \(note)")
      }
    }
  }

  private func kindOf(_ value: Datum?) -> LaneKind? {
    switch value {
    case .int64: .int64
    case .int128: .int128
    default: nil
    }
  }

  @Test func `every width of frame of reference round-trips`() throws {
    var dice = Dice(seed: 64)
    for width in 0...64 {
      let mask: UInt64 = width == 64 ? ~0 : (1 << UInt64(width)) - 1
      var rows = (0..<1100).map { _ in Datum.int64(Int64(bitPattern: dice.next() & mask)) }
      rows[3] = .int64(0)
      rows[4] = .int64(Int64(bitPattern: mask))
      let (block, _) = try block(.int64, rows)
      expectSame(try decoded(block), rows, "width \(width)")
    }
  }

  @Test func `compressed blocks decode like plain ones`() throws {
    var dice = Dice(seed: 3)
    for codec in [BlockCodec.lz4, .zstd] {
      for kind in SampleRows.kinds {
        let rows = SampleRows.rows(kind, .few, count: 3000, nullEvery: 9, &dice)
        let (block, _) = try block(kind, rows, codec: codec)
        expectSame(try decoded(block), rows, "\(kind) \(codec)")
      }
    }
  }

  @Test func `a dictionary that fills up leaves the later blocks to symbols`() throws {
    let chunk = ChunkEncoder(kind: .bytes, blockRowCount: 8192)
    var blocks: [ByteBuffer] = []
    var expected: [Datum] = []
    for block in 0..<40 {
      // Few values at first, then more and more that are new.
      let rows = (0..<8192).map { row in
        Datum.bytes(Array("value \(block < 4 ? row % 500 : block * 8192 + row)".utf8))
      }
      chunk.append(SampleRows.vector(.bytes, rows), rows: 0..<8192)
      blocks.append(chunk.finishBlock().bytes)
      expected += rows
    }
    let summary = chunk.finish()
    #expect(!summary.isCoded)
    let dictionary = try TextDictionary(page: try #require(summary.dictionaryPage))
    let opened = try blocks.map {
      try EncodedBlock(
        bytes: $0,
        kind: .bytes,
        dictionary: dictionary,
        symbols: summary.symbolTable
      )
    }
    #expect(opened[0].encoding == .dictionary)
    #expect(opened[39].encoding == .fsst)
    expectSame(try opened.flatMap { try decoded($0) }, expected, "mixed chunk")
    let truth = Double(500 + 36 * 8192)
    #expect(abs(summary.sketch.estimate - truth) < truth * 0.12)
  }

  @Test func `a dictionary of more strings than 16 bits count serves all blocks`() throws {
    let chunk = ChunkEncoder(kind: .bytes, blockRowCount: 8192)
    var blocks: [ByteBuffer] = []
    var expected: [Datum] = []
    for block in 0..<50 {
      // A sixth of the rows brings a new string.
      let rows = (0..<8192).map { row in
        let number = row % 6 == 0 ? block * 1366 + row / 6 : row % 50
        return Datum.bytes(Array("value \(number)".utf8))
      }
      chunk.append(SampleRows.vector(.bytes, rows), rows: 0..<8192)
      blocks.append(chunk.finishBlock().bytes)
      expected += rows
    }
    let summary = chunk.finish()
    let dictionary = try TextDictionary(page: try #require(summary.dictionaryPage))
    #expect(dictionary.count > 65_536)
    #expect(summary.isCoded && summary.symbolTable == nil)
    let opened = try blocks.map {
      try EncodedBlock(bytes: $0, kind: .bytes, dictionary: dictionary)
    }
    expectSame(try opened.flatMap { try decoded($0) }, expected, "wide codes")
  }

  @Test func `rows gathered from blocks of two dictionaries become views`() throws {
    let (first, _) = try block(
      .bytes,
      [.bytes([1]), .bytes([1]), .bytes([2]), .null] + Array(repeating: .bytes([1]), count: 90)
    )
    let (second, _) = try block(
      .bytes,
      [.bytes([7]), .bytes([8])] + Array(repeating: .bytes([7]), count: 90)
    )
    #expect(first.encoding == .dictionary && second.encoding == .dictionary)
    let vector = Vector(kind: .bytes, capacity: 64)
    try first.gather([0, 2, 3].span, into: vector, at: 0)
    #expect(vector.dictionary != nil)
    try second.gather([1].span, into: vector, at: 3)
    #expect(vector.dictionary == nil)
    expectSame(
      (0..<4).map { SampleRows.datum(vector, $0) },
      [.bytes([1]), .bytes([2]), .null, .bytes([8])],
      "two dictionaries"
    )
  }
}
