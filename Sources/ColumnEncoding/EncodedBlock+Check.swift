// What is proved once, when a block is taken in.

internal import CKernels
internal import Columnar

extension EncodedBlock {
  private func fail(_ field: String, at offset: Int) -> EncodingError {
    .corrupt(field: field, offset: offset)
  }

  private func needPayload(_ count: Int) throws(EncodingError) {
    let needed = header.payloadOffset + count
    guard buffer.byteCount >= needed else {
      throw .truncated(neededBytes: needed, availableBytes: buffer.byteCount)
    }
  }

  func checkPayload() throws(EncodingError) {
    try checkValidity()
    switch encoding {
    case .constant: try checkConstant()
    case .runLength: break  // checked by `checkedRunCount`
    case .dictionary: try checkCodes()
    case .frameOfReference: try checkFrameOfReference()
    case .delta:
      guard kind == .int64 else { throw fail("encoding", at: 1) }
      guard header.detail == 1 || header.detail == 2 else { throw fail("detail", at: 14) }
      try checkLanes([laneBits(forWidth: header.width)])
      try needPayload(header.groupCount * (seedBytes + header.groupBytes))
    case .scaled:
      guard kind == .int64 else { throw fail("encoding", at: 1) }
      guard CommonDivisor.range.contains(header.second) else { throw fail("second", at: 24) }
      try checkLanes([laneBits(forWidth: header.width)])
      try needPayload(header.groupCount * header.groupBytes)
    case .plain: try checkPlain()
    case .fsst:
      guard kind == .bytes, symbolTable != nil else { throw fail("symbols", at: 1) }
      try checkText()
      try checkTextStarts()
    }
  }

  /// The bitmap must hold as many zeros as the head says, and none of them behind the last row.
  private func checkValidity() throws(EncodingError) {
    guard header.hasValidity else { return }
    var validCount = 0
    for word in 0..<header.validityWordCount {
      validCount += unsafe validityWords[word].nonzeroBitCount
    }
    let tail = rowCount & 63
    if tail != 0, unsafe validityWords[header.validityWordCount - 1] >> UInt64(tail) != 0 {
      throw fail("validity", at: BlockHeader.sizeBytes)
    }
    guard validCount == rowCount - nullCount else { throw fail("nullCount", at: 8) }
  }

  private func checkLanes(_ allowed: [Int]) throws(EncodingError) {
    guard allowed.contains(header.laneBits) else { throw fail("laneBits", at: 13) }
  }

  private func checkConstant() throws(EncodingError) {
    guard nullCount < rowCount else { return }
    switch kind {
    case .bool:
      guard header.reference == 0 || header.reference == 1 else { throw fail("reference", at: 16) }
    case .decimal:
      guard header.detail <= 38 else { throw fail("detail", at: 14) }
      guard let kind = Decimal.Kind(rawByte: UInt8(header.rangeWidth)), kind != .wide else {
        throw fail("rangeWidth", at: 15)
      }
    case .bytes:
      try needPayload(4)
      try needPayload(4 + Int(buffer.word32(header.payloadOffset)))
    case .int64, .int128, .float64, .uuid, .interval: break
    }
  }

  private func checkFrameOfReference() throws(EncodingError) {
    switch kind {
    case .bool:
      try checkLanes([8])
      guard header.width <= 1, header.reference == 0 else { throw fail("width", at: 12) }
    case .int64, .int128: try checkLanes([laneBits(forWidth: header.width)])
    case .decimal:
      try checkLanes([laneBits(forWidth: header.width)])
      guard header.detail <= 38 else { throw fail("detail", at: 14) }
    case .float64, .bytes, .uuid, .interval: throw fail("encoding", at: 1)
    }
    try needPayload(header.groupCount * header.groupBytes)
  }

  private func checkCodes() throws(EncodingError) {
    guard kind == .bytes, let dictionary, dictionary.count > 0 else {
      throw fail("dictionary", at: 1)
    }
    try checkLanes([8, 32])
    guard header.width <= DictionaryBuilder.codeWidthMax else { throw fail("width", at: 12) }
    try needPayload(header.groupCount * header.groupBytes)
    guard 1 << header.width > dictionary.count else { return }
    let largest = unsafe withGroupScratch(of: UInt32.self) { codes in
      var largest: UInt32 = 0
      for group in 0..<groupCount {
        unsafe unpackCodes(group: group, into: codes)
        for row in 0..<groupRowCount { largest = unsafe max(largest, codes[row]) }
      }
      return largest
    }
    guard largest < dictionary.count else { throw fail("code", at: header.payloadOffset) }
  }

  private func checkPlain() throws(EncodingError) {
    switch kind {
    case .bool:
      try needPayload(rowCount)
      for row in 0..<rowCount where buffer.byte(header.payloadOffset + row) > 1 {
        throw fail("value", at: header.payloadOffset + row)
      }
    case .int64, .float64: try needPayload(rowCount * 8)
    case .int128, .uuid, .interval: try needPayload(rowCount * 16)
    case .decimal:
      try needPayload(rowCount * 18)
      let scales = header.payloadOffset + rowCount * 16
      for row in 0..<rowCount {
        guard buffer.byte(scales + row) <= 38,
          let kind = Decimal.Kind(rawByte: buffer.byte(scales + rowCount + row))
        else { throw fail("decimal", at: scales + row) }
        if kind == .wide { try checkWide(row) }
      }
    case .bytes: try checkText()
    }
  }

  /// The limbs of a wide row must lie behind the kinds.
  private func checkWide(_ row: Int) throws(EncodingError) {
    let start = rowCount * 18
    let place = widePlace(at: row)
    let room = buffer.byteCount - header.payloadOffset - start
    guard place.offset >= 0, place.offset <= room - 2, place.byteCount % 4 == 0,
      place.byteCount <= room - 2 - place.offset,
      wideScale(at: place.offset) <= WideDecimal.scaleMax
    else { throw fail("decimal", at: header.payloadOffset + row * 16) }
  }

  /// The lengths of each group must add up to the distance of its starts.
  private func checkText() throws(EncodingError) {
    try checkLanes([8, 32])
    guard header.width <= 32, (0...Int64(UInt32.max)).contains(header.reference) else {
      throw fail("width", at: 12)
    }
    try needPayload(TextLayout.bytesOffset(header))
    let starts = header.payloadOffset
    guard buffer.word32(starts) == 0 else { throw fail("start", at: starts) }
    for group in 0..<groupCount {
      let begin = UInt64(buffer.word32(starts + group * 4))
      let end = UInt64(buffer.word32(starts + group * 4 + 4))
      let count = rowCount(ofGroup: group)
      let total = unsafe withGroupScratch(of: UInt32.self) { lengths in
        unsafe unpackLengths(group: group, into: lengths)
        var total: UInt64 = 0
        for row in 0..<count { total &+= unsafe UInt64(lengths[row]) }
        return total &+ UInt64(header.reference) &* UInt64(count)
      }
      guard begin <= end, total == end - begin else { throw fail("start", at: starts + group * 4) }
    }
    let total = Int(buffer.word32(starts + groupCount * 4))
    try needPayload(TextLayout.bytesOffset(header) + total)
  }

  /// The texts of a group take at most eight bytes a code; that they take as many as told is seen when they are
  /// decoded.
  private func checkTextStarts() throws(EncodingError) {
    let codes = header.payloadOffset
    let texts = codes + (groupCount + 1) * 4
    guard buffer.word32(texts) == 0,
      buffer.word32(codes + groupCount * 4) <= SymbolTable.codeBytesMax
    else { throw fail("start", at: texts) }
    for group in 0..<groupCount {
      let (begin, end) = (buffer.word32(texts + group * 4), buffer.word32(texts + group * 4 + 4))
      let codeBytes =
        buffer.word32(codes + group * 4 + 4) - buffer.word32(codes + group * 4)
      guard begin <= end, Int(end - begin) <= Int(codeBytes) * 8 else {
        throw fail("start", at: texts + group * 4)
      }
    }
  }

  static func checkedRunCount(
    of block: ByteBuffer,
    _ header: BlockHeader
  ) throws(EncodingError) -> Int {
    guard header.kind == .int64 || header.kind == .float64 else {
      throw .corrupt(field: "encoding", offset: 1)
    }
    let start = header.payloadOffset
    guard block.byteCount >= start + 8 else {
      throw .truncated(neededBytes: start + 8, availableBytes: block.byteCount)
    }
    let runCount = Int(block.word32(start))
    guard runCount >= 1, runCount <= header.rowCount else {
      throw .corrupt(field: "runCount", offset: start)
    }
    let needed = start + RunLayout.payloadBytes(runCount)
    guard block.byteCount >= needed else {
      throw .truncated(neededBytes: needed, availableBytes: block.byteCount)
    }
    var previous: UInt32 = 0
    for run in 0..<runCount {
      let end = block.word32(start + 8 + run * 4)
      guard end > previous else { throw .corrupt(field: "runEnd", offset: start + 8 + run * 4) }
      previous = end
    }
    guard Int(previous) == header.rowCount else {
      throw .corrupt(field: "runEnd", offset: start + 8)
    }
    return runCount
  }
}

extension Decimal.Kind {
  /// The stored byte of a kind.
  var rawByte: UInt8 {
    switch self {
    case .finite: 0
    case .notANumber: 1
    case .positiveInfinity: 2
    case .negativeInfinity: 3
    case .wide, .boxed: 4
    }
  }

  /// The kind of a stored byte; nil for a byte that none has.
  init?(rawByte: UInt8) {
    switch rawByte {
    case 0: self = .finite
    case 1: self = .notANumber
    case 2: self = .positiveInfinity
    case 3: self = .negativeInfinity
    case 4: self = .wide
    default: return nil
    }
  }
}
