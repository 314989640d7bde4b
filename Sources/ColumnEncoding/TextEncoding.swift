// Blocks of strings: constant, or packed lengths and the bytes.

internal import CKernels
internal import Columnar

func encodeText(_ stage: RowStage) -> (bytes: ByteBuffer, statistics: BlockStatistics) {
  let count = stage.rowCount
  guard stage.nullCount < count else {
    return (nullBlock(stage), statistics(stage, .null, .null, sum: nil, isSorted: false))
  }
  let rows = stage.rows
  let views = rows.views
  let rowIsValid = stage.nullCount == 0 ? nil : { (row: Int) in rows.isValid(row) }
  let first = (0..<count).first { rowIsValid?($0) ?? true } ?? 0
  var bounds = TextBounds(views[first])
  var isConstant = true
  var isSorted = stage.nullCount == 0
  var previous = first
  for row in first..<count where rowIsValid?(row) ?? true {
    let view = views[row]
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
  return (plainText(stage), known)
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

private func plainText(_ stage: RowStage) -> ByteBuffer {
  let count = stage.rowCount
  let rows = stage.rows
  let views = rows.views
  var shortest = Int.max
  var longest = 0
  var totalBytes = 0
  for row in 0..<count {
    shortest = min(shortest, views[row].count)
    longest = max(longest, views[row].count)
    totalBytes += views[row].count
  }
  precondition(totalBytes <= Int(UInt32.max), "a block of strings is limited to 4 GiB")
  var header = BlockHeader(
    encoding: .plain,
    kind: .bytes,
    rowCount: count,
    nullCount: stage.nullCount
  )
  header.reference = Int64(shortest)
  header.width = bitWidth(UInt64(longest - shortest))
  header.laneBits = header.width <= 8 ? 8 : 32
  let bytesOffset = TextLayout.bytesOffset(header)
  let draft = BlockDraft(header, payloadBytes: bytesOffset + totalBytes, stage: stage)
  let starts = unsafe draft.payload.assumingMemoryBound(to: UInt32.self)
  var end = 0
  unsafe withGroupScratch(of: UInt32.self) { lengths in
    for group in 0..<header.groupCount {
      unsafe starts[group] = UInt32(end)
      for row in 0..<groupRowCount {
        let place = group * groupRowCount + row
        guard place < count else {
          unsafe lengths[row] = 0
          continue
        }
        let view = views[place]
        unsafe lengths[row] = UInt32(view.count - shortest)
        unsafe (draft.payload + (bytesOffset + end)).copyMemory(
          from: view.start,
          byteCount: view.count
        )
        end += view.count
      }
      let packed =
        unsafe draft.payload + (TextLayout.startsBytes(header) + group * header.groupBytes)
      unsafe packCodes(lengths, width: header.width, laneBits: header.laneBits, into: packed)
    }
  }
  unsafe starts[header.groupCount] = UInt32(end)
  return draft.buffer
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
