// Copying rows from vector to vector. Bytes are copied along, so that the target owns them.

internal import Columnar

extension Vector {
  /// Copies rows of `source` behind row `start`, making room.
  ///
  /// - Parameters:
  ///   - source: A vector of the same kind.
  ///   - rows: Row numbers of `source`, in any order.
  ///   - start: The first row to fill.
  /// - Complexity: O(rows), one loop a kind.
  func append(from source: Vector, rows: [Int32], at start: Int) {
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

  private func copyBytes(from source: Vector, _ rows: Span<Int32>, at start: Int) {
    if let dictionary = source.dictionary {
      let codes = source.codes
      for index in rows.indices {
        let row = Int(rows[index])
        let isNull = source.hasNulls && !source.isValid(row)
        let view = isNull ? store(Span<UInt8>()) : store(dictionary[Int(codes[row])].span)
        var views = mutableViews
        views[start + index] = view
      }
    } else {
      let sources = source.views
      for index in rows.indices {
        let row = Int(rows[index])
        let isNull = source.hasNulls && !source.isValid(row)
        let view = isNull ? store(Span<UInt8>()) : store(sources[row].span)
        var views = mutableViews
        views[start + index] = view
      }
    }
  }

  private func copyValidity(from source: Vector, _ rows: Span<Int32>, at start: Int) {
    guard source.hasNulls else {
      guard hasNulls else { return }
      for row in start..<(start + rows.count) { setValid(row) }
      return
    }
    for index in rows.indices {
      if source.isValid(Int(rows[index])) {
        setValid(start + index)
      } else {
        setNull(start + index)
      }
    }
  }

  /// Copies a range of rows of `source` behind row `start`.
  func append(from source: Vector, rows: Range<Int>, at start: Int) {
    append(from: source, rows: rows.map { Int32($0) }, at: start)
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

extension Batch {
  /// Fills a row with one value a column; for keys and tests, not for row loops.
  func append(from source: Batch, rows: [Int32]) {
    for (target, column) in zip(columns, source.columns) {
      target.append(from: column, rows: rows, at: rowCount)
    }
    rowCount += rows.count
  }
}
