import ColumnEncoding
import Columnar
import Testing

/// Blocks of symbols' codes: round trips of awkward strings, shared tables, codes as identity.
@Suite struct SymbolTableTests {
  private let words = [
    "Deal ", "Сделка ", "Поставка ", "x", "\u{0}", "ÿ", "📦", "https://example.com/", "00", "777",
  ]

  private func text(_ dice: inout Dice, _ longest: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    while dice.next() % 5 != 0, bytes.count < longest {
      switch dice.next() % 4 {
      case 0: bytes += Array(String(dice.next() % 100_000).utf8)
      case 1: bytes.append(UInt8(truncatingIfNeeded: dice.next()))
      default: bytes += Array(words[Int(dice.next() % UInt64(words.count))].utf8)
      }
    }
    return bytes
  }

  private func chunk(
    _ blocks: [[Datum]],
    _ symbols: SharedSymbols = SharedSymbols()
  ) throws -> [EncodedBlock] {
    let encoder = ChunkEncoder(kind: .bytes, symbols: symbols)
    var pages: [ByteBuffer] = []
    for rows in blocks {
      encoder.append(SampleRows.vector(.bytes, rows), rows: 0..<rows.count)
      pages.append(encoder.finishBlock().bytes)
    }
    let end = encoder.finish()
    let dictionary = try end.dictionaryPage.map { try TextDictionary(page: $0) }
    return try pages.map {
      try EncodedBlock(
        bytes: $0,
        kind: .bytes,
        dictionary: dictionary,
        symbols: end.symbolTable
      )
    }
  }

  @Test func `strings of any bytes and lengths come back`() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("symbols: seed \(seed)")
    var dice = Dice(seed: seed)
    var coded = 0
    for round in 0..<40 {
      let count = [1, 64, 1000, 1024, 1025, 3000, 8192][round % 7]
      var rows: [Datum] = (0..<count).map { _ in
        dice.next() % 11 == 0 ? .null : .bytes(text(&dice, 200))
      }
      // One row longer than the decoder's tile, with bytes that have to be escaped.
      let long = (0..<9000).map { $0 % 3 == 0 ? 0xff : UInt8(truncatingIfNeeded: dice.next()) }
      rows[Int.random(in: 0..<count, using: &dice)] = .bytes(long)
      let block = try chunk([rows])[0]
      if block.encoding == .fsst { coded += 1 }
      expectSame(try decoded(block), rows, "round \(round) seed \(seed)")
      for _ in 0..<20 {
        let row = Int.random(in: 0..<count, using: &dice)
        #expect(same(try block.value(at: row), rows[row]), "row \(row) seed \(seed)")
      }
      for step in [1, 3, 100] {
        let wanted = stride(from: 0, to: count, by: step).map { UInt16($0) }
        let vector = Vector(kind: .bytes, capacity: 64)
        try block.gather(wanted.span, into: vector, at: 0)
        try block.gather(wanted.span, into: vector, at: wanted.count)
        let expected = (wanted + wanted).map { rows[Int($0)] }
        expectSame(expected.indices.map { SampleRows.datum(vector, $0) }, expected, "gather")
      }
    }
    #expect(coded > 10)
  }

  @Test func `codes count the characters of their strings`() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("characters: seed \(seed)")
    var dice = Dice(seed: seed)
    var coded = 0
    for count in [700, 1024, 1025, 3000] {
      let rows = (0..<count).map { _ in
        dice.next() % 11 == 0 ? Datum.null : .bytes(text(&dice, 200))
      }
      let block = try chunk([rows])[0]
      var counts = [Int64](repeating: -1, count: groupRowCount)
      var out = counts.mutableSpan
      guard block.characterCounts(group: 0, into: &out) else { continue }
      coded += 1
      for group in 0..<block.groupCount {
        var out = counts.mutableSpan
        #expect(block.characterCounts(group: group, into: &out))
        for row in 0..<block.rowCount(ofGroup: group) {
          guard case .bytes(let bytes) = rows[group * groupRowCount + row] else { continue }
          let expected = bytes.count { $0 & 0xc0 != 0x80 }
          #expect(counts[row] == Int64(expected), "row \(row) of \(group), seed \(seed)")
        }
      }
    }
    #expect(coded > 2)
  }

  @Test func `a column's segments share a table, and equal strings have equal codes`() throws {
    var dice = Dice(seed: 5)
    let symbols = SharedSymbols()
    var codes: [[UInt8]: [UInt8]] = [:]
    var tables: Set<ObjectIdentifier> = []
    for _ in 0..<4 {
      let rows: [Datum] = (0..<4000).map { _ in .bytes(Array("Deal \(dice.next() % 9000)".utf8)) }
      let block = try chunk([rows], symbols)[0]
      #expect(block.encoding == .fsst)
      let table = try #require(block.symbolTable)
      tables.insert(ObjectIdentifier(table))
      for group in 0..<block.groupCount {
        var lengths = [UInt32](repeating: 0, count: 1024)
        var span = lengths.mutableSpan
        #expect(block.codeLengths(group: group, into: &span))
        var rest = block.codeBytes(group: group).bytes[...]
        for row in 0..<block.rowCount(ofGroup: group) {
          let own = Array(rest.prefix(Int(lengths[row])))
          rest = rest.dropFirst(own.count)
          guard case .bytes(let text) = rows[group * 1024 + row] else { continue }
          #expect(codes[text, default: own] == own)
          codes[text] = own
        }
        #expect(rest.isEmpty)
      }
    }
    #expect(tables.count == 1)
    let other: [Datum] = (0..<4000).map { _ in
      .bytes(Array("совсем другое \(dice.next() % 9000)".utf8))
    }
    let block = try chunk([other], symbols)[0]
    let fresh = ObjectIdentifier(try #require(block.symbolTable))
    #expect(!tables.contains(fresh), "other strings get a table of their own")
  }

  @Test func `a stored table is the one that lives already`() throws {
    let rows: [Datum] = (0..<2000).map { .bytes(Array("number \($0 * 7919)".utf8)) }
    let table = try #require(try chunk([rows])[0].symbolTable)
    let copy = table.page.view(offset: 0, count: table.page.byteCount).bytes
    let again = try SymbolTable.stored(unsafe ByteBuffer(copying: copy.span.bytes))
    #expect(again === table)
  }
}
