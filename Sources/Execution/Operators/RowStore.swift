import Columnar

/// Rows kept by an operator beyond the batch they came in: the build side of a join, rows to sort, rows of one
/// partition of a grouping.
///
/// Columns are vectors that grow; strings are kept as views, whose bytes are copied unless they lie in a
/// dictionary, which is retained.
final class RowStore {
  private(set) var columns: [Vector]
  private(set) var rowCount = 0
  private let share: BudgetShare?
  private var stringBytes = 0

  /// - Parameters:
  ///   - kinds: Of the columns.
  ///   - budget: Where the memory is counted; nil: nowhere.
  ///   - capacity: Rows that fit at first.
  init(kinds: [LaneKind], budget: MemoryBudget?, capacity: Int = 64) {
    columns = kinds.map { Vector(kind: $0, capacity: capacity) }
    share = budget.map { BudgetShare($0) }
    count()
  }

  /// Bytes of lanes and strings.
  private(set) var byteCount = 0

  /// Counts the memory anew.
  private func count() {
    var bytes = stringBytes
    for column in columns {
      bytes += column.capacity * column.kind.strideBytes + column.capacity / 8
    }
    byteCount = bytes
    share?.set(bytes)
  }

  /// Appends rows 0..<`count` of `source`, one vector a column.
  func append(_ source: [Vector], count rows: Int) {
    append(source, first: 0, count: rows)
  }

  /// Appends rows `first..<first + count` of `source`.
  func append(_ source: [Vector], first: Int, count rows: Int) {
    precondition(source.count == columns.count)
    guard rows > 0 else { return }
    for column in columns.indices {
      if columns[column].kind == .bytes { noteStrings(source[column], rows) }
      copyRows(
        source[column],
        first: first,
        count: rows,
        to: columns[column],
        at: rowCount,
        bytes: .copy
      )
    }
    rowCount += rows
    count()
  }

  /// Appends the rows of `source` that `rows` numbers.
  func append(_ source: [Vector], rows: Span<UInt16>) {
    precondition(source.count == columns.count)
    guard rows.count > 0 else { return }
    for column in columns.indices {
      if columns[column].kind == .bytes { noteStrings(source[column], rows.count) }
      copyRows(source[column], rows: rows, to: columns[column], at: rowCount, bytes: .copy)
    }
    rowCount += rows.count
    count()
  }

  /// Counts the bytes that a copy of about `rows` strings will take: the average of a few.
  private func noteStrings(_ source: Vector, _ rows: Int) {
    guard source.dictionary == nil else { return }
    let views = source.views
    var bytes = 0
    var seen = 0
    var row = 0
    let step = max(1, rows / 64)
    while row < rows {
      if source.isValid(row) { bytes += views[row].count }
      seen += 1
      row += step
    }
    stringBytes += bytes * rows / max(1, seen)
  }

  /// Copies rows `first..<first + count` into `batch`, whose vectors are filled anew; strings are shared.
  func read(first: Int, count rows: Int, into batch: Batch) {
    precondition(first >= 0 && first + rows <= rowCount)
    for column in columns.indices {
      let target = batch.columns[column]
      target.reset()
      copyRows(columns[column], first: first, count: rows, to: target, at: 0, bytes: .share)
      if target.kind == .bytes { target.retainOwners(of: columns[column]) }
    }
    batch.rowCount = rows
  }

  /// Copies the numbered rows into `vectors`, filled anew; strings are shared.
  func gather(_ rows: Span<UInt32>, mayBeAbsent: Bool, into vectors: ArraySlice<Vector>) {
    precondition(vectors.count == columns.count)
    for (column, target) in zip(columns, vectors) {
      target.reset()
      copyRows(column, rows: rows, to: target, mayBeAbsent: mayBeAbsent, bytes: .share)
      if target.kind == .bytes { target.retainOwners(of: column) }
    }
  }

  /// Forgets all rows; keeps the lanes' memory.
  func removeAll() {
    rowCount = 0
    stringBytes = 0
    for column in columns { column.reset() }
    count()
  }

  /// The same rows without the columns from `place` on; this store is not used any more.
  func dropColumns(from place: Int) -> RowStore {
    columns.removeLast(columns.count - place)
    return self
  }

  /// Turns the strings of few rows into codes, so that what reads them can work on codes.
  func makeDictionaries() {
    guard rowCount <= 1 << 16 else { return }
    for place in columns.indices where columns[place].kind == .bytes {
      let source = columns[place]
      let table = StringTable()
      let coded = Vector(kind: .bytes, capacity: max(64, rowCount))
      var codes: [UInt32] = []
      codes.reserveCapacity(rowCount)
      for row in 0..<rowCount {
        codes.append(source.isValid(row) ? table.number(bytesView(source, row)) : 0)
      }
      var ends: [Int] = []
      var bytes: [UInt8] = []
      for number in 0..<table.count {
        let view = table.strings[number]
        unsafe bytes.append(contentsOf: UnsafeBufferPointer(start: view.start, count: view.count))
        ends.append(bytes.count)
      }
      let buffer = unsafe ByteBuffer(copying: bytes.span.bytes)
      coded.dictionary = TextDictionary(buffer: buffer, ends: ends)
      var out = coded.mutableCodes
      for row in 0..<rowCount { out[row] = codes[row] }
      if source.hasNulls {
        for row in 0..<rowCount where !source.isValid(row) { coded.setNull(row) }
      }
      columns[place] = coded
    }
  }
}
