// int64 and float64 blocks.

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

/// The differences of a block to the value 16 rows before, once or twice.
private struct DeltaPlan {
  var order: Int
  var smallest: Int64
  var width: Int
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
  if header.rangeWidth <= 62, header.rangeWidth > 4 + 2, count >= groupRowCount,
    let plan = unsafe deltaPlan(values, count, header.rangeWidth, scratch)
  {
    return unsafe deltaBlock(values, header, plan, stage, scratch)
  }
  guard packedBytes < count * 8 else {
    header.encoding = .plain
    let draft = BlockDraft(header, payloadBytes: count * 8, stage: stage)
    unsafe draft.payload.copyMemory(from: values, byteCount: count * 8)
    return draft.buffer
  }
  header.encoding = .frameOfReference
  header.width = header.rangeWidth
  header.laneBits = laneBits(forWidth: header.width)
  let draft = BlockDraft(header, payloadBytes: packedBytes, stage: stage)
  for group in 0..<header.groupCount {
    unsafe withGroup(values, group, count, padding: profile.minimum, scratch) { rows in
      unsafe packIntegers(
        rows,
        base: profile.minimum,
        width: header.width,
        into: draft.payload + group * header.groupBytes
      )
    }
  }
  return draft.buffer
}

/// The 1,024 values of a group; a short one is copied to `scratch` and padded.
@inline(__always)
private func withGroup(
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

private func runBlock(
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

// MARK: Delta

/// The narrowest order of differences when it saves at least two bits a value; seeds count.
private func deltaPlan(
  _ values: UnsafePointer<Int64>,
  _ count: Int,
  _ rangeWidth: Int,
  _ scratch: GroupBuffers
) -> DeltaPlan? {
  let fullGroups = count / groupRowCount
  var first: (low: Int64, high: Int64) = (.max, .min)
  var second: (low: Int64, high: Int64) = (.max, .min)
  for group in 0..<(count + groupRowCount - 1) / groupRowCount {
    let rows = group < fullGroups ? groupRowCount : count % groupRowCount
    let start = unsafe values + group * groupRowCount
    unsafe deltaExtremes(start, rows, &first, &second)
  }
  guard first.low <= first.high else { return nil }
  var plan = DeltaPlan(
    order: 1,
    smallest: first.low,
    width: bitWidth(UInt64(bitPattern: first.high &- first.low))
  )
  if second.low <= second.high {
    let width = bitWidth(UInt64(bitPattern: second.high &- second.low))
    if width + 2 < plan.width {
      plan = DeltaPlan(order: 2, smallest: second.low, width: width)
    }
  }
  return plan.width + plan.order + 2 <= rangeWidth ? plan : nil
}

private func deltaExtremes(
  _ values: UnsafePointer<Int64>,
  _ count: Int,
  _ first: inout (low: Int64, high: Int64),
  _ second: inout (low: Int64, high: Int64)
) {
  guard count > 16 else { return }
  unsafe withGroupScratch(of: Int64.self) { deltas in
    // Values of at most 62 bits of range: no difference of differences overflows.
    for row in 16..<count { unsafe deltas[row] = values[row] &- values[row &- 16] }
    var low: Int64 = 0
    var high: Int64 = 0
    unsafe ck_extremes64(deltas + 16, count - 16, &low, &high)
    first = (min(first.low, low), max(first.high, high))
    guard count > 32 else { return }
    for row in stride(from: count - 1, through: 32, by: -1) {
      unsafe deltas[row] = deltas[row] &- deltas[row &- 16]
    }
    unsafe ck_extremes64(deltas + 32, count - 32, &low, &high)
    second = (min(second.low, low), max(second.high, high))
  }
}

private func deltaBlock(
  _ values: UnsafePointer<Int64>,
  _ head: BlockHeader,
  _ plan: DeltaPlan,
  _ stage: RowStage,
  _ scratch: GroupBuffers
) -> ByteBuffer {
  var header = head
  header.encoding = .delta
  header.detail = plan.order
  header.width = plan.width
  header.laneBits = laneBits(forWidth: plan.width)
  header.second = plan.smallest
  let stepBytes = plan.order * 128 + header.groupBytes
  let draft = BlockDraft(header, payloadBytes: header.groupCount * stepBytes, stage: stage)
  for group in 0..<header.groupCount {
    let place = unsafe draft.payload + group * stepBytes
    unsafe withGroup(values, group, stage.rowCount, padding: 0, scratch) { rows in
      unsafe packDeltas(
        rows,
        rowCount: min(groupRowCount, stage.rowCount - group * groupRowCount),
        plan,
        into: place
      )
    }
  }
  return draft.buffer
}

/// Seeds, then the packed differences; places without one hold the smallest, which packs to 0.
private func packDeltas(
  _ values: UnsafePointer<Int64>,
  rowCount: Int,
  _ plan: DeltaPlan,
  into place: UnsafeMutableRawPointer
) {
  let seeds = unsafe place.assumingMemoryBound(to: Int64.self)
  unsafe withGroupScratch(of: Int64.self) { deltas in
    unsafe ck_delta16(values, 16, deltas)
    unsafe seeds.update(from: values, count: 16)
    let start = plan.order * 16
    if plan.order == 2 {
      unsafe (seeds + 16).update(from: deltas + 16, count: 16)
      for row in stride(from: groupRowCount - 1, through: 32, by: -1) {
        unsafe deltas[row] = deltas[row] &- deltas[row &- 16]
      }
    }
    unsafe deltas.update(repeating: plan.smallest, count: start)
    if rowCount < groupRowCount {
      let from = max(start, rowCount)
      unsafe (deltas + from).update(repeating: plan.smallest, count: groupRowCount - from)
    }
    unsafe packIntegers(deltas, base: plan.smallest, width: plan.width, into: place + start * 8)
  }
}

// MARK: Doubles

func encodeDoubles(_ stage: RowStage) -> (bytes: ByteBuffer, statistics: BlockStatistics) {
  let count = stage.rowCount
  guard stage.nullCount < count else {
    return (nullBlock(stage), statistics(stage, .null, .null, sum: nil, isSorted: false))
  }
  let rows = stage.rows
  let lanes = rows.float64
  var minimum = lanes[0]
  var maximum = lanes[0]
  var isSorted = stage.nullCount == 0
  var runCount = 1
  for row in 1..<max(count, 1) {
    let value = lanes[row]
    let previous = lanes[row - 1]
    if value.bitPattern != previous.bitPattern { runCount += 1 }
    if isBelow(value, previous) { isSorted = false }
    if isBelow(value, minimum) { minimum = value }
    if isBelow(maximum, value) { maximum = value }
  }
  let known = statistics(stage, .double(minimum), .double(maximum), sum: nil, isSorted: isSorted)
  var header = BlockHeader(
    encoding: .constant,
    kind: .float64,
    rowCount: count,
    nullCount: stage.nullCount
  )
  if runCount == 1 {
    header.reference = Int64(bitPattern: lanes[0].bitPattern)
    return (BlockDraft(header, payloadBytes: 0, stage: stage).buffer, known)
  }
  let block = unsafe lanes.withUnsafeBufferPointer { buffer in
    let raw = unsafe UnsafeRawPointer(buffer.baseAddress.unsafelyUnwrapped)
    if RunLayout.payloadBytes(runCount) * 2 < count * 8 {
      // SAFETY: doubles and int64 lanes have one size; only bit patterns are compared and copied.
      return unsafe runBlock(raw.assumingMemoryBound(to: Int64.self), header, runCount, stage)
    }
    header.encoding = .plain
    let draft = BlockDraft(header, payloadBytes: count * 8, stage: stage)
    unsafe draft.payload.copyMemory(from: raw, byteCount: count * 8)
    return draft.buffer
  }
  return (block, known)
}

/// PostgreSQL's order of doubles: NaN is the largest.
@inline(__always)
private func isBelow(_ a: Double, _ b: Double) -> Bool { a < b || (b.isNaN && !a.isNaN) }

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
