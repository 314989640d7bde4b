// Kinds of 16 and more bytes.

internal import CKernels
internal import Columnar

extension EncodedBlock {
  func decodeWide(group: Int, count: Int, into vector: Vector) {
    let first = group * groupRowCount
    if encoding == .frameOfReference {
      decodeWideOffsets(group: group, count: count, into: vector)
      return
    }
    switch kind {
    case .int128:
      var lanes = vector.mutableInt128
      for row in 0..<count { lanes[row] = int128(at: first + row) }
    case .uuid:
      var lanes = vector.mutableUUID
      for row in 0..<count { lanes[row] = UInt128(bitPattern: int128(at: first + row)) }
    case .interval:
      var lanes = vector.mutableInterval
      for row in 0..<count { lanes[row] = interval(at: first + row) }
    default:
      var lanes = vector.mutableDecimal
      for row in 0..<count { lanes[row] = decimal(at: first + row) }
      if encoding == .plain { vector.settleWides(0..<count) }
    }
  }

  private func decodeWideOffsets(group: Int, count: Int, into vector: Vector) {
    let reference = header.wideReference
    unsafe withGroupScratch(of: Int64.self) { offsets in
      unsafe unpackIntegers(packedGroup(group), width: header.width, base: 0, into: offsets)
      if kind == .int128 {
        var lanes = vector.mutableInt128
        for row in 0..<count {
          lanes[row] = unsafe reference &+ Int128(UInt64(bitPattern: offsets[row]))
        }
      } else {
        var lanes = vector.mutableDecimal
        for row in 0..<count {
          lanes[row] = unsafe Decimal(
            coefficient: reference &+ Int128(UInt64(bitPattern: offsets[row])),
            scale: header.detail
          )
        }
      }
    }
  }

  /// The 16 bytes of a row of a plain or constant block.
  private func int128(at row: Int) -> Int128 {
    if encoding != .plain { return header.wideReference }
    // SAFETY: `checkPlain` proved 16 bytes a row.
    return unsafe payload.loadUnaligned(fromByteOffset: row &* 16, as: Int128.self)
  }

  /// A row of any wide encoding.
  func wideInteger(at row: Int) -> Int128 {
    guard encoding == .frameOfReference else { return int128(at: row) }
    let packed = unsafe packedGroup(row / groupRowCount)
    let offset = unsafe packedInteger(packed, width: header.width, at: row % groupRowCount)
    return header.wideReference &+ Int128(offset)
  }

  func interval(at row: Int) -> Interval {
    let bits = UInt128(bitPattern: int128(at: row))
    let high = UInt64(truncatingIfNeeded: bits >> 64)
    return Interval(
      months: Int32(truncatingIfNeeded: high >> 32),
      days: Int32(truncatingIfNeeded: high),
      microseconds: Int64(truncatingIfNeeded: bits)
    )
  }

  /// Where the digits of a wide row lie behind the kinds: first their scale, then the limbs.
  func widePlace(at row: Int) -> (offset: Int, byteCount: Int, isNegative: Bool) {
    let bits = int128(at: row)
    let count = Int64(truncatingIfNeeded: bits >> 64)
    // An offset beyond what a block can have is refused by `checkWide`.
    let offset = Int(clamping: UInt64(truncatingIfNeeded: bits))
    return (offset, Int(clamping: count.magnitude), count < 0)
  }

  /// The scale of a wide row.
  func wideScale(at offset: Int) -> Int {
    let start = header.payloadOffset + rowCount * 18 + offset
    return Int(buffer.byte(start)) | Int(buffer.byte(start + 1)) << 8
  }

  /// A wide row, its limbs in the block: to be settled into a vector or taken while the block lives.
  private func wideDecimal(at row: Int) -> Decimal {
    let place = widePlace(at: row)
    // SAFETY: `checkWide` proved that scale and limbs are inside the payload.
    let start = unsafe (payload + rowCount * 18 + place.offset + 2)
      .assumingMemoryBound(to: UInt8.self)
    return unsafe Decimal(
      limbs: ByteView(start: start, count: place.byteCount),
      isNegative: place.isNegative,
      scale: wideScale(at: place.offset)
    )
  }

  func decimal(at row: Int) -> Decimal {
    let coefficient = wideInteger(at: row)
    switch encoding {
    case .plain:
      let scale = unsafe payload.load(fromByteOffset: rowCount * 16 + row, as: UInt8.self)
      let kind = unsafe payload.load(fromByteOffset: rowCount * 17 + row, as: UInt8.self)
      let known = Decimal.Kind(rawByte: kind) ?? .finite
      guard known != .wide else { return wideDecimal(at: row) }
      return Decimal(coefficient: coefficient, scale: Int(scale), kind: known)
    case .constant:
      // A block of NULLs may say anything.
      let known = Decimal.Kind(rawByte: UInt8(header.rangeWidth)) ?? .finite
      return Decimal(
        coefficient: coefficient,
        scale: header.detail,
        kind: known == .wide ? .finite : known
      )
    default:
      return Decimal(coefficient: coefficient, scale: header.detail)
    }
  }
}

extension Interval {
  /// Microseconds in the low half; days, then months in the high one.
  var bits: Int128 {
    let high = UInt64(UInt32(bitPattern: months)) << 32 | UInt64(UInt32(bitPattern: days))
    return Int128(Int64(bitPattern: high)) << 64 | Int128(UInt64(bitPattern: microseconds))
  }
}
