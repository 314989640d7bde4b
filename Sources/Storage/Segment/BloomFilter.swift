// Split-block Bloom filter: a key sets one bit in each of the eight words of one 32-byte block, so a
// look-up touches one cache line. 12 bits a key: about 0.4 % of absent keys pass.
// Source: Putze, Sanders, Singler, "Cache-, Hash- and Space-Efficient Bloom Filters", 2007; as in Parquet.

internal import ColumnEncoding
internal import Columnar

/// A filter over key hashes; immutable once built.
struct BloomFilter: Sendable {
  static let bitsPerKey = 12
  private static let salts = SIMD8<UInt32>(
    0x47b6_137b,
    0x4497_4d91,
    0x8824_ad5b,
    0xa2b7_289d,
    0x7054_95c7,
    0x2df1_424b,
    0x9efc_4947,
    0x5c6b_fb31
  )

  let page: ByteBuffer
  private var blockCount: UInt64 { UInt64(page.byteCount / 32) }

  /// Takes a stored filter; nil when it is not whole blocks.
  init?(page: ByteBuffer) {
    guard page.byteCount >= 32, page.byteCount % 32 == 0 else { return nil }
    self.page = page
  }

  /// The filter of some hashes.
  init(hashes: [UInt64]) {
    let blocks = max(1, (hashes.count * Self.bitsPerKey + 255) / 256)
    page = ByteBuffer(byteCount: blocks * 32)
    unsafe page.base.initializeMemory(as: UInt8.self, repeating: 0, count: page.byteCount)
    let words = unsafe page.base.assumingMemoryBound(to: SIMD8<UInt32>.self)
    // SAFETY: block < blockCount; buffers are aligned to 64 bytes.
    for hash in hashes { unsafe words[block(of: hash)] |= Self.bits(hash) }
  }

  @inline(__always)
  private func block(of hash: UInt64) -> Int {
    Int(truncatingIfNeeded: hash.multipliedFullWidth(by: blockCount).high)
  }

  @inline(__always)
  private static func bits(_ hash: UInt64) -> SIMD8<UInt32> {
    SIMD8(repeating: 1) &<< ((salts &* UInt32(truncatingIfNeeded: hash)) &>> 27)
  }

  /// False when the key is surely absent.
  func mayContain(_ hash: UInt64) -> Bool {
    let words = unsafe page.base.assumingMemoryBound(to: SIMD8<UInt32>.self)
    let bits = Self.bits(hash)
    // SAFETY: as in init. No branch a word: most keys are absent at some word or other.
    return unsafe words[block(of: hash)] & bits == bits
  }
}
