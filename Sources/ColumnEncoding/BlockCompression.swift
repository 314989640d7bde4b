// A compressed block: a frame of 16 bytes around the bytes of an ordinary block.
//
//   offset  size        field
//        0     1  u8    version       1
//        1     1  u8    encoding      0x81: LZ4, 0x82: ZSTD (no ordinary encoding has bit 7)
//        2     6        reserved      zero
//        8     8  u64   rawBytes      bytes of the ordinary block, 32...64 Mi
//       16     …        payload

internal import CLZ4
internal import CZstd
internal import Columnar

/// Compression of whole blocks, for rows that are rarely read.
package enum BlockCodec: UInt8, Sendable {
  case none = 0
  case lz4 = 1
  case zstd = 2
}

enum CompressedFrame {
  static let headerBytes = 16
  static let marker: UInt8 = 0x80
  static let rawBytesMax = 64 << 20

  /// Whether `bytes` begin as a compressed frame does.
  static func isFrame(_ bytes: RawSpan) -> Bool {
    bytes.byteCount >= headerBytes && bytes.byte(0) == BlockHeader.formatVersion
      && bytes.byte(1) & marker != 0
  }

  /// The compressed form of a block, or the block itself when it would not shrink by a tenth.
  static func compress(_ block: ByteBuffer, with codec: BlockCodec) -> ByteBuffer {
    guard codec != .none, block.byteCount <= rawBytesMax else { return block }
    let bound =
      codec == .lz4
      ? Int(LZ4_compressBound(Int32(block.byteCount))) : ZSTD_compressBound(block.byteCount)
    let scratch = ByteBuffer(byteCount: bound)
    // SAFETY: source and destination are whole allocations of the given sizes.
    let written: Int
    switch codec {
    case .none: return block
    case .lz4:
      written = unsafe Int(
        LZ4_compress_default(
          block.base.assumingMemoryBound(to: CChar.self),
          scratch.base.assumingMemoryBound(to: CChar.self),
          Int32(block.byteCount),
          Int32(bound)
        )
      )
    case .zstd:
      let size = unsafe ZSTD_compress(scratch.base, bound, block.base, block.byteCount, 3)
      written = ZSTD_isError(size) != 0 ? 0 : size
    }
    let total = headerBytes + written
    guard written > 0, total * 10 <= block.byteCount * 9 else { return block }
    let frame = ByteBuffer(byteCount: total)
    var bytes = frame.mutableBytes
    bytes.store(BlockHeader.formatVersion, at: 0)
    bytes.store(marker | codec.rawValue, at: 1)
    for offset in 2..<8 { bytes.store(UInt8(0), at: offset) }
    bytes.store(UInt64(block.byteCount), at: 8)
    unsafe (frame.base + headerBytes).copyMemory(from: scratch.base, byteCount: written)
    return frame
  }

  /// The ordinary block inside a frame.
  static func decompress(_ frame: ByteBuffer) throws(EncodingError) -> ByteBuffer {
    let bytes = frame.bytes
    let rawBytes = bytes.word64(8)
    guard rawBytes >= UInt64(BlockHeader.sizeBytes), rawBytes <= UInt64(rawBytesMax) else {
      throw .corrupt(field: "rawBytes", offset: 8)
    }
    guard let codec = BlockCodec(rawValue: bytes.byte(1) & ~marker), codec != .none else {
      throw .corrupt(field: "encoding", offset: 1)
    }
    let block = ByteBuffer(byteCount: Int(rawBytes))
    let payload = frame.byteCount - headerBytes
    guard payload <= Int(Int32.max) else { throw .decompression }
    // SAFETY: both decompressors stay inside the given sizes, whatever the payload.
    let produced: Int
    if codec == .lz4 {
      produced = unsafe Int(
        LZ4_decompress_safe(
          (frame.base + headerBytes).assumingMemoryBound(to: CChar.self),
          block.base.assumingMemoryBound(to: CChar.self),
          Int32(payload),
          Int32(rawBytes)
        )
      )
    } else {
      let size = unsafe ZSTD_decompress(
        block.base,
        block.byteCount,
        frame.base + headerBytes,
        payload
      )
      produced = ZSTD_isError(size) != 0 ? -1 : size
    }
    guard produced == Int(rawBytes) else { throw .decompression }
    return block
  }
}
