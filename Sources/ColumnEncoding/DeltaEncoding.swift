// Differences to the value 16 rows before, once or twice; int64.

internal import CKernels
internal import Columnar

/// The differences of a block to the value 16 rows before, once or twice.
struct DeltaPlan {
  var order: Int
  var smallest: Int64
  var width: Int
}

/// The narrowest order of differences when it saves at least two bits a value; seeds count.
func deltaPlan(
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

func deltaBlock(
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
