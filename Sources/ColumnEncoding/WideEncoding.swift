// bool, int128, decimal, uuid and interval blocks.

internal import CKernels
internal import Columnar

func encodeBooleans(_ stage: RowStage) -> (bytes: ByteBuffer, statistics: BlockStatistics) {
  let count = stage.rowCount
  guard stage.nullCount < count else {
    return (nullBlock(stage), statistics(stage, .null, .null, sum: nil, isSorted: false))
  }
  let rows = stage.rows
  let lanes = rows.bool
  var ones = 0
  var isSorted = stage.nullCount == 0
  for row in 0..<count {
    ones += Int(lanes[row])
    if row > 0 && lanes[row] < lanes[row - 1] { isSorted = false }
  }
  let known = statistics(
    stage,
    .boolean(ones == count),
    .boolean(ones > 0),
    sum: nil,
    isSorted: isSorted
  )
  var header = BlockHeader(
    encoding: .constant,
    kind: .bool,
    rowCount: count,
    nullCount: stage.nullCount
  )
  header.reference = ones > 0 ? 1 : 0
  if ones == 0 || ones == count {
    return (BlockDraft(header, payloadBytes: 0, stage: stage).buffer, known)
  }
  header.reference = 0
  header.encoding = .frameOfReference
  header.width = 1
  header.laneBits = 8
  let draft = BlockDraft(header, payloadBytes: header.groupCount * 128, stage: stage)
  unsafe withGroupScratch(of: UInt8.self) { values in
    for group in 0..<header.groupCount {
      let first = group * groupRowCount
      for row in 0..<groupRowCount {
        unsafe values[row] = first + row < count ? lanes[first + row] & 1 : 0
      }
      unsafe ck_pack8(values, 1, draft.payload + group * 128)
    }
  }
  return (draft.buffer, known)
}

/// The rows of a wide kind as 128-bit patterns.
private struct WideRows {
  let stage: RowStage

  func pattern(_ row: Int) -> Int128 {
    let rows = stage.rows
    return switch rows.kind {
    case .int128: rows.int128[row]
    case .uuid: Int128(bitPattern: rows.uuid[row])
    case .interval: rows.interval[row].bits
    default: rows.decimal[row].coefficient
    }
  }
}

func encodeWide(_ stage: RowStage) -> (bytes: ByteBuffer, statistics: BlockStatistics) {
  guard stage.nullCount < stage.rowCount else {
    return (nullBlock(stage), statistics(stage, .null, .null, sum: nil, isSorted: false))
  }
  switch stage.rows.kind {
  case .uuid: return encodeUUIDs(stage)
  case .interval:
    let known = statistics(stage, .null, .null, sum: nil, isSorted: false)
    return (patternBlock(stage), known)
  case .decimal: return encodeDecimals(stage)
  default: return encodeWideIntegers(stage)
  }
}

/// A constant or plain block of 128-bit patterns.
private func patternBlock(_ stage: RowStage) -> ByteBuffer {
  let rows = WideRows(stage: stage)
  let count = stage.rowCount
  let first = rows.pattern(0)
  var header = BlockHeader(
    encoding: .constant,
    kind: stage.rows.kind,
    rowCount: count,
    nullCount: stage.nullCount
  )
  header.setWideReference(first)
  if (1..<max(count, 1)).allSatisfy({ rows.pattern($0) == first }) {
    return BlockDraft(header, payloadBytes: 0, stage: stage).buffer
  }
  header.encoding = .plain
  header.setWideReference(0)
  let draft = BlockDraft(header, payloadBytes: count * 16, stage: stage)
  for row in 0..<count {
    unsafe draft.payload.storeBytes(of: rows.pattern(row), toByteOffset: row * 16, as: Int128.self)
  }
  return draft.buffer
}

private func encodeUUIDs(_ stage: RowStage) -> (bytes: ByteBuffer, statistics: BlockStatistics) {
  let rows = stage.rows
  let lanes = rows.uuid
  var minimum = lanes[0]
  var maximum = lanes[0]
  var isSorted = stage.nullCount == 0
  for row in 1..<max(stage.rowCount, 1) {
    isSorted = isSorted && lanes[row - 1] <= lanes[row]
    minimum = min(minimum, lanes[row])
    maximum = max(maximum, lanes[row])
  }
  let known = statistics(stage, .uuid(minimum), .uuid(maximum), sum: nil, isSorted: isSorted)
  return (patternBlock(stage), known)
}

/// What one look at the coefficients of a block shows.
private struct WideProfile {
  var minimum: Int128
  var maximum: Int128
  var sum: Int128? = 0
  var isSorted: Bool

  init(_ stage: RowStage) {
    let rows = WideRows(stage: stage)
    minimum = rows.pattern(0)
    maximum = minimum
    isSorted = stage.nullCount == 0
    var previous = minimum
    for row in 0..<stage.rowCount {
      let value = rows.pattern(row)
      minimum = min(minimum, value)
      maximum = max(maximum, value)
      isSorted = isSorted && previous <= value
      previous = value
      guard stage.rows.isValid(row), let soFar = sum else { continue }
      let (total, overflow) = soFar.addingReportingOverflow(value)
      sum = overflow ? nil : total
    }
  }

  /// Bits of an offset from the minimum; nil when it takes more than 64.
  var width: Int? {
    let range = UInt128(bitPattern: maximum) &- UInt128(bitPattern: minimum)
    return range >> 64 == 0 ? bitWidth(UInt64(truncatingIfNeeded: range)) : nil
  }
}

private func encodeWideIntegers(
  _ stage: RowStage
) -> (bytes: ByteBuffer, statistics: BlockStatistics) {
  let profile = WideProfile(stage)
  let known = statistics(
    stage,
    .int128(profile.minimum),
    .int128(profile.maximum),
    sum: profile.sum,
    isSorted: profile.isSorted
  )
  return (offsetBlock(stage, profile, scale: 0) ?? patternBlock(stage), known)
}

/// A constant or frame-of-reference block; nil when offsets are wide or packing would not pay.
private func offsetBlock(_ stage: RowStage, _ profile: WideProfile, scale: Int) -> ByteBuffer? {
  let rows = WideRows(stage: stage)
  let count = stage.rowCount
  guard let width = profile.width else { return nil }
  var header = BlockHeader(
    encoding: .constant,
    kind: stage.rows.kind,
    rowCount: count,
    nullCount: stage.nullCount
  )
  header.detail = scale
  header.setWideReference(profile.minimum)
  if width == 0 { return BlockDraft(header, payloadBytes: 0, stage: stage).buffer }
  header.encoding = .frameOfReference
  header.width = width
  header.laneBits = laneBits(forWidth: width)
  let payloadBytes = header.groupCount * header.groupBytes
  guard payloadBytes < count * 16 else { return nil }
  let draft = BlockDraft(header, payloadBytes: payloadBytes, stage: stage)
  unsafe withGroupScratch(of: Int64.self) { offsets in
    for group in 0..<header.groupCount {
      for row in 0..<groupRowCount {
        let place = group * groupRowCount + row
        unsafe offsets[row] =
          place < count
          ? Int64(truncatingIfNeeded: rows.pattern(place) &- profile.minimum) : 0
      }
      unsafe packIntegers(
        offsets,
        base: 0,
        width: width,
        into: draft.payload + group * header.groupBytes
      )
    }
  }
  return draft.buffer
}

private func encodeDecimals(_ stage: RowStage) -> (bytes: ByteBuffer, statistics: BlockStatistics) {
  let rows = stage.rows
  let lanes = rows.decimal
  let count = stage.rowCount
  let first = lanes[0]
  let isUniform = (0..<count).allSatisfy {
    lanes[$0].kind == .finite && lanes[$0].scale == first.scale
  }
  if isUniform {
    let profile = WideProfile(stage)
    let scale = Int(first.scale)
    let known = statistics(
      stage,
      .decimal(Decimal(coefficient: profile.minimum, scale: scale)),
      .decimal(Decimal(coefficient: profile.maximum, scale: scale)),
      sum: nil,
      isSorted: profile.isSorted
    )
    return (offsetBlock(stage, profile, scale: scale) ?? plainDecimals(stage), known)
  }
  return (plainDecimals(stage), statistics(stage, .null, .null, sum: nil, isSorted: false))
}

/// Coefficients, then scales, then kinds, then scale and limbs of each wide value.
private func plainDecimals(_ stage: RowStage) -> ByteBuffer {
  let rows = stage.rows
  let lanes = rows.decimal
  let count = stage.rowCount
  var header = BlockHeader(
    encoding: .plain,
    kind: .decimal,
    rowCount: count,
    nullCount: stage.nullCount
  )
  let first = lanes[0]
  let isConstant = (1..<max(count, 1)).allSatisfy {
    lanes[$0].kind == first.kind && lanes[$0].scale == first.scale
      && lanes[$0].coefficient == first.coefficient
  }
  if isConstant, !first.isWide {
    header.encoding = .constant
    header.setWideReference(first.coefficient)
    header.detail = Int(first.scale)
    header.rangeWidth = Int(first.kind.rawByte)
    return BlockDraft(header, payloadBytes: 0, stage: stage).buffer
  }
  var wideBytes = 0
  for row in 0..<count where lanes[row].isWide { wideBytes += 2 + lanes[row].limbBytes.count }
  let draft = BlockDraft(header, payloadBytes: count * 18 + wideBytes, stage: stage)
  var place = 0
  for row in 0..<count {
    var value = lanes[row]
    if value.isWide {
      let limbs = value.limbBytes
      let scale = value.scale
      // SAFETY: the draft has room for 2 bytes and the limbs of every wide value behind the kinds.
      let start = unsafe draft.payload + count * 18 + place
      unsafe start.storeBytes(of: UInt8(truncatingIfNeeded: scale), as: UInt8.self)
      unsafe start.storeBytes(of: UInt8(scale >> 8), toByteOffset: 1, as: UInt8.self)
      unsafe (start + 2).copyMemory(from: limbs.start, byteCount: limbs.count)
      let signed = value.signum < 0 ? -Int128(limbs.count) : Int128(limbs.count)
      value.coefficient = signed << 64 | Int128(place)
      value.scale = 0
      place += 2 + limbs.count
    }
    unsafe draft.payload.storeBytes(of: value.coefficient, toByteOffset: row * 16, as: Int128.self)
    unsafe draft.payload.storeBytes(
      of: UInt8(truncatingIfNeeded: value.scale),
      toByteOffset: count * 16 + row,
      as: UInt8.self
    )
    unsafe draft.payload.storeBytes(
      of: value.kind.rawByte,
      toByteOffset: count * 17 + row,
      as: UInt8.self
    )
  }
  return draft.buffer
}

extension BlockHeader {
  mutating func setWideReference(_ value: Int128) {
    reference = Int64(truncatingIfNeeded: value)
    second = Int64(truncatingIfNeeded: value >> 64)
  }
}
