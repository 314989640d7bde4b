// A group of 1,024 rows at a time, into a vector.

internal import CKernels
package import Columnar

extension EncodedBlock {
  /// Decodes group `group` into rows 0..<n of `vector`, replacing all that it held.
  ///
  /// A dictionary block gives codes. Views point into this block, which the vector keeps alive.
  ///
  /// - Returns: n, the rows of that group.
  package func decode(group: Int, into vector: Vector) throws(EncodingError) -> Int {
    try checkGroup(group)
    precondition(vector.kind == kind)
    vector.reset()
    vector.reserve(groupRowCount)
    let count = rowCount(ofGroup: group)
    switch kind {
    case .int64:
      var lanes = vector.mutableInt64
      unsafe lanes.withUnsafeMutableBufferPointer { lanes in
        unsafe decodeIntegers(group: group, into: lanes.baseAddress.unsafelyUnwrapped)
      }
    case .float64: decodeDoubles(group: group, count: count, into: vector)
    case .bool: decodeBooleans(group: group, into: vector)
    case .bytes:
      vector.retain(self)
      if encoding == .dictionary {
        vector.dictionary = dictionary
        var lanes = vector.mutableCodes
        unsafe lanes.withUnsafeMutableBufferPointer { lanes in
          unsafe unpackCodes(group: group, into: lanes.baseAddress.unsafelyUnwrapped)
        }
      } else {
        try decodeViews(group: group, count: count, into: vector)
      }
    case .int128, .decimal, .uuid, .interval:
      decodeWide(group: group, count: count, into: vector)
    }
    decodeValidity(group: group, count: count, into: vector)
    return count
  }

  private func decodeValidity(group: Int, count: Int, into vector: Vector) {
    vector.hasNulls = nullCount > 0
    guard nullCount > 0 else { return }
    var words = vector.mutableValidity
    _ = validityMask(group: group, into: &words)
  }

  /// The validity bits of a group, 16 words, 0 behind the last row.
  ///
  /// - Returns: false when no row of the block is NULL; the words are then all rows of the group.
  package func validityMask(group: Int, into words: inout MutableSpan<UInt64>) -> Bool {
    precondition(group >= 0 && group < groupCount && words.count >= 16)
    let count = rowCount(ofGroup: group)
    let first = group * 16
    for word in 0..<16 {
      let rest = count - word * 64
      if header.hasValidity {
        words[word] = rest > 0 ? unsafe validityWords[first + word] : 0
      } else if nullCount > 0 || rest <= 0 {
        words[word] = 0
      } else {
        words[word] = rest >= 64 ? ~0 : (1 << UInt64(rest)) - 1
      }
    }
    return nullCount > 0
  }

  /// 1,024 values of an int64 block; behind the last row of the block they are of no meaning.
  func decodeIntegers(group: Int, into values: UnsafeMutablePointer<Int64>) {
    let count = rowCount(ofGroup: group)
    switch encoding {
    case .constant, .dictionary:
      unsafe values.update(repeating: header.reference, count: groupRowCount)
    case .frameOfReference:
      unsafe unpackIntegers(
        packedGroup(group),
        width: header.width,
        base: header.reference,
        into: values
      )
    case .scaled:
      unsafe unpackScaled(
        packedGroup(group),
        width: header.width,
        base: header.reference,
        divisor: header.second,
        into: values
      )
    case .delta: unsafe decodeDeltas(group: group, into: values)
    case .runLength:
      unsafe decodeRuns(group: group, count: count, into: values)
    case .plain, .fsst:
      let source = unsafe payload.assumingMemoryBound(to: Int64.self) + group * groupRowCount
      unsafe values.update(from: source, count: count)
      unsafe (values + count).update(repeating: 0, count: groupRowCount - count)
    }
  }

  private func decodeDeltas(group: Int, into values: UnsafeMutablePointer<Int64>) {
    let packed = unsafe packedGroup(group)
    unsafe unpackIntegers(packed, width: header.width, base: header.second, into: values)
    let seeds = unsafe (packed - seedBytes).assumingMemoryBound(to: Int64.self)
    if header.detail == 2 {
      unsafe (values + 16).update(from: seeds + 16, count: 16)
      unsafe ck_prefix16(values, 32)
    }
    unsafe values.update(from: seeds, count: 16)
    unsafe ck_prefix16(values, 16)
  }

  /// The run that holds `row`: binary search over the ends.
  func run(at row: Int) -> Int {
    let ends = unsafe (payload + 8).assumingMemoryBound(to: UInt32.self)
    var low = 0
    var high = runCount - 1
    while low < high {
      let middle = (low + high) / 2
      if unsafe Int(ends[middle]) > row { high = middle } else { low = middle + 1 }
    }
    return low
  }

  private func decodeRuns(group: Int, count: Int, into values: UnsafeMutablePointer<Int64>) {
    let runs = unsafe (payload + RunLayout.valuesOffset(runCount))
      .assumingMemoryBound(to: Int64.self)
    forEachRun(ofGroup: group) { run, rows in
      unsafe (values + rows.lowerBound).update(repeating: runs[run], count: rows.count)
    }
    unsafe (values + count).update(repeating: 0, count: groupRowCount - count)
  }

  /// Calls `body` with each run that has rows in a group, and these, counted from the group's first.
  @inline(__always)
  func forEachRun(ofGroup group: Int, _ body: (Int, Range<Int>) -> Void) {
    let ends = unsafe (payload + 8).assumingMemoryBound(to: UInt32.self)
    let count = rowCount(ofGroup: group)
    let first = group * groupRowCount
    var run = run(at: first)
    var row = 0
    while row < count {
      // SAFETY: the ends ascend and the last is rowCount, so each step moves on and run < runCount.
      let end = unsafe min(count, Int(ends[run]) - first)
      body(run, row..<end)
      row = end
      run += 1
    }
  }

  private func decodeDoubles(group: Int, count: Int, into vector: Vector) {
    var lanes = vector.mutableFloat64
    unsafe lanes.withUnsafeMutableBufferPointer { lanes in
      let raw = unsafe UnsafeMutableRawPointer(lanes.baseAddress.unsafelyUnwrapped)
      // SAFETY: a double and an int64 lane have the same size; the patterns are copied as they are.
      unsafe decodeIntegers(group: group, into: raw.assumingMemoryBound(to: Int64.self))
    }
  }

  private func decodeBooleans(group: Int, into vector: Vector) {
    var lanes = vector.mutableBool
    unsafe lanes.withUnsafeMutableBufferPointer { lanes in
      unsafe unpackBooleans(group: group, into: lanes.baseAddress.unsafelyUnwrapped)
    }
  }

  /// 1,024 booleans; behind the last row of the block they are of no meaning.
  func unpackBooleans(group: Int, into values: UnsafeMutablePointer<UInt8>) {
    switch encoding {
    case .frameOfReference: unsafe ck_unpack8(packedGroup(group), UInt32(header.width), values)
    case .plain:
      let source = unsafe payload.assumingMemoryBound(to: UInt8.self) + group * groupRowCount
      unsafe values.update(from: source, count: rowCount(ofGroup: group))
    default:
      unsafe values.update(repeating: UInt8(header.reference & 1), count: groupRowCount)
    }
  }

  /// 1,024 codes of a dictionary block.
  func unpackCodes(group: Int, into codes: UnsafeMutablePointer<UInt32>) {
    if header.laneBits == 8 {
      unsafe ck_unpack8_to32(packedGroup(group), UInt32(header.width), codes)
    } else {
      unsafe ck_unpack32(packedGroup(group), UInt32(header.width), codes)
    }
  }

  /// 1,024 lengths of a block of texts, less the shortest (`header.reference`).
  func unpackLengths(group: Int, into lengths: UnsafeMutablePointer<UInt32>) {
    unsafe unpackCodes(group: group, into: lengths)
  }

  /// The bytes of all rows of a group of a plain text block, one row after the other; empty for
  /// other blocks.
  ///
  /// For searches over many rows at once. Valid while the block lives.
  package func textBytes(group: Int) -> ByteView {
    guard encoding == .plain else { return buffer.view(offset: 0, count: 0) }
    return storedBytes(group: group)
  }

  /// The bytes or codes of all rows of a group of a block of texts; empty for other blocks.
  func storedBytes(group: Int) -> ByteView {
    guard holdsTexts, group >= 0, group < groupCount else {
      return buffer.view(offset: 0, count: 0)
    }
    let start = Int(buffer.word32(header.payloadOffset + group * 4))
    let end = Int(buffer.word32(header.payloadOffset + group * 4 + 4))
    let origin = header.payloadOffset + TextLayout.bytesOffset(header)
    return buffer.view(offset: origin + start, count: end - start)
  }

  private func decodeViews(group: Int, count: Int, into vector: Vector) throws(EncodingError) {
    if encoding == .fsst { return try decodeSymbols(group: group, count: count, into: vector) }
    var lanes = vector.mutableViews
    if encoding == .constant {
      let view = constantText
      for row in 0..<count { lanes[row] = view }
      return
    }
    let shortest = Int(header.reference)
    var next = unsafe textBytes(group: group).start
    unsafe withGroupScratch(of: UInt32.self) { lengths in
      unsafe unpackLengths(group: group, into: lengths)
      precondition(lanes.count >= count)
      for row in 0..<count {
        let length = unsafe Int(lengths[row]) &+ shortest
        // SAFETY: `checkText` proved that the lengths add up to the group's bytes.
        unsafe lanes[unchecked: row] = ByteView(start: next, count: length)
        unsafe next += length
      }
    }
  }

  /// The string of a constant block; empty when all rows are NULL.
  var constantText: ByteView {
    guard nullCount < rowCount else { return buffer.view(offset: 0, count: 0) }
    let count = Int(buffer.word32(header.payloadOffset))
    return buffer.view(offset: header.payloadOffset + 4, count: count)
  }
}
