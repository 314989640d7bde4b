internal import Columnar

/// Where the fields of the rows of a chunk begin and end.
@safe
final class RowIndex {
  private(set) var rowCount = 0
  let columnCount: Int
  private var capacity = 0
  /// The first byte of each row.
  private(set) var starts: UnsafeMutablePointer<UInt32>
  /// The ends of the fields of each row, `columnCount` a row.
  private(set) var ends: UnsafeMutablePointer<UInt32>
  /// 1 when a carriage return stands before the newlines.
  private(set) var returnCount = 0
  /// The data ended with a line of `\.`.
  private(set) var isEnded = false

  init(columnCount: Int) {
    self.columnCount = columnCount
    unsafe starts = .allocate(capacity: 1)
    unsafe ends = .allocate(capacity: 1)
  }

  deinit {
    unsafe starts.deallocate()
    unsafe ends.deallocate()
  }

  private func reserve(_ rows: Int) {
    guard rows > capacity else { return }
    capacity = max(rows, capacity * 2)
    unsafe starts.deallocate()
    unsafe ends.deallocate()
    unsafe starts = .allocate(capacity: capacity)
    unsafe ends = .allocate(capacity: capacity * columnCount + 1)
  }

  /// Finds the rows of a scanned chunk.
  ///
  /// - Parameters:
  ///   - chunk: Whole rows.
  ///   - names: The columns, for messages.
  ///   - reject: Called with the bytes of a row that has too few or too many fields, and why.
  func fill(_ chunk: TextChunk, names: [CopyColumn], reject: (Range<Int>, RowError) -> Void) {
    rowCount = 0
    isEnded = false
    returnCount = chunk.endings.hasReturn ? 1 : 0
    reserve(chunk.rowCount)
    guard columnCount > 1, !chunk.endings.hasReturn, isRegular(chunk) else {
      fillSlowly(chunk, names, reject)
      return
    }
    rowCount = chunk.rowCount
    let positions = unsafe chunk.positions
    unsafe ends.update(from: positions, count: chunk.positionCount)
    var start: UInt32 = 0
    for row in 0..<rowCount {
      unsafe starts[row] = start
      start = unsafe positions[row &* columnCount &+ columnCount &- 1] &+ 1
    }
  }

  /// Every `columnCount`-th position is a newline and no other is.
  private func isRegular(_ chunk: TextChunk) -> Bool {
    guard chunk.rowCount * columnCount == chunk.positionCount else { return false }
    let newline = chunk.endings.newline
    let text = unsafe chunk.text
    for row in 0..<chunk.rowCount {
      let end = unsafe chunk.positions[row &* columnCount &+ columnCount &- 1]
      if unsafe text[Int(end)] != newline { return false }
    }
    // As many newlines as rows, and all of them found: no other position is one.
    return true
  }

  private func fillSlowly(
    _ chunk: TextChunk,
    _ names: [CopyColumn],
    _ reject: (Range<Int>, RowError) -> Void
  ) {
    let text = unsafe chunk.text
    let newline = chunk.endings.newline
    var first = 0
    var start = 0
    while first < chunk.positionCount && !isEnded {
      var last = first
      while unsafe text[Int(chunk.positions[last])] != newline { last += 1 }
      let end = unsafe Int(chunk.positions[last])
      let hasReturn = returnCount == 0 || (unsafe end > start && text[end - 1] == 0x0d)
      let fieldCount = last - first + 1
      let length = end - start - (hasReturn ? returnCount : 0)
      let row = start..<start + length
      if unsafe length == 2 && text[start] == 0x5c && text[start + 1] == 0x2e {
        isEnded = true
      } else if !hasReturn {
        reject(row, .format(0, "unquoted newline found in data"))
      } else if fieldCount == columnCount {
        unsafe starts[rowCount] = UInt32(start)
        for field in 0..<fieldCount {
          unsafe ends[rowCount * columnCount + field] = unsafe chunk.positions[first + field]
        }
        rowCount += 1
      } else if fieldCount > columnCount {
        reject(row, .format(0, "extra data after last expected column"))
      } else {
        let name = names[fieldCount].name
        reject(row, .format(0, "missing data for column \"\(name)\""))
      }
      start = end + 1
      first = last + 1
    }
  }

  /// The fields of a column, for a loop over the rows; valid until the next ``fill(_:names:reject:)``.
  func fields(_ column: Int) -> FieldColumn {
    // SAFETY: column < columnCount by the callers' loops over the columns.
    unsafe FieldColumn(
      before: column == 0 ? starts : ends + (column - 1),
      beforeStride: column == 0 ? 1 : columnCount,
      separatorBytes: column == 0 ? 0 : 1,
      ends: ends + column,
      stride: columnCount,
      returnBytes: column == columnCount - 1 ? returnCount : 0
    )
  }

  /// The first byte of a field and the one behind its last.
  func field(_ row: Int, _ column: Int) -> (start: Int, end: Int) { fields(column)[row] }
}

/// Where the fields of one column begin and end: what a row's loop needs, without a look into the index.
@safe
struct FieldColumn {
  /// The first byte of column 0, else the end of the field before.
  let before: UnsafePointer<UInt32>
  let beforeStride: Int
  let separatorBytes: Int
  let ends: UnsafePointer<UInt32>
  let stride: Int
  let returnBytes: Int

  /// The first byte of a row's field and the one behind its last.
  @inline(__always)
  subscript(_ row: Int) -> (start: Int, end: Int) {
    // SAFETY: row is below the index's row count by the callers' loops.
    unsafe (
      Int(before[row &* beforeStride]) &+ separatorBytes, Int(ends[row &* stride]) &- returnBytes
    )
  }
}
