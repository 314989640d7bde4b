// Adding up parts of a rollup in memory: their rows are sorted by key, neighbours with equal keys are made one. A plan does the same
// for any table at some ten times the price; parts of a rollup in service are small, and are merged all the time.

package import Catalog
internal import ColumnEncoding
internal import Columnar

/// Adds up rows of a table of keys and integer sums.
package struct PartMerge {
  private let definition: TableDefinition
  private let keyCount: Int
  /// More rows are not taken into memory.
  package static let rowsMax = 1 << 17

  /// - Parameters:
  ///   - definition: Keys, then sums.
  ///   - keyCount: How many columns are keys.
  ///   - rowCount: Rows that will be merged; nil is returned where they are many, or a column is of another kind.
  package init?(_ definition: TableDefinition, keyCount: Int, rowCount: Int) {
    guard rowCount <= Self.rowsMax else { return nil }
    for (place, column) in definition.columns.enumerated() {
      switch column.type.laneKind {
      case .int64: continue
      case .bool, .bytes: if place >= keyCount { return nil }
      case .int128: if place < keyCount { return nil }
      case .float64, .decimal, .uuid, .interval: return nil
      }
    }
    self.definition = definition
    self.keyCount = keyCount
  }

  /// What comes of a merge.
  package enum Outcome {
    /// The rows by the table's sort key, each key once; nil: all cancelled out.
    case merged((any RowSource)?)
    /// A key has too many different strings, a sum is NULL or too large: nothing was made.
    case unsuitable
  }

  /// - Parameters:
  ///   - parts: Sources with the definition's columns.
  ///   - blockRowCount: Rows of a block of the result.
  /// - Returns: What came of it.
  /// - Throws: ``StorageError`` when a block cannot be read or made.
  package func merge(
    _ parts: [any RowSource],
    blockRowCount: Int
  ) throws(StorageError) -> Outcome {
    let rowCount = parts.reduce(0) { $0 + $1.rowCount }
    var columns: [Vector] = []
    for column in definition.columns {
      columns.append(try Self.column(column, of: parts, rowCount))
    }
    let places = definition.sortKey.compactMap { definition.index(of: $0) }
    let others = (0..<keyCount).filter { !places.contains($0) }
    guard let keys = RowKeys(columns, places + others, rowCount: rowCount) else {
      return .unsuitable
    }
    let order = keys.order()
    var starts = keys.groupStarts(order)
    starts.append(rowCount)
    var sums: [Vector] = []
    var isThere = [Bool](repeating: false, count: starts.count - 1)
    for column in columns[keyCount...] {
      guard let sum = Self.sums(of: column, order, starts, &isThere) else { return .unsuitable }
      sums.append(sum)
    }
    let groups = isThere.indices.filter { isThere[$0] }
    guard !groups.isEmpty else { return .merged(nil) }
    let firstRows = groups.map { order[starts[$0]] }
    let groupRows = groups.map { Int32(truncatingIfNeeded: $0) }
    var vectors: [(id: ColumnID, vector: Vector)] = []
    for (place, column) in definition.columns.enumerated() {
      let vector = Vector(kind: columns[place].kind, capacity: groups.count, isZeroed: false)
      if place < keyCount {
        vector.append(from: columns[place], rows: firstRows, at: 0)
      } else {
        vector.append(from: sums[place - keyCount], rows: groupRows, at: 0)
      }
      vectors.append((column.id, vector))
    }
    return .merged(
      try DeltaBatch(
        encoding: vectors,
        rowCount: groups.count,
        blockRowCount: blockRowCount,
        DeltaEncoders()
      )
    )
  }

  private static func column(
    _ column: ColumnDefinition,
    of parts: [any RowSource],
    _ rowCount: Int
  ) throws(StorageError) -> Vector {
    let kind = column.type.laneKind
    let whole = Vector(kind: kind, capacity: rowCount, isZeroed: false)
    let group = Vector(kind: kind, capacity: groupRowCount)
    var start = 0
    for part in parts {
      try part.decodeColumn(column.id, to: whole, at: start, group)
      start += part.rowCount
    }
    return whole
  }

  /// The sums of a column's groups.
  ///
  /// - Parameters:
  ///   - column: The values.
  ///   - order: Rows by group.
  ///   - starts: Where each group begins in `order`, and the end.
  ///   - isThere: Is set for groups with a sum that is not 0.
  /// - Returns: A sum a group; nil: one does not fit, or is NULL.
  private static func sums(
    of column: Vector,
    _ order: [Int32],
    _ starts: [Int],
    _ isThere: inout [Bool]
  ) -> Vector? {
    guard !column.hasNull(among: order.count) else { return nil }
    let sums = Vector(kind: column.kind, capacity: isThere.count, isZeroed: false)
    if column.kind == .int64 {
      var lanes = sums.mutableInt64
      return add(column.int64, order, starts, &isThere, .min ... .max, to: &lanes) ? sums : nil
    }
    var lanes = sums.mutableInt128
    let range = -Self.digits38...Self.digits38
    return add(column.int128, order, starts, &isThere, range, to: &lanes) ? sums : nil
  }

  /// The largest number of 38 digits, which a numeric may have here.
  private static let digits38: Int128 = 99_999_999_999_999_999_999_999_999_999_999_999_999

  private static func add<T: FixedWidthInteger & BitwiseCopyable>(
    _ values: Span<T>,
    _ order: [Int32],
    _ starts: [Int],
    _ isThere: inout [Bool],
    _ range: ClosedRange<T>,
    to sums: inout MutableSpan<T>
  ) -> Bool {
    for group in isThere.indices {
      var sum: T = 0
      for place in starts[group]..<starts[group + 1] {
        let (next, isOver) = sum.addingReportingOverflow(values[Int(order[place])])
        if isOver { return false }
        sum = next
      }
      guard range.contains(sum) else { return false }
      sums[group] = sum
      if sum != 0 { isThere[group] = true }
    }
    return true
  }
}
