/// Why bytes could not be decoded.
package enum EncodingError: Error, Equatable, Sendable {
  /// The bytes end before what their header promises.
  case truncated(neededBytes: Int, availableBytes: Int)
  /// A field holds a value that no encoder writes; `offset` from the block's first byte.
  case corrupt(field: String, offset: Int)
  /// A format version this build does not know.
  case unknownVersion(UInt8)
  /// The caller asked for a group or row that is not there.
  case outOfRange(index: Int, count: Int)
  /// LZ4 or ZSTD refused the bytes.
  case decompression
}
