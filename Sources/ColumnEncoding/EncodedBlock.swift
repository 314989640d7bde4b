package import Columnar

/// A checked, immutable, shareable view of one encoded block: up to 65,536 rows of one column, in
/// groups of 1,024.
///
/// The initialiser proves everything that the decoders rely on (sizes, codes below the dictionary's
/// count, string lengths inside the bytes), so decoding is unchecked afterwards and any block that was
/// accepted decodes to something, whatever its bytes.
@safe
package final class EncodedBlock: @unchecked Sendable {
  package let kind: LaneKind
  package let encoding: BlockEncoding
  package let rowCount: Int
  package let nullCount: Int
  /// The chunk's strings; only when `encoding == .dictionary`.
  package let dictionary: TextDictionary?
  /// What the codes stand for; only when `encoding == .fsst`.
  ///
  /// Blocks with an identical table have equal codes for equal strings.
  package let symbolTable: SymbolTable?
  let header: BlockHeader
  /// The first byte of the payload; here, so that a reader of single rows need not look into ``buffer`` for it.
  let payload: UnsafeRawPointer
  /// The block as it was encoded, out of its compressed frame.
  package let buffer: ByteBuffer
  /// Run ends; run-length only.
  let runCount: Int

  /// Checks an encoded block.
  ///
  /// - Parameters:
  ///   - bytes: One block, plain or in a compressed frame; untrusted.
  ///   - kind: The lane kind that the catalog expects.
  ///   - dictionary: The chunk's dictionary, when it has one.
  ///   - symbols: The chunk's symbol table, when it has one.
  /// - Throws: ``EncodingError`` for bytes that no encoder writes.
  /// - Complexity: O(rows) for text and dictionary blocks (0.1 ns a row), else O(1).
  package init(
    bytes: ByteBuffer,
    kind: LaneKind,
    dictionary: TextDictionary?,
    symbols: SymbolTable? = nil
  ) throws(EncodingError) {
    let isFrame = CompressedFrame.isFrame(bytes.bytes)
    let block = isFrame ? try CompressedFrame.decompress(bytes) : bytes
    let header = try BlockHeader(from: block.bytes)
    guard header.kind == kind else { throw .corrupt(field: "kind", offset: 2) }
    buffer = block
    self.header = header
    // SAFETY: `buffer` lives as long as the block, and the header was checked against its size.
    unsafe payload = UnsafeRawPointer(block.base + header.payloadOffset)
    self.kind = kind
    encoding = header.encoding
    rowCount = header.rowCount
    nullCount = header.nullCount
    self.dictionary = header.encoding == .dictionary ? dictionary : nil
    symbolTable = header.encoding == .fsst ? symbols : nil
    runCount =
      header.encoding == .runLength
      ? try Self.checkedRunCount(of: block, header) : 0
    try checkPayload()
  }

  /// Groups of 1,024 rows.
  package var groupCount: Int { header.groupCount }

  /// Bytes held in memory, without the shared dictionary.
  package var residentBytes: Int { buffer.byteCount + 160 }

  /// Rows of group `group`: 1,024 but in the last one.
  package func rowCount(ofGroup group: Int) -> Int {
    min(groupRowCount, rowCount - group * groupRowCount)
  }

  /// int64 blocks: every row that is not NULL is `reference` plus an offset of at most `width` bits;
  /// nil for other kinds.
  package var integerRange: (reference: Int64, width: Int)? {
    guard kind == .int64 else { return nil }
    switch encoding {
    case .constant: return (header.reference, 0)
    case .frameOfReference: return (header.reference, header.width)
    default: return (header.reference, header.rangeWidth)
    }
  }

  // MARK: Places in the bytes

  /// The validity words; only when `header.hasValidity`.
  var validityWords: UnsafePointer<UInt64> {
    unsafe UnsafeRawPointer(buffer.base + BlockHeader.sizeBytes)
      .assumingMemoryBound(to: UInt64.self)
  }

  /// Bytes of the seeds before each packed group of a delta block.
  var seedBytes: Int { encoding == .delta ? header.detail * 128 : 0 }

  /// The packed values of a group.
  func packedGroup(_ group: Int) -> UnsafeRawPointer {
    unsafe payload + (packedOffset + group * (seedBytes + header.groupBytes) + seedBytes)
  }

  /// Where packed groups begin in the payload.
  var packedOffset: Int {
    holdsTexts ? TextLayout.startsBytes(header) : 0
  }

  /// Whether the payload is packed lengths and then the strings' bytes or codes.
  var holdsTexts: Bool { encoding == .fsst || (encoding == .plain && kind == .bytes) }

  /// Whether a row is not NULL; `row` must be inside.
  func isValid(_ row: Int) -> Bool {
    if nullCount == 0 { return true }
    if nullCount == rowCount { return false }
    return unsafe validityWords[row >> 6] &>> UInt64(row & 63) & 1 != 0
  }

  func checkGroup(_ group: Int) throws(EncodingError) {
    guard group >= 0 && group < groupCount else {
      throw .outOfRange(index: group, count: groupCount)
    }
  }
}

/// Sizes inside the payload of a block of texts: u32 starts of every group and the end, for codes also those of
/// the texts that they stand for, padded to 8 bytes; the packed lengths; the bytes or codes.
enum TextLayout {
  static func startsBytes(_ header: BlockHeader) -> Int {
    let lists = header.encoding == .fsst ? 2 : 1
    return ((header.groupCount + 1) * 4 * lists + 7) / 8 * 8
  }
  static func bytesOffset(_ header: BlockHeader) -> Int {
    startsBytes(header) + header.groupCount * header.groupBytes
  }
}

/// Sizes inside the payload of a run-length block: u32 count, u32 zero, u32 ends padded to 8 bytes,
/// 8-byte values.
enum RunLayout {
  static func valuesOffset(_ runCount: Int) -> Int { 8 + (runCount * 4 + 7) / 8 * 8 }
  static func payloadBytes(_ runCount: Int) -> Int { valuesOffset(runCount) + runCount * 8 }
}
