// The write-ahead log: one file from checkpoint to checkpoint, `log-<first sequence>.wal`.
//
//   file header, 64 bytes
//   offset  size  field
//        0     8  magic            "ALMNCLOG"
//        8     4  u32 version      1
//       12     4  u32 reserved     zero
//       16     8  u64 first        sequence of the first record
//       24     8  u64 salt         random, part of every frame's checksum
//       32    28  zero
//       60     4  u32 checksum     CRC-32C of bytes 0..<60
//
//   frame, aligned to 8 bytes
//        0     4  u32 checksum     CRC-32C of salt, file offset, bytes 4..<24, payload
//        4     4  u32 size         payload bytes; 0: a mark, which carries no commit
//        8     8  u64 sequence     commit sequence; of a mark: of the last commit before it
//       16     8  u64 synced       every byte before this offset was durable when the frame was written
//       24     …  payload          a commit record, then zeros to a multiple of 8
//
// A torn tail and a hole look alike where they begin: a frame that does not check. What follows
// decides. A valid frame behind it whose `synced` lies beyond the damage proves that the damaged
// bytes had been durable: corruption. Without such a frame the damage lies in the last unsynced
// writes, which nobody was promised: it is cut. The mark is written, unsynced, when the log falls
// idle, so that a flipped bit in the last commit before a kill is not mistaken for a torn tail.

internal import ColumnEncoding
internal import Columnar

/// Sizes, names and checksums of log files.
enum LogFormat {
  static let magic = Array("ALMNCLOG".utf8)
  static let version: UInt32 = 1
  static let headerBytes = 64
  static let frameHeaderBytes = 24
  /// A commit of more bytes is refused.
  static let payloadBytesMax = 1 << 30

  static func fileName(firstSequence: UInt64) -> String {
    "log-\(hexadecimal(firstSequence)).wal"
  }

  /// The first sequence a log file's name tells; nil for other files.
  static func firstSequence(ofName name: String) -> UInt64? {
    guard name.hasPrefix("log-"), name.hasSuffix(".wal"), name.utf8.count == 24 else { return nil }
    return UInt64(name.dropFirst(4).dropLast(4), radix: 16)
  }

  static func header(firstSequence: UInt64, salt: UInt64) -> [UInt8] {
    var writer = ByteWriter()
    writer.bytes = magic
    writer.write(version)
    writer.write(UInt32(0))
    writer.write(firstSequence)
    writer.write(salt)
    writer.bytes += [UInt8](repeating: 0, count: 28)
    writer.write(checksum(of: writer.bytes))
    return writer.bytes
  }

  /// Appends one frame to `bytes`, which will be written at file offset `base`.
  static func appendFrame(
    to bytes: inout [UInt8],
    base: Int64,
    sequence: UInt64,
    synced: Int64,
    salt: UInt64,
    payload: [UInt8]
  ) {
    let start = bytes.count
    var head = ByteWriter()
    head.write(UInt32(payload.count))
    head.write(sequence)
    head.write(UInt64(synced))
    let sum = frameChecksum(
      salt: salt,
      offset: base + Int64(start),
      head: head.bytes,
      payload: payload[...]
    )
    var writer = ByteWriter()
    writer.write(sum)
    bytes += writer.bytes
    bytes += head.bytes
    bytes += payload
    bytes += [UInt8](repeating: 0, count: (8 - bytes.count % 8) % 8)
  }

  static func frameChecksum(
    salt: UInt64,
    offset: Int64,
    head: [UInt8],
    payload: ArraySlice<UInt8>
  ) -> UInt32 {
    var seed = ByteWriter()
    seed.write(salt)
    seed.write(UInt64(offset))
    seed.bytes += head
    var checksum = Checksum()
    // SAFETY: bytes have no padding.
    unsafe checksum.update(seed.bytes.span.bytes)
    unsafe checksum.update(payload.span.bytes)
    return checksum.value
  }
}

/// The checksum of an array.
func checksum(of bytes: [UInt8]) -> UInt32 {
  // SAFETY: bytes have no padding.
  unsafe Checksum.of(bytes.span.bytes)
}

/// Sixteen digits, so that names sort as numbers.
func hexadecimal(_ number: UInt64) -> String {
  let digits = String(number, radix: 16)
  return String(repeating: "0", count: 16 - digits.utf8.count) + digits
}
