// Work on encoded groups: offsets, codes and range predicates.

internal import CKernels
internal import Columnar

extension EncodedBlock {
  /// The offsets from `integerRange.reference` of a group of an int64 block of at most 32 bits.
  ///
  /// Offsets of NULL rows are arbitrary, all are below 2^width.
  package func decodeOffsets(group: Int, into offsets: inout MutableSpan<UInt32>) {
    guard let range = integerRange else { preconditionFailure("not an int64 block") }
    precondition(range.width <= 32 && offsets.count >= groupRowCount)
    precondition(group >= 0 && group < groupCount)
    unsafe offsets.withUnsafeMutableBufferPointer { buffer in
      let offsets = unsafe buffer.baseAddress.unsafelyUnwrapped
      switch encoding {
      case .frameOfReference:
        unsafe ck_unpack32(packedGroup(group), UInt32(header.width), offsets)
      case .constant:
        unsafe offsets.update(repeating: 0, count: groupRowCount)
      default:
        let mask: UInt32 = range.width == 32 ? ~0 : (1 << UInt32(range.width)) - 1
        unsafe withGroupScratch(of: Int64.self) { values in
          unsafe decodeIntegers(group: group, into: values)
          for row in 0..<groupRowCount {
            unsafe offsets[row] =
              unsafe UInt32(truncatingIfNeeded: values[row] &- range.reference) & mask
          }
        }
      }
    }
  }

  /// The codes of a group of a dictionary block whose dictionary has at most 256 entries.
  package func decodeCodes(group: Int, into codes: inout MutableSpan<UInt8>) {
    precondition(encoding == .dictionary && header.width <= 8 && codes.count >= groupRowCount)
    precondition(group >= 0 && group < groupCount)
    unsafe codes.withUnsafeMutableBufferPointer { buffer in
      let codes = unsafe buffer.baseAddress.unsafelyUnwrapped
      if header.laneBits == 8 {
        unsafe ck_unpack8(packedGroup(group), UInt32(header.width), codes)
      } else {
        unsafe withGroupScratch(of: UInt32.self) { wide in
          unsafe unpackCodes(group: group, into: wide)
          for row in 0..<groupRowCount {
            unsafe codes[row] = unsafe UInt8(truncatingIfNeeded: wide[row])
          }
        }
      }
    }
  }

  /// Whether ``decodeCodes(group:into:)`` may be asked.
  package var hasByteCodes: Bool { encoding == .dictionary && header.width <= 8 }

  /// One bit a row of a group of an int64 block: not NULL and in `lower...upper`.
  ///
  /// Writes 16 words, zero behind the last row. Offsets are compared without widening.
  package func selectMask(
    group: Int,
    from lower: Int64,
    through upper: Int64,
    into mask: inout MutableSpan<UInt64>
  ) {
    precondition(kind == .int64 && group >= 0 && group < groupCount && mask.count >= 16)
    unsafe mask.withUnsafeMutableBufferPointer { words in
      let words = unsafe words.baseAddress.unsafelyUnwrapped
      if encoding == .frameOfReference || encoding == .scaled, header.width <= 32 {
        unsafe selectOffsets(group: group, from: lower, through: upper, into: words)
      } else if encoding == .constant {
        let passes = lower <= header.reference && header.reference <= upper
        unsafe words.update(repeating: passes ? ~0 : 0, count: 16)
      } else if encoding == .runLength {
        unsafe selectRuns(group: group, into: words) { lower <= $0 && $0 <= upper }
      } else if encoding == .plain, rowCount(ofGroup: group) == groupRowCount {
        let values = unsafe payload.assumingMemoryBound(to: Int64.self) + group * groupRowCount
        unsafe ck_range_mask64(values, lower, upper, words)
      } else {
        unsafe withGroupScratch(of: Int64.self) { values in
          unsafe decodeIntegers(group: group, into: values)
          unsafe ck_range_mask64(values, lower, upper, words)
        }
      }
    }
    keepValidRows(group: group, in: &mask)
  }

  private func selectOffsets(
    group: Int,
    from lower: Int64,
    through upper: Int64,
    into words: UnsafeMutablePointer<UInt64>
  ) {
    let reference = header.reference
    let largest: UInt64 = (1 << UInt64(header.width)) - 1
    var low = lower <= reference ? 0 : UInt64(bitPattern: lower &- reference)
    var high = UInt64(bitPattern: upper &- reference)
    if encoding == .scaled {
      let divisor = UInt64(bitPattern: header.second)
      low = low / divisor &+ (low % divisor == 0 ? 0 : 1)
      high /= divisor
    }
    high = min(largest, high)
    guard lower <= upper, upper >= reference, low <= largest else {
      unsafe words.update(repeating: 0, count: 16)
      return
    }
    unsafe ck_range_mask32(
      packedGroup(group),
      UInt32(header.width),
      UInt32(truncatingIfNeeded: low),
      UInt32(truncatingIfNeeded: high),
      words
    )
  }

  /// One bit a row of a group of an int64 block: not NULL and another value.
  ///
  /// Writes 16 words, zero behind the last row.
  package func selectMask(
    group: Int,
    otherThan value: Int64,
    into mask: inout MutableSpan<UInt64>
  ) {
    precondition(kind == .int64 && group >= 0 && group < groupCount && mask.count >= 16)
    if encoding == .runLength {
      // Mostly the value is the frequent one, and other runs are short.
      unsafe mask.withUnsafeMutableBufferPointer { words in
        unsafe selectRuns(group: group, into: words.baseAddress.unsafelyUnwrapped) { $0 != value }
      }
    } else {
      selectMask(group: group, from: value, through: value, into: &mask)
      for word in 0..<16 { mask[word] = ~mask[word] }
    }
    keepValidRows(group: group, in: &mask)
  }

  /// Looks at a run once, whatever its rows.
  @inline(__always)
  private func selectRuns(
    group: Int,
    into words: UnsafeMutablePointer<UInt64>,
    where passes: (Int64) -> Bool
  ) {
    unsafe words.update(repeating: 0, count: 16)
    let values = unsafe (payload + RunLayout.valuesOffset(runCount))
      .assumingMemoryBound(to: Int64.self)
    forEachRun(ofGroup: group) { run, rows in
      // SAFETY: a run has a value.
      guard unsafe passes(values[run]) else { return }
      var row = rows.lowerBound
      while row < rows.upperBound {
        let end = min(rows.upperBound, (row | 63) &+ 1)
        let bits: UInt64 = end &- row == 64 ? ~0 : (1 &<< UInt64(end &- row)) &- 1
        unsafe words[row &>> 6] |= bits &<< UInt64(row & 63)
        row = end
      }
    }
  }

  /// Clears the bits of NULL rows and of rows behind the last one.
  private func keepValidRows(group: Int, in mask: inout MutableSpan<UInt64>) {
    let count = rowCount(ofGroup: group)
    if nullCount == 0 && count == groupRowCount { return }
    for word in 0..<16 {
      let rest = count - word * 64
      if rest <= 0 || nullCount == rowCount {
        mask[word] = 0
      } else if header.hasValidity {
        mask[word] &= unsafe validityWords[group * 16 + word]
      } else if rest < 64 {
        mask[word] &= (1 << UInt64(rest)) - 1
      }
    }
  }

  /// The rows of a group of an int64 block in `lower...upper`, ascending; NULL never passes.
  ///
  /// - Parameters:
  ///   - group: The group.
  ///   - lower: The smallest value that passes.
  ///   - upper: The largest value that passes.
  ///   - rows: Room for 1,024 row numbers of the group.
  /// - Returns: How many rows.
  package func select(
    group: Int,
    from lower: Int64,
    through upper: Int64,
    into rows: inout MutableSpan<UInt16>
  ) -> Int {
    var words = InlineArray<16, UInt64>(repeating: 0)
    var mask = words.mutableSpan
    selectMask(group: group, from: lower, through: upper, into: &mask)
    return rowNumbers(of: words.span, into: &rows)
  }

  /// One bit a row of a group of a dictionary block with byte codes: not NULL and `table[code] != 0`.
  package func selectMask(
    group: Int,
    codeTable table: Span<UInt8>,
    into mask: inout MutableSpan<UInt64>
  ) {
    precondition(table.count == 256 && mask.count >= 16)
    unsafe withGroupScratch(of: UInt8.self) { codes in
      var span = unsafe MutableSpan(_unsafeStart: codes, count: groupRowCount)
      decodeCodes(group: group, into: &span)
      unsafe mask.withUnsafeMutableBufferPointer { words in
        unsafe table.withUnsafeBufferPointer { table in
          unsafe ck_table_mask8(
            codes,
            table.baseAddress.unsafelyUnwrapped,
            words.baseAddress.unsafelyUnwrapped
          )
        }
      }
    }
    keepValidRows(group: group, in: &mask)
  }
}

/// The places of the set bits of `mask`, ascending.
///
/// - Parameters:
///   - mask: At most 1,024 words.
///   - rows: Room for 64 places a word.
/// - Returns: How many bits are set.
/// - Complexity: 0.03 ns a bit with AVX-512, 0.1 with AVX2, else 1 ns a set bit.
package func rowNumbers(of mask: Span<UInt64>, into rows: inout MutableSpan<UInt16>) -> Int {
  precondition(mask.count <= 1024 && rows.count >= mask.count * 64)
  return unsafe rows.withUnsafeMutableBufferPointer { rows in
    unsafe mask.withUnsafeBufferPointer { mask in
      guard let words = mask.baseAddress, let places = rows.baseAddress else { return 0 }
      return unsafe ck_mask_rows(words, mask.count, places)
    }
  }
}
