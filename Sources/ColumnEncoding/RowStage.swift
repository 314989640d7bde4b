internal import CKernels
package import Columnar

/// The rows of the block being filled, copied out of the vectors they came in.
final class RowStage {
  let rows: Vector
  private(set) var rowCount = 0
  private(set) var nullCount = 0

  init(kind: LaneKind, capacity: Int) {
    rows = Vector(
      kind: kind,
      capacity: (capacity + groupRowCount - 1) / groupRowCount * groupRowCount
    )
  }

  /// A stage whose rows, or only whose NULLs, are those of a vector.
  init(validityOf vector: Vector, rowCount: Int, nullCount: Int) {
    rows = vector
    self.rowCount = rowCount
    self.nullCount = nullCount
  }

  /// Forgets the rows.
  func reset() {
    rows.reset()
    rowCount = 0
    nullCount = 0
  }

  /// Copies rows of `vector`; strings too.
  func append(_ vector: Vector, rows range: Range<Int>) {
    precondition(vector.kind == rows.kind)
    let at = rowCount
    let count = range.count
    let from = range.lowerBound
    appendValidity(vector, rows: range)
    rowCount += count
    let rows = rows
    switch rows.kind {
    case .int64:
      var lanes = rows.mutableInt64
      copy(vector.int64, from, to: &lanes, at, count)
    case .float64:
      var lanes = rows.mutableFloat64
      copy(vector.float64, from, to: &lanes, at, count)
    case .bool:
      var lanes = rows.mutableBool
      copy(vector.bool, from, to: &lanes, at, count)
    case .int128:
      var lanes = rows.mutableInt128
      copy(vector.int128, from, to: &lanes, at, count)
    case .decimal:
      var lanes = rows.mutableDecimal
      copy(vector.decimal, from, to: &lanes, at, count)
      rows.keepWides(of: vector, at..<at + count)
    case .uuid:
      var lanes = rows.mutableUUID
      copy(vector.uuid, from, to: &lanes, at, count)
    case .interval:
      var lanes = rows.mutableInterval
      copy(vector.interval, from, to: &lanes, at, count)
    case .bytes: appendText(vector, from: from, at: at, count: count)
    }
  }

  @inline(__always)
  private func copy<T: BitwiseCopyable>(
    _ source: Span<T>,
    _ from: Int,
    to target: inout MutableSpan<T>,
    _ at: Int,
    _ count: Int
  ) {
    precondition(from + count <= source.count && at + count <= target.count)
    // SAFETY: both ranges are inside by the precondition; the two vectors are different.
    for row in 0..<count { unsafe target[unchecked: at &+ row] = source[unchecked: from &+ row] }
  }

  private func appendValidity(_ vector: Vector, rows range: Range<Int>) {
    nullCount += rows.copyValidity(of: vector, rows: range, at: rowCount)
  }

  /// Copies the bytes of all strings into one piece of memory; NULL rows become empty.
  private func appendText(_ vector: Vector, from: Int, at: Int, count: Int) {
    let rows = rows
    let mayBeNull = vector.hasNulls
    let dictionary = vector.dictionary
    var byteCount = 0
    for row in from..<from + count where !mayBeNull || vector.isValid(row) {
      byteCount &+= dictionary.map { $0[Int(vector.codes[row])].count } ?? vector.views[row].count
    }
    let room = rows.reserveBytes(byteCount)
    var next = unsafe UnsafeMutablePointer(mutating: room.start)
    var lanes = rows.mutableViews
    for row in 0..<count {
      guard !mayBeNull || vector.isValid(from + row) else {
        lanes[at + row] = unsafe ByteView(start: next, count: 0)
        continue
      }
      let view = dictionary.map { $0[Int(vector.codes[from + row])] } ?? vector.views[from + row]
      // SAFETY: the lengths add up to the room.
      unsafe next.update(from: view.start, count: view.count)
      lanes[at + row] = unsafe ByteView(start: next, count: view.count)
      unsafe next += view.count
    }
  }

  /// The first row that is not NULL; nil when all are.
  private var firstValidRow: Int? {
    nullCount == rowCount ? nil : (0..<rowCount).first { rows.isValid($0) }
  }

  /// Gives NULL lanes of fixed-size kinds the value before them (the first value, at the start).
  func repeatValuesOverNulls() {
    guard nullCount > 0, let first = firstValidRow else { return }
    let rows = rows
    switch rows.kind {
    case .int64:
      var lanes = rows.mutableInt64
      fill(&lanes, from: first, validity: rows.validity)
    case .float64:
      var lanes = rows.mutableFloat64
      fill(&lanes, from: first, validity: rows.validity)
    case .bool:
      var lanes = rows.mutableBool
      fill(&lanes, from: first, validity: rows.validity)
    case .int128:
      var lanes = rows.mutableInt128
      fill(&lanes, from: first, validity: rows.validity)
    case .decimal:
      var lanes = rows.mutableDecimal
      fill(&lanes, from: first, validity: rows.validity)
    case .uuid:
      var lanes = rows.mutableUUID
      fill(&lanes, from: first, validity: rows.validity)
    case .interval:
      var lanes = rows.mutableInterval
      fill(&lanes, from: first, validity: rows.validity)
    case .bytes: break  // NULL strings were staged empty
    }
  }

  private func fill<T: BitwiseCopyable>(
    _ lanes: inout MutableSpan<T>,
    from first: Int,
    validity: Span<UInt64>
  ) {
    var last = lanes[first]
    for row in 0..<rowCount {
      let isValid = validity[row >> 6] &>> UInt64(row & 63) & 1 != 0
      last = isValid ? lanes[row] : last
      lanes[row] = last
    }
  }

  /// Calls `body` with the hashes of the rows that are not NULL, in pieces.
  func hashes(_ body: (Span<UInt64>) -> Void) {
    if rows.kind == .int64 {
      // NULL lanes repeat another value, see `repeatValuesOverNulls`.
      if nullCount < rowCount { hashIntegers(body) }
      return
    }
    if rows.kind == .bytes {
      hashText(body)
      return
    }
    unsafe withUnsafeTemporaryAllocation(of: UInt64.self, capacity: groupRowCount) { hashes in
      var count = 0
      for row in 0..<rowCount where rows.isValid(row) {
        unsafe hashes.initializeElement(at: count, to: laneHash(of: rows, at: row))
        count += 1
        if count == groupRowCount {
          unsafe body(Span(_unsafeElements: UnsafeBufferPointer(hashes)))
          count = 0
        }
      }
      unsafe body(Span(_unsafeElements: UnsafeBufferPointer(rebasing: hashes[0..<count])))
    }
  }
}

extension RowStage {
  private func hashText(_ body: (Span<UInt64>) -> Void) {
    let rows = rows
    let views = rows.views
    unsafe withUnsafeTemporaryAllocation(of: UInt64.self, capacity: groupRowCount) { hashes in
      var first = 0
      while first < rowCount {
        let end = min(first + groupRowCount, rowCount)
        var count = 0
        for row in first..<end where nullCount == 0 || rows.isValid(row) {
          views.prefetch(behind: row, of: rowCount)
          unsafe hashes[count] = stableHash(views[row])
          count &+= 1
        }
        unsafe body(Span(_unsafeElements: UnsafeBufferPointer(rebasing: hashes[0..<count])))
        first = end
      }
    }
  }

  /// The common case, without a look at kind and validity a row.
  private func hashIntegers(_ body: (Span<UInt64>) -> Void) {
    let rows = rows
    let lanes = rows.int64
    var minimum: Int64 = 0
    var maximum: Int64 = 0
    unsafe lanes.withUnsafeBufferPointer { lanes in
      unsafe ck_extremes64(lanes.baseAddress, rowCount, &minimum, &maximum)
    }
    let range = UInt64(bitPattern: maximum) &- UInt64(bitPattern: minimum)
    if range < UInt64(rowCount) / 2 {
      hashDenseIntegers(from: minimum, entryCount: Int(range) + 1, body)
      return
    }
    unsafe withUnsafeTemporaryAllocation(of: UInt64.self, capacity: groupRowCount) { hashes in
      for first in stride(from: 0, to: rowCount, by: groupRowCount) {
        let count = min(groupRowCount, rowCount - first)
        for index in 0..<count {
          unsafe hashes[index] = stableHash(UInt64(bitPattern: lanes[first &+ index]))
        }
        unsafe body(Span(_unsafeElements: UnsafeBufferPointer(rebasing: hashes[0..<count])))
      }
    }
  }

  /// Few different values: each is marked, and hashed once.
  private func hashDenseIntegers(
    from minimum: Int64,
    entryCount: Int,
    _ body: (Span<UInt64>) -> Void
  ) {
    let rows = rows
    let lanes = rows.int64
    unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: entryCount) { isSeen in
      unsafe isSeen.initialize(repeating: 0)
      // SAFETY: all lanes lie within `entryCount` from the minimum.
      for row in 0..<rowCount { unsafe isSeen[Int(lanes[row] &- minimum)] = 1 }
      unsafe withUnsafeTemporaryAllocation(of: UInt64.self, capacity: entryCount) { hashes in
        var count = 0
        for entry in 0..<entryCount where unsafe isSeen[entry] != 0 {
          unsafe hashes[count] = stableHash(UInt64(bitPattern: minimum &+ Int64(entry)))
          count &+= 1
        }
        unsafe body(Span(_unsafeElements: UnsafeBufferPointer(rebasing: hashes[0..<count])))
      }
    }
  }
}

/// The stable hash of a lane that is not NULL; equal values have equal hashes (-0 and 0, numerics of
/// different scales).
package func laneHash(of vector: Vector, at row: Int) -> UInt64 {
  switch vector.kind {
  case .int64: stableHash(UInt64(bitPattern: vector.int64[row]))
  case .bool: stableHash(UInt64(vector.bool[row]))
  case .float64: stableHash((vector.float64[row] + 0).bitPattern)
  case .int128: stableHash(UInt128(bitPattern: vector.int128[row]))
  case .uuid: stableHash(vector.uuid[row])
  case .interval: stableHash(UInt128(bitPattern: vector.interval[row].bits))
  case .decimal: stableHash(vector.decimal[row])
  case .bytes:
    stableHash(vector.dictionary.map { $0[Int(vector.codes[row])] } ?? vector.views[row])
  }
}

private func stableHash(_ value: UInt128) -> UInt64 {
  stableHash(
    stableHash(UInt64(truncatingIfNeeded: value)) ^ UInt64(truncatingIfNeeded: value >> 64)
  )
}

/// Trailing zeros behind the point do not count: 1.50 = 1.5.
private func stableHash(_ value: Decimal) -> UInt64 {
  guard value.kind == .finite else {
    guard value.isWide else { return stableHash(UInt64(value.kind.rawByte) ^ 0xD1CE) }
    let image = value.hashImage
    return image.isWide ? stableHash(UInt128(bitPattern: image.coefficient)) : stableHash(image)
  }
  var coefficient = value.coefficient
  var scale = value.scale
  while scale > 0 && coefficient % 10 == 0 {
    coefficient /= 10
    scale -= 1
  }
  if coefficient == 0 { scale = 0 }
  return stableHash(UInt128(bitPattern: coefficient)) ^ stableHash(UInt64(bitPattern: Int64(scale)))
}

extension Vector {
  /// How many of the first `count` rows are NULL.
  func nullCount(rows count: Int) -> Int {
    guard hasNulls else { return 0 }
    let words = validity
    var validCount = 0
    for word in 0..<(count + 63) / 64 {
      let rest = count - word * 64
      let mask: UInt64 = rest >= 64 ? ~0 : (1 << UInt64(rest)) - 1
      validCount += (words[word] & mask).nonzeroBitCount
    }
    return count - validCount
  }

  /// Copies which rows of `source` are NULL behind the first `start`; returns how many are.
  func copyValidity(of source: Vector, rows range: Range<Int>, at start: Int) -> Int {
    guard source.hasNulls else {
      if hasNulls { for place in start..<start + range.count { setValid(place) } }
      return 0
    }
    if !hasNulls { beginNulls() }
    let bits = source.validity
    var words = mutableValidity
    var validCount: UInt64 = 0
    for row in range {
      let bit = bits[row >> 6] &>> UInt64(row & 63) & 1
      let place = start &+ row &- range.lowerBound
      let shift = UInt64(place & 63)
      words[place >> 6] = (words[place >> 6] & ~(1 &<< shift)) | (bit &<< shift)
      validCount &+= bit
    }
    return range.count - Int(validCount)
  }
}
