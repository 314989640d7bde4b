// Single rows, without decoding the block.

internal import CKernels
package import Columnar

extension EncodedBlock {
  /// One row; at most 200 ns for every encoding (delta adds up one lane, text the lengths of a group).
  package func value(at row: Int) throws(EncodingError) -> Datum {
    guard row >= 0 && row < rowCount else { throw .outOfRange(index: row, count: rowCount) }
    guard isValid(row) else { return .null }
    switch kind {
    case .bool: return .boolean(boolean(at: row) != 0)
    case .int64: return .int64(integer(at: row))
    case .float64: return .double(Double(bitPattern: UInt64(bitPattern: integer(at: row))))
    case .int128: return .int128(wideInteger(at: row))
    case .uuid: return .uuid(UInt128(bitPattern: wideInteger(at: row)))
    case .interval: return .interval(interval(at: row))
    case .decimal: return Datum(numeric: decimal(at: row))
    case .bytes:
      return .bytes(encoding == .fsst ? try symbolText(at: row) : text(at: row).bytes)
    }
  }

  /// An int64 lane, or the pattern of a double; a NULL row gives something.
  package func integer(at row: Int) -> Int64 {
    precondition(row >= 0 && row < rowCount)
    switch encoding {
    case .frameOfReference:
      let packed = unsafe packedGroup(row / groupRowCount)
      let offset = unsafe packedInteger(packed, width: header.width, at: row % groupRowCount)
      return header.reference &+ Int64(bitPattern: offset)
    case .scaled:
      let packed = unsafe packedGroup(row / groupRowCount)
      let offset = unsafe packedInteger(packed, width: header.width, at: row % groupRowCount)
      return header.reference &+ Int64(bitPattern: offset) &* header.second
    case .plain, .fsst: return unsafe payload.load(fromByteOffset: row &* 8, as: Int64.self)
    case .runLength:
      let offset = RunLayout.valuesOffset(runCount) + run(at: row) * 8
      return unsafe payload.load(fromByteOffset: offset, as: Int64.self)
    case .delta:
      return deltaValue(at: row)
    case .constant, .dictionary: return header.reference
    }
  }

  /// Adds up the differences of one of the 16 lanes of a group, at most 63.
  private func deltaValue(at row: Int) -> Int64 {
    let packed = unsafe packedGroup(row / groupRowCount)
    let index = row % groupRowCount
    let lane = index % 16
    let seeds = unsafe (packed - seedBytes).assumingMemoryBound(to: Int64.self)
    var value = unsafe seeds[lane]
    var step = index / 16
    if header.detail == 2 {
      guard step > 0 else { return value }
      var delta = unsafe seeds[16 + lane]
      value &+= delta
      for place in stride(from: lane + 32, through: index, by: 16) {
        let change = unsafe packedInteger(packed, width: header.width, at: place)
        delta &+= Int64(bitPattern: change) &+ header.second
        value &+= delta
      }
      return value
    }
    var sum: UInt64 = 0
    var place = lane + 16
    while step > 0 {
      unsafe sum &+= packedInteger(packed, width: header.width, at: place)
      place &+= 16
      step &-= 1
    }
    value &+= Int64(bitPattern: sum) &+ header.second &* Int64(index / 16)
    return value
  }

  private func boolean(at row: Int) -> UInt8 {
    switch encoding {
    case .frameOfReference:
      unsafe ck_packed8(
        packedGroup(row / groupRowCount),
        UInt32(header.width),
        UInt32(row % groupRowCount)
      )
    case .plain: unsafe payload.load(fromByteOffset: row, as: UInt8.self)
    default: UInt8(header.reference & 1)
    }
  }

  /// The code of a row of a dictionary block.
  package func code(at row: Int) -> Int {
    precondition(encoding == .dictionary && row >= 0 && row < rowCount)
    let packed = unsafe packedGroup(row / groupRowCount)
    let width = UInt32(header.width)
    let index = UInt32(row % groupRowCount)
    return header.laneBits == 8
      ? unsafe Int(ck_packed8(packed, width, index))
      : unsafe Int(ck_packed32(packed, width, index))
  }

  /// The string of a row of a block that is not ``BlockEncoding/fsst``; valid while the block lives.
  ///
  /// Empty for NULL.
  package func text(at row: Int) -> ByteView {
    precondition(kind == .bytes && encoding != .fsst && row >= 0 && row < rowCount)
    switch encoding {
    case .dictionary: return dictionary?[code(at: row)] ?? buffer.view(offset: 0, count: 0)
    case .plain: return storedText(at: row)
    default: return constantText
    }
  }

  /// The bytes or codes of a row of a block of texts.
  func storedText(at row: Int) -> ByteView {
    let group = row / groupRowCount
    let index = row % groupRowCount
    let shortest = Int(header.reference)
    let bytes = storedBytes(group: group)
    return unsafe withGroupScratch(of: UInt32.self) { lengths in
      unsafe unpackLengths(group: group, into: lengths)
      var start: UInt32 = 0
      for before in 0..<index { unsafe start &+= lengths[before] }
      let offset = Int(start) &+ index &* shortest
      // SAFETY: `checkText` proved that the lengths add up to the group's bytes.
      return unsafe ByteView(start: bytes.start + offset, count: Int(lengths[index]) &+ shortest)
    }
  }

  /// Appends rows of the block to `vector` from lane `at` on.
  ///
  /// - Parameters:
  ///   - rows: Row numbers of the block, ascending.
  ///   - vector: Rows 0..<`at` stay. A bytes vector keeps codes only as long as all of its rows are of
  ///     this block's dictionary; else it turns into views.
  ///   - at: Rows that the vector holds; 0 resets it.
  /// - Throws: ``EncodingError/outOfRange(index:count:)``.
  package func gather(
    _ rows: Span<UInt16>,
    into vector: Vector,
    at: Int
  ) throws(EncodingError) {
    precondition(vector.kind == kind)
    guard rows.count > 0 else { return }
    for index in rows.indices where rows[index] >= rowCount {
      throw .outOfRange(index: Int(rows[index]), count: rowCount)
    }
    if at == 0 { vector.reset() }
    vector.reserve(at + rows.count)
    if encoding == .fsst {
      try gatherSymbols(rows, into: vector, at: at)
    } else {
      gatherLanes(rows, into: vector, at: at)
    }
    gatherValidity(rows, into: vector, at: at)
  }

  private func gatherValidity(_ rows: Span<UInt16>, into vector: Vector, at: Int) {
    if nullCount > 0 && !vector.hasNulls { vector.beginNulls() }
    guard vector.hasNulls else { return }
    for index in rows.indices {
      if isValid(Int(rows[index])) {
        vector.setValid(at + index)
      } else {
        vector.setNull(at + index)
      }
    }
  }

  private func gatherLanes(_ rows: Span<UInt16>, into vector: Vector, at: Int) {
    switch kind {
    case .int64:
      var lanes = vector.mutableInt64
      gatherIntegers(rows) { lanes[at &+ $0] = $1 }
    case .float64:
      var lanes = vector.mutableFloat64
      gatherIntegers(rows) { lanes[at &+ $0] = Double(bitPattern: UInt64(bitPattern: $1)) }
    case .bool:
      var lanes = vector.mutableBool
      for index in rows.indices { lanes[at + index] = boolean(at: Int(rows[index])) }
    case .int128:
      var lanes = vector.mutableInt128
      for index in rows.indices { lanes[at + index] = wideInteger(at: Int(rows[index])) }
    case .uuid:
      var lanes = vector.mutableUUID
      for index in rows.indices {
        lanes[at + index] = UInt128(bitPattern: wideInteger(at: Int(rows[index])))
      }
    case .interval:
      var lanes = vector.mutableInterval
      for index in rows.indices { lanes[at + index] = interval(at: Int(rows[index])) }
    case .decimal:
      var lanes = vector.mutableDecimal
      for index in rows.indices { lanes[at + index] = decimal(at: Int(rows[index])) }
      if encoding == .plain { vector.settleWides(at..<at + rows.count) }
    case .bytes: gatherText(rows, into: vector, at: at)
    }
  }

  /// Calls `store` with each index into `rows` and its value.
  ///
  /// Groups of which many rows are wanted, and groups of delta blocks, are decoded whole: above
  /// about 6 % that is the cheaper way.
  @inline(__always)
  private func gatherIntegers(_ rows: Span<UInt16>, _ store: (Int, Int64) -> Void) {
    if encoding == .plain {
      // SAFETY: ``gather(_:into:at:)`` looked that every row is inside.
      let values = unsafe payload.assumingMemoryBound(to: Int64.self)
      for place in rows.indices { unsafe store(place, values[Int(rows[place])]) }
      return
    }
    var index = 0
    while index < rows.count {
      let group = Int(rows[index]) / groupRowCount
      var end = index + 1
      while end < rows.count && Int(rows[end]) / groupRowCount == group { end += 1 }
      if end - index > 64 || (encoding == .delta && end - index > 1) {
        unsafe withGroupScratch(of: Int64.self) { values in
          unsafe decodeIntegers(group: group, into: values)
          for place in index..<end {
            unsafe store(place, values[Int(rows[place]) % groupRowCount])
          }
        }
      } else if encoding == .frameOfReference || encoding == .scaled {
        gatherPacked(rows, index..<end, group, store)
      } else {
        for place in index..<end { store(place, integer(at: Int(rows[place]))) }
      }
      index = end
    }
  }

  /// Some rows of a group of packed offsets.
  @inline(__always)
  private func gatherPacked(
    _ rows: Span<UInt16>,
    _ places: Range<Int>,
    _ group: Int,
    _ store: (Int, Int64) -> Void
  ) {
    let packed = unsafe packedGroup(group)
    let width = header.width
    let scale = encoding == .scaled ? header.second : 1
    let reference = header.reference
    for place in places {
      let row = Int(rows[place]) % groupRowCount
      let offset = unsafe packedInteger(packed, width: width, at: row)
      store(place, reference &+ Int64(bitPattern: offset) &* scale)
    }
  }

  private func gatherText(_ rows: Span<UInt16>, into vector: Vector, at: Int) {
    if let dictionary, at == 0 || vector.dictionary === dictionary {
      vector.dictionary = dictionary
      vector.retain(self)
      var lanes = vector.mutableCodes
      for index in rows.indices { lanes[at + index] = UInt32(code(at: Int(rows[index]))) }
      return
    }
    vector.replaceCodesByViews(rowCount: at)
    vector.retain(self)
    if let dictionary { vector.retain(dictionary) }
    var lanes = vector.mutableViews
    guard encoding == .plain else {
      for index in rows.indices { lanes[at + index] = text(at: Int(rows[index])) }
      return
    }
    gatherPlainText(rows, into: &lanes, at: at)
  }

  /// One pass over the lengths of each group that has a wanted row.
  private func gatherPlainText(
    _ rows: Span<UInt16>,
    into lanes: inout MutableSpan<ByteView>,
    at: Int
  ) {
    let shortest = Int(header.reference)
    var index = 0
    unsafe withGroupScratch(of: UInt32.self) { lengths in
      while index < rows.count {
        let group = Int(rows[index]) / groupRowCount
        unsafe unpackLengths(group: group, into: lengths)
        let bytes = textBytes(group: group)
        var row = 0
        var offset = 0
        while index < rows.count && Int(rows[index]) / groupRowCount == group {
          let wanted = Int(rows[index]) % groupRowCount
          if wanted < row { (row, offset) = (0, 0) }
          while row < wanted {
            unsafe offset &+= Int(lengths[row]) &+ shortest
            row &+= 1
          }
          // SAFETY: `checkText` proved that the lengths add up to the group's bytes.
          lanes[at + index] = unsafe ByteView(
            start: bytes.start + offset,
            count: Int(lengths[row]) &+ shortest
          )
          index += 1
        }
      }
    }
  }
}

extension Vector {
  /// Turns the codes of a bytes vector into views; a vector of views stays as it is.
  package func replaceCodesByViews(rowCount: Int) {
    guard kind == .bytes, let old = dictionary else { return }
    let kept = codes
    let strings = (0..<rowCount).map { old[Int(kept[$0])] }
    dictionary = nil
    retain(old)
    var lanes = mutableViews
    for row in 0..<rowCount { lanes[row] = strings[row] }
  }
}
