// Decoding, selecting and encoding of blocks, beside the speed of memory.

import ColumnEncoding
import Columnar

/// ns a value of each encoding, for data in the second-level cache and in memory.
struct EncodingBenchmark {
  let blockCount: Int

  func run() {
    let bytes = blockCount * standardBlockRowCount * 8
    copySpeed(byteCount: bytes)
    for width in [1, 7, 13, 22, 31, 41, 63] { integers("offsets of \(width) bits", width: width) }
    ascending()
    for entries in [5, 200, 5000] { strings(entries: entries) }
    titles()
  }

  private func report(_ name: String, _ values: Int, _ seconds: Double, bytes: Int) {
    let nanoseconds = seconds * 1e9 / Double(values)
    let rate = Double(bytes) / seconds / 1e9
    print(
      name.padded(to: 44),
      (nanoseconds.shown(3) + " ns/value").padded(to: 20),
      (Double(values) / seconds / 1e6).shown(0).padded(to: 8),
      "M rows/s ",
      rate.shown(1),
      "GB/s encoded"
    )
  }

  private func copySpeed(byteCount: Int) {
    let source = Vector(kind: .int64, capacity: byteCount / 8)
    let target = Vector(kind: .int64, capacity: byteCount / 8)
    let seconds = best {
      let from = source.int64
      var to = target.mutableInt64
      precondition(from.count <= to.count)
      for row in 0..<from.count { to[row] = from[row] }
    }
    report("copy of 8-byte values", byteCount / 8, seconds, bytes: byteCount)
  }

  private func encode(
    _ kind: LaneKind,
    _ name: String,
    _ fill: (Vector, Int) -> Void
  ) -> [EncodedBlock] {
    let vector = Vector(kind: kind, capacity: standardBlockRowCount)
    let chunk = ChunkEncoder(kind: kind)
    var raw: [ByteBuffer] = []
    var encodeSeconds = 0.0
    for block in 0..<blockCount {
      vector.reset()
      fill(vector, block)
      encodeSeconds += elapsed {
        chunk.append(vector, rows: 0..<standardBlockRowCount)
        raw.append(chunk.finishBlock().bytes)
      }
    }
    let end = chunk.finish()
    let dictionary = end.dictionaryPage.flatMap { try? TextDictionary(page: $0) }
    let blocks = raw.compactMap {
      try? EncodedBlock(bytes: $0, kind: kind, dictionary: dictionary, symbols: end.symbolTable)
    }
    let bytes = blocks.reduce(0) { $0 + $1.residentBytes }
    report(
      "\(name): encode (\(blocks[0].encoding))",
      blockCount * standardBlockRowCount,
      encodeSeconds,
      bytes: bytes
    )
    return blocks
  }

  private func each(_ name: String, _ blocks: [EncodedBlock], _ body: (EncodedBlock, Int) -> Void) {
    let bytes = blocks.reduce(0) { $0 + $1.residentBytes }
    let seconds = best {
      for block in blocks { for group in 0..<block.groupCount { body(block, group) } }
    }
    report(name, blocks.count * standardBlockRowCount, seconds, bytes: bytes)
    let few = Array(blocks.prefix(2))
    let cached = best {
      for _ in 0..<50 {
        for block in few { for group in 0..<block.groupCount { body(block, group) } }
      }
    }
    report(name + ", cached", 100 * standardBlockRowCount, cached, bytes: 0)
  }

  private func integers(_ name: String, width: Int) {
    var state: UInt64 = 1
    let blocks = encode(.int64, name) { vector, _ in
      var lanes = vector.mutableInt64
      for row in 0..<standardBlockRowCount {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        lanes[row] = Int64(state >> UInt64(64 - width))
      }
    }
    let vector = Vector(kind: .int64)
    each("  decode to int64", blocks) { _ = try? $0.decode(group: $1, into: vector) }
    guard width <= 32 else { return }
    var offsets = [UInt32](repeating: 0, count: 1024)
    each("  decode to offsets", blocks) {
      var span = offsets.mutableSpan
      $0.decodeOffsets(group: $1, into: &span)
    }
    var rows = [UInt16](repeating: 0, count: 1024)
    let upper = Int64(1) << Int64(width - 1)
    each("  select half of the range", blocks) {
      var span = rows.mutableSpan
      _ = $0.select(group: $1, from: 0, through: upper, into: &span)
    }
  }

  private func ascending() {
    var value: Int64 = 0
    let blocks = encode(.int64, "ascending") { vector, _ in
      var lanes = vector.mutableInt64
      for row in 0..<standardBlockRowCount {
        value += 1_000_000 + (value &* 31) & 255
        lanes[row] = value
      }
    }
    let vector = Vector(kind: .int64)
    each("  decode to int64", blocks) { _ = try? $0.decode(group: $1, into: vector) }
    let seconds = best { for row in 0..<8192 { _ = blocks[0].integer(at: row) } }
    report("  one row", 8192, seconds, bytes: 0)
  }

  private func strings(entries: Int) {
    var state: UInt64 = 1
    let names = (0..<entries).map { Array("entry \($0)".utf8) }
    let blocks = encode(.bytes, "\(entries) strings") { vector, _ in
      let views = names.map { vector.store($0.span) }
      var lanes = vector.mutableViews
      for row in 0..<standardBlockRowCount {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        lanes[row] = views[Int(state >> 33) % entries]
      }
    }
    if blocks.allSatisfy({ $0.hasByteCodes }) {
      var codes = [UInt8](repeating: 0, count: 1024)
      each("  byte codes", blocks) {
        var span = codes.mutableSpan
        $0.decodeCodes(group: $1, into: &span)
      }
    }
    let vector = Vector(kind: .bytes)
    each("  decode to codes", blocks) { _ = try? $0.decode(group: $1, into: vector) }
  }

  private func titles() {
    let blocks = encode(.bytes, "titles") { vector, block in
      let views = (0..<standardBlockRowCount).map {
        vector.store(Array("Deal \(block * 8192 + $0) of client".utf8).span)
      }
      var lanes = vector.mutableViews
      for row in 0..<standardBlockRowCount { lanes[row] = views[row] }
    }
    let vector = Vector(kind: .bytes)
    each("  decode to views", blocks) { _ = try? $0.decode(group: $1, into: vector) }
    let seconds = best { for row in 0..<8192 { _ = try? blocks[0].value(at: row) } }
    report("  one row", 8192, seconds, bytes: 0)
    search("'%777%'", blocks, [.anything, .oneOf([Array("777".utf8)]), .anything])
    search("'Deal 77%'", blocks, [.oneOf([Array("Deal 77".utf8)]), .anything])
  }

  private func search(
    _ name: String,
    _ blocks: [EncodedBlock],
    _ elements: [TextAutomaton.Element]
  ) {
    guard let automaton = TextAutomaton(elements) else { return }
    let matcher = TextMatcher(.accepts(automaton))
    var mask = [UInt64](repeating: 0, count: 16)
    each("  LIKE \(name)", blocks) { block, group in
      var words = mask.mutableSpan
      _ = matcher.select(block, group: group, negated: false, into: &words)
    }
  }
}
