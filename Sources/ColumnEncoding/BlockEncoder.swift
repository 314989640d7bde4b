internal import CKernels
package import Columnar

/// Collects rows of one column and turns them into a block, in the encoding that fits the data.
///
/// Choice, smallest first where two serve equally: constant; dictionary when the chunk has one; run-length
/// when it takes less than half of what packing takes; delta when at least two bits narrower than frame of
/// reference; frame of reference; plain.
///
/// Memory: one block of rows. The rows of NULL lanes repeat the value before, so that they cost nothing.
package final class BlockEncoder {
  package let kind: LaneKind
  package let blockRowCount: Int
  /// Rows collected so far.
  package var rowCount: Int { isStaged ? stage.rowCount : 0 }
  /// Made when rows are appended; whole blocks need none.
  private(set) lazy var stage = RowStage(kind: kind, capacity: blockRowCount)
  private var isStaged = false
  private let offsets: GroupBuffers

  ///
  /// - Parameters:
  ///   - kind: The column's lane kind.
  ///   - blockRowCount: Rows of a full block, 1...65,536.
  package init(kind: LaneKind, blockRowCount: Int = standardBlockRowCount) {
    precondition((1...BlockHeader.rowCountMax).contains(blockRowCount))
    self.kind = kind
    self.blockRowCount = blockRowCount
    offsets = GroupBuffers()
  }

  /// Appends rows of `vector`; together with those there at most `blockRowCount`.
  package func append(_ vector: Vector, rows: Range<Int>) {
    precondition(rowCount + rows.count <= blockRowCount)
    isStaged = true
    stage.append(vector, rows: rows)
  }

  /// Ends the block and begins the next one; there must be rows.
  package func finishBlock() -> (bytes: ByteBuffer, statistics: BlockStatistics) {
    finishBlock(texts: plainText, sketch: nil)
  }

  func finishBlock(
    texts: (RowStage) -> ByteBuffer,
    sketch: ((Span<UInt64>) -> Void)?
  ) -> (bytes: ByteBuffer, statistics: BlockStatistics) {
    defer { stage.reset() }
    return encode(stage, texts: texts, sketch: sketch)
  }

  /// Encodes the rows of a stage: the encoder's own, or a vector that holds a whole block.
  func encode(
    _ stage: RowStage,
    texts: (RowStage) -> ByteBuffer,
    sketch: ((Span<UInt64>) -> Void)?
  ) -> (bytes: ByteBuffer, statistics: BlockStatistics) {
    precondition(stage.rowCount > 0)
    stage.repeatValuesOverNulls()
    let result =
      switch kind {
      case .int64: encodeIntegers(stage, offsets)
      case .float64: encodeDoubles(stage)
      case .bool: encodeBooleans(stage)
      case .bytes: encodeText(stage, texts)
      case .int128, .uuid, .interval, .decimal: encodeWide(stage)
      }
    if let sketch { stage.hashes(sketch) }
    return result
  }

  /// One block of rows 0..<`rowCount` of a vector; for rows that come at once.
  package static func encode(
    _ vector: Vector,
    rowCount: Int
  ) -> (bytes: ByteBuffer, statistics: BlockStatistics) {
    let encoder = BlockEncoder(kind: vector.kind, blockRowCount: rowCount)
    encoder.append(vector, rows: 0..<rowCount)
    return encoder.finishBlock()
  }
}

/// Rows of a block outside of tests.
@inlinable package var standardBlockRowCount: Int { 8192 }

/// A block under construction: head, bitmap and a zeroed payload.
@safe
struct BlockDraft {
  let buffer: ByteBuffer
  let payload: UnsafeMutableRawPointer

  init(_ header: BlockHeader, payloadBytes: Int, stage: RowStage) {
    let buffer = ByteBuffer(byteCount: header.payloadOffset + payloadBytes)
    self.buffer = buffer
    unsafe payload = buffer.base + header.payloadOffset
    unsafe payload.initializeMemory(as: UInt8.self, repeating: 0, count: payloadBytes)
    var bytes = buffer.mutableBytes
    header.write(to: &bytes)
    guard header.hasValidity else { return }
    let rows = stage.rows
    let validity = rows.validity
    for word in 0..<header.validityWordCount {
      let rest = header.rowCount - word * 64
      let mask: UInt64 = rest >= 64 ? ~0 : (1 << UInt64(rest)) - 1
      bytes.store(validity[word] & mask, at: BlockHeader.sizeBytes + word * 8)
    }
  }
}

/// Scratch of one group, so that encoders need none of their own.
@safe
final class GroupBuffers {
  let values: UnsafeMutablePointer<Int64>
  init() {
    unsafe values = .allocate(capacity: groupRowCount)
    unsafe values.initialize(repeating: 0, count: groupRowCount)
  }
  deinit { unsafe values.deallocate() }
}

extension EncodedBlock {
  /// A block of `rowCount` rows that all hold `value`, for columns that were added after the rows.
  package static func constant(
    _ value: Datum,
    kind: LaneKind,
    rowCount: Int
  ) throws(EncodingError) -> EncodedBlock {
    let one = Vector(kind: kind, capacity: 1)
    guard one.set(value, at: 0) else { throw .corrupt(field: "constant", offset: 0) }
    let encoder = BlockEncoder(kind: kind, blockRowCount: rowCount)
    for _ in 0..<rowCount { encoder.append(one, rows: 0..<1) }
    return try EncodedBlock(bytes: encoder.finishBlock().bytes, kind: kind, dictionary: nil)
  }
}

extension Vector {
  /// Writes one value; false when it is of another kind.
  @discardableResult
  package func set(_ value: Datum, at row: Int) -> Bool {
    setValid(row)
    switch (value, kind) {
    case (.null, _):
      if kind == .bytes && dictionary == nil {
        let empty = reserveBytes(0)
        var lanes = mutableViews
        lanes[row] = empty
      }
      setNull(row)
    case (.boolean(let value), .bool):
      var lanes = mutableBool
      lanes[row] = value ? 1 : 0
    case (.int64(let value), .int64):
      var lanes = mutableInt64
      lanes[row] = value
    case (.int128(let value), .int128):
      var lanes = mutableInt128
      lanes[row] = value
    case (.double(let value), .float64):
      var lanes = mutableFloat64
      lanes[row] = value
    case (.decimal, .decimal), (.wide, .decimal):
      setDecimal(value.numeric ?? .zero, at: row)
    case (.uuid(let value), .uuid):
      var lanes = mutableUUID
      lanes[row] = value
    case (.interval(let value), .interval):
      var lanes = mutableInterval
      lanes[row] = value
    case (.bytes(let value), .bytes):
      guard dictionary == nil else { return false }
      let view = store(value.span)
      var lanes = mutableViews
      lanes[row] = view
    default: return false
    }
    return true
  }
}
