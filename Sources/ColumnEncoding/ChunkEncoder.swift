package import Columnar

/// Encodes the rows of one column of one segment, block after block.
///
/// Strings begin with a dictionary. It is given up for good at the end of a block when it has more entries
/// than a quarter of the rows so far, or as soon as it is full: blocks written before keep their codes,
/// later blocks are plain. So a chunk is all codes, all plain, or codes and then plain; blocks whose rows
/// are all NULL are constant.
package final class ChunkEncoder {
  package let kind: LaneKind
  package let blockRowCount: Int
  private let codec: BlockCodec
  private let encoder: BlockEncoder
  private var codes: CodeStage?
  private var dictionary: DictionaryBuilder?
  private var sketch = DistinctSketch()
  private var statistics: BlockStatistics?

  ///
  /// - Parameters:
  ///   - kind: The column's lane kind.
  ///   - blockRowCount: Rows of a full block.
  ///   - codec: Compression of the blocks.
  package init(
    kind: LaneKind,
    blockRowCount: Int = standardBlockRowCount,
    codec: BlockCodec = .none
  ) {
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
      block = encoder.finishBlock { self.sketch.insert(hashes: $0) }
    }
    if statistics?.append(block.statistics) == nil { statistics = block.statistics }
    return (CompressedFrame.compress(block.bytes, with: codec), block.statistics)
  }

  /// What is known of all blocks; nil for a chunk without rows.
  ///
  /// Every block must be finished.
  package func finish() -> (
    statistics: BlockStatistics?, sketch: DistinctSketch, dictionaryPage: ByteBuffer?
  ) {
    precondition(rowCount == 0)
    guard let dictionary, dictionary.count > 0 else { return (statistics, sketch, nil) }
    for hash in dictionary.hashes { sketch.insert(hash: hash) }
    return (statistics, sketch, dictionary.page())
  }
}

/// The rows of a block of strings as codes.
final class CodeStage {
  private let builder: DictionaryBuilder
  private var codes: [UInt32]
  private let validity: Vector
  private(set) var rowCount = 0
  private var nullCount = 0
  /// The dictionary of the vectors that came last, and its codes in ours.
  private var known: TextDictionary?
  private var knownCodes: [UInt32] = []

  init(_ builder: DictionaryBuilder, capacity: Int) {
    self.builder = builder
    let groups = (capacity + groupRowCount - 1) / groupRowCount
    codes = Array(repeating: 0, count: groups * groupRowCount)
    validity = Vector(kind: .bool, capacity: capacity)
  }

  /// More than a quarter of the rows so far differ, so codes would save little.
  func isTooVaried(after valuesBefore: Int) -> Bool {
    builder.count > max(16, (valuesBefore + rowCount - nullCount) / 4)
  }

  /// Appends rows until the dictionary is full; returns how many it took.
  func append(_ vector: Vector, rows range: Range<Int>) -> Int {
    if let dictionary = vector.dictionary { learn(dictionary) }
    for row in range {
      let place = rowCount
      if !vector.isValid(row) {
        validity.setNull(place)
        nullCount += 1
        codes[place] = 0
      } else if let code = code(of: vector, at: row) {
        validity.setValid(place)
        codes[place] = code
      } else {
        return row - range.lowerBound
      }
      rowCount += 1
    }
    return range.count
  }

  private func learn(_ dictionary: TextDictionary) {
    guard known !== dictionary else { return }
    known = dictionary
    knownCodes = Array(repeating: .max, count: dictionary.count)
  }

  private func code(of vector: Vector, at row: Int) -> UInt32? {
    guard let dictionary = vector.dictionary else { return builder.code(of: vector.views[row]) }
    let theirs = Int(vector.codes[row])
    if knownCodes[theirs] != .max { return knownCodes[theirs] }
    guard let ours = builder.code(of: dictionary[theirs]) else { return nil }
    knownCodes[theirs] = ours
    return ours
  }

  /// The staged rows as views into the dictionary's bytes.
  func views() -> Vector {
    let vector = Vector(kind: .bytes, capacity: rowCount)
    let empty = vector.reserveBytes(0)
    for row in 0..<rowCount where !validity.isValid(row) { vector.setNull(row) }
    var lanes = vector.mutableViews
    for row in 0..<rowCount {
      lanes[row] = validity.isValid(row) ? builder.views[Int(codes[row])] : empty
    }
    vector.retain(builder)
    return vector
  }

  /// Packs the codes and begins the next block.
  func finishBlock() -> (bytes: ByteBuffer, statistics: BlockStatistics) {
    let stage = RowStage(validityOf: validity, rowCount: rowCount, nullCount: nullCount)
    defer {
      rowCount = 0
      nullCount = 0
      validity.hasNulls = false
    }
    guard nullCount < rowCount else {
      return (
        nullBlock(stage, kind: .bytes), statistics(stage, .null, .null, sum: nil, isSorted: false)
      )
    }
    var header = BlockHeader(
      encoding: .dictionary,
      kind: .bytes,
      rowCount: rowCount,
      nullCount: nullCount
    )
    let known = summary(stage)
    for row in rowCount..<codes.count { codes[row] = 0 }
    let largest = codes.max() ?? 0
    header.width = bitWidth(UInt64(largest))
    header.laneBits = header.width <= 8 ? 8 : 32
    let draft = BlockDraft(
      header,
      payloadBytes: header.groupCount * header.groupBytes,
      stage: stage
    )
    unsafe codes.withUnsafeBufferPointer { codes in
      let base = unsafe codes.baseAddress.unsafelyUnwrapped
      for group in 0..<header.groupCount {
        unsafe packCodes(
          base + group * groupRowCount,
          width: header.width,
          laneBits: header.laneBits,
          into: draft.payload + group * header.groupBytes
        )
      }
    }
    return (draft.buffer, known)
  }

  private func summary(_ stage: RowStage) -> BlockStatistics {
    var isUsed = Array(repeating: false, count: builder.count)
    var bounds: TextBounds?
    var isSorted = nullCount == 0
    var previous: UInt32?
    for row in 0..<rowCount where validity.isValid(row) {
      let code = codes[row]
      if code == previous { continue }
      let view = builder.views[Int(code)]
      if isSorted, let last = previous { isSorted = builder.views[Int(last)].order(view) <= 0 }
      previous = code
      if isUsed[Int(code)] { continue }
      isUsed[Int(code)] = true
      if bounds?.insert(view) == nil { bounds = TextBounds(view) }
    }
    var known = statistics(stage, .null, .null, sum: nil, isSorted: isSorted)
    bounds?.store(in: &known)
    return known
  }
}
