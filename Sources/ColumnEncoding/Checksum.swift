// The checksum of every frame, block and page on disk: CRC-32C.

internal import CKernels

/// A running CRC-32C.
package struct Checksum: Equatable, Sendable {
  /// The checksum of the bytes so far; 0 for none.
  package private(set) var value: UInt32 = 0

  package init() {}

  /// The checksum of `bytes`.
  package static func of(_ bytes: RawSpan) -> UInt32 {
    var checksum = Checksum()
    checksum.update(bytes)
    return checksum.value
  }

  /// The checksum of `bytes`.
  package static func of(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    unsafe ck_crc32c(0, bytes.baseAddress, bytes.count)
  }

  /// Goes on over `bytes`.
  ///
  /// - Complexity: O(bytes), more than 10 bytes a nanosecond from 3 KB on.
  package mutating func update(_ bytes: RawSpan) {
    // SAFETY: the span's memory outlives the call, which reads exactly its count.
    value = unsafe bytes.withUnsafeBytes { unsafe ck_crc32c(value, $0.baseAddress, $0.count) }
  }
}
