// Copying rows from vector to vector. Bytes are copied along, so that the target owns them.

package import Columnar

extension Vector {
  /// Copies rows of `source` behind row `start`, making room.
  ///
  /// - Parameters:
  ///   - source: A vector of the same kind.
  ///   - rows: Row numbers of `source`, in any order.
  ///   - start: The first row to fill.
  /// - Complexity: O(rows), one loop a kind.
  package func append(from source: Vector, rows: [Int32], at start: Int) {
    precondition(source.kind == kind)
    reserve(start + rows.count)
    let rows = rows.span
    switch kind {
    case .bool:
      var lanes = mutableBool
      copyLanes(source.bool, rows, to: &lanes, at: start)
    case .int64:
      var lanes = mutableInt64
      copyLanes(source.int64, rows, to: &lanes, at: start)
    case .int128:
      var lanes = mutableInt128
      copyLanes(source.int128, rows, to: &lanes, at: start)
    case .float64:
      var lanes = mutableFloat64
      copyLanes(source.float64, rows, to: &lanes, at: start)
    case .decimal:
      var lanes = mutableDecimal
      copyLanes(source.decimal, rows, to: &lanes, at: start)
      keepWides(of: source, start..<start + rows.count)
    case .uuid:
      var lanes = mutableUUID
      copyLanes(source.uuid, rows, to: &lanes, at: start)
    case .interval:
      var lanes = mutableInterval
      copyLanes(source.interval, rows, to: &lanes, at: start)
    case .bytes:
      copyBytes(from: source, rows, at: start)
    }
    copyValidity(from: source, rows, at: start)
  }

  /// One piece of memory for all strings: one allocation a call, not a row.
  private func copyBytes(from source: Vector, _ rows: Span<Int32>, at start: Int) {
    let found = source.views(of: rows)
    var total = 0
    for view in found { total += view.count }
    let memory = reserveBytes(total)
    var used = 0
    var views = mutableViews
    for (index, view) in found.enumerated() {
      views[start + index] = view.copied(into: memory, at: used)
      used += view.count
    }
  }

  /// Where the bytes of rows lie; NULLs have none.
  ///
  /// The memory is looked up once: to count references to it for each row took longer than to copy the row.
  private func views(of rows: Span<Int32>) -> [ByteView] {
    // SAFETY: the address of no bytes is never read.
    let nothing = unsafe ByteView(
      start: UnsafePointer<UInt8>(bitPattern: 1).unsafelyUnwrapped,
      count: 0
    )
    var found = [ByteView](repeating: nothing, count: rows.count)
    let hasNulls = hasNulls
    let validity = validity
    if let entries = dictionary?.entries {
      let codes = codes
      for index in rows.indices {
        let row = Int(rows[index])
        if hasNulls, validity[row >> 6] &>> UInt64(row & 63) & 1 == 0 { continue }
        found[index] = entries[Int(codes[row])]
      }
    } else {
      let views = views
      for index in rows.indices {
        let row = Int(rows[index])
        if hasNulls, validity[row >> 6] &>> UInt64(row & 63) & 1 == 0 { continue }
        found[index] = views[row]
      }
    }
    return found
  }

  private func copyValidity(from source: Vector, _ rows: Span<Int32>, at start: Int) {
    guard source.hasNulls || hasNulls else { return }
    if !hasNulls { beginNulls() }
    let hadNulls = source.hasNulls
    let from = source.validity
    var to = mutableValidity
    for index in rows.indices {
      let row = Int(rows[index])
      let isValid = !hadNulls || from[row >> 6] >> UInt64(row & 63) & 1 != 0
      let place = start + index
      let bit = UInt64(1) << UInt64(place & 63)
      if isValid { to[place >> 6] |= bit } else { to[place >> 6] &= ~bit }
    }
  }

  /// Copies a range of rows of `source` behind row `start`.
  func append(from source: Vector, rows: Range<Int>, at start: Int) {
    append(from: source, rows: rows.map { Int32(truncatingIfNeeded: $0) }, at: start)
  }
}

private func copyLanes<T: BitwiseCopyable>(
  _ source: Span<T>,
  _ rows: Span<Int32>,
  to target: inout MutableSpan<T>,
  at start: Int
) {
  precondition(start >= 0 && start + rows.count <= target.count)
  for index in rows.indices { target[start + index] = source[Int(rows[index])] }
}

extension ByteView {
  /// Copies the bytes to `offset` of memory that has room for them.
  fileprivate func copied(into memory: ByteView, at offset: Int) -> ByteView {
    precondition(offset + count <= memory.count)
    // SAFETY: the precondition keeps the copy inside `memory`, which was reserved for it alone.
    let place = unsafe UnsafeMutablePointer(mutating: memory.start) + offset
    unsafe place.update(from: start, count: count)
    return unsafe ByteView(start: place, count: count)
  }
}

extension Batch {
  /// Fills a row with one value a column; for keys and tests, not for row loops.
  package func append(from source: Batch, rows: [Int32]) {
    for (target, column) in zip(columns, source.columns) {
      target.append(from: column, rows: rows, at: rowCount)
    }
    rowCount += rows.count
  }
}
