internal import Columnar

/// Room for the numbers of selected rows of one batch or group; one thread's.
@safe
final class SelectionBuffer {
  private var rows: UnsafeMutableBufferPointer<UInt16>

  init(capacity: Int = vectorRowsMax) {
    unsafe rows = Self.allocate(capacity)
  }

  deinit { unsafe Self.deallocate(rows) }

  private static func allocate(_ capacity: Int) -> UnsafeMutableBufferPointer<UInt16> {
    let start: UnsafeMutablePointer<UInt16> = unsafe AlignedMemory.allocate(capacity: capacity)
    let rows = unsafe UnsafeMutableBufferPointer(start: start, count: capacity)
    unsafe rows.initialize(repeating: 0)
    return unsafe rows
  }

  private static func deallocate(_ rows: UnsafeMutableBufferPointer<UInt16>) {
    // SAFETY: what `allocate` gave, which has an address.
    unsafe AlignedMemory.deallocate(rows.baseAddress.unsafelyUnwrapped)
  }

  /// The first `count` row numbers.
  @_lifetime(borrow self)
  func span(_ count: Int) -> Span<UInt16> {
    let all = unsafe Span(_unsafeElements: rows)
    return unsafe _overrideLifetime(all.extracting(0..<count), borrowing: self)
  }

  /// All places, to be written.
  var places: MutableSpan<UInt16> {
    @_lifetime(borrow self) get {
      unsafe _overrideLifetime(MutableSpan(_unsafeElements: rows), borrowing: self)
    }
  }

  /// Row number `place`.
  subscript(place: Int) -> UInt16 { span(place + 1)[place] }

  /// Makes room for `count` row numbers; forgets what is there.
  func reserve(_ count: Int) {
    guard unsafe rows.count < count else { return }
    unsafe Self.deallocate(rows)
    unsafe rows = Self.allocate(count)
  }

  /// The rows of `batch` that pass.
  ///
  /// - Returns: How many.
  func fill(_ batch: Batch, where predicate: Predicate) throws(ExecutionError) -> Int {
    reserve(batch.rowCount)
    var out = places
    return try predicate.select(batch, into: &out)
  }

  /// All of `range`.
  func fill(_ range: Range<Int>) {
    reserve(range.count)
    var out = places
    for place in 0..<range.count {
      out[place] = UInt16(truncatingIfNeeded: range.lowerBound &+ place)
    }
  }

  /// The rows whose lane of a bool vector is 1 and valid.
  ///
  /// - Returns: How many.
  func fill(whereTrue condition: Vector, count rowCount: Int) -> Int {
    reserve(rowCount)
    let lanes = condition.bool
    var out = places
    precondition(rowCount <= lanes.count && rowCount <= out.count)
    var count = 0
    if condition.hasNulls {
      let validity = condition.validity
      precondition(rowCount <= validity.count * 64)
      for row in 0..<rowCount {
        // SAFETY: count <= row < rowCount, within all three spans by the preconditions.
        unsafe out[unchecked: count] = UInt16(truncatingIfNeeded: row)
        let valid = unsafe Int(
          truncatingIfNeeded: validity[unchecked: row &>> 6] &>> UInt64(row & 63) & 1
        )
        count &+= unsafe Int(lanes[unchecked: row]) & valid
      }
    } else {
      for row in 0..<rowCount {
        // SAFETY: as above.
        unsafe out[unchecked: count] = UInt16(truncatingIfNeeded: row)
        count &+= unsafe Int(lanes[unchecked: row] & 1)
      }
    }
    return count
  }
}
