// int64 blocks.

internal import CKernels
internal import Columnar

/// What one look at the integers of a block shows.
private struct IntegerProfile {
  var minimum: Int64 = 0
  var maximum: Int64 = 0
  var sum: Int128 = 0
  var isSorted = false
  var runCount = 1

  init(_ values: UnsafePointer<Int64>, _ stage: RowStage) {
    let count = stage.rowCount
    unsafe ck_extremes64(values, count, &minimum, &maximum)
    isSorted = unsafe stage.nullCount == 0 && ck_is_sorted64(values, count) != 0
    runCount = unsafe ck_changes64(values, count) + 1
    guard stage.nullCount > 0 else {
      var low: UInt64 = 0
      var high: Int64 = 0
      unsafe ck_sum64(values, count, &low, &high)
      sum = Int128(high) << 64 | Int128(low)
      return
    }
    let rows = stage.rows
    let validity = rows.validity
    for row in 0..<count where validity[row >> 6] &>> UInt64(row & 63) & 1 != 0 {
      sum += unsafe Int128(values[row])
    }
  }
}

func encodeIntegers(
  _ stage: RowStage,
  _ scratch: GroupBuffers
) -> (bytes: ByteBuffer, statistics: BlockStatistics) {
  let rows = stage.rows
  let lanes = rows.int64
  return unsafe lanes.withUnsafeBufferPointer { buffer in
    let values = unsafe buffer.baseAddress.unsafelyUnwrapped
    guard stage.nullCount < stage.rowCount else {
      return (nullBlock(stage), statistics(stage, .null, .null, sum: 0, isSorted: false))
    }
    let profile = unsafe IntegerProfile(values, stage)
    let known = statistics(
      stage,
      .int64(profile.minimum),
      .int64(profile.maximum),
      sum: profile.sum,
      isSorted: profile.isSorted
    )
    return unsafe (integerBlock(values, stage, profile, scratch), known)
  }
}

private func integerBlock(
  _ values: UnsafePointer<Int64>,
  _ stage: RowStage,
  _ profile: IntegerProfile,
  _ scratch: GroupBuffers
) -> ByteBuffer {
  let count = stage.rowCount
  var header = BlockHeader(
    encoding: .constant,
    kind: .int64,
    rowCount: count,
    nullCount: stage.nullCount
  )
  header.reference = profile.minimum
  let range = UInt64(bitPattern: profile.maximum) &- UInt64(bitPattern: profile.minimum)
  header.rangeWidth = bitWidth(range)
  guard range > 0 else { return BlockDraft(header, payloadBytes: 0, stage: stage).buffer }
  let groupBytes = header.groupCount * 128
  let packedBytes = groupBytes * header.rangeWidth
  if RunLayout.payloadBytes(profile.runCount) * 2 < min(packedBytes, count * 8) {
    return unsafe runBlock(values, header, profile.runCount, stage)
  }
  let divisor = unsafe CommonDivisor.worthWhile(values, count, minimum: profile.minimum, range)
  let scaledWidth = bitWidth(range / UInt64(divisor?.value ?? 1))
  if header.rangeWidth <= 62, scaledWidth > 4 + 2, count >= groupRowCount,
    let plan = unsafe deltaPlan(values, count, scaledWidth, scratch)
  {
    return unsafe deltaBlock(values, header, plan, stage, scratch)
  }
  guard divisor != nil || packedBytes < count * 8 / 16 * 15 else {
    header.encoding = .plain
    let draft = BlockDraft(header, payloadBytes: count * 8, stage: stage)
    unsafe draft.payload.copyMemory(from: values, byteCount: count * 8)
    return draft.buffer
  }
  header.width = scaledWidth
  return unsafe packedBlock(values, header, divisor, stage, scratch)
}

/// Packed distances from the smallest value, in units of `divisor` where there is one.
private func packedBlock(
  _ values: UnsafePointer<Int64>,
  _ head: BlockHeader,
  _ divisor: CommonDivisor?,
  _ stage: RowStage,
  _ scratch: GroupBuffers
) -> ByteBuffer {
  var header = head
  header.encoding = divisor == nil ? .frameOfReference : .scaled
  header.laneBits = laneBits(forWidth: header.width)
  header.second = divisor?.value ?? 0
  let payloadBytes = header.groupCount * header.groupBytes
  let draft = BlockDraft(header, payloadBytes: payloadBytes, stage: stage)
  let (minimum, width) = (header.reference, header.width)
  unsafe withGroupScratch(of: Int64.self) { quotients in
    for group in 0..<header.groupCount {
      let place = unsafe draft.payload + group * header.groupBytes
      unsafe withGroup(values, group, stage.rowCount, padding: minimum, scratch) { rows in
        if let divisor {
          unsafe divisor.divide(rows, into: quotients)
          unsafe packIntegers(quotients, base: 0, width: width, into: place)
        } else {
          unsafe packIntegers(rows, base: minimum, width: width, into: place)
        }
      }
    }
  }
  return draft.buffer
}

/// The 1,024 values of a group; a short one is copied to `scratch` and padded.
@inline(__always)
func withGroup(
  _ values: UnsafePointer<Int64>,
  _ group: Int,
  _ rowCount: Int,
  padding: Int64,
  _ scratch: GroupBuffers,
  _ body: (UnsafePointer<Int64>) -> Void
) {
  let first = group * groupRowCount
  let count = min(groupRowCount, rowCount - first)
  if count == groupRowCount {
    unsafe body(values + first)
    return
  }
  unsafe scratch.values.update(from: values + first, count: count)
  unsafe (scratch.values + count).update(repeating: padding, count: groupRowCount - count)
  unsafe body(scratch.values)
}

func runBlock(
  _ values: UnsafePointer<Int64>,
  _ head: BlockHeader,
  _ runCount: Int,
  _ stage: RowStage
) -> ByteBuffer {
  var header = head
  header.encoding = .runLength
  let draft = BlockDraft(header, payloadBytes: RunLayout.payloadBytes(runCount), stage: stage)
  unsafe draft.payload.storeBytes(of: UInt32(runCount), as: UInt32.self)
  let ends = unsafe (draft.payload + 8).assumingMemoryBound(to: UInt32.self)
  let runs = unsafe (draft.payload + RunLayout.valuesOffset(runCount))
    .assumingMemoryBound(to: Int64.self)
  var run = 0
  for row in 0..<stage.rowCount {
    if row + 1 < stage.rowCount, unsafe values[row] == values[row + 1] { continue }
    // SAFETY: there are exactly `runCount` ends of runs.
    unsafe ends[run] = UInt32(row + 1)
    unsafe runs[run] = values[row]
    run += 1
  }
  return draft.buffer
}

// MARK: Shared

/// The block of rows that are all NULL.
func nullBlock(_ stage: RowStage, kind: LaneKind? = nil) -> ByteBuffer {
  let header = BlockHeader(
    encoding: .constant,
    kind: kind ?? stage.rows.kind,
    rowCount: stage.rowCount,
    nullCount: stage.nullCount
  )
  return BlockDraft(header, payloadBytes: 0, stage: stage).buffer
}

func statistics(
  _ stage: RowStage,
  _ minimum: Datum,
  _ maximum: Datum,
  sum: Int128?,
  isSorted: Bool
) -> BlockStatistics {
  BlockStatistics(
    rowCount: stage.rowCount,
    nullCount: stage.nullCount,
    minimum: minimum,
    maximum: maximum,
    sum: sum,
    isSorted: isSorted
  )
}
