internal import Columnar
internal import Kernels

/// Computes the partition of rows by the hash of their keys; one thread's.
final class KeyPartitioner {
  private let bits: Int
  /// Of the last rows' keys.
  let hashes = GroupArray<UInt64>(0)
  private let scratch = GroupArray<UInt64>(0)
  /// The partition of each of the last rows, below 1 << bits.
  let partitions = GroupArray<UInt32>(0)

  /// - Parameter bits: There are 1 << `bits` partitions; equal keys, NULLs too, are in one.
  init(bits: Int) { self.bits = bits }

  /// Fills ``hashes`` and ``partitions`` for rows 0..<`count`; there is a key at least.
  func find(_ keys: ArraySlice<Vector>, _ count: Int) {
    hashes.reserve(count)
    scratch.reserve(count)
    partitions.reserve(count)
    var hashed = hashes.mutableSpan
    var extra = scratch.mutableSpan
    hashRows(keys[keys.startIndex], count, into: &hashed)
    for key in keys.dropFirst() { combineHash(key, count, into: &hashed, scratch: &extra) }
    let shift = UInt64(64 - bits)
    var targets = partitions.mutableSpan
    for row in 0..<count { targets[row] = UInt32(truncatingIfNeeded: hashed[row] &>> shift) }
  }
}
