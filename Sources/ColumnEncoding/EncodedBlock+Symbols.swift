// Blocks of symbols' codes: decoding, and work on the codes themselves.

internal import CKernels
package import Columnar

extension EncodedBlock {
  /// The codes of all rows of a group of a ``BlockEncoding/fsst`` block, one row after the other; empty for other
  /// blocks.
  ///
  /// Row r has ``codeLengths(group:into:)``[r] of them. Valid while the block lives.
  package func codeBytes(group: Int) -> ByteView {
    encoding == .fsst ? storedBytes(group: group) : buffer.view(offset: 0, count: 0)
  }

  /// How many bytes (codes, in a ``BlockEncoding/fsst`` block) each row of a group of texts has.
  ///
  /// - Parameters:
  ///   - group: Below `groupCount`.
  ///   - lengths: Room for 1,024; those behind the last row are of no meaning.
  /// - Returns: False for a block that is neither plain text nor codes.
  package func codeLengths(group: Int, into lengths: inout MutableSpan<UInt32>) -> Bool {
    precondition(group >= 0 && group < groupCount && lengths.count >= groupRowCount)
    guard holdsTexts else { return false }
    let shortest = UInt32(truncatingIfNeeded: header.reference)
    unsafe lengths.withUnsafeMutableBufferPointer { lengths in
      // SAFETY: room for a group by the check above.
      let places = unsafe lengths.baseAddress.unsafelyUnwrapped
      unsafe unpackLengths(group: group, into: places)
      for row in 0..<groupRowCount { unsafe places[row] &+= shortest }
    }
    return true
  }

  /// How many characters each row of a group of a ``BlockEncoding/fsst`` block has, from its codes.
  ///
  /// - Parameters:
  ///   - group: Below `groupCount`.
  ///   - counts: Gets one a row; what a NULL row has is of no meaning.
  /// - Returns: False for a block of another encoding.
  package func characterCounts(group: Int, into counts: inout MutableSpan<Int64>) -> Bool {
    precondition(group >= 0 && group < groupCount && counts.count >= rowCount(ofGroup: group))
    guard encoding == .fsst, let symbolTable else { return false }
    let codes = codeBytes(group: group)
    unsafe withGroupScratch(of: UInt32.self) { lengths in
      unsafe unpackLengths(group: group, into: lengths)
      unsafe counts.withUnsafeMutableBufferPointer { counts in
        // SAFETY: `checkText` proved that the lengths add up to the codes; there is room for a count a row.
        unsafe ck_fsst_characters(
          symbolTable.characters,
          codes.start,
          lengths,
          UInt32(header.reference),
          rowCount(ofGroup: group),
          counts.baseAddress.unsafelyUnwrapped
        )
      }
    }
    return true
  }

  /// Bytes of the texts that the codes of a group stand for.
  private func textByteCount(group: Int) -> Int {
    let texts = header.payloadOffset + (groupCount + 1 + group) * 4
    return Int(buffer.word32(texts + 4)) - Int(buffer.word32(texts))
  }

  /// Decodes a group into memory that `place` gives for its bytes; `ends` has the end of every row.
  private func decodeTexts(
    group: Int,
    into place: UnsafeMutablePointer<UInt8>,
    ends: UnsafeMutablePointer<UInt32>
  ) throws(EncodingError) {
    guard let symbolTable else { throw .corrupt(field: "symbols", offset: 1) }
    let codes = storedBytes(group: group)
    let textBytes = textByteCount(group: group)
    let decoded = unsafe withGroupScratch(of: UInt32.self) { lengths in
      unsafe unpackLengths(group: group, into: lengths)
      // SAFETY: `checkText` proved that the lengths add up to the codes; the kernel stays inside the text's bytes.
      return unsafe ck_fsst_decode(
        symbolTable.symbols,
        symbolTable.lengths,
        codes.start,
        lengths,
        UInt32(header.reference),
        rowCount(ofGroup: group),
        place,
        textBytes,
        ends
      )
    }
    guard decoded == textBytes else {
      throw .corrupt(field: "text", offset: header.payloadOffset)
    }
  }

  func decodeSymbols(group: Int, count: Int, into vector: Vector) throws(EncodingError) {
    let memory = vector.reserveBytes(textByteCount(group: group))
    let start = unsafe UnsafeMutablePointer(mutating: memory.start)
    var lanes = vector.mutableViews
    precondition(lanes.count >= count)
    try unsafe withRowEnds { (ends) throws(EncodingError) in
      try unsafe decodeTexts(group: group, into: start, ends: ends)
      var begin = 0
      for row in 0..<count {
        let end = unsafe Int(ends[row])
        // SAFETY: ends ascend up to the text's bytes; there are lanes for all rows.
        unsafe lanes[unchecked: row] = ByteView(start: start + begin, count: end &- begin)
        begin = end
      }
    }
  }

  /// The string of a row; empty for NULL.
  func symbolText(at row: Int) throws(EncodingError) -> [UInt8] {
    let codes = storedText(at: row)
    var failure: EncodingError?
    let text = unsafe [UInt8](unsafeUninitializedCapacity: codes.count * 8 + 1) { room, count in
      do throws(EncodingError) {
        count = try unsafe decode(codes, into: room)
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return text
  }

  /// The string that codes stand for, in memory that `allocate` gives.
  private func symbolText(
    _ codes: ByteView,
    _ allocate: (Int) -> ByteView
  ) throws(EncodingError) -> ByteView {
    var failure: EncodingError?
    let capacity = codes.count * 8 + 1
    let text = unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: capacity) { room in
      do throws(EncodingError) {
        let count = try unsafe decode(codes, into: room)
        let text = allocate(count)
        let start = unsafe UnsafeMutablePointer(mutating: text.start)
        unsafe start.update(from: room.baseAddress.unsafelyUnwrapped, count: count)
        return text
      } catch {
        failure = error
        return codes
      }
    }
    if let failure { throw failure }
    return text
  }

  /// Decodes the codes of one string; `room` has eight bytes a code and one more.
  private func decode(
    _ codes: ByteView,
    into room: UnsafeMutableBufferPointer<UInt8>
  ) throws(EncodingError) -> Int {
    guard let symbolTable else { throw .corrupt(field: "symbols", offset: 1) }
    var length = UInt32(codes.count)
    var end: UInt32 = 0
    // SAFETY: eight bytes a code suffice, and the kernel writes no more.
    return unsafe ck_fsst_decode(
      symbolTable.symbols,
      symbolTable.lengths,
      codes.start,
      &length,
      0,
      1,
      room.baseAddress.unsafelyUnwrapped,
      codes.count * 8,
      &end
    )
  }

  /// ``gather(_:into:at:)`` of strings in codes: groups of which many rows are wanted are decoded whole.
  func gatherSymbols(
    _ rows: Span<UInt16>,
    into vector: Vector,
    at: Int
  ) throws(EncodingError) {
    vector.replaceCodesByViews(rowCount: at)
    var index = 0
    while index < rows.count {
      let group = Int(rows[index]) / groupRowCount
      var end = index + 1
      while end < rows.count && Int(rows[end]) / groupRowCount == group { end += 1 }
      if end - index > 128 {
        try gatherGroup(group, rows.extracting(index..<end), into: vector, at: at + index)
      } else {
        try gatherFew(group, rows.extracting(index..<end), into: vector, at: at + index)
      }
      index = end
    }
  }

  private func gatherGroup(
    _ group: Int,
    _ rows: Span<UInt16>,
    into vector: Vector,
    at: Int
  ) throws(EncodingError) {
    let memory = vector.reserveBytes(textByteCount(group: group))
    let start = unsafe UnsafeMutablePointer(mutating: memory.start)
    var lanes = vector.mutableViews
    try unsafe withRowEnds { (ends) throws(EncodingError) in
      try unsafe decodeTexts(group: group, into: start, ends: ends)
      for index in rows.indices {
        let row = Int(rows[index]) % groupRowCount
        let begin = row == 0 ? 0 : unsafe Int(ends[row - 1])
        lanes[at + index] = unsafe ByteView(start: start + begin, count: Int(ends[row]) - begin)
      }
    }
  }

  /// One pass over the lengths; each wanted row is decoded alone.
  private func gatherFew(
    _ group: Int,
    _ rows: Span<UInt16>,
    into vector: Vector,
    at: Int
  ) throws(EncodingError) {
    let codes = storedBytes(group: group)
    let shortest = Int(header.reference)
    var lanes = vector.mutableViews
    try unsafe withRowEnds { (lengths) throws(EncodingError) in
      unsafe unpackLengths(group: group, into: lengths)
      var row = 0
      var offset = 0
      for index in rows.indices {
        let wanted = Int(rows[index]) % groupRowCount
        if wanted < row { (row, offset) = (0, 0) }
        while row < wanted {
          unsafe offset &+= Int(lengths[row]) &+ shortest
          row &+= 1
        }
        // SAFETY: `checkText` proved that the lengths add up to the group's codes.
        let own = unsafe ByteView(
          start: codes.start + offset,
          count: Int(lengths[row]) &+ shortest
        )
        lanes[at + index] = try symbolText(own) { vector.reserveBytes($0) }
      }
    }
  }

  /// Room for a number a row of a group.
  private func withRowEnds(
    _ body: (UnsafeMutablePointer<UInt32>) throws(EncodingError) -> Void
  ) throws(EncodingError) {
    let failure: EncodingError? = unsafe withGroupScratch(of: UInt32.self) { ends in
      do throws(EncodingError) {
        try unsafe body(ends)
        return nil
      } catch {
        return error
      }
    }
    if let failure { throw failure }
  }
}
