// Rows that are read alone lie anywhere in memory: asked for early, their bytes come side by side.

internal import CKernels
internal import Columnar

extension EncodedBlock {
  /// Where the object is, for ``prefetchObject(at:)``; says nothing any more when the object is gone.
  package var address: Int { unsafe Int(bitPattern: Unmanaged.passUnretained(self).toOpaque()) }

  /// Asks for the fields of the block at an address, without a look at it: counting a reference would wait for it.
  package static func prefetchObject(at address: Int) {
    guard let start = unsafe UnsafeRawPointer(bitPattern: address) else { return }
    // SAFETY: a prefetch reads nothing and never faults.
    for line in 0..<4 { unsafe ck_prefetch(start + line * 64) }
  }

  /// Asks for the bytes that ``gather(_:into:at:)`` reads of a row; `row` must be inside.
  package func prefetch(_ row: Int) {
    if header.hasValidity { unsafe ck_prefetch(validityWords + (row >> 6)) }
    switch encoding {
    case .constant: break
    case .frameOfReference, .scaled, .dictionary: prefetchPacked(row)
    case .delta: prefetchLane(row)
    case .runLength: unsafe ck_prefetch(payload)
    case .plain where kind != .bytes: unsafe ck_prefetch(payload + row &* kind.strideBytes)
    case .plain, .fsst: prefetchLengths(row)
    }
  }

  /// Asks for the packed values of a group, which is likely to be decoded soon: the machine's own prefetching ends with each page.
  func prefetch(group: Int) {
    switch encoding {
    case .frameOfReference, .scaled, .dictionary, .delta:
      let start = unsafe packedGroup(group) - seedBytes
      for line in 0..<(header.groupBytes + seedBytes) / 64 {
        unsafe ck_prefetch(start + line &* 64)
      }
    case .constant, .runLength, .plain, .fsst: break
    }
  }

  /// The word of a packed value, and the one behind it of which it may have bits.
  private func prefetchPacked(_ row: Int) {
    let lanes = 1024 / max(8, header.laneBits)
    let index = row % groupRowCount
    let word = (index / lanes &* header.width) / max(8, header.laneBits)
    let start = unsafe packedGroup(row / groupRowCount) + word &* 128
    let place = unsafe start + index % lanes &* (header.laneBits / 8)
    unsafe ck_prefetch(place)
    unsafe ck_prefetch(place + 128)
  }

  /// The seeds of a group's lane and its differences up to the row.
  private func prefetchLane(_ row: Int) {
    let packed = unsafe packedGroup(row / groupRowCount)
    let lane = row % 16 &* (header.laneBits / 8)
    unsafe ck_prefetch(packed - seedBytes + row % 16 &* 8)
    let words = min(header.width, (row % groupRowCount &* header.width) / 1024 &+ 1)
    for word in 0..<words { unsafe ck_prefetch(packed + word &* 128 + lane) }
  }

  /// Where the texts of a row's group begin, and the lengths of those before it.
  private func prefetchLengths(_ row: Int) {
    let group = row / groupRowCount
    unsafe ck_prefetch(payload + group &* 4)
    let lengths = unsafe packedGroup(group)
    for line in 0..<header.width &* 2 { unsafe ck_prefetch(lengths + line &* 64) }
  }
}
