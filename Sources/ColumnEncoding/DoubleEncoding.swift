// float64 blocks: constant, runs or plain.

internal import Columnar

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
