import ColumnEncoding
import Columnar
import Testing

@Suite struct HostileBytesTests {
  private struct Sample {
    var kind: LaneKind
    var bytes: [UInt8]
    var dictionary: TextDictionary?
    var symbols: SymbolTable?
  }

  /// Encoded blocks of every kind and shape, with their dictionaries and symbols.
  private func samples() -> [Sample] {
    var dice = Dice(seed: 1)
    var samples: [Sample] = []
    for kind in SampleRows.kinds {
      for shape in SampleRows.Shape.allCases {
        for codec in [BlockCodec.none, .lz4, .zstd] {
          let rows = SampleRows.rows(kind, shape, count: 70, nullEvery: 6, &dice)
          let chunk = ChunkEncoder(kind: kind, blockRowCount: 70, codec: codec)
          chunk.append(SampleRows.vector(kind, rows), rows: 0..<70)
          let bytes = chunk.finishBlock().bytes
          let end = chunk.finish()
          samples.append(
            Sample(
              kind: kind,
              bytes: bytes.view(offset: 0, count: bytes.byteCount).bytes,
              dictionary: end.dictionaryPage.flatMap { try? TextDictionary(page: $0) },
              symbols: end.symbolTable
            )
          )
        }
      }
    }
    return samples
  }

  /// Opens bytes and, where they are accepted, reads all that can be read.
  private func use(_ bytes: [UInt8], _ sample: Sample) -> Bool {
    let buffer = unsafe ByteBuffer(copying: bytes.span.bytes)
    let kind = sample.kind
    guard
      let block = try? EncodedBlock(
        bytes: buffer,
        kind: kind,
        dictionary: sample.dictionary,
        symbols: sample.symbols
      )
    else { return false }
    if kind == .bytes { search(block) }
    _ = try? decoded(block)
    _ = try? block.value(at: block.rowCount - 1)
    let vector = Vector(kind: kind)
    _ = try? block.gather([0, UInt16(min(69, block.rowCount - 1))].span, into: vector, at: 0)
    if kind == .int64 {
      var places = [UInt16](repeating: 0, count: 1024)
      var span = places.mutableSpan
      _ = block.select(group: 0, from: -5, through: 1 << 40, into: &span)
      if let range = block.integerRange, range.width <= 32 {
        var offsets = [UInt32](repeating: 0, count: 1024)
        var span = offsets.mutableSpan
        block.decodeOffsets(group: 0, into: &span)
      }
    }
    if block.hasByteCodes {
      var codes = [UInt8](repeating: 0, count: 1024)
      var span = codes.mutableSpan
      block.decodeCodes(group: 0, into: &span)
    }
    return true
  }

  private func search(_ block: EncodedBlock) {
    let word = Array("строка 5".utf8)
    var questions: [TextQuestion] = [.equals(word)]
    if let automaton = TextAutomaton([.anything, .oneOf([word]), .anything]) {
      questions += [.accepts(automaton), .contains(word, automaton)]
    }
    for question in questions {
      let matcher = TextMatcher(question)
      var mask = [UInt64](repeating: 0, count: 16)
      var words = mask.mutableSpan
      _ = matcher.select(block, group: 0, negated: false, into: &words)
    }
    var lengths = [UInt32](repeating: 0, count: 1024)
    var span = lengths.mutableSpan
    _ = block.codeLengths(group: 0, into: &span)
  }

  @Test func `changed bytes never trap a decoder`() {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("hostile bytes: seed \(seed)")
    var dice = Dice(seed: seed)
    var acceptedCount = 0
    for sample in samples() {
      for _ in 0..<200 {
        var bytes = sample.bytes
        for _ in 0..<Int.random(in: 1...3, using: &dice) {
          // The head is where lies do the most harm.
          let limit = dice.next() % 2 == 0 ? min(48, bytes.count) : bytes.count
          let place = Int.random(in: 0..<limit, using: &dice)
          bytes[place] = UInt8(truncatingIfNeeded: dice.next())
        }
        if use(bytes, sample) { acceptedCount += 1 }
      }
    }
    #expect(acceptedCount > 0)
  }

  @Test func `every truncation is refused or harmless`() {
    for sample in samples() {
      for count in 0..<sample.bytes.count {
        let isAccepted = use(Array(sample.bytes[..<count]), sample)
        #expect(!isAccepted, "\(sample.kind) of \(sample.bytes.count) bytes cut to \(count)")
      }
    }
  }

  @Test func `changed pages of symbols never trap, and only whole ones are taken`() throws {
    var dice = Dice(seed: 13)
    let rows = SampleRows.rows(.bytes, .wide, count: 200, nullEvery: nil, &dice)
    let chunk = ChunkEncoder(kind: .bytes, blockRowCount: 200)
    chunk.append(SampleRows.vector(.bytes, rows), rows: 0..<200)
    let block = chunk.finishBlock().bytes
    let page = try #require(chunk.finish().symbolTable).page
    let good = page.view(offset: 0, count: page.byteCount).bytes
    for round in 0..<3000 {
      var bytes = good
      if round % 3 == 0 {
        bytes.removeLast(Int.random(in: 1...good.count, using: &dice))
      } else {
        let limit = dice.next() % 2 == 0 ? 64 : bytes.count
        bytes[Int.random(in: 0..<limit, using: &dice)] = UInt8(truncatingIfNeeded: dice.next())
      }
      let table = try? SymbolTable.stored(unsafe ByteBuffer(copying: bytes.span.bytes))
      if round % 3 == 0 { #expect(table == nil) }
      // A block of codes read with symbols that are not its own.
      guard
        let opened = try? EncodedBlock(
          bytes: block,
          kind: .bytes,
          dictionary: nil,
          symbols: table
        )
      else { continue }
      _ = try? decoded(opened)
      search(opened)
    }
  }

  @Test func `changed dictionary pages never trap`() throws {
    var dice = Dice(seed: 12)
    let chunk = ChunkEncoder(kind: .bytes, blockRowCount: 100)
    let rows = SampleRows.rows(.bytes, .few, count: 100, nullEvery: nil, &dice)
    chunk.append(SampleRows.vector(.bytes, rows), rows: 0..<100)
    _ = chunk.finishBlock()
    let page = try #require(chunk.finish().dictionaryPage)
    let good = page.view(offset: 0, count: page.byteCount).bytes
    for round in 0..<3000 {
      var bytes = good
      if round % 3 == 0 {
        bytes.removeLast(Int.random(in: 1...good.count, using: &dice))
      } else {
        bytes[Int.random(in: 0..<bytes.count, using: &dice)] = UInt8(
          truncatingIfNeeded: dice.next()
        )
      }
      let buffer = unsafe ByteBuffer(copying: bytes.span.bytes)
      if let dictionary = try? TextDictionary(page: buffer) {
        for code in 0..<dictionary.count { _ = dictionary[code].bytes }
      }
    }
  }
}
