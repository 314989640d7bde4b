// Rows of a group behind others in a vector: how a scan collects long batches.

internal import CKernels
package import Columnar

extension EncodedBlock {
  /// Decodes a group's rows into lanes `at...` of `vector`, in order; those of which the bit is not set are left out.
  ///
  /// Nearly as fast as ``decode(group:into:)``, so the way to take for all but few rows.
  ///
  /// - Parameters:
  ///   - group: Below `groupCount`.
  ///   - mask: A bit a row, 16 words, 0 behind the last row.
  ///   - count: How many bits are set.
  ///   - vector: Rows 0..<`at` stay.
  ///   - at: Rows that the vector holds; 0 resets it.
  /// - Returns: False, and nothing done, where rows have no plain lanes (``hasPlainLanes``) or the vector's rows have another
  ///   dictionary.
  /// - Throws: ``EncodingError/outOfRange(index:count:)``.
  package func append(
    group: Int,
    keeping mask: Span<UInt64>,
    count: Int,
    into vector: Vector,
    at: Int
  ) throws(EncodingError) -> Bool {
    try checkGroup(group)
    precondition(vector.kind == kind && mask.count == 16 && at >= 0)
    guard hasPlainLanes else { return false }
    if kind == .bytes, at > 0, vector.dictionary !== dictionary { return false }
    if at == 0 {
      vector.reset()
      if kind == .bytes { vector.dictionary = dictionary }
    }
    vector.reserve(at + groupRowCount)
    if group + 1 < groupCount { prefetch(group: group + 1) }
    appendLanes(group, mask, isWhole: count == rowCount(ofGroup: group), vector, at)
    appendValidity(group, mask, count, vector, at)
    return true
  }

  /// Whether rows decode to integers, doubles, booleans or codes.
  package var hasPlainLanes: Bool {
    kind.hasPlainLanes || (kind == .bytes && encoding == .dictionary)
  }

  private func appendLanes(
    _ group: Int,
    _ mask: Span<UInt64>,
    isWhole: Bool,
    _ vector: Vector,
    _ at: Int
  ) {
    unsafe mask.withUnsafeBufferPointer { mask in
      let words = unsafe mask.baseAddress.unsafelyUnwrapped
      // SAFETY: there is room for a group behind `at`; decoders and kernels write no more than that.
      unsafe vector.withLanes { lanes in
        switch kind {
        case .bool:
          let place = unsafe lanes.assumingMemoryBound(to: UInt8.self) + at
          unsafe unpackBooleans(group: group, into: place)
          if !isWhole { unsafe ck_keep8(place, words, 16) }
        case .bytes:
          let place = unsafe lanes.assumingMemoryBound(to: UInt32.self) + at
          unsafe unpackCodes(group: group, into: place)
          if !isWhole { unsafe ck_keep32(place, words, 16) }
        default:
          // Doubles are kept as their patterns, in lanes of the same size.
          let place = unsafe lanes.assumingMemoryBound(to: Int64.self) + at
          unsafe decodeIntegers(group: group, into: place)
          if !isWhole { unsafe ck_keep64(place, words, 16) }
        }
      }
    }
  }

  private func appendValidity(
    _ group: Int,
    _ mask: Span<UInt64>,
    _ count: Int,
    _ vector: Vector,
    _ at: Int
  ) {
    guard nullCount > 0 || vector.hasNulls else { return }
    if !vector.hasNulls { vector.beginNulls() }
    var valid = InlineArray<16, UInt64>(repeating: 0)
    var words = valid.mutableSpan
    _ = validityMask(group: group, into: &words)
    unsafe words.withUnsafeMutableBufferPointer { words in
      unsafe mask.withUnsafeBufferPointer { mask in
        // SAFETY: both have 16 words.
        unsafe ck_keep_bits(
          words.baseAddress.unsafelyUnwrapped,
          mask.baseAddress.unsafelyUnwrapped,
          16
        )
      }
    }
    vector.setValidity(valid.span, count: count, at: at)
  }
}
