// Blocks of strings: constant, or packed lengths and the bytes, or symbols' codes instead of the bytes.

internal import CKernels
internal import Columnar

extension Span<ByteView> {
  /// Fetches the string some rows behind `row`, of `count`.
  ///
  /// Rows in sort order lie anywhere in memory; a block's strings and what is read beside them do not fit into the second cache,
  /// so that each loop over them begins anew.
  @inline(__always)
  func prefetch(behind row: Int, of count: Int) {
    unsafe ck_prefetch(self[Swift.min(row &+ 16, count &- 1)].start)
  }
}

/// A block of strings; `write` makes it where they differ.
func encodeText(
  _ stage: RowStage,
  _ write: (RowStage) -> ByteBuffer = plainText
) -> (bytes: ByteBuffer, statistics: BlockStatistics) {
  let count = stage.rowCount
  guard stage.nullCount < count else {
    return (nullBlock(stage), statistics(stage, .null, .null, sum: nil, isSorted: false))
  }
  let rows = stage.rows
  let views = rows.views
  let mayBeNull = stage.nullCount > 0
  let first = mayBeNull ? (0..<count).first { rows.isValid($0) } ?? 0 : 0
  var bounds = TextBounds(views[first])
  var isConstant = true
  var isSorted = stage.nullCount == 0
  var previous = first
  for row in first..<count where !mayBeNull || rows.isValid(row) {
    let view = views[row]
    views.prefetch(behind: row, of: count)
    if isConstant || isSorted {
      let order = views[previous].order(view)
      isConstant = isConstant && order == 0
      isSorted = isSorted && order <= 0
    }
    previous = row
    bounds.insert(view)
  }
  var known = statistics(stage, .null, .null, sum: nil, isSorted: isSorted)
  bounds.store(in: &known)
  if isConstant { return (constantText(views[first], stage), known) }
  return (write(stage), known)
}

/// The smallest and the largest of some strings.
struct TextBounds {
  private var smallest: ByteView
  private var largest: ByteView
  /// The first eight bytes as numbers in their order: most strings need no closer look.
  private var smallestHead: UInt64
  private var largestHead: UInt64

  init(_ view: ByteView) {
    smallest = view
    largest = view
    smallestHead = Self.head(view)
    largestHead = smallestHead
  }

  private static func head(_ view: ByteView) -> UInt64 {
    if view.count >= 8 {
      let raw = unsafe UnsafeRawPointer(view.start)
      // SAFETY: eight bytes are there.
      return unsafe UInt64(bigEndian: raw.loadUnaligned(as: UInt64.self))
    }
    var head: UInt64 = 0
    for place in 0..<view.count {
      head |= unsafe UInt64(view.start[place]) &<< UInt64(56 &- place &* 8)
    }
    return head
  }

  mutating func insert(_ view: ByteView) {
    let head = Self.head(view)
    if head <= smallestHead, view < smallest { (smallest, smallestHead) = (view, head) }
    if head >= largestHead, largest < view { (largest, largestHead) = (view, head) }
  }

  /// Writes the bounds, cut to 32 bytes.
  func store(in known: inout BlockStatistics) {
    let limit = BlockStatistics.boundBytesMax
    known.minimum = .bytes(Array(smallest.bytes.prefix(limit)))
    known.maximum = .bytes(Array(largest.bytes.prefix(limit)))
    known.isMaximumTruncated = largest.count > limit
  }
}

private func constantText(_ value: ByteView, _ stage: RowStage) -> ByteBuffer {
  let header = BlockHeader(
    encoding: .constant,
    kind: .bytes,
    rowCount: stage.rowCount,
    nullCount: stage.nullCount
  )
  let draft = BlockDraft(header, payloadBytes: 4 + value.count, stage: stage)
  unsafe draft.payload.storeBytes(of: UInt32(value.count), as: UInt32.self)
  unsafe (draft.payload + 4).copyMemory(from: value.start, byteCount: value.count)
  return draft.buffer
}

/// The strings as they are.
func plainText(_ stage: RowStage) -> ByteBuffer {
  let rows = stage.rows
  let views = rows.views
  var pieces = TextPieces(encoding: .plain, rowCount: stage.rowCount)
  for row in 0..<stage.rowCount { pieces.append(views[row].count, views[row].count) }
  var next = 0
  return unsafe pieces.block(stage) { place in
    for row in 0..<stage.rowCount {
      unsafe (place + next).update(from: views[row].start, count: views[row].count)
      next += views[row].count
    }
  }
}

/// Bytes that ``plainText(_:)`` takes for the rows of a stage.
func plainTextByteCount(_ stage: RowStage) -> Int {
  let rows = stage.rows
  let views = rows.views
  var lengths = TextLengths()
  for row in 0..<stage.rowCount { lengths.insert(views[row].count) }
  let header = lengths.header(.plain, stage)
  return header.payloadOffset + TextLayout.bytesOffset(header) + lengths.byteCount
}

/// The strings as codes of `table`; nil for a block that is too large for codes.
///
/// - Complexity: About 50 ns for a title.
func symbolText(_ stage: RowStage, _ table: SymbolTable) -> ByteBuffer? {
  let rows = stage.rows
  let views = rows.views
  var textBytes = 0
  for row in 0..<stage.rowCount { textBytes += views[row].count }
  guard textBytes <= SymbolTable.codeBytesMax / 2 else { return nil }
  let codes = UnsafeMutablePointer<UInt8>.allocate(capacity: textBytes * 2 + 1)
  defer { unsafe codes.deallocate() }
  let encoder = table.encoder
  var pieces = TextPieces(encoding: .fsst, rowCount: stage.rowCount)
  var next = 0
  for row in 0..<stage.rowCount {
    views.prefetch(behind: row, of: stage.rowCount)
    // SAFETY: codes take at most twice the bytes of the texts.
    let count = unsafe encoder.encode(views[row], into: codes + next)
    pieces.append(count, views[row].count)
    next += count
  }
  let codeBytes = next
  return unsafe pieces.block(stage) { place in unsafe place.update(from: codes, count: codeBytes) }
}

/// How long the strings of a block are as they are stored.
private struct TextLengths {
  private var shortest = Int.max
  private var longest = 0
  private(set) var byteCount = 0

  @inline(__always)
  mutating func insert(_ count: Int) {
    shortest = min(shortest, count)
    longest = max(longest, count)
    byteCount &+= count
  }

  func header(_ encoding: BlockEncoding, _ stage: RowStage) -> BlockHeader {
    var header = BlockHeader(
      encoding: encoding,
      kind: .bytes,
      rowCount: stage.rowCount,
      nullCount: stage.nullCount
    )
    header.reference = Int64(shortest)
    header.width = bitWidth(UInt64(longest - shortest))
    header.laneBits = header.width <= 8 ? 8 : 32
    return header
  }
}

/// The strings of a block, of which the head, the starts and the packed lengths are made.
private struct TextPieces {
  private let encoding: BlockEncoding
  /// Bytes stored and bytes of text, of every row.
  private var stored: [UInt32] = []
  private var textEnds: [Int] = []
  private var lengths = TextLengths()
  private var textBytes = 0

  init(encoding: BlockEncoding, rowCount: Int) {
    self.encoding = encoding
    stored.reserveCapacity(rowCount)
  }

  mutating func append(_ count: Int, _ textCount: Int) {
    if stored.count % groupRowCount == 0 { textEnds.append(textBytes) }
    stored.append(UInt32(count))
    lengths.insert(count)
    textBytes += textCount
  }

  /// The block; `write` puts down the stored bytes.
  func block(_ stage: RowStage, _ write: (UnsafeMutablePointer<UInt8>) -> Void) -> ByteBuffer {
    precondition(
      max(lengths.byteCount, textBytes) <= Int(UInt32.max),
      "a block of strings is limited to 4 GiB"
    )
    let header = lengths.header(encoding, stage)
    let shortest = Int(header.reference)
    let bytesOffset = TextLayout.bytesOffset(header)
    let draft = BlockDraft(header, payloadBytes: bytesOffset + lengths.byteCount, stage: stage)
    let starts = unsafe draft.payload.assumingMemoryBound(to: UInt32.self)
    var end = 0
    unsafe withGroupScratch(of: UInt32.self) { offsets in
      for group in 0..<header.groupCount {
        unsafe starts[group] = UInt32(end)
        for row in 0..<groupRowCount {
          let place = group * groupRowCount + row
          let count = place < stored.count ? Int(stored[place]) : shortest
          unsafe offsets[row] = UInt32(count - shortest)
          if place < stored.count { end += count }
        }
        let packed =
          unsafe draft.payload + (TextLayout.startsBytes(header) + group * header.groupBytes)
        unsafe packCodes(offsets, width: header.width, laneBits: header.laneBits, into: packed)
      }
    }
    unsafe starts[header.groupCount] = UInt32(end)
    if encoding == .fsst {
      let textStarts = unsafe starts + (header.groupCount + 1)
      for group in textEnds.indices { unsafe textStarts[group] = UInt32(textEnds[group]) }
      unsafe textStarts[header.groupCount] = UInt32(textBytes)
    }
    unsafe write((draft.payload + bytesOffset).assumingMemoryBound(to: UInt8.self))
    return draft.buffer
  }
}

/// Packs 1,024 codes or lengths.
func packCodes(
  _ codes: UnsafePointer<UInt32>,
  width: Int,
  laneBits: Int,
  into packed: UnsafeMutableRawPointer
) {
  guard laneBits == 8 else {
    unsafe ck_pack32(codes, UInt32(width), packed)
    return
  }
  unsafe withGroupScratch(of: UInt8.self) { narrow in
    for row in 0..<groupRowCount {
      unsafe narrow[row] = UInt8(truncatingIfNeeded: codes[row])
    }
    unsafe ck_pack8(narrow, UInt32(width), packed)
  }
}
