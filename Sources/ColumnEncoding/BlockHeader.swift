// The fixed head of an encoded block, format version 1.
//
//   offset  size               field
//        0     1  u8           version       1
//        1     1  u8           encoding      BlockEncoding
//        2     1  u8           kind          LaneKind
//        3     1  u8           flags         bit 0: a validity bitmap follows the header
//        4     4  u32          rowCount      1...65,536
//        8     4  u32          nullCount     0...rowCount
//       12     1  u8           width         bits of a packed value, 0...64
//       13     1  u8           laneBits      8, 32 or 64; 0 when nothing is packed
//       14     1  u8           detail        delta: order 1, 2; decimal: scale
//       15     1  u8           rangeWidth    int64: bits of maximum - minimum
//       16     8  i64          reference     int64: the minimum; int128, decimal: low half of it; text: shortest length
//       24     8  i64          second        delta: smallest delta; scaled: divisor; int128, decimal: high half
//       32     8 × ⌈rows/64⌉   validity      1 = not NULL; only with flag bit 0
//        …                     payload       by encoding, 8-byte aligned
//
// All integers little-endian. `schema/format/segment-v2.md` draws the payloads.

internal import Columnar

/// How the payload of a block lies.
package enum BlockEncoding: UInt8, Sendable, CaseIterable {
  /// One value for all rows that are not NULL.
  case constant = 1
  /// Runs of equal values; fixed-size kinds.
  case runLength = 2
  /// Codes of the chunk's dictionary, packed.
  case dictionary = 3
  /// Minimum and packed offsets; bool, int64, int128, decimals of one scale.
  case frameOfReference = 4
  /// Differences to the value 16 rows before, packed, with seeds in every group; int64.
  case delta = 5
  /// Values as they are; bytes: packed lengths, then the bytes.
  case plain = 6
  /// Codes of the chunk's symbol table: packed lengths, then the codes; bytes.
  case fsst = 7
  /// Minimum and packed offsets in units of their common divisor; int64.
  case scaled = 8
}

/// The fields of a block's head.
struct BlockHeader: Equatable {
  static let sizeBytes = 32
  static let rowCountMax = 65_536
  static let formatVersion: UInt8 = 1

  var encoding: BlockEncoding
  var kind: LaneKind
  var hasValidity: Bool
  var rowCount: Int
  var nullCount: Int
  var width = 0
  var laneBits = 0
  var detail = 0
  var rangeWidth = 0
  var reference: Int64 = 0
  var second: Int64 = 0

  /// Words of the bitmap.
  var validityWordCount: Int { hasValidity ? (rowCount + 63) / 64 : 0 }
  /// Where the payload begins.
  var payloadOffset: Int { Self.sizeBytes + validityWordCount * 8 }
  /// Groups of 1,024 rows, the last one perhaps short.
  var groupCount: Int { (rowCount + groupRowCount - 1) / groupRowCount }
  /// Bytes of one packed group.
  var groupBytes: Int { width * (groupRowCount / 8) }
  /// The reference of int128 and decimal blocks.
  var wideReference: Int128 {
    Int128(truncatingIfNeeded: second) << 64 | Int128(UInt64(bitPattern: reference))
  }

  init(encoding: BlockEncoding, kind: LaneKind, rowCount: Int, nullCount: Int) {
    self.encoding = encoding
    self.kind = kind
    self.rowCount = rowCount
    self.nullCount = nullCount
    hasValidity = nullCount > 0 && nullCount < rowCount
  }

  /// Reads and checks the head of untrusted bytes.
  init(from bytes: RawSpan) throws(EncodingError) {
    guard bytes.byteCount >= Self.sizeBytes else {
      throw .truncated(neededBytes: Self.sizeBytes, availableBytes: bytes.byteCount)
    }
    guard bytes.byte(0) == Self.formatVersion else { throw .unknownVersion(bytes.byte(0)) }
    guard let encoding = BlockEncoding(rawValue: bytes.byte(1)) else {
      throw .corrupt(field: "encoding", offset: 1)
    }
    guard let kind = LaneKind(rawValue: bytes.byte(2)) else {
      throw .corrupt(field: "kind", offset: 2)
    }
    self.encoding = encoding
    self.kind = kind
    guard bytes.byte(3) <= 1 else { throw .corrupt(field: "flags", offset: 3) }
    hasValidity = bytes.byte(3) == 1
    rowCount = Int(bytes.word32(4))
    guard (1...Self.rowCountMax).contains(rowCount) else {
      throw .corrupt(field: "rowCount", offset: 4)
    }
    nullCount = Int(bytes.word32(8))
    guard nullCount <= rowCount, hasValidity == (nullCount > 0 && nullCount < rowCount) else {
      throw .corrupt(field: "nullCount", offset: 8)
    }
    width = Int(bytes.byte(12))
    laneBits = Int(bytes.byte(13))
    guard [0, 8, 32, 64].contains(laneBits) else { throw .corrupt(field: "laneBits", offset: 13) }
    guard width <= laneBits else { throw .corrupt(field: "width", offset: 12) }
    detail = Int(bytes.byte(14))
    rangeWidth = Int(bytes.byte(15))
    guard rangeWidth <= 64 else { throw .corrupt(field: "rangeWidth", offset: 15) }
    reference = Int64(bitPattern: bytes.word64(16))
    second = Int64(bitPattern: bytes.word64(24))
    guard bytes.byteCount >= payloadOffset else {
      throw .truncated(neededBytes: payloadOffset, availableBytes: bytes.byteCount)
    }
  }

  /// Writes the head to the first 32 bytes.
  func write(to bytes: inout MutableRawSpan) {
    precondition(bytes.byteCount >= Self.sizeBytes)
    bytes.store(Self.formatVersion, at: 0)
    bytes.store(encoding.rawValue, at: 1)
    bytes.store(kind.rawValue, at: 2)
    bytes.store(UInt8(hasValidity ? 1 : 0), at: 3)
    bytes.store(UInt32(rowCount), at: 4)
    bytes.store(UInt32(nullCount), at: 8)
    bytes.store(UInt8(width), at: 12)
    bytes.store(UInt8(laneBits), at: 13)
    bytes.store(UInt8(detail), at: 14)
    bytes.store(UInt8(rangeWidth), at: 15)
    bytes.store(reference, at: 16)
    bytes.store(second, at: 24)
  }
}

/// Bits that hold every value up to `largest`.
func bitWidth(_ largest: UInt64) -> Int { 64 - largest.leadingZeroBitCount }
