package import Columnar

/// Encodes the rows of one column of one segment, block after block.
///
/// Strings begin with a dictionary. It is given up for good at the end of a block when it has more entries
/// than a quarter of the rows so far, or as soon as it is full: blocks written before keep their codes,
/// later blocks are symbols' codes (``SymbolTable``) or plain, whatever is smaller. Blocks of one value are
/// constant.
package final class ChunkEncoder {
  package let kind: LaneKind
  package let blockRowCount: Int
  private let codec: BlockCodec
  private let encoder: BlockEncoder
  private let shared: SharedSymbols
  private var symbols: SymbolTable?
  /// Whether a block refers to the table; its page is written then.
  private var usesSymbols = false
  private var hasAskedForSymbols = false
  /// Bytes that the blocks of strings that differ take as they are.
  private var plainBytes = 0
  /// What a chunk must have before symbols are thought of.
  private static let symbolsFromBytes = 4096
  private var codes: CodeStage?
  private var dictionary: DictionaryBuilder?
  private var sketch = DistinctSketch()
  private var statistics: BlockStatistics?

  ///
  /// - Parameters:
  ///   - kind: The column's lane kind.
  ///   - blockRowCount: Rows of a full block.
  ///   - codec: Compression of the blocks.
  ///   - symbols: Gives strings their symbol table.
  package init(
    kind: LaneKind,
    blockRowCount: Int = standardBlockRowCount,
    codec: BlockCodec = .none,
    symbols: SharedSymbols = SharedSymbols()
  ) {
    shared = symbols
    self.kind = kind
    self.blockRowCount = blockRowCount
    self.codec = codec
    encoder = BlockEncoder(kind: kind, blockRowCount: blockRowCount)
    if kind == .bytes {
      let builder = DictionaryBuilder()
      dictionary = builder
      codes = CodeStage(builder, capacity: blockRowCount)
    }
  }

  /// Rows in the block being filled.
  package var rowCount: Int { codes?.rowCount ?? encoder.rowCount }

  /// Appends rows of `vector`; the block being filled must have room for them.
  package func append(_ vector: Vector, rows: Range<Int>) {
    precondition(rowCount + rows.count <= blockRowCount)
    guard let codes else {
      encoder.append(vector, rows: rows)
      return
    }
    let taken = codes.append(vector, rows: rows)
    guard taken < rows.count else { return }
    giveUpCodes()
    encoder.append(vector, rows: rows.lowerBound + taken..<rows.upperBound)
  }

  /// Moves the staged rows to the plain encoder.
  private func giveUpCodes() {
    guard let codes else { return }
    self.codes = nil
    if codes.rowCount > 0 { encoder.append(codes.views(), rows: 0..<codes.rowCount) }
  }

  /// Ends the block and begins the next; there must be rows.
  package func finishBlock() -> (bytes: ByteBuffer, statistics: BlockStatistics) {
    let valuesBefore = statistics.map { $0.rowCount - $0.nullCount } ?? 0
    if let codes, codes.isTooVaried(after: valuesBefore) {
      giveUpCodes()
      if valuesBefore == 0 { dictionary = nil }
    }
    let block: (bytes: ByteBuffer, statistics: BlockStatistics)
    if let codes {
      block = codes.finishBlock()
    } else {
      block = encoder.finishBlock(texts: { self.textBlock($0) }) { self.sketch.insert(hashes: $0) }
    }
    return add(block)
  }

  /// Encodes the rows of a block that come all at once; saves the copy of ``append(_:rows:)``.
  ///
  /// - Parameters:
  ///   - rows: Lanes of NULL rows may be changed; strings that are NULL are empty.
  ///   - rowCount: 1...``blockRowCount``; no row may be staged.
  /// - Returns: As ``finishBlock()``.
  package func encodeBlock(
    _ rows: Vector,
    rowCount: Int
  ) -> (bytes: ByteBuffer, statistics: BlockStatistics) {
    precondition(self.rowCount == 0 && (1...blockRowCount).contains(rowCount))
    if codes != nil || rows.dictionary != nil {
      append(rows, rows: 0..<rowCount)
      return finishBlock()
    }
    let stage = RowStage(
      validityOf: rows,
      rowCount: rowCount,
      nullCount: rows.nullCount(rows: rowCount)
    )
    return add(
      encoder.encode(stage, texts: { self.textBlock($0) }) { self.sketch.insert(hashes: $0) }
    )
  }

  private func add(
    _ block: (bytes: ByteBuffer, statistics: BlockStatistics)
  ) -> (bytes: ByteBuffer, statistics: BlockStatistics) {
    if statistics?.append(block.statistics) == nil { statistics = block.statistics }
    return (CompressedFrame.compress(block.bytes, with: codec), block.statistics)
  }

  /// A block of strings that differ: codes where they take less than nine tenths of the strings' bytes, else the strings.
  private func textBlock(_ stage: RowStage) -> ByteBuffer {
    let byteCount = plainTextByteCount(stage)
    plainBytes += byteCount
    if !hasAskedForSymbols {
      guard plainBytes >= Self.symbolsFromBytes else { return plainText(stage) }
      hasAskedForSymbols = true
      symbols = shared.table(for: TextSample(stage))
    }
    guard let symbols, let coded = symbolText(stage, symbols) else { return plainText(stage) }
    if codec == .none {
      guard coded.byteCount * 10 < byteCount * 9 else { return plainText(stage) }
    } else if let plain = plainIfSmaller(than: coded, stage) {
      return plain
    }
    if !usesSymbols {
      // The table's page is part of each segment: the chunk must be large enough to earn it.
      let saved = (byteCount - coded.byteCount) * plainBytes / byteCount
      guard saved > symbols.page.byteCount else { return plainText(stage) }
    }
    usesSymbols = true
    return coded
  }

  /// The strings as they are, where they take no more than codes when both are compressed, as cold blocks are.
  private func plainIfSmaller(than coded: ByteBuffer, _ stage: RowStage) -> ByteBuffer? {
    let plain = plainText(stage)
    let coldCoded = CompressedFrame.compress(coded, with: codec).byteCount
    return coldCoded < CompressedFrame.compress(plain, with: codec).byteCount ? nil : plain
  }

  /// What is known of all blocks; every one must be finished.
  package func finish() -> EncodedChunk {
    precondition(rowCount == 0)
    var chunk = EncodedChunk(
      statistics: statistics,
      sketch: sketch,
      symbolTable: usesSymbols ? symbols : nil
    )
    guard let dictionary, dictionary.count > 0 else { return chunk }
    dictionary.forEachHash { chunk.sketch.insert(hash: $0) }
    chunk.dictionaryPage = dictionary.page()
    chunk.isCoded = codes != nil
    return chunk
  }
}

/// What is known of all blocks of a chunk.
package struct EncodedChunk {
  /// Nil for a chunk without rows.
  package var statistics: BlockStatistics?
  package var sketch: DistinctSketch
  package var dictionaryPage: ByteBuffer?
  package var symbolTable: SymbolTable?
  /// Whether the dictionary has all strings of the chunk.
  package var isCoded = false
}
